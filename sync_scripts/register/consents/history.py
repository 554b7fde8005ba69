"""What the people of a case agreed to, instant by instant: one fold over its forms, corrections and decisions, in their order. Pure.

At an instant only the interviews are read again to which something came, and those of the same people: a case of many forms costs
what its forms cost, and not each form beside each. Whoever asks since when something was refused, or what was taken back without
a word, goes along these steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import msgspec

from sync_scripts.register.case.case_input import Alert, CaseInput
from sync_scripts.register.case.form_versions import as_of, told_of
from sync_scripts.register.case.people import Talk, interviewee, refused
from sync_scripts.register.consents.refusals import Refusals, refusals_of
from sync_scripts.register.consents.talks import Answers, concerned, says_no, talk_of, told_by
from sync_scripts.register.disclosure.sharing import Agreed, gave_up, stopped
from sync_scripts.register.forms.answers import Consent
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.corrections import CORRECT, RESTORE, standing, subject_of
from sync_scripts.register.history.person_decisions import CONSENT_OPS, OVERRIDE, SAME, records_of_one
from sync_scripts.register.lifecycle.replay import alert_now
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

WORK: Final = frozenset({"document", "services"})
"""Purposes on which the work on a case rests."""


class Agreement(msgspec.Struct, frozen=True):
    """What a person agrees to, in the first talk that recorded it.

    Attributes:
        consents: by purpose.
        withheld: whom she excluded.
        gone: her interview is refused at its beginning, which is a no to all that nobody wrote down as given since.
    """

    consents: tuple[Consent, ...] = ()
    withheld: str = ""
    gone: bool = False

    def noes(self) -> frozenset[str]:
        """Return what of the work she refuses."""
        said = {one.purpose: says_no(one) for one in self.consents}
        return frozenset(purpose for purpose in WORK if said.get(purpose, self.gone))


class Step(msgspec.Struct, frozen=True):
    """What changes at an instant.

    Attributes:
        at: the instant, as text.
        people: what each person agrees to since then, by uid; None of whom no form tells any more.
        again: a second time at the same instant: with a refusal that was read after two people had signed over it.
    """

    at: str
    people: Mapping[str, Agreement | None]
    again: bool = False


class History:
    """What the people of a case agreed to since its first form; gone through when somebody asks."""

    def __init__(self, given: CaseInput, rules: Ruleset) -> None:
        """Take what a case is made of."""
        self.given: CaseInput = given
        self.rules: Ruleset = rules
        self.refusals: Refusals = refusals_of(given, rules)

    @cached_property
    def steps(self) -> Sequence[Step]:
        """Return what changes, in order."""
        return list(_Fold(self.given, self.rules, self.refusals).steps())

    @property
    def changes(self) -> Sequence[Step]:
        """Return the same; nothing of a case in which nothing came after its first form, as in most."""
        return self.steps if len(_agenda(self.given, self.refusals)) > 1 else ()


def _agenda(given: CaseInput, refusals: Refusals) -> dict[str, set[str]]:
    """Return at which instants something comes to which interviews by itself."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in given.of("interview"):
        laid = (event.at for event in given.said.get(subject_of(one), ()) if event.op in {CORRECT, RESTORE})
        for at in (*(instant(when) for when, _ in one.history), *laid):
            found[at].add(one.root[1])
    for event in given.about_people:
        if event.op in CONSENT_OPS or event.op == SAME:
            found[event.at] |= set()
        for at in refusals.ends.get((event.workspace, event.seq), {}).values():
            found[at].add(event.payload["interview"])
    return found


