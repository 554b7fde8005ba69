"""The decision table, line by line: each test bears the number of its line."""

# ruff: noqa: DTZ001 - a spreadsheet knows no zone

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from sync_scripts.followup.inbound.cell_rules import (
    COMPARE,
    GONE,
    Field,
    RowFacts,
    Side,
    across,
    decide,
    file_rule,
    row_rule,
    shuffled,
    swapped,
)
from sync_scripts.followup.inbound.values import (
    Bad,
    Cell,
    Choices,
    Decision,
    Outcome,
    day,
    fold,
    number,
    plain,
    text,
)
from sync_scripts.store.detectors import KnownNames

TODAY = date(2026, 11, 25)
NOTE = Field("note")
STATE = Field("state", "choice")
DUE = Field("next_due", "date", today=TODAY)
OWNER = Field(
    "owner", "choice", people=frozenset({"RD-01", "RD-02"}), here=frozenset({"RD-01", "RD-02", "RD-03"})
)
LOCKED = Field("region", "choice", editable=False)

STATES = {"follow_up": "Suivi", "assessment": "Évaluation des besoins", "suspended": "Suspendu"}


def outcome(*asked: Any) -> tuple[str, str]:
    """Return outcome and line of a decision."""
    found = decide(*asked)
    return str(found.outcome), found.rule


# --- cells ---


def test_line_1_what_nobody_touched_asks_for_nothing_even_if_the_register_moved() -> None:
    """M = B writes nothing, so last week's file over this week's register undoes no work."""
    assert outcome(NOTE, "a", "a", "a") == ("nothing", "1")
    assert outcome(NOTE, "a", "moved on", "a") == ("nothing", "1")
    assert outcome(NOTE, None, "new", None) == ("nothing", "1")
    assert outcome(NOTE, "a", GONE, "a") == ("nothing", "1")


def test_line_2_a_change_over_an_unmoved_register_is_applied() -> None:
    """M != B, N = B."""
    assert decide(NOTE, "a", "a", "b") == Decision(Outcome.APPLY, "2", "b")
    assert decide(STATE, None, None, "follow_up") == Decision(Outcome.APPLY, "2", "follow_up")


def test_line_3_the_same_correction_by_two_people_is_the_same() -> None:
    """M != B, N = M: nothing to write."""
    assert outcome(NOTE, "a", "b", "b") == ("same", "3")
    assert outcome(NOTE, "a", None, None) == ("same", "3")


def test_line_4_two_different_notes_are_a_conflict_that_offers_both() -> None:
    """Free text changed on both sides: nobody's words are lost."""
    found = decide(NOTE, "a", "b", "c")
    assert (found.outcome, found.rule, found.both, found.value) == (Outcome.CONFLICT, "4", True, "c")
    assert not decide(NOTE, "a", "b", None).both


def test_line_5_any_other_field_changed_on_both_sides_is_a_conflict() -> None:
    """There is no keeping both of two states."""
    found = decide(STATE, "assessment", "suspended", "follow_up")
    assert (found.outcome, found.rule, found.both) == (Outcome.CONFLICT, "5", False)


def test_line_6_a_locked_column_that_was_changed_is_ignored_and_said() -> None:
    """Protection is comfort; the register stays the truth."""
    assert outcome(LOCKED, "CM007", "CM007", "CM001") == ("locked_edit", "6")
    assert outcome(LOCKED, "CM007", "CM007", "CM007") == ("nothing", "1")


def test_line_7_an_emptied_cell_is_listed_apart_and_erases_nothing_by_itself() -> None:
    """M blank, B not: only with a yes. Over a register that moved it is a conflict."""
    assert outcome(NOTE, "a", "a", None) == ("erase", "7")
    assert outcome(NOTE, "a", "b", None) == ("conflict", "4")


def test_line_7_what_cannot_be_empty_is_an_error_at_once() -> None:
    """A case without a next day is not what anybody meant: nothing waits for a yes that could never be taken."""
    due = Field("next_due", "date", erasable=False, today=TODAY)
    found = decide(due, "2026-12-01", "2026-12-01", None)
    assert (found.outcome, found.rule, found.why) == (Outcome.ERROR, "7", "needed")
    assert outcome(due, "2026-12-01", "2026-12-02", None) == ("error", "7")
    assert outcome(due, "2026-12-01", None, None) == ("same", "3")
    assert outcome(due, None, "2026-12-01", None) == ("nothing", "1")


