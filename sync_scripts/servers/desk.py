"""The desk as a server: what a coordinator keys in, or a vault has opened, handed to a pull like what came from a phone.

Holds a few submissions in memory, each with its files; nothing lies on a disk in the clear on its way to the seal.
Never asks anybody, never shows anything twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import ClassVar

from sync_scripts.config import DESK, LEGACY
from sync_scripts.servers import base

__all__ = ["DESK", "LEGACY", "Desk", "Keyed"]


@dataclass(frozen=True, slots=True)
class Keyed:
    """One submission that was keyed in.

    Attributes:
        instance_id: its id; the same one again is the same submission.
        content: its XML, as a phone would have sent it.
        files: name in the answers -> the file on this machine.
        submitter: code of the worker who keyed it in.
        received_at: when it came, where it was not keyed in just now.
        tag: of its place, where it came from another source once.
    """

    instance_id: str
    content: bytes
    files: Mapping[str, Path] = field(default_factory=dict)
    submitter: str = ""
    received_at: datetime | None = None
    tag: str = ""

    def __repr__(self) -> str:
        """Say nothing of the answers."""
        return f"Keyed({len(self.files)} files)"


@dataclass(frozen=True, slots=True)
class Desk:
    """Submissions keyed in on this machine, as a source. ``name`` is part of their identity; ``road`` = how they came, "" = so."""

    keyed: Sequence[Keyed]
    name: str = DESK
    page_size: int = 500
    road: str = ""
    _by_id: dict[str, Keyed] = field(init=False, repr=False)
    origin: ClassVar[str] = ""
    kind: ClassVar[base.Kind] = "desk"
    abilities: ClassVar[base.Abilities] = base.Abilities(edits_by_root=False, deletions="unknown")

    def __post_init__(self) -> None:
        """Note the submissions by their id."""
        object.__setattr__(self, "_by_id", {one.instance_id: one for one in self.keyed})

    def pages(self, after: str | None) -> Iterator[base.Page]:  # noqa: ARG002 - nothing is ever behind a cursor
        """Yield everything that was keyed in, a bounded number at a time."""
        sightings = [
            base.Sighting(
                place=one.instance_id,
                size=len(one.content),
                road=self.road or self.name,
                files=None if one.files else 0,
                tag=one.tag,
            )
            for one in self.keyed
        ]
        for start in range(0, len(sightings), self.page_size):
            yield base.Page(tuple(sightings[start : start + self.page_size]))

    def fetch(self, sightings: Iterable[base.Sighting]) -> Iterator[base.Found | base.Unread]:
        """Yield the submissions of these sightings."""
        for one in sightings:
            keyed = self._by_id[one.place]
            who = keyed.submitter or None
            yield base.Found(
                sighting=one, content=keyed.content, received_at=keyed.received_at, submitter=who
            )

    def attachments(self, place: str) -> tuple[base.AttachmentRef, ...]:
        """Return the files of one submission that are still there.

        Raises:
            FileGone: one of them cannot be looked at any more.
        """
        return tuple(
            base.AttachmentRef(place=place, name=name, handle=name, size=_size(path))
            for name, path in sorted(self._by_id[place].files.items())
        )

    @contextmanager
    def open(self, ref: base.AttachmentRef) -> Iterator[base.Reader]:
        """Open one file.

        Raises:
            FileGone: it cannot be read any more.
        """
        with _opened(self._by_id[ref.place].files[ref.handle]) as file:
            yield file

    def count(self) -> int:
        """Return how many were keyed in."""
        return len(self.keyed)

    def sweep(self) -> base.Sweep:
        """Refuse: a desk holds nothing that could be compared."""
        raise base.NotPossible(kind=self.kind, what="sweep")

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[base.Page]:  # noqa: ARG002 - the protocol names it
        """Refuse: what was keyed in is shown once."""
        raise base.NotPossible(kind=self.kind, what="again")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise base.FileGone(errno=error.errno or 0) from None


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise base.FileGone(errno=error.errno or 0) from None
