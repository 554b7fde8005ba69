"""A no that a later version of its form does not say any more counts all the same, also once nobody is left in that form."""

from __future__ import annotations

import pytest

from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consents import other_records as same_person
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.links.same import decide_person
from sync_scripts.store.database import Register, Rows
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.field import CASE, act, changed, known, victim
from tests.register.test_her_last_no import GATE, same, second


def court(work: Work) -> str:
    """Return what stands of her consent to the court in the record in which she said yes to it."""
    with work.field.register.reading() as rows:
        person = of_cases(rows, [CASE_CODE])[CASE_CODE].people["v1"]
    return {one.purpose: one.state for one in person.consents}["justice"]


@pytest.mark.parametrize("last", ["yes", "no"])
def test_of_an_interview_in_which_nobody_is_left_all_that_its_talks_refused_counts(
    sqlite_register: Register, last: str
) -> None:
    """It said no to the court, then perhaps yes, and then it was sent again as refused at the gate."""
    work = begin(sqlite_register)
    work.do(decide.record, CASE_CODE, {"justice": "yes"}, reason="Asked again")
    second(work, {"c_justice": "no"})
    same(work)
    assert court(work) == "refused"
    second(work, {"c_justice": last}, edit=1)
    assert court(work) == "refused"
    work.field.send("case", "c2", known(CASE_CODE, {"gate": GATE}), edit=2)

    assert court(work) == "refused"
    assert work.sound()


@pytest.mark.parametrize("last", ["yes", "no"])
def test_the_same_under_the_code_of_a_merged_case(sqlite_register: Register, last: str) -> None:
    """What her form says there is asked live."""
    work = begin(sqlite_register)
    work.do(decide.record, CASE_CODE, {"justice": "yes"}, reason="Asked again")
    old = second_case(work)
    for edit, answer in enumerate(("no", last)):
        told = {"victims": [victim(9)], "acts": [act(9, "V9")], "consent": {"c_justice": answer}}
        work.field.send("case", "c2", known(old, changed(CASE, told)), edit=edit)
    work.do(decide_person, CASE_CODE, "V1", (old, "V9"), "same", reason="One voice")
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")
    work.field.send("case", "c2", known(old, {"gate": GATE}), edit=2)

    assert court(work) == "refused"


def test_what_a_merged_case_says_is_read_once(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many people of how many cases are said to be kept there, too."""
    work = begin(sqlite_register)
    for number, root in ((8, "c8"), (9, "c9")):
        told = {"victims": [victim(number)], "acts": [act(number, f"V{number}")]}
        work.field.send("case", root, known(CASE_CODE, changed(CASE, told)))
    old = second_case(work)
    several = {"victims": [victim(4)], "acts": [act(4, "V4")]}
    work.field.send("case", "c4", known(old, changed(CASE, several)))
    for one in ("V1", "V8", "V9"):
        work.do(decide_person, CASE_CODE, one, (old, "V4"), "same", reason="One voice")
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")
    read: list[str] = []
    real = same_person.interviews_of

    def counted(rows: Rows, code: str) -> object:
        read.append(code)
        return real(rows, code)

    monkeypatch.setattr(same_person, "interviews_of", counted)
    with work.field.register.reading() as rows:
        of_cases(rows, [CASE_CODE, old])

    assert sorted(read) == sorted([CASE_CODE, old])
