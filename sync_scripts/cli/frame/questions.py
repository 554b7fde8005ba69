"""Questions at a terminal, for a person who is tired: short lines, the usual answer shown, a wrong one asked again.

Everything goes to standard error, so that what a command gives can still be piped. Nothing secret is asked here.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from typing import Final, Protocol, TypeVar

import click

from sync_scripts.cli.frame.layout import for_stream
from sync_scripts.errors import DikaloError

WIDTH: Final = 79
"""Columns of a sentence at most."""
_YES: Final = ("y", "yes", "o", "oui")
_NO: Final = ("n", "no", "non")
_T = TypeVar("_T")


def labelled(name: str, text: str) -> str:
    """Return a name and what is said of it, with the colon that the language wants."""
    return name + _(": ") + text


class Voice(Protocol):
    """Whoever says lines to a person, beside the answer of the command: the shell of a run."""

    def warn(self, text: str) -> None:
        """Say a line that even ``--quiet`` does not silence."""


@dataclass(frozen=True, slots=True)
class Questions:
    """A person at a terminal."""

    shell: Voice

    def head(self, number: int, of: int, title: str) -> None:
        """Begin a part."""
        self.shell.warn("")
        self.shell.warn(click.style(f"{number}/{of}  {title}", bold=True))

    def tell(self, text: str) -> None:
        """Say a sentence, cut between words."""
        width = min(WIDTH, shutil.get_terminal_size().columns - 1)
        self.shell.warn("\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)))

    def rows(self, lines: Sequence[str]) -> None:
        """Show lines as they are, a little to the right."""
        for line in lines:
            self.shell.warn(f"   {line}")

    def wrong(self, error: DikaloError) -> None:
        """Say what went wrong, in its own words."""
        self.tell(f"{error.code} · {error.words()}")

    def line(self, question: str, default: str = "") -> str:
        """Return what is typed, without blanks around it; Enter alone gives the default."""
        typed: str = click.prompt(
            for_stream(question, sys.stderr),
            default=default,
            show_default=bool(default),
            prompt_suffix=_(": "),
            err=True,
        )
        return typed.strip()

    def read(self, question: str, reading: Callable[[str], _T], default: str = "") -> _T | None:
        """Return what is typed, understood; what cannot be is said and asked again. None for Enter alone."""
        while True:
            typed = self.line(question, default)
            if not typed:
                return None
            try:
                return reading(typed)
            except DikaloError as error:
                self.wrong(error)

    def yes(self, question: str, *, default: bool) -> bool:
        """Return a yes or no."""
        shown = _("[Y/n]") if default else _("[y/N]")
        while True:
            typed = self.line(f"{question} {shown}").casefold()
            if not typed:
                return default
            if typed in (*_YES, *_NO):
                return typed in _YES
            self.tell(_("Please answer yes or no."))

    def some(self, question: str, labels: Sequence[str], default: Sequence[int] = ()) -> list[int]:
        """Show a numbered list; return the places of those chosen, in their order. Enter alone gives the default."""
        self.numbered(labels)
        while True:
            typed = self.line(question).replace(",", " ").split()
            if not typed:
                return list(default)
            chosen = self.places(typed, len(labels))
            if chosen:
                return chosen
            self.tell(_("Please type numbers of this list, with blanks between them."))

    def numbered(self, labels: Sequence[str]) -> None:
        """Show a list with numbers from 1."""
        width = len(str(len(labels)))
        self.rows([f"{number:>{width}}  {label}" for number, label in enumerate(labels, 1)])

    def places(self, typed: Sequence[str], count: int) -> list[int]:
        """Return the places that numbers of a list mean, in their order; none when one of them is no such number."""
        chosen = sorted({int(one) - 1 for one in typed if one.isdecimal()})
        sound = all(one.isdecimal() for one in typed) and all(0 <= one < count for one in chosen)
        return chosen if sound else []