def test_line_8_a_value_that_is_not_in_its_list_is_an_error_with_the_nearest() -> None:
    """Never guessed: the nearest labels are named, not taken."""
    choices = Choices(STATES, [STATES])
    bad = choices.read(Cell("Suivis", "s"))
    assert bad == Bad("not_in_list", ("Suivi",))
    assert outcome(STATE, "follow_up", "follow_up", bad) == ("error", "8")
    assert decide(STATE, "follow_up", "follow_up", bad).nearest == ("Suivi",)


@pytest.mark.parametrize(
    "value",
    [
        "31/02/2026",
        "2026-13-01",
        "demain",
        "11/25/2026",
        datetime(2014, 12, 31),
        datetime(2036, 1, 1),
        46_000,
    ],
)
def test_line_9_a_day_that_cannot_be_read_or_is_far_out_is_an_error(value: object) -> None:
    """Only YYYY-MM-DD and DD/MM/YYYY are read from text, and only 2015 to 2035."""
    assert outcome(DUE, None, None, day(Cell(value))) == ("error", "9")


def test_line_9_a_time_of_day_is_an_error() -> None:
    """Half past two is no due day; midnight is."""
    assert day(Cell(datetime(2026, 12, 1, 14, 30))) == Bad("time_of_day")
    assert outcome(DUE, None, None, Bad("time_of_day")) == ("error", "9")
    assert day(Cell(datetime(2026, 12, 1))) == "2026-12-01"
    assert day(Cell("01/12/2026", "s")) == day(Cell(" 2026-12-01 ", "s")) == "2026-12-01"


def test_line_10_a_text_over_the_limit_is_an_error_and_never_cut() -> None:
    """A thousand characters pass, one more does not."""
    assert text(Cell("x" * 1000, "s")) == "x" * 1000
    assert outcome(NOTE, None, None, text(Cell("x" * 1001, "s"))) == ("error", "10")


def test_line_11_an_error_of_excel_is_an_error() -> None:
    """#REF! is nobody's note."""
    assert outcome(NOTE, "a", "a", text(Cell("#REF!", "e"))) == ("error", "11")


def test_line_12_a_closure_needs_its_reason_and_a_reason_its_closure() -> None:
    """State and reason go together."""
    assert crossed("dk:cases", state="closure_pending") == {"state": "closure_reason_missing"}
    assert crossed("dk:cases", state="closure_pending", closure="lost_contact") == {}
    assert crossed("dk:cases", closure="lost_contact") == {"closure": "closure_state_missing"}


CLOSED = {"state": "closure_pending", "closure": "lost_contact"}


def test_line_12_a_closure_reason_comes_and_goes_with_the_state() -> None:
    """Emptied with a move away it is nothing to ask about; emptied alone, or where a reason is needed, an error."""
    gone = {"closure": Decision(Outcome.ERASE, "7")}
    assert states(CLOSED, gone) == {"closure": ("error", "needed")}
    away = {**gone, "state": Decision(Outcome.APPLY, "2", "follow_up")}
    assert states(CLOSED, away) == {"closure": ("same", "")}
    other = {**gone, "state": Decision(Outcome.APPLY, "2", "suspended")}
    assert states(CLOSED, other)["state"] == ("error", "closure_reason_missing")


def test_line_12_a_reason_that_went_along_with_its_move_is_no_second_one() -> None:
    """A suspension keeps its reason with the move: the same file, corrected elsewhere, says nothing new."""
    again = {"state": Decision(Outcome.SAME, "3"), "closure": Decision(Outcome.APPLY, "2", "safety")}
    assert states({"state": "suspended"}, again) == {"closure": ("same", "")}
    assert states({"state": "follow_up"}, again) == {"closure": ("error", "closure_state_missing")}


