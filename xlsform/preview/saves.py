"""When a form was saved, and what a check of it newly says: size and time of its files are told apart. Reads none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from xlsform.findings.problems import Finding

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]


def stamp(path: Path, root: Path) -> Stamp:
    """Return a value that differs after each save of a workbook or of one in a folder; of a source, of its blocks and lists, too."""
    return tuple(_stamps(sorted(_files(path, root))))


def _files(path: Path, root: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (one for one in path.glob("*.xlsx") if not one.name.startswith(("~$", ".")))
        return
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


def saved(path: Path, root: Path, wait: Callable[[], bool]) -> Iterator[None]:
    """Yield after each save that has come to its end.

    Args:
        path: of the form, or the folder of several.
        root: the forms folder.
        wait: waits a while before each look; true ends it.
    """
    known = last = stamp(path, root)
    while not wait():
        now = stamp(path, root)
        if now and now == last != known:  # two looks saw the same: nothing writes any more
            known = now
            yield
        last = now


def news(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Return which findings are new and which are mended; one that only moved to another row is neither."""
    before, after = list(before), list(after)
    return _more(after, before), _more(before, after)


def _more(some: Iterable[Finding], than: Iterable[Finding]) -> list[Finding]:
    left = Counter(map(_same, than))
    found = []
    for one in some:
        if left[_same(one)] > 0:
            left[_same(one)] -= 1
        else:
            found.append(one)
    return found


def _same(one: Finding) -> Hashable:
    words = {name: word for name, word in one.data.items() if name != "pyxform"}  # which names the row
    return one.code, one.path, one.here, frozenset(words.items())
