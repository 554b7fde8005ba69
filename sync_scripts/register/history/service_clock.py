"""Since when a service waits: asked for on a day that a visit tells, or that somebody decided. Pure.

A day without its hour is its beginning, unless it is the day on which it is told. What says a day again gives nobody more time.
"""

from __future__ import annotations

from datetime import datetime

from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import day
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset

__all__ = ["asked_at", "decided_at", "told_at"]


def asked_at(filed: Filed, asked_on: str | None, rules: Ruleset) -> datetime:
    """Return when a service was asked for: the hour of the visit on that day or before it, else the beginning of the day."""
    if asked_on is None or day(asked_on) >= clocks.local_day(filed.at, rules):
        return filed.at
    return clocks.act_time(day(asked_on), None, rules)


def told_at(filed: Filed, asked_on: str, before: tuple[str | None, datetime], rules: Ruleset) -> datetime:
    """Return the same of a further visit: one that tells the same day again tells of the same request.

    Args:
        filed: the visit.
        asked_on: the day that it tells.
        before: the day that was told, and since when the service waited.
        rules: the zone.
    """
    told, since = before
    at = asked_at(filed, asked_on, rules)
    return min(since, at) if asked_on == told else at


def decided_at(
    asked_on: str, at: datetime, before: tuple[str | None, datetime] | None, rules: Ruleset
) -> datetime:
    """Return since when a service waits by a decision: the beginning of that day, or the decision on that very day.

    No clock starts later than the decision: a day to come would move a limit of medicine away. A first day moves nothing later.

    Args:
        asked_on: the day that was decided.
        at: when that was decided.
        before: the day of before and since when the service waited; None of a service that is planned by the decision.
        rules: the zone.
    """
    today = asked_on == clocks.local_day(at, rules).isoformat()
    asked = at if today else min(at, clocks.act_time(day(asked_on), None, rules))
    if before is None:
        return asked
    told, since = before
    if asked_on == (told or clocks.local_day(since, rules).isoformat()):
        return since
    return asked if told is not None else min(since, asked)
