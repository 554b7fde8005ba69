"""The two lists that phones get, as rows and as bytes: open cases and providers. The same content gives the same bytes.

``cases.csv`` holds five columns and never more: no owner, no need, no urgency, no name, no place below the department.
``providers.csv`` holds four: no address, no contact, and of a shelter the bare code alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from sync_scripts.errors import Attention
from sync_scripts.publish.leaving import LEFT_STATES, OpenCase
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.directory.providers import SHELTER, listed
from sync_scripts.register.forms.listed_providers import row_uuid
from sync_scripts.store.database import Register
from sync_scripts.store.schema.register import case as case_table

CASES: Final = "cases.csv"
PROVIDERS: Final = "providers.csv"
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    CASES: ("name", "label", "department", "due", "status"),
    PROVIDERS: ("name", "label", "department", "services"),
}
"""Columns of each list, by file."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


ProvidersUnsuitable: Final = Attention.declare(
    "DK-C43",
    "The list of providers in this workspace was not sent to phones (line {line}); they keep the one that they have. Its "
    "columns are name, label, department, services and no others, with commas between them (not semicolons), above all no "
    "address and no telephone; name is the provider's code, given once, and no cell begins with = + - or @.",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: its code, and the value of each column but ``name``."""

    code: str
    values: Mapping[str, str]


def case_row(case: OpenCase) -> Row:
    """Return what a phone may know of a case."""
    values = {
        "label": case.code,
        "department": case.department or "",
        "due": case.due or "",
        "status": case.status,
    }
    return Row(case.code, values)


def content(name: str, rows: Iterable[Row]) -> bytes:
    """Return a list's bytes: UTF-8 without mark, LF, sorted by code."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS[name])
    for row in sorted(rows, key=lambda one: one.code):
        first = row_uuid(row.code) if name == CASES else row.code
        writer.writerow((first, *(row.values[column] for column in COLUMNS[name][1:])))
    return out.getvalue().encode()


def case_list(cases: Iterable[OpenCase]) -> bytes:
    """Return the bytes of ``cases.csv``. Asks nobody whether they may leave: see `leaving`."""
    return content(CASES, map(case_row, cases))


def codes_in(data: bytes) -> set[str]:
    """Return the codes of the cases in a list; of what is no list of ours, one that no list of ours holds."""
    lines = list(csv.reader(io.StringIO(data.decode("utf-8", errors="replace"))))
    if not lines or "label" not in lines[0]:
        return {""} if data else set()
    at = lines[0].index("label")
    return {line[at] for line in lines[1:] if len(line) > at}


def cases_of(register: Register, at: datetime) -> list[OpenCase]:
    """Read all cases from the register, levels 0 and 1 only; ``at`` says as of when their people have withdrawn."""
    case = case_table.c
    query = select(
        case.case_code, case.department, case.next_due, case.state, case.confidentiality, case.owner_code
    )
    with register.reading() as rows:
        found = [OpenCase(*one) for one in map(tuple, rows.execute(query))]
        agreed = of_cases(rows, [one.code for one in found if one.status not in LEFT_STATES])
    ended = {code for code, one in agreed.items() if one.stopped(at)}
    return [replace(one, stopped=one.code in ended) for one in found]


def providers_of(path: Path) -> tuple[Row, ...] | None:
    """Read the workspace's file of providers, None when there is none: then no list of theirs is touched.

    Raises:
        ProvidersUnsuitable: another column, a code twice, a cell that a spreadsheet would run.
    """
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProvidersUnsuitable(line=1) from None
    lines = list(csv.reader(io.StringIO(text)))
    if not lines or tuple(lines[0]) != COLUMNS[PROVIDERS]:
        raise ProvidersUnsuitable(line=1)
    found: dict[str, Row] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        if len(line) != len(lines[0]) or not line[0] or line[0] in found or _runs(line):
            raise ProvidersUnsuitable(line=number)
        found[line[0]] = _provider(line)
    return tuple(found[code] for code in sorted(found))


def providers_in(register: Register) -> tuple[Row, ...]:
    """Return the entries of the register's own directory that go to phones, by code; a shelter as a bare code."""
    with register.reading() as rows:
        found = [one for one in listed(rows) if one["on_phones"]]
    cells = ("provider_code", "name", "department", "services")
    return tuple(_provider([one[name] or "" for name in cells]) for one in found)


def together(own: Sequence[Row], of_file: Sequence[Row] | None) -> tuple[Row, ...] | None:
    """Return one list of the directory and the workspace's file; where both have a code, the directory counts.

    None when there is neither: then no list of theirs is touched.
    """
    if not own and of_file is None:
        return None
    every = {row.code: row for row in (*(of_file or ()), *own)}
    return tuple(every[code] for code in sorted(every))


def _provider(line: Sequence[str]) -> Row:
    code, label, department, services = line
    if SHELTER in services.split():
        return Row(code, {"label": code, "department": "", "services": ""})
    return Row(code, {"label": label or code, "department": department, "services": services})


def _runs(line: Iterable[str]) -> bool:
    return any(cell.startswith(_FORMULA) for cell in line)
