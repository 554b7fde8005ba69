"""What the register says now of the rows that somebody wrote in. Reads only those, levels 0 to 2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, select

from sync_scripts.followup.inbound.plain_values import Value
from sync_scripts.followup.merge.cell_rules import Why
from sync_scripts.followup.outbound.content import day_of
from sync_scripts.followup.tiers import C4_FIELDS
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.other_records import NOBODY, CaseAgreed
from sync_scripts.register.disclosure.recipients import share_of
from sync_scripts.register.disclosure.sharing import gave_up
from sync_scripts.register.history.merges import where_it_goes_on
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.register.urgency.tasks import danger_behind
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["CaseState", "Current", "current"]

_AT_ONCE: Final = 500
_WAYS: Final[Mapping[str, Why]] = {"merged": "case_merged", "transferred": "case_handed_over"}


@dataclass(frozen=True, slots=True)
class CaseState:
    """One case now.

    Attributes:
        values: its editable columns by key.
        left: it was closed, merged or handed over.
        withheld: all but five columns are withheld.
        withdrawn: somebody in it took back, or refused, what the work on it rests on.
    """

    values: Mapping[str, Value]
    left: bool
    withheld: bool
    withdrawn: bool = False

    @property
    def why_left(self) -> Why:
        """Return which way a case was left; of one in which somebody withdrew, nothing further."""
        if self.withdrawn:
            return "case_left"  # what a file says of it is to be deleted, and written nowhere else
        return _WAYS.get(self.values["state"] or "", "case_closed")

    def hides(self, source: tuple[str, str] | None) -> bool:
        """Tell whether a column of it may not be shown, nor written by somebody who cannot see it."""
        return self.withheld and source not in C4_FIELDS


@dataclass(frozen=True, slots=True)
class Current:
    """What the register says: cases by code, interventions by id."""

    cases: Mapping[str, CaseState]
    interventions: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


def current(rows: Rows, codes: Iterable[str], records: Iterable[str], at: datetime) -> Current:
    """Return what the register says at an instant of some cases and interventions."""
    wanted = sorted(set(codes))
    agreed, behind = of_cases(rows, wanted), danger_behind(rows, wanted)
    cases = {
        row["case_code"]: _case(row, behind.get(row["case_code"]), agreed.get(row["case_code"], NOBODY), at)
        for row in _some(rows, tables.case, "case_code", wanted)
    }
    made = tables.intervention
    theirs = list(_some(rows, made, "intervention_id", records))
    kept = where_it_goes_on(rows) if theirs else {}
    found = {
        row["intervention_id"]: _work(row) | {"code": kept.get(row["case_code"], row["case_code"])}
        for row in theirs
    }
    return Current(cases, found)


def _some(rows: Rows, table: Table, key: str, wanted: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    keys = sorted(set(wanted))
    for start in range(0, len(keys), _AT_ONCE):
        query = select(table).where(table.c[key].in_(keys[start : start + _AT_ONCE]))
        yield from (dict(row) for row in rows.execute(query).mappings())


def _case(row: Mapping[str, Any], behind: str | None, agreed: CaseAgreed, at: datetime) -> CaseState:
    stopped = agreed.stopped(at)
    return CaseState(
        {
            "code": row["case_code"],
            "state": row["state"],
            "urgency": behind or row["level"],
            "owner": row["owner_code"],
            "next_due": row["next_due"],
            "note": row["work_note"],
            "closure": row["closure_reason"],
        },
        left=row["state"] in CASE_LEFT,
        withheld=stopped or share_of(row["confidentiality"], "workbook", trusted=True) == "few",
        withdrawn=stopped or any(gave_up(one) for one in agreed.people.values()),
    )


def _work(row: Mapping[str, Any]) -> dict[str, Value]:
    """Return an intervention under the keys of both sheets, actions and referrals."""
    return {
        "code": row["case_code"],
        "service": row["service"],
        "owner": row["owner_code"],
        "due": day_of(row["due_at"]),
        "status": row["status"],
        "done_on": day_of(row["done_at"]),
        "outcome": row["work_note"] if row["provider_code"] is None else row["status"],
        "provider": row["provider_code"],
        "sent_on": day_of(row["requested_on"]),
        "comment": row["work_note"],
    }
