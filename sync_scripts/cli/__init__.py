"""The command line: parse, call, print. Never decides anything about alerts, cases or keys.

`main` chooses the language, runs the command tree and is the one place where an error becomes a sentence and an
exit code.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Final

from sync_scripts import texts

__all__ = ["main"]

_OBJECTS: Final = 50_000
"""New objects after which rings of dead ones are looked for. Loading a command makes as many, none of them dead; Python's own 700
would look seventy times, a tenth of the time of a list."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1, 2, 3, 4, 5, 6 or 130.

    Args:
        argv: the words of the command; None = those of this process, which ends with the command.
    """
    gc.set_threshold(_OBJECTS)
    words = list(sys.argv[1:] if argv is None else argv)
    language = texts.choose_language(words, os.environ)
    texts.speak(language)  # before any command module is imported: help is translated on import
    from sync_scripts.cli.frame.outcome import run

    code = run(words, language)
    if argv is None:
        gc.freeze()  # an ending process looks for rings in all that it loaded, twice: a seventh of the time of a list
    return code
