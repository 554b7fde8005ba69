"""Whether a value that a person says can stand where a form asked: its kind, its moment, the form's own limits. Pure.

Nothing here lists fields: what may lie ahead follows from the form. A day lies ahead only where the form asks for one that
does; a moment does where the form sets it no end (a hearing, an appointment).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sync_scripts.register.forms.values import day, when
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from xlsform.answers.evaluate import NotUnderstoodError, holds

__all__ = ["AHEAD", "BACK", "Kind", "Limit", "Unfit", "as_number", "unfit"]

Kind = Literal["date", "instant", "number"]
Unfit = Literal["", "unreadable", "no_hour", "ahead", "long_ago", "rule"]

BACK: Final = timedelta(days=120 * 366)
"""How far back an answer can mean: the age that the forms take at most."""
AHEAD: Final = timedelta(days=10 * 366)
"""How far ahead an answer can mean where it may lie ahead at all."""
_BARE: Final = len("2026-11-25")
_TODAY: Final = re.compile(r"\btoday\(\s*\)")
_NOW: Final = re.compile(r"\bnow\(\s*\)")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a form says of the answers to one question.

    Attributes:
        type: first word of its XLSForm type.
        constraint: as the form has it, "" without one.
        words: the form's own sentence in the language of whoever reads, "" without one.
    """

    type: str
    constraint: str = ""
    words: str = ""


def as_number(text: str) -> float:
    """Return a day or moment as days, in the zone of the rules: what a phone compares.

    Raises:
        ValueError: it is neither.
    """
    if len(text) <= _BARE:
        return float(day(text).toordinal())
    at = when(text).astimezone(load().zone)
    return at.toordinal() + (at.hour * 60 + at.minute) / 1440


def unfit(
    value: str,
    kind: Kind,
    limits: Sequence[Limit],
    answers: Mapping[str, str],
    *,
    then: datetime,
    now: datetime,
) -> tuple[Unfit, str]:
    """Return why a value cannot stand, and the form's own words for it; ("", "") when it can.

    Args:
        value: as it was typed; readable.
        kind: of the column that it goes to.
        limits: of the questions that feed the column; one that takes the value is enough.
        answers: to the other questions, days and moments `as_number`.
        then: when the form was filled: a limit that counts from today also counts from that day.
        now: when the value is said.
    """
    if kind != "number":
        found = _moment(value, kind, limits, now)
        if found:
            return found, ""
    refused = [one for one in limits if not _taken(one, value, kind, answers, (then, now))]
    return ("rule", refused[0].words) if limits and len(refused) == len(limits) else ("", "")


def _moment(value: str, kind: Kind, limits: Sequence[Limit], now: datetime) -> Unfit:
    if kind == "instant" and len(value) <= _BARE:
        return "no_hour"
    today = local_day(now, load())
    on = local_day(when(value), load()) if len(value) > _BARE else day(value)
    if on < today - BACK:
        return "long_ago"
    late = when(value) > now if kind == "instant" else on > today
    free = any(_lies_ahead(one, now) for one in limits)
    return "ahead" if late and (not free or on > today + AHEAD) else ""


def _lies_ahead(limit: Limit, now: datetime) -> bool:
    """Tell whether a question asks for what is to come."""
    counts = bool(_TODAY.search(limit.constraint) or _NOW.search(limit.constraint))
    if not counts:
        return limit.type == "dateTime"
    tomorrow = (now + timedelta(days=1)).isoformat()
    return _taken(limit, tomorrow, "instant", {}, (now,))


def _taken(
    limit: Limit, value: str, kind: Kind, answers: Mapping[str, str], as_of: Sequence[datetime]
) -> bool:
    """Tell whether a constraint takes a value, counted from one of some moments; one that is not understood does."""
    own = value if kind == "number" else str(as_number(value))
    for at in as_of:
        local = at.astimezone(load().zone).isoformat()
        today = str(local_day(at, load()).toordinal())
        asked = _TODAY.sub(today, _NOW.sub(str(as_number(local)), limit.constraint))
        try:
            if holds(asked, answers, own=own):
                return True
        except NotUnderstoodError:
            return True
    return False
