"""The decision that a computer goes on after a sleep without asking who woke it. Kept, with its reason, for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sync_scripts.errors import UsageProblem
from sync_scripts.store import events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import NewEvent

__all__ = ["STAY_OPEN", "StayReasonMissing", "stay_open"]

STAY_OPEN: Final = "watch.stay_open"
_FEWEST_WORDS: Final = 2


StayReasonMissing: Final = UsageProblem.declare(
    "DK-N31",
    "--stay-open needs a reason of a few words: whoever wakes this computer then finds the register open, and the reason "
    "is kept. Nothing was begun.",
)


def stay_open(register: Register, actor: Actor, reason: str, now: datetime) -> None:
    """Write the decision down.

    Raises:
        StayReasonMissing: the reason says nothing.
    """
    if len(reason.split()) < _FEWEST_WORDS:
        raise StayReasonMissing
    subject = f"workspace:{register.workspace_id}"
    with register.writing() as rows:
        events.append(rows, [NewEvent(STAY_OPEN, subject, actor, {"reason": reason.strip()})], now)
