"""From answers as text to the values of a row, and whether a value that a person says can stand where a form asked. Never guesses.

What may lie ahead follows from the form: a day where the form asks for one that does, a moment where the form sets it no end (a
hearing, an appointment). On some answers more rests than themselves: a level, a deadline, a consent, a guard, the case of a
form. Whoever corrects one of them decides; a code that was only typed proves nobody, so it corrects none of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final, Literal

from sqlalchemy import Table

from sync_scripts.register.forms.answers import Value
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from xlsform.answers.interview import NotUnderstoodError, holds

_SAID: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_LARGEST: Final = 2**63 - 1
_YEARS: Final = range(1900, 2201)
"""Years that an answer can mean; a date beyond them is a slip, and no clock could count from it."""


def _number(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        real = float(text)
        value = int(real)
        if value != real:
            raise
    if abs(value) > _LARGEST:
        raise ValueError
    return value


def _yes_no(text: str) -> bool:
    if text not in _SAID:
        raise ValueError
    return _SAID[text]


def day(text: str) -> date:
    """Return the day of an answer of type date or dateTime, as the phone's owner wrote it.

    Raises:
        ValueError: it is none.
    """
    return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text).date()


def when(text: str) -> datetime:
    """Return the instant of an answer of type dateTime; one without a zone is local time.

    Raises:
        ValueError: it is none.
    """
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=load().zone)).astimezone(UTC)


def _day(text: str) -> str:
    found = day(text)
    if found.year not in _YEARS:
        raise ValueError
    return found.isoformat()


def _instant(text: str) -> str:
    found = when(text)
    if found.year not in _YEARS:
        raise ValueError
    return instant(found)


_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    "number": _number,
    "yes_no": _yes_no,
    "date": _day,
    "instant": _instant,
}


class Shape:
    """What a row of a table looks like, worked out once: its columns, and how each answer is read."""

    __slots__ = ("blank", "readers", "table")

    def __init__(self, table: Table) -> None:
        """Look at the columns of a table."""
        collected = [column for column in table.columns if column.info["owner"] == "collected"]
        self.table: Table = table
        self.blank: dict[str, Any] = dict.fromkeys(column.name for column in table.columns)
        self.readers: dict[str, Callable[[str], Any] | None] = {
            column.name: _PARSERS.get(column.info["kind"]) for column in collected
        }

    def row(self, fields: Mapping[str, Value], unread: list[str], **own: Any) -> dict[str, Any]:
        """Return a row with the answers that have a column, and what the caller knows.

        A number or date that cannot be read stays empty, and its field's name is added to ``unread``: what was
        answered is still in the open part.
        """
        made, readers = self.blank.copy(), self.readers
        for name, value in fields.items():
            if name not in readers or not isinstance(value, str):
                continue
            reader = readers[name]
            if reader is None:
                made[name] = value
                continue
            try:
                made[name] = reader(value)
            except (ValueError, OverflowError):
                unread.append(name)
        made.update(own)
        return made


@cache
def shape(table: Table) -> Shape:
    """Return the shape of a table."""
    return Shape(table)


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


DECISIVE: Final[Mapping[str, frozenset[str]]] = {
    entity: frozenset(fields.split())
    for entity, fields in {
        "alert": (
            "icons victim_kind special danger_now victim_count when_rel hours_since held_since info_source "
            "actor_kind consent_state safe_to_contact"
        ),
        "interview": (
            "case_code alert_code doc_date is_private consent_case consent_by consent_mode child_assent withhold_from "
            "confidentiality"
        ),
        "consent": (
            "document services refer_identity stats justice advocacy un media photo_audio followup_contact"
        ),
        "assessment": "health_now suicide_risk threats_continue perp_near retaliation_risk",
        "need": "service",
        "incident": "date date_precision time_of_day verification",
        "person": (
            "covered_by_consent unit group_size sex is_child age age_band uasc pregnant disability current_status"
        ),
        "act": "violation",
        "act_victim": "person_uid",
        "detention": "arrested_at legal_basis prosecutor_seen_on released_on",
        "perpetrator": "actor",
        "source": "at_risk",
        "information": "relation reliability",
        "evidence": "faces_visible",
        "intervention": "number service provider_code status timeframe requested_on appointment_at",
        "followup": "case_code fu_type risk_change next_due",
        "legal_event": "step court hearing_at decision decided_on",
        "closure": (
            "case_code closer_code reason risk_now pending_legal feedback_given retention_class supervisor_code"
        ),
    }.items()
}
"""Entity -> its fields of which triage, a clock, a consent, a guard or the place of a form is made."""


def decisive(entity: str, field: str) -> bool:
    """Tell whether more rests on an answer than itself."""
    return field in DECISIVE.get(entity, ())
