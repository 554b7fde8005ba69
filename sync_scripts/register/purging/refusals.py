"""Why a plan is not confirmed, or a line of it not carried out."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from typing import ClassVar

from sync_scripts.errors import N_, Declined, NotAllowed, UnknownCode, UsageProblem

__all__ = [
    "AlreadyErased",
    "ErasedAlone",
    "HeldByLaw",
    "NotInPlan",
    "NothingDue",
    "PlanChanged",
    "ReasonForErasure",
    "ReasonForPlan",
    "SharedWithOthers",
    "WhoToErase",
]


@dataclass(eq=False, kw_only=True)
class PlanChanged(Declined):
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
class AlreadyErased(Declined):
    """It is gone already; ``where`` is the code of the alert or case, when that is not what is meant."""

    what: str
    day: str
    where: str = ""
    code: ClassVar[str] = "DK-R60"
    message: ClassVar[str] = N_(
        "{what} was already erased on {day}. Nothing was changed. dikalo log {where} says by whom, and why."
    )

    def __post_init__(self) -> None:
        """Name the page that tells of it."""
        self.where = self.where or self.what


@dataclass(eq=False, kw_only=True)
class ErasedAlone(Declined):
    """Something urgent would vanish by one person's hand, of which nobody wrote down that the person wants it."""

    case: str
    code: ClassVar[str] = "DK-R62"
    message: ClassVar[str] = N_(
        "The case {case} is or was urgent, and no withdrawal by its person is written down: one person alone does not "
        "erase it, and nothing was changed. Write it down: dikalo consent withdraw {case}, or dikalo consent record "
        "{case} document=no if nobody was ever asked. Then somebody else erases it, with a passphrase of their own."
    )


@dataclass(eq=False, kw_only=True)
class WhoToErase(UnknownCode):
    """It is not clear who of a case is to be erased."""

    case: str
    known: str
    code: ClassVar[str] = "DK-R61"
    message: ClassVar[str] = N_(
        "Say who in the case {case} is to be erased, after its code: dikalo person erase {case} PERSON. Possible: {known}. "
        "Nothing was changed."
    )


@dataclass(eq=False, kw_only=True)
class NothingDue(Declined):
    """There is nothing that a run could erase; ``held``: something is due, and does not go by itself."""

    held: bool = True

    code: ClassVar[str] = "DK-R55"
    message: ClassVar[str] = N_(
        "Nothing in the plan can be carried out: what is due is held, or a person has to look at it first. Nothing "
        "was confirmed. dikalo retention plan says why of each; what was looked at is confirmed with --reviewed CODE."
    )
    nothing: ClassVar[str] = N_("Nothing is due to be erased. Nothing was confirmed.")

    def words(self) -> str:
        """Return the sentence; another one where nothing is due at all."""
        return gettext(self.message if self.held else self.nothing)


@dataclass(eq=False, kw_only=True)
class HeldByLaw(NotAllowed):
    """A legal hold wins over a wish and over a rule."""

    case: str
    code: ClassVar[str] = "DK-R57"
    message: ClassVar[str] = N_(
        "A legal hold is on the case {case}, so nothing of it is erased. Nothing was changed. Whoever set it can take it off: "
        "dikalo cases set {case} --release --reason …"
    )


@dataclass(eq=False, kw_only=True)
class SharedWithOthers(Declined):
    """Several people told it, and something of it cannot be parted; ``why``: ``encrypted`` or ``aside``."""

    case: str
    person: str
    why: str
    code: ClassVar[str] = "DK-R58"
    message: ClassVar[str] = N_(
        "The case {case} is about others than {person}, too, and {person} cannot be taken out of it: {why}. Nothing was changed. "
        "Until then, withdraw what {person} agreed to (dikalo consent withdraw {case} --person {person}): nothing about {person} leaves any "
        "more."
    )

    def words(self) -> str:
        """Return the sentence with the reason in words."""
        reasons = {
            "encrypted": gettext(
                "a form of it came encrypted and waits to be opened (dikalo vault intake --reason TEXT)"
            ),
            "aside": gettext("a form of it lies in quarantine; settle that first (dikalo quarantine list)"),
        }
        return gettext(self.message).format(
            case=self.case, person=self.person, why=reasons.get(self.why, self.why)
        )


@dataclass(eq=False, kw_only=True)
class ReasonForErasure(UsageProblem):
    """Nobody erases without saying why."""

    case: str
    code: ClassVar[str] = "DK-R59"
    message: ClassVar[str] = N_("Say why {case} is erased: --reason, without names. Nothing was changed.")
