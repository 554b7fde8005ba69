"""The files that lie beside a form, as far as rules look at them: name, size, and the rows of lists.

Reads the folders it is given and nothing else; writes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["Folder", "at", "table"]

LARGEST_TABLE = 5_000_000
"""Bytes of a list that is still looked into."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The media of a form: each file by its name, and its size in bytes."""

    files: Mapping[str, Path]
    sizes: Mapping[str, int]


def at(*places: Path) -> Folder:
    """Return the files of these folders, of two with one name the earlier; a folder that is not there is empty."""
    files: dict[str, Path] = {}
    for place in places:
        for file in sorted(place.iterdir()) if place.is_dir() else ():
            if file.is_file():
                files.setdefault(file.name, file)
    return Folder(files, {name: file.stat().st_size for name, file in files.items()})


def table(folder: Folder, name: str) -> list[Mapping[str, str]] | None:
    """Return the rows of a list in a ``.csv`` file; None when it is not there, too large or no such table."""
    size = folder.sizes.get(name)
    if size is None or size > LARGEST_TABLE or not name.lower().endswith(".csv"):
        return None
    return _table(folder.files[name], size, folder.files[name].stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _table(path: Path, _size: int, _changed: int) -> list[Mapping[str, str]] | None:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return [dict(row) for row in csv.DictReader(io.StringIO(text)) if None not in row]
