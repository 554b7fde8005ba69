"""A coordinator's desk for tests: a register with cases, workbooks that go out, are edited, and come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
from sqlalchemy import insert

from sync_scripts.followup.files import unlocked
from sync_scripts.followup.inbound.cell_decisions import Said
from sync_scripts.followup.inbound.importing import Asked, Imported, bring_back
from sync_scripts.followup.outbound.export import export
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema import workbooks
from tests import every_decision
from tests.register.beginnings import played_once
from tests.register.field import CASE as FORM
from tests.register.field import COORDINATOR, Field, changed, dealt, service
from tests.store.databases import prepare

CASE, OTHER = dealt(0, "DK"), dealt(1, "DK")
NOTE = ("dk:cases", CASE, "note", "Rappel fait le 20.")
WORKERS = ("RD-01", "RD-02", "RD-03")
DEPUTY = Actor("CO-02", "key")


@dataclass
class Desk:
    """One register and the folder of its workbooks."""

    field: Field
    folder: Path
    made: int = 0

    @property
    def register(self) -> Register:
        """Return the register."""
        return self.field.register

    @property
    def now(self) -> datetime:
        """Return the time, without letting it go on."""
        return self.field.now

    def export(self, **more: Any) -> Path:
        """Hand out a workbook of everything."""
        order = Order(
            tier=more.pop("tier", "T2"),
            lang=more.pop("lang", "fr"),
            scope=Scope(**more),
            actor=COORDINATOR,
            now=self.field.later(minutes=1),
            demo=False,
        )
        path = self.new_file()
        path.write_bytes(prepare(self.register, order, partial(self._written, order, path)))
        return path

    def _written(self, order: Order, path: Path) -> bytes:
        return export(self.register, order, path, password=None).path.read_bytes()

    def new_file(self) -> Path:
        """Return a file name that is free."""
        self.made += 1
        return self.folder / f"suivi-{self.made}.xlsx"

    def bring(self, path: Path, *, actor: Actor = COORDINATOR, **asked: Any) -> Imported:
        """Import a file; ``erase`` and ``accepted`` are said beforehand."""
        said = Said(asked.pop("erase", False), frozenset(asked.pop("accepted", ())))
        place = asked.pop("place", "")
        full = Asked(actor, self.field.later(minutes=1), said=said, **asked)
        file = unlocked(path.read_bytes(), lambda: asked.get("password", ""))
        return bring_back(self.register, replace(file, place=place), full)

    def apply(self, path: Path, **asked: Any) -> Imported:
        """Import a file and write."""
        return self.bring(path, apply=True, **asked)

    def edit(self, path: Path, *edits: tuple[str, str | int, str, Any]) -> Path:
        """Return an edited copy; each edit is (kind of sheet, case code or number of the row, key, value)."""
        book = openpyxl.load_workbook(path)
        for marker, row, key, value in edits:
            sheet = sheet_of(book, marker)
            sheet.cell(row_of(sheet, row), column_of(sheet, key)).value = value
        return self.saved(book)

    def saved(self, book: Any) -> Path:
        """Save a workbook under a new name."""
        target = self.new_file()
        book.properties.title = target.stem  # or two copies saved in one second could be the same bytes
        book.save(target)
        return target

    def case(self, number: int = 0) -> dict[str, Any]:
        """Return the row of a case."""
        code = dealt(number, "DK")
        return next(row for row in self.field.rows(tables.case) if row["case_code"] == code)

    def services(self, number: int = 0) -> list[dict[str, Any]]:
        """Return the interventions of a case."""
        code = dealt(number, "DK")
        found = [row for row in self.field.rows(tables.intervention) if row["case_code"] == code]
        return sorted(found, key=lambda row: int(row["number"]))

    def events(self, *ops: str) -> list[Event]:
        """Return what was decided."""
        with self.register.reading() as rows:
            return list(store_events.read(rows, ops=ops or None))

    def decide(self, decision: Any, *args: Any, **more: Any) -> Any:
        """Let somebody else decide something meanwhile."""
        with deciding(self.register, DEPUTY, self.field.later()) as by:
            return decision(by, *args, **more)

    def state(self) -> dict[str, Any]:
        """Return the whole register, and what was decided."""
        return {**self.field.everything(), "events": [event.hash for event in self.events()]}

    def rebuilt(self) -> bool:
        """Tell whether a rebuild comes to the very same."""
        before = self.field.everything()
        rebuild.rebuild(self.register, self.now)
        after = self.field.everything()
        # the directory of providers was laid here without a decision: nothing could build it again
        return {**after, "provider": []} == {**before, "provider": []}


def lay(register: Register, folder: Path, count: int = 4, *, coordination: bool = True) -> Desk:
    """Return a desk with some cases: each with a referral that was made and an action of our own."""
    return Desk(_cases(register, count, coordination=coordination), folder)


@played_once
def _cases(register: Register, count: int, *, coordination: bool) -> Field:
    made = Field(register)
    with register.writing() as rows:
        blank = dict.fromkeys(column.name for column in tables.provider.columns)
        line = {"provider_code": "PRE-01", "name": "Centre", "services": "health", "on_phones": False}
        rows.execute(insert(tables.provider).values({**blank, **line}))
    for code in WORKERS:
        with deciding(register, COORDINATOR, made.later(minutes=1)) as by:
            every_decision.name_worker(by, code, "case_owner")
    if coordination:
        with deciding(register, COORDINATOR, made.later(minutes=1)) as by:
            every_decision.name_worker(by, COORDINATOR.code, "coordinator")
            every_decision.name_worker(by, DEPUTY.code, "deputy_coordinator")
    for number in range(count):
        case = dealt(number, "DK")
        made.send("case", f"c{number}", changed(FORM, {"header": {"documenter_code": "EN-01"}}))
        made.send("followup", f"f{number}", service(case, "accepted"))
        ours = service(case, "ongoing", service="legal", provider_code=None, timeframe=None)
        made.send("followup", f"g{number}", ours)
        with deciding(register, COORDINATOR, made.later(minutes=1)) as by:
            every_decision.assign(by, case, WORKERS[number % 3])
    return made


def sheet_of(book: Any, marker: str) -> Any:
    """Return a sheet by its marker."""
    return next(sheet for sheet in book.worksheets if sheet["A1"].value == marker)


def column_of(sheet: Any, key: str) -> int:
    """Return the number of a column by its key."""
    return next(int(cell.column) for cell in sheet[3] if cell.value == key)


def row_of(sheet: Any, row: str | int) -> int:
    """Return the number of a row, by the code of its case or as it is."""
    if isinstance(row, int):
        return row
    column = column_of(sheet, "code")
    return next(at for at in range(6, sheet.max_row + 1) if sheet.cell(at, column).value == row)


def first_blank(path: Path, marker: str) -> int:
    """Return the number of the first ready blank row."""
    sheet = sheet_of(openpyxl.load_workbook(path), marker)
    column = column_of(sheet, "code")
    return next(at for at in range(6, sheet.max_row + 1) if sheet.cell(at, column).value is None)


def outcomes(done: Imported) -> list[tuple[str, str, str]]:
    """Return outcome, line of the table and column of every line, sorted."""
    return sorted((str(item.decision.outcome), item.decision.rule, item.key) for item in done.items)


def kept_rows(desk: Desk) -> int:
    """Return how many rows of snapshots are held."""
    return len(desk.field.rows(workbooks.followup_row))


def labels(name: str, code: str) -> list[str]:
    """Return the French label of a code of a list."""
    return [labels_of(name, "fr")[code]]


def new_action(path: Path, *, case: str = CASE, row: int | None = None, **more: str) -> list[tuple[Any, ...]]:
    """Return the edits that fill a ready blank row of the actions."""
    at = row or first_blank(path, "dk:actions")
    said = {"code": case, "service": labels("service", "pss")[0], **more}
    return [("dk:actions", at, key, value) for key, value in said.items()]
