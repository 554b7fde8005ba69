"""Where notices go, as the settings name it: never an address. Stands below the outbox, so that rows can carry it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sync_scripts.config import NotifySettings

__all__ = ["COORDINATOR", "LEVELS", "Destination", "destinations_of"]


COORDINATOR: Final = "coordinator"
"""Role of those who get what arrives, what is late, and what no destination of another role gets."""

LEVELS: Final = ("low", "medium", "high", "critical")
"""The levels of urgency, the least one first."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Somebody who is told.

    Attributes:
        name: of the settings.
        level: told from this level of urgency up.
        regions: P-codes; none = all. What has no region is told to everybody.
        role: ``coordinator`` gets what arrives and what is late, ``deputy_coordinator`` what is still undone then.
    """

    name: str
    level: str = "high"
    regions: tuple[str, ...] = ()
    role: str = COORDINATOR


def destinations_of(settings: Iterable[NotifySettings]) -> tuple[Destination, ...]:
    """Return the destinations that the settings name."""
    return tuple(Destination(one.name, one.level, one.regions, one.role) for one in settings)
