"""Workbooks as files: encrypted in memory and put in place whole or not at all; from bytes to a workbook that may be opened.

No clear copy touches the disk. What comes in is looked at before it is opened: kind, password, size, contents.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sync_scripts.errors import DikaloError
from sync_scripts.followup import errors
from sync_scripts.store import durable

FEWEST_CHARACTERS, FEWEST_WORDS = 12, 5
MOST_COPIES = 20
"""Names tried for a workbook whose own is taken by an open one."""


PasswordTooShort: Final = DikaloError.declare(
    "DK-W03",
    "This password is too short. Take at least 12 characters or 5 words, or let dikalo draw one.",
)
WorkbookNotWritten: Final = DikaloError.declare(
    "DK-W07",
    "The workbook could not be written to its folder. Check that the folder is there, may be written and is not "
    "read-only, or name another file with --to, then export again.",
)


def check_password(password: str) -> None:
    """Refuse a password of fewer than 12 characters that is not five words.

    Raises:
        PasswordTooShort: too short.
    """
    if len(password) < FEWEST_CHARACTERS and len(password.split()) < FEWEST_WORDS:
        raise PasswordTooShort


def encrypted(clear: bytes, password: str) -> bytes:
    """Return the workbook encrypted as Excel and LibreOffice do (AES-256, agile).

    The password is taken in Unicode form NFC: some keyboards give accents apart, and the file would not open.
    """
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(clear)).encrypt(unicodedata.normalize("NFC", password), out)
    return out.getvalue()


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, for its owner only; return where it went.

    A workbook that is open in Excel cannot be replaced on Windows: the new one then goes beside it, as ``…-2.xlsx``.

    Raises:
        WorkbookNotWritten: the folder refuses.
        DiskFull: no room; nothing is left behind.
    """
    try:
        durable.make_folder(path.parent)
        for number in range(1, MOST_COPIES):
            target = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
            try:
                durable.write_whole(target, content)
            except PermissionError:
                continue
            return target
    except OSError:
        pass  # said below, in words of our own
    raise WorkbookNotWritten


MOST_MEMBERS: Final = 2_000
MOST_BYTES: Final = 200_000_000
"""Unpacked: 100,000 rows of ours declare 145 MB."""
MOST_BESIDE: Final = 64_000_000
"""Of a part that is no sheet, such as the texts that sheets share, which are held whole while sheets are read."""
HIGHEST_RATIO: Final = 100
_SMALL: Final = 1_000_000
"""Below this many bytes a high ratio harms nobody: blank rows compress very well."""

_OLE: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_ZIP: Final = b"PK\x03\x04"
_MACROS: Final = ("xl/vbaproject.bin", "xl/macrosheets/", "xl/dialogsheets/")
_FOREIGN: Final = ("xl/externallinks/", "xl/embeddings/", "xl/activex/", "xl/ctrlprops/", "xl/querytables/")


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file that may be opened.

    Attributes:
        content: the workbook, unlocked.
        sha256: of the bytes as they came.
        password: what unlocked it; None when it came unlocked.
        place: its name behind a digest of its folder, which may be called after whoever works there. It says nothing of the
            computer (`held.place_on`). Empty where it is not known.
    """

    content: bytes = field(repr=False)
    sha256: str
    password: str | None = field(default=None, repr=False)
    place: str = ""


def incoming(path: Path, ask: Callable[[], str]) -> Incoming:
    """Read a file and unlock it.

    Args:
        path: where it is.
        ask: gives the password; called for a locked file only.

    Raises:
        LockFile, WorkbookBusy, OtherFormat, MacroWorkbook, WorkbookForeign, WorkbookDamaged, PasswordWrong,
            WorkbookTampered, WorkbookTooLarge: as they say.
    """
    if is_lock_file(path):
        raise errors.LockFile
    try:
        if path.stat().st_size > MOST_BYTES:
            raise errors.WorkbookTooLarge
        raw = path.read_bytes()
    except OSError:
        raise errors.WorkbookBusy from None
    came = unlocked(raw, ask, suffix=path.suffix.lower())
    return replace(came, place=_place(path.absolute()))


def _place(path: Path) -> str:
    """Return what tells one file from another, as a text that can be kept, though its bytes were no text."""
    folder = hashlib.sha256(str(path.parent).encode("utf-8", "replace")).hexdigest()
    return f"{folder}/{path.name}".encode("utf-8", "replace").decode("utf-8")


def is_lock_file(path: Path) -> bool:
    """Tell whether a file is the small one that Excel or LibreOffice lays beside a workbook while it is open."""
    return path.name.startswith(("~$", ".~lock"))


def unlocked(raw: bytes, ask: Callable[[], str], *, suffix: str = "") -> Incoming:
    """Return what a file's bytes hold; ``suffix`` of its name helps only to say what it is instead."""
    given: list[str] = []

    def asked() -> str:
        given.append(unicodedata.normalize("NFC", ask()))
        return given[-1]

    content = clear_bytes(raw, asked, suffix=suffix)
    inspect(content)
    return Incoming(content, hashlib.sha256(raw).hexdigest(), next(iter(given), None))


