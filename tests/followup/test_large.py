"""The workbook of any size: row by row it says the very same, and the register remembers it."""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet import _writer
from sqlalchemy import select

from sync_scripts.followup.columns import Tier
from sync_scripts.followup.errors import IdentityInText, PasswordNeeded, TooManyRows
from sync_scripts.followup.outbound import planning
from sync_scripts.followup.outbound.cells import TextTooLong
from sync_scripts.followup.outbound.export import Exported, export, export_all
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.store import custody
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.detectors import KnownNames
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema import workbooks
from tests.register import alone as decisions
from tests.register.beginnings import played_once
from tests.register.field import CASE, COORDINATOR, Field, changed, dealt, service

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
DATA = ("À traiter", "Dossiers", "Actions", "Orientations")


@pytest.fixture
@played_once
def field(register: Register) -> Field:
    """Give nine cases, one of them sealed (C4), with referrals and actions of our own, on both databases."""
    made = Field(register)
    for number in range(9):
        level = "C4" if number == 4 else "C2"
        made.send("case", f"c{number}", changed(CASE, {"consent": {"confidentiality": level}}))
        case = dealt(number, "DK")
        made.send("followup", f"f{number}", service(case, "referred"))
        ours = service(case, "ongoing", service="legal", provider_code=None)
        made.send("followup", f"g{number}", ours)
        if number % 2:
            decisions.assign(register, case, f"RD-0{number}", COORDINATOR, made.later(), new=True)
    decisions.add_worker(register, "CO-01", "coordinator", COORDINATOR, made.later())
    with register.writing() as rows:
        where = tables.case.c.case_code == dealt(0, "DK")
        rows.execute(tables.case.update().where(where).values(work_note="=1+1, rappel prévu."))
    return made


def order(tier: Tier = "T2", **more: Any) -> Order:
    """Return what the coordinator asks for."""
    return Order(tier=tier, lang="fr", scope=Scope(**more), actor=COORDINATOR, now=NOW, demo=False)


def both(field: Field, folder: Path, asked: Order, password: str | None = None) -> tuple[Exported, Exported]:
    """Write the workbook held whole and the one written row by row."""
    whole = export(field.register, asked, folder / "whole.xlsx", password=password)
    return whole, export_all(field.register, asked, folder / "rows.xlsx", password=password)


def opened(path: Path) -> Any:
    """Return a workbook as openpyxl reads it."""
    return openpyxl.load_workbook(path)


def cells(sheet: Any) -> list[list[Any]]:
    """Return value, kind, format and lock of every cell; blank rows without the id reserved in this export."""
    found = []
    for row in sheet.iter_rows():
        own = row
        if row[0].row == 2 or (row[0].row > 5 and row[2].value is None):
            own = row[2:]
        found.append([(one.value, one.data_type, one.number_format, one.protection.locked) for one in own])
    return found


@pytest.mark.parametrize("tier", ["T2", "T3"])
def test_row_by_row_it_says_the_very_same(field: Field, tmp_path: Path, tier: Tier) -> None:
    """Same sheets but the dashboard, same cells, keys, markers, ids, checks, table, colours and protection."""
    password = "cinq mots bien simples ici" if tier == "T3" else None
    done = both(field, tmp_path, order(tier), password)
    if password:
        assert all(
            (tmp_path / name).read_bytes()[:4] == b"\xd0\xcf\x11\xe0" for name in ("whole.xlsx", "rows.xlsx")
        )
        return
    whole, rows = opened(tmp_path / "whole.xlsx"), opened(tmp_path / "rows.xlsx")

    assert [name for name in whole.sheetnames if name != "Tableau de bord"] == rows.sheetnames
    assert rows.active.title == "À traiter"
    assert whole["À traiter"]["C6"].hyperlink
    assert whole["À traiter"]["C6"].font.underline == "single"
    assert rows["À traiter"]["C6"].hyperlink is None
    assert rows["À traiter"]["C6"].font.underline is None, "what looks like a link is one"
    for name in DATA:
        one, other = whole[name], rows[name]
        assert cells(one) == cells(other), name
        assert one.freeze_panes == other.freeze_panes
        assert (one.print_title_rows, one.oddFooter.left.text) == (
            other.print_title_rows,
            other.oddFooter.left.text,
        )
        assert [column.name for table in one.tables.values() for column in table.tableColumns] == [
            column.name for table in other.tables.values() for column in table.tableColumns
        ]
        assert {table.ref for table in one.tables.values()} == {table.ref for table in other.tables.values()}
        assert _rules(one) == _rules(other)
        assert {str(area.sqref) for area in one.conditional_formatting} == {
            str(area.sqref) for area in other.conditional_formatting
        }
        assert other.protection.sheet
        assert (
            one.sheet_properties.pageSetUpPr.fitToPage is other.sheet_properties.pageSetUpPr.fitToPage is True
        )
        assert (one.page_setup.orientation, one.page_setup.fitToHeight) == (
            other.page_setup.orientation,
            other.page_setup.fitToHeight,
        )
        assert other.column_dimensions["A"].hidden
        assert other.row_dimensions[3].hidden
    assert [list(row) for row in whole["_listes"].values] == [list(row) for row in rows["_listes"].values]
    assert {name: one.attr_text for name, one in whole.defined_names.items()} == {
        name: one.attr_text for name, one in rows.defined_names.items()
    }
    assert [rows[name].sheet_state for name in ("_listes", "_meta")] == ["veryHidden", "veryHidden"]
    assert (done[0].rows, done[0].withheld) == (done[1].rows, done[1].withheld)


