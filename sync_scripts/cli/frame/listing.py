"""How lists and dates are printed: what a list declares, as columns on a terminal, and as tab-separated values for a program.

Knows no register.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import click

from sync_scripts.cli.frame.layout import GAP, broken, cut, fitted, one_line, padded, room_of, width_of
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.register.model.listings import Column, Listing
from sync_scripts.register.model.places import short
from sync_scripts.texts import mark

NARROWEST: Final = 20
"""Signs that a column of a page keeps, however narrow the terminal: no code, time or state is broken."""


def _unpainted(_row: int, line: str) -> str:
    return line


def table(columns: tuple[Column, ...], rows: Iterable[Any]) -> Iterator[str]:
    """Yield a table of a page: as a list of which nothing is cut."""
    return listed(Listing("", "", columns, uncut=True), rows)


def listed(
    declared: Listing, rows: Iterable[Any], *, paint: Callable[[int, str], str] = _unpainted
) -> Iterator[str]:
    """Yield a list: each row is one line of the terminal, else a line with tabs that holds everything.

    Where nothing may be cut and the terminal is too narrow, long cells go on below themselves, and where even that is not enough
    the cells of a row stand one below the other. ``paint`` gives a line of the terminal its colour, by the number of its row.
    """
    found = list(rows)
    columns = [one for one in declared.columns if not one.if_any or any(one.values(found))]
    headings, cells = _cells(columns, found)
    if not sys.stdout.isatty():
        yield from _tabbed(headings, cells)
        return
    names = [str(one.name) for one in columns]
    steps = [(names.index(name), least) for name, least in declared.steps if name in names]
    order = list(_wrapping(cells)) if declared.uncut else steps
    widths = fitted(headings, cells, order, shutil.get_terminal_size().columns)
    gone = [headings[at] for at, width in enumerate(widths) if not width and any(row[at] for row in cells)]
    if gone and declared.uncut:
        yield from _one_below_the_other(headings, cells)
        return
    places = [at for at, width in enumerate(widths) if width]
    kept = [widths[at] for at in places]
    yield from (click.style(line, bold=True) for line in _lines([headings[at] for at in places], kept))
    sign = mark("cut", sys.stdout)
    for number, row in enumerate(cells):
        if declared.uncut:
            yield from (paint(number, line) for line in _lines([row[at] for at in places], kept))
        else:
            yield paint(number, _line([cut(row[at], widths[at], sign) for at in places], kept))
    yield from _below([one for at in places for one in _noted(columns[at], found)], gone)


def _wrapping(cells: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """Yield how cells go on below themselves: the longest first, down to `NARROWEST` signs; then between any words."""
    longest = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    places = sorted(range(len(longest)), key=lambda at: -longest[at])
    yield from ((at, min(longest[at], NARROWEST)) for at in places)
    for at in places:
        words = (width_of(word) for row in cells for word in row[at].split(" "))
        yield at, min(max(words), NARROWEST)


def show_list(shell: Shell, declared: Listing, rows: Sequence[Any], *, none: str = "", **more: Any) -> None:
    """Show a list: to a program its rows, with what else is said of it, to a person its columns, or that there is ``none``."""
    document = {"schema": declared.schema, **more, declared.name: rows}
    nothing = none or (_(declared.none) if declared.none else "")
    shell.show(document, listed(declared, rows) if rows or not nothing else nothing)


def _cells(columns: Sequence[Column], rows: Sequence[Any]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return the headings of some columns, and the cells of each row under them."""
    said = [
        [one_line(one.says(value)) for value in (rows if one.whole else one.values(rows))] for one in columns
    ]
    return [one.headed for one in columns], list(zip(*said, strict=True))


def _noted(column: Column, rows: Sequence[Any]) -> Iterator[str]:
    """Yield what is said below a list of what stands in a column."""
    told = column.note(column.values(rows)) if column.note is not None else ""
    if told:
        yield _("{name}: {line}").format(name=column.headed, line=told)


def _one_below_the_other(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    for number, row in enumerate(cells):
        if number:
            yield ""
        yield from details(zip(headings, row, strict=True))


def _tabbed(headings: Sequence[str], cells: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "\t".join(headings)
    yield from ("\t".join(row) for row in cells)


def _below(said: Sequence[str], gone: Sequence[str]) -> Iterator[str]:
    """Yield what stands below a list on a terminal: what its words mean, and which columns found no room."""
    words = _("No room here for: {columns}. A wider terminal shows them, and --json.")
    below = [*said, *([words.format(columns=", ".join(gone))] if gone else [])]
    if below:
        yield ""
        yield from (click.style(one, dim=True) for one in below)


def details(pairs: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Yield one line for each name that has a value; on a terminal a long value goes on below itself."""
    kept = [(name, one_line(value)) for name, value in pairs if value not in (None, "", [])]
    width = max((width_of(name) for name, _ in kept), default=0)
    room = room_of(sys.stdout)
    for name, value in kept:
        first, *more = [value] if room is None else broken(value, max(room - width - len(GAP), NARROWEST))
        yield f"{padded(name, width)}{GAP}{first}"
        yield from (" " * (width + len(GAP)) + one for one in more)


def told_of(columns: Iterable[Column], row: Mapping[Any, Any]) -> Iterator[tuple[str, object]]:
    """Yield what a page says of one row, under the names of its columns, for `details`; what it does not tell is empty."""
    for one in columns:
        yield one.headed, one.says(row if one.whole else row.get(one.name))


def first_of(names: Sequence[str], most: int) -> str:
    """Return the first of some names, and how many more there are."""
    shown, more = ", ".join(names[:most]), len(names) - most
    return shown if more <= 0 else _("{names} and {n} more").format(names=shown, n=more)


def typable(path: Path) -> str:
    """Return a path as it can be typed: in quotes where it holds a blank."""
    return f'"{path}"' if " " in str(path) else str(path)


def _lines(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield a row, over several lines where a cell is wider than its column."""
    parts = [
        [cell] if width_of(cell) <= width else textwrap.wrap(cell, width, break_on_hyphens=False)
        for cell, width in zip(cells, widths, strict=True)
    ]
    for line in zip_longest(*parts, fillvalue=""):
        yield _line(line, widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(padded(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def form_name(form: str | None, version: str | None) -> str:
    """Return a form with its version, as a line about submissions begins with it; in words when it could not be read."""
    return f"{form or ''} {version or ''}".strip() or _("form not known")


def unheard_in_words(count: int, regions: Iterable[str]) -> str:
    """Return of how many things that are critical or late nobody is told, of which regions, and what helps."""
    words = ngettext(
        "Nobody is told of {n} alert or case that is critical or late: no destination with an address is for {regions}. Give a "
        "[[notify]] of the role coordinator these regions, or none, and run dikalo notify test.",
        "Nobody is told of {n} alerts or cases that are critical or late: no destination with an address is for {regions}. Give a "
        "[[notify]] of the role coordinator these regions, or none, and run dikalo notify test.",
        count,
    )
    return words.format(n=count, regions=", ".join(sorted(map(short, regions))))
