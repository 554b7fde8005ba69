"""What is kept of workbooks of somebody who took something back, while others in the case go on: hers goes, theirs stays.

Of a case that stops everything goes: see `forget_snapshots`. A base that is emptied is never written in, so no edit
is lost with it: columns that come from the register alone, and rows of services that were hers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, delete, or_, select, update

from sync_scripts.register.consents.recorded import NOBODY, of_cases
from sync_scripts.register.merged import kept_of
from sync_scripts.store import outbox
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.workbooks import followup_conflict, followup_export, followup_row

__all__ = ["forget", "forget_person", "forget_snapshots", "stopped_among", "subjects_of"]

_FACTS: Final = {
    "document": frozenset({"violations", "people", "arrondissement", "legal"}),
    "services": frozenset({"needs"}),
}
"""Purpose -> keys of the columns that show what it covers; a workbook made from now on asks for each person."""


def forget_person(
    rows: Rows, code: str, uid: str, purposes: Collection[str], until: str | None = None
) -> int:
    """Take what a purpose covered of a person out of what is kept of every workbook; return how many rows held something.

    A column that tells of several people goes whole: whose part was whose cannot be told from it.

    Args:
        rows: in the transaction of the decision.
        code: of the case in which she is kept.
        uid: of the person.
        purposes: what does not stand any more.
        until: workbooks that went out after this instant hold nothing of it; None for all of them.
    """
    keys = frozenset[str]().union(*(_FACTS.get(one, frozenset()) for one in purposes))
    hers = list(_services_of(rows, code, uid)) if "services" in purposes else []
    kept = followup_row.c
    gone = update(followup_row).where(
        kept.record_id.in_(hers), kept["values"].is_not(None), *_out_by(kept.export_id, until)
    )
    count = int(rows.execute(gone.values({"values": None})).rowcount) if hers else 0
    if hers:
        asked = followup_conflict.c
        theirs = delete(followup_conflict).where(asked.record_id.in_(hers))
        rows.execute(theirs.where(*_out_by(asked.export_id, until)))
    return count + (_without(rows, code, keys, until) if keys else 0)


def _out_by(export: ColumnElement[str], until: str | None) -> list[ColumnElement[bool]]:
    """Return the condition that a workbook went out by an instant; none for every workbook."""
    if until is None:
        return []
    return [export.in_(select(followup_export.c.export_id).where(followup_export.c.at <= until))]


def _without(rows: Rows, code: str, keys: Collection[str], until: str | None) -> int:
    """Leave some columns out of what is kept of a case; a column that is not there is compared with nothing."""
    kept = followup_row.c
    of_case = select(followup_row).where(kept.case_code == code, kept["values"].is_not(None))
    of_case = of_case.where(*_out_by(kept.export_id, until))
    count = 0
    for row in rows.execute(of_case).mappings().all():
        said = msgspec.json.decode(row["values"], type=dict[str, str | None])
        if all(said.get(key) is None for key in keys):
            continue
        left = canonical({key: value for key, value in said.items() if key not in keys})
        same = [kept[name] == row[name] for name in ("export_id", "sheet", "row_id")]
        rows.execute(update(followup_row).where(*same).values({"values": left}))
        count += 1
    return count


def _services_of(rows: Rows, code: str, uid: str) -> Iterator[str]:
    """Yield the services of a person; one that names nobody is of whoever was interviewed first."""
    made = tables.intervention.c
    first = of_cases(rows, [code]).get(code, NOBODY).first
    for row in rows.execute(select(made.intervention_id, made.person_uid).where(made.case_code == code)):
        if (row.person_uid or first) == uid:
            yield row.intervention_id


# --- a whole case ---


def stopped_among(rows: Rows, codes: Iterable[str], at: datetime) -> list[str]:
    """Return which of some cases have stopped, and of those in which the merged ones among them go on: nobody is left there."""
    every = set(codes)
    every |= set(kept_of(rows, every).values())
    return sorted(code for code, agreed in of_cases(rows, every).items() if agreed.stopped(at))


def forget(rows: Rows, code: str, until: str | None = None) -> tuple[int, int]:
    """Take back what waits to be sent of a case and what is kept of it in workbooks; return how much of each.

    ``until`` as in `forget_person`.
    """
    return outbox.cancel(rows, subjects_of(rows, code)), forget_snapshots(rows, code, until)


def subjects_of(rows: Rows, code: str) -> list[str]:
    """Return everything under which a message about a case, its alerts or its tasks can wait."""
    task, filing = tables.task, tables.filing
    theirs = select(task.c.subject).join(filing, filing.c.filing_no == task.c.filing_no)
    tasks = rows.execute(theirs.where(filing.c.case_code == code)).scalars()
    roots = rows.execute(
        select(filing.c.stamp, filing.c.root_id).where(
            filing.c.case_code == code, filing.c.unit.like("alert:%")
        )
    )
    return [f"case:{code}", *tasks, *(f"alert:{row.stamp}/{row.root_id}" for row in roots)]


def forget_snapshots(rows: Rows, code: str, until: str | None = None) -> int:
    """Take the values of a case out of what is kept of every workbook; the rows stay, so that a file is still known.

    Open questions about the case go too: they hold what a workbook said. The services of a merged case stand there under the
    code of the one that was kept. ``until`` as in `forget_person`.
    """
    asked, kept, made = followup_conflict.c, followup_row.c, tables.intervention.c
    services = select(made.intervention_id).where(made.case_code == code)
    theirs = delete(followup_conflict).where(or_(asked.case_code == code, asked.record_id.in_(services)))
    rows.execute(theirs.where(*_out_by(asked.export_id, until)))
    mine = or_(kept.case_code == code, kept.record_id.in_(services))
    gone = update(followup_row).where(mine, kept["values"].is_not(None), *_out_by(kept.export_id, until))
    return int(rows.execute(gone.values({"values": None})).rowcount)
