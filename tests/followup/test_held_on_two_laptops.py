"""A text that is held ends when its own file is saved over: not when another laptop's is, nor while the very file is still there."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_scripts.followup.inbound.conflicts import open_conflicts
from tests.followup.desk import CASE, DEPUTY, OTHER, Desk
from tests.followup.test_conflicts import NOTE_FIELD, book, settled
from tests.register.field import dealt

PLACE = f"{'0' * 64}/suivi-2026-11-20.xlsx"
"""The same folder and name on two laptops that were set up alike."""


@pytest.fixture
def two_laptops(desk: Desk) -> tuple[Path, Path]:
    """Give two copies of one export: one with a text that is held, and one with another case; both under one name."""
    out = desk.export()
    hers = desk.edit(out, ("dk:cases", CASE, "note", "Menacée, joindre au 677 12 34 56"))
    return hers, desk.edit(out, ("dk:cases", OTHER, "note", "Rien de neuf."))


def cells_open(desk: Desk) -> list[str]:
    """Return the places that are asked about."""
    with desk.register.reading() as rows:
        return [one.cell for one in open_conflicts(rows)]


def test_a_colleagues_import_from_the_same_path_saves_nothing_over(
    desk: Desk, two_laptops: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a shared register each laptop has a workspace of its own; on one laptop the same path is the same file."""
    hers, his = two_laptops
    desk.apply(hers, place=PLACE)
    assert len(cells_open(desk)) == 1
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(desk.register, "workspace_id", "e" * 32)
        assert desk.apply(his, actor=DEPUTY, place=PLACE).status == "applied"
        assert len(cells_open(desk)) == 1
    again = desk.apply(hers, place=PLACE)
    assert (again.status, again.attention, again.only_here) == ("already", True, True)
    rewritten_here = desk.edit(hers, ("dk:cases", CASE, "note", None))
    desk.apply(rewritten_here, place=PLACE)
    assert cells_open(desk) == []


def test_the_very_file_that_was_taken_for_saved_over_asks_again(
    desk: Desk, two_laptops: tuple[Path, Path]
) -> None:
    """It is there, so its text was lost nowhere; seen in the preview, open once it is imported, and taken as any other."""
    hers, his = two_laptops
    desk.apply(hers, place=PLACE)
    desk.apply(his, place=PLACE)
    assert cells_open(desk) == []
    seen = desk.bring(hers, place=f"{'1' * 64}/copie.xlsx")
    assert (seen.status, seen.attention, seen.only_here, cells_open(desk)) == ("already", True, True, [])
    (asked,) = desk.apply(hers, place=f"{'1' * 64}/copie.xlsx").held_before
    assert cells_open(desk) == [asked.place]
    with desk.register.reading() as rows:
        assert [one.file_name for one in open_conflicts(rows)] == ["copie.xlsx"]
    done = desk.apply(hers, accepted=[asked.place])
    assert (done.changes, done.only_here, cells_open(desk)) == (1, False, [])


def test_what_was_let_go_or_taken_does_not_ask_again(desk: Desk, two_laptops: tuple[Path, Path]) -> None:
    """A person has decided it."""
    hers, _his = two_laptops
    desk.apply(hers, place=PLACE)
    desk.apply(settled(desk, book(desk), (CASE, NOTE_FIELD, "Registre", None)))
    again = desk.apply(hers, place=PLACE)
    assert (again.attention, again.only_here, cells_open(desk)) == (False, False, [])


def test_a_single_cell_of_a_file_that_was_taken_for_saved_over_is_taken(desk: Desk) -> None:
    """Named at once, without an import before that asks again; what else the file holds is open again with that."""
    out = desk.export()
    phones = ((one, "Joindre au 677 12 34 56") for one in (CASE, OTHER))
    hers = desk.edit(out, *(("dk:cases", case, "note", text) for case, text in phones))
    first, second = desk.apply(hers, place=PLACE).held
    desk.apply(desk.edit(out, ("dk:cases", dealt(2, "DK"), "note", "Rien de neuf.")), place=PLACE)
    assert cells_open(desk) == []
    done = desk.apply(hers, accepted=[first.place], place=PLACE)
    assert (done.changes, done.attention, cells_open(desk)) == (1, True, [second.place])