def states(now: Mapping[str, str | None], decided: Mapping[str, Decision]) -> dict[str, tuple[str, str]]:
    """Return what rule 12 says of a case's cells: outcome and reason."""
    found = across(Side("dk:cases", now, decided, TODAY))
    return {key: (str(one.outcome), one.why) for key, one in found}


def test_line_12_urgency_is_lowered_only_with_a_new_note() -> None:
    """Raising is free; lowering says why."""
    now = {"urgency": "high"}
    assert crossed("dk:cases", now, urgency="low") == {"urgency": "lowered_without_note"}
    assert crossed("dk:cases", now, urgency="low", note="Plus de menace.") == {}
    assert crossed("dk:cases", now, urgency="critical") == {}
    asked = {
        "urgency": Decision(Outcome.APPLY, "2", "low"),
        "note": Decision(Outcome.CONFLICT, "4", "Calme."),
    }
    assert states(now, asked) == {}
    noted = Side("dk:cases", now, {"urgency": asked["urgency"]}, TODAY, reason="Noté avant.")
    assert list(across(noted)) == []


def test_line_12_lowering_waits_with_a_note_that_is_held() -> None:
    """A note with a phone number may not become the reason of a decision either."""
    decided = {
        "urgency": Decision(Outcome.APPLY, "2", "low"),
        "note": decide(NOTE, None, None, "Appeler 677 00 00 00 demain"),
    }
    assert decided["note"].rule == "17"
    ((key, found),) = across(Side("dk:cases", {"urgency": "high"}, decided, TODAY))
    assert (key, found.outcome, found.why) == ("urgency", Outcome.WARNING, "note_held")


def test_line_12_done_on_needs_done_and_lies_in_the_past() -> None:
    """A day on which it was done belongs to what is done."""
    assert crossed("dk:actions", done_on="2026-11-20") == {"done_on": "done_state_missing"}
    assert crossed("dk:actions", done_on="2026-11-26", status="done") == {"done_on": "done_in_future"}
    assert crossed("dk:actions", done_on="2026-11-25", status="done") == {}


def test_line_12_what_was_sent_was_sent_on_a_day_that_is_here() -> None:
    """A day on which it was sent says that it was: one to come would write down a referral that nobody made."""
    there = {"code": "A", "outcome": "planned", "sent_on": "2026-11-20"}
    ahead = (TODAY + timedelta(days=1)).isoformat()
    assert crossed("dk:referrals", there, sent_on=ahead) == {"sent_on": "sent_in_future"}
    for sent, refused in ((ahead, {"sent_on": "sent_in_future"}), (TODAY.isoformat(), {})):
        assert crossed("dk:referrals", new=True, code="A", provider="PRE-01", sent_on=sent) == refused
    assert crossed("dk:referrals", {**there, "sent_on": ahead}, outcome="accepted") == {}
    emptied = {"sent_on": Decision(Outcome.APPLY, "7")}
    assert not list(across(Side("dk:referrals", there, emptied, TODAY)))


def test_line_12_an_action_stays_with_its_case_and_a_new_one_says_enough() -> None:
    """A row is not moved to another case; a new one names case and service, or provider."""
    assert crossed("dk:actions", {"code": "A"}, code="B") == {"code": "moved_to_other_case"}
    assert crossed("dk:actions", new=True, code="A") == {"service": "row_incomplete"}
    assert crossed("dk:referrals", new=True, provider="PRE-01") == {"code": "row_incomplete"}


def crossed(
    sheet: str, now: Mapping[str, str | None] | None = None, *, new: bool = False, **mine: str
) -> dict[str, str]:
    """Return key and reason of what rule 12 refuses about a row."""
    kind = Outcome.NEW if new else Outcome.APPLY
    decided = {key: Decision(kind, "2", value) for key, value in mine.items()}
    found = dict(across(Side(sheet, now or {}, decided, TODAY, new=new)))
    assert {one.rule for one in found.values()} <= {"12"}
    assert {one.outcome for one in found.values()} <= {Outcome.ERROR}
    return {key: one.why for key, one in found.items()}


