"""Two people act without her because she cannot be reached; once she is, and says no, by whatever road, it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from sync_scripts.register.care import rebuild
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consent_decisions.overriding import override
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.doors import covers_service
from sync_scripts.register.consents.errors import NothingToWithdraw
from sync_scripts.register.lifecycle.errors import MoveNotListed
from sync_scripts.register.links.same import decide_person
from sync_scripts.register.model.errors import ProposalStale
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema import workbooks
from tests import every_decision
from tests.decisions.test_two_people import provider
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, SUPERVISOR, Work, begin
from tests.register.agreeing import with_traces
from tests.register.beginnings import played_once
from tests.register.field import CASE, changed, known, victim

HEADER = {"alert_code": ALERT_CODE}
NO: dict[str, str | None] = {"c_services": "no", "c_document": "no", "c_refer_identity": None}
REACHED = "Reached by telephone; she wants everything to stop"


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A person whose yes ran out, and whom nobody can reach: two people have her served all the same."""
    made = begin(sqlite_register)
    provider(made)
    made.field.later(days=370)
    overridden(made)
    return made


def overridden(work: Work, *, second: Any = SUPERVISOR, **said: Any) -> None:
    """Let two people act without her for three days."""
    waits = work.do(override, CASE_CODE, hours=72, reason="She cannot be reached and is in danger", **said)
    work.do(every_decision.sign, waits.proposal, by=second)


def unwilling(register: Register) -> Work:
    """Return somebody who had refused everything on the form; two people have her served all the same."""
    made = begin(register, consent=False)
    provider(made)
    made.field.send("case", "c1", changed(CASE, {"header": HEADER, "consent": NO}))
    overridden(made)
    return made


def may(work: Work) -> bool:
    """Tell whether she may be referred by now."""
    with work.field.register.reading() as rows:
        return covers_service(rows, CASE_CODE, "health", work.field.now, provider="PRE-01")


def stopped(work: Work) -> bool:
    """Tell whether all work on the case has to stop by now."""
    with work.field.register.reading() as rows:
        return of_cases(rows, [CASE_CODE])[CASE_CODE].stopped(work.field.now)


def services(work: Work) -> dict[str, Any]:
    """Return what stands of her consent to services."""
    return next(row for row in work.field.rows(tables.consent) if row["purpose"] == "services")


def withdraws(work: Work) -> None:
    """She is reached, and takes everything back."""
    work.do(decide.withdraw, CASE_CODE, reason=REACHED)


def sends_again(work: Work) -> None:
    """Her interview is sent again with a no."""
    work.field.later()
    work.field.send("case", "c1", changed(CASE, {"header": HEADER, "consent": NO}), edit=1)


def sends_again_refused(work: Work) -> None:
    """Her interview is sent again as refused from the beginning."""
    work.field.later()
    said = {"gate": {"interview_private": "yes", "consent_case": "no"}, "header": HEADER}
    work.field.send("case", "c1", said, edit=1)


def is_put_right(work: Work) -> None:
    """A no is laid over her interview at the desk."""
    work.do(every_decision.correct, CASE_CODE, "interview.consent_case", "no", reason=REACHED)


def tells_again(work: Work) -> None:
    """She refuses in a second interview, and it is decided that she is the same person."""
    work.field.later()
    second = {"victims": [victim(1, victim_uid="w1")], "consent": NO}
    work.field.send("case", "c2", known(CASE_CODE, changed(CASE, second)))
    called = next(row["pseudonym"] for row in work.field.rows(tables.person) if row["uid"] == "w1")
    work.do(decide_person, CASE_CODE, "V1", (CASE_CODE, called), "same", reason="One voice")


ROADS = [withdraws, sends_again, sends_again_refused, is_put_right, tells_again]


@pytest.mark.parametrize("says_no", ROADS)
def test_a_later_no_ends_it_by_every_road(work: Work, says_no: Callable[[Work], None]) -> None:
    """Nothing of her goes to anybody any more, whoever got something is told, and all work stops at that instant."""
    work.do(every_decision.refer, CASE_CODE, "health", "PRE-01")
    assert may(work)
    says_no(work)

    assert not may(work)
    assert stopped(work)
    assert [row["subject"].partition(":")[0] for row in work.tasks("tell_receiver")] == ["intervention"]
    assert [row["kind"] for row in work.tasks("referral_answer")] == []
    assert {row["done_at"][:13] for row in work.tasks("plan", done=True)} == {instant(work.field.now)[:13]}


def kept(work: Work) -> object:
    """Return what is kept of the case from a workbook."""
    rows = work.field.rows(workbooks.followup_row)
    return next(row["values"] for row in rows if row["case_code"] == CASE_CODE)


@pytest.mark.parametrize("says_no", ROADS)
def test_what_is_kept_of_workbooks_goes_with_it(work: Work, says_no: Callable[[Work], None]) -> None:
    """As after any other no."""
    with_traces(work.field)
    says_no(work)
    assert kept(work) is None


def test_what_went_out_against_an_earlier_no_goes_with_the_second_one(sqlite_register: Register) -> None:
    """Her answer on the form stays what it was, and yet it holds anew."""
    work = unwilling(sqlite_register)
    with_traces(work.field)
    tells_again(work)
    assert (kept(work), may(work)) == (None, False)


