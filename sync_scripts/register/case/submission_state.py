"""What stands in the register about submissions before they are built again: where they are filed, alerts, events. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.register.case.case_input import ALERT_COLUMNS
from sync_scripts.register.model.codes import Root, chunks, root_of
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["ALERT", "CASE", "LOOSE", "SITUATION", "Before", "Standing", "codes_of"]

ALERT: Final = "alert:"
CASE: Final = "case:"
LOOSE: Final = "loose:"
SITUATION: Final = "situation:"
"""How the names of units begin."""


@dataclass(frozen=True, slots=True)
class Before:
    """Where a submission belonged before, and the number under which its rows stand."""

    number: int
    unit: str
    case_code: str | None


def codes_of(units: Iterable[str]) -> list[str]:
    """Return the codes of the cases among some units."""
    return sorted(unit.removeprefix(CASE) for unit in units if unit.startswith(CASE))


class Standing:
    """What was there before, fetched for all units of a page at once."""

    def __init__(self, rows: Rows) -> None:
        """Read in an open transaction."""
        self.rows = rows

    def known(self, roots: Iterable[Root]) -> dict[Root, Before]:
        """Return where some submissions are filed, as far as they are."""
        found: dict[Root, Before] = {}
        for stamp, root_ids in _by_stamp(roots).items():
            for some in chunks(root_ids):
                theirs = (tables.filing.c.stamp == stamp) & tables.filing.c.root_id.in_(some)
                for row in self.rows.execute(_FILED.where(theirs)):
                    found[stamp, row.root_id] = Before(row.filing_no, row.unit, row.case_code)
        return found

    def members(self, units: Iterable[str]) -> dict[Root, Before]:
        """Return the submissions that are filed under some units, the alerts of a case among them."""
        filing = tables.filing
        wanted = sorted(units)
        cases = [unit.removeprefix(CASE) for unit in wanted if unit.startswith(CASE)]
        found = {
            (row.stamp, row.root_id): Before(row.filing_no, row.unit, row.case_code)
            for some in chunks(cases)
            for row in self.rows.execute(_FILED.where(filing.c.case_code.in_(some)))
        }
        loose = {root_of(unit) for unit in wanted if unit.startswith((LOOSE, SITUATION))}
        return found | self.known(loose)

    def naming(self, codes_: Iterable[str]) -> set[Root]:
        """Return the submissions whose form names one of some alerts."""
        filing = tables.filing
        query = select(filing.c.stamp, filing.c.root_id)
        return {
            (row.stamp, row.root_id)
            for some in chunks(codes_)
            for row in self.rows.execute(query.where(filing.c.alert_code.in_(some)))
        }

    def alerts_of_cases(self, units: Iterable[str]) -> dict[str, list[Mapping[str, Any]]]:
        """Return the alerts of some cases by unit, in the order of their arrival."""
        wanted = sorted(unit.removeprefix(CASE) for unit in units if unit.startswith(CASE))
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for some in chunks(wanted):
            for row in self.rows.execute(_ALERTS.where(tables.filing.c.case_code.in_(some))).mappings():
                found[f"{CASE}{row['case_code']}"].append(dict(row))
        for alerts in found.values():
            alerts.sort(key=lambda row: (row["received"], row["filing_no"]))
        return found

    def alerts_by_code(self, wanted: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Return some alerts by code, as far as they are there."""
        return {
            row["code"]: dict(row)
            for some in chunks(sorted(wanted))
            for row in self.rows.execute(_ALERTS.where(tables.alert.c.code.in_(some))).mappings()
        }

    def events(self, subjects: Iterable[str]) -> dict[str, list[Event]]:
        """Return what was decided about some subjects, each in order."""
        wanted = list(subjects)
        found: dict[str, list[Event]] = defaultdict(list)
        if wanted:
            for event in store_events.read(self.rows, subjects=wanted):
                found[event.subject].append(event)
        return found


def _by_stamp(roots: Iterable[Root]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for stamp, root_id in sorted(roots):
        found[stamp].append(root_id)
    return found


_FILED: Final = select(
    tables.filing.c.filing_no,
    tables.filing.c.stamp,
    tables.filing.c.root_id,
    tables.filing.c.unit,
    tables.filing.c.case_code,
)
_ALERTS: Final = select(
    *(tables.alert.c[name] for name in ALERT_COLUMNS),
    tables.filing.c.stamp,
    tables.filing.c.first_received_at.label("received"),
    tables.filing.c.received_at.label("read_at"),
).join(tables.filing, tables.filing.c.filing_no == tables.alert.c.filing_no)
