"""A source behind another one: everything is the source's own, but for what whoever stands before it does itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sync_scripts.servers.abilities import HoldsVersions, ShowsForms, SweepsLightly
from sync_scripts.servers.base import Abilities, Kind, Page, Server, Sweep, Worth

__all__ = ["Passing"]


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
