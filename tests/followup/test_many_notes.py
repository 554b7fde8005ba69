"""An evening's notes come back in one workbook: each is asked about as if it came alone, and costs little."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.store import durable
from sync_scripts.store.database import Register
from tests.followup.desk import CASE, Desk, lay
from tests.register.field import dealt

MOST = 8
"""Queries of the register that one further note may cost: five were seen, and twelve where each case was asked about by itself."""


@contextmanager
def counted() -> Iterator[list[str]]:
    """Give the queries of what is done meanwhile."""
    made: list[str] = []
    durable.watch(made.append)
    try:
        yield made
    finally:
        durable.watch(None)


def queries(desk: Desk, notes: int) -> int:
    """Return how many queries the preview of a workbook takes in which so many notes were written."""
    written = [("dk:cases", dealt(number, "DK"), "note", f"Rappel {number}.") for number in range(notes)]
    file = desk.edit(desk.export(), *written)
    with counted() as made:
        assert desk.bring(file).changes == notes
    return made.count("execute")


def test_a_further_note_costs_little(sqlite_register: Register, tmp_path: Path) -> None:
    """What the cases agreed to is asked once for all of them."""
    desk = lay(sqlite_register, tmp_path, count=9)
    few = queries(desk, 1)
    assert (queries(desk, 9) - few) / 8 < MOST


def test_of_many_notes_the_one_in_a_stopped_case_is_not_written(register: Register, tmp_path: Path) -> None:
    """She took everything back after the workbook went out: the note about her is not written, the others are."""
    desk = lay(register, tmp_path, count=3)
    written = [("dk:cases", dealt(number, "DK"), "note", f"Rappel {number}.") for number in range(3)]
    file = desk.edit(desk.export(), *written)
    desk.decide(withdraw, CASE, reason="She called.")
    seen = desk.bring(file)
    assert {item.decision.why for item in seen.items if item.decision.rule == "R10"} == {"row_withdrawn"}
    assert [(item.key, item.decision.rule) for item in seen.items if item.key] == [("note", "2")] * 2
    assert seen.changes == 2
