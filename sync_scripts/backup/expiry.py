"""Which copies go once a new one is made and checked. A pure decision; looks at no disk and no clock.

A copy stays 35 days. The newest stays whatever its age, and so does the one before it, against a stick that fails. A copy made before
something was erased goes at once: it would bring that back. A wrong clock removes nothing that it should not: a copy dated in
a time to come counts as old as the one after it, and where the last two are more than 35 days apart (a long pause, or a clock that
ran ahead) nothing goes for its age until the next backup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

__all__ = ["STAYS", "Aged", "expired"]

STAYS: Final = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class Aged:
    """A copy as it is judged.

    Attributes:
        name: of its files.
        at: when it was made, as a clock said.
        outdated: something was erased since.
    """

    name: str
    at: datetime
    outdated: bool = False


def expired(copies: Sequence[Aged], now: datetime) -> list[str]:
    """Return which of some copies go, in the order in which they were made, the newest last; that one never goes."""
    gone = [one.name for one in copies[:-1] if one.outdated]
    if len(copies) < 2 or now < copies[-2].at or copies[-1].at - copies[-2].at > STAYS:
        return gone
    later = copies[-1].at
    for one in reversed(copies[:-2]):
        later = one.at if one.at <= now else later
        if now - later > STAYS and not one.outdated:
            gone.append(one.name)
    return gone
