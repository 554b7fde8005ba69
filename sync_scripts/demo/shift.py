"""Move invented submissions in time by whole days, so that a demonstration is always about last week. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

_TEXT = re.compile(rb">[^<]+<")
_DAY = re.compile(rb"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")
_END = re.compile(rb"<end>(\d{4}-\d{2}-\d{2})")


def ended_on(xml: bytes) -> date | None:
    """Return the day on the phone's clock when this submission was finished; None when it does not say."""
    found = _END.search(xml)
    return date.fromisoformat(found.group(1).decode()) if found else None


def shift(xml: bytes, days: int) -> bytes:
    """Return the submission with every date in its answers moved by ``days``; 0 changes no byte.

    Only text between tags is touched, and only what is a date: times of day, identifiers and file names stay.
    """
    if days == 0:
        return xml

    def moved(found: re.Match[bytes]) -> bytes:
        try:
            day = date.fromisoformat(found.group().decode())
        except ValueError:
            return found.group()
        return (day + timedelta(days)).isoformat().encode()

    return _TEXT.sub(lambda text: _DAY.sub(moved, text.group()), xml)
