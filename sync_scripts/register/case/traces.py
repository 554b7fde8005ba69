"""What is left of an alert or case that was erased: its code, its dates, why, counts, and what statistics may keep. Pure.

Its answers were reduced in the raw store; here what people had typed about it leaves the rows too. Levels stay as the rules
gave them while they knew everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sync_scripts.register.forms.row_output import Output, RowOf
from sync_scripts.register.rules.kinds import OUTLIVE_ERASURE
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["alert_trace", "case_trace", "end_tasks", "purge_of"]

_OPS: Final = frozenset({"alert.purge", "case.purge"})


def purge_of(events: Iterable[Event]) -> Event | None:
    """Return the event by which a unit was erased, the last where it was done in two steps; None while it was not."""
    found = None
    for event in events:
        if event.op in _OPS:
            found = event
    return found


_GOES_ON: Final = frozenset({"consent.record", "case.move", "case.contact"})
"""Decisions after an erasure that show that the work is taken up again: what is due then is due."""


def end_tasks(rows: Iterable[RowOf], at: str, ended: Mapping[str, str] | None = None) -> None:
    """End every task that an erasure leaves without a purpose; one that had ended before it, when it ended.

    Args:
        rows: the tasks of a unit, as far as what is left of its forms still asks for them.
        at: when it was erased.
        ended: when each had ended by then, by its id: with what told it went what said so.
    """
    known = ended or {}
    for row in (one for one in rows if one["kind"] not in OUTLIVE_ERASURE):
        if row["task_id"] in known or row["done_at"] is None or row["done_at"] > at:
            row["done_at"] = known.get(row["task_id"], at)


def alert_trace(row: dict[str, Any], event: Event) -> None:
    """Take out of the row of an alert what identifies somebody or was typed; keep the level that it had."""
    said = event.payload
    row |= {"urgency": said.get("urgency"), "score": said.get("score")}
    row["level"] = row["urgency_decided"] or row["urgency"]
    row |= dict.fromkeys(("contact_tag", "reasons", "dismiss_reason", "date_min", "date_max"))


def case_trace(out: Output, event: Event, events: Iterable[Event]) -> None:
    """Take out of the rows of a case what people typed; end what is due in it, and call its evidence erased."""
    said = event.payload
    for row in out.rows[tables.case]:
        row |= {name: said[name] for name in ("urgency", "confidentiality") if said.get(name)}
        row |= {"work_note": None, "next_due": None, "level": row["urgency_decided"] or row["urgency"]}
    for row in out.rows[tables.intervention]:
        row["work_note"] = None
    for row in out.rows[tables.evidence]:
        row["state"] = "purged"
    for table in (tables.flag, tables.correction):
        out.rows[table].clear()
    if not any(one.op in _GOES_ON and one.at > event.at for one in events):
        end_tasks(out.rows[tables.task], event.at, said.get("ended"))
