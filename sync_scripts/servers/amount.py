"""How much is asked for at once: as much as the server bears. A gateway gives up on what takes too long (504)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sync_scripts.servers.http.errors import ServerDown

__all__ = ["LEAST", "Amount", "halves"]

LEAST: Final = 10
"""Rows; a server that cannot show so few in time is out of order. Each halving may have cost a minute of waiting."""

_T = TypeVar("_T")


@dataclass(slots=True)
class Amount:
    """Rows of one page of one form.

    Attributes:
        rows: asked for at once; less after each 504, for all pages that follow.
        least: where it ends.
    """

    rows: int
    least: int = LEAST

    def of(self, ask: Callable[[int], _T]) -> _T:
        """Return what is answered when so many rows are asked for, or fewer. Raises what ``ask`` raises."""
        while True:
            try:
                return ask(self.rows)
            except ServerDown as failure:
                if failure.status != 504 or self.rows <= self.least:
                    raise
                self.rows = max(self.rows // 2, self.least)


def halves(failure: object, named: Sequence[_T]) -> tuple[Sequence[_T], ...]:
    """Return what to ask for instead, after a failure, of things that were asked for by name: none unless they were too many.

    >>> halves(ServerDown(server="x", status=504), [1, 2, 3]), halves(ServerDown(server="x", status=500), [1, 2])
    (([1], [2, 3]), ())
    """
    if not isinstance(failure, ServerDown) or failure.status != 504 or len(named) < 2:
        return ()
    middle = len(named) // 2
    return named[:middle], named[middle:]
