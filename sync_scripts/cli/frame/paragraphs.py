"""What is written for a person: every unseen sign of what others wrote as an escape, long sentences broken between words.

Everything that reaches a terminal or a pipe passes through `for_stream`. Pure: prints nothing.

A program that reads what a command says gets one sentence a line, so nothing here is called for a pipe or a file.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Final, TextIO

import click

from sync_scripts.cli.frame.fitting import width_of
from xlsform.visible import visible

__all__ = ["broken", "for_stream", "room_of"]

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
