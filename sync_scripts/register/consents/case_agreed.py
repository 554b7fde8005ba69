"""What was agreed to in one case, as a value, and what may leave because of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sync_scripts.register.disclosure.sharing import (
    Agreed,
    Answer,
    Asked,
    alert_may_leave,
    case_may_leave,
    may_leave,
    somebody_goes_on,
)
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load

__all__ = ["NOBODY", "CaseAgreed"]


@dataclass(frozen=True, slots=True)
class CaseAgreed:
    """What was agreed to in one case.

    Attributes:
        first: uid of the person interviewed first; None without an interview.
        people: what each person agreed to, by uid; nobody is in it who was never spoken of in a talk.
        alerts: what its alerts say of consent; looked at only as long as nobody was interviewed.
        erased: the case was erased, and nothing came for it since: nothing of it leaves.
        merged: what people agreed to in the cases that were merged into it, as what is done for them is done here; looked for only
            where somebody of its own gave something up.
        told: nobody was interviewed there, or here, and an alert of theirs goes on.
        taken: who was taken out, by uid; also somebody who was never spoken of in a talk.
    """

    first: str | None
    people: Mapping[str, Agreed]
    alerts: tuple[str | None, ...] = ()
    erased: bool = False
    merged: tuple[Agreed, ...] = ()
    told: bool = False
    taken: frozenset[str] = frozenset()

    def of(self, uid: str | None) -> Agreed:
        """Return what one person agreed to; of a person without a row nothing."""
        who = uid or self.first or ""
        return self.people.get(who, Agreed(erased=self.erased or who in self.taken))

    def answer(self, asked: Asked, at: datetime, uid: str | None = None) -> Answer:
        """Tell whether something may leave, for the person interviewed first unless another one is named."""
        return may_leave(asked, self.of(uid), at, local_day(at, load()))

    def whole(self, asked: Asked, at: datetime) -> Answer:
        """Tell whether what says only that the case is there may leave: its row in a list, a message.

        Also while only somebody of a case that was merged into it goes on: what is done for her is done here.
        """
        own = self.own(asked, at)
        if own.allowed or self.erased:
            return own
        going = self.told or somebody_goes_on(asked, self.merged, at, local_day(at, load()))
        return Answer(allowed=True) if going else own

    def own(self, asked: Asked, at: datetime) -> Answer:
        """Tell the same by the people of this very case: what is kept in it is about them alone."""
        on = local_day(at, load())
        if self.erased:
            return Answer(allowed=False, why="erased")
        if self.people or not self.alerts:
            return case_may_leave(asked, self.people.values(), at, on)
        answers = [alert_may_leave(asked, state, on) for state in self.alerts]
        return next((one for one in answers if one.allowed), answers[0])

    def stopped(self, at: datetime) -> bool:
        """Tell whether all work on the case has to stop: everybody in it, and in what was merged into it, withdrew or refused."""
        return not self.whole(Asked("list"), at).allowed

    def given_up(self, at: datetime) -> bool:
        """Tell whether everybody in this very case withdrew or refused, whoever goes on in what was merged into it."""
        return not self.own(Asked("list"), at).allowed


NOBODY: CaseAgreed = CaseAgreed(None, {})
"""A case in which nobody was interviewed yet."""
