"""Lists onto KoboToolbox: files of the forms that ask for them, then the form deployed again, for phones see no file before.

Each sending is a new version of the form, so it happens at most every six hours unless somebody wants it now. What is
begun is written down first: whatever cuts it between removing and adding, the next run completes it without waiting.
The server hands files to phones some time after it took them, so where the settings say which address phones use, it is
asked there until they have them. A case that must leave the list of a form waits for nobody.

Who may fill a form gets its list: so a form that takes submissions from anybody gets an empty one, one of somebody else's
account none, and one that accounts of two teams fill what both may hold.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from sync_scripts.config import TeamSettings
from sync_scripts.errors import N_, Attention, DikaloError, NotAllowed, Unreachable
from sync_scripts.publish.files import Note, md5, plan_files
from sync_scripts.publish.leaving import Audience, OpenCase, Team, leaving
from sync_scripts.publish.lists import CASES, PROVIDERS, Row, case_list, content
from sync_scripts.publish.outcome import Done
from sync_scripts.publish.zones import PhonesWithoutZone, audience_of_fillers, audience_of_kobo
from sync_scripts.servers.http.errors import NotThere, ShapeUnknown
from sync_scripts.servers.kobo.door import Door
from sync_scripts.servers.kobo.sharing import ANONYMOUS, SEND, Facts, Sharing
from sync_scripts.servers.one_address import Addresses

__all__ = ["FormOfOthers", "FormTakesAnybody", "KoboLists", "NotOnPhones"]


@dataclass(eq=False, kw_only=True)
class NotOnPhones(Unreachable):
    """The server took the lists and does not hand them to phones yet."""

    code: ClassVar[str] = "DK-H07"
    message: ClassVar[str] = N_(
        "The server {server} took the lists of the form {form}, but does not hand them to phones yet. Run dikalo publish "
        "again in some minutes: it looks again, and completes what is missing."
    )
    server: str
    form: str


@dataclass(eq=False, kw_only=True)
class FormTakesAnybody(Attention):
    """Whoever knows the address of a form could fetch its list without an account."""

    code: ClassVar[str] = "DK-N40"
    message: ClassVar[str] = N_(
        "On {server} these forms take submissions without an account, so anybody can fetch their list of cases: {forms}. They "
        "got an empty one. End that in a browser (Settings of the form, Sharing), then run dikalo publish again."
    )
    server: str
    forms: str


@dataclass(eq=False, kw_only=True)
class FormOfOthers(Attention):
    """A form that the account sees, that asks for a list, and of which nothing says that it is ours."""

    code: ClassVar[str] = "DK-N41"
    message: ClassVar[str] = N_(
        "On {server} these forms ask for a list of cases and belong to another account: {forms}. They got none. If one is yours, "
        "name it under forms of this server or of a [[team]] in dikalo.toml, then run dikalo publish again."
    )
    server: str
    forms: str


@dataclass(eq=False, kw_only=True)
class FormsOutOfReach(Unreachable):
    """Forms whose lists stayed as they were, because the server did not answer for them; all others were seen to."""

    code: ClassVar[str] = "DK-N42"
    message: ClassVar[str] = N_(
        "On {server} the lists of these forms stayed as they were, because the server does not show or serve them: {forms}. "
        "Phones may still hold there what should have left. All other forms were seen to. Take a form that is gone out of "
        "dikalo.toml; then run dikalo publish again."
    )
    server: str
    forms: str


@dataclass(slots=True)
class _Left:
    """Forms that got no list, or an empty one, by reason."""

    without: list[str] = field(default_factory=list)
    anybody: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)

    def failure(self, server: str) -> DikaloError | None:
        """Return the weightiest reason, with all its forms."""
        if self.beyond:
            return FormsOutOfReach(server=server, forms=", ".join(self.beyond))
        if self.anybody:
            return FormTakesAnybody(server=server, forms=", ".join(self.anybody))
        if self.without:
            return PhonesWithoutZone(server=server, which=", ".join(dict.fromkeys(self.without)))
        return FormOfOthers(server=server, forms=", ".join(self.others)) if self.others else None


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is the same for all forms; see `KoboLists.send`."""

    cases: Sequence[OpenCase]
    providers: Sequence[Row] | None
    now: datetime
    hurry: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class KoboLists:
    """The lists of one account's forms, for writing.

    Attributes:
        name: how the settings call the server.
        sharing: speaks with the token of the role publish.
        teams: of the settings, and ``settings`` as they stand there.
        forms: uids to send to; none = every deployed form of the account, or of a team, that asks for a list.
        beside: uids of forms that are some team's, which another server may have.
        recall: returns what is remembered of a form.
        remember: keeps it, at once.
        everywhere: zones do not matter this time.
        door: what phones see; None where the settings do not say their address.
    """

    name: str
    sharing: Sharing
    teams: Sequence[Team]
    settings: Sequence[TeamSettings]
    recall: Callable[[str], Note]
    remember: Callable[[str, Note], None]
    forms: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    everywhere: bool = False
    door: Door | None = None

    def send(
        self,
        cases: Sequence[OpenCase],
        providers: Sequence[Row] | None,
        now: datetime,
        *,
        hurry: bool,
        dry_run: bool,
    ) -> Done:
        """Bring the lists of every form up to date; a form of no team is told and the others go on."""
        done = Done(self.name, "kobo")
        counted: list[Audience] = []
        left = _Left()
        turn = _Turn(cases, providers, now, hurry, dry_run)
        addresses = Addresses(self.sharing.account.me)
        first = self.forms or tuple(self.sharing.uids())
        for uid in dict.fromkeys((*first, *self.beside)):
            try:
                to = self._one(uid, turn, left, done)
            except ShapeUnknown:  # it speaks otherwise than we do: so of all forms
                raise
            except (NotAllowed, Unreachable) as failure:
                addresses.aside(failure)
                if uid in first or not self._another_s(uid, failure):
                    left.beyond.append(uid)
                continue
            addresses.answered()
            counted += [to] if to else []
        done.count_all(cases, counted)
        done.failure = left.failure(self.name) or done.failure
        return done

    def _one(self, uid: str, turn: _Turn, left: _Left, done: Done) -> Audience | None:
        """Bring the lists of a form up to date and return who gets them; None where nobody does, ``left`` knows why."""
        facts = self.sharing.facts(uid)
        had = {*self.recall(uid).files, *(one.name for one in self.sharing.account.media(uid))}
        files = [name for name in (CASES, PROVIDERS) if name in had or facts.asks_for(name)]
        if not files:
            return None
        if uid not in self._own() and facts.owner != self.sharing.account.known().username:
            left.others.append(uid)
            return None
        try:
            to = self._audience(uid, facts, left)
        except PhonesWithoutZone as without:
            left.without.append(without.which)
            return None
        leave = leaving(turn.cases, to)
        wanted = {CASES: case_list(leave)} if CASES in files else {}
        if turn.providers is not None and PROVIDERS in files:
            wanted[PROVIDERS] = content(PROVIDERS, turn.providers)
        codes = frozenset(one.code for one in leave)
        self._form(facts, wanted, codes, turn.now, done, hurry=turn.hurry, dry_run=turn.dry_run)
        return to

    def _another_s(self, uid: str, failure: DikaloError) -> bool:
        """Tell whether a team's form is one of another server: this one shows none, and was never sent a list for it."""
        return isinstance(failure, NotThere) and self.recall(uid) == Note()

    def _own(self) -> frozenset[str]:
        """Return the forms that the settings name."""
        return frozenset({*self.forms, *(form for team in self.settings for form in team.forms)})

    def _audience(self, uid: str, facts: Facts, left: _Left) -> Audience:
        """Return who gets the list of a form: its team, as far as everybody may hold it who may fill it.

        Raises:
            PhonesWithoutZone: the form is no team's, or an account that may fill it is in none.
        """
        assigned = self.sharing.assigned(uid) or ()
        if any(one.user == ANONYMOUS and one.right == SEND for one in assigned):
            left.anybody.append(uid)
            return Audience(())
        if self.everywhere:
            return Audience(tuple(self.teams), everywhere=True)
        to = audience_of_kobo(self.name, self.teams, self.settings, uid)
        fillers = [one.user for one in assigned if one.right == SEND and one.user != facts.owner]
        return audience_of_fillers(self.name, self.teams, to, fillers)

    def _form(
        self,
        facts: Facts,
        wanted: Mapping[str, bytes],
        codes: frozenset[str],
        now: datetime,
        done: Done,
        *,
        hurry: bool,
        dry_run: bool,
    ) -> None:
        held = self.sharing.account.media(facts.uid)
        note = self.recall(facts.uid)
        sums = {name: md5(data) for name, data in wanted.items()}
        shown = note.begun and self.door is not None and self.door.shows(facts.uid, sums)
        there = {one.name: one.md5 for one in held}
        due = hurry or (CASES in wanted and note.loses(codes))
        plan = plan_files(wanted, there, note, now, hurry=due, shown=shown)
        if plan.arrived and not dry_run:
            self.remember(facts.uid, Note(at=note.at, files=tuple(wanted), cases=codes))
        if plan.waits is not None:
            done.waits = max(done.waits, plan.waits.astimezone(UTC).isoformat(timespec="minutes"))
            return
        done.deed("replace", facts.uid, len(plan.replace))
        done.deed("deploy", facts.uid, int(plan.deploy))
        if dry_run or not plan.deploy:
            return
        self.remember(
            facts.uid,
            Note(at=now.isoformat(), begun=True, files=tuple(wanted), cases=codes | (note.cases or set())),
        )
        for name in plan.replace:
            for one in held:
                if one.name == name:
                    self.sharing.account.drop_media(facts.uid, one.uid)
            packed = base64.b64encode(wanted[name]).decode("ascii")
            self.sharing.account.put_media(facts.uid, name, packed)
        newest = self.sharing.facts(facts.uid)  # its version must be the one of this moment
        self.sharing.account.deploy(facts.uid, newest.version_id, again=newest.has_deployment)
        if self.door is None or self.door.comes_to_show(facts.uid, sums):
            self.remember(facts.uid, Note(at=now.isoformat(), files=tuple(wanted), cases=codes))
        else:
            done.failure = NotOnPhones(server=self.name, form=facts.uid)
