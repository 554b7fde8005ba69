"""Where things can go, and where their events have brought them. Pure; a move not listed is refused.

The table of `moves` is the whole truth of what is possible, `guards` of what must hold. Every refusal says why, and
what would be needed.
"""

from __future__ import annotations

from sync_scripts.register.lifecycle.afterwards import AFTERWARDS
from sync_scripts.register.lifecycle.alert import AlertNow, alert_now, check_alert_move, check_lowering
from sync_scripts.register.lifecycle.case import OWN_REQUEST, CaseNow, case_now
from sync_scripts.register.lifecycle.checking import check
from sync_scripts.register.lifecycle.contacts import CONTACTS, key_of, standing_contacts, when
from sync_scripts.register.lifecycle.errors import (
    CaseNotOpen,
    GuardFails,
    MoveNotListed,
    MoveRefused,
    ReasonMissing,
    SecondPersonSame,
    needed_for,
)
from sync_scripts.register.lifecycle.guards import (
    EARLY,
    GUARDED_ROLES,
    GUARDS,
    SUSPEND,
    Facts,
    lacking,
)
from sync_scripts.register.lifecycle.moves import (
    ALERT_MOVES,
    BY_RULE,
    CASE_LEFT,
    CASE_OPEN,
    INTERVENTION_FINAL,
    MOVES,
    Matter,
    Move,
    can_follow,
    listed,
)

__all__ = [
    "AFTERWARDS",
    "ALERT_MOVES",
    "BY_RULE",
    "CASE_LEFT",
    "CASE_OPEN",
    "CONTACTS",
    "EARLY",
    "GUARDED_ROLES",
    "GUARDS",
    "INTERVENTION_FINAL",
    "MOVES",
    "OWN_REQUEST",
    "SUSPEND",
    "AlertNow",
    "CaseNotOpen",
    "CaseNow",
    "Facts",
    "GuardFails",
    "Matter",
    "Move",
    "MoveNotListed",
    "MoveRefused",
    "ReasonMissing",
    "SecondPersonSame",
    "alert_now",
    "can_follow",
    "case_now",
    "check",
    "check_alert_move",
    "check_lowering",
    "key_of",
    "lacking",
    "listed",
    "needed_for",
    "standing_contacts",
    "when",
]
