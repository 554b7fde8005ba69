"""A folder of instances as a server: a classroom's inbox, a copied phone, a Briefcase storage. Only ever reads.

An instance is a directory with one instance XML (``submission.xml``; on a phone ``<directory>.xml``) and its files
beside it. Identity is inside the XML, never the directory's name. Links are not followed, hidden names are skipped,
sizes are capped. A folder that cannot be read raises; a single instance that cannot is handed on as unread; neither
is ever "nothing new".
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from sync_scripts.errors import Unreachable
from sync_scripts.servers import FOLDERS
from sync_scripts.servers.base import (
    Abilities,
    AttachmentRef,
    FileGone,
    Found,
    Kind,
    Mark,
    NotPossible,
    Page,
    Part,
    Sighting,
    State,
    Sweep,
    Unread,
)
from sync_scripts.servers.folder_errors import SourceMissing, SourceUnreadable, SourceVanished
from sync_scripts.servers.inbox import MARKER, ClassroomInside, marker, marker_around
from sync_scripts.servers.instances import instance_file, listing, road
from sync_scripts.servers.plain_files import content, hidden, open_regular, text, touched

__all__ = ["MARKER", "NAME", "ClassroomInside", "Folder", "marker", "marker_around"]

NAME = FOLDERS
"""The one server name that all folders of a workspace share: the same instance from two folders is one."""
PAGE_SIZE = 500
XML_LIMIT = 16_000_000
"""Bytes of one instance XML taken into memory; what is longer stays where it is."""
DEPTH_LIMIT = 8
"""Levels of folders below the source in which instances are looked for."""

_UNLISTED = -1  # size of a sighting whose directory could not be listed


class Folder:
    """One folder of instances. ``classroom`` = it may hold a classroom's marker (demonstrations only)."""

    kind: Kind = "folder"
    name: str = NAME
    abilities: Abilities = Abilities(edits_by_root=False, deletions="unknown")

    def __init__(self, root: Path, *, classroom: bool = False, page_size: int = PAGE_SIZE) -> None:
        self._root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() fails on some network drives
        self._top = str(
            self._root
        )  # the walk and the reading join plain text: a Path a submission costs too much
        self._classroom = classroom
        self._page_size = page_size
        self._identity: tuple[int, int] | None = None
        self._stamped = classroom and marker(self._root) is not None

    @property
    def origin(self) -> str:
        """Return what tells this folder from others of the same name: its inbox id, else its path."""
        found = marker(self._root)
        return f"inbox:{found.id}" if found and found.id else f"path:{self._root}"

    def pages(self, after: str | None) -> Iterator[Page]:  # noqa: ARG002 - a folder has no cursor
        """Yield all instances, in the order of their names, a bounded number at a time.

        Raises:
            SourceMissing: the folder is not there.
            SourceUnreadable: it may not be read.
            SourceVanished: it went away while it was read.
            ClassroomInside: it is, or holds, a classroom's inbox and this is no demonstration.
        """
        walk = self._walk()
        while batch := tuple(islice(walk, self._page_size)):
            yield Page(batch)

    def sweep(self) -> Sweep:
        """Return a mark of every instance; ``version`` moves when the XML or the files beside it did."""
        return Sweep(self._parts())

    def _parts(self) -> Iterator[Part]:
        yield Part("", self.count(), self._marks(), self.count)

    def _marks(self) -> Iterator[Mark]:
        for one in self._walk():
            yield Mark(place=one.place, root_id=None, version=f"{one.size}-{one.moved_ns}")

    def count(self) -> int:
        """Return how many instances lie in the folder, unreadable ones included."""
        return sum(1 for _ in self._walk())

    def fetch(self, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        """Yield the bytes of each instance; one that went away or may not be read comes back as unread.

        Raises:
            SourceVanished: the whole folder went away.
        """
        for one in sightings:
            yield self._read(one)

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[Page]:  # noqa: ARG002 - the protocol names it
        """Refuse: a folder knows places, not roots."""
        raise NotPossible(kind=self.kind, what="again")

    def attachments(self, place: str) -> tuple[AttachmentRef, ...]:
        """Return the files beside an instance, in the order of their names; links and hidden names are left out.

        Raises:
            FileGone: the instance's directory cannot be listed any more.
            SourceVanished: the whole folder went away.
        """
        xml = self._root / place
        try:
            with os.scandir(xml.parent) as entries:
                found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            self._check_root()
            raise FileGone(errno=error.errno or 0) from None
        return tuple(
            AttachmentRef(place=place, name=text(name), handle=name, size=about.st_size)
            for name, about in sorted(found)
            if stat.S_ISREG(about.st_mode) and not hidden(name, about) and name != xml.name
        )

    @contextmanager
    def open(self, ref: AttachmentRef) -> Iterator[BinaryIO]:
        """Open one file beside an instance.

        Raises:
            FileGone: it is not there any more, is no plain file, or may not be read.
            SourceVanished: the whole folder went away.
        """
        try:
            file = open_regular((self._root / ref.place).parent / Path(ref.handle).name)
        except FileGone:
            self._check_root()
            raise
        with file:
            yield file

    # --- looking ---

    def _walk(self) -> Iterator[Sighting]:
        self._begin()
        yield from self._below(self._top, "", 0, touched(self._top))
        self._check_root()

    def _begin(self) -> None:
        self._identity = self._stat_root(SourceMissing(source=str(self._root)))
        if not self._classroom and marker_around(self._root):
            raise ClassroomInside(source=str(self._root))
        try:
            with os.scandir(self._root) as entries:
                next(entries, None)
        except OSError as error:
            raise SourceUnreadable(source=str(self._root), errno=error.errno or 0) from None

    def _stat_root(self, missing: Unreachable) -> tuple[int, int]:
        try:
            about = self._root.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise missing from None
        except OSError as error:
            raise SourceUnreadable(source=str(self._root), errno=error.errno or 0) from None
        if not stat.S_ISDIR(about.st_mode):
            raise missing
        return about.st_dev, about.st_ino

    def _check_root(self) -> None:
        """Raise when the folder is gone, or when another one stands under its name (a disk pulled out)."""
        gone = SourceVanished(source=str(self._root))
        now = self._stat_root(gone)
        if self._identity is not None and now != self._identity:
            raise gone

    def _below(self, folder: str, place: str, depth: int, moved: int) -> Iterator[Sighting]:
        """Yield the instances in and below a folder, which was last touched at ``moved``."""
        try:
            files, folders, others = listing(folder)
        except OSError:
            self._check_root()
            yield Sighting(place=place, size=_UNLISTED)
            return
        if MARKER in files and not self._classroom:
            raise ClassroomInside(source=str(self._root))
        xml = instance_file(folder, files)
        inside = f"{place}/" if place else ""
        if xml is not None:
            about, beside = files[xml], others + len(files) - 1
            yield Sighting(
                place=inside + xml,
                size=about.st_size,
                moved_ns=max(about.st_mtime_ns, moved),
                road=road(inside + xml),
                files=None if beside else 0,
            )
        elif depth < DEPTH_LIMIT:
            for name, touched in folders:
                yield from self._below(f"{folder}{os.sep}{name}", inside + name, depth + 1, touched)

    # --- reading ---

    def _read(self, one: Sighting) -> Found | Unread:
        if one.size == _UNLISTED:
            return Unread(one, FileGone.code)
        try:
            read, stamp = content(os.path.join(self._top, *one.place.split("/")), XML_LIMIT)  # noqa: PTH118 - as above
        except FileGone as error:
            self._check_root()
            return Unread(one, error.code)
        except OSError:
            self._check_root()
            return Unread(one, FileGone.code)
        phone = one.road == "phone"
        return Found(
            sighting=one,
            content=read,
            state=State.UNKNOWN if phone else State.FINISHED,
            received_at=_instant(stamp) if self._stamped and one.road == "inbox" else None,
        )


def _instant(stamp_ns: int) -> datetime:
    return datetime.fromtimestamp(stamp_ns // 1_000_000_000, UTC)
