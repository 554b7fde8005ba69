"""Line 12 of the table, through a file and a register: what the cells of a row say of each other, and what the register says."""

from __future__ import annotations

from sync_scripts.followup import wording
from sync_scripts.register.alert_decisions.services import move_service
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.register.lifecycle.moves import INTERVENTION_FINAL
from tests.followup.desk import (
    CASE,
    NOTE,
    OTHER,
    Desk,
    first_blank,
    labels,
    outcomes,
)
from tests.register.field import CASE as FORM
from tests.register.field import changed, dealt


def test_line_12_what_belongs_together_is_decided_together(desk: Desk) -> None:
    """A lowered urgency takes the note for its reason; a closure its reason; a suspension its day of review."""
    low = desk.edit(desk.export(), ("dk:cases", CASE, "urgency", labels("urgency", "low")[0]), NOTE)
    assert desk.apply(low).changes == 2
    event = desk.events("case.urgency")[0]
    assert (event.payload["urgency"], event.payload["reason"]) == ("low", NOTE[3])
    closing = desk.edit(
        desk.export(),
        ("dk:cases", OTHER, "state", "Fermeture à valider"),
        ("dk:cases", OTHER, "closure", "closure"),
    )
    assert desk.bring(closing).status == "blocked"
    reason = next(iter(labels("closure_reason", "survivor_request")))
    closing = desk.edit(
        desk.export(),
        ("dk:cases", OTHER, "state", labels("case_state", "closure_pending")[0]),
        ("dk:cases", OTHER, "closure", reason),
    )
    done = desk.apply(closing)
    assert (done.status, done.changes) == ("applied", 2), done.items
    assert (desk.case(1)["state"], desk.case(1)["closure_reason"]) == ("closure_pending", "survivor_request")
    assert desk.rebuilt()


def test_line_12_a_lowered_urgency_whose_note_is_a_conflict_is_taken_with_its_reason(desk: Desk) -> None:
    """The note waits, and is the reason all the same; later its urgency can be settled, too."""
    lowered = ("dk:cases", CASE, "urgency", labels("urgency", "low")[0])
    edited = desk.edit(desk.export(), lowered, NOTE)
    desk.decide(set_note, CASE, "Une autre note.")
    done = desk.apply(edited)
    assert outcomes(done) == [("apply", "2", "urgency"), ("conflict", "4", "note")]
    assert desk.events("case.urgency")[-1].payload["reason"] == NOTE[3]


def test_line_12_a_closure_reason_that_is_emptied_with_its_state_is_no_question(desk: Desk) -> None:
    """Back to the follow-up: the register forgets the reason with the move, and so does the file."""
    reason = labels("closure_reason", "survivor_request")[0]
    path = desk.export()
    closing = ("dk:cases", CASE, "state", labels("case_state", "closure_pending")[0])
    desk.apply(desk.edit(path, closing, ("dk:cases", CASE, "closure", reason)))
    path = desk.export()
    back = ("dk:cases", CASE, "state", labels("case_state", "follow_up")[0])
    seen = desk.bring(desk.edit(path, back, ("dk:cases", CASE, "closure", None), NOTE))
    assert [one for one in outcomes(seen) if one[2] == "closure"] == [("same", "12", "closure")]
    assert seen.conflicts == ()
    emptied = desk.bring(desk.edit(path, ("dk:cases", CASE, "closure", None)), erase=True)
    assert outcomes(emptied) == [("error", "7", "closure")]


def test_line_12_a_suspension_corrected_elsewhere_is_the_same_suspension(desk: Desk) -> None:
    """Its reason and its day went along with the move: a copy with one more edit is one more field."""
    reason = labels("closure_reason", "safety")[0]
    first = desk.edit(
        desk.export(),
        ("dk:cases", CASE, "state", labels("case_state", "suspended")[0]),
        ("dk:cases", CASE, "closure", reason),
        ("dk:cases", CASE, "next_due", "30/11/2026"),
        NOTE,
    )
    assert desk.apply(first).changes == 4
    done = desk.apply(desk.edit(first, ("dk:cases", OTHER, "note", "Vue.")))
    assert (done.status, done.changes) == ("applied", 1)
    assert {(name, key) for name, _rule, key in outcomes(done) if name != "same"} == {("apply", "note")}


def test_line_12_a_register_that_refuses_keeps_the_file_out_in_words(desk: Desk) -> None:
    """An illegal step says why, and nothing of the file is written."""
    edited = desk.edit(desk.export(), ("dk:cases", CASE, "state", labels("case_state", "follow_up")[0]), NOTE)
    for done in (desk.bring(edited), desk.apply(edited)):
        assert done.status == "blocked"
        (error,) = (item for item in done.items if item.decision.outcome == "error")
        assert (error.key, error.decision.rule, error.decision.why) == ("state", "12", "refused_move")
        assert CASE in error.words
    assert desk.case()["work_note"] is None


