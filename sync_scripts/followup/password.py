"""Encrypt a workbook in memory and put files where they belong, whole or not at all. No clear copy touches the disk."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path
from typing import Final

from sync_scripts.errors import DikaloError
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
