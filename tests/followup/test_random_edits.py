"""Whatever k cells people edit, exactly k fields change: no more, no fewer, and nothing else moves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_scripts.followup.inbound.values import plain
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store.detectors import hits
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.followup.desk import WORKERS, Desk, column_of, lay, row_of, sheet_of
from tests.register.copies import copied
from tests.register.field import dealt

CASES = tuple(dealt(number, "DK") for number in range(4))
TODAY = date(2026, 11, 21)
Edits = dict[tuple[str, str, str], Any]

_signs = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="\ufffe\uffff"
)
_texts = st.text(_signs, min_size=1, max_size=60).filter(
    lambda words: plain(words) is not None and next(hits(words), None) is None
)


def _labels(name: str, *codes: str) -> st.SearchStrategy[str]:
    """Return what a person may write for a code: its label in either language, or the code, in any case."""
    words = [labels_of(name, lang)[code] for code in codes for lang in ("fr", "en")] + list(codes)
    return st.sampled_from([*words, *(word.upper() for word in words)])


def _days(first: int, last: int) -> st.SearchStrategy[Any]:
    days = st.integers(first, last).map(lambda days: TODAY + timedelta(days=days))
    return st.one_of(days, days.map(date.isoformat), days.map(lambda day: f"{day:%d/%m/%Y}"))


def _others(case: str) -> st.SearchStrategy[str]:
    mine = WORKERS[CASES.index(case) % 3]
    return st.sampled_from([code for code in WORKERS if code != mine])


@st.composite
def edits(draw: st.DrawFn) -> Edits:
    """Return edits that a coordinator may make, each of a cell of its own."""
    found: Edits = {}
    for case in draw(st.lists(st.sampled_from(CASES), unique=True)):
        possible = {
            ("dk:cases", case, "note"): _texts,
            ("dk:cases", case, "owner"): _others(case),
            ("dk:cases", case, "urgency"): _labels("urgency", "high", "critical"),
            ("dk:cases", case, "next_due"): _days(1, 9),
            ("dk:cases", case, "state"): _labels("case_state", "assessment"),
            ("dk:actions", case, "owner"): st.sampled_from(WORKERS),
            ("dk:actions", case, "due"): _days(1, 60),
            ("dk:actions", case, "status"): _labels("intervention_status", "done", "not_done"),
            ("dk:actions", case, "outcome"): _texts,
            ("dk:referrals", case, "outcome"): _labels("intervention_status", "ongoing", "done", "declined"),
            ("dk:referrals", case, "sent_on"): _days(-20, -2),
            ("dk:referrals", case, "comment"): _texts,
        }
        for place in draw(st.lists(st.sampled_from(sorted(possible)), unique=True, max_size=5)):
            found[place] = draw(possible[place])
    return found


def edited(path: Path, said: Edits) -> Path:
    """Write the values into a copy, text as text."""
    book = openpyxl.load_workbook(path)
    for (marker, case, key), value in said.items():
        sheet = sheet_of(book, marker)
        cell = sheet.cell(row_of(sheet, case), column_of(sheet, key))
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"
    target = path.with_stem("edited")
    book.save(target)
    return target


def check_preview(desk: Desk, path: Path, said: Edits) -> None:
    """Every edit is one line that is to be written, and there is no other line."""
    seen = desk.bring(edited(path, said))
    marks = {(item.sheet, item.case, item.key) for item in seen.items}
    assert [item for item in seen.items if item.decision.outcome != "apply"] == []
    assert marks == set(said)
    assert (seen.changes, len(seen.items)) == (len(said), len(said))


ONE_DESK = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
"""A preview changes nothing, so examples may share a desk."""


@given(said=edits())
@settings(max_examples=30, suppress_health_check=ONE_DESK)
def test_k_random_edits_are_exactly_k_field_changes(out: tuple[Desk, Path], said: Edits) -> None:
    """Random cells, random ways of writing them."""
    check_preview(*out, said)


@pytest.mark.slow
@given(said=edits())
@settings(max_examples=500, suppress_health_check=ONE_DESK)
def test_k_random_edits_are_exactly_k_field_changes_500_times(out: tuple[Desk, Path], said: Edits) -> None:
    """The same, over five hundred examples."""
    check_preview(*out, said)


@pytest.fixture
def out(desk: Desk) -> tuple[Desk, Path]:
    """Give a desk whose workbook is out."""
    return desk, desk.export()


@pytest.fixture
def fresh(template_file: Path, holders: dict[Holder, Identity], tmp_path: Path) -> Iterator[Iterator[Desk]]:
    """Give one desk after another."""
    open_ = []

    def desks() -> Iterator[Desk]:
        for number in itertools.count():
            folder = tmp_path / str(number)
            folder.mkdir()
            open_.append(copied(template_file, holders, folder))
            yield lay(open_[-1], folder)

    yield desks()
    for register in open_:
        register.close()


@given(said=edits())
@settings(max_examples=6, suppress_health_check=ONE_DESK)
def test_applied_they_stand_in_the_register_and_a_rebuild_comes_to_the_same(
    fresh: Iterator[Desk], said: Edits
) -> None:
    """Every field says what the file said, each by an event with its cell; untouched cases did not move; again: same."""
    desk = next(fresh)
    path = desk.export()
    before = {case: desk.case(number) for number, case in enumerate(CASES)}
    file = edited(path, said)
    done = desk.apply(file)
    assert done.changes == len(said)
    cells = [event.payload["via"]["cell"] for event in desk.events() if "via" in event.payload]
    assert {item.cell for item in done.items} == set(cells)
    touched = {case for _marker, case, _key in said}
    for number, case in enumerate(CASES):
        if case not in touched:
            assert desk.case(number) == before[case]
    again = desk.bring(desk.edit(file))
    assert {str(item.decision.outcome) for item in again.items} <= {"same"}
    assert len(again.items) == len(said)
    assert desk.rebuilt()
