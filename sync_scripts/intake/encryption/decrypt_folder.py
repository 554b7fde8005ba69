"""A folder of encrypted submissions into a folder of plain ones, with a key that never leaves this machine.

Needs no workspace, no network and no database: for who has only the files and the key. A submission is written whole
or not at all, after its signature was checked; what cannot be believed is named by its number and its reason. A name
that could do harm where it is written is replaced by the number of the file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from unicodedata import normalize

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sync_scripts.errors import DikaloError, UsageProblem
from sync_scripts.intake.encryption import encrypted
from sync_scripts.intake.encryption.ciphertext import MOST_XML, CipherText, check_plain_names
from sync_scripts.intake.receive.split import hostile
from sync_scripts.servers.base import AttachmentRef, FileGone, Unread
from sync_scripts.servers.folder import Folder
from sync_scripts.store.durable import full_disk_said, make_folder

PART = ".part"
LONGEST = 100
"""Bytes of a file's name at most: Windows takes 260 signs for the whole path, and some encrypted folders 143 bytes for a name."""
_BESIDE = "-decrypted"
_XML = "submission.xml"
_USUAL = re.compile(r"uuid:[0-9a-z-]{8,64}")
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_NUMBERED = re.compile(r"file-\d+(\.|$)")
"""Names that are given here; no file keeps one that it brought."""


PlainThere: Final = UsageProblem.declare(
    "DK-I63",
    "Without --into the plain files go to {folder}, and that is there already. Nothing was opened. Name it with --into "
    "to add to it what is new, or name another folder.",
)
PlainNowhere: Final = UsageProblem.declare(
    "DK-I64",
    "There is no place beside {folder} for the plain files: it is a whole disk. Nothing was opened. Name a folder with "
    "--into, on a disk that is encrypted.",
)
PlainUnwritable: Final = DikaloError.declare(
    "DK-I65",
    "The plain files cannot be written below {folder} (system error {kind}). The submission that was begun was undone. "
    "Name with --into a folder that you may write into, then run the command again: it goes on where it stopped.",
)


@dataclass(frozen=True, slots=True)
class Done:
    """One submission of the folder.

    Attributes:
        number: its place in the folder, from 1, in the order of names.
        form: the form's id, "" when it could not be read.
        refusal: why it was not opened, "" when it was, ``NOT_ENCRYPTED`` for one that is plain already.
        there: it had been opened before, and was left as it is.
        renamed: files whose names could do harm; each is written as ``file-N``, N its number in the submission.
    """

    number: int
    form: str = ""
    refusal: str = ""
    there: bool = False
    renamed: int = 0


def beside(source: Path) -> Path:
    """Return where the plain files go when nobody says where: a new folder beside the source.

    Raises:
        PlainThere: it is there already; what lies in it is nobody's to add to unasked.
        PlainNowhere: the source is a whole disk.
    """
    whole = source.resolve()
    if whole == whole.parent or whole.is_mount():
        raise PlainNowhere(folder=str(source))
    target = whole.with_name(whole.name + _BESIDE)
    if target.exists() or target.is_symlink():
        raise PlainThere(folder=str(target))
    return target


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
        DiskFull, PlainUnwritable: what is opened cannot be written; what was written before stays.
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
            manifest = encrypted.read_manifest(content)
            check_plain_names(manifest)
        except encrypted.DecryptError as refused:
            return Done(number, refusal=str(refused.refusal))
        home = self.target / _name(manifest.instance_id)
        if home.is_dir():
            return Done(number, manifest.form_id, there=True)
        try:
            if self.dry_run:
                self._open(manifest, place, Path(os.devnull))
            else:
                with _writing(self.target):
                    self._write(manifest, place, home)
        except encrypted.DecryptError as refused:
            return Done(number, manifest.form_id, str(refused.refusal))
        except FileGone as gone:
            return Done(number, manifest.form_id, gone.code)
        names = _names(manifest.media)
        return Done(number, manifest.form_id, renamed=sum(name != written for name, written in names.items()))

    def _write(self, manifest: encrypted.Manifest, place: str, home: Path) -> None:
        """Write the plain files beside their place, and move them there when all of them are believed.

        Raises:
            DecryptError: nothing of what was written may be used, and nothing is left of it.
        """
        part = home.with_name(home.name + PART)
        shutil.rmtree(part, ignore_errors=True)  # what a run that was killed left
        try:
            make_folder(part)
            opened = self._open(manifest, place, part)
            (part / _XML).write_bytes(opened.xml)
            part.replace(home)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _open(self, manifest: encrypted.Manifest, place: str, into: Path) -> encrypted.Opened:
        """Open and check everything; the plain media go into a folder, or nowhere (``os.devnull``).

        Raises:
            DecryptError: nothing of what was written may be used.
            FileGone: a file that was listed cannot be read to its end.
        """
        here = {normalize("NFC", ref.name): ref for ref in self.folder.attachments(place)}
        names = _names(manifest.media)
        with ExitStack() as stack:

            def source(name: str) -> encrypted.Reader | None:
                ref = here.get(normalize("NFC", name))
                most = MOST_XML if name == manifest.xml_name else None  # it alone is held in memory whole
                return None if ref is None else _opened(stack, self.folder, ref, most)

            def sink(name: str) -> IO[bytes]:
                opened = into.open("wb") if self.dry_run else (into / names[name]).open("xb")
                return stack.enter_context(opened)

            return encrypted.open_submission(manifest, self.keys, source, sink)


def _opened(
    stack: ExitStack, folder: Folder, ref: AttachmentRef, most: int | None
) -> encrypted.Reader | None:
    try:
        return CipherText(stack.enter_context(folder.open(ref)), most=most)
    except FileGone:
        return None


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    """Say in words of our own what the disk refuses.

    Raises:
        DiskFull: no room.
        PlainUnwritable: anything else.
    """
    try:
        with full_disk_said():
            yield
    except OSError as error:
        kind = errno.errorcode.get(error.errno or 0, "?")
        raise PlainUnwritable(folder=str(target), kind=kind) from None


def _names(media: Sequence[str]) -> dict[str, str]:
    """Return under which name each medium is written, by its plain name: its own, where that harms nowhere.

    One that could do harm, is too long, or that a disk which knows no capitals takes for another, becomes ``file-N``, N from 1 in the
    order of the submission, with the ending that it had.

    >>> _names(["a.jpg.enc", "CON.enc", "A.jpg.enc", "submission.xml.enc"])
    {'a.jpg': 'a.jpg', 'CON': 'file-2', 'A.jpg': 'file-3.jpg', 'submission.xml': 'file-4.xml'}
    """
    taken = {_XML}
    written: dict[str, str] = {}
    for number, name in enumerate(map(encrypted.plain_name, media), 1):
        folded = normalize("NFC", name).casefold()
        if len(name.encode()) > LONGEST or hostile(name) or folded in taken or _NUMBERED.match(folded):
            ending = _ENDING.search(name)
            written[name] = f"file-{number}{ending[0] if ending else ''}"
        else:
            written[name] = name
        taken.add(folded)
    return written


def _name(instance_id: str) -> str:
    """Return the folder of a submission: its instance id; one that no phone gives also gets signs of its digest.

    Two ids never share a folder, or the second would pass for opened.
    """
    if _USUAL.fullmatch(instance_id):
        return instance_id.replace(":", "_")
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in instance_id)
    return f"{kept[:60]}_{hashlib.sha256(instance_id.encode()).hexdigest()[:16]}"
