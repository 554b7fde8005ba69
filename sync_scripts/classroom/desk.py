"""What a running classroom knows: its address, its forms, its inbox, and what has come in so far. No answers."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sync_scripts.classroom.forms import Shelf
from sync_scripts.classroom.inbox import Inbox
from sync_scripts.classroom.names import folder_name

__all__ = ["Arrival", "Desk", "Tally"]

LONG: Final = 13
"""Signs of the code in the address that is scanned: 65 bits, which nobody guesses."""
SHORT: Final = 6
"""Signs of the one that is typed: 30 bits."""
_SHOWN = 8
"""How many of the last submissions the start page lists."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One submission that came in: the title of its form and when (aware, UTC).

    ``in_clear``: its form should have sealed it on the phone, and it came readable.
    """

    title: str
    at: datetime
    in_clear: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How many submissions are in the inbox, by title of form, and the last ones, newest first."""

    count: int = 0
    by_title: tuple[tuple[str, int], ...] = ()
    last: tuple[Arrival, ...] = ()


@dataclass
class Desk:
    """The one thing that the addresses of a classroom share; threads may use it.

    ``addresses`` are the whole base addresses a phone may use, the likeliest first.
    """

    shelf: Shelf
    inbox: Inbox
    addresses: tuple[str, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _tally: Tally = field(default_factory=Tally, repr=False)

    def __post_init__(self) -> None:
        """Count what an earlier day left in the inbox."""
        titles = {folder_name(form.form_id): form.title for form in self.shelf.forms}
        for one in self.inbox.received():
            self.arrived(Arrival(titles.get(one.form, one.form), one.at))

    @property
    def path(self) -> str:
        """The secret part of the address; the same every day for one inbox, so that phones set up once stay set up."""
        return "/t/" + self._drawn("address")[:LONG]

    @property
    def short_path(self) -> str:
        """The same, short enough to be typed; it opens through a slow door (`codes`), since it could be guessed."""
        return "/t/" + self._drawn("typed address")[:SHORT]

    @property
    def typed(self) -> tuple[str, ...]:
        """The whole base addresses as a person types them."""
        return tuple(one.replace(self.path, self.short_path) for one in self.addresses)

    def _drawn(self, what: str) -> str:
        drawn = hashlib.sha256(f"{what} of {self.inbox.id}".encode()).digest()
        return base64.b32encode(drawn).decode().lower()

    def arrived(self, arrival: Arrival) -> None:
        """Count one more."""
        with self._lock:
            counts = Counter(dict(self._tally.by_title))
            counts[arrival.title] += 1
            last = sorted((arrival, *self._tally.last), key=_when, reverse=True)[:_SHOWN]
            self._tally = Tally(self._tally.count + 1, tuple(sorted(counts.items())), tuple(last))

    def tally(self) -> Tally:
        """Return what has come in so far."""
        with self._lock:
            return self._tally


def _when(arrival: Arrival) -> datetime:
    return arrival.at.astimezone(UTC)
