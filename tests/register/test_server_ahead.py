"""The clock of a server runs ahead of the laptop: what was read before somebody decided is no later for it, and what was not is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consents.errors import AnswerOutlived
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.links.same import decide_person
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_two_people import provider
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.field import CASE, act, changed, known, victim
from tests.register.test_ended_overrides import HEADER, NO, REACHED, may, overridden
from tests.register.test_her_last_no import (
    NOTHING_ASKED,
    answers_no,
    out_of_date,
    refuses_all,
    same,
    second,
)

AHEAD = timedelta(hours=5)


def says_no(work: Work) -> None:
    """Her interview is sent again with a no, to a server whose clock runs ahead."""
    said = changed(CASE, {"header": HEADER, "consent": NO})
    work.field.send("case", "c1", said, edit=1, received=work.field.now + AHEAD)


def says_no_again(work: Work) -> None:
    """The same in a second interview: its first version."""
    second(work, NO, received=work.field.now + AHEAD)
    same(work)


def edits_the_second(work: Work) -> None:
    """The same in an edit of the second interview."""
    second(work, NOTHING_ASKED)
    same(work)
    answers_no(work, received=work.field.now + AHEAD)


def empties_the_second(work: Work) -> None:
    """The same, and nobody is left in it."""
    second(work, NOTHING_ASKED)
    same(work)
    refuses_all(work, received=work.field.now + AHEAD)


WAYS = [says_no, says_no_again, edits_the_second, empties_the_second]


def her_name(way: Callable[[Work], None]) -> dict[str, Any]:
    """Return how she is named where there are two records of her."""
    return {} if way in {says_no, empties_the_second} else {"person": "V1"}


@pytest.mark.parametrize("way", WAYS)
def test_what_two_people_sign_over_a_no_that_was_read_stands(
    sqlite_register: Register, way: Callable[[Work], None]
) -> None:
    """At night, a few hours after the phone was connected: that no is what they act against."""
    work = out_of_date(sqlite_register)
    way(work)
    overridden(work, **her_name(way))

    assert may(work)
    assert work.sound()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_read_after_the_signature_ends_it_all_the_same(
    sqlite_register: Register, way: Callable[[Work], None]
) -> None:
    """By the order in which this register reads."""
    work = out_of_date(sqlite_register)
    overridden(work)
    assert may(work)
    way(work)

    assert not may(work)
    assert work.sound()


@pytest.mark.parametrize("ahead", [True, False])
def test_what_is_laid_over_a_form_afterwards_is_later(sqlite_register: Register, *, ahead: bool) -> None:
    """Also where that form has still to come by the clock of its server."""
    work = begin(sqlite_register, consent=False)
    provider(work)
    said = changed(CASE, {"header": HEADER, "consent": NOTHING_ASKED})
    work.field.send("case", "c1", said, received=work.field.now + AHEAD if ahead else None)
    overridden(work)
    assert may(work)
    work.do(every_decision.correct, CASE_CODE, "interview.consent_case", "no", reason=REACHED)

    assert not may(work)


@pytest.mark.parametrize("way", WAYS)
def test_a_yes_over_a_no_that_was_read_is_written_down(
    register: Register, way: Callable[[Work], None]
) -> None:
    """She was asked again that evening; a no that is read later takes it back."""
    work = begin(register)
    provider(work)
    way(work)
    assert not may(work)
    work.do(decide.record, CASE_CODE, {"services": "yes"}, reason="Asked again", **her_name(way))
    assert may(work)
    if way is says_no_again:
        second(work, NOTHING_ASKED, edit=1, received=work.field.now + AHEAD)
        second(work, NO, edit=2, received=work.field.now + AHEAD)
        assert not may(work)
    assert work.sound()


def test_a_yes_ends_with_a_no_that_was_not_read(sqlite_register: Register) -> None:
    """A server had it later by its clock, and so did this register."""
    work = begin(sqlite_register)
    provider(work)
    work.do(decide.record, CASE_CODE, {"services": "yes"}, reason="Asked again")
    says_no(work)

    assert not may(work)


def test_a_sheet_of_before_lifts_no_such_no(sqlite_register: Register) -> None:
    """It is older than what the form says, on whatever day that comes to lie."""
    work = begin(sqlite_register)
    work.field.later(days=3)
    says_no(work)
    day = (work.field.now - timedelta(days=2)).date()
    work.refused(AnswerOutlived, decide.record, CASE_CODE, {"services": "yes"}, on=day)


def merged(register: Register) -> tuple[Work, Callable[..., None]]:
    """Return a case into which another one was merged that tells of her, too, and what sends that interview."""
    work = begin(register)
    provider(work)
    old = second_case(work)
    people: dict[str, Any] = {"victims": [victim(9)], "acts": [act(9, "V9")]}

    def sends(consent: Any, **more: Any) -> None:
        work.field.send("case", "c2", known(old, changed(CASE, people, {"consent": consent})), **more)

    sends(NOTHING_ASKED)
    work.do(decide_person, CASE_CODE, "V1", (old, "V9"), "same", reason="One voice")
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")
    return work, sends


def test_a_yes_over_a_no_that_was_read_under_the_old_code_stands(sqlite_register: Register) -> None:
    """In a merged case as in one."""
    work, sends = merged(sqlite_register)
    sends(NO, edit=1, received=work.field.now + AHEAD)
    assert not may(work)
    work.do(decide.record, CASE_CODE, {"services": "yes"}, person="V1", reason="Asked again")
    assert may(work)
    sends(NOTHING_ASKED, edit=2, received=work.field.now + AHEAD)
    sends(NO, edit=3, received=work.field.now + AHEAD)
    assert not may(work)


def test_an_override_over_a_no_that_was_read_under_the_old_code_stands(sqlite_register: Register) -> None:
    """Until she says no to whoever calls her by that code."""
    work, sends = merged(sqlite_register)
    sends(NO, edit=1, received=work.field.now + AHEAD)
    work.field.later(days=370)
    sends({**NO, "c_services": "yes"}, edit=2, received=work.field.now + AHEAD)
    sends(NO, edit=3, received=work.field.now + AHEAD)
    overridden(work, person="V1")
    assert may(work)
    work.do(decide.record, old_code(work), {"services": "yes"}, person="V9", reason="Asked again")
    work.do(decide.withdraw, old_code(work), person="V9", purposes=["services"], reason=REACHED)
    assert not may(work)
    assert work.sound()


def old_code(work: Work) -> str:
    """Return the code of the case that was merged."""
    from sync_scripts.store.schema import register as tables

    return next(
        str(row["case_code"]) for row in work.field.rows(tables.case) if row["case_code"] != CASE_CODE
    )


def test_the_order_alone_tells_where_it_is_known() -> None:
    """The times tell of what an earlier version decided, and of what is laid over a form here."""
    now, later = "2026-11-20T08:00:00.000000Z", "2026-11-20T11:00:00.000000Z"
    of_now, of_before = Known(now, 7), Known(now)

    assert [of_now.missed(later, 7), of_now.missed(now, 8), of_now.missed(later, 0)] == [False, True, True]
    assert [of_before.missed(later, 7), of_before.missed(now, 8)] == [True, False]
    assert [of_now.held(one) for one in (0, 7, 8)] == [False, True, False]
    assert not of_before.held(7)
