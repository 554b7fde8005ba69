"""Encrypt a workbook in memory and put files where they belong, whole or not at all. No clear copy touches the disk."""

from __future__ import annotations

import io
import os
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sync_scripts.errors import N_, DikaloError

FEWEST_CHARACTERS, FEWEST_WORDS = 12, 5


@dataclass(eq=False, kw_only=True)
class PasswordTooShort(DikaloError):
    """The password of a workbook would be guessed."""

    code: ClassVar[str] = "DK-W03"
    message: ClassVar[str] = N_(
        "This password is too short. Take at least 12 characters or 5 words, or let dikalo draw one."
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
    """Write a file by rename, for its owner only; return where it went.

    A workbook that is open in Excel cannot be replaced on Windows: the new one then goes beside it, as ``… (2).xlsx``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".dikalo-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return _take_place(Path(name), path)
    finally:
        Path(name).unlink(missing_ok=True)


def _take_place(made: Path, path: Path) -> Path:
    for number in range(1, 100):
        target = path if number == 1 else path.with_stem(f"{path.stem} ({number})")
        try:
            made.replace(target)
        except PermissionError:
            continue
        return target
    made.replace(path)  # says why, if the folder itself refuses
    return path
