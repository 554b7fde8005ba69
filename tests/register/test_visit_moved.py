"""A visit that an edit sends to another case leaves a trace where it was: in the history, and as a line that a person reads."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.queries.event_words import told_line
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import CASE_CODE, OWNER, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, COORDINATOR, FOLLOWUP, changed, closing, dealt, told

OTHER_CASE = dealt(1, "DK")


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with two open cases; a visit came for the first one."""
    made = begin(sqlite_register)
    made.field.send("alert", "r2", ALERT)
    made.do(every_decision.triage, dealt(1, "AL"))
    assert made.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02").case == OTHER_CASE
    made.field.send("followup", "f1", visit(CASE_CODE))
    return made


def visit(code: str) -> dict[str, Any]:
    """Return a visit for a case."""
    return changed(FOLLOWUP, {"header": {"case_code": code}})


def history(work: Work, code: str = CASE_CODE, actor: Any = COORDINATOR) -> list[str]:
    """Return what the log says in words that a form left a case."""
    with work.field.register.reading() as rows:
        lines = list(logbook(rows, code, actor=actor))
    return [told_line(line) for line in lines if line["op"] == "case.form_left"]


def lines(work: Work, code: str = CASE_CODE) -> list[str]:
    """Return the remarks about it of a case that are still to be read."""
    found = [row for row in work.field.rows(tables.flag) if row["subject"] == f"case:{code}"]
    return [told(row) for row in found if row["code"] == "visit_gone" and not row["resolved_at"]]


def test_the_case_that_it_leaves_says_so(work: Work) -> None:
    """To which one, and on which day; the case that gets it has the visit."""
    work.field.send("followup", "f1", visit(OTHER_CASE), edit=1)

    assert [OTHER_CASE in one for one in history(work)] == [True]
    assert lines(work) == [f"visit_gone|{work.field.now:%Y-%m-%d}"]
    assert (history(work, OTHER_CASE), lines(work, OTHER_CASE)) == ([], [])


def test_a_line_that_was_read_is_gone_and_so_is_one_of_a_visit_that_came_back(work: Work) -> None:
    """The history keeps both."""
    work.field.send("followup", "f1", visit(OTHER_CASE), edit=1)
    (one,) = [row for row in work.field.rows(tables.flag) if told(row) in lines(work)]
    work.do(every_decision.resolve_flag, CASE_CODE, one["flag_id"], resolution="Asked: it was another house")
    assert lines(work) == []
    work.field.later(days=1)
    work.field.send("followup", "f2", visit(CASE_CODE))
    work.field.send("followup", "f2", visit(OTHER_CASE), edit=1)
    assert len(lines(work)) == 1
    work.field.send("followup", "f2", visit(CASE_CODE), edit=2)

    assert (lines(work), len(history(work))) == ([], 2)


def test_a_request_of_closure_and_a_code_that_cannot_be_read(work: Work) -> None:
    """A form that leaves for no case is missed as well."""
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.field.send("closure", "k1", closing(OTHER_CASE), edit=1)
    work.field.send("followup", "f1", visit("?"), edit=1)

    assert [OTHER_CASE in one for one in history(work)] == [True, False]
    assert "no other case" in history(work)[1]
    assert lines(work)


def test_two_that_left_on_one_day_are_one_line(work: Work) -> None:
    """Whoever looks at the history finds both."""
    work.field.later(hours=12)
    for root in ("f1", "f2"):
        work.field.send("followup", root, visit(CASE_CODE), edit=int(root == "f1"))
        work.field.send("followup", root, visit(OTHER_CASE), edit=1 + int(root == "f1"))

    assert (len(lines(work)), len(history(work))) == (1, 2)


def test_what_a_person_moves_is_in_the_history_and_asks_nobody(work: Work) -> None:
    """Who corrected it knows."""
    work.do(every_decision.correct, CASE_CODE, "followup.case_code", OTHER_CASE, reason="Another house")

    assert [OTHER_CASE in one for one in history(work)] == [True]
    assert lines(work) == []


def test_a_case_that_is_kept_closely_is_named_to_those_alone_who_see_it(work: Work) -> None:
    """Others read that the form is gone."""
    work.do(every_decision.set_confidentiality, OTHER_CASE, "C4", reason="She is known")
    work.field.send("followup", "f1", visit(OTHER_CASE), edit=1)

    assert OTHER_CASE not in " ".join(history(work, actor=OWNER))
    assert OTHER_CASE in " ".join(history(work))
