"""What came to a case after its closure was asked for, or was read here after it: whoever asked had not seen it. Reads only.

A server may have had it before: the laptop on which the closure was asked for had no network. Any of it can make a closure
wrong: an alert, also one that was tied to the case or edited; an interview; a visit that reports a growing risk; another case
with all that is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Table, select

from sync_scripts.register.forms.submissions import COUNTS
from sync_scripts.register.history.arrivals import Known, versions_read_since
from sync_scripts.register.history.ops import INTO_CASE
from sync_scripts.register.lifecycle import CaseNow
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events as store_events
from sync_scripts.store.schema import register as tables

__all__ = ["Came", "came_since"]


class Came(msgspec.Struct, frozen=True, order=True):
    """One thing that came: when, as text, what it is, and the code of an alert or case.

    Of a form it is when a server had it, which may be before the closure was asked for.
    """

    at: str
    what: Literal["alert", "interview", "risk_up", "merged"]
    code: str = ""


def came_since(rows: Rows, codes: Sequence[str], now: CaseNow) -> list[Came]:
    """Return what came since the closure was asked for, the oldest first; nothing where none was asked for.

    Args:
        rows: the register.
        codes: of the case, and of the cases merged into it.
        now: where the events of the case brought it.
    """
    if now.asked_at is None:
        return []
    found = {*_forms(rows, codes, now.asked_at, now.asked_known), *_tied(rows, codes, now.asked_at)}
    found |= {Came(at, "merged", code) for at, code, _level, _risk in now.took if at > now.asked_at}
    return sorted(found)


def _forms(rows: Rows, codes: Sequence[str], since: str, known: Known | None) -> Iterator[Came]:
    alert, talk, visit = tables.alert, tables.interview, tables.followup
    filing = tables.filing.c
    read = _read_since(rows, codes, known)

    def arrived(table: Table, column: ColumnElement[Any]) -> list[Any]:
        """Return the forms of a kind of which a version came to a server since, or was read here since."""
        query = select(filing.filing_no, filing.received_at, column)
        query = query.join(table, table.c.filing_no == filing.filing_no)
        found = rows.execute(query.where(filing.case_code.in_(codes))).all()
        return [row for row in found if row.received_at > since or row.filing_no in read]

    for row in arrived(alert, alert.c.code):
        yield Came(row.received_at, "alert", row.code)
    for row in arrived(talk, talk.c.interview_id):
        yield Came(row.received_at, "interview")
    for row in arrived(visit, visit.c.risk_change):
        if row.risk_change == "up":
            yield Came(row.received_at, "risk_up")


def _read_since(rows: Rows, codes: Sequence[str], known: Known | None) -> set[int]:
    """Return the numbers of the forms of which this register read a version since; of an earlier version nothing says so."""
    if known is None or known.arrival is None:
        return set()
    return set(rows.execute(versions_read_since(known, codes, COUNTS)).scalars())


def _tied(rows: Rows, codes: Sequence[str], since: str) -> Iterator[Came]:
    """Yield the alerts that somebody brought into the case since, and that are in it."""
    alert, filing = tables.alert, tables.filing
    query = select(alert.c.code, filing.c.stamp, filing.c.root_id)
    query = query.join(filing, filing.c.filing_no == alert.c.filing_no)
    there = {
        f"alert:{row.stamp}/{row.root_id}": row.code
        for row in rows.execute(query.where(filing.c.case_code.in_(codes)))
    }
    for event in store_events.read(rows, subjects=list(there), ops=[*INTO_CASE]) if there else ():
        if event.at > since and event.payload["case_code"] in codes:
            yield Came(event.at, "alert", there[event.subject])
