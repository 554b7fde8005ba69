"""What is known of the rows that somebody wrote in: what the register says now, and what came with another copy of the same export.

Reads only those rows, levels 0 to 2. A ready row that comes again is one's own, corrected perhaps, or the work of somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy import Table, select

from sync_scripts.followup.columns import C4_FIELDS
from sync_scripts.followup.inbound.values import Bad, Value, Why, same
from sync_scripts.followup.outbound.content import InterventionFacts, service_values
from sync_scripts.followup.outbound.snapshot import BaseRow
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.other_records import NOBODY, CaseAgreed
from sync_scripts.register.disclosure.recipients import share_of
from sync_scripts.register.disclosure.sharing import gave_up
from sync_scripts.register.history.merges import danger_behind, where_it_goes_on
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.register.model.codes import chunks
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import register as tables

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
        row["intervention_id"]: service_values(InterventionFacts.of(row))
        | {"code": kept.get(row["case_code"], row["case_code"])}
        for row in theirs
    }
    return Current(cases, found)


def _some(rows: Rows, table: Table, key: str, wanted: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    for some in chunks(sorted(set(wanted))):
        yield from (dict(row) for row in rows.execute(select(table).where(table.c[key].in_(some))).mappings())


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


_SECOND: Final = {"dk:actions": "service", "dk:referrals": "provider"}
"""Beside the case, the column that says what an action or a referral is."""


class Copy(Enum):
    """What a filled row is beside what was made of the same blank row before.

    Attributes:
        SAME: it says the same: nothing is to be done.
        OWN: it is the row that was taken, corrected by who brought it: compared with what was taken.
        OTHERS: it may be that row, or a colleague's: compared with the blank that went out, so that a difference is a question.
        ASKED: it is something else, though perhaps meant as a correction: a person says.
        NEW: it is a colleague's: an action of its own.
        ERASED: what was made of it went with its person.
    """

    SAME = "same"
    OWN = "own"
    OTHERS = "others"
    ASKED = "asked"
    NEW = "new"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class _Beside:
    """How a filled row lies beside one that was taken.

    Attributes:
        case, second: they name the same case, the same service (or provider).
        agree, differ: of all else that was said, how many cells say the same now, and how many do not.
    """

    case: bool
    second: bool
    agree: int
    differ: int

    @property
    def of_one_copy(self) -> bool:
        """Tell whether more of what was said stands than was changed: two people do not write the same by chance."""
        return self.agree > self.differ

    @property
    def adds(self) -> bool:
        """Tell whether it says the same and perhaps more: nothing would be written over."""
        return self.second and self.differ == 0


def beside(  # noqa: PLR0917 - two things laid side by side, and what is known of both
    rows: Rows,
    export_id: str,
    made: Sequence[BaseRow],
    mine: Mapping[str, Value | Bad],
    marker: str,
    hand: Actor,
) -> tuple[Copy, BaseRow | None]:
    """Return what a filled row is beside all that was made of its blank row, and beside which of it.

    Args:
        rows: where the decisions are kept that say who brought what.
        export_id: the export that the blank row belongs to.
        made: what imports made of it, of the export's copies in the order in which they came.
        mine: what the row says now.
        marker: of its sheet.
        hand: who brings it.
    """
    if any(one.values is not None and _says_the_same(one.values, mine) for one in made):
        return Copy.SAME, None
    for one in made:
        if one.erased and one.case_code == mine.get("code"):
            return Copy.ERASED, one
    lain = [(one, _lay(one.values, mine, marker)) for one in made if one.values is not None]
    own = {one.row_id for one, _lies in lain if _brought_by(rows, export_id, one) == hand}
    for one, lies in lain:
        if lies.case and (lies.of_one_copy or lies.adds):
            return (Copy.OWN if one.row_id in own else Copy.OTHERS), one
    for one, lies in lain:
        if one.row_id in own and lies.case and lies.second:
            return Copy.OTHERS, one
    if any(one.row_id in own and (lies.case or lies.of_one_copy) for one, lies in lain):
        return Copy.ASKED, None
    return Copy.NEW, None


def said_anew(made: BaseRow, mine: Mapping[str, Value | Bad]) -> dict[str, Value | Bad]:
    """Return what a row says beyond what was made of it; blank where both say the same."""
    values = made.values or {}
    return {key: None if _agrees(values, mine, key) else value for key, value in mine.items()}


def _brought_by(rows: Rows, export_id: str, made: BaseRow) -> Actor | None:
    """Return who brought the file of which something was made; None when no decision says so."""
    subjects = [f"case:{made.case_code}"]
    for event in store_events.read(rows, subjects=subjects, ops=["intervention.add"]):
        via = event.payload.get("via") or {}
        if export_id in {via.get("export"), via.get("origin")} and via.get("row") == made.row_id:
            return event.actor
    return None


def _says_the_same(values: Mapping[str, Value], mine: Mapping[str, Value | Bad]) -> bool:
    return all(_agrees(values, mine, key) for key in mine)


def _lay(values: Mapping[str, Value], mine: Mapping[str, Value | Bad], marker: str) -> _Beside:
    second = _SECOND[marker]
    rest = [key for key in mine if key not in {"code", second} and values.get(key) is not None]
    agree = sum(_agrees(values, mine, key) for key in rest)
    return _Beside(
        _agrees(values, mine, "code"), _agrees(values, mine, second), agree, differ=len(rest) - agree
    )


def _agrees(values: Mapping[str, Value], mine: Mapping[str, Value | Bad], key: str) -> bool:
    value = mine.get(key)
    return not isinstance(value, Bad) and same(value, values.get(key))
