"""Lists onto KoboToolbox: files of the forms that ask for them, then the form deployed again, for phones see no file before.

Each sending is a new version of the form, so it happens at most every six hours unless somebody wants it now. What is
begun is written down first: whatever cuts it between removing and adding, the next run completes it without waiting.
The server hands files to phones some time after it took them, so where the settings say which address phones use, it is
asked there until they have them. A case that must leave the list of a form waits for no time to pass; what keeps it on
phones all the same, somebody's change that is not deployed or an archived form, is said aloud.

Who may fill a form gets its list: so a form that is open to anybody gets an empty one, as does one of which the login may
not see who fills it; one of somebody else's account none, and one that accounts of two teams fill what both may hold. One
that had a list and is nobody's now gets an empty one, once. Where it is not known who may hold a list, nothing comes to it,
and what must leave it leaves.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as again
from datetime import UTC, datetime

from msgspec.structs import replace

from sync_scripts.config import TeamSettings
from sync_scripts.errors import DikaloError, NotAllowed, Unreachable
from sync_scripts.publish.audiences import (
    Audience,
    OpenCase,
    PhonesWithoutZone,
    Team,
    audience_of_fillers,
    audience_of_kobo,
    leaving,
    staying,
    zoned,
)
from sync_scripts.publish.files import Note, Watch, believed, exchanged, md5, plan_files
from sync_scripts.publish.kobo_forms import Left
from sync_scripts.publish.lists import CASES, PROVIDERS, Done, NotOnPhones, NotSeen, Row, case_list, content
from sync_scripts.servers.http.errors import NotThere, ShapeUnknown
from sync_scripts.servers.inquiry import Addresses
from sync_scripts.servers.kobo.door import Door
from sync_scripts.servers.kobo.shapes import Assigned
from sync_scripts.servers.kobo.sharing import ANONYMOUS, SEND, Facts, Sharing


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is the same for all forms; see `KoboLists.send`. ``leaves``: what must leave a list does, and nothing else."""

    cases: Sequence[OpenCase]
    providers: Sequence[Row] | None
    now: datetime
    hurry: bool
    dry_run: bool
    watch: Watch
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class KoboLists:
    """The lists of one account's forms, for writing.

    Attributes:
        name: how the settings call the server.
        sharing: speaks with the token of the role publish.
        teams: of the settings, and ``settings`` as they stand there.
        forms: uids to send to; none = every deployed form of the account, or of a team, that asks for a list.
        beside: uids of forms that are some team's, which another server may have.
        sent: uids of all forms that ever got a list here, as far as this register remembers.
        recall: returns what is remembered of a form.
        remember: keeps it, at once.
        fillers: keeps, at once, which accounts have rights on a form: a phone that is lost later has its list.
        everywhere: zones do not matter this time.
        less: nothing may come to a list; what must leave it leaves.
        door: what phones see; None where the settings do not say their address.
    """

    name: str
    sharing: Sharing
    teams: Sequence[Team]
    settings: Sequence[TeamSettings]
    recall: Callable[[str], Note]
    remember: Callable[[str, Note], None]
    fillers: Callable[[str, Collection[str]], None]
    forms: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    everywhere: bool = False
    less: bool = False
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
        """Bring the lists of every form up to date; a form of no team is told and the others go on.

        A form that once had a list and is none of these any more gets an empty one, once. Whatever stops it is in what is
        returned, beside what was met before.
        """
        done = Done(self.name, "kobo", less=self.less)
        left, watch = Left(), Watch(self.door)
        try:
            counted = self._forms(_Turn(cases, providers, now, hurry, dry_run, watch), left, done)
        except DikaloError as stopped:
            done.failures.append(stopped)
        else:
            done.count_all(cases, counted)
        done.failures += [watch.failure] if watch.failure else []
        done.failures += left.failures(self.name)
        return done

    def _forms(self, turn: _Turn, left: Left, done: Done) -> list[Audience]:
        """See to every form; return who gets the lists.

        Raises:
            NotLoggedIn: the server does not know who is asking; then nothing it shows, or does not show, says anything.
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        counted: list[Audience] = []
        self.sharing.account.known()
        addresses = Addresses(self.sharing.account.me)
        first = self.forms or tuple(self.sharing.uids())
        named = dict.fromkeys((*first, *self.beside))
        forgotten = [uid for uid in self.sent if uid not in named and self.recall(uid).holds]
        for uid in (*named, *forgotten):
            try:
                to = self._one(uid, turn, left, done) if uid in named else None
                if uid not in named:
                    self._empty(self.sharing.facts(uid), turn, done)
            except ShapeUnknown:  # it speaks otherwise than we do: so of all forms
                raise
            except (NotAllowed, Unreachable) as failure:
                addresses.aside(failure)
                if uid not in named and isinstance(failure, NotThere):
                    self._hidden(uid, turn, left)
                elif uid in first or not self._another_s(uid, failure):
                    left.beyond.append(uid)
                continue
            addresses.answered()
            counted += [to] if to else []
        return counted

    def _one(self, uid: str, turn: _Turn, left: Left, done: Done) -> Audience | None:
        """Bring the lists of a form up to date and return who gets them; None where nobody does, ``left`` knows why."""
        facts = self.sharing.facts(uid)
        had = {*self.recall(uid).files, *(one.name for one in self.sharing.account.media(uid))}
        files = [name for name in (CASES, PROVIDERS) if name in had or facts.asks_for(name)]
        if not files:
            return None
        if self.recall(uid).hidden and not turn.dry_run:  # it is back: should it go again, that is said again
            self.remember(uid, replace(self.recall(uid), hidden=False))
        if uid not in self._own() and facts.owner != self.sharing.account.known().username:
            left.others.append(uid)
            if self.recall(uid).holds:
                self._empty(facts, turn, done)
            return None
        assigned = self.sharing.assigned(uid)
        if assigned and facts.manages and not turn.dry_run:
            self.fillers(uid, {one.user for one in assigned} - {ANONYMOUS, facts.owner})
        to, lost = self._audience(uid, facts, assigned, left)
        if lost:
            left.without.append(lost)
        if lost or self.less:
            nobody = not (lost or to.teams or to.everywhere)
            self._lessen(facts, to, turn, done, known=nobody or zoned(self.teams))
            return None
        leave = leaving(turn.cases, to)
        wanted = {CASES: case_list(leave)} if CASES in files else {}
        if turn.providers is not None and PROVIDERS in files:
            wanted[PROVIDERS] = content(PROVIDERS, turn.providers)
        self._form(facts, wanted, frozenset(one.code for one in leave), turn, done)
        return to

    def _lessen(self, facts: Facts, to: Audience, turn: _Turn, done: Done, *, known: bool) -> None:
        """Take from a form's list what must leave it, and nothing else; ``known``: who works where, or that nobody may."""
        there = {one.name: one.md5 for one in self.sharing.account.media(facts.uid)}
        note = believed(CASES, there, self.recall(facts.uid), (case_list(()),))
        stay = staying(note.cases or (), turn.cases, to, zoned=known)
        codes = frozenset(one.code for one in stay)
        if CASES in note.files and note.loses(codes):
            self._form(facts, {CASES: case_list(stay)}, codes, again(turn, leaves=True), done)

    def _empty(self, facts: Facts, turn: _Turn, done: Done) -> None:
        """Give a form that had a list an empty one, since it is nobody's any more; one that shows no list keeps none.

        One that is archived gives phones nothing new, and they keep what they have: that is said once. Should it come back, the
        next run empties it.
        """
        wanted, uid = {CASES: case_list(())}, facts.uid
        if facts.archived:
            note = self.recall(uid)
            if note.holds and not note.hidden:
                done.archived.append(uid)
            if not turn.dry_run:
                self.remember(uid, replace(note, hidden=True))
            return
        there = {one.name: one.md5 for one in self.sharing.account.media(uid)}
        none = CASES not in there and not facts.asks_for(CASES)
        settled = not self.recall(uid).begun and (none or there.get(CASES) == md5(wanted[CASES]))
        if settled and not facts.edited:
            if not turn.dry_run:
                self.remember(uid, Note(files=(CASES,), cases=frozenset()))
        elif self._form(facts, wanted, frozenset(), turn, done):
            done.emptied.append(uid)

    def _hidden(self, uid: str, turn: _Turn, left: Left) -> None:
        """Note a form that had a list, is nobody's now and is not shown: that is said once."""
        note = self.recall(uid)
        if not note.hidden:
            left.behind.append(uid)
        if not turn.dry_run:
            self.remember(uid, replace(note, hidden=True))

    def _another_s(self, uid: str, failure: DikaloError) -> bool:
        """Tell whether a team's form is one of another server: this one shows none, and was never sent a list for it."""
        return isinstance(failure, NotThere) and self.recall(uid) == Note()

    def _own(self) -> frozenset[str]:
        """Return the forms that the settings name."""
        return frozenset({*self.forms, *(form for team in self.settings for form in team.forms)})

    def _audience(
        self, uid: str, facts: Facts, assigned: Sequence[Assigned] | None, left: Left
    ) -> tuple[Audience, str]:
        """Return who gets the list of a form: its team, as far as everybody may hold it who may fill it.

        And "", or what keeps that from being known: the form is no team's, or accounts that may fill it are in none. Then the
        audience is all whom we know: the form's own team, and whoever of another team may fill it.
        """
        if any(one.user == ANONYMOUS for one in assigned or ()):  # to view a form is to read its files
            left.anybody.append(uid)
            return Audience(()), ""
        if not assigned or not (facts.manages or self.everywhere):  # whom it is shown is then not everybody
            left.hidden.append(uid)
            return Audience(()), ""
        if self.everywhere:
            return Audience(tuple(self.teams), everywhere=True), ""
        fillers = [one.user for one in assigned if one.right == SEND and one.user != facts.owner]
        try:
            own = audience_of_kobo(self.name, self.teams, self.settings, uid)
        except PhonesWithoutZone as without:
            return Audience(()), without.which
        to, lost = audience_of_fillers(self.teams, own, fillers)
        return to, ", ".join(lost)

    def _form(
        self, facts: Facts, wanted: Mapping[str, bytes], codes: frozenset[str], turn: _Turn, done: Done
    ) -> bool:
        """Bring the lists of a form up to date, and tell whether something was done, or would be.

        Somebody's change of the form that phones do not have yet would go out with the lists, since the server gives phones no
        version but the newest. So nothing goes out before that is deployed or undone; of what must leave, the file at the
        server is exchanged meanwhile, so that whoever deploys the form takes it from phones. One that is archived stays so.
        """
        held = self.sharing.account.media(facts.uid)
        note = self.recall(facts.uid)
        sums = {name: md5(data) for name, data in wanted.items()}
        shown = note.begun and turn.watch.shows(facts.uid, sums)
        there = {one.name: one.md5 for one in held}
        own = case_list(()), wanted.get(CASES, b"")
        before = believed(CASES, there, note, own)
        leaves = CASES in wanted and before.loses(codes)
        # what is not known starts no race with whoever sent it
        hurry = turn.hurry or turn.leaves or (CASES in wanted and note.loses(codes))
        plan = plan_files(wanted, there, note, turn.now, hurry=hurry, shown=shown, asked=turn.hurry)
        if plan.arrived and not turn.dry_run:
            self.remember(facts.uid, replace(note, begun=False, hidden=False, cases=codes))
        if plan.waits is not None:
            done.waits = max(done.waits, plan.waits.astimezone(UTC).isoformat(timespec="minutes"))
            if note.begun:
                self._unseen(facts.uid, turn, done)
            return False
        stuck = facts.edited and leaves and facts.has_deployment
        if plan.deploy and (facts.archived or (facts.edited and not stuck)):
            (done.archived if facts.archived else done.drafts).append(facts.uid)
            return False
        if CASES in plan.replace and exchanged(CASES, there, note, own):
            done.strangers.append(facts.uid)
        if turn.dry_run or not plan.deploy:
            done.deed("replace", facts.uid, len(plan.replace))
            done.deed("deploy", facts.uid, int(plan.deploy and not stuck))
            done.stuck += [facts.uid] if plan.deploy and stuck else []
            return (plan.deploy and not stuck) or plan.arrived
        drop = [one.uid for one in held if one.name in plan.replace]
        send = {name: wanted[name] for name in plan.replace}
        files = tuple(dict.fromkeys((*note.files, *wanted)))
        given = note.unseen if note.begun and not plan.replace else 0
        note = Note(at=turn.now.isoformat(), files=files, cases=codes, sums=note.sums | sums)
        begun = replace(note.begun_after(before), unseen=given)
        self.remember(facts.uid, begun)
        deployed = self._send(facts.uid, drop, send)
        done.deed("replace", facts.uid, len(plan.replace))
        done.deed("deploy", facts.uid, int(deployed))
        if not deployed:
            (done.stuck if leaves else done.drafts).append(facts.uid)
            return False
        self.remember(facts.uid, replace(begun, unseen=given + 1))
        return self._arrived(facts.uid, note, sums, turn, done)

    def _unseen(self, uid: str, turn: _Turn, done: Done) -> None:
        """Tell that phones were not seen to have the lists, unless the door as a whole failed, which is told once."""
        if turn.watch.failure is None:
            done.failures.append(NotOnPhones(server=self.name, form=uid))

    def _arrived(self, uid: str, note: Note, sums: Mapping[str, str], turn: _Turn, done: Done) -> bool:
        """Look whether phones have the lists, remember that it is ended, and tell it.

        Of a form that is not listed to who asks nobody can tell it: that is said, and the server's own word that it is deployed
        counts, or each run would make a new version of it.
        """
        seen = turn.watch.comes_to_show(uid, sums)
        if seen is not False:
            self.remember(uid, note)
        if seen is None:
            done.failures.append(NotSeen(server=self.name, form=uid))
        elif not seen:
            self._unseen(uid, turn, done)
        return seen is not False

    def _send(self, uid: str, drop: Sequence[str], send: Mapping[str, bytes]) -> bool:
        """Exchange files and deploy the form again; tell whether it is deployed, or somebody's draft keeps it from that.

        That it is begun is remembered already.
        """
        for file in drop:
            self.sharing.account.drop_media(uid, file)
        for name, data in send.items():
            self.sharing.account.put_media(uid, name, base64.b64encode(data).decode("ascii"))
        newest = self.sharing.facts(uid)  # its version must be the one of this moment
        if newest.edited or newest.archived:
            return False
        self.sharing.account.deploy(uid, newest.version_id, again=newest.has_deployment)
        return True