def _rules(sheet: Any) -> set[tuple[str, str, str]]:
    return {(rule.type, rule.formula1, str(rule.sqref)) for rule in sheet.data_validations.dataValidation}


def _kept(register: Register, export_id: str) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """Return what the register kept of an export; the ids of blank rows are its own."""
    rows_of = select(workbooks.followup_row).where(workbooks.followup_row.c.export_id == export_id)
    with register.reading() as rows:
        whole = rows.execute(
            select(workbooks.followup_export).where(workbooks.followup_export.c.export_id == export_id)
        )
        (kept,) = [dict(row) for row in whole.mappings()]
        lines = [
            (row["sheet"], row["row_id"] if row["values"] else "blank", row["version"], row["values"])
            for row in rows.execute(rows_of).mappings()
        ]
    return kept, sorted(lines, key=str)


def test_the_register_remembers_both_alike(field: Field, tmp_path: Path) -> None:
    """Baseline, hash of the file, custody line: all stored before the file is there."""
    whole, rows = both(field, tmp_path, order())
    first, second = _kept(field.register, whole.export_id), _kept(field.register, rows.export_id)

    assert first[1] == second[1]
    assert len(second[1]) == 2 * 20 + sum(rows.rows.values())
    different = {name for name in first[0] if first[0][name] != second[0][name]}
    assert different == {"export_id", "file_sha256"}
    assert second[0]["file_sha256"] == rows.sha256
    with field.register.reading() as reading:
        lines = [line.entry for line in custody.read(reading)]
    assert [(line["object"], line["details"]["rows"]) for line in lines if line["action"] == "EXPORTED"] == [
        (done.sha256, 40 + sum(done.rows.values())) for done in (whole, rows)
    ]


