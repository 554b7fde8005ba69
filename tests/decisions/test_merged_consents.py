"""One person in a merged case and in the one that was kept: her last no holds in both, whatever brought it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions.overriding import override
from sync_scripts.register.consents.doors import covers_service
from sync_scripts.register.links.same import decide_person
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_two_people import provider
from tests.decisions.work import CASE_CODE, SUPERVISOR, Work, begin
from tests.register.field import CASE, act, changed, known, victim


@pytest.mark.parametrize("same", [True, False])
def test_the_last_no_of_one_person_holds_in_both_cases(sqlite_register: Register, *, same: bool) -> None:
    """By a form under the old code, as inside one case; whoever is not said to be her is asked for herself."""
    work = begin(sqlite_register)
    provider(work)
    old = second_case(work)
    people = {"victims": [victim(9)], "acts": [act(9, "V9")]}
    work.field.send("case", "c2", known(old, changed(CASE, people)))
    if same:
        work.do(decide_person, CASE_CODE, "V1", (old, "V9"), "same", reason="One voice")
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")
    assert referable(work)
    refuses = {"consent": {"c_services": "no", "c_refer_identity": None}}
    work.field.send("case", "c2", known(old, changed(CASE, people, refuses)), edit=1)

    assert referable(work) is not same
    assert work.sound()
    work.do(consents.record, CASE_CODE, {"services": "yes"}, person="V1", reason="She called")
    assert referable(work)  # asked again since


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("same", [True, False])
def test_her_no_under_the_old_code_ends_what_is_done_without_her(
    sqlite_register: Register, *, same: bool, late: bool
) -> None:
    """Two people sign because she cannot be reached; then she says no, to whoever calls her by the old code.

    Also where a server had it before, and neither of the two had seen it.
    """
    work = begin(sqlite_register)
    provider(work)
    old = second_case(work)
    people = {"victims": [victim(9)], "acts": [act(9, "V9")]}
    work.field.send("case", "c2", known(old, changed(CASE, people)))
    if same:
        work.do(decide_person, CASE_CODE, "V1", (old, "V9"), "same", reason="One voice")
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")
    work.field.later(days=370)  # what she agreed to has run out
    assert not referable(work)
    waits = work.do(override, CASE_CODE, hours=72, reason="She cannot be reached and is in danger")
    work.do(every_decision.sign, waits.proposal, by=SUPERVISOR)
    assert referable(work)
    received = work.field.now - timedelta(minutes=30) if late else None
    work.field.later()
    refuses = {"consent": {"c_services": "no", "c_document": "no", "c_refer_identity": None}}
    work.field.send("case", "c2", known(old, changed(CASE, people, refuses)), edit=1, received=received)
    assert referable(work) is not same
    assert work.sound()


@pytest.mark.parametrize("overridden", [True, False])
@pytest.mark.parametrize("how", ["form", "desk"])
def test_a_no_that_leaves_nobody_in_her_form_holds_too(
    sqlite_register: Register, how: str, *, overridden: bool
) -> None:
    """It is sent again under the old code as refused from the beginning, or that is laid over it at the desk."""
    work = begin(sqlite_register)
    provider(work)
    old = second_case(work)
    people = {"victims": [victim(9)], "acts": [act(9, "V9")]}
    work.field.send("case", "c2", known(old, changed(CASE, people)))
    work.do(decide_person, CASE_CODE, "V1", (old, "V9"), "same", reason="One voice")
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")
    if overridden:
        work.field.later(days=370)
        waits = work.do(override, CASE_CODE, hours=72, reason="She cannot be reached and is in danger")
        work.do(every_decision.sign, waits.proposal, by=SUPERVISOR)
    assert referable(work)
    work.field.later()
    if how == "desk":
        work.do(every_decision.correct, old, "interview.consent_case", "no", reason="She told the team")
    else:
        refuses = {"gate": {"interview_private": "yes", "consent_case": "no"}}
        work.field.send("case", "c2", known(old, refuses), edit=1)
    assert not referable(work)
    assert work.sound()


def referable(work: Work) -> bool:
    """Tell whether the person of the kept case may be referred."""
    with work.field.register.reading() as rows:
        return covers_service(rows, CASE_CODE, "health", work.field.now, provider="PRE-01")
