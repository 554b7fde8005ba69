"""From answers as text to the values of a row: numbers, days, instants, yes/no. Never guesses what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Table

from sync_scripts.register.forms.records import Value
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant

__all__ = ["Shape", "day", "shape", "when"]

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
            try:
                made[name] = value if reader is None else reader(value)
            except (ValueError, OverflowError):
                unread.append(name)
        made.update(own)
        return made


@cache
def shape(table: Table) -> Shape:
    """Return the shape of a table."""
    return Shape(table)
