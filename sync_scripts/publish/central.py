"""Lists onto a Central: what leaves first, then zones of the phones, then what comes. A refusal is looked at again.

So wherever it is cut, no phone got more before what it must not hold was gone. Where a row would be in a wrong zone on the
way, phones get none until it is in its own.

Whoever else writes there at the same time is met with a new look and a new plan, three times at most. A server that
cannot part phones which must be parted gets no rows: there the lists go out as files of each team's own forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sync_scripts.errors import Attention, DikaloError
from sync_scripts.publish.audiences import (
    Audience,
    OpenCase,
    PhonesWithoutZone,
    Team,
    apart,
    audience_of_form,
    audience_of_phones,
    leaving,
    staying,
    zoned,
)
from sync_scripts.publish.central_files import Aside, CentralFiles, next_version
from sync_scripts.publish.entities import (
    ListPlan,
    ZonePlan,
    dataset_name,
    parted,
    parts,
    place_of,
    plan_list,
    plan_zones,
    shows_astray,
    taken_away,
)
from sync_scripts.publish.files import Note
from sync_scripts.publish.lists import CASES, COLUMNS, PROVIDERS, Done, Row, case_row
from sync_scripts.register.forms.answers import row_uuid
from sync_scripts.servers.central.lists import Lists, chunks
from sync_scripts.servers.http.errors import Refused

ListOpenToAll: Final = Attention.declare(
    "DK-N43",
    "On {server} these forms have a public link, with which anybody can fetch the list of cases: {forms}. All forms there "
    "share that list, so no phone gets a case. Close the link (at the server: Public Access of the form), then run dikalo "
    "publish again.",
)
ListShut: Final = Attention.declare(
    "DK-N44",
    "On {server} somebody else kept changing the list of cases while it was written. Phones get no case from it for now, "
    "so that none shows in a wrong zone. Run dikalo publish again in some minutes.",
)


LOOKS = 3
"""How often a list is looked at anew when somebody else changes it at the same time."""


@dataclass(frozen=True, slots=True)
class CentralLists:
    """The lists of one project, for writing.

    Attributes:
        name: how the settings call the server.
        lists: speaks with the login of the role publish.
        teams: of the settings.
        recall: returns what is remembered of a form whose lists went out as files.
        remember: keeps it, at once.
        everywhere: zones do not matter this time.
        providers: codes of providers that were ever sent there.
        sent: codes of cases that were ever sent there, as far as this register remembers.
        less: nothing may come to a list; what must leave it leaves.
        unnoted: nothing can be kept in mind now, so files of forms stay as they are.
    """

    name: str
    lists: Lists
    teams: Sequence[Team]
    recall: Callable[[str], Note]
    remember: Callable[[str, Note], None]
    everywhere: bool = False
    providers: frozenset[str] = frozenset()
    sent: frozenset[str] = frozenset()
    less: bool = False
    unnoted: bool = False

    def send(
        self,
        cases: Sequence[OpenCase],
        providers: Sequence[Row] | None,
        now: datetime,
        *,
        hurry: bool,
        dry_run: bool,
    ) -> Done:
        """Bring both lists up to date, and say what was done.

        Args:
            cases: all that the register knows.
            providers: None = their list is not touched.
            now: aware.
            hurry: do not wait where a list goes out as a file.
            dry_run: write nothing.

        Where a phone's zone is not known, nothing comes to a list; what must leave it leaves, and `Done.failures` say why.
        Whatever stops it is in what is returned, beside what was done and met before.
        """
        done = Done(self.name, "central", less=self.less)
        aside = Aside(self.name, self.lists.project.account)
        try:
            self._bring(cases, providers, now, done, aside, hurry=hurry, dry_run=dry_run)
        except DikaloError as stopped:
            done.failures.append(stopped)
        said = {one.code for one in done.failures}
        done.failures += [one for one in aside.failures() if one.code not in said]
        return done

    def _bring(
        self,
        cases: Sequence[OpenCase],
        providers: Sequence[Row] | None,
        now: datetime,
        done: Done,
        aside: Aside,
        *,
        hurry: bool,
        dry_run: bool,
    ) -> None:
        """Do what `send` says."""
        known, phones = self.lists.phone_properties(), self.lists.phones()
        used = [one.display_name for one in phones if one.token is not None]
        if self.less:
            self._lessen(cases, used, now, done, aside, dry_run=dry_run)
            return
        if known is None and not self.everywhere and apart(self.teams, used):
            self._as_files(cases, providers, now, done, aside, hurry=hurry, dry_run=dry_run)
            return
        try:
            to = (
                Audience(tuple(self.teams), everywhere=True)
                if self.everywhere
                else audience_of_phones(self.name, self.teams, used, parts=known is not None)
            )
        except PhonesWithoutZone as without:
            done.less = True
            done.failures.append(without)
            self._lessen(cases, used, now, done, aside, dry_run=dry_run)
            return
        public = [] if to.parted and not to.everywhere else self._public(aside)
        if aside.forms and not public:  # one of them may be open to all
            done.less = True
            self._lessen(cases, used, now, done, aside, dry_run=dry_run)
            return
        if public:
            to = Audience(())
            done.failures.append(ListOpenToAll(server=self.name, forms=", ".join(public)))
        going = leaving(cases, to)
        done.count_all(cases, [to])
        zones = ZonePlan()
        if known is not None:
            zones = plan_zones(to, phones, known, self.lists.dataset(dataset_name(CASES)))
        known_cases = self.sent | {one.code for one in cases}
        self._list(CASES, list(map(case_row, going)), known_cases, done, dry_run=dry_run, zones=zones)
        if providers is not None:
            self._list(PROVIDERS, providers, self.providers, done, dry_run=dry_run)
        self._link([CASES] if providers is None else [CASES, PROVIDERS], done, aside, dry_run=dry_run)

    def _lessen(
        self,
        cases: Sequence[OpenCase],
        used: Sequence[str],
        now: datetime,
        done: Done,
        aside: Aside,
        *,
        dry_run: bool,
    ) -> None:
        """Delete the rows that no phone may hold any more, and take the same out of files of forms; do nothing else.

        Where the server fails at the one, the other leaves all the same.
        """
        with aside.trying():
            self._lessen_list(cases, used, done, aside, dry_run=dry_run)
        files = CentralFiles(self.name, self.lists, self.teams, self.recall, self.remember, aside)
        if self.unnoted:
            would = Done(self.name, "central")
            try:
                files.lessen(cases, now, would, dry_run=True)
            finally:  # what stops it on the way hides nothing of what was seen before
                done.held = would.changed
                done.drafts += would.drafts
                done.stuck += would.stuck
        else:
            files.lessen(cases, now, done, dry_run=dry_run)

    def _lessen_list(
        self, cases: Sequence[OpenCase], used: Sequence[str], done: Done, aside: Aside, *, dry_run: bool
    ) -> None:
        """Delete the rows of the list that no phone may hold any more.

        Where no phone is parted from another, all zones were sent to all: then no row leaves for its zone.
        """
        there = self.lists.dataset(dataset_name(CASES))
        if there is None:
            return
        parted = parts(there)
        to = Audience(tuple(self.teams), parted=True) if parted else audience_of_form(self.teams, used)
        open_to_all = not (parted or self.everywhere) and bool(self._public(aside))
        if open_to_all:
            to = Audience(())
        codes = self.sent | {one.code for one in cases}
        stay = staying(codes, cases, to, zoned=zoned(self.teams) if parted else open_to_all)
        plan = self._plan(dataset_name(CASES), list(map(case_row, stay)), codes, exists=True)
        delete = taken_away(plan, parted=parted)
        if not dry_run:
            self._delete(dataset_name(CASES), delete)
        done.deed("delete", CASES, len(delete))

    def _as_files(
        self,
        cases: Sequence[OpenCase],
        providers: Sequence[Row] | None,
        now: datetime,
        done: Done,
        aside: Aside,
        *,
        hurry: bool,
        dry_run: bool,
    ) -> None:
        """Send a file to each form; rows that every phone would get leave first, from when zones did not differ."""
        with aside.trying():
            if self.lists.dataset(dataset_name(CASES)) is not None:
                self._list(CASES, [], self.sent | {one.code for one in cases}, done, dry_run=dry_run)
        files = CentralFiles(self.name, self.lists, self.teams, self.recall, self.remember, aside)
        files.send(cases, providers, now, done, hurry=hurry, dry_run=dry_run)

    def _list(
        self,
        file: str,
        rows: Sequence[Row],
        codes: frozenset[str],
        done: Done,
        *,
        dry_run: bool,
        zones: ZonePlan = ZonePlan(),  # noqa: B008 - a frozen value
    ) -> None:
        """Bring one list up to date: rows that must go, then who gets which rows, then the other rows."""
        name = dataset_name(file)
        there = self.lists.dataset(name)
        if not dry_run:
            self._make(name, file, None if there is None else [one.name for one in there.properties])
        done.deed("make", file, int(there is None))
        plan = self._plan(name, rows, codes, exists=there is not None or not dry_run)
        if dry_run:
            self._note(file, plan, done)
            self._note_zones(file, zones, done)
            return
        done.foreign += plan.foreign
        self._delete(name, plan.delete)
        done.deed("delete", file, len(plan.delete))
        shut = shows_astray(plan, zones)
        self._part(name, zones, shut=shut)
        self._note_zones(file, zones, done)
        left = self._fill(file, rows, codes, replace(plan, delete=()), done)
        if shut and left.empty:
            self.lists.filter(name, zones.parting)
        elif shut:
            done.failures.append(ListShut(server=self.name))

    def _part(self, name: str, zones: ZonePlan, *, shut: bool) -> None:
        """Let each phone have the rows of its zone, or none yet."""
        for one in zones.properties:
            self.lists.add_phone_property(one)
        if shut:
            self.lists.filter(name, zones.shut)
        for phone, properties in zones.phones.items():
            self.lists.describe(phone, properties)
        if zones.rules is not None and not shut:
            self.lists.filter(name, zones.rules)

    def _fill(
        self, file: str, rows: Sequence[Row], codes: frozenset[str], plan: ListPlan, done: Done
    ) -> ListPlan:
        """Carry out a plan and what another look finds; return what is left, when others write all the time.

        Raises:
            Refused: somebody else was there first, three times.
        """
        refusals = 0
        for _look in range(2 * LOOKS):
            if plan.empty:
                break
            try:
                self._carry_out(dataset_name(file), plan)
            except Refused as refused:
                refusals += 1
                if refused.status != 409 or refusals == LOOKS:
                    raise
            else:
                self._note(file, plan, done)
            plan = self._plan(dataset_name(file), rows, codes, exists=True)
        return plan

    def _plan(self, name: str, rows: Iterable[Row], codes: frozenset[str], *, exists: bool) -> ListPlan:
        """Look and plan; no row of a whole Central has the uuid of another, so ours name project and list."""
        place = place_of(self.lists.project.id, name)
        wanted = {row_uuid(row.code, place): row for row in rows}
        held = self.lists.entities(name) if exists else ()
        fresh = wanted.keys() - {one.uuid for one in held}
        gone = self.lists.trashed(name) & fresh if exists and fresh else frozenset()
        were = self.lists.departed(name) if gone else {}
        trashed = {uuid: were[uuid].values.get("department") if uuid in were else None for uuid in gone}
        known = {row_uuid(code, place) for code in codes}
        return plan_list(wanted, held, trashed, known)

    def _delete(self, name: str, rows: Iterable[str]) -> None:
        for uuids in chunks(rows):
            self.lists.delete(name, uuids)

    def _carry_out(self, name: str, plan: ListPlan) -> None:
        self._delete(name, plan.delete)
        for uuids in chunks(plan.restore):
            self.lists.restore(name, uuids)
        rows = dict(plan.create)
        for uuids in chunks(rows):
            self.lists.create(name, [(uuid, *parted(rows[uuid].values)) for uuid in uuids])
        for change in plan.change:
            self.lists.change(name, change.uuid, change.version, change.values)

    def _note(self, file: str, plan: ListPlan, done: Done) -> None:
        for deed in ("delete", "restore", "create", "change"):
            done.deed(deed, file, len(getattr(plan, deed)))

    def _note_zones(self, file: str, zones: ZonePlan, done: Done) -> None:
        done.deed("zone", file, len(zones.phones))
        done.deed("filter", file, int(zones.rules is not None))

    def _make(self, name: str, file: str, held: Sequence[str] | None) -> None:
        if held is None:
            self.lists.make(name)
        for column in COLUMNS[file][2:]:  # after name and label, which every list has
            if column not in (held or ()):
                self.lists.add_property(name, column)

    def _public(self, aside: Aside) -> list[str]:
        """Return the forms that show the cases and that anybody with an open link may fetch, as far as the server says it."""
        project, found = self.lists.project, []
        for form in (one.xml_form_id for one in project.published()):
            with aside.trying(form):
                shown = any(one.name == CASES for one in project.form_files(form))
                if shown and any(one.token is not None for one in self.lists.public_links(form)):
                    found.append(form)
        return found

    def _link(self, files: Sequence[str], done: Done, aside: Aside, *, dry_run: bool) -> None:
        """Let forms that still show the empty list of their deployment show the one that is kept here.

        A form of which somebody has a draft is left alone: publishing would send that draft out.
        """
        project = self.lists.project
        for form in (one.xml_form_id for one in project.published()):
            with aside.trying(form):
                held = {one.name: one for one in project.form_files(form)}
                loose = [name for name in files if name in held and not held[name].dataset_exists]
                if loose and self.lists.drafted(form):
                    done.drafts.append(form)
                elif loose:
                    if not dry_run:
                        self._link_files(form, loose)
                    done.deed("link", form, len(loose))

    def _link_files(self, form: str, files: Sequence[str]) -> None:
        """Publish the form again, linked, under a version that the server never had; leave no draft behind."""
        project = self.lists.project
        said = project.form(form)
        taken = [one.version for one in project.form_versions(form)]
        try:
            project.draft(form, None)
            for name in files:
                self.lists.link(form, name)
            project.publish(form, next_version(said.version if said else None, taken))
        except BaseException:
            with suppress(DikaloError):
                project.drop_draft(form)
            raise
