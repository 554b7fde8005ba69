"""How lists and dates are printed (columns on a terminal, tab-separated values for a program), and what short words mean, said below them.

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
from types import MappingProxyType
from typing import Any, Final

import click

from sync_scripts.cli.frame.layout import GAP, Step, broken, cut, fitted, one_line, padded, room_of, width_of
from sync_scripts.register.model.places import short
from sync_scripts.register.rules.kinds import label
from sync_scripts.texts import mark

NARROWEST: Final = 20
"""Signs that a column of a page keeps, however narrow the terminal: no code, time or state is broken."""


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    paint: Callable[[int, str], str] = lambda _row, line: line,
) -> Iterator[str]:
    """Yield a table of a page: columns side by side on a terminal, else with tabs between.

    Where the terminal is too narrow, long cells go on below themselves, and where even that is not enough the cells of a row
    stand one below the other: nothing of a page is left out. A list, of which each row is one line, is made by `listed` and
    `rows_listed`.

    Args:
        headings: one for each column.
        rows: as many cells each.
        paint: gives a line of the terminal its colour, by the number of its row.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        yield from _tabbed(headings, cells)
        return
    room = shutil.get_terminal_size().columns
    widths = _widths(headings, cells, room)
    if not _fits(widths, room):
        yield from _one_below_the_other(headings, cells)
        return
    yield from (click.style(line, bold=True) for line in _lines(headings, widths))
    for number, row in enumerate(cells):
        yield from (paint(number, line) for line in _lines(row, widths))


def rows_listed(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    order: Sequence[Step] = (),
    notes: Mapping[str, str] = MappingProxyType({}),
    paint: Callable[[int, str], str] = lambda _row, line: line,
) -> Iterator[str]:
    """Yield a list: each row is one line of the terminal, else a line with tabs that holds everything.

    Args:
        headings: one for each column.
        rows: as many cells each.
        order: what gives way on a narrow terminal, the first first: a heading, and to how many signs; 0: left out.
        notes: heading -> what stands in that column, in words; said below the list, on a terminal that shows the column.
        paint: as in `table`.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        yield from _tabbed(headings, cells)
        return
    widths = fitted(headings, cells, order, shutil.get_terminal_size().columns)
    places = [at for at, width in enumerate(widths) if width]
    kept = [widths[at] for at in places]
    yield from (click.style(line, bold=True) for line in _lines([headings[at] for at in places], kept))
    sign = mark("cut", sys.stdout)
    for number, row in enumerate(cells):
        yield paint(number, _line([cut(row[at], widths[at], sign) for at in places], kept))
    said = [
        _("{name}: {line}").format(name=headings[at], line=notes[headings[at]])
        for at in places
        if notes.get(headings[at])
    ]
    gone = [headings[at] for at, width in enumerate(widths) if not width and any(row[at] for row in cells)]
    yield from _below(said, gone)


def listed(
    found: Iterable[Mapping[str, Any]],
    columns: Sequence[tuple[str, Callable[[Mapping[str, Any]], object]]],
    *,
    order: Sequence[Step] = (),
    notes: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Yield a list of lines of a register: a heading and what stands under it, for each column; else as `rows_listed`."""
    headings = [heading for heading, _cell in columns]
    rows = ([cell(line) for _heading, cell in columns] for line in found)
    return rows_listed(headings, rows, order=order, notes=notes)


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


def first_of(names: Sequence[str], most: int) -> str:
    """Return the first of some names, and how many more there are."""
    shown, more = ", ".join(names[:most]), len(names) - most
    return shown if more <= 0 else _("{names} and {n} more").format(names=shown, n=more)


def typable(path: Path) -> str:
    """Return a path as it can be typed: in quotes where it holds a blank."""
    return f'"{path}"' if " " in str(path) else str(path)


def _fits(widths: Sequence[int], room: int) -> bool:
    return sum(widths) + len(GAP) * (len(widths) - 1) < room


def _widths(headings: Sequence[str], cells: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return how wide each column is, so that a row fits into a line of the terminal where that is possible.

    Headings break first, between their words; then the longest cells, down to `NARROWEST` signs; then between any words.
    """
    longest = [max(map(width_of, column)) for column in zip(*cells, strict=True)] or [0] * len(headings)
    words = [max(map(width_of, heading.split()), default=0) for heading in headings]
    unbroken = [
        max((width_of(word) for cell in column for word in cell.split(" ")), default=0)
        for column in zip(*cells, strict=True)
    ] or [0] * len(headings)
    widths = [max(width_of(heading), cell) for heading, cell in zip(headings, longest, strict=True)]
    narrow = [min(cell, NARROWEST) for cell in longest]
    for least in (longest, narrow, [min(cell, NARROWEST) for cell in unbroken]):
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


def confidentiality_explained(levels: Iterable[str | None]) -> str:
    """Return what the levels of confidentiality in a list mean, in the words of the forms."""
    told = (f"{one} = {label('confidentiality', one)}" for one in sorted({one for one in levels if one}))
    return _("who may see the case; {levels}").format(levels=_("; ").join(told))


def level_explained(level: str | None) -> str:
    """Return a level of confidentiality with its words; nothing where there is none."""
    return f"{level} ({label('confidentiality', level)})" if level else ""


def level_in_words(found: Mapping[str, Any]) -> str:
    """Return the level of an alert or a case that counts, and what the rules or somebody said otherwise, from its page."""
    level, rule = label("urgency", found["urgency"]), found.get("urgency_by_rule")
    decided = found.get("urgency_decided")
    if decided and decided != found["urgency"]:
        return _("{level} (decided: {decided}, before new facts came: decide again)").format(
            level=level, decided=label("urgency", decided)
        )
    if rule and rule != found["urgency"]:
        return _("{level} (the rules say {rule})").format(level=level, rule=label("urgency", rule))
    return level


def flags_explained() -> str:
    """Return what the number of flags counts."""
    return _("how many things a rule wants somebody to look at; the page of the alert or case says which")


def regions_explained(regions: Iterable[str | None]) -> str:
    """Return what the letters of the regions in a list stand for."""
    named = {short(one): label("cm_admin:region", one) for one in set(regions) if one}
    return _("; ").join(f"{letters} = {named[letters]}" for letters in sorted(named))


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
