"""The two lists that phones get, as rows and as bytes, and what became of them at one place. Sends nothing.

``cases.csv`` holds five columns and never more: no owner, no need, no urgency, no name, no place below the department.
``providers.csv`` holds four: no address, no contact, and of a shelter the bare code alone. The same content gives the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.errors import Attention, DikaloError, Unreachable
from sync_scripts.publish.audiences import Audience, OpenCase, may_leave
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.directory.providers import SHELTER, listed
from sync_scripts.register.forms.answers import row_uuid
from sync_scripts.register.lifecycle.moves import CASE_LEFT
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
    """Return the bytes of ``cases.csv``. Asks nobody whether they may leave: see `audiences`."""
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
        agreed = of_cases(rows, [one.code for one in found if one.status not in CASE_LEFT])
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


NotOnPhones: Final = Unreachable.declare(
    "DK-H07",
    "The server {server} took the lists of the form {form}, but does not hand them to phones yet. Run dikalo publish "
    "again in some minutes: it looks again, and completes what is missing.",
)
NotSeen: Final = Attention.declare(
    "DK-N49",
    "The server {server} took the lists of the form {form}, but does not list the form to the login of the role publish as "
    "it would to a phone, so dikalo could not see whether phones have them. Look on one phone. Give that login the right "
    "to add submissions to the form, in a browser; then it is looked at each time.",
)


@dataclass(slots=True)
class Done:
    """The outcome for one server, or for the folder.

    Attributes:
        server: its name, "" for the folder.
        kind: ``folder``, ``central`` or ``kobo``.
        cases: how many cases its phones hold between them, or would.
        kept: how many stay, by reason; see `audiences.Why`.
        deeds: (deed, list, how many rows or files) that were done, or would be.
        waits: instant until which a change waits, "" = none does.
        foreign: rows there that this register did not make, and left alone.
        drafts: forms that keep the list they have, because there is a draft of somebody's.
        stuck: forms whose phones still show a case that had to leave, because there is a draft of somebody's.
        archived: forms that are closed at the server, and whose list would change.
        strangers: forms whose list was not the one that was sent last: somebody else sends it, too.
        emptied: forms that nothing names any more, and whose list was emptied.
        less: nothing could come; only what must leave the lists left.
        held: something must leave and could not yet, because another command writes to the workspace.
        failures: what stopped it, or some form of it, in the order in which it was met: each is to be said.
    """

    server: str
    kind: str
    cases: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    deeds: list[tuple[str, str, int]] = field(default_factory=list)
    waits: str = ""
    foreign: int = 0
    drafts: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    archived: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    less: bool = False
    held: bool = False
    failures: list[DikaloError] = field(default_factory=list)

    @property
    def failure(self) -> DikaloError | None:
        """Return the weightiest failure: that with the highest exit code, the first of several."""
        return max(self.failures, key=lambda one: one.exit_code, default=None)

    @property
    def unfinished(self) -> bool:
        """Tell whether something could not be done at all, rather than that a person must settle something."""
        return not all(isinstance(one, Attention) for one in self.failures)

    @property
    def changed(self) -> bool:
        """Tell whether something was, or would be, written."""
        return bool(self.deeds)

    @property
    def asks(self) -> bool:
        """Tell whether a person must do something at the server: else some form keeps, or gets again, a list that it should not have."""
        return bool(self.kept_back or self.strangers)

    @property
    def kept_back(self) -> bool:
        """Tell whether some form keeps a list that it should not have, because of what somebody did at the server."""
        return bool(self.drafts or self.stuck or self.archived)

    def count_all(self, cases: Iterable[OpenCase], to: Sequence[Audience]) -> None:
        """Count the open cases that leave for anybody, and those that leave for nobody by the weightiest reason."""
        for case in cases:
            reasons = {may_leave(case, audience) for audience in to}
            if "" in reasons:
                self.cases += 1
            elif reasons and "left" not in reasons:
                self.kept[
                    next(why for why in ("withdrawn", "secret", "owner", "zone") if why in reasons)
                ] += 1

    def deed(self, name: str, file: str, number: int) -> None:
        """Note a deed; none is none."""
        if number:
            self.deeds.append((name, file, number))

    def document(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "server": self.server,
            "kind": self.kind,
            "cases": self.cases,
            "kept": dict(sorted(self.kept.items())),
            "changed": self.changed,
            "deeds": [{"deed": name, "list": file, "count": number} for name, file, number in self.deeds],
            "waits_until": self.waits,
            "foreign": self.foreign,
            "drafts": self.drafts,
            "stuck": self.stuck,
            "archived": self.archived,
            "strangers": self.strangers,
            "emptied": self.emptied,
            "less": self.less,
            "held": self.held,
            "failure": self.failure.code if self.failure else None,
            "failures": [one.code for one in self.failures],
        }
