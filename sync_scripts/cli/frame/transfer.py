"""How far a copying is: how much of how much, at which rate, and how long it will still take. Says nothing where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gettext import gettext as _
from typing import Final

import click

from sync_scripts.cli.frame.shell import Shell
from xlsform.visible import visible

_MB: Final = 1_000_000


@contextmanager
def transferring(shell: Shell, label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Give a function to call with how many more bytes were copied; ``total`` is about how many there are."""
    if shell.quiet or not sys.stderr.isatty():
        yield lambda _more: None
        return
    since, done = time.monotonic(), 0

    def rate(_item: object) -> str:
        spent = max(time.monotonic() - since, 0.1)
        return _("{done} of {total} MB, {rate} MB/s").format(
            done=megabytes(done), total=megabytes(max(total, done)), rate=f"{done / _MB / spent:.1f}"
        )

    def more(count: int) -> None:
        nonlocal done
        done += count
        bar.update(count, done)

    with click.progressbar(
        length=max(total, 1), label=visible(label), file=sys.stderr, item_show_func=rate
    ) as bar:
        yield more


def megabytes(count: int) -> str:
    """Return a size in megabytes, as people say it."""
    return f"{count / _MB:.1f}" if count < 10 * _MB else str(round(count / _MB))
