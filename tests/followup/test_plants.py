"""Faults that a spreadsheet coming back invites, planted one by one: each makes the test that bears its name fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from sync_scripts.followup.inbound import cell_decisions, cell_rules, comparison, importing
from sync_scripts.followup.inbound.cell_rules import COMPARE
from sync_scripts.followup.inbound.comparison import Compared, Edited
from sync_scripts.followup.inbound.values import Decision, Outcome
from sync_scripts.followup.outbound import snapshot
from sync_scripts.register.decisions.base import By
from sync_scripts.store.database import Register
from sync_scripts.store.schema import workbooks
from tests.followup import test_coming_back, test_lines_of_cells, test_lines_of_rows
from tests.followup.desk import Desk

Plant = Callable[[pytest.MonkeyPatch], None]


def base_from_now(patched: pytest.MonkeyPatch) -> None:
    """Compare the file with the register alone."""
    right = cell_rules.decide
    patched.setattr(cell_decisions, "decide", lambda asked, _base, now, mine: right(asked, now, now, mine))


def missing_row_deletes(patched: pytest.MonkeyPatch) -> None:
    """Take a row that did not come back for an emptied one."""
    right = comparison.compare

    def wrong(rows: Any, came: Any, kept: Any, lists: Any, specs: Any, *hand: Any) -> Compared:
        found = right(rows, came, kept, lists, specs, *hand)
        (sheet,) = came.of("dk:cases")
        here = {row.words("__id") for row in sheet.rows()}
        every = [row.row_id for row in rows.execute(workbooks.followup_row.select())]
        for row_id, base in snapshot.base_rows(rows, kept, "dk:cases", every).items():
            if row_id not in here:
                mine = dict.fromkeys(("state", "urgency", "owner", "next_due", "note", "closure"))
                found.edited.append(Edited(sheet, specs[1], 6, row_id, COMPARE, base, mine))
        return found

    patched.setattr(importing, "compare", wrong)


def blank_erases(patched: pytest.MonkeyPatch) -> None:
    """Write a blank like any other value."""
    right = cell_rules.decide

    def wrong(*asked: Any) -> Decision:
        done = right(*asked)
        return replace(done, outcome=Outcome.APPLY) if done.outcome is Outcome.ERASE else done

    patched.setattr(cell_decisions, "decide", wrong)


def replay_doubles(patched: pytest.MonkeyPatch) -> None:
    """Forget what was made of a blank row."""
    patched.setattr(snapshot, "created", lambda *_asked, **_more: None)


def event_without_transaction(patched: pytest.MonkeyPatch) -> None:
    """Keep what was written before an import was cut off."""

    @contextmanager
    def wrong(register: Register, actor: Any, now: Any, *, dry_run: bool = False) -> Iterator[By]:
        cut: BaseException | None = None
        with register.writing() as rows:
            try:
                yield By(rows, actor, now)
            except BaseException as error:  # noqa: BLE001 - the fault that is planted
                cut = error
        if cut is not None:
            raise cut

    patched.setattr(importing, "deciding", wrong)


PLANTS: dict[str, tuple[Plant, Callable[..., None]]] = {
    "base taken from now": (
        base_from_now,
        test_lines_of_cells.test_line_1_the_base_is_what_went_out_and_never_what_is_there_now,
    ),
    "MISSING_ROW as deletion": (
        missing_row_deletes,
        test_lines_of_rows.test_r9_rows_that_are_missing_delete_nothing,
    ),
    "blank read as erase": (blank_erases, test_lines_of_cells.test_line_7_a_blank_erases_only_with_a_yes),
    "task doubled on replay": (
        replay_doubles,
        test_lines_of_rows.test_r3_importing_again_or_corrected_makes_no_second_action,
    ),
    "event without transaction": (
        event_without_transaction,
        test_coming_back.test_an_import_that_ends_half_way_leaves_nothing,
    ),
}


@pytest.mark.parametrize("fault", PLANTS)
def test_the_planted_fault_is_caught(desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """The named test passes on the product, and fails with the fault in it."""
    plant, test = PLANTS[fault]
    plant(monkeypatch)
    more = {"monkeypatch": monkeypatch} if "monkeypatch" in test.__annotations__ else {}
    with pytest.raises(AssertionError):
        test(desk, **more)
