"""One person in a merged case and in the one that was kept: her last no holds in both, and what goes on for somebody else has not stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from sync_scripts.followup.columns import sheets
from sync_scripts.followup.outbound.content import lines_of
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.gather import work as working
from sync_scripts.publish.lists import cases_of
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.register.case_decisions.openings import stays_closed
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.register.consent_decisions.overriding import override
from sync_scripts.register.consents.agreements import of_cases, require_contact
from sync_scripts.register.consents.doors import covers_service
from sync_scripts.register.history.erasures import scopes_of
from sync_scripts.register.links.same import decide_person
from sync_scripts.register.model.errors import CaseStopped, ContactRefused
from sync_scripts.register.purging.seen import unit_of
from sync_scripts.store.database import Register
from sync_scripts.store.schema import raw, workbooks
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_two_people import provider
from tests.decisions.work import CASE_CODE, OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.agreeing import with_traces
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, act, changed, dealt, known, victim


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


OTHER_CODE = dealt(1, "DK")
NO: dict[str, str | None] = {"c_services": "no", "c_document": "no", "c_refer_identity": None}


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """V9 was merged in and is served from the kept case; then V1 of the kept case, alone there, withdraws everything."""
    made = merged(sqlite_register)
    made.do(consents.withdraw, CASE_CODE, reason="She asked")
    return made


def merged(register: Register) -> Work:
    """Return the same before V1 withdraws."""
    made = begin(register)
    provider(made)
    other = second_case(made)
    assert other == OTHER_CODE
    made.field.send("case", "c2", v9(other))
    made.do(every_decision.merge, other, CASE_CODE, reason="Same facts", by=OTHER)
    made.do(every_decision.refer, CASE_CODE, "health", "PRE-01", person=f"{other}-V9", by=OWNER)
    return made


def v9(other: str, **consent: str | None) -> dict[str, Any]:
    """Return her interview."""
    return known(other, changed(CASE, {"victims": [victim(9)], "acts": [act(9, "V9")], "consent": consent}))


def stopped(work: Work, code: str = CASE_CODE) -> bool:
    """Tell whether all work on a case has to stop by now."""
    with work.field.register.reading() as rows:
        found = of_cases(rows, [code]).get(code)
        return found is not None and found.stopped(work.field.now)


def on_phones(work: Work) -> bool:
    """Tell whether the kept case goes to the phones."""
    return not next(
        one.stopped for one in cases_of(work.field.register, work.field.now) if one.code == CASE_CODE
    )


def referrals(work: Work) -> list[object]:
    """Return under which codes referrals stand in a workbook."""
    with work.field.register.reading() as rows:
        (one,) = [
            one
            for one in working(rows, Scope(), detailed=False, at=work.field.now)
            if one[0].code == CASE_CODE
        ]
    (sheet,) = [sheet for sheet in sheets("T2") if sheet.marker == "dk:referrals"]
    shown = lines_of(sheet, one, register_id="r", today=date(2026, 11, 25), lang="fr")
    return [line.values.get("code") for line in shown]


def test_the_work_for_her_goes_on(work: Work) -> None:
    """Her case stays on the phones, her referral in the workbook, a note about her can be written."""
    assert on_phones(work)
    assert referrals(work) == [CASE_CODE]
    work.do(set_note, CASE_CODE, "The answer of the centre is awaited", by=OWNER)


def test_it_stops_with_the_last_of_them(work: Work) -> None:
    """When she withdraws, too, the case in which she was served is on no list, and nothing waits or is kept of it."""
    with_traces(work.field)
    done = work.do(consents.withdraw, OTHER_CODE, reason="She asked")

    assert done.notices >= 1
    assert not on_phones(work)
    assert referrals(work) == []
    assert kept(work) is None
    work.refused(CaseStopped, set_note, CASE_CODE, "Too late", by=OWNER)


def test_a_form_stops_it_like_a_withdrawal(work: Work) -> None:
    """Her interview is sent again with a no: what is kept of the case in which she was served goes."""
    with_traces(work.field)
    by_form(work)

    assert (on_phones(work), kept(work)) == (False, None)
    assert "waiting" not in {row["state"] for row in messages(work)}


def by_form(work: Work) -> None:
    """Her interview is sent again with a no."""
    work.field.later()
    work.field.send("case", "c2", v9(OTHER_CODE, **NO), edit=1)


def by_hand(work: Work) -> None:
    """She withdraws."""
    work.do(consents.withdraw, OTHER_CODE, reason="She asked")


@pytest.mark.parametrize("says_no", [by_form, by_hand])
def test_hers_goes_from_workbooks_under_the_kept_code(
    sqlite_register: Register, says_no: Callable[[Work], None]
) -> None:
    """Her service stands in workbooks under the code of the kept case, whose own people go on."""
    work = merged(sqlite_register)
    with_traces(work.field)
    (made,) = (
        row["intervention_id"]
        for row in work.field.rows(tables.intervention)
        if row["case_code"] == OTHER_CODE
    )
    with work.field.register.writing() as rows:
        rows.execute(delete(raw.outbox))
        rows.execute(update(workbooks.followup_row).values(record_id=made))
    says_no(work)
    assert (kept(work), on_phones(work)) == (None, True)


def test_what_is_kept_of_it_stays_while_she_goes_on(sqlite_register: Register) -> None:
    """Only what was of the one who withdrew goes from workbooks; a message that waits is sent."""
    work = merged(sqlite_register)
    with_traces(work.field)
    done = work.do(consents.withdraw, CASE_CODE, reason="She asked")

    assert (done.stops, done.notices) == (False, 0)
    assert kept(work) == "{}"
    assert "waiting" in {row["state"] for row in messages(work)}


def kept(work: Work) -> object:
    """Return what is kept of the case from a workbook."""
    rows = work.field.rows(workbooks.followup_row)
    return next(row["values"] for row in rows if row["case_code"] == CASE_CODE)


def messages(work: Work) -> list[dict[str, Any]]:
    """Return the messages about the kept case."""
    return [row for row in work.field.rows(raw.outbox) if row["subject"] == f"case:{CASE_CODE}"]


def test_what_is_sealed_of_those_who_withdrew_stays_closed(work: Work) -> None:
    """It is about them alone: what she told is sealed in her own case."""
    with work.field.register.reading() as rows:
        own, hers = scopes_of(rows, CASE_CODE), scopes_of(rows, OTHER_CODE)
        closed = stays_closed(rows, [*own, *hers], work.field.now)
    assert set(own) <= closed.keys()
    assert closed.keys().isdisjoint(hers)


def test_somebody_of_them_can_be_contacted(work: Work) -> None:
    """Until she says no to that, too."""
    with work.field.register.reading() as rows:
        require_contact(rows, CASE_CODE, work.field.now)
    work.do(consents.withdraw, OTHER_CODE, purposes=["followup_contact"], reason="She asked")
    with work.field.register.reading() as rows, pytest.raises(ContactRefused):
        require_contact(rows, CASE_CODE, work.field.now)


def test_who_was_never_asked_does_not_stop_what_goes_on(sqlite_register: Register) -> None:
    """Nobody of the kept case was asked yet: a no in a merged case says nothing of them."""
    work = begin(sqlite_register, consent=False)
    other = second_case(work)
    work.field.send("case", "c2", v9(other))
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts", by=OTHER)
    work.do(consents.withdraw, other, reason="She asked")
    assert (stopped(work), stopped(work, other)) == (False, True)


def test_an_alert_of_a_merged_case_goes_on_as_in_one(sqlite_register: Register) -> None:
    """Where nobody was interviewed, every alert has to refuse."""
    work = begin(sqlite_register, consent=False)
    other = second_case(work)
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts", by=OTHER)
    work.do(withdraw_alert, dealt(0, "AL"), reason="She asked")
    assert not stopped(work)
    work.do(withdraw_alert, dealt(1, "AL"), reason="She asked, too")
    assert stopped(work)


def test_nothing_of_hers_is_erased_with_those_who_withdrew(work: Work) -> None:
    """The erasure of a whole case takes what was merged into it; so only who withdrew is taken out."""
    with work.field.register.reading() as rows:
        found = unit_of(rows, f"case:{CASE_CODE}", work.field.now)
    assert found is not None
    assert (found.withdrawn_at, [who for who, _at in found.some_withdrew]) == (None, ["V1"])


def test_somebody_behind_two_merges_keeps_it_going_too(work: Work) -> None:
    """The kept case is merged in its turn: the work for her goes on in the third one, and stops with her."""
    work.field.send("alert", "r3", ALERT)
    work.do(every_decision.triage, dealt(2, "AL"))
    third = work.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02").case
    work.field.send("case", "c3", known(third, changed(CASE, {"victims": [victim(7)], "acts": []})))
    work.do(every_decision.merge, CASE_CODE, third, reason="Same facts", by=OWNER)
    work.do(consents.withdraw, third, reason="She asked")
    assert (stopped(work, third), stopped(work)) == (False, False)
    work.do(consents.withdraw, OTHER_CODE, reason="She asked")
    assert (stopped(work, third), stopped(work)) == (True, True)
