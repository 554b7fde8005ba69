"""Withdrawals that nobody wrote down: what somebody agreed to once and does not any more, and what has to be done. Pure.

A refusal can come on a form: it is sent again with other answers, or a person tells her story a second time and refuses, and it is
decided that both are one; and who is taken out of a case agrees to nothing any more. Whoever got something of her by then has
to hear of it as after a withdrawal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from sync_scripts.register.case.consent_tasks import ERASE, TELL, Tasks, Told
from sync_scripts.register.case.tasks import Matter, task
from sync_scripts.register.consents.history import Agreement, Step
from sync_scripts.register.forms.answers import GIVEN, Consent
from sync_scripts.register.history.person_decisions import WITHDRAW, gone_by
from sync_scripts.store.canonical import moment
from sync_scripts.store.events import Event

__all__ = ["ImpliedWithdrawal", "implied_withdrawal_tasks", "implied_withdrawals"]

_YES: Final = "yes"
_OTHERS: Final = "other_ngos"
_TO_OTHERS: Final = frozenset({"services", "refer_identity", "document"})
"""Purposes by which something goes to another organisation: whoever excludes those takes them back for it."""

Less = Mapping[str, frozenset[str]]
"""Purpose -> what it is, or was, given for: `_YES`, the services ticked, the scope, other organisations."""


class ImpliedWithdrawal(msgspec.Struct, frozen=True):
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


def implied_withdrawals(steps: Iterable[Step], events: Sequence[Event]) -> list[ImpliedWithdrawal]:
    """Return what people of a case took back without a withdrawal, in its order.

    What two people let go without her counts as given until she says no, also once it ran out: whoever got it has it.

    Args:
        steps: what people agreed to, instant by instant.
        events: decisions about the case, in order.
    """
    withdrawals = [one for one in events if one.op == WITHDRAW]
    last: dict[str, Agreement | None] = {}
    found: list[tuple[Step, str, Less]] = []
    for step in steps:
        for uid, now in sorted(step.people.items()):
            before = last.get(uid)
            last[uid] = now
            if before is not None and now is not None:  # an edit took the person away: a flag says so
                less = _less(_for_what(before), _for_what(now), _written(withdrawals, uid, step.at))
                if less:
                    found.append((step, uid, less))
    stand = {uid: _for_what(one, overridden=False) for uid, one in last.items() if one is not None}
    return _standing(found, stand)


def _standing(found: Iterable[tuple[Step, str, Less]], stand: Mapping[str, Less]) -> list[ImpliedWithdrawal]:
    """Return what was taken back, with what of it stands; of what was taken back twice at once only what was not before."""
    made: list[ImpliedWithdrawal] = []
    for step, uid, lost in found:
        less = lost
        for one in made if step.again else ():  # who got it hears of what she took back before, too
            less = _less(less, one.stands) if one.uid == uid else less
        if less:
            made.append(ImpliedWithdrawal(step.at, uid, less, _less(less, stand.get(uid, {}))))
    return made


def _written(withdrawals: Sequence[Event], uid: str, at: str) -> frozenset[str]:
    """Return what a person took back by a withdrawal at an instant, which raises tasks of its own.

    What is taken back in one record of her is written down in each of them, one after the other.
    """
    said = [one for one in withdrawals if one.at >= at]
    if not said or said[0].at != at:
        return frozenset()
    return frozenset(
        name for one in said if one.payload["person_uid"] == uid for name in one.payload["purposes"]
    )


def _less(before: Less, after: Less, written: Collection[str] = ()) -> Less:
    """Return what something is not given for any more; of purposes that were written down nothing."""
    lost = {name: what - after.get(name, frozenset()) for name, what in before.items() if name not in written}
    return {name: what for name, what in lost.items() if what}


def _for_what(agreed: Agreement, *, overridden: bool = True) -> Less:
    """Return what each purpose is given for; ``overridden``: also by two people without her."""
    others = frozenset() if _OTHERS in agreed.withheld.split() else frozenset({_OTHERS})
    return {
        one.purpose: _given_for(one) | (others if one.purpose in _TO_OTHERS else frozenset())
        for one in agreed.consents
        if (one.state in GIVEN and one.withdrawn_at is None) or (overridden and one.override_until)
    }


def _given_for(one: Consent) -> frozenset[str]:
    """Return what a consent was given for; somebody who may be named may also be spoken of without a name."""
    if one.purpose == "refer_identity" and one.detail:
        return frozenset({_YES, *msgspec.json.decode(one.detail).get("services", [])})
    return frozenset({_YES, "identified"}) if one.scope == "identified" else frozenset({_YES})


# --- what has to be done ------------------------------------------------------------------------------------------


def implied_withdrawal_tasks(
    number: int,
    code: str,
    found: Iterable[ImpliedWithdrawal],
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


def _of(one: ImpliedWithdrawal, about: str | None) -> Matter:
    return Matter(about=about, variant="taken_back", since=one.at)


def _hears(told: Told, one: ImpliedWithdrawal) -> bool:
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
