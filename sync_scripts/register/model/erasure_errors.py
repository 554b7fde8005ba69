"""Why a plan is not confirmed, or a line of it not carried out."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import N_, Declined, NotAllowed, UnknownCode, UsageProblem, When, in_words

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


PlanChanged: Final = Declined.declare(
    "DK-R52",
    "What is due now is no longer the plan {plan}. Nothing was confirmed. Look at it again with dikalo retention plan, then "
    "confirm {now}.",
)
ReasonForPlan: Final = UsageProblem.declare(
    "DK-R53",
    "A plan is confirmed with a reason: --reason, without names. Nothing was confirmed.",
)
NotInPlan: Final = UnknownCode.declare(
    "DK-R54",
    "{what} is not among what the plan holds for that. Nothing was confirmed. Possible: {possible}.",
)
# ``where`` is the code of the alert or case, whose page tells of it.
AlreadyErased: Final = Declined.declare(
    "DK-R60",
    "{what} was already erased on {day}. Nothing was changed. dikalo log {where} says by whom, and why.",
)
ErasedAlone: Final = Declined.declare(
    "DK-R62",
    "The case {case} is or was urgent, and no withdrawal by its person is written down: one person alone does not "
    "erase it, and nothing was changed. Write it down: dikalo consent withdraw {case}, or dikalo consent record "
    "{case} document=no if nobody was ever asked. Then somebody else erases it, with a passphrase of their own.",
)
WhoToErase: Final = UnknownCode.declare(
    "DK-R61",
    "Say who in the case {case} is to be erased, after its code: dikalo person erase {case} PERSON. Possible: {known}. "
    "Nothing was changed.",
)
# ``held``: something is due, and does not go by itself.
NothingDue: Final = Declined.declare(
    "DK-R55",
    "Nothing in the plan can be carried out: what is due is held, or a person has to look at it first. Nothing "
    "was confirmed. dikalo retention plan says why of each; what was looked at is confirmed with --reviewed CODE.",
    instead=(When("held", False, "Nothing is due to be erased. Nothing was confirmed."),),
    held=True,
)
HeldByLaw: Final = NotAllowed.declare(
    "DK-R57",
    "A legal hold is on the case {case}, so nothing of it is erased. Nothing was changed. Whoever set it can take it off: "
    "dikalo cases set {case} --release --reason …",
)
SharedWithOthers: Final = Declined.declare(
    "DK-R58",
    "The case {case} is about others than {person}, too, and {person} cannot be taken out of it: {why}. Nothing was "
    "changed. Until then, withdraw what {person} agreed to (dikalo consent withdraw {case} --person {person}): then "
    "nothing about {person} is shared.",
    shown={
        "why": in_words(
            {
                "encrypted": N_(
                    "a form of it came encrypted and waits to be opened (dikalo vault intake --reason TEXT)"
                ),
                "aside": N_("a form of it lies in quarantine; settle that first (dikalo quarantine list)"),
            }
        )
    },
)
ReasonForErasure: Final = UsageProblem.declare(
    "DK-R59",
    "Say why {case} is erased: --reason, without names. Nothing was changed.",
)
