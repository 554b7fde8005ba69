"""That somebody else looked at a withdrawal or a refusal of something urgent is said by somebody else. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_scripts.register.consents.errors import LookedAtByAnother, LookedAtByTwo
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.knowing import same_worker
from sync_scripts.register.decisions.proof import require_own_hand
from sync_scripts.register.decisions.second_person import require_apart, require_not
from sync_scripts.register.model.decision_errors import FirstKeyFromSecond
from sync_scripts.store.history import events as store_events
from sync_scripts.store.history.events import Event

__all__ = ["require_other_than", "require_somebody_else"]


def require_somebody_else(by: By, what: str, row: Mapping[Any, Any]) -> None:
    """Let a person pass who is proved, and not the one who wrote the event down that raised a task: `require_other_than`.

    Args:
        by: who says that somebody looked.
        what: code of the alert or case.
        row: of the task, which names the event.
    """
    require_own_hand(by, what)
    if row["workspace"] is None:  # whoever edited it on a phone wrote nothing at a desk
        return
    event = store_events.one_of(by.rows, row["workspace"], row["seq"])
    if event is None:  # a task names an event that is there
        raise LookedAtByTwo(what=what, first="-")
    require_other_than(by, what, event)


def require_other_than(by: By, what: str, event: Event) -> None:
    """Let a person pass who is proved, and not the one under whose code an event stands, nor the one whose hand wrote it.

    Nor one through whose account of the database it was written, or who may be the same by their passphrases. A code that was
    only typed proves nobody: then it is the hand that counts.

    Args:
        by: who says that somebody looked.
        what: code of the alert or case.
        event: what was written down.

    Raises:
        OwnHandMissing, LookedAtByAnother: as they say; and what `require_apart` raises.
        LookedAtByTwo: whose hand it was nobody knows, or the person who passes knew that one's passphrase.
    """
    require_own_hand(by, what)
    first = event.actor.code
    hand = event.actor.hand if event.actor.proof == "claimed" else first
    for one in (first, hand):
        if same_worker(by.actor.code, one):
            raise LookedAtByAnother(what=what, first=first)
    if hand is None and event.account is None:
        raise LookedAtByTwo(what=what, first=first)
    try:
        _require_apart(by, what, hand or first, event)
    except FirstKeyFromSecond:
        raise LookedAtByTwo(what=what, first=first) from None


def _require_apart(by: By, what: str, hand: str, event: Event) -> None:
    if event.account is None and by.rows.account is not None:  # before accounts were kept
        require_not(by, what, event.subject, hand)
        return
    require_apart(by, what, hand, since=event.at, account=event.account)
