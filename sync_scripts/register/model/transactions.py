"""Transactions of a building: one that can be a trial, and one in which Python looks for no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sync_scripts.store.database import Register, Rows

__all__ = ["collector_paused", "transaction"]


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


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let nobody look for cycles among the thousands of rows of a page: there are none, and looking takes a fifth."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
