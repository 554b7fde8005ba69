"""What only a proved person may do, and what one person must not do alone by another road. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.levels import ever_urgent
from sync_scripts.register.model.decision_errors import OwnHandMissing, RefusalDismisses
from sync_scripts.register.rules.ruleset import load

__all__ = ["require_own_hand", "require_own_hand_to_lower", "require_two_to_refuse"]


def require_own_hand(by: By, what: str) -> None:
    """Let a person pass who signed in with a key slot or account of their own.

    Raises:
        OwnHandMissing: the code was only typed.
    """
    if by.actor.proof != "key":
        raise OwnHandMissing(what=what)


def require_own_hand_to_lower(by: By, what: str, stands: str | None, wanted: str | None) -> None:
    """Let a level of urgency be set by whoever it is, but lowered by a proved person only.

    Raises:
        OwnHandMissing: it would be lowered, and the code was only typed.
    """
    rules = load()
    if stands is not None and wanted is not None and rules.rank(wanted) < rules.rank(stands):
        require_own_hand(by, what)


def require_two_to_refuse(by: By, found: Mapping[str, Any], consent: str | None) -> None:
    """Let the consent of an alert be set, unless that would dismiss by rule what one person must not dismiss.

    ``found`` is the row as `alert_of` gives it.

    Raises:
        RefusalDismisses: nobody triaged it, and it was urgent: triage it and let two people dismiss it.
    """
    if consent == "refused" and found["state"] == "received" and ever_urgent(by.rows, found):
        raise RefusalDismisses(alert=found["code"])
