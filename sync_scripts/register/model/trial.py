"""A transaction that can be a trial: everything happens, and then nothing is kept. For ``--dry-run`` and checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sync_scripts.store.database import Register, Rows

__all__ = ["transaction"]


class _Undo(Exception):
    """Leaves a transaction without keeping anything of it."""


@contextmanager
def transaction(register: Register, *, keep: bool) -> Iterator[Rows]:
    """Give a writing transaction; with ``keep`` false all of it is undone at the end, without an error."""
    try:
        with register.writing() as rows:
            yield rows
            if not keep:
                _leave()
    except _Undo:
        pass


def _leave() -> NoReturn:
    raise _Undo
