"""A form from version to version, as the policy reads it: each version as the phone made them, and each correction. Pure.

What is stated of each is for whoever reads a measure to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from sync_scripts.register.case.interview_history import collected
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.arrivals import ARRIVAL, Known
from sync_scripts.register.history.corrections import CORRECT, RESTORE, corrected
from sync_scripts.register.policy.measure import Rating, Statement
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["Entered", "Step", "course", "heard"]

_NOTHING: Final = Rating("", ())


class Entered(msgspec.Struct, frozen=True):
    """When a form came into the unit in which it is from another one: what it had said is heard there from then on.

    Attributes:
        known: what had been read by then: the versions that are heard with it, behind all that was there.
        by_hand: a person brought it, so that the instant tells, and not the order, who had read it.
    """

    known: Known
    by_hand: bool = False


class Step(msgspec.Struct, frozen=True):
    """A version of a form, or a correction of it.

    Attributes:
        made: the statement, which says nothing yet.
        by_now: the form with it, as it is corrected by now.
        then: the form as it stood; None where that is the same.
    """

    made: Statement
    by_now: Filed
    then: Filed | None

    @property
    def came(self) -> Filed:
        """Return the form as it stood."""
        return self.then if self.then is not None else self.by_now


def course(
    filed: Filed, events: Sequence[Event], day: str, *, form: str = "", entered: Entered | None = None
) -> Iterator[Step]:
    """Yield the versions of a form, the one that is read last, and its corrections in order.

    Args:
        filed: the form, as it is corrected.
        events: what was decided about it, in order.
        day: local day of its first version.
        form: under which name it states something, if not its key.
        entered: when it came into its unit from another one.
    """
    changes = [one for one in events if one.op in {CORRECT, RESTORE}]
    made = partial(Statement, form=form or filed.key, day=day, said=_NOTHING)
    if len(filed.history) == 1 and not changes:  # as nearly all are
        at = filed.history[0][0]
        yield Step(heard(made(place=1, at=at, arrival=filed.arrival(at)), entered), filed, None)
        return
    order = sorted(filed.history, key=lambda one: one[1] is filed.reading)
    came = [filed.as_of(at, collected(filed) if one is filed.reading else one) for at, one in order]
    by_now = [
        filed if one is filed.reading else corrected(version, events)
        for version, (_at, one) in zip(came, order, strict=True)
    ]
    for nth, (at, _reading) in enumerate(order):
        said = made(place=nth + 1, at=at, arrival=filed.arrival(at))
        yield Step(heard(said, entered), by_now[nth], came[nth] if changes else None)
    for nth, event in enumerate(changes, 1):
        over = _corrected(event, filed, [at for at, _reading in order])
        number = event.payload.get(ARRIVAL) or filed.arrival(order[over][0])
        said = made(place=len(order) + nth, at=moment(event.at), arrival=number, correction=True)
        yield Step(heard(said, entered), by_now[over], corrected(came[over], changes[:nth]))


def _corrected(event: Event, filed: Filed, came: Sequence[datetime]) -> int:
    """Return over which version a correction was laid: the last that was read by then. What an edit says since, it does not say."""
    known = Known.of(event)
    read = (nth for nth, at in enumerate(came) if not known.missed(instant(at), filed.arrival(at)))
    return max(read, default=len(came) - 1)


def heard(one: Statement, entered: Entered | None) -> Statement:
    """Return a statement as it is heard in its unit: not before its form came into it."""
    if entered is None:
        return one
    known = entered.known
    if instant(one.at) > known.at if one.correction else known.missed(instant(one.at), one.arrival):
        return one
    order = max(one.arrival, known.arrival or 0)
    return msgspec.structs.replace(one, at=moment(known.at), arrival=order, by_hand=entered.by_hand)
