"""What was typed at length ends in the register, or in the hands of whoever typed it: no error takes it away.

Nothing of it is written anywhere else: a file beside the register would be read by whoever takes the laptop.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress
from gettext import gettext as _
from typing import Final, TypeVar

import click

from sync_scripts.cli.frame.questions import WIDTH, Questions
from sync_scripts.errors import Declined, Worded
from sync_scripts.intake.desk import NotKept
from sync_scripts.store.clear_files import Leaving

_Kept = TypeVar("_Kept")
_DEAF: Final = 50
"""So many times Ctrl-C or end of file in a row, and nobody is there any more: the terminal is gone."""
_ALONE: Final = 3
"""So often it is tried to keep something when nobody can be asked what to do."""


class NobodyThere(click.Abort):
    """Nobody answers any more: the window was closed, or the computer is being shut down."""


# Somebody gave up what was typed and could not be kept; ``problem`` is the code of why.
GivenUp: Final = Declined.declare(
    "DK-P21",
    "What you typed was given up ({problem}). Look with dikalo alerts list: if it is not there, it is nowhere but in your own "
    "notes. Enter it again from them as soon as the register answers.",
)


def sure(say: Questions, question: str, *, default: bool, leaving: Leaving | None = None) -> bool:
    """Return a yes or no that was really given: Ctrl-C is none, and the question is asked again.

    Raises:
        NobodyThere: as it says.
    """
    end = leaving or Leaving()
    for _time in range(_DEAF):
        try:
            with end.asking():
                return say.yes(question, default=default)
        except (click.Abort, EOFError, KeyboardInterrupt, OSError):
            if end.heard:
                break
            _tell(say, _("Ctrl-C throws nothing away here. Please answer yes or no."))
    raise NobodyThere


def until_kept(
    say: Questions, keep: Callable[[], _Kept], typed: Sequence[str], leaving: Leaving | None = None
) -> _Kept:
    """Keep what was typed: whatever goes wrong is said, and it is tried again until it is kept or given up.

    Args:
        say: the person at the terminal.
        keep: keeps it, and does it once however often it is called.
        typed: lines that say what was typed, shown once more before it is gone; none where it lies in a file as well.
        leaving: hears that the person is gone: then nothing is asked, and it is kept if it can be.

    Raises:
        GivenUp: the person said so.
        NotKept: it lies sealed among what was put aside, where nobody is called for it.
        NobodyThere: it could not be kept, and there was nobody to ask.
    """
    end = leaving or Leaving()
    alone = 0
    while True:
        try:
            if end.heard:
                let_go()
            return keep()
        except NotKept as aside:
            if not end.heard:
                say.wrong(aside)
                _show_once_more(say, typed, end)
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it is, it must not take the answers along
            problem = _say_why(say, error)
        try:
            if _again(say, end):
                continue
        except NobodyThere:
            alone += 1
            if alone < _ALONE:
                let_go()
                continue
            raise
        _show_once_more(say, typed, end)
        raise GivenUp(problem=problem)


def _again(say: Questions, end: Leaving) -> bool:
    """Return whether it is to be tried again; False = somebody gave it up."""
    _tell(
        say,
        _("What you typed is not lost, but perhaps it is not in the register yet: do not close this window."),
    )
    if sure(say, _("Try again to keep it?"), default=True, leaving=end):
        return True
    question = _("Give it up? What you typed is shown once more, then it is gone.")
    return not sure(say, question, default=False, leaving=end)


def _tell(say: Questions, text: str) -> None:
    """Say something to somebody whose window may be gone."""
    with suppress(OSError):
        say.tell(text)


def let_go() -> None:
    """Let go of a terminal that is gone: what is said to nobody must stop nothing."""
    try:
        click.echo(err=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _show_once_more(say: Questions, typed: Sequence[str], end: Leaving) -> None:
    """Show what was typed, a page at a time, until somebody has written down what is needed."""
    size = shutil.get_terminal_size()
    rows = [row for line in typed for row in textwrap.wrap(line, min(WIDTH, size.columns - 4))]
    page = max(size.lines - 4, 5)
    written = not rows
    while not written:
        for start in range(0, len(rows), page):
            say.rows(rows[start : start + page])
            last = start + page >= len(rows)
            question = (
                _("Have you written down what you need? The screen is cleared then.")
                if last
                else _("Is this page written down?")
            )
            written = sure(say, question, default=False, leaving=end)
            if not written:
                break


def _say_why(say: Questions, error: BaseException) -> str:
    """Say what went wrong, never a value; return its code."""
    if isinstance(error, Worded):
        _tell(say, f"{error.code} · {error.words()}")
        return error.code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        _tell(say, _("It was interrupted while it was kept."))
        return "Ctrl-C"
    _tell(say, _("It could not be kept ({kind}).").format(kind=type(error).__name__))
    return type(error).__name__
