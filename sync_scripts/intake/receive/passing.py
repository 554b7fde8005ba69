"""A source behind another one: what it passes on, a file with a limit, and what the source lists and does not hand over.

That is a matter of the file alone, where the source answers everything else: it is asked for once a run, with all its tries, and
whoever takes files hears of it once.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake.encryption.ciphertext import TEXT
from sync_scripts.servers.abilities import Answers, HoldsVersions, Rechecks, ShowsForms, SweepsLightly
from sync_scripts.servers.base import (
    Abilities,
    AttachmentRef,
    FileGone,
    Kind,
    Page,
    Reader,
    Server,
    Sweep,
    Worth,
)

if TYPE_CHECKING:
    from sync_scripts.servers.inquiry import Addresses


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


_MARK: Final = "\0"
"""Before the handle of a file whose mark was asked for: that this is refused says nothing of the file itself."""


@dataclass(slots=True)
class Unhanded:
    """Tells, over one run, a file that cannot be had from a source that is out of order; threads may share it.

    Attributes:
        server: the source.
        not_asked: files and lists that were not asked for, since it handed over none of many before them.
    """

    server: Server
    not_asked: int = 0
    _addresses: dict[str, Addresses] = field(default_factory=dict)
    """By what is asked for: photos that are out of reach must not keep the answers away."""
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
            with self._asked("list"):
                return self.server.attachments(place)
        except FileGone as gone:
            if gone.asked:
                raise
            self._lose((place, ""), too_large=False)
        except (NotAllowed, Unreachable) as failure:
            self._lose((place, ""), too_large=self._aside("list", failure))
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
        key, kind = (ref.place, what + ref.handle), what or (TEXT if ref.name == TEXT else "")
        if key not in self._lost:
            try:
                with self._asked(kind):
                    yield
            except FileGone:
                self._lose(key, too_large=False)
            except (NotAllowed, Unreachable) as failure:
                self._lose(key, too_large=self._aside(kind, failure))
            else:
                return
        raise TooLong if self._lost[key] else FileGone(errno=errno.EIO)

    def _lose(self, key: tuple[str, str], *, too_large: bool) -> None:
        self._lost[key] = too_large
        if not key[1].startswith(_MARK):
            self._places.add(key[0])

    @contextmanager
    def _asked(self, kind: str) -> Iterator[None]:
        """Ask for something of a kind, while the source hands over any of it.

        Raises:
            FileGone: too many of its kind failed in a row, so that it is not asked for; and whatever asking raises.
        """
        addresses = self._addresses.get(kind)
        if addresses is None:
            yield
            return
        if addresses.enough:
            with self._guard:
                self.not_asked += 1
            raise FileGone(errno=errno.EIO, asked=False)
        with addresses.asking():
            yield
        addresses.answered()

    def _aside(self, kind: str, failure: NotAllowed | Unreachable) -> bool:
        """Return whether an answer of one address was too large; raises when the failure is the source's as a whole."""
        from sync_scripts.servers.http.errors import TooLarge  # nobody who has folders only needs them
        from sync_scripts.servers.inquiry import Addresses

        with self._guard:
            made = Addresses(self._alive, bounded=kind != _MARK)  # of these a day has few
            addresses = self._addresses.setdefault(kind, made)
        return addresses.aside(failure) == TooLarge.code

    def _alive(self) -> None:
        """Ask the source for something else; raises when it does not answer that either."""
        if isinstance(self.server, Answers):
            self.server.alive()
