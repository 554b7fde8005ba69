"""The filters of OData that a Central knows: comparisons of what the server itself says, joined by ``and`` and ``or``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from tests.contract.central_answers import Failed

Known = Mapping[str, Callable[[Any], str | None]]
"""What can be asked of a row, by the name that a filter gives it."""
_PART: Final = re.compile(
    r"(?P<no>not\s+)?(?P<name>[\w/]+)\s+(?P<how>eq|ne|gt|ge|lt|le)\s+(?P<value>null|'[^'/?#%<>\[\]{}|^`\\\"]*'|[^'\s]+)"
)
_HOW: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": lambda here, there: here > there,
    "ge": lambda here, there: here >= there,
    "lt": lambda here, there: here < there,
    "le": lambda here, there: here <= there,
}


def rule(text: str, known: Known) -> Callable[[Any], bool]:
    """Return what a filter lets through; everything, when there is none.

    Raises:
        Failed: it cannot be parsed, or it asks for something else than ``known``.
    """
    if not text:
        return lambda _row: True
    ways = [
        [_one(part, known) for part in re.split(r"\s+and\s+", way)] for way in re.split(r"\s+or\s+", text)
    ]
    return lambda row: any(all(test(row) for test in tests) for tests in ways)


def _one(part: str, known: Known) -> Callable[[Any], bool]:
    found = _PART.fullmatch(part)
    if found is None:
        at = next((one.end() for one in re.finditer(r"^\S+\s+\w{2}", part)), 0)
        reason = f"Unexpected character at {at}"
        text = f"The OData filter expression you provided could not be parsed: {reason}"
        raise Failed(400.18, text, reason=reason)
    if found["name"] not in known:
        at = found.start("name")
        text = "The given OData filter expression references fields not supported by this server"
        raise Failed(501.5, f"{text}: {found['name']} at {at}", at=at, text=found["name"])
    reading, wanted, how = known[found["name"]], found["value"], found["how"]
    return lambda row: _holds(reading(row), how, wanted) != bool(found["no"])


def _holds(here: str | None, how: str, wanted: str) -> bool:
    value = None if wanted == "null" else wanted.strip("'")
    if how in {"eq", "ne"}:
        return (here == value) == (how == "eq")
    if here is None or value is None:
        return False
    return _HOW[how](datetime.fromisoformat(here), datetime.fromisoformat(value))
