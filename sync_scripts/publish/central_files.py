"""Lists onto a Central that cannot give each phone its own rows: as files of its forms, by who may fill which form.

A Central before 2026.2 gives every phone that fills a form the same file, so each form gets what *all* its phones may
hold: nothing of another team's zone, whatever was assigned to whom. Teams that have a copy of the form each get theirs
whole. A list is exchanged in a draft that phones never see; publishing the draft is the one moment at which it changes.
A form at which the server fails while it answers for the others waits alone, and is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sync_scripts.errors import Attention, DikaloError, NotAllowed, Unreachable
from sync_scripts.publish.audiences import (
    Audience,
    OpenCase,
    Team,
    apart,
    audience_of_form,
    leaving,
    staying,
    zoned,
)
from sync_scripts.publish.files import Note, md5, plan_files
from sync_scripts.publish.lists import CASES, PROVIDERS, Done, NotOnPhones, Row, case_list, codes_in, content
from sync_scripts.servers.central.lists import Lists
from sync_scripts.servers.central.shapes import FormFile, FormSaid
from sync_scripts.servers.inquiry import Addresses

FormsAside: Final = Attention.declare(
    "DK-N48",
    "On {server} the lists of these forms could not be looked at or not be brought up to date: {forms}. Phones may still "
    "hold there what should have left. No other form waits for that. What the server answered is said after this: settle "
    "it, then run dikalo publish again.",
)


@dataclass(slots=True)
class Aside:
    """What is set aside at one server in one run.

    Attributes:
        server: how the settings call it.
        alive: asks the server for something else, and raises when it does not answer that either.
        forms: at which it failed, in the order in which they were met.
        causes: what it said, the first of each code.
    """

    server: str
    alive: Callable[[], object]
    forms: dict[str, None] = field(default_factory=dict)
    causes: dict[str, DikaloError] = field(default_factory=dict)
    _addresses: Addresses = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count."""
        self._addresses = Addresses(self.alive, bounded=False)

    @contextmanager
    def trying(self, form: str = "") -> Iterator[None]:
        """Let a failure of what is done meanwhile be that of this form, or of no form, and go on after it.

        Raises:
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        try:
            with self._addresses.asking():
                yield
        except (NotAllowed, Unreachable) as failure:
            self._addresses.aside(failure)
            self.causes.setdefault(failure.code, failure)
            if form:
                self.forms[form] = None
        else:
            self._addresses.answered()

    def failures(self) -> Iterator[DikaloError]:
        """Yield what is to be said of it."""
        if self.forms:
            yield FormsAside(server=self.server, forms=", ".join(self.forms))
        yield from self.causes.values()


_ENCRYPTED: Final = re.compile(r"\[encrypted:[A-Za-z0-9+/=]+\]$")
"""What a server that encrypts by itself adds to a version."""
_OURS: Final = re.compile(r"-l[0-9]*$")
"""What a publication of lists adds to a version."""


FormShared: Final = Attention.declare(
    "DK-N33",
    "{server} is an older Central, where all phones that fill a form get one list, and phones of different zones "
    "fill these forms: {which}. So these get only what every one of them may hold. Give each team a copy of the form "
    "that only its phones fill: name it in its [[team]] (forms: the form's id, _ and a word), then dikalo forms "
    "deploy, then Form Access at the server. Or give each team a project of its own, or have the server updated "
    "to 2026.2.",
)
FormOpenToAll: Final = Attention.declare(
    "DK-N34",
    "On {server} these forms have a public link, with which anybody can fetch their list of cases: {forms}. So only an "
    "empty list is sent to them. Close the link (at the server: Public Access of the form), then run dikalo publish again.",
)


@dataclass(slots=True)
class _Met:
    """What was met over the forms: those that phones of several zones fill, those that are open to all, and who gets lists."""

    shared: list[str] = field(default_factory=list)
    public: list[str] = field(default_factory=list)
    counted: list[Audience] = field(default_factory=list)

    def failures(self, server: str) -> Iterator[DikaloError]:
        """Yield what a person must settle."""
        if self.shared:
            yield FormShared(server=server, which="; ".join(self.shared))
        if self.public:
            yield FormOpenToAll(server=server, forms=", ".join(self.public))


@dataclass(frozen=True, slots=True)
class CentralFiles:
    """The lists of one project's forms, for writing, on a server without filters.

    Attributes:
        name: how the settings call the server.
        lists: speaks with the login of the role publish.
        teams: of the settings.
        recall: returns what is remembered of a form.
        remember: keeps it, at once.
        aside: forms at which the server fails.
    """

    name: str
    lists: Lists
    teams: Sequence[Team]
    recall: Callable[[str], Note]
    remember: Callable[[str, Note], None]
    aside: Aside

    def send(
        self,
        cases: Sequence[OpenCase],
        providers: Sequence[Row] | None,
        now: datetime,
        done: Done,
        *,
        hurry: bool,
        dry_run: bool,
    ) -> None:
        """Bring the lists of every form up to date; a form that is not one team's, or at which the server fails, is told.

        The others go on.
        """
        fillers = self._fillers()
        met = _Met()
        asked = (CASES,) if providers is None else (CASES, PROVIDERS)
        try:
            for form in self.lists.project.published():
                uid = form.xml_form_id
                with self.aside.trying(uid):
                    held = {one.name: one for one in self.lists.project.form_files(uid) if one.name in asked}
                    if not held:
                        continue
                    to = self._audience(uid, fillers.get(uid, []), met, cases=CASES in held)
                    wanted = {CASES: case_list(leaving(cases, to))} if CASES in held else {}
                    if providers is not None and PROVIDERS in held:
                        wanted[PROVIDERS] = content(PROVIDERS, providers)
                    self._form(form, held, wanted, now, done, hurry=hurry, dry_run=dry_run)
                    met.counted.append(to)
            done.count_all(cases, met.counted)
        finally:  # what stops it on the way hides nothing of what was seen before
            done.failures += met.failures(self.name)

    def _audience(self, form: str, phones: Sequence[str], met: _Met, *, cases: bool) -> Audience:
        """Return who gets the lists of a form, and note what a person must settle there."""
        to = audience_of_form(self.teams, phones)
        if any(one.token is not None for one in self.lists.public_links(form)):
            met.public.append(form)
            to = Audience(())
        elif cases and (mixed := apart(self.teams, phones)):
            met.shared.append(f"{form} ({', '.join(mixed)})")
        return to

    def lessen(self, cases: Sequence[OpenCase], now: datetime, done: Done, *, dry_run: bool) -> None:
        """Take from the file of each form what must leave it, and let nothing come; rows of an entity list are no file.

        One form at which the server fails keeps it from no other.
        """
        fillers = self._fillers()
        for form in self.lists.project.published():
            with self.aside.trying(form.xml_form_id):
                self._lessen(form, fillers, cases, now, done, dry_run=dry_run)

    def _lessen(
        self,
        form: FormSaid,
        fillers: Mapping[str, Sequence[str]],
        cases: Sequence[OpenCase],
        now: datetime,
        done: Done,
        *,
        dry_run: bool,
    ) -> None:
        uid = form.xml_form_id
        held = [one for one in self.lists.project.form_files(uid) if one.name == CASES]
        for one in held:
            if not one.exists or one.dataset_exists:
                continue
            open_to_all = any(link.token is not None for link in self.lists.public_links(uid))
            to = Audience(()) if open_to_all else audience_of_form(self.teams, fillers.get(uid, []))
            there = codes_in(self.lists.project.form_file(uid, CASES))
            ours = CASES in self.recall(uid).files or not there.isdisjoint(case.code for case in cases)
            stay = staying(there, cases, to, zoned=open_to_all or zoned(self.teams))
            if ours and there - {case.code for case in stay}:
                wanted = {CASES: case_list(stay)}
                self._form(form, {CASES: one}, wanted, now, done, hurry=True, dry_run=dry_run)

    def _fillers(self) -> dict[str, list[str]]:
        """Return the codes of the phones that may fill each form."""
        phones = {one.id: one.display_name for one in self.lists.phones() if one.token is not None}
        found: dict[str, list[str]] = {}
        for one in self.lists.assignments():
            if one.actor_id in phones:
                found.setdefault(one.xml_form_id, []).append(phones[one.actor_id])
        return found

    def _form(
        self,
        form: FormSaid,
        held: Mapping[str, FormFile],
        wanted: Mapping[str, bytes],
        now: datetime,
        done: Done,
        *,
        hurry: bool,
        dry_run: bool,
    ) -> None:
        uid = form.xml_form_id
        note = self.recall(uid)
        there = {name: self.lists.project.form_file_sum(uid, one) for name, one in held.items()}
        leaves = self._leaves(uid, held, there, wanted)
        plan = plan_files(wanted, there, note, now, hurry=hurry or leaves, shown=True)
        if plan.waits is not None:
            done.waits = max(done.waits, plan.waits.astimezone(UTC).isoformat(timespec="minutes"))
            return
        if not (plan.deploy or plan.arrived):
            return
        free = self._free(form, note)
        if plan.deploy and not free:
            # a file that an entity list fills shows none of our rows by now
            shows = leaves and not held[CASES].dataset_exists
            (done.stuck if shows else done.drafts).append(uid)
            return
        if plan.deploy and not dry_run:
            self.remember(uid, Note(at=now.isoformat(), begun=True, files=tuple(wanted)))
            try:
                self._publish(form, {name: wanted[name] for name in plan.replace})
            except NotOnPhones as failure:  # said of one form: the others go on
                done.failures.append(failure)
                return
        done.deed("replace", uid, len(plan.replace))
        done.deed("deploy", uid, int(plan.deploy))
        if dry_run:
            return
        if not plan.deploy and free and self.lists.drafted(uid):
            self.lists.project.drop_draft(uid)
        self.remember(uid, Note(at=now.isoformat() if plan.deploy else note.at, files=tuple(wanted)))

    def _leaves(
        self, form: str, held: Mapping[str, FormFile], there: Mapping[str, str], wanted: Mapping[str, bytes]
    ) -> bool:
        """Tell whether a case must leave the list that phones get now: that waits for nobody."""
        one = held.get(CASES)
        if one is None or not one.exists or there[CASES] == md5(wanted[CASES]):
            return False
        if one.dataset_exists:
            return True
        return not codes_in(self.lists.project.form_file(form, CASES)) <= codes_in(wanted[CASES])

    def _free(self, form: FormSaid, note: Note) -> bool:
        """Tell whether there is no draft, or one that an earlier run began: it differs from the form in our lists alone."""
        draft = self.lists.draft(form.xml_form_id)
        if draft is None:
            return True
        if not note.begun or not draft.hash or draft.hash != form.hash:
            return False
        project = self.lists.project
        return _others(project.form_files(form.xml_form_id, draft=True)) == _others(
            project.form_files(form.xml_form_id)
        )

    def _publish(self, form: FormSaid, files: Mapping[str, bytes]) -> None:
        """Publish the form again with these files; when anything fails no draft is left behind.

        Raises:
            NotOnPhones: some file did not become what was sent; nothing was published.
        """
        project, uid = self.lists.project, form.xml_form_id
        try:
            project.draft(uid, None)
            for name, data in files.items():
                project.put_file(uid, name, data)
            self._check(uid, files)
            taken = {one.version for one in project.form_versions(uid)}
            project.publish(uid, next_version(form.version, taken))
        except BaseException:
            with suppress(DikaloError):
                project.drop_draft(uid)
            raise

    def _check(self, form: str, files: Mapping[str, bytes]) -> None:
        """Look at the draft once more before phones get it.

        Raises:
            NotOnPhones: some file did not become what was sent.
        """
        project = self.lists.project
        there = {one.name: one for one in project.form_files(form, draft=True)}
        for name, data in files.items():
            if project.form_file_sum(form, there[name], draft=True) != md5(data):
                raise NotOnPhones(server=self.name, form=form)


def next_version(now: str | None, taken: Iterable[str | None]) -> str:
    """Return a version that the server never had, for the same form with other lists.

    >>> next_version("2026110101-l2", {"2026110101", "2026110101-l", "2026110101-l2"})
    '2026110101-l3'
    """
    base = _OURS.sub("", _ENCRYPTED.sub("", now or "1"))
    known = {_ENCRYPTED.sub("", one or "") for one in taken}
    names = (f"{base}-l", *(f"{base}-l{number}" for number in range(2, len(known) + 3)))
    return next(name for name in names if name not in known)


def _others(files: Iterable[FormFile]) -> dict[str, tuple[str | None, bool, bool]]:
    """Return what a form holds besides our lists."""
    return {
        one.name: (one.hash, one.exists, one.dataset_exists)
        for one in files
        if one.name not in {CASES, PROVIDERS}
    }
