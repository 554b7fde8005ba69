"""The folder that a classroom fills: whole submissions, each by one rename; nothing received is ever overwritten.

    <inbox>/.dikalo-inbox                          who made it: {"id", "kind": "classroom", "v"}
    <inbox>/A-LIRE.txt                             that this is clear text, in French and English
    <inbox>/.incoming/post-<random>/               one post while it arrives; thrown away when it breaks off
    <inbox>/.incoming/wait-<form>+uuid<…>/         a submission in several posts whose last one is not here yet
    <inbox>/<form id>/uuid<…>/submission.xml       a submission, its files beside it

Readers skip names that begin with a dot. Folders are 0700 and files 0600. It is never inside a workspace.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sync_scripts import clock
from sync_scripts.classroom import disk, errors
from sync_scripts.classroom.disk import folder_name, same_name
from sync_scripts.classroom.errors import (
    FileConflict,
    InboxBusy,
    InboxForeign,
    InboxFull,
    InboxInsideWorkspace,
    InboxUnusable,
    InstanceConflict,
)
from sync_scripts.classroom.protocol import Envelope
from sync_scripts.errors import N_
from sync_scripts.store.errors import StoreLocked
from sync_scripts.store.lock import hold
from sync_scripts.texts import LANGUAGES

MARKER: Final = ".dikalo-inbox"
NOTICE: Final = "A-LIRE.txt"
INCOMING: Final = ".incoming"
XML_NAME: Final = "submission.xml"
QUOTA: Final = 4_000_000_000
"""Bytes of a training at most: whoever is in the room could fill the disk of the laptop otherwise."""
_WAITING: Final = "wait-"
_BROKEN_OFF: Final = timedelta(days=1)
"""After so long without a further post nobody waits for the rest of a submission any more: a phone sends it whole again."""
_PAUSE: Final = timedelta(hours=1)
"""The same where there is no room left."""
WORKSPACE_SIGNS: Final = ("dikalo.toml", "keys.json", "register.db")
_NOTICE_TEXT: Final = N_(
    "What lies here came from the phones of a training and is clear text: anyone who opens this folder can read it. It "
    "is for invented data only. When the training is over, delete the whole folder."
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a post. ``new``: a submission is whole here for the first time. ``complete``: it is whole."""

    new: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class Received:
    """One submission in the inbox: the folder name of its form, and when it became whole (aware, UTC)."""

    form: str
    at: datetime


