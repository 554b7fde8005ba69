"""A folder of encrypted submissions into a folder of plain ones, with a key that never leaves this machine.

Needs no workspace, no network and no database: for who has only the files and the key. A submission is written whole
or not at all, after its signature was checked; what cannot be believed is named by its number and its reason.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sync_scripts.intake.encrypted import (
    DecryptError,
    Manifest,
    Opened,
    Reader,
    open_submission,
    read_manifest,
)
from sync_scripts.servers.base import AttachmentRef, FileGone, Unread
from sync_scripts.servers.folder import Folder
from sync_scripts.store.durable import make_folder

PART = ".part"
_USUAL = re.compile(r"uuid:[0-9a-z-]{8,64}")


@dataclass(frozen=True, slots=True)
class Done:
    """One submission of the folder.

    Attributes:
        number: its place in the folder, from 1, in the order of names.
        form: the form's id, "" when it could not be read.
        refusal: why it was not opened, "" when it was, ``NOT_ENCRYPTED`` for one that is plain already.
        there: it had been opened before, and was left as it is.
    """

    number: int
    form: str = ""
    refusal: str = ""
    there: bool = False


def decrypt(
    source: Path,
    keys: Sequence[RSAPrivateKey],
    target: Path,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _more: None,
) -> Iterator[Done]:
    """Open every encrypted submission below ``source`` into a folder of its own below ``target``.

    Args:
        source: any folder of instances: a Briefcase storage, a copied phone, a downloaded export.
        keys: private keys, newest first.
        target: made when it is not there; readable for this user alone.
        dry_run: open and check everything, and write nothing.
        progress: called with how many more submissions were looked at.

    Raises:
        SourceMissing, SourceUnreadable, SourceVanished: the folder cannot be read.
    """
    folder = Folder(source, classroom=True)
    opener = _Opener(folder, keys, target, dry_run)
    number = 0
    for page in folder.pages(None):
        for found in folder.fetch(page.sightings):
            number += 1
            progress(1)
            if isinstance(found, Unread):
                yield Done(number, refusal=found.code)
            else:
                yield opener.take(number, found.content, found.sighting.place)


@dataclass(frozen=True, slots=True)
class _Opener:
    """Opens submissions of one folder, one after the other; the attributes are those of `decrypt`."""

    folder: Folder
    keys: Sequence[RSAPrivateKey]
    target: Path
    dry_run: bool

    def take(self, number: int, content: bytes, place: str) -> Done:
        try:
            manifest = read_manifest(content)
        except DecryptError as refused:
            return Done(number, refusal=str(refused.refusal))
        home = self.target / _name(manifest.instance_id)
        if home.is_dir():
            return Done(number, manifest.form_id, there=True)
        try:
            if self.dry_run:
                self._open(manifest, place, Path(os.devnull))
            else:
                self._write(manifest, place, home)
        except DecryptError as refused:
            return Done(number, manifest.form_id, str(refused.refusal))
        return Done(number, manifest.form_id)

    def _write(self, manifest: Manifest, place: str, home: Path) -> None:
        """Write the plain files beside their place, and move them there when all of them are believed.

        Raises:
            DecryptError: nothing of what was written may be used, and nothing is left of it.
        """
        part = home.with_name(home.name + PART)
        shutil.rmtree(part, ignore_errors=True)  # what a run that was killed left
        try:
            make_folder(part)
            opened = self._open(manifest, place, part)
            (part / "submission.xml").write_bytes(opened.xml)
            part.replace(home)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _open(self, manifest: Manifest, place: str, into: Path) -> Opened:
        """Open and check everything; the plain media go into a folder, or nowhere (``os.devnull``).

        Raises:
            DecryptError: nothing of what was written may be used.
        """
        beside = {ref.name: ref for ref in self.folder.attachments(place)}
        with ExitStack() as stack:

            def source(name: str) -> Reader | None:
                ref = beside.get(name)
                return None if ref is None else _opened(stack, self.folder, ref)

            def sink(name: str) -> IO[bytes]:
                opened = into.open("wb") if self.dry_run else (into / name).open("xb")
                return stack.enter_context(opened)

            return open_submission(manifest, self.keys, source, sink)


def _opened(stack: ExitStack, folder: Folder, ref: AttachmentRef) -> Reader | None:
    try:
        return stack.enter_context(folder.open(ref))
    except FileGone:
        return None


def _name(instance_id: str) -> str:
    """Return the folder of a submission: its instance id; one that no phone gives also gets signs of its digest.

    Two ids never share a folder, or the second would pass for opened.
    """
    if _USUAL.fullmatch(instance_id):
        return instance_id.replace(":", "_")
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in instance_id)
    return f"{kept[:60]}_{hashlib.sha256(instance_id.encode()).hexdigest()[:16]}"


__all__ = ["Done", "decrypt"]
