"""A source behind another one, and one of its files with a limit: all else is the source's own, whatever it says of a size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sync_scripts.servers.abilities import HoldsVersions, ShowsForms, SweepsLightly
from sync_scripts.servers.base import Abilities, FileGone, Kind, Page, Reader, Server, Sweep, Worth

__all__ = ["Bounded", "Passing", "TooLong"]


class TooLong(Exception):
    """More bytes came than one file may have."""


class Bounded:
    """A reader whose failures are those of a source, and which ends with `TooLong` behind so many bytes."""

    def __init__(self, source: Reader, limit: int) -> None:
        self._source = source
        self._left = limit

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes.

        Raises:
            FileGone: the source does not give them.
            TooLong: it gives more than it may.
        """
        try:
            data = self._source.read(size)
        except OSError as error:  # of the source; one of our own disk comes from the writer and goes through
            raise FileGone(errno=error.errno or 0) from None
        self._left -= len(data)
        if self._left < 0:
            raise TooLong
        return data


@dataclass(slots=True)
class Passing:
    """Passes on what a source says of itself, its pages and its marks.

    Attributes:
        server: the source.
    """

    server: Server

    @property
    def name(self) -> str:
        """Return the source's."""
        return self.server.name

    @property
    def origin(self) -> str:
        """Return the source's."""
        return self.server.origin

    @property
    def kind(self) -> Kind:
        """Return the source's."""
        return self.server.kind

    @property
    def abilities(self) -> Abilities:
        """Return the source's."""
        return self.server.abilities

    def pages(self, after: str | None) -> Iterator[Page]:
        """Yield the source's."""
        return self.server.pages(after)

    def pages_of(self, after: str | None, worth: Worth) -> Iterator[Page]:
        """Yield the source's, of all forms where it cannot be asked for some."""
        return (
            self.server.pages_of(after, worth) if isinstance(self.server, ShowsForms) else self.pages(after)
        )

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[Page]:
        """Yield the source's."""
        return self.server.again(wanted)

    def sweep(self) -> Sweep:
        """Return the source's."""
        return self.server.sweep()

    def sweep_lightly(self) -> Sweep:
        """Return the source's, with files where it cannot leave them out."""
        return self.server.sweep_lightly() if isinstance(self.server, SweepsLightly) else self.server.sweep()

    def hold(self, places: Iterable[str]) -> None:
        """Let the files of these places be those of the versions that were read, whatever took their place meanwhile."""
        if isinstance(self.server, HoldsVersions):
            self.server.hold(places)

    def count(self) -> int:
        """Return the source's."""
        return self.server.count()