def test_line_12_a_referral_leaves_only_with_consent(desk: Desk) -> None:
    """Rule 12: a day of sending means that it was sent, and the consent must cover that service."""
    _end_referrals(desk)
    path = desk.export()
    at = first_blank(path, "dk:referrals")
    row = [
        ("dk:referrals", at, "code", CASE),
        ("dk:referrals", at, "provider", "pre-01"),
        ("dk:referrals", at, "sent_on", "20/11/2026"),
        ("dk:referrals", at, "comment", "Vue sur place."),
    ]
    done = desk.apply(desk.edit(path, *row))
    assert done.status == "applied", done.items
    made = desk.services()[-1]
    assert (made["service"], made["provider_code"], made["status"]) == ("health", "PRE-01", "referred")
    assert made["work_note"] == "Vue sur place."
    no = {"c_services": "no", "c_refer_identity": None}
    desk.field.send("case", "c9", changed(FORM, {"consent": no}))
    path = desk.export()
    at = first_blank(path, "dk:referrals")
    row = [(sheet, at, key, dealt(4, "DK") if key == "code" else value) for sheet, _at, key, value in row]
    refused = desk.apply(desk.edit(path, *row, NOTE))
    assert refused.status == "blocked"
    (error,) = (item for item in refused.items if item.decision.outcome == "error")
    assert (error.decision.why, error.decision.rule) == ("refused_move", "12")
    assert "consent" in error.words
    assert desk.case()["work_note"] is None


def test_line_12_what_a_command_would_need_is_said_in_columns(desk: Desk) -> None:
    """The register names options of a command: whoever fills in a workbook reads which column each of them is."""
    suspended = labels("case_state", "suspended")[0]
    seen = desk.bring(desk.edit(desk.export(), ("dk:cases", CASE, "state", suspended), NOTE))
    (error,) = (item for item in seen.items if item.decision.outcome == "error")
    assert error.decision.why == "closure_reason_missing"
    reason = ("dk:cases", CASE, "closure", labels("closure_reason", "safety")[0])
    seen = desk.bring(desk.edit(desk.export(), ("dk:cases", CASE, "state", suspended), reason, NOTE))
    (error,) = (item for item in seen.items if item.decision.outcome == "error")
    told = wording.why(error.decision, error.words)
    assert "(--review)" in told
    assert "--review its next due date" in told


def _end_referrals(desk: Desk) -> None:
    """Let every referral of the case that is under way be over."""
    for one in desk.services():
        if one["provider_code"] == "PRE-01" and one["status"] not in INTERVENTION_FINAL:
            desk.decide(move_service, CASE, one["number"], "declined", reason="Elle ne veut plus")


def _referral(at: int, provider: str = "pre-01") -> list[tuple[str, int, str, str]]:
    """Return the cells of a new referral of the case."""
    cells = {"code": CASE, "provider": provider, "comment": "Vue sur place."}
    return [("dk:referrals", at, key, value) for key, value in cells.items()]


def test_a_referral_that_is_under_way_is_not_doubled_unasked(desk: Desk) -> None:
    """As with `cases refer`: somebody says that it is a second one, or writes in the row of the first."""
    path = desk.export()
    at = first_blank(path, "dk:referrals")
    edited = desk.edit(path, *_referral(at), NOTE)
    before = len(desk.services())

    seen, done = desk.bring(edited), desk.apply(edited)
    (asked,) = (one for one in done.items if one.decision.outcome == "warning")
    assert [one for one in seen.items if one.decision.outcome == "warning"] == [asked]
    assert (asked.decision.why, asked.case, asked.key) == ("under_way", CASE, "")
    assert "not over" in wording.why(asked.decision)
    assert (seen.attention, done.attention) == (True, True)
    assert (done.status, len(desk.services())) == ("applied", before), "the rest of the file is taken"
    assert desk.case()["work_note"] == NOTE[3]

    taken = desk.apply(edited, accepted=[asked.place])
    assert (taken.status, len(desk.services())) == ("applied", before + 1)
    assert desk.services()[-1]["work_note"] == "Vue sur place."
    assert desk.rebuilt()


def test_two_new_rows_of_one_file_for_one_referral_are_asked_about(desk: Desk) -> None:
    """The first is taken, the second waits; once the first is over, another one is nothing to ask about."""
    _end_referrals(desk)
    path = desk.export()
    at = first_blank(path, "dk:referrals")
    other = [
        (sheet, row, key, "Autre jour." if key == "comment" else value)
        for sheet, row, key, value in _referral(at + 1)
    ]
    before = len(desk.services())
    done = desk.apply(desk.edit(path, *_referral(at), *other))
    assert [one.decision.why for one in done.items if one.decision.outcome == "warning"] == ["under_way"]
    assert len(desk.services()) == before + 1

    assert desk.services()[-1]["status"] == "planned"
    desk.decide(move_service, CASE, desk.services()[-1]["number"], "declined", reason="Elle ne veut plus")
    path = desk.export()
    done = desk.apply(desk.edit(path, *_referral(first_blank(path, "dk:referrals"))))
    assert not any(one.decision.outcome == "warning" for one in done.items)
    assert len(desk.services()) == before + 2
