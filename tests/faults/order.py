"""What the tables of a register say, whatever order the submissions came in.

A fault can let one submission come later than others that were sent after it. Then numbers of arrival differ, and so do
the numbers that other tables know a submission by, the order of lines and of events. Whose turn it is to have its files looked
at again, which goes on from where it was cut, differs too. Everything else must be equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from sync_scripts.intake.places.recheck import TURN

_BY_ORDER: Final = frozenset({"arrival", "seq"})
"""Columns that only say when something came."""
NOTICED: Final = {("submission", "gone_at"), ("flag", "raised_at")}
"""Moments at which a deletion was noticed, where the server does not say when it was."""


def orderless(told: Mapping[str, Any], *, noticed: bool = False) -> dict[str, list[str]]:
    """Return each table as lines in the order of their text.

    Args:
        told: tables as `likeness.told` gives them.
        noticed: leave out the moments at which deletions were noticed.
    """
    filings = {dict(row)["filing_no"]: dict(row)["root_id"] for row in told["filing"]}
    events = {dict(row)["seq"]: dict(row)["subject"] + dict(row)["op"] for row in told["event"]}
    names = _Names(filings, events, NOTICED if noticed else set())
    return {name: sorted(map(repr, names.rows(name, rows))) for name, rows in told.items()}


class _Names:
    """Puts what they stand for in the place of numbers that follow the order."""

    def __init__(
        self, filings: Mapping[int, str], events: Mapping[int, str], left_out: set[tuple[str, str]]
    ) -> None:
        self._filings = filings
        self._events = events
        self._left_out = left_out

    def rows(self, table: str, rows: Any) -> Iterator[object]:
        """Yield the rows of a table."""
        for row in rows:
            named = isinstance(row, tuple) and all(isinstance(one, tuple) and len(one) == 2 for one in row)
            yield sorted(self._row(table, row)) if named else row

    def _row(self, table: str, row: Any) -> Iterator[tuple[str, str]]:
        said = dict(row)
        kind, again = said.get("kind"), table == "watermark" and said["form"] == TURN
        noticed = {("task", "due_at")} if self._left_out and kind == "server_deleted" else set()
        for name, value in row:
            if name not in _BY_ORDER and (table, name) not in self._left_out | noticed:
                yield name, repr("" if again and name == "value" else self._value(name, value))

    def _value(self, name: str, value: Any) -> Any:
        if name.endswith("filing_no"):
            return self._filings.get(value, value)
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], timedelta):
            return self._events[value[0]], value[1]
        return value