def test_line_13_a_formula_in_an_editable_cell_is_an_error_and_never_a_blank() -> None:
    """Whatever the field: a formula without a stored value would look like an erasure."""
    for read in (text, day, Choices(STATES, [STATES]).read):
        mine = read(Cell("=1+1", "f"))
        assert outcome(NOTE, "a", "a", mine) == ("error", "13")
        assert outcome(NOTE, None, None, mine) == ("error", "13")


def test_line_14_a_formula_in_a_locked_cell_is_a_locked_edit() -> None:
    """Ignored and said, as any other change there."""
    assert outcome(LOCKED, "CM007", "CM007", Bad("formula")) == ("locked_edit", "14")


def test_line_15_a_far_day_that_is_near_month_first_is_asked_about() -> None:
    """12 January typed month first becomes 1 December, or the other way round."""
    found = decide(DUE, None, None, "2027-04-12")
    assert (found.outcome, found.rule) == (
        Outcome.APPLY,
        "2",
    )  # 4 December: exchanged it is 2027-12-04, as far
    assert outcome(DUE, None, None, "2026-01-12") == ("warning", "15")  # exchanged: 1 December 2026
    assert outcome(DUE, None, None, "2026-12-01") == ("apply", "2")
    assert not swapped("2027-05-25", TODAY)


def test_line_16_an_owner_outside_the_scope_is_an_error() -> None:
    """Neither to somebody whom the importer may not put in charge, nor to somebody who does not work here."""
    found = [decide(OWNER, "RD-01", "RD-01", code) for code in ("RD-03", "RD-09")]
    assert [(str(one.outcome), one.rule, one.why) for one in found] == [
        ("error", "16", "outside_scope"),
        ("error", "16", "not_here"),
    ]
    assert outcome(OWNER, "RD-01", "RD-02", "RD-03") == ("error", "16")
    assert outcome(OWNER, "RD-01", "RD-03", "RD-03") == ("same", "3")
    assert outcome(OWNER, "RD-01", "RD-01", "RD-02") == ("apply", "2")
    assert outcome(OWNER, "RD-09", "RD-09", "RD-09") == ("nothing", "1")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("Appeler le 677 12 34 56", "phone"),
        ("Maison à 5.9631, 10.1591", "coordinates"),
        ("Vu avec Eloundou Invente", "name"),
    ],
)
def test_line_17_a_text_that_identifies_somebody_is_held(words: str, why: str) -> None:
    """Held back, also where it would be a conflict: it goes nowhere without a yes."""
    asked = Field("note", names=KnownNames(["Éloundou Inventé"]))
    for now in (None, "moved"):
        found = decide(asked, None, now, words)
        assert (found.outcome, found.rule, found.why) == (Outcome.WARNING, "17", why)


# --- rows ---


def test_r1_a_blank_row_that_stayed_blank_is_skipped() -> None:
    """Twenty ready rows are no twenty actions."""
    assert row_rule(RowFacts("x", opens=True, spare=True, blank=True)).rule == "R1"
    assert row_rule(RowFacts("x", opens=True, spare=True, created=True, blank=True)).rule == "R1"
    assert row_rule(RowFacts(None, opens=True, blank=True)) == Decision(Outcome.NOTHING, "R1")


def test_r2_a_blank_row_that_was_filled_is_new() -> None:
    """Under the id that was kept free for it."""
    assert row_rule(RowFacts("x", opens=True, spare=True)) == Decision(Outcome.NEW, "R2")


def test_r3_a_filled_row_that_was_taken_before_is_compared() -> None:
    """Importing twice, or after a correction, never doubles a row."""
    found = row_rule(RowFacts("x", opens=True, spare=True, created=True))
    assert (found.outcome, found.rule) == (Outcome.NOTHING, "R3")


def test_r4_a_row_without_id_is_new_where_rows_may_be_added() -> None:
    """Somebody wrote below the ready rows."""
    assert row_rule(RowFacts(None, opens=True)) == Decision(Outcome.NEW, "R4")


def test_r5_a_case_is_not_opened_in_a_workbook() -> None:
    """A row without id among the cases is refused."""
    assert row_rule(RowFacts(None, opens=False)) == Decision(Outcome.REFUSED, "R5", why="no_id")


