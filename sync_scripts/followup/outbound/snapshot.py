"""What the register keeps of each workbook it hands out: the base of every comparison, where nobody can edit it.

Kept for 35 days, though a workbook should be back after seven: late work is not lost. What stands here of a person
goes when she withdraws: a column of which something was hers is not in a row any more, and is compared with nothing. Writes only what an import or an export asks for, in its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import delete, func, select, update

from sync_scripts.followup.outbound.content import blank_version
from sync_scripts.register.model.codes import chunks
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import workbooks

HELD_DAYS: Final = 35


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is kept of an export as a whole; ``columns`` are the keys of each sheet, ``labels`` the words shown.

    ``known`` is what the register had read by then: nobody who fills it in has seen more.
    """

    export_id: str
    by: str
    at: str
    tier: str
    scope: str
    lang: str
    expires: date
    columns: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, Mapping[str, str]]
    known: Mapping[str, Any]

    @property
    def reader(self) -> str:
        """Return the code of the person whom the copy was made for, as far as the register knows."""
        parts = dict(part.partition("=")[::2] for part in self.scope.split())
        return parts.get("for") or self.by


@dataclass(frozen=True, slots=True)
class BaseRow:
    """What one row said when it went out.

    Attributes:
        row_id: its id in the workbook.
        version: the mark it went out with.
        values: of its columns; None for a blank row, and for one that was erased with its person.
        case_code, record_id: the case, and the intervention, that it shows.
        spare: it went out blank, ready to be filled.
    """

    row_id: str
    version: str | None
    values: Mapping[str, str | None] | None
    case_code: str | None
    record_id: str | None
    spare: bool

    @property
    def created(self) -> bool:
        """Tell whether an import made something of this blank row."""
        return self.spare and self.record_id is not None

    @property
    def erased(self) -> bool:
        """Tell whether what it said was erased."""
        return self.values is None and (self.created or not self.spare)


def find(rows: Rows, export_id: str) -> Snapshot | None:
    """Return what is kept of an export; None when this register never gave it out."""
    kept = workbooks.followup_export
    row = rows.execute(select(kept).where(kept.c.export_id == export_id)).mappings().first()
    if row is None:
        return None
    columns = msgspec.json.decode(row["columns"], type=dict[str, tuple[str, ...]])
    labels = msgspec.json.decode(row["labels"] or "{}", type=dict[str, dict[str, str]])
    return Snapshot(
        row["export_id"],
        row["by"],
        row["at"],
        row["tier"],
        row["scope"],
        row["lang"],
        date.fromisoformat(row["expires"]),
        columns,
        labels,
        msgspec.json.decode(row["known"] or "{}", type=dict[str, Any]),
    )


def is_held(rows: Rows, export_id: str) -> bool:
    """Tell whether what the rows of an export said is still known."""
    kept = workbooks.followup_row
    return (
        rows.execute(select(kept.c.row_id).where(kept.c.export_id == export_id).limit(1)).first() is not None
    )


def base_rows(rows: Rows, snapshot: Snapshot, marker: str, ids: Iterable[str]) -> dict[str, BaseRow]:
    """Return what rows of one sheet said, by id; those that the export did not hold are left out."""
    kept = workbooks.followup_row
    blank = blank_version(snapshot.columns.get(marker, ()))
    found: dict[str, BaseRow] = {}
    for some in chunks(ids):
        query = select(kept).where(
            kept.c.export_id == snapshot.export_id,
            kept.c.sheet == marker,
            kept.c.row_id.in_(some),
        )
        for row in rows.execute(query).mappings():
            found[row["row_id"]] = _base(dict(row), blank)
    return found


def _base(row: Mapping[str, Any], blank: str) -> BaseRow:
    values = row["values"]
    return BaseRow(
        row["row_id"],
        row["version"],
        None if values is None else msgspec.json.decode(values, type=dict[str, str | None]),
        row["case_code"],
        row["record_id"],
        row["version"] == blank,
    )


def counts(rows: Rows, snapshot: Snapshot) -> dict[str, int]:
    """Return how many rows of each sheet were handed out filled; what imports made since of blank rows went out in none."""
    kept = workbooks.followup_row
    blank = {blank_version(columns) for columns in snapshot.columns.values()}
    query = (
        select(kept.c.sheet, func.count().label("total"))
        .where(
            kept.c.export_id == snapshot.export_id,
            kept.c["values"].is_not(None),
            func.coalesce(kept.c.version, "").not_in(sorted(blank)),
        )
        .group_by(kept.c.sheet)
    )
    return {row.sheet: int(row.total) for row in rows.execute(query)}


def cases_of(rows: Rows, export_id: str, codes: Iterable[str]) -> set[str]:
    """Return which of some cases were in an export."""
    kept = workbooks.followup_row
    query = select(kept.c.case_code).where(
        kept.c.export_id == export_id, kept.c.sheet == "dk:cases", kept.c.case_code.in_(sorted(set(codes)))
    )
    return {row.case_code for row in rows.execute(query)}


def all_cases(rows: Rows, export_id: str) -> list[str]:
    """Return every case that was in an export."""
    kept = workbooks.followup_row
    query = select(kept.c.case_code).where(kept.c.export_id == export_id, kept.c.sheet == "dk:cases")
    return list(rows.execute(query).scalars())


def is_applied(rows: Rows, sha256: str) -> bool:
    """Tell whether a file of these very bytes was applied before."""
    kept = workbooks.followup_import
    return rows.execute(select(kept.c.at).where(kept.c.file_sha256 == sha256)).first() is not None


def note_import(
    rows: Rows, *, sha256: str, export_id: str, actor: Actor, now: datetime, changes: int
) -> None:
    """Keep that a file was applied."""
    line = {
        "file_sha256": sha256,
        "export_id": export_id,
        "at": instant(now),
        "by": actor.code,
        "changes": changes,
    }
    rows.upsert(workbooks.followup_import, [line])


def created(
    rows: Rows,
    snapshot: Snapshot,
    marker: str,
    row_id: str,
    *,
    said: Mapping[str, str | None],
    record_id: str,
) -> None:
    """Keep what an import made of a row, so that the same file, or a corrected copy of it, makes no second one."""
    line = {
        "export_id": snapshot.export_id,
        "sheet": marker,
        "row_id": row_id,
        "version": blank_version(snapshot.columns[marker]),
        "values": canonical(dict(said)),
        "case_code": said.get("code"),
        "record_id": record_id,
    }
    rows.upsert(workbooks.followup_row, [line])


def purge(rows: Rows, now: datetime) -> None:
    """Forget what rows said of exports older than 35 days, and questions that were settled before; the rest stays."""
    kept, export = workbooks.followup_row, workbooks.followup_export
    before = instant(now - timedelta(days=HELD_DAYS))
    old = select(export.c.export_id).where(export.c.at < before)
    rows.execute(delete(kept).where(kept.c.export_id.in_(old)))
    rows.execute(update(export).where(export.c.at < before).values(labels=None))
    asked = workbooks.followup_conflict
    rows.execute(delete(asked).where(asked.c.settled_at < before))
