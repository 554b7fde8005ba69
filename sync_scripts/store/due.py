"""When something that is done from time to time is done again. Pure; the present moment is given."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["due"]


def due(mark: datetime | None, now: datetime, every: timedelta) -> bool:
    """Tell whether it is time again for what was done last at ``mark``; None = it was never done.

    A mark in the future comes from a clock that was ahead and put right since. It says nothing of when the thing was done,
    so it is done now: else it would not be done until that day comes.

    >>> from datetime import UTC
    >>> noon, day = datetime(2026, 1, 1, 12, tzinfo=UTC), timedelta(days=1)
    >>> due(noon - day / 2, noon, day), due(noon - day, noon, day), due(noon + day, noon, day), due(None, noon, day)
    (False, True, True, True)
    """
    return mark is None or not mark <= now < mark + every
