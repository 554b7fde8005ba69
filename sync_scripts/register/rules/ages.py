"""Who is a child, and from which day a child who was written down with an age is eighteen: perhaps, and for certain. Pure.

Nobody asks for a day of birth. A girl of 15 on the day of the talk turns 18 some day between two and three years later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sync_scripts.register.rules.clocks import after_months

__all__ = ["ADULT", "CHILD_BANDS", "adult_from", "child", "perhaps_adult_from"]

ADULT: Final = 18
_BANDS: Final[Mapping[str, tuple[int, int]]] = {"0_5": (0, 5), "6_11": (6, 11), "12_17": (12, 17)}
"""Band of age -> the youngest and the oldest in it."""
CHILD_BANDS: Final = frozenset(_BANDS)
_ADULT_BANDS: Final = frozenset({"18_24", "25_59", "60p"})


def child(person: Mapping[str, Any]) -> bool | None:
    """Tell whether somebody is a child: by what the phone worked out, by the age or by the band, whichever says so.

    What the phone works out is there on forms of today alone: an old list has an age and no more, and whoever corrects an age
    corrects that answer only. So all three are asked, as they stand with what was corrected, and the stricter counts.

    Args:
        person: her row, with ``is_child``, ``age`` and ``age_band``.

    Returns:
        True or False; None where nobody wrote down anything that says it.
    """
    young, age, band = person["is_child"], person["age"], person["age_band"]
    says = (
        None if young is None else bool(young),
        None if age is None else age < ADULT,
        True if band in CHILD_BANDS else False if band in _ADULT_BANDS else None,
    )
    return True if True in says else False if False in says else None


def _ages(person: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the youngest and the oldest that a child can have been; None for an adult, or where nobody wrote it down."""
    if not child(person):
        return None
    age = person["age"]
    if age is not None and 0 <= age < ADULT:
        return age, age
    return _BANDS.get(person["age_band"] or "")


def adult_from(person: Mapping[str, Any], on: date) -> str | None:
    """Return the ISO day from which a child is 18 for certain; None when that cannot be known.

    Args:
        person: her row, with ``is_child``, ``age`` and ``age_band``.
        on: day of the talk in which that was written down.
    """
    ages = _ages(person)
    return None if ages is None else after_months(on, 12 * (ADULT - ages[0])).isoformat()


def perhaps_adult_from(person: Mapping[str, Any], on: date) -> str | None:
    """Return the ISO day from which a child may be 18; as `adult_from`."""
    ages = _ages(person)
    return None if ages is None else after_months(on, 12 * (ADULT - 1 - ages[1])).isoformat()
