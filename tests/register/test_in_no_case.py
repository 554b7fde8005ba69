"""A form that leaves a case by a code that nobody can read, and reaches another case later: what it takes along."""

from __future__ import annotations

from typing import Any, Final

import pytest

from sync_scripts.register.case_decisions.facts import correct
from sync_scripts.register.queries.event_words import told
from sync_scripts.store.database import PROGRAM, Register
from sync_scripts.store.events import NewEvent, append
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.work import CASE_CODE, OWNER, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, FOLLOWUP, changed, dealt, known

OTHER: Final = dealt(1, "DK")
THIRD: Final = dealt(2, "DK")
UNREADABLE: Final = "DK-?"
REFUSES: Final[dict[str, Any]] = {"gate": {"consent_case": "no"}}


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """Give three cases, the first with a visit and with an interview that somebody refused."""
    made = begin(sqlite_register)
    assert second_case(made) == OTHER
    made.field.send("alert", "r3", ALERT)
    made.do(every_decision.triage, dealt(2, "AL"))
    assert made.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02").case == THIRD
    send(made, "f1", CASE_CODE, 0)
    send(made, "c2", CASE_CODE, 0)
    return made


def send(work: Work, root: str, code: str, edit: int) -> None:
    """Let the phone send the visit or the refused interview with a code."""
    if root == "f1":
        work.field.send("followup", root, changed(FOLLOWUP, {"header": {"case_code": code}}), edit=edit)
    else:
        work.field.send("case", root, known(code, changed(CASE, REFUSES)), edit=edit)


def where(work: Work, root: str) -> str | None:
    """Return the case in which a form is."""
    (row,) = (one for one in work.field.rows(tables.filing) if one["root_id"] == root)
    return row["case_code"]  # type: ignore[no-any-return]


def hold(work: Work, code: str = CASE_CODE, *, held: bool = True) -> None:
    """Put a case under legal hold, or take that off."""
    work.do(every_decision.set_hold, code, held=held, reason="The court asked" if held else "Judged")


def held(work: Work, code: str = OTHER) -> bool:
    """Tell whether a case is under legal hold."""
    return bool(work.case(code)["legal_hold"])


@pytest.mark.parametrize("root", ["f1", "c2"])
def test_what_a_court_asked_to_keep_is_kept_where_it_arrives_later(work: Work, root: str) -> None:
    """By rule, once it is in a case; a person takes that off, and it stays off."""
    hold(work)
    send(work, root, UNREADABLE, 1)
    assert where(work, root) is None
    send(work, root, OTHER, 2)
    assert where(work, root) == OTHER
    assert (held(work), held(work, THIRD)) == (True, False)
    mine = [one for one in work.events() if one.op == "case.hold" and one.subject.endswith(OTHER)]
    assert [(one.actor.proof, one.payload["legal_hold"]) for one in mine] == [("rule", True)]
    assert work.sound()
    hold(work, OTHER, held=False)
    work.field.send("followup", "f2", changed(FOLLOWUP, {"header": {"case_code": OTHER}}))
    assert not held(work)


def test_an_event_of_before_that_names_no_case_stops_no_page(work: Work) -> None:
    """Earlier versions did not write down which case a form left: nothing follows of that, and the form comes in."""
    send(work, "c2", UNREADABLE, 1)
    hold(work)
    before = NewEvent("case.keep", "interview:case/c2", PROGRAM, {"confidentiality": "C3"})
    with work.field.register.writing() as rows:
        append(rows, [before], work.field.later())
    send(work, "c2", OTHER, 2)
    assert (where(work, "c2"), held(work)) == (OTHER, False)


def test_also_where_the_desk_took_it_out(work: Work) -> None:
    """Its code was corrected away; then somebody agrees to be documented, and the form gets a case."""
    hold(work)
    work.do(correct, CASE_CODE, "interview.2.case_code", "", reason="Wrong case")
    assert where(work, "c2") is None
    work.field.send("case", "c2", known(CASE_CODE), edit=1)
    new = where(work, "c2")
    assert new is not None
    assert new != CASE_CODE
    assert held(work, new)


def test_also_where_the_case_was_merged_into_a_held_one(work: Work) -> None:
    """What is under its code is kept with the one in which the work goes on."""
    work.do(every_decision.merge, CASE_CODE, THIRD, reason="Same facts", by=OWNER)
    hold(work, THIRD)
    send(work, "f1", UNREADABLE, 1)
    send(work, "f1", OTHER, 2)
    assert held(work)


def test_only_the_case_that_it_left_last_counts(work: Work) -> None:
    """What a person took off where it was in between is not put on again further on."""
    hold(work)
    send(work, "f1", UNREADABLE, 1)
    send(work, "f1", OTHER, 2)
    hold(work, OTHER, held=False)
    send(work, "f1", UNREADABLE, 3)
    send(work, "f1", THIRD, 4)
    assert not held(work, THIRD)


def test_what_is_decided_once_it_was_gone_is_about_others(work: Work) -> None:
    """A hold of later is not about a form that had left; and one that was taken off holds nothing any more."""
    send(work, "f1", UNREADABLE, 1)
    hold(work)
    send(work, "f1", OTHER, 2)
    assert not held(work)
    send(work, "c2", UNREADABLE, 1)
    hold(work, held=False)
    send(work, "c2", OTHER, 2)
    assert not held(work)


def test_no_hold_comes_from_a_case_without_one(work: Work) -> None:
    """A wrong code that was mended holds nothing, where another case is held."""
    hold(work, THIRD)
    send(work, "f1", UNREADABLE, 1)
    send(work, "f1", OTHER, 2)
    assert not held(work)
    send(work, "f1", THIRD, 3)
    send(work, "f1", UNREADABLE, 4)
    send(work, "f1", CASE_CODE, 5)
    assert held(work, CASE_CODE)


@pytest.mark.parametrize("root", ["f1", "c2"])
def test_what_two_people_open_is_opened_by_two_where_it_arrives_later(work: Work, root: str) -> None:
    """The class goes along by the same road; an interview takes along any one, a visit only that."""
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4")
    send(work, root, UNREADABLE, 1)
    send(work, root, OTHER, 2)
    assert work.case(OTHER)["confidentiality"] == "C4"


@pytest.mark.parametrize(("root", "level"), [("f1", "C2"), ("c2", "C3")])
def test_a_visit_takes_no_other_class_along(work: Work, root: str, level: str) -> None:
    """As where it is sent with the right code at once."""
    work.do(every_decision.set_confidentiality, CASE_CODE, "C3")
    work.do(every_decision.set_confidentiality, OTHER, "C2", reason="She wants it shared")
    send(work, root, UNREADABLE, 1)
    send(work, root, OTHER, 2)
    assert work.case(OTHER)["confidentiality"] == level


def test_the_log_says_which_case_it_left(work: Work) -> None:
    """In words, without a class that a visit does not have."""
    send(work, "f1", UNREADABLE, 1)
    left = work.events()[-1]
    assert (left.op, left.subject, left.actor.proof) == ("case.left", "followup:followup/f1", "rule")
    assert CASE_CODE in told(left.op, left.payload)
