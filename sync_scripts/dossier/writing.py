"""How days, instants, codes and questions are written in a dossier."""

from __future__ import annotations

import re
from datetime import date, datetime
from gettext import gettext as _
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["day", "moment", "spoken", "unbroken", "who"]

_DOUALA: Final = ZoneInfo("Africa/Douala")
_BEFORE_SIGN: Final = re.compile("(?<=\\S) (?=[;:!?»])|(?<=«) ")


def unbroken(words: str) -> str:
    """Return a question of a form with its French signs kept to their words: forms travel through Excel with plain blanks.

    Never for what somebody said: that stands as it was written.
    """
    return _BEFORE_SIGN.sub("\u00a0", words)


def who(code: str, proof: str) -> str:
    """Return who did something, and whether nothing proves it."""
    return _("{code} (not proved)").format(code=code) if proof == "claimed" else code


def moment(text: str | None) -> str:
    """Return a stored instant as people in Cameroon write it; nothing for none."""
    if not text:
        return ""
    at = datetime.fromisoformat(text).astimezone(_DOUALA)
    return f"{day(at.date().isoformat())}, {at:%H:%M}"


def day(text: str | None) -> str:
    """Return a day as people write it: 25 November 2026."""
    if not text:
        return ""
    on = datetime.fromisoformat(text).astimezone(_DOUALA).date() if "T" in text else date.fromisoformat(text)
    names = (
        _("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"), _("August"),
        _("September"), _("October"), _("November"), _("December"),
    )  # fmt: skip
    return _("{day} {month} {year}").format(day=_first(on.day), month=names[on.month - 1], year=on.year)


def _first(day: int) -> str:
    """Return a day of the month; the first is written in words of its own in French."""
    return _("1st") if day == 1 else str(day)


def spoken(words: str) -> str:
    """Return a value, a date or instant as people write it."""
    try:
        if len(words) == len("2026-11-25"):
            return day(date.fromisoformat(words).isoformat())
        if words.endswith("Z") and len(words) == len("2026-11-25T08:00:00.000000Z"):
            return moment(words)
    except ValueError:
        pass
    return words
