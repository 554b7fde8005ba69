"""Cells whose reason is the note of their row: they wait while it is held, and stop no other row of the file."""

from __future__ import annotations

import pytest

from sync_scripts.followup.inbound.cell_rules import Side, across
from sync_scripts.followup.inbound.values import Decision, Outcome
from tests.followup.desk import CASE, OTHER, Desk, labels, outcomes
from tests.followup.test_deciding import TODAY

PHONE = "Rappeler le 677 00 11 22"
LOWERED = ("dk:cases", CASE, "urgency", labels("urgency", "low")[0])
SUSPENDED = (
    ("dk:cases", CASE, "state", labels("case_state", "suspended")[0]),
    ("dk:cases", CASE, "closure", labels("closure_reason", "safety")[0]),
    ("dk:cases", CASE, "next_due", "30/11/2026"),
)
HELD = ("dk:cases", CASE, "note", PHONE)
REWRITTEN = ("dk:cases", CASE, "note", "Partie chez sa tante.")
CLEAN = ("dk:cases", OTHER, "note", "Vue au centre.")


def crossed(was: str, to: str, note: Outcome, **more: str) -> dict[str, tuple[str, str]]:
    """Return what becomes of a case's cells beside a note that names somebody."""
    decided = {key: Decision(Outcome.APPLY, "2", value) for key, value in {"state": to, **more}.items()}
    decided["note"] = Decision(note, "17", PHONE, why="phone")
    found = across(Side("dk:cases", {"state": was, "closure": None}, decided, TODAY))
    return {key: (str(one.outcome), one.why) for key, one in found}


def test_a_move_whose_reason_is_held_waits_with_all_that_goes_along() -> None:
    """Suspended: its reason and its day of review. Back from a closure: the state alone; the next day is a day like others."""
    day = {"next_due": "2026-11-30"}
    held = ("warning", "note_held")
    asked = crossed("assessment", "suspended", Outcome.WARNING, closure="safety", **day)
    assert asked == {"state": held, "closure": held, "next_due": held}
    assert crossed("closure_pending", "follow_up", Outcome.WARNING, **day) == {"state": held}
    assert crossed("intervention", "follow_up", Outcome.WARNING) == {"state": held}


def test_a_move_that_asks_for_no_reason_waits_for_no_note() -> None:
    """The note is about something else."""
    assert crossed("assessment", "action_plan", Outcome.WARNING) == {}
    assert crossed("assessment", "closure_pending", Outcome.WARNING, closure="lost_contact") == {}


def test_a_move_whose_reason_would_be_sealed_is_an_error_that_names_the_note() -> None:
    """A sealed text is no reason that stands in the history; where an answer is late, the register says so itself."""
    asked = crossed("assessment", "suspended", Outcome.SEAL, closure="safety")
    assert asked == {"state": ("error", "note_sealed")}
    assert crossed("intervention", "follow_up", Outcome.SEAL) == {}


def test_a_held_note_of_one_row_stops_no_other(desk: Desk) -> None:
    """The suspension waits whole; the clean note of another case is taken."""
    edited = desk.edit(desk.export(), *SUSPENDED, HELD, CLEAN)
    for done in (desk.bring(edited), desk.apply(edited)):
        assert outcomes(done) == [
            ("apply", "2", "note"),
            ("warning", "17", "closure"),
            ("warning", "17", "next_due"),
            ("warning", "17", "note"),
            ("warning", "17", "state"),
        ]
    assert (desk.case()["state"], desk.case(1)["work_note"]) == ("open_intake", "Vue au centre.")
    assert desk.rebuilt()


@pytest.mark.parametrize("edits", [(LOWERED,), SUSPENDED], ids=["urgency", "suspension"])
@pytest.mark.parametrize("before", [False, True], ids=["at once", "after the import"])
def test_accepting_the_note_alone_drops_nothing_unsaid(
    desk: Desk, edits: tuple[tuple[str, str, str, str], ...], before: bool
) -> None:
    """The note would be sealed, and the cell has no reason then: nothing is written, and the error says why."""
    edited = desk.edit(desk.export(), *edits, HELD)
    if before:
        desk.apply(edited)
    note = next(
        one.place for one in desk.bring(edited).held + desk.bring(edited).held_before if one.key == "note"
    )
    done = desk.apply(edited, accepted=[note])
    (error,) = (one for one in done.items if one.decision.outcome is Outcome.ERROR)
    assert (done.status, error.key, error.decision.why) == ("blocked", edits[0][2], "note_sealed")
    assert desk.events("case.sealed_note") == []


def test_rewritten_the_note_takes_all_of_it_along(desk: Desk) -> None:
    """The file saved over: nothing is left of what was held."""
    path = desk.export()
    desk.apply(desk.edit(path, *SUSPENDED, HELD), place="folder/one.xlsx")
    done = desk.apply(desk.edit(path, *SUSPENDED, REWRITTEN), place="folder/one.xlsx")
    assert (done.status, done.changes, done.attention) == ("applied", 4, False), done.items
    assert desk.case()["state"] == "suspended"


def test_rewritten_in_a_copy_it_is_applied_and_what_was_held_stays_open(desk: Desk) -> None:
    """Whoever imports another file has not let go of what the first one alone holds."""
    path = desk.export()
    desk.apply(desk.edit(path, *SUSPENDED, HELD))
    done = desk.apply(desk.edit(path, *SUSPENDED, REWRITTEN))
    assert (done.status, done.changes, done.attention) == ("applied", 4, True), done.items
    assert desk.case()["state"] == "suspended"