def test_hers_goes_from_workbooks_though_others_go_on(sqlite_register: Register) -> None:
    """Her second no is found, though her answer on the form stays what it was."""
    work = unwilling(sqlite_register)
    someone_else = {"victims": [victim(5, victim_uid="u5")], "acts": []}
    work.field.send("case", "c3", known(CASE_CODE, changed(CASE, someone_else)))
    made = work.do(every_decision.refer, CASE_CODE, "health", "PRE-01", person="V1")
    with_traces(work.field)
    with work.field.register.writing() as rows:
        rows.execute(update(workbooks.followup_row).values(record_id=made.intervention))
    tells_again(work)
    assert (kept(work), may(work), stopped(work)) == (None, False, False)


def test_a_no_to_one_purpose_leaves_the_other(work: Work) -> None:
    """What two people do without her is asked purpose by purpose."""
    work.field.later(days=4)
    overridden(work, second=OTHER, purposes=["services", "document"])
    work.field.later()
    said = {"header": HEADER, "consent": {"c_services": "no", "c_refer_identity": None}}
    work.field.send("case", "c1", changed(CASE, said), edit=1)
    stand = {row["purpose"] for row in work.field.rows(tables.consent) if row["override_until"]}
    assert stand == {"document"}


@pytest.mark.parametrize(("ahead", "left"), [(0, None), (5, "{}")])
def test_a_rebuild_empties_what_went_out_until_then(
    sqlite_register: Register, ahead: int, left: str | None
) -> None:
    """An earlier version left it there; what went out after her second no holds nothing of her."""
    work = unwilling(sqlite_register)
    with_traces(work.field)
    work.field.later()
    out = instant(work.field.now + timedelta(hours=ahead))
    withdraws(work)
    with work.field.register.writing() as rows:
        rows.execute(update(workbooks.followup_export).values(at=out))
        rows.execute(update(workbooks.followup_row).values(values="{}"))
    rebuild.rebuild(work.field.register, work.field.later())
    assert kept(work) == left


def test_who_had_refused_takes_back_what_is_done_without_her(sqlite_register: Register) -> None:
    """She is told of it like anybody else; she refused and did not withdraw, so she can be asked again."""
    work = unwilling(sqlite_register)
    work.do(every_decision.refer, CASE_CODE, "health", "PRE-01")
    assert (may(work), stopped(work)) == (True, False)
    done = work.do(decide.withdraw, CASE_CODE, reason=REACHED)

    assert ("services" in done.purposes, done.stops) == (True, True)
    assert "tell_receiver" in done.tasks
    assert (may(work), services(work)["state"], services(work)["override_until"]) == (False, "refused", None)
    assert work.sound()
    work.refused(NothingToWithdraw, decide.withdraw, CASE_CODE, reason=REACHED)
    work.do(decide.record, CASE_CODE, {"services": "yes"}, reason="She changed her mind")
    assert may(work)


def test_a_no_over_a_no_is_written_down_while_somebody_acts_without_her(sqlite_register: Register) -> None:
    """Else it is no news, and is refused as before."""
    work = unwilling(sqlite_register)
    work.do(every_decision.refer, CASE_CODE, "health", "PRE-01")
    work.do(decide.record, CASE_CODE, {"services": "no"}, reason=REACHED)

    assert (may(work), stopped(work)) == (False, True)
    assert [row["kind"] for row in work.tasks("tell_receiver")] == ["tell_receiver"]
    assert work.sound()
    work.refused(MoveNotListed, decide.record, CASE_CODE, {"services": "no"}, reason=REACHED)


def test_who_had_withdrawn_stays_withdrawn(work: Work) -> None:
    """Her second no ends what is done without her, and the day of the first one stands."""
    withdraws(work)
    before = services(work)
    work.field.later(days=4)
    overridden(work, second=OTHER)
    assert may(work)
    work.do(decide.record, CASE_CODE, {"services": "no"}, reason=REACHED)

    assert not may(work)
    assert services(work) == before


def test_that_she_cannot_be_asked_is_why_it_stands(work: Work) -> None:
    """It is no answer of hers, and ends nothing."""
    work.do(decide.record, CASE_CODE, {"services": "unable"}, reason="Nobody answers")
    assert may(work)


def test_a_form_that_repeats_a_no_ends_nothing(sqlite_register: Register) -> None:
    """Somebody put another answer right: that is no word of hers."""
    work = unwilling(sqlite_register)
    again = {"header": HEADER, "consent": NO, "victims": [victim(1, displacement="host")]}
    work.field.later()
    work.field.send("case", "c1", changed(CASE, again), edit=1)
    assert may(work)


def test_a_no_that_was_read_after_the_signature_ends_it(work: Work) -> None:
    """The server had it before, and neither of the two had seen it."""
    signed = work.field.now
    work.field.later(hours=2)
    said = changed(CASE, {"header": HEADER, "consent": NO})
    work.field.send("case", "c1", said, edit=1, received=signed.replace(minute=0))

    assert not may(work)
    assert stopped(work)


def test_a_no_of_before_it_was_signed_ends_nothing(sqlite_register: Register) -> None:
    """That one is what two people act against, for as long as it lasts."""
    work = begin(sqlite_register)
    provider(work)
    sends_again(work)
    assert not may(work)
    work.field.later(days=1)
    overridden(work)
    assert may(work)
    assert work.sound()


def test_what_waits_for_a_second_signature_is_not_signed_over_her_no(sqlite_register: Register) -> None:
    """A second override was proposed while the first one stood: since then she was asked."""
    work = unwilling(sqlite_register)
    waits = work.do(override, CASE_CODE, hours=72, reason="Still not reached")
    work.do(decide.withdraw, CASE_CODE, reason=REACHED)
    work.refused(ProposalStale, every_decision.sign, waits.proposal, by=OTHER)
    assert not may(work)