def test_r6_a_copied_row_counts_once_if_equal_and_else_not_at_all() -> None:
    """Which of two different rows was meant cannot be told."""
    assert row_rule(RowFacts("x", opens=True, copies=2)) == COMPARE
    assert row_rule(RowFacts("x", opens=True, copies=2, copies_equal=False)).rule == "R6"


def test_r7_an_id_that_was_not_handed_out_is_refused() -> None:
    """An id made up, or of another export."""
    assert row_rule(RowFacts("x", opens=True, exported=False)).outcome is Outcome.UNKNOWN_ROW


def test_r8_a_row_pasted_from_another_export_is_refused() -> None:
    """Its base is not the one that this export knows."""
    assert row_rule(RowFacts("x", opens=True, same_version=False)).rule == "R8"


def test_r9_a_row_that_is_missing_is_counted_and_never_a_deletion() -> None:
    """No row, no facts, no decision: `comparison` counts it, and nothing else knows of it."""
    assert Outcome.MISSING_ROW not in {
        row_rule(RowFacts("x", opens=True, blank=blank)).outcome for blank in (True, False)
    }


def test_r10_a_row_that_was_erased_is_never_made_again() -> None:
    """Neither a case, nor an action that came of a blank row."""
    assert row_rule(RowFacts("x", opens=True, erased=True)).outcome is Outcome.GONE
    assert row_rule(RowFacts("x", opens=True, spare=True, created=True, erased=True)).rule == "R10"
    assert outcome(NOTE, "a", GONE, "b") == ("gone", "R10")


# --- files ---

FINE = {
    "known_format": True,
    "known_export": True,
    "own_register": True,
    "applied": False,
    "expired": False,
    "held": True,
}


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({}, ""),
        ({"known_format": False}, "F2"),
        ({"known_export": False, "own_register": False}, "F3_other_register"),
        ({"known_export": False}, "F3_unknown"),
        ({"expired": True}, "F3_expired"),
        ({"held": False, "expired": True}, "F3_purged"),
        ({"applied": True, "expired": True}, "F4"),
    ],
)
def test_f2_f3_f4_a_file_is_judged_as_a_whole(said: dict[str, bool], rule: str) -> None:
    """Newer layout, other register, unknown, expired, forgotten, applied before."""
    assert file_rule(**{**FINE, **said}) == rule


def test_rows_that_no_longer_fit_their_ids_refuse_the_file() -> None:
    """More than one in five, and never for a single row."""
    assert shuffled(10, 3)
    assert not shuffled(10, 2)
    assert not shuffled(3, 1)


# --- normalisation ---


def test_words_are_compared_however_they_are_written() -> None:
    """Composed accents, blanks that do not break, line ends and margins make no difference."""
    assert plain("  De\u0301ja\u0300\u00a0vu\r\nici ") == "Déjà vu\nici"
    assert plain(" \u00a0 ") is None
    assert outcome(NOTE, "a b", "moved", "a\n b ") == ("nothing", "1")
    assert fold("ÉVALUATION  des Besoins") == "evaluation des besoins"
    assert number(12.0) == "12"
    assert text(Cell(12.0)) == "12"
    assert text(Cell(value=True, kind="b")) == Bad("yes_no")


def test_a_label_in_either_language_or_a_code_is_the_code() -> None:
    """French, English, code; case and accents folded; the number before an urgency may stay away."""
    choices = Choices(STATES, [STATES, {"follow_up": "Follow-up", "assessment": "Needs assessment"}])
    for words in ("Suivi", "SUIVI", "follow-up", "follow_up", " suivi "):
        assert choices.read(Cell(words, "s")) == "follow_up"
    assert Choices(["critical"], [{"critical": "1 · Critique"}]).read(Cell("critique", "s")) == "critical"


def test_a_word_of_two_codes_means_neither() -> None:
    """Two codes with one label: nothing is guessed. The first language given goes before the second."""
    double = Choices(["a", "b"], [{"a": "Autre", "b": "Autre"}])
    assert isinstance(double.read(Cell("Autre", "s")), Bad)
    assert Choices(["a", "b"], [{"a": "Un"}, {"b": "Un"}]).read(Cell("un", "s")) == "a"
