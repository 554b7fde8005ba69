"""Send the list of open cases back to the phones: a file ``cases.csv`` in the folder that serves the forms' media.

Holds five columns and never more: no owner, no need, no urgency, no name, no place below the department. A closed,
merged or transferred case leaves the list. Unchanged content gives unchanged bytes, so no phone downloads it twice.
"""

from __future__ import annotations

import csv
import io
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sqlalchemy import select

from sync_scripts.errors import N_, DikaloError
from sync_scripts.store import durable
from sync_scripts.store.database import Register
from sync_scripts.store.schema.register import case as case_table

NAME = "cases.csv"
COLUMNS = ("name", "label", "department", "due", "status")
LEFT_STATES = frozenset({"closed", "merged", "transferred"})
_NAMES = uuid.UUID(
    "6b1f7a52-4a8e-5f0e-9d55-9a2f4f3b7c10"
)  # ours: makes a case's uuid the same on every laptop


@dataclass(eq=False, kw_only=True)
class ListNotWritten(DikaloError):
    """The folder of the phones' lists could not be written."""

    reason: str

    code: ClassVar[str] = "DK-C40"
    message: ClassVar[str] = N_(
        "The list of open cases could not be written to the folder given for phones ({reason}). "
        "The list that was there is unchanged. Check the folder and its free space, then publish again."
    )


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What a phone may know of an open case. ``due`` is an ISO date or None, ``department`` a P-code or None."""

    code: str
    department: str | None
    due: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: how many cases the list holds, and whether its bytes changed."""

    cases: int
    changed: bool
    dry_run: bool


def case_list(cases: Iterable[OpenCase]) -> bytes:
    """Return the file's bytes: UTF-8 without mark, LF, sorted by code."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for case in sorted(cases, key=lambda case: case.code):
        name = uuid.uuid5(_NAMES, case.code)
        writer.writerow((name, case.code, case.department or "", case.due or "", case.status))
    return out.getvalue().encode()


def open_cases(register: Register) -> list[OpenCase]:
    """Read the open cases from the register, levels 0 and 1 only."""
    case = case_table.c
    query = select(case.case_code, case.department, case.next_due, case.state).where(
        case.state.not_in(LEFT_STATES)
    )
    with register.reading() as rows:
        return [
            OpenCase(row["case_code"], row["department"], row["next_due"], row["state"])
            for row in rows.execute(query).mappings()
        ]


def publish(register: Register, folder: Path, *, dry_run: bool = False) -> Published:
    """Write the list of open cases into ``folder`` if it changed. Doing it twice writes once.

    Raises:
        ListNotWritten: the folder refused; the old list is still there.
        DiskFull: likewise.
    """
    cases = open_cases(register)
    content = case_list(cases)
    path = folder / NAME
    try:
        changed = not path.is_file() or path.read_bytes() != content
        if changed and not dry_run:
            durable.make_folder(folder)
            durable.write_whole(path, content)
    except OSError as problem:
        raise ListNotWritten(reason=os.strerror(problem.errno or 0)) from None
    return Published(cases=len(cases), changed=changed, dry_run=dry_run)
