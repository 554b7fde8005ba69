"""A C4 case to everybody but its owner and the coordination: code, state, level, owner, next day. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import or_, select

from sync_scripts.errors import N_, NotAllowed, UsageProblem
from sync_scripts.register.links.sight import coordinates
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import register as tables

__all__ = ["CLOSEST", "CaseSealed", "KeptByTwo", "require_sight", "sealed_from"]

CLOSEST: Final = "C4"
"""The confidentiality of a case that two people open."""


@dataclass(eq=False, kw_only=True)
class KeptByTwo(UsageProblem):
    """How closely a C4 case is kept is what two people decide; a correction by one would go round it."""

    what: str
    code: ClassVar[str] = "DK-R106"
    message: ClassVar[str] = N_(
        "{what} is C4, and two people decide that it is kept less closely: it is not corrected. Nothing was changed. Propose it "
        'with dikalo cases set {what} --confidentiality C3 --reason "why"; somebody else signs it.'
    )


@dataclass(eq=False, kw_only=True)
class CaseSealed(NotAllowed):
    """What a C4 case holds is shown to whoever is in charge of it and to the coordination."""

    what: str
    code: ClassVar[str] = "DK-R105"
    message: ClassVar[str] = N_(
        "{what} is C4: who is in charge of it and the coordination, each with a passphrase of their own, see more than its code, "
        "state, level, owner and next day, and decide on it. Nothing was changed. Ask one of them."
    )


def sealed_from(rows: Rows, actor: Actor) -> frozenset[str]:
    """Return the codes of the C4 cases of which somebody sees the five columns and no more."""
    if coordinates(rows, actor):
        return frozenset()
    case = tables.case.c
    asked = select(case.case_code).where(case.confidentiality == CLOSEST)
    if actor.proof == "key":
        asked = asked.where(or_(case.owner_code.is_(None), case.owner_code != actor.code))
    return frozenset(rows.execute(asked).scalars())


def require_sight(rows: Rows, actor: Actor, case: str | None) -> None:
    """Let somebody pass who sees what is in a case, by its code; in no case everybody does.

    Raises:
        CaseSealed: it is C4, and this is neither its owner nor the coordination, or the code is only typed.
    """
    if case is not None and case in sealed_from(rows, actor):
        raise CaseSealed(what=case)
