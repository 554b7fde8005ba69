"""Names from outside -> names that are safe in a folder on Linux and Windows. Pure; touches no file.

A name that is already plain stays as it is, so that the answer which names the file still finds it. Any other gets
a short digest of the original in front, so that two different hostile names never become one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from sync_scripts.store.durable import is_device

__all__ = ["folder_name", "safe_name", "same_name"]

_SPLIT = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_OURS = frozenset({"submission.xml"})
_LONGEST = 120
"""Bytes of UTF-8; file systems take 255 and people read fewer."""


def safe_name(name: str, *, taken: frozenset[str] = _OURS) -> str:
    """Return a name for a file from outside: last path part, NFC, nothing hidden, reserved or too long.

    Args:
        name: as it was sent; may be empty.
        taken: lower-case names that belong to us.
    """
    wanted = unicodedata.normalize("NFC", _SPLIT.split(name)[-1])
    plain = _plain(wanted)
    if plain == wanted and plain and plain.lower() not in taken and not is_device(plain):
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{digest}-{plain or 'file'}"


def folder_name(name: str) -> str:
    """Return a safe name for a folder named after something from outside, such as a form id."""
    return safe_name(name, taken=frozenset())


def same_name(name: str) -> str:
    """Return the form in which two names are one file, also where capitals do not count (Windows, phones)."""
    return unicodedata.normalize("NFC", name).casefold()


def _plain(name: str) -> str:
    """Drop control, format and unassigned characters, replace what Windows forbids, cut, strip dots and blanks."""
    visible = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    stripped = _FORBIDDEN.sub("_", visible).strip(" ").lstrip(".").rstrip(". ")
    return _cut(stripped)


def _cut(name: str) -> str:
    """Shorten to `_LONGEST` bytes, keeping a short ending such as ``.jpg``."""
    if len(name.encode()) <= _LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    ending = f"{dot}{ending}" if stem and len(ending.encode()) <= 8 else ""
    kept = name.encode()[: _LONGEST - len(ending.encode())].decode("utf-8", "ignore")
    return kept.rstrip(". ") + ending
