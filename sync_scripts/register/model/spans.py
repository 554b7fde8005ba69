"""How long until, how long ago: lengths of time as people say them. Pure; asks no clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from gettext import gettext
from typing import Final

from xlsform.errors import N_

__all__ = ["span"]

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_FEW_DAYS: Final = 2
_DAYS: Final = N_("{days} d")
_HOURS: Final = N_("{hours} h {minutes:02}")
_MINUTES: Final = N_("{minutes} min")


def span(length: timedelta, say: Callable[[str], str] = gettext) -> str:
    """Return a length of time in its two largest useful units: ``40 min``, ``11 h 40``, ``3 d``.

    Args:
        length: its sign is left out.
        say: translates; another language than the program's where a message wants one.
    """
    whole = abs(length)
    if whole >= _FEW_DAYS * _DAY:
        return say(_DAYS).format(days=whole // _DAY)
    if whole >= _HOUR:
        return say(_HOURS).format(hours=whole // _HOUR, minutes=whole % _HOUR // _MINUTE)
    return say(_MINUTES).format(minutes=whole // _MINUTE)