def clear_bytes(raw: bytes, ask: Callable[[], str], *, suffix: str = "") -> bytes:
    """Return the .xlsx inside a file, unlocked and whole.

    Raises:
        OtherFormat: it is something else.
        PasswordWrong, WorkbookTampered, WorkbookDamaged: as they say.
    """
    if raw.startswith(_ZIP):
        return raw
    if not raw:
        raise errors.WorkbookDamaged
    if not raw.startswith(_OLE):
        raise errors.OtherFormat(kind="csv" if _like_text(raw, suffix) else "other")
    return _decrypted(raw, ask)


def _like_text(raw: bytes, suffix: str) -> bool:
    head = raw[:4096]
    plain = b"\0" not in head and any(mark in head for mark in (b",", b";", b"\t"))
    return suffix in {".csv", ".tsv", ".txt"} or plain


def _decrypted(raw: bytes, ask: Callable[[], str]) -> bytes:
    """Unlock; both checks are off by default in the library, and then a changed file opens without a word."""
    import msoffcrypto
    from msoffcrypto import exceptions
    from msoffcrypto.format.ooxml import OOXMLFile

    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(raw))
        locked = isinstance(office, OOXMLFile) and office.is_encrypted()
    except Exception:  # noqa: BLE001 - whatever a broken container makes the library raise
        raise errors.WorkbookDamaged from None
    if not locked:
        raise errors.OtherFormat(kind="xls")
    password = unicodedata.normalize("NFC", ask())
    out = io.BytesIO()
    try:
        office.load_key(password=password, verify_password=True)
    except exceptions.InvalidKeyError:
        raise errors.PasswordWrong from None
    except Exception:  # noqa: BLE001 - as above
        raise errors.WorkbookDamaged from None
    try:
        office.decrypt(out, verify_integrity=True)
    except Exception:  # noqa: BLE001 - a changed byte makes it raise one thing or another
        raise errors.WorkbookTampered from None
    return out.getvalue()


def inspect(content: bytes) -> None:
    """Look at the directory of the archive: what kind of file, how large, and what is in it that has no place there.

    Raises:
        WorkbookDamaged, OtherFormat, MacroWorkbook, WorkbookForeign, WorkbookTooLarge: as they say.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _measure(members)
            _kind(archive, {member.filename.replace("\\", "/").lower() for member in members})
            _doctypes(archive, members)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError, NotImplementedError):
        raise errors.WorkbookDamaged from None


def _measure(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_BYTES:
        raise errors.WorkbookTooLarge
    for member in members:
        if member.file_size > MOST_BESIDE and not member.filename.startswith("xl/worksheets/"):
            raise errors.WorkbookTooLarge
        small = member.file_size <= _SMALL
        if not small and member.file_size > HIGHEST_RATIO * max(1, member.compress_size):
            raise errors.WorkbookTooLarge


def _kind(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "xl/workbook.xml" not in names:
        raise errors.OtherFormat(kind=_other_kind(archive, names))
    if any(name.startswith(_MACROS) for name in names) or _macro_enabled(archive):
        raise errors.MacroWorkbook
    if any(name.startswith(_FOREIGN) for name in names):
        raise errors.WorkbookForeign


def _other_kind(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "mimetype" in names and b"opendocument" in archive.read("mimetype")[:200]:
        return "ods"
    return "numbers" if any(name.endswith(".iwa") for name in names) else "other"


def _macro_enabled(archive: zipfile.ZipFile) -> bool:
    with archive.open("[Content_Types].xml") as types:
        return b"macroenabled" in types.read(1_000_000).lower()


def _doctypes(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """Refuse a document type: no spreadsheet program writes one, and it is the way to make XML swell."""
    for member in members:
        if member.filename.lower().endswith((".xml", ".rels", ".vml")):
            with archive.open(member) as part:
                if b"<!doctype" in part.read(4096).lower():
                    raise errors.WorkbookForeign
