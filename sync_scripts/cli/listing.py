"""How lists and dates are printed: a table on a terminal, tab-separated values for a program. Knows no register."""

from __future__ import annotations

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from gettext import gettext as _
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import click

__all__ = ["details", "form_name", "listed", "local", "table", "typable"]

NARROWEST: Final = 20
"""Signs that a column keeps, however narrow the terminal: no code, time or state is broken."""
_GAP: Final = "  "
_MINUTE: Final = len("2026-11-25 09:30")


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    paint: Callable[[int, str], str] = lambda _row, line: line,
    spare: Sequence[str] = (),
) -> Iterator[str]:
    """Yield a heading and the rows: columns side by side on a terminal, else with tabs between.

    Where the terminal is too narrow, long cells go on below themselves; nothing but ``spare`` columns is left out.

    Args:
        headings: one for each column.
        rows: as many cells each.
        paint: gives a line of the terminal its colour, by the number of its row.
        spare: headings of columns that a terminal shows only where all fit, the first to go first; a program gets them.
    """
    cells = [[_text(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        yield "\t".join(headings)
        yield from ("\t".join(row) for row in cells)
        return
    room = shutil.get_terminal_size().columns
    headings, cells = _fitting(headings, cells, spare, room)
    widths = _widths(headings, cells, room)
    yield from (click.style(line, bold=True) for line in _lines(headings, widths))
    for number, row in enumerate(cells):
        yield from (paint(number, line) for line in _lines(row, widths))


def listed(
    found: Iterable[Mapping[str, Any]],
    columns: Sequence[tuple[str, Callable[[Mapping[str, Any]], object]]],
    *,
    spare: Sequence[str] = (),
) -> Iterator[str]:
    """Yield a table of lines of a register: a heading and what stands under it, for each column; ``spare`` as in `table`."""
    headings = [heading for heading, _cell in columns]
    return table(headings, ([cell(line) for _heading, cell in columns] for line in found), spare=spare)


def details(pairs: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Yield one line for each name that has a value."""
    kept = [(name, _text(value)) for name, value in pairs if value not in (None, "", [])]
    width = max((_width(name) for name, _ in kept), default=0)
    for name, value in kept:
        yield f"{_padded(name, width)}  {value}"


def local(text: str | None) -> str:
    """Return a stored instant as people read it in Cameroon: day and time, Africa/Douala."""
    from sync_scripts.register.ruleset import load

    if not text:
        return ""
    here = datetime.fromisoformat(text).astimezone(load().zone)
    return here.isoformat(" ", "minutes")[:_MINUTE]


def typable(path: Path) -> str:
    """Return a path as it can be typed: in quotes where it holds a blank."""
    return f'"{path}"' if " " in str(path) else str(path)


def _text(value: object) -> str:
    if value is None:
        return ""
    return " ".join(str(value).split())


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(one) else 1 for one in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _fitting(
    headings: Sequence[str], cells: Sequence[Sequence[str]], spare: Sequence[str], room: int
) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows without those spare columns for which a line of the terminal has no room."""
    shown, rows = list(headings), [list(row) for row in cells]
    for heading in spare:
        if _fits(_widths(shown, rows, room), room):
            break
        at = shown.index(heading)
        for line in (shown, *rows):
            del line[at]
    return shown, rows


def _fits(widths: Sequence[int], room: int) -> bool:
    return sum(widths) + len(_GAP) * (len(widths) - 1) < room


def _widths(headings: Sequence[str], cells: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return how wide each column is, so that a row fits into a line of the terminal where that is possible.

    Headings break first, between their words; then the longest cells, down to `NARROWEST` signs.
    """
    longest = [max(map(_width, column)) for column in zip(*cells, strict=True)] or [0] * len(headings)
    words = [max(map(_width, heading.split()), default=0) for heading in headings]
    widths = [max(_width(heading), cell) for heading, cell in zip(headings, longest, strict=True)]
    for least in (longest, [min(cell, NARROWEST) for cell in longest]):
        floors = [max(word, cell) for word, cell in zip(words, least, strict=True)]
        _shrink(widths, floors, room)
    return widths


def _shrink(widths: list[int], floors: Sequence[int], room: int) -> None:
    """Take signs from the widest column that can spare one, until a row fits or none can."""
    while not _fits(widths, room):
        spare = [at for at, width in enumerate(widths) if width > floors[at]]
        if not spare:
            return
        widths[max(spare, key=widths.__getitem__)] -= 1


def _lines(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield a row, over several lines where a cell is wider than its column."""
    parts = [
        [cell] if _width(cell) <= width else textwrap.wrap(cell, width)
        for cell, width in zip(cells, widths, strict=True)
    ]
    for line in zip_longest(*parts, fillvalue=""):
        yield _line(line, widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(_padded(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def form_name(form: str | None, version: str | None) -> str:
    """Return a form with its version, as a line about submissions begins with it; in words when it could not be read."""
    return f"{form or ''} {version or ''}".strip() or _("form not known")
