"""Copies of one export whose holders fill the same ready row: nobody's action is written over, and none is doubled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from sync_scripts.followup import wording
from sync_scripts.followup.inbound.conflicts import open_conflicts
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import workbooks
from tests.followup.desk import CASE, DEPUTY, NOTE, OTHER, Desk, first_blank, new_action, outcomes
from tests.register.field import COORDINATOR, dealt

SUPERVISOR = Actor("SU-01", "key")
HEALTH, LEGAL = (labels_of("service", "fr")[code] for code in ("health", "legal"))
TUESDAY = {"service": HEALTH, "owner": "RD-01", "due": "2026-12-01", "outcome": "Rendez-vous pris mardi"}
VISIT = {"service": HEALTH, "owner": "RD-02", "due": "2026-12-09", "outcome": "Visite au centre"}


def filled(desk: Desk, path: Path, *, case: str = CASE, **said: Any) -> Path:
    """Return a copy of an export whose first ready row of the actions is filled."""
    return desk.edit(path, *new_action(path, case=case, **said))


def made(desk: Desk, number: int = 0) -> list[tuple[Any, ...]]:
    """Return owner, day and note of the actions that were added to a case, without the two that it began with."""
    return [
        (row["owner_code"], (row["due_at"] or "")[:10], row["work_note"]) for row in desk.services(number)[2:]
    ]


FIRST = ("RD-01", "2026-12-01", "Rendez-vous pris mardi")
SECOND = ("RD-02", "2026-12-09", "Visite au centre")


def test_three_coordinators_fill_the_same_ready_row(desk: Desk) -> None:
    """Same case, same service, everything else different: each brings the own copy, and each action stands."""
    with deciding(desk.register, COORDINATOR, desk.field.later()) as by:
        name_worker(by, SUPERVISOR.code, "supervisor")
    path = desk.export()
    third = {"owner": "RD-03", "due": "2026-12-15", "outcome": "Avec sa sœur"}
    copies = [
        (filled(desk, path, **TUESDAY), COORDINATOR),
        (filled(desk, path, **VISIT), DEPUTY),
        (filled(desk, path, **{**VISIT, **third}), SUPERVISOR),
    ]
    for copy, hand in copies:
        assert outcomes(desk.apply(copy, actor=hand)) == [("new", "R2", "")]
    assert made(desk) == [FIRST, SECOND, ("RD-03", "2026-12-15", "Avec sa sœur")]
    for copy, hand in copies:  # and once more, each with a word elsewhere: nothing is made again
        again = desk.edit(copy, ("dk:cases", dealt(3, "DK"), "note", hand.code))
        assert [one for one in desk.apply(again, actor=hand).items if one.sheet == "dk:actions"] == []
    assert len(made(desk)) == 3
    assert desk.rebuilt()


def test_what_was_made_of_blank_rows_went_out_in_no_workbook(desk: Desk) -> None:
    """Of one ready row two actions, and a row written below: the workbook as it went out lacks none of them."""
    path = desk.export()
    desk.apply(filled(desk, path, **TUESDAY))
    desk.apply(filled(desk, path, case=OTHER, **VISIT), actor=DEPUTY)
    desk.apply(desk.edit(path, *new_action(path, case=OTHER, row=80, outcome="Ajoutée en dessous")))
    assert [len(made(desk, number)) for number in (0, 1)] == [1, 2]
    assert desk.bring(path).counts["missing_row"] == 0


def test_one_person_brings_the_copies_of_two(desk: Desk) -> None:
    """Nothing tells a colleague's copy from a correction then: each cell that would be written over is asked about."""
    path = desk.export()
    desk.apply(filled(desk, path, **TUESDAY))
    other = filled(desk, path, **VISIT)
    done = desk.apply(other)
    assert outcomes(done) == [
        ("conflict", "4", "outcome"),
        ("conflict", "5", "due"),
        ("conflict", "5", "owner"),
    ]
    assert (made(desk), done.attention) == ([FIRST], True)
    with desk.register.reading() as rows:
        asked = {(one.field, one.base, one.register, one.mine) for one in open_conflicts(rows)}
    assert asked == {
        ("outcome", None, "Rendez-vous pris mardi", "Visite au centre"),
        ("due", None, "2026-12-01", "2026-12-09"),
        ("owner", None, "RD-01", "RD-02"),
    }
    assert desk.rebuilt()


def test_one_cell_alone_is_not_written_over_either(desk: Desk) -> None:
    """Case and service are what a ready row of two people has in common: they say nothing of whose it is."""
    path = desk.export()
    desk.apply(filled(desk, path, service=HEALTH, owner="RD-01"))
    done = desk.apply(filled(desk, path, service=HEALTH, owner="RD-02"))
    assert outcomes(done) == [("conflict", "5", "owner")]
    assert made(desk)[0][0] == "RD-01"


