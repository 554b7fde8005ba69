"""Why a plan is not confirmed, or a line of it not carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_scripts.errors import N_, Attention, UnknownCode, UsageProblem

__all__ = ["NotInPlan", "NothingDue", "PlanChanged", "ReasonForPlan"]


@dataclass(eq=False, kw_only=True)
class PlanChanged(Attention):
    """What is due now is not what was shown."""

    plan: str
    now: str
    code: ClassVar[str] = "DK-R52"
    message: ClassVar[str] = N_(
        "What is due now is no longer the plan {plan}. Nothing was confirmed. Look at it again with dikalo retention plan, then "
        "confirm {now}."
    )


@dataclass(eq=False, kw_only=True)
class ReasonForPlan(UsageProblem):
    """Nobody erases without saying why."""

    code: ClassVar[str] = "DK-R53"
    message: ClassVar[str] = N_(
        "A plan is confirmed with a reason: --reason, without names. Nothing was confirmed."
    )


@dataclass(eq=False, kw_only=True)
class NotInPlan(UnknownCode):
    """A code was named that the plan does not hold, or not so."""

    what: str
    possible: str
    code: ClassVar[str] = "DK-R54"
    message: ClassVar[str] = N_(
        "{what} is not among what the plan holds for that. Nothing was confirmed. Possible: {possible}."
    )


@dataclass(eq=False, kw_only=True)
class NothingDue(Attention):
    """There is nothing that a run could erase."""

    code: ClassVar[str] = "DK-R55"
    message: ClassVar[str] = N_(
        "Nothing in the plan can be carried out: what is due is held, or a person has to look at it first. Nothing was "
        "confirmed."
    )
