"""What is kept of workbooks of somebody who took something back, while others in the case go on: hers goes, theirs stays.

Of a case that stops everything goes: see `decide.forget_snapshots`. A base that is emptied is never written in, so no edit
is lost with it: columns that come from the register alone, and rows of services that were hers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import msgspec
from sqlalchemy import delete, select, update

from sync_scripts.register.consents.recorded import NOBODY, of_cases
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import followup_conflict, followup_row

__all__ = ["forget_person"]

_FACTS: Final = {
    "document": frozenset({"violations", "people", "arrondissement", "legal"}),
    "services": frozenset({"needs"}),
}
"""Purpose -> keys of the columns that show what it covers; a workbook made from now on asks for each person."""


def forget_person(rows: Rows, code: str, uid: str, purposes: Collection[str]) -> int:
    """Take what a purpose covered of a person out of what is kept of every workbook; return how many rows held something.

    A column that tells of several people goes whole: whose part was whose cannot be told from it.

    Args:
        rows: in the transaction of the decision.
        code: of the case in which she is kept.
        uid: of the person.
        purposes: what does not stand any more.
    """
    keys = frozenset[str]().union(*(_FACTS.get(one, frozenset()) for one in purposes))
    hers = list(_services_of(rows, code, uid)) if "services" in purposes else []
    kept = followup_row.c
    gone = update(followup_row).where(kept.record_id.in_(hers), kept["values"].is_not(None))
    count = int(rows.execute(gone.values({"values": None})).rowcount) if hers else 0
    if hers:
        rows.execute(delete(followup_conflict).where(followup_conflict.c.record_id.in_(hers)))
    return count + (_without(rows, code, keys) if keys else 0)


def _without(rows: Rows, code: str, keys: Collection[str]) -> int:
    """Leave some columns out of what is kept of a case; a column that is not there is compared with nothing."""
    kept = followup_row.c
    of_case = select(followup_row).where(kept.case_code == code, kept["values"].is_not(None))
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
