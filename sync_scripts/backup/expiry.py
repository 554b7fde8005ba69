"""Which copies go once a new one is made and checked. A pure decision; looks at no disk and no clock.

A copy made before something was erased goes at once, whichever it is: it would bring that back. Of the others the newest stays
whatever its age, and so does the one before it, against a stick that fails; all stay for a week, and then the last of each week of
the calendar until it is 35 days old. One that nobody wrote down (a register was put back from an older one) may hold
what no other holds, so it stays until then whatever the week. A wrong clock removes nothing that it should not: a copy dated in
a time to come counts as old as the one after it, and where the last two are more than 35 days apart (a long pause, or a clock that
ran ahead) nothing goes for its age until the next backup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

STAYS: Final = timedelta(days=35)
_ALL_STAY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Aged:
    """A copy as it is judged.

    Attributes:
        name: of its files.
        at: when it was made, as a clock said.
        outdated: something was erased since.
        strange: nobody wrote it down.
    """

    name: str
    at: datetime
    outdated: bool = False
    strange: bool = False


def expired(copies: Sequence[Aged], now: datetime) -> list[str]:
    """Return which of some copies go, in the order in which they were made, the newest last; that one never goes."""
    gone = [one.name for one in copies[:-1] if one.outdated]
    if len(copies) < 2 or now < copies[-2].at or copies[-1].at - copies[-2].at > STAYS:
        return gone
    later = copies[-1].at
    weeks = {_week(one.at) for one in copies[-2:] if not one.strange}
    for one in reversed(copies[:-2]):
        later = one.at if one.at <= now else later
        if one.outdated:
            continue
        alone = one.strange or _week(later) not in weeks
        if now - later > (STAYS if alone else _ALL_STAY):
            gone.append(one.name)
        elif not one.strange:
            weeks.add(_week(later))
    return gone


def _week(at: datetime) -> tuple[int, int]:
    return at.isocalendar()[:2]