@pytest.mark.parametrize("hand", [COORDINATOR, DEPUTY])
def test_the_same_cells_are_the_same_action(desk: Desk, hand: Actor) -> None:
    """Whoever brings them, and whatever else the copy holds."""
    path = desk.export()
    desk.apply(filled(desk, path, **TUESDAY))
    same = desk.edit(filled(desk, path, **TUESDAY), NOTE)
    assert outcomes(desk.apply(same, actor=hand)) == [("apply", "2", "note")]
    assert made(desk) == [FIRST]


def test_what_a_copy_adds_is_added(desk: Desk) -> None:
    """Nothing is written over: the same work, said in full; and the shorter copy takes nothing away."""
    path = desk.export()
    short = filled(desk, path, service=HEALTH, owner="RD-01")
    desk.apply(short)
    done = desk.apply(filled(desk, path, **TUESDAY), actor=DEPUTY)
    assert outcomes(done) == [("apply", "2", "due"), ("apply", "2", "outcome")]
    assert desk.apply(desk.edit(short), actor=DEPUTY).items == ()
    assert made(desk) == [FIRST]


def test_a_corrected_copy_changes_its_own_action(desk: Desk) -> None:
    """Of the second action as well, which was made of the same ready row."""
    path = desk.export()
    desk.apply(filled(desk, path, **TUESDAY))
    desk.apply(filled(desk, path, **VISIT), actor=DEPUTY)
    later = desk.apply(filled(desk, path, **{**VISIT, "due": "2026-12-11"}), actor=DEPUTY)
    assert outcomes(later) == [("apply", "2", "due")]
    assert made(desk) == [FIRST, ("RD-02", "2026-12-11", "Visite au centre")]


def test_somebody_elses_correction_is_asked_about(desk: Desk) -> None:
    """Most of what the row says is what was taken: it is that action, and another person's word stands there."""
    path = desk.export()
    desk.apply(filled(desk, path, **TUESDAY))
    done = desk.apply(filled(desk, path, **{**TUESDAY, "due": "2026-12-11"}), actor=DEPUTY)
    assert outcomes(done) == [("conflict", "5", "due")]
    assert made(desk) == [FIRST]


def test_another_service_and_another_day_make_no_second_action_unasked(desk: Desk) -> None:
    """A correction or a colleague's row, both brought by one person: a yes makes a second action, once."""
    path = desk.export()
    at = first_blank(path, "dk:actions")
    desk.apply(filled(desk, path, service=HEALTH, due="2026-12-01"))
    other = filled(desk, path, service=LEGAL, due="2026-12-02")
    done = desk.apply(other)
    assert outcomes(done) == [("warning", "R3", "")]
    assert "taken before" in wording.why(done.items[0].decision)
    assert (len(made(desk)), done.attention) == (1, True)
    desk.apply(other, accepted=[f"Actions!C{at}"])
    assert [row["service"] for row in desk.services()[2:]] == ["health", "legal"]
    assert [one for one in desk.apply(desk.edit(other, NOTE)).items if one.sheet == "dk:actions"] == []
    assert len(made(desk)) == 2
    assert desk.rebuilt()


def test_a_mistyped_case_that_is_corrected_makes_no_second_action_unasked(desk: Desk) -> None:
    """All else agrees: the first action stands where it is, until a person says that there are two."""
    path = desk.export()
    desk.apply(filled(desk, path, **TUESDAY))
    done = desk.apply(filled(desk, path, case=OTHER, **TUESDAY))
    assert outcomes(done) == [("warning", "R3", "")]
    assert (made(desk), made(desk, 1)) == ([FIRST], [])


def test_what_was_erased_of_a_copy_is_not_made_again(desk: Desk) -> None:
    """The second action of a ready row went with its person: her copy says nothing any more."""
    path = desk.export()
    desk.apply(filled(desk, path, **TUESDAY))
    second = filled(desk, path, case=OTHER, **VISIT)
    desk.apply(second, actor=DEPUTY)
    kept = workbooks.followup_row.c
    with desk.register.writing() as rows:
        hers = (kept.case_code == OTHER) & (kept.sheet == "dk:actions")
        rows.execute(update(workbooks.followup_row).where(hers).values({"values": None}))
    done = desk.apply(desk.edit(second, NOTE), actor=DEPUTY)
    assert outcomes(done) == [
        ("apply", "2", "note"),
        ("gone", "R10", ""),  # the action that went out with the workbook
        ("gone", "R10", ""),
    ]
    assert len(made(desk, 1)) == 1
