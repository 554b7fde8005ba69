"""When a form was saved: what is told apart is size and time of the files it is made of. Reads none of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

__all__ = ["Stamp", "stamp"]

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]


def stamp(path: Path, root: Path) -> Stamp:
    """Return a value that differs after each save of a workbook; of a source, also of its blocks and of the lists under ``root``."""
    return tuple(_stamps(sorted(_files(path, root))))


def _files(path: Path, root: Path) -> Iterator[Path]:
    yield path
    if path.suffix.lower() in {".yaml", ".yml"}:
        for folder in (path.parent, root / "lists"):
            yield from folder.rglob("*.yaml")
            yield from folder.rglob("*.csv")


def _stamps(files: list[Path]) -> Iterator[tuple[str, int, int]]:
    for file in files:
        try:
            found = file.stat()
        except OSError:  # a program that saves may take the old file away first
            continue
        yield file.name, found.st_size, found.st_mtime_ns
