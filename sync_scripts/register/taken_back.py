"""What somebody agreed to once and does not any more, although nobody wrote a withdrawal down. Pure.

Her no can come on a form: it is sent again with other answers, or she tells her story a second time and refuses, and it is
decided that both are one; and who is taken out of a case agrees to nothing any more. Whoever got something of her by then has to hear of it as after a withdrawal. What each version,
decision and correction said is gone through in its order, so a rebuild comes to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec

from sync_scripts.register.agreeing import Ended
from sync_scripts.register.as_it_stood import as_of, told_of
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.consent import GIVEN, Consent
from sync_scripts.register.corrections import CORRECT, RESTORE
from sync_scripts.register.ended_overrides import ended_before, ended_by, ended_overrides
from sync_scripts.register.one_person import joined_talks
from sync_scripts.register.ops import CONSENT_OPS, OVERRIDE, SAME, WITHDRAW
from sync_scripts.register.owed import ERASE, TELL, Tasks, Told
from sync_scripts.register.people import interviewee, refused
from sync_scripts.register.redacted import gone_by
from sync_scripts.register.roots import Root
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import Matter, task
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["TakenBack", "heard", "taken_back", "taken_back_tasks"]

_YES: Final = "yes"
_OTHERS: Final = "other_ngos"
_TO_OTHERS: Final = frozenset({"services", "refer_identity", "document"})
"""Purposes by which something goes to another organisation: whoever excludes those takes them back for it."""


Less = Mapping[str, frozenset[str]]
"""Purpose -> what it is, or was, given for: `_YES`, the services ticked, the scope, other organisations."""
_Given = dict[str, Less]
"""uid -> what it had agreed to."""


class TakenBack(msgspec.Struct, frozen=True):
    """What a person took back by a form.

    Attributes:
        at: instant at which the register heard of it.
        uid: of the person.
        less: by purpose that was given until then, or given for more: what it is not given for any more.
        stands: that of it to which she has not agreed anew since.
    """

    at: str
    uid: str
    less: Less
    stands: Less

    @property
    def undocumented(self) -> bool:
        """Tell whether what was kept to be documented has to go."""
        return _YES in self.stands.get("document", ())


def taken_back(given: CaseInput, rules: Ruleset) -> list[TakenBack]:
    """Return what people of a case took back without a withdrawal, in its order; most cases are not looked at twice.

    Args:
        given: what the case is made of.
        rules: how long a consent holds and an override may last.
    """
    interviews = given.of("interview")
    instants = sorted(heard(interviews, given))
    if len(instants) < 2:
        return []
    said = {one.root: given.said.get(f"interview:{one.key}", ()) for one in interviews}
    ended = ended_overrides(given, rules)
    signed = {one.at for one in given.about_people if one.op == OVERRIDE}
    quiet = _quiet(interviews, given, said)
    found: list[TakenBack] = []
    last: _Given | None = None
    for was, at in pairwise(instants):
        if at in quiet:
            continue
        if last is None:
            last = _given(given, said, instants[-1], rules, ended_by(ended, instants[-1]), overridden=False)
        steps = [(was, _given(given, said, was, rules, ended_by(ended, was)))]
        if at in signed and (stood := ended_before(ended, at)) != ended_by(ended, at):
            # a refusal that was read later: the override stood until then
            steps.append((at, _given(given, said, at, rules, stood)))
        steps.append((at, _given(given, said, at, rules, ended_by(ended, at))))
        found += _lost(steps, given.about_people, last, found)
    return found


def _lost(
    steps: Sequence[tuple[str, _Given]], events: Sequence[Event], last: _Given, earlier: Sequence[TakenBack]
) -> list[TakenBack]:
    """Return what people took back from one step to the next."""
    found: list[TakenBack] = []
    for (was, before), (at, after) in pairwise(steps):
        for uid in sorted(before):
            if uid not in after:
                continue  # an edit took the person away: that is no word of hers, and said as a flag
            less = _less(before[uid], after[uid], _written(events, uid, at))
            if was == at:  # who got it hears of what she took back before, too
                for one in (one for one in (*earlier, *found) if one.uid == uid):
                    less = _less(less, one.stands)
            if less:
                found.append(TakenBack(at, uid, less, _less(less, last.get(uid, {}))))
    return found


def _quiet(interviews: Sequence[Filed], given: CaseInput, said: Mapping[Root, Sequence[Event]]) -> set[str]:
    """Return the instants at which nobody can have taken anything back: a further interview came, of other people.

    None where two records are one person, or two people let something go without her: what she says in one then changes what
    holds in another.
    """
    if any(event.op in {SAME, OVERRIDE} for event in given.about_people):
        return set()
    loud = {instant(when) for one in interviews for when, _ in one.history[1:]}
    loud |= {event.at for event in given.about_people}
    loud |= {event.at for events in said.values() for event in events}
    named = Counter(uid for one in interviews for uid in told_of(one))
    return {
        at
        for one in interviews
        if (at := instant(one.received[0])) not in loud and all(named[uid] == 1 for uid in told_of(one))
    }


def heard(interviews: Sequence[Filed], given: CaseInput) -> Iterator[str]:
    """Yield the instants at which what people agree to can have changed, each once."""
    at = {instant(when) for one in interviews for when, _ in one.history}
    at |= {event.at for event in given.about_people if event.op in CONSENT_OPS or event.op == SAME}
    yield from at.union(
        event.at
        for one in interviews
        for event in given.said.get(f"interview:{one.key}", ())
        if event.op in {CORRECT, RESTORE}
    )


def _written(events: Sequence[Event], uid: str, at: str) -> frozenset[str]:
    """Return what a person took back by a withdrawal at an instant, which raises tasks of its own.

    What is taken back in one record of her is written down in each of them, one after the other.
    """
    said = [one for one in events if one.op == WITHDRAW and one.at >= at]
    if not said or said[0].at != at:
        return frozenset()
    return frozenset(
        name for one in said if one.payload["person_uid"] == uid for name in one.payload["purposes"]
    )


def _less(before: Less, after: Less, written: Collection[str] = ()) -> Less:
    """Return what something is not given for any more; of purposes that were written down nothing."""
    lost = {name: what - after.get(name, frozenset()) for name, what in before.items() if name not in written}
    return {name: what for name, what in lost.items() if what}


# --- at an instant ------------------------------------------------------------------------------------------------


def _given(
    given: CaseInput,
    said: Mapping[Root, Sequence[Event]],
    at: str,
    rules: Ruleset,
    ended: Ended,
    *,
    overridden: bool = True,
) -> _Given:
    """Return what each person had agreed to at an instant, in the first talk that recorded it.

    What two people let go without her counts as given until she says no, also once it ran out: whoever got it has it.
    Whoever says no at the beginning of a form leaves no person in it; it is the no of everybody of whom it had told.
    """
    interviews = given.of("interview")
    then = [one for filed in interviews if (one := as_of(filed, said[filed.root], at)) is not None]
    decided = [event for event in given.about_people if event.at <= at]
    found: _Given = {}
    for talk in joined_talks(then, decided, given.code or "", rules, ended).values():
        for uid, consents in talk.people.items():
            found.setdefault(uid, _agreed(consents, talk.withheld, overridden=overridden))
    for now, filed in ((one, filed) for one in then for filed in interviews if filed.root == one.root):
        if refused(now):
            found |= {uid: {} for uid in told_of(filed)}
        elif refused(filed):  # by now the one served is called by the interview
            found[filed.root[1]] = found.get(interviewee(now.reading, filed.root[1]), {})
    return found


def _agreed(consents: Sequence[Consent], withheld: str, *, overridden: bool) -> Less:
    others = frozenset() if _OTHERS in withheld.split() else frozenset({_OTHERS})
    return {
        one.purpose: _for_what(one) | (others if one.purpose in _TO_OTHERS else frozenset())
        for one in consents
        if (one.state in GIVEN and one.withdrawn_at is None) or (overridden and one.override_until)
    }


def _for_what(one: Consent) -> frozenset[str]:
    """Return what a consent was given for; somebody who may be named may also be spoken of without a name."""
    if one.purpose == "refer_identity" and one.detail:
        return frozenset({_YES, *msgspec.json.decode(one.detail).get("services", [])})
    return frozenset({_YES, "identified"}) if one.scope == "identified" else frozenset({_YES})


# --- what has to be done ------------------------------------------------------------------------------------------


def taken_back_tasks(
    number: int,
    code: str,
    found: Iterable[TakenBack],
    told: Iterable[Told],
    events: Sequence[Event],
    *,
    owner: str | None,
) -> Tasks:
    """Yield what has to be done after each: tell whoever got something by then, and erase what was kept to be documented.

    Args:
        number: of the first submission of the case.
        code: of the case.
        found: what was taken back, in order.
        told: everybody who got something of the case.
        events: decisions about it, in order.
        owner: who is in charge.
    """
    made: dict[str, dict[str, Any]] = {}
    given = list(told)
    for one in found:
        at = moment(one.at)
        if one.undocumented and gone_by(events, one.uid, "") != one.at:
            of, done_at = _of(one, one.uid), gone_by(events, one.uid, one.at)
            row = task(number, f"case:{code}", "consent_purge", at + ERASE, of=of, assigned_to=owner)
            made[row["task_id"]] = row | {"done_at": done_at}
        for who in (who for who in given if _hears(who, one)):
            of, due_at = _of(one, who.name or None), at + TELL
            row = task(who.number, who.subject, "tell_receiver", due_at, of=of, assigned_to=owner)
            made[row["task_id"]] = row
    yield from made.values()


def _of(one: TakenBack, about: str | None) -> Matter:
    return Matter(about=about, variant="taken_back", since=one.at)


def _hears(told: Told, one: TakenBack) -> bool:
    """Tell whether whoever got something hears of it: what was given since, on a yes since, is not meant."""
    if told.people is not None and one.uid not in told.people:
        return False
    before = told.since is not None and told.since <= one.at
    lost = one.less if before else one.stands
    return any(_rests_on(told, name, what) for name, what in lost.items())


def _rests_on(told: Told, purpose: str, lost: frozenset[str]) -> bool:
    """Tell whether what was given rests on what was taken back; who serves her with one service keeps what is for it."""
    if purpose not in told.purposes:
        return False
    of_services = purpose == "refer_identity" and lost.isdisjoint({_YES, _OTHERS})
    return not of_services or not told.service or told.service in lost
