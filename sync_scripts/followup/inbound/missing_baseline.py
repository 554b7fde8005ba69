"""Read a workbook that comes back so late that nobody knows any more what it said: nothing of it is thrown away.

Every cell that differs from the register becomes a question, because who changed it cannot be told. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sqlalchemy import select

from sync_scripts.followup.cell_reader import Lists, Reader, readers
from sync_scripts.followup.columns import Sheet
from sync_scripts.followup.errors import RowsUnknown
from sync_scripts.followup.inbound.comparison import Compared, Edited, check_columns
from sync_scripts.followup.inbound.reading import CameSheet, CameWorkbook, Row
from sync_scripts.followup.inbound.values import Bad, Cell, Decision, Outcome, Value
from sync_scripts.followup.outbound.content import stable_id
from sync_scripts.followup.outbound.planning import MOST_ROWS
from sync_scripts.followup.outbound.snapshot import BaseRow, Snapshot
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

NO_BASE: Final = Decision(Outcome.CONFLICT, "F3", why="no_base")
"""The rule of every cell of such a file."""
_BLANK: Final = Cell()


def without_base(
    rows: Rows, came: CameWorkbook, snapshot: Snapshot, lists: Lists, specs: tuple[Sheet, ...]
) -> Compared:
    """Return what such a workbook says, row by row, for every row whose case or intervention is still there.

    Raises:
        ColumnsMissing: a column that people fill in is gone.
        RowsUnknown: there are far more rows than anybody would have handed out.
    """
    known = [spec for spec in specs if spec.marker in snapshot.columns and spec.marker != "dk:todo"]
    found = Compared({spec.marker: readers(spec, lists) for spec in known}, based=False)
    found.unknown_sheets = came.unknown_sheets
    records = {**_records(rows, came, [spec.marker for spec in known]), **_made_before(rows, snapshot)}
    for spec in known:
        sheets = came.of(spec.marker)
        check_columns(spec, sheets, found, lists.lang)
        for sheet in sheets:
            found.edited += _edited_rows(spec, sheet, found, records)
    return found


def _edited_rows(
    spec: Sheet, sheet: CameSheet, found: Compared, records: Mapping[tuple[str, str], tuple[str, str]]
) -> Iterator[Edited]:
    """Yield the rows of one sheet that say something; too many of whom nobody knows are a flood."""
    unknown = 0
    for row in sheet.rows():
        found.rows += 1
        edited = _edited(spec, sheet, row, found.readers[spec.marker], records)
        if edited is None:
            continue
        unknown += edited.base is None
        if unknown > MOST_ROWS:
            raise RowsUnknown(sheet=sheet.title, most=MOST_ROWS)
        yield edited


def _records(
    rows: Rows, came: CameWorkbook, markers: Iterable[str]
) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Return (sheet, row id) -> (case, intervention), for every intervention there is."""
    register_id = came.meta.get("register_id", "")
    made = tables.intervention
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for row in rows.stream(select(made.c.intervention_id, made.c.case_code)):
        for marker in markers:
            known = (row.case_code, row.intervention_id)
            found[marker, stable_id(register_id, marker, row.intervention_id)] = known
    return found


def _made_before(rows: Rows, snapshot: Snapshot) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Return the same for the blank rows of this export that an earlier import made something of."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for event in store_events.read(rows, ops=["intervention.add"]):
        via = event.payload.get("via") or {}
        if snapshot.export_id in {via.get("export"), via.get("origin")} and "row" in via:
            case = event.subject.removeprefix("case:")
            found[f"dk:{via['sheet']}", via["row"]] = (case, event.payload["intervention"])
    return found


def _edited(
    spec: Sheet,
    sheet: CameSheet,
    row: Row,
    columns: Mapping[str, Reader],
    records: Mapping[tuple[str, str], tuple[str, str]],
) -> Edited | None:
    mine: dict[str, Value | Bad] = {
        key: reader.read(row.cells.get(key, _BLANK))
        for key, reader in columns.items()
        if reader.column.editable
    }
    if all(value is None for value in mine.values()):
        return None
    row_id = row.words("__id") or ""
    if spec.marker == "dk:cases":
        code = columns["code"].read(row.cells.get("code", _BLANK))
        case, record = (None if isinstance(code, Bad) else code), None
    else:
        case, record = records.get((spec.marker, row_id), (None, None))
    base = None if case is None else BaseRow(row_id, None, None, case, record, spare=False)
    return Edited(sheet, spec, row.number, row_id, NO_BASE, base, mine)
