"""What a closure that waits still lacks, whoever of those who may sign it would sign it. Writes nothing."""

from __future__ import annotations

from typing import Any

from sync_scripts.register.case_decisions.case_facts import facts, see
from sync_scripts.register.decisions.base import By
from sync_scripts.register.lifecycle import lacking, listed

__all__ = ["not_yet_closable"]

_CLOSED = "closed"


def not_yet_closable(by: By, code: str) -> tuple[str, ...]:
    """Return the names of the guards that a closure does not pass as things are; empty of one that can be signed.

    It asks as somebody who may sign: what depends on who that is, each of them is told when they sign.

    Args:
        by: the open rows, and now.
        code: of a case whose closure waits.
    """
    seen = see(by, code)
    signer: dict[str, Any] = {
        "roles": frozenset({"supervisor"}),
        "own_key": True,
        "is_owner": False,
        "is_requester": False,
    }
    known = facts(by, seen, wanted=_CLOSED, **signer)
    moves = (one for one in listed("case", seen.row["state"], _CLOSED) if not one.by_rule)
    return tuple(name for one in moves for name in lacking(one, known))
