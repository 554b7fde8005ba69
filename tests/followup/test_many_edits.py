"""Many edits are built together: fewer buildings, the same plan, the same register, and nobody decides on rows of before."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from openpyxl.worksheet._reader import WorkSheetParser

from sync_scripts.register.building import build
from sync_scripts.register.decisions import base
from tests.followup import test_random_edits
from tests.followup.desk import CASE, OTHER, WORKERS, Desk, first_blank, labels, new_action
from tests.followup.test_random_edits import CASES, ONE_DESK, Edits, edited, edits

fresh = test_random_edits.fresh
"""The fixture of that module."""


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Give the units of each building after a decision, as they come."""
    seen: list[set[str]] = []
    real = build.apply_units

    def watched(rows: Any, units: Iterable[str], *more: Any) -> Any:
        seen.append(set(units))
        return real(rows, units, *more)

    monkeypatch.setattr(build, "apply_units", watched)
    return seen


def test_a_cell_of_each_case_takes_one_building(desk: Desk, built: list[set[str]]) -> None:
    """As many cases as there are, one note each: all are built together, and not one by one."""
    path = desk.edit(desk.export(), *(("dk:cases", case, "note", "Vu.") for case in CASES))
    built.clear()
    assert desk.bring(path).changes == len(CASES)
    assert built == [{f"case:{case}" for case in CASES}]


def test_more_cells_of_a_case_take_a_building_each_for_all(desk: Desk, built: list[set[str]]) -> None:
    """Note and owner of each case: two buildings, however many cases."""
    said = [("dk:cases", case, "note", "Vu.") for case in CASES]
    said += [("dk:cases", case, "owner", WORKERS[(at + 1) % 3]) for at, case in enumerate(CASES)]
    path = desk.edit(desk.export(), *said)
    built.clear()
    assert desk.bring(path).changes == 2 * len(CASES)
    assert built == [{f"case:{case}" for case in CASES}] * 2


def test_only_so_many_cases_are_in_memory_together(
    desk: Desk, built: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of thousands of edits is built in parts."""
    monkeypatch.setattr(base, "_MANY", 3)
    path = desk.edit(desk.export(), *(("dk:cases", case, "note", "Vu.") for case in CASES))
    built.clear()
    assert desk.bring(path).changes == len(CASES)
    assert [len(units) for units in built] == [3, 1]


@given(said=edits())
@settings(max_examples=8, suppress_health_check=ONE_DESK)
def test_together_or_one_by_one_comes_to_the_same(fresh: Iterator[Desk], said: Edits) -> None:
    """The same lines, the same events with the same hashes, the same register, whatever waits for its building."""
    together, alone = next(fresh), next(fresh)
    seen = together.apply(edited(together.export(), said))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "_MANY", 1)
        one = alone.apply(edited(alone.export(), said))
    assert (seen.items, seen.changes, seen.conflicts) == (one.items, one.changes, one.conflicts)
    assert _told(together) == _told(alone)


def _told(desk: Desk) -> dict[str, Any]:
    """Return the register without what an export draws by chance."""
    events = [(one.op, one.subject, one.at, {**one.payload, "via": None}) for one in desk.events()]
    return {**desk.field.everything(), "events": events}


def test_a_second_decision_sees_what_the_first_one_did(desk: Desk) -> None:
    """A new row is planned and sent, an old one is sent and done: each step by what the step before it left."""
    path = desk.export()
    row = first_blank(path, "dk:actions")
    done = labels("intervention_status", "done")[0]
    said = [
        *new_action(path, row=row, status=done, outcome="Fait."),
        *new_action(path, row=row + 1, case=OTHER, service=labels("service", "legal")[0], status=done),
        ("dk:cases", CASE, "urgency", labels("urgency", "critical")[0]),
        ("dk:cases", CASE, "next_due", "2026-11-23"),
    ]
    seen = desk.apply(desk.edit(path, *said))
    assert seen.changes == 4
    assert [one["status"] for one in desk.services()][-1] == "done"
    assert [one["status"] for one in desk.services(1)][-1] == "done"
    due = next(event for event in desk.events("case.due"))
    assert due.payload["was"] != due.payload["next_due"] == "2026-11-23"
    assert desk.rebuilt()


def test_what_is_refused_is_told_in_the_order_of_the_file(desk: Desk) -> None:
    """Whichever case has its turn first: the first one is refused in its second turn, and told first all the same."""
    far = labels("case_state", "follow_up")[0]
    said = [("dk:cases", case, "state", far) for case in CASES]
    path = desk.edit(desk.export(), ("dk:cases", CASES[0], "note", "Vu."), *said)
    refused = [item for item in desk.bring(path).items if item.words]
    assert len(refused) == len(CASES)
    assert [item.cell for item in refused] == sorted(item.cell for item in refused)


def test_a_sheet_that_does_not_say_its_size_is_read_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook that comes back as it went out says no size; nobody parses all of it only to learn that."""
    path = desk.export()
    with zipfile.ZipFile(path) as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert any(b"<dimension" not in sheet for sheet in sheets)
    monkeypatch.setattr(WorkSheetParser, "parse_dimensions", _never)
    assert desk.bring(path).items == ()


def _never(_parser: object) -> None:
    raise AssertionError
