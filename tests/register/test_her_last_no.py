"""Her last no holds whatever form it came with: in a second interview, in an edit of it, and over a yes that was written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.links.same import decide_person
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_two_people import provider
from tests.decisions.work import CASE_CODE, OTHER, SUPERVISOR, Work, begin
from tests.register.field import CASE, changed, known, victim
from tests.register.test_ended_overrides import (
    HEADER,
    NO,
    REACHED,
    may,
    overridden,
    sends_again,
    services,
    stopped,
    unwilling,
)

NOTHING_ASKED: dict[str, str | None] = {
    "c_services": None,
    "c_document": "yes",
    "c_refer_identity": None,
    "c_justice": None,
}
GATE = {"interview_private": "yes", "consent_case": "no"}
LATE = timedelta(minutes=30)


def out_of_date(register: Register) -> Work:
    """Return somebody whose yes ran out."""
    made = begin(register)
    provider(made)
    made.field.later(days=370)
    return made


def refused(register: Register) -> Work:
    """Return somebody who refused everything."""
    made = begin(register, consent=False)
    provider(made)
    made.field.send("case", "c1", changed(CASE, {"header": HEADER, "consent": NO}))
    return made


def second(work: Work, consent: Any, *, edit: int = 0, **more: Any) -> None:
    """Let her second interview arrive."""
    told = {"victims": [victim(1, victim_uid="w1", **more.pop("told", {}))], "consent": consent}
    work.field.send("case", "c2", known(CASE_CODE, changed(CASE, told)), edit=edit, **more)


def same(work: Work, decision: str = "same") -> None:
    """Say of both records that they are one person, or that they are not."""
    called = next(row["pseudonym"] for row in work.field.rows(tables.person) if row["uid"] == "w1")
    work.do(decide_person, CASE_CODE, "V1", (CASE_CODE, called), decision, reason="One voice")


def told(work: Work) -> list[str]:
    """Return what of everything that somebody is to be told of her no."""
    return [row["subject"].partition(":")[0] for row in work.tasks("tell_receiver")]


def refers(work: Work) -> None:
    """Refer her."""
    work.do(every_decision.refer, CASE_CODE, "health", "PRE-01", person="V1")
    assert may(work)


def answers_no(work: Work, **more: Any) -> None:
    """The second interview is sent again with a no."""
    second(work, NO, edit=1, **more)


def refuses_all(work: Work, **more: Any) -> None:
    """The second interview is sent again as refused from the beginning: nobody is left in it."""
    work.field.send("case", "c2", known(CASE_CODE, {"gate": GATE}), edit=1, **more)


def is_put_right(work: Work, **_more: Any) -> None:
    """A no is laid over the second interview at the desk."""
    work.do(every_decision.correct, CASE_CODE, "interview.2.consent_case", "no", reason=REACHED)


WAYS = [answers_no, refuses_all, is_put_right]


@pytest.mark.parametrize("before", [out_of_date, refused])
def test_a_second_interview_that_was_read_after_the_signature_ends_it(
    sqlite_register: Register, before: Callable[[Register], Work]
) -> None:
    """A server had it before, and neither of the two had seen it; whoever got something of her since is told."""
    work = before(sqlite_register)
    overridden(work)
    signed = work.field.now
    refers(work)
    second(work, NO, received=signed - LATE)
    same(work)
    at = instant(work.field.now)

    assert (may(work), stopped(work), told(work)) == (False, True, ["intervention"])
    assert services(work)["override_until"] is None
    assert {row["done_at"] for row in work.tasks("referral_answer", done=True)} == {
        at
    }  # not before it was said
    assert work.sound()


@pytest.mark.spread(4)
@pytest.mark.parametrize("before", [out_of_date, refused])
@pytest.mark.parametrize("says_no", WAYS)
@pytest.mark.parametrize("late", [True, False])
def test_a_no_laid_over_a_second_interview_ends_it(
    sqlite_register: Register,
    before: Callable[[Register], Work],
    says_no: Callable[..., None],
    *,
    late: bool,
) -> None:
    """Whatever stands in the one over which the override lies, and whether a server had it before the signature or after."""
    work = before(sqlite_register)
    second(work, NOTHING_ASKED)
    same(work)
    overridden(work, person="V1")
    signed = work.field.now
    refers(work)
    says_no(work, received=signed - LATE if late else None)

    assert (may(work), told(work)) == (False, ["intervention"])
    assert work.sound()


def test_a_second_interview_that_was_read_before_ends_nothing(sqlite_register: Register) -> None:
    """That no is what two people act against; an edit that repeats it says nothing new."""
    work = unwilling(sqlite_register)
    work.field.later(days=4)
    second(work, NO)
    same(work)
    overridden(work, person="V1", second=OTHER)
    assert may(work)
    second(work, NO, edit=1, told={"displacement": "host"})
    assert may(work)
    assert work.sound()


def test_what_an_earlier_version_signed_ends_by_the_times_alone(sqlite_register: Register) -> None:
    """It kept no order of arrival: a second interview that a server had before is as if it had been known."""
    work = out_of_date(sqlite_register)
    signed = work.field.later()
    said = {
        "interview": "c1",
        "person": "V1",
        "person_uid": "v1",
        "purposes": ["services"],
        "reason": "She cannot be reached and is in danger",
        "first": "CO-01",
        "second": "SU-01",
        "until": instant(signed + timedelta(hours=72)),
        "proposal": "p",
    }
    with work.field.register.writing() as rows:
        store_events.write(
            rows, [NewEvent("consent.override", f"case:{CASE_CODE}", SUPERVISOR, said)], signed
        )
    second(work, NO, received=signed - LATE)
    same(work)
    assert may(work)
    second(work, NOTHING_ASKED, edit=1)
    second(work, NO, edit=2)
    assert not may(work)
    assert work.sound()


def test_that_both_are_not_one_takes_the_no_away_again(sqlite_register: Register) -> None:
    """Somebody else said it: the override stands."""
    work = out_of_date(sqlite_register)
    overridden(work)
    second(work, NO, received=work.field.now - LATE)
    same(work)
    assert not may(work)
    same(work, "not_same")
    assert may(work)
    assert work.sound()


@pytest.mark.parametrize("says_no", WAYS)
def test_an_edited_no_holds_in_her_other_record(
    sqlite_register: Register, says_no: Callable[..., None]
) -> None:
    """Whatever she had answered there meanwhile: it is later than that yes, though its form came first."""
    work = begin(sqlite_register)
    provider(work)
    second(work, {})
    same(work)
    work.do(decide.record, CASE_CODE, {"services": "yes"}, person="V1", reason="Asked again")
    refers(work)
    work.field.later(days=1)
    says_no(work)

    assert (may(work), told(work)) == (False, ["intervention"])
    assert work.sound()
    work.do(decide.record, CASE_CODE, {"services": "yes"}, person="V1", reason="She called")
    assert may(work)


def test_a_no_on_a_form_is_later_than_a_yes_that_was_written_down_before(sqlite_register: Register) -> None:
    """Her interview is sent again with a no; what stops, stops then."""
    work = begin(sqlite_register)
    provider(work)
    work.do(decide.record, CASE_CODE, {"services": "yes", "document": "yes"}, reason="Asked again")
    work.do(every_decision.refer, CASE_CODE, "health", "PRE-01")
    assert may(work)
    sends_again(work)

    assert (may(work), stopped(work), told(work)) == (False, True, ["intervention"])
    assert {row["done_at"] for row in work.tasks("plan", done=True)} == {instant(work.field.now)}
    assert work.sound()
    work.do(decide.record, CASE_CODE, {"services": "yes"}, reason="She called")
    assert may(work)


def test_a_no_that_a_form_repeats_leaves_a_yes_that_was_written_down(sqlite_register: Register) -> None:
    """Somebody put another answer right."""
    work = refused(sqlite_register)
    work.do(decide.record, CASE_CODE, {"services": "yes"}, reason="She changed her mind")
    again = {"header": HEADER, "consent": NO, "victims": [victim(1, displacement="host")]}
    work.field.send("case", "c1", changed(CASE, again), edit=1)
    assert may(work)
    assert work.sound()
    rebuild.rebuild(work.field.register, work.field.later())
    assert may(work)


def test_a_server_whose_clock_runs_ahead_takes_no_yes_back(sqlite_register: Register) -> None:
    """Whoever wrote it down had her form before them, whatever time its server gave it."""
    work = begin(sqlite_register, consent=False)
    provider(work)
    said = changed(CASE, {"header": HEADER, "consent": NO})
    work.field.send("case", "c1", said, received=work.field.now + timedelta(hours=5))
    work.do(decide.record, CASE_CODE, {"services": "yes"}, reason="She changed her mind")
    assert may(work)
    assert work.sound()


def test_a_server_whose_clock_runs_ahead_ends_nothing_with_what_was_signed_over(
    sqlite_register: Register,
) -> None:
    """Her form was there, whatever time its server gave it: that no is what two people act against."""
    work = begin(sqlite_register, consent=False)
    provider(work)
    said = changed(CASE, {"header": HEADER, "consent": NO})
    work.field.send("case", "c1", said, received=work.field.now + timedelta(hours=5))
    overridden(work)
    assert may(work)
    assert work.sound()
