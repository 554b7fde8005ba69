"""A C4 case to everybody but its owner and the coordination: code, state, level, owner, next day. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.errors import NotAllowed, UsageProblem
from sync_scripts.register.history.open_proposals import ALLOW, Proposal
from sync_scripts.register.history.visibility import CLOSEST, sealed_from
from sync_scripts.register.model.codes import read
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import register as tables

__all__ = [
    "CLOSED",
    "CLOSEST",
    "CaseSealed",
    "KeptByTwo",
    "case_meant",
    "require_sight",
    "sealed_from",
    "waiting_shown",
    "without_closed",
]

CLOSED: Final = "case.closed_to_you"
"""In the place of the op of a decision in a C4 case: what was decided tells what happened."""
_SAYS_NOTHING: Final = frozenset({ALLOW, "case.confidentiality"})
"""Ops of proposals that tell nothing of what happened in a case."""


KeptByTwo: Final = UsageProblem.declare(
    "DK-R99",
    "{what} is C4, and lowering its confidentiality takes two people: it is not corrected. Nothing was changed. "
    'Propose it with dikalo cases set {what} --confidentiality C3 --reason "why"; somebody else signs it.',
)
CaseSealed: Final = NotAllowed.declare(
    "DK-R98",
    "{what} is C4: only its owner and the coordination, each with a passphrase of their own, see more than its code, "
    "state, level, owner and next day, and decide on it. Nothing was changed. Ask one of them, or add a flag: dikalo "
    'cases task {what} --flag "…".',
)


def case_meant(rows: Rows, text: str) -> str | None:
    """Return the code of the case that a code means: of a case itself, of an alert the one in which it is."""
    if (case := read(text, "DK")) is not None:
        return case
    code, alert, filing = read(text, "AL"), tables.alert, tables.filing
    if code is None:
        return None
    asked = select(filing.c.case_code).join(alert, alert.c.filing_no == filing.c.filing_no)
    return rows.execute(asked.where(alert.c.code == code)).scalar()


def require_sight(rows: Rows, actor: Actor, *typed: str) -> None:
    """Let somebody pass who sees what is in the cases, and in the cases of the alerts, of which codes were typed.

    Raises:
        CaseSealed: one is C4, and this is neither its owner nor the coordination, or the code of the person is only typed.
    """
    sealed = sealed_from(rows, actor)
    for text in typed if sealed else ():
        if (case := case_meant(rows, text)) in sealed:
            raise CaseSealed(what=case)


def waiting_shown(rows: Rows, actor: Actor, found: Iterable[Proposal]) -> list[Proposal]:
    """Return what waits for a second person as a list may show it: of a C4 case that something does, and since when."""
    sealed = sealed_from(rows, actor)
    return [
        replace(one, decision=one.decision if one.decision in _SAYS_NOTHING else CLOSED, said={}, seen={})
        if case_meant(rows, one.what) in sealed
        else one
        for one in found
    ]


def without_closed(events: Iterable[Mapping[str, Any]], sealed: frozenset[str]) -> list[dict[str, Any]]:
    """Return the events of a case, of those about two cases nothing but that they were if the other one is sealed."""
    return [
        {**one, "payload": {}, "hidden": True} if one["payload"].get("other_case") in sealed else dict(one)
        for one in events
    ]
