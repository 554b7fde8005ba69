"""What a workbook says of a deadline and how it colours it never contradict each other, and what is finished is never late."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from sync_scripts.followup.outbound.cells import FLAGS, OVERDUE, SOON
from sync_scripts.followup.outbound.data_sheet import FINAL_STATUSES
from sync_scripts.followup.outbound.workbook_file import workbook_bytes
from tests.followup.conftest import CASE, LABELS, REFERRAL, TODAY, MakeBook

DAYS = (-400, -8, -1, 0, 1, 6, 7, 8, 30, None)
STATUSES = ("planned", "ongoing", *FINAL_STATUSES)


def sheets(make_book: MakeBook, **more: Any) -> Any:
    """Return the workbook as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(make_book(**more))), data_only=False)


def colours_of(sheet: Any, cell: Any, names: dict[str, Any]) -> list[str]:
    """Return the grounds that the live rules of a sheet give to a cell on the day of the export, the first that holds."""
    found: list[str] = []
    for ranges in sheet.conditional_formatting:
        if cell.coordinate in ranges.sqref:
            for rule in ranges.rules:
                (formula,) = rule.formula
                if not found and holds(formula, sheet, cell.row, names):
                    found.append(rule.dxf.fill.bgColor.rgb)
    return found


def holds(formula: str, sheet: Any, row: int, names: dict[str, Any]) -> bool:
    """Work out the few things that the rules say: AND of comparisons with TODAY, and COUNTIF of a status in a list."""
    inner = re.fullmatch(r"AND\((.*)\)", formula)
    assert inner is not None, formula
    return all(_part(one, sheet, row, names) for one in re.split(r",(?![^()]*\))", inner.group(1)))


def _part(text: str, sheet: Any, row: int, names: dict[str, Any]) -> bool:
    counted = re.fullmatch(r"COUNTIF\((\w+),\$([A-Z]+)\d+\)=0", text)
    if counted:
        return sheet[f"{counted.group(2)}{row}"].value not in names[counted.group(1)]
    compared = re.fullmatch(r'\$([A-Z]+)\d+(<>|<=|<)(""|TODAY\(\)(?:\+(\d+))?)', text)
    assert compared is not None, text
    value = sheet[f"{compared.group(1)}{row}"].value
    if compared.group(3) == '""':
        return value is not None
    limit = TODAY + timedelta(days=int(compared.group(4) or 0))
    # an empty cell counts as day 0, which is before every limit: only the first comparison keeps it out
    day = value.date() if isinstance(value, datetime) else date.min
    compare: dict[str, Callable[[date, date], bool]] = {"<": date.__lt__, "<=": date.__le__}
    return compare[compared.group(2)](day, limit)


def names_of(book: Any) -> dict[str, Any]:
    """Return the labels behind each name that a rule uses."""
    found = {}
    for name, defined in book.defined_names.items():
        for sheet, place in defined.destinations:
            found[name] = {cell.value for line in book[sheet][place] for cell in line}
    return found


def column(sheet: Any, key: str) -> int:
    """Return the number of a column by its machine key."""
    return int(next(cell.column for cell in sheet[3] if cell.value == key))


def ground(look: Any) -> str:
    """Return the colour of a look."""
    return str(look[1].fgColor.rgb)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_words_ground_and_live_colour_of_a_case_agree(make_book: MakeBook, lang: str) -> None:
    """On the day of the export, for every distance from it, on both sheets that show one."""
    dates = [None if day is None else (TODAY + timedelta(days=day)).isoformat() for day in DAYS]
    cases = tuple(replace(CASE, code=f"DK-{at:06}-X", next_due=due) for at, due in enumerate(dates))
    book = sheets(make_book, cases=cases, interventions=(), lang=lang)
    words = {text: name for name, text in LABELS["flag"].items()}
    seen = set()
    for name in ("À traiter", "Dossiers") if lang == "fr" else ("To do", "Cases"):
        sheet = book[name]
        for row in range(6, 6 + len(cases)):
            said = sheet.cell(row, column(sheet, "flag"))
            due = sheet.cell(row, column(sheet, "next_due"))
            if said.value is None:
                continue
            flag = words[said.value]
            live = colours_of(sheet, due, names_of(book))
            wanted = {"overdue": [ground(OVERDUE)], "soon": [ground(SOON)], "fine": []}[flag]
            assert said.fill.fgColor.rgb == ground(FLAGS[flag]), (name, due.value)
            assert [one[-6:] for one in live] == [one[-6:] for one in wanted], (name, due.value, flag)
            seen.add((name, flag))
    assert len(seen) == 5, "three flags on the list of cases, two on what is to be done"


def test_a_finished_action_is_never_late(make_book: MakeBook) -> None:
    """Whatever it was due for; one that goes on is, from the day after."""
    labels = {**LABELS, "status": {code: f"Statut {code}" for code in STATUSES}}
    actions = tuple(
        replace(
            REFERRAL, intervention_id=f"i{at}", provider=None, status=status, due_at="2026-11-20T09:00:00Z"
        )
        for at, status in enumerate(STATUSES)
    )
    made = make_book(interventions=actions)
    made = replace(made, labels=labels, lists={**made.lists, "status": STATUSES})
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(made)), data_only=False)
    sheet, late = book["Actions"], {}
    for row in range(6, 6 + len(actions)):
        status = sheet.cell(row, column(sheet, "status")).value
        late[status] = bool(colours_of(sheet, sheet.cell(row, column(sheet, "due")), names_of(book)))

    assert late == {f"Statut {code}": code not in FINAL_STATUSES for code in STATUSES}


def test_no_cell_holds_a_formula(make_book: MakeBook) -> None:
    """The colours live in rules beside the cells; nothing is worked out in one."""
    book = sheets(make_book)

    assert [
        cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.data_type == "f"
    ] == []
