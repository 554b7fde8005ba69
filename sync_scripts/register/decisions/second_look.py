"""That somebody else looked at a withdrawal or a refusal of something urgent is said by somebody else. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_scripts.register.consents.refusals import LookedAtByAnother
from sync_scripts.register.decisions.apart import require_apart, require_not
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.knowing import same_worker
from sync_scripts.register.decisions.proof import require_own_hand
from sync_scripts.store import events as store_events

__all__ = ["require_somebody_else"]


def require_somebody_else(by: By, what: str, row: Mapping[Any, Any]) -> None:
    """Let a person pass who is proved, and not the one under whose code the event stands that raised a task.

    Nor one through whose account of the database it was written, or who may be the same by their passphrases.

    Args:
        by: who says that somebody looked.
        what: code of the alert or case.
        row: of the task; its origin names the event.

    Raises:
        OwnHandMissing, LookedAtByAnother: as they say; and what `require_apart` raises.
    """
    require_own_hand(by, what)
    _, workspace, seq = row["origin"].split(":")
    events = store_events.read(by.rows, subjects=[row["subject"]])
    raised = next(one for one in events if (one.workspace, one.seq) == (workspace, int(seq)))
    first = raised.actor.code
    if same_worker(by.actor.code, first):
        raise LookedAtByAnother(what=what, first=first)
    if raised.account is not None:
        require_apart(by, what, first, since=raised.at, account=raised.account)
    else:  # before accounts were kept, or in a file
        require_not(by, what, row["subject"], first)
