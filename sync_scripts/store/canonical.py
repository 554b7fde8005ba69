"""One way to write JSON and instants, so that the same thing always has the same bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(value: object) -> str:
    """Return canonical JSON: keys sorted, no spaces, UTF-8 characters as they are, no line break inside."""
    return _ENCODER.encode(value)


def instant(moment: datetime) -> str:
    """Return an aware moment as stored everywhere: UTC, six decimals, ``Z``; sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Return the aware moment that `instant` wrote."""
    return datetime.fromisoformat(text)
