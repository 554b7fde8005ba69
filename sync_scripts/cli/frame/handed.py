"""Secrets that reach a command: typed by a person, or handed over on a descriptor or in a file. Never from a variable itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gettext import gettext as _
from pathlib import Path
from typing import Final, TextIO, TypeVar

import click

from sync_scripts.cli.frame.layout import for_stream
from sync_scripts.errors import NotAllowed

_Opened = TypeVar("_Opened")

TRIES: Final = 3
"""How often a person may type a passphrase."""
_LARGEST: Final = 65_536
"""Characters that are handed over at most."""


SecretNeeded: Final = NotAllowed.declare(
    "DK-C04",
    "A passphrase is needed and this is not a terminal, so nobody can type it. Nothing was done. Run the command "
    "in a terminal, or hand the passphrase over on a file descriptor and name its number in {descriptor}.",
)
SecretUnreadable: Final = NotAllowed.declare(
    "DK-C05",
    "No passphrase could be read from what {descriptor} names. Nothing was done. Check that the program which starts "
    "this command hands the descriptor or the file over and writes the passphrase to it.",
)
SecretFileOpen: Final = NotAllowed.declare(
    "DK-J06",
    "The file that {variable} names can be read by other accounts of this computer, so it is no secret any more. "
    "Nothing was done. Make it readable by you alone (chmod 600), change what was in it, and run the command again.",
)


def somebody_types() -> bool:
    """Tell whether a person sits at a terminal, and sees there what is asked."""
    return types_input() and sys.stderr.isatty()


def types_input() -> bool:
    """Tell whether what is read comes from a person, even where questions go into a file."""
    return sys.stdin.isatty()


def typed(prompt: str, *, descriptor: str) -> str:
    """Return what is typed without showing it.

    Args:
        prompt: the question, in the person's language.
        descriptor: the environment variable to name to somebody who has no terminal.

    Raises:
        SecretNeeded: nobody can type here.
    """
    if not somebody_types():
        raise SecretNeeded(descriptor=descriptor)
    words: str = click.prompt(
        for_stream(prompt, sys.stderr), hide_input=True, prompt_suffix=_(": "), err=True
    )
    return words


def again_when_wrong(
    opening: Callable[[], _Opened], *, descriptor: str, warn: Callable[[str], None]
) -> _Opened:
    """Open something with a passphrase or key that is asked for meanwhile; one that was mistyped is asked for again.

    Only at a terminal, and `TRIES` times at most; what was handed over is tried once.

    Args:
        opening: asks and opens.
        descriptor: the variable that hands the passphrase over where nobody types.
        warn: says why it is asked for again.

    Raises:
        WrongPassphrase, RecoveryKeyWrong, PasswordWrong: it never fitted; and whatever ``opening`` raises.
    """
    from sync_scripts.followup.errors import PasswordWrong
    from sync_scripts.secrets.errors import RecoveryKeyWrong, WrongPassphrase

    for left in reversed(range(TRIES)):
        try:
            return opening()
        except (WrongPassphrase, RecoveryKeyWrong, PasswordWrong) as wrong:
            if not left or handed(descriptor) or not somebody_types():
                raise
            warn(f"{wrong.code} · {wrong.words()}")
    raise AssertionError  # the last try returns or raises


def handed(descriptor: str) -> bool:
    """Tell whether the program that started this one hands a secret over, on a descriptor or in a file."""
    return descriptor in os.environ or _file_variable(descriptor) in os.environ


def first_line(descriptor: str) -> str:
    """Return the first line that is handed over; the descriptor is closed afterwards.

    Raises:
        SecretUnreadable: nothing can be read.
        SecretFileOpen: others may read the file.
    """
    with _opened(descriptor) as stream:
        line = stream.readline(_LARGEST).rstrip("\r\n")
    if not line:
        raise SecretUnreadable(descriptor=descriptor)
    return line


def lines(descriptor: str) -> list[str]:
    """Return all lines that are handed over, to their end; none is no fault. Raises what `first_line` raises."""
    with _opened(descriptor) as stream:
        return stream.read(_LARGEST).splitlines()


@contextmanager
def _opened(descriptor: str) -> Iterator[TextIO]:
    """Open what hands a secret over, and close it afterwards."""
    number, variable = os.environ.get(descriptor), _file_variable(descriptor)
    named = variable if number is None else descriptor
    try:
        with (
            Path(os.environ[variable]).open(encoding="utf-8")
            if number is None
            else os.fdopen(int(number), encoding="utf-8") as stream
        ):
            if number is None and os.name != "nt" and os.fstat(stream.fileno()).st_mode & 0o077:
                raise SecretFileOpen(variable=variable)
            yield stream
    except (OSError, ValueError):
        raise SecretUnreadable(descriptor=named) from None


def _file_variable(descriptor: str) -> str:
    """Return the variable that names a file where another names a descriptor: DIKALO_KEY_FILE for DIKALO_KEY_FD."""
    return f"{descriptor.removesuffix('_FD')}_FILE"
