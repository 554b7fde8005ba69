"""How words fit a terminal: which columns a list shows, how wide each is, where a long sentence is broken, what is left out. Pure."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from gettext import gettext as _
from typing import Final, TextIO

import click

from xlsform.visible import visible

GAP: Final = "  "
"""What stands between two columns."""

Step = tuple[int, int]
"""The place of a column, and the signs to which it may be cut, never below a word of its heading; 0: it is left out."""

_BLANKS: Final = re.compile(r"[^\S\u00a0\u202f]+")
"""Blanks and ends of lines; the narrow blank of French before a semicolon is none, so nothing breaks there."""


def fitted(
    headings: Sequence[str], cells: Sequence[Sequence[str]], order: Sequence[Step], room: int
) -> list[int]:
    """Return how wide each column is, so that a row takes one line of a terminal; 0 for a column that is left out.

    Headings break between their words first, then columns go in which nothing stands, then ``order`` is followed as far
    as it must be. Where even that is not enough, the last columns go; the first stays. What was cut gets back the room
    that is over in the end.

    Args:
        headings: one for each column.
        cells: the rows.
        order: what gives way, the first first.
        room: columns of the terminal.
    """
    longest = [max(map(width_of, column)) for column in zip(*cells, strict=True)] or [0] * len(headings)
    widths = [max(width_of(heading), cell) for heading, cell in zip(headings, longest, strict=True)]
    words = [max(map(width_of, heading.split()), default=0) for heading in headings]
    whole = [max(one) for one in zip(words, longest, strict=True)]
    for at, least in _steps(headings, longest, whole, order):
        over = _over(widths, room)
        if over <= 0:
            break
        widths[at] = max(min(max(least, words[at]), widths[at]), widths[at] - over) if least else 0
    for at in [at for at, width in enumerate(widths) if width and width < whole[at]]:
        widths[at] += min(whole[at] - widths[at], -_over(widths, room))
    return widths


def _steps(
    headings: Sequence[str], longest: Sequence[int], whole: Sequence[int], order: Sequence[Step]
) -> list[tuple[int, int]]:
    """Return the steps as places and widths: broken headings, empty columns, what is declared, the last columns."""
    places = range(len(headings))
    steps = sorted(enumerate(whole), key=lambda one: whole[one[0]] - width_of(headings[one[0]]))
    steps += [(at, 0) for at in places if longest[at] == 0 and at]
    return [*steps, *order, *((at, 0) for at in reversed(places) if at)]


def _over(widths: Sequence[int], room: int) -> int:
    """Return by how many signs a row is too long; some terminals break a line that fills them to the last sign."""
    shown = [width for width in widths if width]
    return sum(shown) + len(GAP) * (len(shown) - 1) - (room - 1)


def cut(text: str, width: int, mark: str) -> str:
    """Return a text in a width, with a mark where it was cut."""
    return (
        text
        if width_of(text) <= width
        else text[: max(width - width_of(mark), 0)].rstrip(" ,;\u00a0\u202f") + mark
    )


def one_line(value: object) -> str:
    """Return a value as the text of a cell: no end of line, no tabulation, nothing unseen."""
    return "" if value is None else visible(_BLANKS.sub(" ", str(value)).strip())


def width_of(text: str) -> int:
    """Return how many places a text takes on a terminal; an accent that stands alone takes none."""
    return sum(0 if unicodedata.combining(one) else 1 for one in text)


def padded(text: str, width: int) -> str:
    """Return a text with blanks up to a width."""
    return text + " " * (width - width_of(text))


_BEGINNING: Final = re.compile(r" *(?:(?:[-•✓▲!+→·]|->|\d+\.|\d+(?=  )) +)?")
"""Blanks, and the sign or number of a list: what goes on below stands under the words after them."""
_COMMAND: Final = re.compile(
    r"""dikalo(?:\ -C\ (?:"[^"]*"|\S+))?(?:\ [a-z][a-z-]*){0,2}"""
    r"""(?:\ (?:--?[A-Za-z][A-Za-z-]*|[A-ZÀ-Þ][\w-]*[\w…]|"[^"]*"|\S*[/\\]\S*))*"""
)
"""A command in a sentence, as far as it can be told from the words after it: it is there to be copied, so it stays whole."""
_HELD: Final = "\0"
_COLOURS: Final = re.compile(r"(\x1b\[(?:[012]|3[1-6])m)")
"""What our own lines are coloured with; every other order to a terminal came from somebody else."""


def broken(line: str, room: int) -> Iterator[str]:
    """Yield a line of a terminal, over as many lines as its words need; a word or a command that is longer stays whole.

    Args:
        line: one line, with the signs of its colours or without.
        room: columns of the terminal; the last one stays free, as some terminals break a line that fills it.
    """
    if len(line) < room or _shown(line) < room:
        yield line
        return
    found = _BEGINNING.match(line)
    beginning = found[0] if found else ""
    below = " " * width_of(beginning)
    held = _COMMAND.sub(lambda found: found[0].replace(" ", _HELD), line[len(beginning) :])
    now = beginning
    for space, word in re.findall(r"( *)([^ ]+)", held):
        if now.strip() and now != beginning and _shown(now + space + word) >= room:
            yield now.replace(_HELD, " ")
            now = below + word
        else:
            now += space + word
    yield now.replace(_HELD, " ")


def for_stream(text: str, stream: TextIO) -> str:
    """Return what is written into a stream: nothing unseen, and on a terminal long lines are broken."""
    pieces = _COLOURS.split(text)
    shown = "".join(piece if at % 2 else visible(piece) for at, piece in enumerate(pieces))
    room = room_of(stream)
    if room is None:
        return shown
    return "\n".join(part for line in shown.split("\n") for part in broken(line, room))


def room_of(stream: TextIO) -> int | None:
    """Return the columns of a terminal; None for a pipe or a file."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def _shown(line: str) -> int:
    return width_of(click.unstyle(line))


def and_more(count: int, most: int, before: str = "") -> Iterator[str]:
    """Yield how many are not shown where ``most`` are, and what names them all."""
    if count > most:
        yield before + _("and {n} more; --json names them all").format(n=count - most)
