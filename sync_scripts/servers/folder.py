"""A folder of instances as a server: a classroom's inbox, a copied phone, a Briefcase storage. Only ever reads.

An instance is a directory with one instance XML (``submission.xml``; on a phone ``<directory>.xml``) and its files
beside it. Identity is inside the XML, never the directory's name. Links are not followed, hidden names are skipped,
sizes are capped. A folder that cannot be read raises; a single instance that cannot is handed on as unread; neither
is ever "nothing new".
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from sync_scripts.errors import Unreachable
from sync_scripts.servers import FOLDERS, base
from sync_scripts.servers.plain_files import (
    MARKER,
    ClassroomInside,
    content,
    hidden,
    is_junction,
    marker,
    marker_around,
    open_regular,
    text,
    touched,
)

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

    kind: base.Kind = "folder"
    name: str = NAME
    abilities: base.Abilities = base.Abilities(edits_by_root=False, deletions="unknown")

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

    def pages(self, after: str | None) -> Iterator[base.Page]:  # noqa: ARG002 - a folder has no cursor
        """Yield all instances, in the order of their names, a bounded number at a time.

        Raises:
            SourceMissing: the folder is not there.
            SourceUnreadable: it may not be read.
            SourceVanished: it went away while it was read.
            ClassroomInside: it is, or holds, a classroom's inbox and this is no demonstration.
        """
        walk = self._walk()
        while batch := tuple(islice(walk, self._page_size)):
            yield base.Page(batch)

    def sweep(self) -> base.Sweep:
        """Return a mark of every instance; ``version`` moves when the XML or the files beside it did."""
        return base.Sweep(self._parts())

    def _parts(self) -> Iterator[base.Part]:
        yield base.Part("", self.count(), self._marks(), self.count)

    def _marks(self) -> Iterator[base.Mark]:
        for one in self._walk():
            yield base.Mark(place=one.place, root_id=None, version=f"{one.size}-{one.moved_ns}")

    def count(self) -> int:
        """Return how many instances lie in the folder, unreadable ones included."""
        return sum(1 for _ in self._walk())

    def fetch(self, sightings: Iterable[base.Sighting]) -> Iterator[base.Found | base.Unread]:
        """Yield the bytes of each instance; one that went away or may not be read comes back as unread.

        Raises:
            SourceVanished: the whole folder went away.
        """
        for one in sightings:
            yield self._read(one)

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[base.Page]:  # noqa: ARG002 - the protocol names it
        """Refuse: a folder knows places, not roots."""
        raise base.NotPossible(kind=self.kind, what="again")

    def attachments(self, place: str) -> tuple[base.AttachmentRef, ...]:
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
            raise base.FileGone(errno=error.errno or 0) from None
        return tuple(
            base.AttachmentRef(place=place, name=text(name), handle=name, size=about.st_size)
            for name, about in sorted(found)
            if stat.S_ISREG(about.st_mode) and not hidden(name, about) and name != xml.name
        )

    @contextmanager
    def open(self, ref: base.AttachmentRef) -> Iterator[BinaryIO]:
        """Open one file beside an instance.

        Raises:
            FileGone: it is not there any more, is no plain file, or may not be read.
            SourceVanished: the whole folder went away.
        """
        try:
            file = open_regular((self._root / ref.place).parent / Path(ref.handle).name)
        except base.FileGone:
            self._check_root()
            raise
        with file:
            yield file

    # --- looking ---

    def _walk(self) -> Iterator[base.Sighting]:
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

    def _below(self, folder: str, place: str, depth: int, moved: int) -> Iterator[base.Sighting]:
        """Yield the instances in and below a folder, which was last touched at ``moved``."""
        try:
            files, folders, others = listing(folder)
        except OSError:
            self._check_root()
            yield base.Sighting(place=place, size=_UNLISTED)
            return
        if MARKER in files and not self._classroom:
            raise ClassroomInside(source=str(self._root))
        xml = instance_file(folder, files)
        inside = f"{place}/" if place else ""
        if xml is not None:
            about, beside = files[xml], others + len(files) - 1
            yield base.Sighting(
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

    def _read(self, one: base.Sighting) -> base.Found | base.Unread:
        if one.size == _UNLISTED:
            return base.Unread(one, base.FileGone.code)
        try:
            read, stamp = content(os.path.join(self._top, *one.place.split("/")), XML_LIMIT)  # noqa: PTH118 - as above
        except base.FileGone as error:
            self._check_root()
            return base.Unread(one, error.code)
        except OSError:
            self._check_root()
            return base.Unread(one, base.FileGone.code)
        phone = one.road == "phone"
        return base.Found(
            sighting=one,
            content=read,
            state=base.State.UNKNOWN if phone else base.State.FINISHED,
            received_at=_instant(stamp) if self._stamped and one.road == "inbox" else None,
        )


def _instant(stamp_ns: int) -> datetime:
    return datetime.fromtimestamp(stamp_ns // 1_000_000_000, UTC)


SourceMissing: Final = Unreachable.declare(
    "DK-I01",
    "The folder {source} is not there. Nothing was changed. Plug in the disk or the phone, or correct the path, "
    "then run the command again.",
)
SourceUnreadable: Final = Unreachable.declare(
    "DK-I02",
    "The folder {source} cannot be read (system error {errno}). What was already stored stays stored. Check the "
    "rights of the folder or the cable, then run the command again.",
)
SourceVanished: Final = Unreachable.declare(
    "DK-I03",
    "The folder {source} disappeared while it was being read. What was already stored stays stored. Plug it in "
    "again, then run the command again: it goes on where it stopped.",
)


_PHONE_NAME: Final = re.compile(r".+_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(?:_\d+)?")


def listing(folder: str) -> tuple[dict[str, os.stat_result], list[tuple[str, int]], int]:
    """Return XML files with what the system knows of them, folders with when they were touched, a count of the rest."""
    files: dict[str, os.stat_result] = {}
    folders: list[tuple[str, int]] = []
    others = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name != MARKER and entry.name.startswith("."):
                continue
            if entry.name == MARKER or entry.name.endswith(".xml"):
                files[entry.name] = entry.stat(follow_symlinks=False)
            elif entry.is_dir(follow_symlinks=False) and not is_junction(
                about := entry.stat(follow_symlinks=False)
            ):
                # Windows keeps what a listing says of a folder up to date when it likes
                folders.append((entry.name, touched(entry.path) if os.name == "nt" else about.st_mtime_ns))
            else:
                others += 1
    return files, sorted(folders), others


def road(place: str) -> str:
    """Say by which way an instance came, from the layout around it."""
    *_, parent, _name, xml = ("", "", *place.split("/"))
    if xml != "submission.xml":
        return "phone"
    return "briefcase" if parent == "instances" else "inbox"


def instance_file(folder: str, files: dict[str, os.stat_result]) -> str | None:
    """Return the name of the instance XML among the files of a directory, if the directory is an instance.

    A blank form lies in a directory of its own name too (Briefcase), so a phone's layout is only believed under
    ``instances`` or with a phone's date in the name.
    """
    if not files:
        return None
    if "submission.xml" in files and stat.S_ISREG(files["submission.xml"].st_mode):
        return "submission.xml"
    *_, above, name = ("", *Path(folder).parts)
    own = f"{name}.xml"
    believed = above == "instances" or _PHONE_NAME.fullmatch(name)
    return own if believed and own in files and stat.S_ISREG(files[own].st_mode) else None
