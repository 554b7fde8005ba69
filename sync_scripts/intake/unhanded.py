"""What a source lists and does not hand over: a matter of that file alone, where the source answers everything else.

Such a file is asked for once a run, with all its tries, and whoever takes files hears of it once.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake.bounds import TooLong
from sync_scripts.servers.base import AttachmentRef, FileGone, Reader, Rechecks, Server, Sighting

if TYPE_CHECKING:
    from sync_scripts.servers.one_address import Addresses

__all__ = ["Unhanded"]

_MARK: Final = "\0"
"""Before the handle of a file whose mark was asked for: that this is refused says nothing of the file itself."""


@dataclass(slots=True)
class Unhanded:
    """Tells, over one run, a file that cannot be had from a source that is out of order; threads may share it.

    Attributes:
        server: the source.
        last: what it handed over a moment ago; asked for again to learn whether it answers at all.
    """

    server: Server
    last: Sighting | None = None
    _addresses: Addresses | None = None
    _lost: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Files that were not handed over, by place and handle ("" = the list of files); whether for being too large."""
    _places: set[str] = field(default_factory=set)
    """Places of these."""
    _told: set[tuple[str, str]] = field(default_factory=set)
    """Those of which whoever takes files has heard."""
    _guard: Lock = field(default_factory=Lock)

    def lost(self, ref: AttachmentRef) -> bool:
        """Tell whether a file was not handed over in this run."""
        return (ref.place, ref.handle) in self._lost

    def files(self) -> list[tuple[str, str]]:
        """Return place and handle of the files that were not handed over in this run."""
        return [key for key in self._lost if key[1] and not key[1].startswith(_MARK)]

    def in_vain(self, place: str) -> bool:
        """Tell whether the files of a place, or one of them, were not handed over in this run."""
        return place in self._places

    def told(self, ref: AttachmentRef) -> bool:
        """Tell whether whoever takes files has heard so of a file."""
        return (ref.place, ref.handle) in self._told

    def listing(self, place: str) -> tuple[AttachmentRef, ...] | None:
        """Return the files of a submission as its source lists them, None when it does not for this one alone.

        Raises:
            FileGone: the submission is there no more.
        """
        if (place, "") in self._lost:
            return None
        try:
            return self.server.attachments(place)
        except FileGone:
            raise
        except (NotAllowed, Unreachable) as failure:
            self._lose((place, ""), too_large=self._aside(failure))
        return None

    def listed(self, place: str) -> tuple[AttachmentRef, ...]:
        """Return the files of a submission.

        Raises:
            FileGone: this one list cannot be had.
        """
        refs = self.listing(place)
        if refs is None:
            raise FileGone(errno=errno.EIO)
        return refs

    def untold(self, place: str) -> tuple[AttachmentRef, ...]:
        """Return the files of a submission but those that were told of.

        Raises:
            FileGone: this one list cannot be had; told once a run.
        """
        if (place, "") in self._told:
            return ()
        try:
            return tuple(one for one in self.listed(place) if not self.told(one))
        finally:
            if (place, "") in self._lost:
                self._told.add((place, ""))

    @contextmanager
    def open(self, ref: AttachmentRef) -> Iterator[Reader]:
        """Open one file as it came; one that is not handed over is told of.

        Raises:
            FileGone, TooLong: it is not.
        """
        try:
            with self.once(ref), self.server.open(ref) as reader:
                yield reader
        finally:
            if self.lost(ref):
                self._told.add((ref.place, ref.handle))

    def mark_of(self, server: Rechecks, ref: AttachmentRef) -> str | None:
        """Return what the source says of the bytes of one file, None when it is not there any more.

        Raises:
            FileGone: it does not say, of this one alone.
        """
        try:
            with self.once(ref, _MARK):
                return server.mark_of(ref)
        except TooLong:
            raise FileGone(errno=errno.EIO) from None

    @contextmanager
    def once(self, ref: AttachmentRef, what: str = "") -> Iterator[None]:
        """Let a failure be one of this file alone, where the source answers everything else; ask for it once a run.

        Args:
            ref: the file.
            what: is asked of it; "" = its bytes.

        Raises:
            FileGone, TooLong: it is.
        """
        key = ref.place, what + ref.handle
        if key not in self._lost:
            try:
                yield
            except FileGone:
                self._lose(key, too_large=False)
            except (NotAllowed, Unreachable) as failure:
                self._lose(key, too_large=self._aside(failure))
            else:
                if self._addresses is not None:
                    self._addresses.answered()
                return
        raise TooLong if self._lost[key] else FileGone(errno=errno.EIO)

    def _lose(self, key: tuple[str, str], *, too_large: bool) -> None:
        self._lost[key] = too_large
        if not key[1].startswith(_MARK):
            self._places.add(key[0])

    def _aside(self, failure: NotAllowed | Unreachable) -> bool:
        """Return whether an answer of one address was too large; raises when the failure is the source's as a whole."""
        from sync_scripts.servers.http.errors import TooLarge  # nobody who has folders only needs them
        from sync_scripts.servers.one_address import Addresses

        with self._guard:
            self._addresses = self._addresses or Addresses(self._alive)
        return self._addresses.aside(failure) == TooLarge.code

    def _alive(self) -> None:
        """Ask the source for what it handed over a moment ago; raises when it answers nothing any more."""
        if self.last is not None:
            deque(self.server.fetch([self.last]), maxlen=0)