class _Fold:
    """Goes along the instants; keeps what each interview says by then."""

    def __init__(self, given: CaseInput, rules: Ruleset, refusals: Refusals) -> None:
        self.given, self.rules, self.refusals = given, rules, refusals
        self.interviews = {one.root[1]: one for one in given.of("interview")}
        self.place = {name: number for number, name in enumerate(self.interviews)}
        self.told = {name: told_of(one) for name, one in self.interviews.items()}
        self.speak = told_by(self.interviews.values())
        self.happens: dict[str, list[Event]] = defaultdict(list)
        for event in given.about_people:
            self.happens[event.at].append(event)
        self.then: dict[str, Filed] = {}
        self.alone: dict[str, Talk] = {}
        self.joined: dict[str, Talk] = {}
        self.decided: dict[str, list[Event]] = defaultdict(list)
        self.answers = Answers(self.interviews.values(), rules)
        self.same: list[Event] = []
        self.groups: dict[str, frozenset[str]] = {}

    def steps(self) -> Iterator[Step]:
        """Yield what changes, in order."""
        for at, came in sorted(_agenda(self.given, self.refusals).items()):
            touched = (came & self.interviews.keys()) | self._decide(at)
            if self._ends_at(at):
                before = self.refusals.by(at, before=True)
                yield Step(at, self._read(at, touched, before))
                yield Step(at, self._read(at, touched, self.refusals.by(at)), again=True)
            else:
                yield Step(at, self._read(at, touched, self.refusals.by(at)))

    def _ends_at(self, at: str) -> bool:
        """Tell whether two people sign at an instant over a refusal that was read later: their override stood until then."""
        signed = any(one.op == OVERRIDE for one in self.happens.get(at, ()))
        return signed and any(at in ends.values() for ends in self.refusals.ends.values())

    def _decide(self, at: str) -> set[str]:
        """Read the decisions of an instant; return the interviews on which they bear."""
        events, touched = self.happens.get(at, []), set[str]()
        for event in events:
            self.answers.add(event)
            names = self.interviews.keys() & concerned(event, self.speak)
            for name in names:
                self.decided[name].append(event)
            touched.update(names)
        same = [one for one in events if one.op == SAME]
        if same:
            self.same += same
            before = set(self.groups.values())
            groups = records_of_one(self.same, self.given.code or "", self.speak)
            self.groups = {uid: group for group in groups for uid in group}
            touched |= self._speaking(uid for group in before ^ set(groups) for uid in group)
        return touched

    def _speaking(self, people: Iterable[str]) -> set[str]:
        return {name for uid in people for name in self.speak.get(uid, ())}

    def _read(self, at: str, touched: set[str], refusals: Refusals) -> dict[str, Agreement | None]:
        """Read some interviews as they stand at an instant; return what the people of whom they tell agree to."""
        for name in touched:
            filed = self.interviews[name]
            then = as_of(filed, self.given.said.get(subject_of(filed), ()), at)
            if then is not None:
                self.then[name] = then
                talk = talk_of(then, self.decided[name], self.rules, refusals)
                self.alone[name] = self.joined[name] = talk
        theirs = self._speaking(uid for group in self._groups(touched) for uid in group) & self.then.keys()
        self.joined |= {name: self.alone[name] for name in theirs}
        for group in self._groups(theirs):
            self._join(group, theirs, refusals)
        return {uid: self._agreement(uid) for name in touched | theirs for uid in self.told[name]}

    def _groups(self, names: Iterable[str]) -> set[frozenset[str]]:
        """Return the people of some interviews who are kept in several records."""
        return {self.groups[uid] for name in names for uid in self.told[name] & self.groups.keys()}

    def _join(self, group: frozenset[str], names: Collection[str], refusals: Refusals) -> None:
        """Lay what a person refuses in any record of her over some interviews."""
        hers = sorted(self._speaking(group) & self.then.keys(), key=self.place.__getitem__)
        gone = [name for name in hers if refused(self.then[name])]
        noes = self.answers.refused({name: self.alone[name] for name in hers}, group, gone, refusals)
        for name in (name for name in hers if name in names):
            self.joined[name] = self.answers.under(self.joined[name], name, group, noes)

    def _agreement(self, uid: str) -> Agreement | None:
        """Return what a person agrees to by now.

        Whoever says no at the beginning of a form leaves no person in it; it is the no of everybody of whom it had told.
        """
        names = [name for name in self.speak[uid] if name in self.then]
        if any(refused(self.then[name]) for name in names):
            return self._of_gone(uid, names)
        for name in names:
            talk, filed = self.joined[name], self.interviews[name]
            # of an interview that is refused by now the one served is called by it
            who = interviewee(self.then[name].reading, name) if uid == name and refused(filed) else uid
            if who in talk.people:
                return Agreement(talk.people[who], talk.withheld)
        return None

    def _of_gone(self, uid: str, names: Iterable[str]) -> Agreement:
        consents = (self.joined[name].people.get(uid) for name in names if refused(self.then[name]))
        return Agreement(next((one for one in consents if one), ()), gone=True)