def test_too_many_rows_are_refused_and_then_written_with_all(
    field: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any sheet counts; the refusal names the way out, and leaves nothing."""
    for most, rows in ((8, 9), (7, 9)):
        monkeypatch.setattr(planning, "MOST_ROWS", most)
        with pytest.raises(TooManyRows) as refused:
            export(field.register, order(), tmp_path / "no.xlsx", password=None)
        assert refused.value.rows == rows
        assert "--all" in refused.value.words()
    assert list(tmp_path.glob("*.xlsx")) == []
    assert export_all(field.register, order(), tmp_path / "yes.xlsx", password=None).rows["dk:cases"] == 9


def test_a_scope_and_a_reader_narrow_it(field: Field, tmp_path: Path) -> None:
    """One owner's cases; somebody who is no coordinator gets no sealed case, and both count what is held back."""
    owned = both(field, tmp_path, order(owner="RD-01"))
    assert [done.rows["dk:cases"] for done in owned] == [1, 1]
    reader = Order(
        tier="T2",
        lang="en",
        scope=Scope(),
        actor=type(COORDINATOR)("RD-01", "key"),
        now=NOW,
        demo=False,
    )
    told = both(field, tmp_path, reader)
    assert [(done.rows["dk:cases"], done.withheld) for done in told] == [(8, 1), (8, 1)]


@pytest.mark.parametrize(
    ("by", "reader", "cases"),
    [
        (Actor("CO-01", "key"), None, 8),
        (Actor("CO-01", "claimed"), None, 7),
        (Actor("RD-01", "key"), "CO-01", 7),
        (Actor("CO-01", "key"), "RD-05", 7),
        (Actor("CO-01", "key"), "RD-03", 8),
        (Actor("RD-03", "key"), None, 8),
        (Actor("RD-03", "claimed"), None, 7),
    ],
    ids=[
        "coordination",
        "its code typed",
        "for it",
        "for another",
        "for the owner",
        "owner",
        "owner's code typed",
    ],
)
def test_a_c3_case_goes_through_no_hand_that_may_not_have_it(
    sqlite_register: Register, tmp_path: Path, by: Actor, reader: str | None, cases: int
) -> None:
    """Neither by typing the code of who may, nor by making a copy for them; what is held back is counted."""
    field = Field(sqlite_register)
    for number in range(8):
        level = "C3" if number == 3 else "C2"
        field.send("case", f"c{number}", changed(CASE, {"consent": {"confidentiality": level}}))
    decisions.assign(sqlite_register, dealt(3, "DK"), "RD-03", COORDINATOR, field.later(), new=True)
    decisions.add_worker(sqlite_register, "CO-01", "coordinator", COORDINATOR, field.later())
    asked = Order("T2", "fr", Scope(reader=reader), by, NOW, demo=False)
    told = both(field, tmp_path, asked)

    assert [(done.rows["dk:cases"], done.withheld) for done in told] == [(cases, 8 - cases)] * 2


def test_a_text_that_may_not_leave_stops_it(field: Field, tmp_path: Path) -> None:
    """Neither file nor baseline nor custody line is left; T3 needs a password."""
    before = field.everything()
    with pytest.raises(IdentityInText) as caught:
        export_all(
            field.register, order(), tmp_path / "no.xlsx", password=None, names=KnownNames(["Rappel Prevu"])
        )
    assert (caught.value.kind, caught.value.case) == ("name", dealt(0, "DK"))
    with field.register.writing() as rows:
        rows.execute(tables.case.update().values(work_note="appeler le 677 12 34 56"))
    with pytest.raises(IdentityInText):
        export_all(field.register, order(), tmp_path / "no.xlsx", password=None)
    with field.register.writing() as rows:
        rows.execute(tables.case.update().values(work_note="x" * 32_768))
    with pytest.raises(TextTooLong):
        export_all(field.register, order(), tmp_path / "no.xlsx", password=None)
    with pytest.raises(PasswordNeeded):
        export_all(field.register, order("T3"), tmp_path / "no.xlsx", password=None)

    assert list(tmp_path.glob("*.xlsx")) == []
    with field.register.reading() as rows:
        assert rows.execute(select(workbooks.followup_export)).first() is None
        assert all(line.entry["action"] != "EXPORTED" for line in custody.read(rows))
    assert {name: len(rows) for name, rows in before.items()} == {
        name: len(rows) for name, rows in field.everything().items()
    }


def test_a_dry_run_leaves_nothing(field: Field, tmp_path: Path) -> None:
    """It says how many rows there would be."""
    done = export_all(field.register, order(), tmp_path / "no.xlsx", password=None, dry_run=True)

    assert (done.rows["dk:cases"], done.dry_run, list(tmp_path.glob("*.xlsx"))) == (9, True, [])
    with field.register.reading() as rows:
        assert rows.execute(select(workbooks.followup_row)).first() is None


def test_no_part_of_a_workbook_is_laid_on_the_disk(
    field: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would write each sheet in clear text into the system's temporary folder: it is never asked to."""

    def refused(*_args: object, **_more: object) -> None:
        raise AssertionError

    for module, name in ((_writer, "create_temporary_file"), (tempfile, "mkstemp"), (io, "FileIO")):
        monkeypatch.setattr(module, name, refused)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refused)
    for write in (export, export_all):
        done = write(field.register, order(), tmp_path / "out.xlsx", password="cinq mots bien simples ici")  # noqa: S106
        assert done.locked