@dataclass
class Inbox:
    """An opened inbox. One process writes into it at a time; threads may share it.

    Attributes:
        quota: bytes that it may hold in all, posts that are under way included.
        full: whether something was refused for it.
    """

    root: Path
    id: str
    quota: int = QUOTA
    full: bool = False
    _kept: int = 0
    _arriving: dict[Path, int] = field(default_factory=dict, repr=False)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep every other classroom out while this one writes; throw away what broke off in an earlier run.

        Raises:
            InboxBusy: another process is using it.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(hold(self.root / INCOMING, "classroom"))
            except StoreLocked:
                raise InboxBusy(folder=str(self.root)) from None
            for broken in disk.folders(self.root / INCOMING):
                if not broken.name.startswith(_WAITING):
                    shutil.rmtree(broken, ignore_errors=True)
            self._drop_waiting(_BROKEN_OFF)
            yield

    def __post_init__(self) -> None:
        """Count what an earlier day left."""
        self._kept = _bytes_in(self.root)

    def _drop_waiting(self, older: timedelta) -> None:
        """Drop submissions whose last post did not come, and to which nothing was added for so long."""
        since = clock.machine() - older
        for waiting in disk.folders(self.root / INCOMING):
            touched = datetime.fromtimestamp(waiting.stat().st_mtime, UTC)
            if waiting.name.startswith(_WAITING) and touched < since:
                self._kept -= _bytes_in(waiting)
                shutil.rmtree(waiting, ignore_errors=True)

    def take_room(self, post: Path, size: int) -> None:
        """Count more bytes of a post that is under way.

        Raises:
            InboxFull: there is no room for them.
        """
        with self._one_at_a_time:
            if self._lacks_room(size):
                self._drop_waiting(_PAUSE)
            if self._lacks_room(size):
                self.full = True
                raise InboxFull(megabytes=self.quota // 1_000_000)
            self._arriving[post] = self._arriving.get(post, 0) + size

    def _lacks_room(self, size: int) -> bool:
        return self._kept + sum(self._arriving.values()) + size > self.quota

    @contextmanager
    def receiving(self) -> Iterator[Path]:
        """Give an empty folder for the files of one post; whatever is left in it afterwards is removed."""
        folder = self.root / INCOMING / f"post-{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with self._one_at_a_time:
                self._arriving.pop(folder, None)

    def keep(self, post: Path, envelope: Envelope, *, last: bool) -> Kept:
        """Move the files of one post to where its submission is or waits; all of them or none.

        Args:
            post: the folder of `receiving`, holding ``submission.xml`` and the other files under safe names.
            envelope: of that XML.
            last: no further post belongs to this submission.

        Raises:
            InstanceConflict: another XML is here under this instance id.
            FileConflict: another file of the same name is here.
            OSError: the disk is full or cannot be written.
        """
        form, instance = folder_name(envelope.form_id), envelope.instance_id.replace(":", "", 1)
        whole = self.root / form / instance
        waiting = self.root / INCOMING / f"{_WAITING}{form}+{instance}"
        came = int(clock.machine().timestamp() * 1_000_000_000)
        os.utime(
            post / XML_NAME, ns=(came, came)
        )  # its time is when it was received, by the clock of this program
        disk.flush_files(post)
        with self._one_at_a_time:
            if whole.is_dir():
                self._kept += _merge(post, whole)
                return Kept(new=False, complete=True)
            source = post
            if waiting.is_dir():
                self._kept += _merge(post, waiting)
                source = waiting
            else:
                self._kept += sum(path.stat().st_size for path in post.iterdir())
            if last:
                disk.make_folder(whole.parent, exist_ok=True)
                disk.move_folder(source, whole)
            elif source is post:
                disk.move_folder(source, waiting)
            return Kept(new=last, complete=last)

    def received(self) -> tuple[Received, ...]:
        """Return what is here, oldest first, by looking through the folders."""
        found = (
            Received(form.name, datetime.fromtimestamp((instance / XML_NAME).stat().st_mtime, UTC))
            for form in disk.folders(self.root)
            for instance in disk.folders(form)
            if (instance / XML_NAME).is_file()
        )
        return tuple(sorted(found, key=lambda one: one.at))


def open_inbox(folder: Path) -> Inbox:
    """Make an inbox, or open one that was made before.

    Raises:
        InboxInsideWorkspace: a workspace is here or above.
        InboxForeign: the folder holds something else.
        InboxUnusable: it cannot be made, read or written.
    """
    root = folder.expanduser().resolve()
    for above in (root, *root.parents):
        if any((above / sign).is_file() for sign in WORKSPACE_SIGNS):
            raise InboxInsideWorkspace(folder=str(root), workspace=str(above))
    try:
        return _open(root)
    except OSError as error:
        raise InboxUnusable(folder=str(root), errno=error.errno or 0) from None


def _open(root: Path) -> Inbox:
    if _is_foreign(root):
        raise InboxForeign(folder=str(root))
    disk.make_folder(root, exist_ok=True, parents=True)
    if not (root / MARKER).is_file():
        _write_marker(root)
    identity = _read_marker(root)
    disk.write_file(root / NOTICE, _notice())
    disk.make_folder(root / INCOMING, exist_ok=True)
    return Inbox(root, identity)


def _is_foreign(root: Path) -> bool:
    """Tell whether a folder holds something and no marker; one cut off while it was being made is not foreign."""
    if not root.is_dir() or (root / MARKER).is_file():
        return False
    return any(path.name != disk.unfinished(root / MARKER).name for path in root.iterdir())


def _write_marker(root: Path) -> None:
    content = {"id": secrets.token_hex(16), "kind": "classroom", "v": 1}
    disk.write_file(root / MARKER, json.dumps(content, sort_keys=True).encode() + b"\n")


def _read_marker(root: Path) -> str:
    """Return the inbox's id; a marker that is not ours makes the folder foreign."""
    try:
        content = json.loads((root / MARKER).read_bytes()[:4096])
        kind, identity = content["kind"], content["id"]
    except (ValueError, KeyError, TypeError):
        raise InboxForeign(folder=str(root)) from None
    if kind != "classroom" or not isinstance(identity, str) or not identity:
        raise InboxForeign(folder=str(root))
    return identity


def _notice() -> bytes:
    said = dict.fromkeys(errors.in_language(language, _NOTICE_TEXT) for language in LANGUAGES)
    return ("\r\n\r\n".join(said) + "\r\n").encode("utf-8-sig")


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _merge(post: Path, target: Path) -> int:
    """Move the files of a post that the target lacks, and return their bytes; look at all of them before moving the first."""
    there = {same_name(path.name): path for path in target.iterdir() if path.is_file()}
    missing = []
    for path in sorted(post.iterdir()):
        other = there.get(same_name(path.name))
        if other is None:
            missing.append(path)
        elif not disk.same_bytes(path, other):
            raise InstanceConflict if path.name == XML_NAME else FileConflict
    moved = sum(path.stat().st_size for path in missing)
    for path in missing:
        path.rename(target / path.name)
    disk.flush_folder(target)
    return moved
