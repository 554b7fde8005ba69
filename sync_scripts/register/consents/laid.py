"""A no that somebody laid over a whole interview as a correction, and who has to look at what was refused. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from sync_scripts.register.corrections import CORRECT
from sync_scripts.register.owed import not_looked_at
from sync_scripts.register.people import GATE
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["laid", "unlooked"]


def laid(rows: Rows, code: str) -> list[Event]:
    """Return the corrections that stand in a case and refuse an interview of it, in order."""
    over, filing = tables.correction, tables.filing
    query = select(over.c.corrected_at, filing.c.stamp, filing.c.root_id)
    query = query.join(filing, filing.c.filing_no == over.c.filing_no).where(
        filing.c.case_code == code,
        over.c.entity == "interview",
        over.c.field.in_(sorted(GATE)),
        over.c.value == "no",
    )
    found = rows.execute(query).all()
    if not found:
        return []
    subjects = [f"interview:{row.stamp}/{row.root_id}" for row in found]
    at = {row.corrected_at for row in found}
    return [one for one in store_events.read(rows, subjects=subjects, ops=[CORRECT]) if one.at in at]


def unlooked(rows: Rows, unit: str) -> Iterator[tuple[Event, str]]:
    """Yield what was written down of an alert or a case as withdrawn or refused, and of which nobody said that they looked.

    Each with the id of the task that asks for it, or would.
    """
    said = list(store_events.read(rows, subjects=[unit]))
    if unit.startswith("case:"):
        said += laid(rows, unit.removeprefix("case:"))
    yield from not_looked_at(unit, said)
