"""From which day a child who was written down with an age is eighteen: perhaps, and for certain. Pure.

Nobody asks for a day of birth. A girl of 15 on the day of the talk turns 18 some day between two and three years later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sync_scripts.register.clocks import after_months

__all__ = ["adult_from", "perhaps_adult_from"]

_ADULT: Final = 18
_BANDS: Final[Mapping[str, tuple[int, int]]] = {"0_5": (0, 5), "6_11": (6, 11), "12_17": (12, 17)}
"""Band of age -> the youngest and the oldest in it."""


def _ages(person: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the youngest and the oldest that a child can have been; None for an adult, or where nobody wrote it down."""
    if not person["is_child"]:
        return None
    age = person["age"]
    if age is None:
        return _BANDS.get(person["age_band"] or "")
    return (age, age) if 0 <= age < _ADULT else None


def adult_from(person: Mapping[str, Any], on: date) -> str | None:
    """Return the ISO day from which a child is 18 for certain; None when that cannot be known.

    Args:
        person: her row, with ``is_child``, ``age`` and ``age_band``.
        on: day of the talk in which that was written down.
    """
    ages = _ages(person)
    return None if ages is None else after_months(on, 12 * (_ADULT - ages[0])).isoformat()


def perhaps_adult_from(person: Mapping[str, Any], on: date) -> str | None:
    """Return the ISO day from which a child may be 18; as `adult_from`."""
    ages = _ages(person)
    return None if ages is None else after_months(on, 12 * (_ADULT - 1 - ages[1])).isoformat()
