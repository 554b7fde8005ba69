"""The deadlines in force: those of the rules file, shortened where the organisation decided so. Never lengthened.

What an organisation decided is an event, like every decision, so that the register stays what its submissions, events
and rules give. Whatever an event says, the shorter of the two counts: a later rules file cannot be undone by an old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from sync_scripts.errors import UsageProblem
from sync_scripts.register.rules import holidays
from sync_scripts.register.rules.ruleset import Ruleset, load
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events as store_events

__all__ = ["OP", "SUBJECT", "TIMES", "DeadlineLonger", "Own", "in_force", "own", "shortened", "suitable"]

OP: Final = "rules.deadlines"
SUBJECT: Final = "rules:deadlines"
TIMES: Final = ("first_contact_h", "first_action_h", "supervision_h", "assessment_h", "followup_d")
"""Due times that an organisation may shorten: hours, the last one days."""
Own: TypeAlias = Mapping[str, Mapping[str, int]]
"""Level -> name of a due time -> hours or days."""


DeadlineLonger: Final = UsageProblem.declare(
    "DK-J10",
    "The deadline {level}.{name} can only be shortened: a whole number from 1 to {limit}. Nothing was changed.",
)


def own(rows: Rows) -> Own:
    """Return what the organisation decided; the last decision counts whole."""
    said: Own = {}
    for event in store_events.read(rows, subjects=[SUBJECT]):
        said = {level: dict(times) for level, times in event.payload["own"].items()}
    return said


def in_force(rows: Rows) -> Ruleset:
    """Return the rules with the deadlines and holidays that hold in this register."""
    rules, days = shortened(load(), own(rows)), holidays.own(rows)
    return msgspec.structs.replace(rules, own_holidays=days) if days else rules


def shortened(rules: Ruleset, changes: Own) -> Ruleset:
    """Return rules with shorter deadlines; the rules themselves when nothing is shorter."""
    if not changes:
        return rules
    made = {
        level: msgspec.structs.replace(
            times,
            **{
                name: min(getattr(times, name), said)
                for name, said in changes.get(level, {}).items()
                if name in TIMES
            },
        )
        for level, times in rules.deadlines.items()
    }
    return rules if made == rules.deadlines else msgspec.structs.replace(rules, deadlines=made)


def suitable(changes: Mapping[str, object], rules: Ruleset | None = None) -> Own:
    """Return those of the changes that shorten something, checked.

    Raises:
        DeadlineLonger: one would lengthen, is no deadline, or is no whole number.
    """
    limits = {str(level): times for level, times in (rules or load()).deadlines.items()}
    found: dict[str, dict[str, int]] = {}
    for level, said in changes.items():
        if level not in limits or not isinstance(said, Mapping):
            raise DeadlineLonger(level=level, name="?", limit=0)
        for name, value in said.items():
            limit = getattr(limits[level], name) if name in TIMES else 0
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= limit:
                raise DeadlineLonger(level=level, name=name, limit=limit)
            if value < limit:
                found.setdefault(level, {})[name] = value
    return found