# --- what is read along the way -----------------------------------------------------------------------------------


def refused_since(steps: Iterable[Step]) -> dict[tuple[str, str], str]:
    """Return of each refusal of the work that stands when the register heard it, by uid and purpose: since the last consent.

    One that is said again, or anything else that is decided later, is not it; one that ends an override is a new one, since
    until then her facts went out again.
    """
    since: dict[tuple[str, str], str] = {}
    lain: dict[str, frozenset[str]] = {}
    for step in steps:
        for uid, now in step.people.items():
            agreed = now or Agreement()
            over = frozenset(one.purpose for one in agreed.consents if one.override_until)
            ended = lain.get(uid, frozenset()) - over
            for purpose in WORK:
                if purpose not in agreed.noes():
                    since.pop((uid, purpose), None)
                elif purpose in ended or (uid, purpose) not in since:
                    since[uid, purpose] = step.at
            lain[uid] = over
    return since


def stopped_since(steps: Iterable[Step]) -> str | None:
    """Return since when everybody in a case has withdrawn or refused, without a break; None while somebody goes on."""
    asked: dict[str, Agreement] = {}
    going, waiting = set[str](), set[str]()
    since: str | None = None
    for step in steps:
        for uid, now in step.people.items():
            if now is None or not (now.gone or any(one.purpose in WORK for one in now.consents)):
                asked.pop(uid, None)
            else:
                asked[uid] = now
        changed = step.people.keys() | waiting
        going = (going - changed) | {uid for uid in changed & asked.keys() if _goes_on(asked[uid], step.at)}
        waiting = {uid for uid in changed & going if any(one.override_until for one in asked[uid].consents)}
        if going or not asked:
            since = None
        elif since is None:
            since = step.at
    return since


def _goes_on(one: Agreement, at: str) -> bool:
    asked = any(consent.purpose in WORK for consent in one.consents)
    return not stopped([Agreed(one.consents)], moment(at)) if asked else not one.gone


def alert_ended_at(
    alert_id: str, state: str | None, events: Sequence[Event], read_at: str | None = None
) -> str | None:
    """Return since when the person of an alert wants nothing done with it; None while it is handled.

    Args:
        alert_id: of the alert.
        state: what it says of consent by now.
        events: what was decided about it, in order.
        read_at: when the version that is read arrived: a refusal that nobody wrote down came with it.
    """
    if state == "withdrawn":
        return alert_now(events).withdrawn_at
    if state != "refused":
        return None
    said = standing(events).get(("alert", alert_id, "consent_state"))
    return said.at if said is not None and said.payload["value"] == "refused" else read_at


def case_stopped_at(people: Collection[Agreed], given: CaseInput, history: History) -> str | None:
    """Return since when everybody in a case has withdrawn or refused; None while the work on it goes on.

    Alerts say it only as long as nobody in the case was asked anything.

    Args:
        people: what each person agrees to by now; most cases are not looked at any further.
        given: what the case is made of.
        history: what people agreed to before.
    """
    if not any(one.consents for one in people):
        return _by_alerts(given.alerts, given.said)
    asked = [one for one in people if any(row.purpose in WORK for row in one.consents)]
    if not asked or not all(gave_up(one) for one in asked):
        return None
    steps = history.steps
    return stopped_since(steps) if stopped(people, moment(steps[-1].at)) else None


def _by_alerts(alerts: Iterable[Alert], said: Mapping[str, Sequence[Event]]) -> str | None:
    ends = [
        alert_ended_at(
            one["alert_id"],
            one["consent_state"],
            said.get(f"alert:{one['stamp']}/{one['alert_id']}", ()),
            one["read_at"],
        )
        for one in alerts
    ]
    known = [at for at in ends if at is not None]
    return max(known) if known and len(known) == len(ends) else None
