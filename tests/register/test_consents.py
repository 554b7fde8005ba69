"""Consent: asked again and withdrawn, with everything that follows at once, and the commands of it."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from sync_scripts.register.alert_decisions.services import move_service, plan_service
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consent_decisions.of_alerts import record_alert
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.doors import answer_for
from sync_scripts.register.consents.errors import (
    AnswerUnreadable,
    NothingToWithdraw,
    PersonUnknown,
    PurposeUnknown,
    ReasonForConsent,
)
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.disclosure.sharing import Asked
from sync_scripts.register.lifecycle.errors import GuardFails, MoveNotListed
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema import workbooks
from tests.register.agreeing import (
    CODE,
    SECOND,
    by,
    consents,
    open_kinds,
    same_after_rebuild,
    with_traces,
)
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt, victim
from tests.register.running import Opened, over, runner


@pytest.fixture
@played_once
def anywhere(register: Register) -> Field:
    """Give one case with one person who agreed to services, documents and counts, on each database in turn."""
    made = Field(register)
    made.send("case", "c1", CASE)
    return made


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give the same on SQLCipher."""
    made = Field(sqlite_register)
    made.send("case", "c1", CASE)
    return made


# --- asked again --------------------------------------------------------------------------------------------------


def test_a_person_who_is_asked_again_can_agree(anywhere: Field) -> None:
    """Refused before, given now: with the day of the talk and twelve months from it; the form's answer stays in the form."""
    field = anywhere
    done = by(field, decide.record, CODE, {"justice": "yes", "un": "anonymous"}, on=date(2026, 11, 20))
    now = consents(field)

    assert done.changes == (("justice", "refused", "given"), ("un", "refused", "given"))
    assert (now["justice"]["state"], now["justice"]["given_at"], now["justice"]["expires_at"]) == (
        "given",
        "2026-11-20",
        "2027-11-20",
    )
    assert now["un"]["scope"] == "anonymous"
    assert same_after_rebuild(field)


def test_a_consent_that_was_never_asked_for_can_be_recorded(field: Field) -> None:
    """A purpose without a row gets one; what was not asked about stays as it was."""
    before = consents(field)
    by(field, decide.record, CODE, {"photo_audio": "yes"})
    now = consents(field)

    assert now.pop("photo_audio")["state"] == "given"
    assert now == before
    assert same_after_rebuild(field)


def test_a_no_is_not_recorded_over_a_yes(field: Field) -> None:
    """That is a withdrawal, with everything that follows from it."""
    with pytest.raises(MoveNotListed):
        by(field, decide.record, CODE, {"services": "no"})
    assert consents(field)["services"]["state"] == "given"


def test_a_guardian_answers_for_a_child(field: Field) -> None:
    """With the child's assent it is another state."""
    girl = victim(1, age_band="12_17", victim_is_child="1")
    field.send("case", "c1", changed(CASE, {"victims": [girl]}), edit=1)
    by(field, decide.record, CODE, {"photo_audio": "yes"}, guardian=True)
    by(field, decide.record, CODE, {"justice": "yes"}, guardian=True, assent=True)

    assert consents(field)["photo_audio"]["state"] == "guardian"
    assert consents(field)["justice"]["state"] == "assent"
    assert same_after_rebuild(field)


def test_a_renewal_moves_the_day_on(field: Field) -> None:
    """Asked again before it runs out: the same state, another twelve months."""
    by(field, decide.record, CODE, {"services": "yes"}, on=date(2026, 11, 20))
    field.later(days=300)
    by(field, decide.record, CODE, {"services": "yes"})

    assert consents(field)["services"]["expires_at"] > "2027-09"
    assert same_after_rebuild(field)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"cervices": "yes"}, PurposeUnknown),
        ({"services": "perhaps"}, AnswerUnreadable),
        ({"un": "yes"}, AnswerUnreadable),
        ({"refer_identity": "health nonsense"}, AnswerUnreadable),
        ({"followup_contact": "yes"}, AnswerUnreadable),
        ({"refer_identity": ""}, AnswerUnreadable),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(
    field: Field, answers: dict[str, str], error: type[Exception]
) -> None:
    """Nothing is guessed, nothing is written."""
    before = field.everything()
    with pytest.raises(error):
        by(field, decide.record, CODE, answers)
    assert field.everything() == before


def test_a_consent_belongs_to_one_person(field: Field) -> None:
    """With two people in a case one must be named; in a case without an interview there is nobody."""
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2)]}), edit=1)
    with pytest.raises(PersonUnknown):
        by(field, decide.record, CODE, {"justice": "yes"})
    with pytest.raises(PersonUnknown):
        by(field, decide.record, CODE, {"justice": "yes"}, person="V9")
    by(field, decide.record, CODE, {"justice": "yes"}, person="v2")
    states = {
        (row["person_uid"], row["state"]) for row in field.rows(tables.consent) if row["purpose"] == "justice"
    }

    assert states == {("v1", "refused"), ("v2", "given")}
    assert same_after_rebuild(field)


def test_the_consent_of_an_alert_is_asked_for_later(register: Register) -> None:
    """Not asked becomes given, or refused: then an alert that nobody triaged is dismissed, with no task left."""
    field = Field(register)
    field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    field.send("alert", "r2", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    by(field, record_alert, dealt(0, "AL"), "given")
    by(field, record_alert, dealt(1, "AL"), "refused", reason="Called back.")
    first, second = field.rows(tables.alert)

    assert (first["consent_state"], first["state"]) == ("given", "received")
    assert (second["consent_state"], second["state"]) == ("refused", "dismissed")
    assert "consent_ask" not in open_kinds(field)
    assert same_after_rebuild(field)
    with pytest.raises(MoveNotListed):
        by(field, record_alert, dealt(0, "AL"), "unable")


def test_asking_again_is_due_while_the_consent_still_holds(field: Field) -> None:
    """At the due time a referral is still covered; two seconds later, with the new day at Douala, it is not."""
    (due_at,) = (row["due_at"] for row in field.rows(tables.task) if row["kind"] == "consent_renew")

    def covered(at: datetime) -> bool:
        with field.register.reading() as rows:
            return answer_for(rows, CODE, Asked("referral", "other_ngo"), at).allowed

    assert due_at == "2027-11-19T22:59:59.000000Z"
    assert covered(moment(due_at))
    assert not covered(moment(due_at) + timedelta(seconds=2))


def test_a_consent_is_asked_for_again_before_it_runs_out(field: Field) -> None:
    """A task at twelve months, on the page from thirty days before; it moves with the renewal and ends with a withdrawal."""
    from sync_scripts.register.queries.today import today

    def renewal() -> list[str]:
        return [row["due_at"][:10] for row in field.rows(tables.task) if row["kind"] == "consent_renew"]

    def waits() -> int:
        with field.register.reading() as rows:
            return today(rows, field.now).consents

    first, early = renewal(), waits()
    field.later(days=340)
    late = waits()
    by(field, decide.record, CODE, {"services": "yes", "document": "yes"})
    moved = renewal()
    by(field, decide.withdraw, CODE, reason="She called.")

    assert (first, early, late) == (["2027-11-19"], 0, 1)
    assert moved > ["2028-10"]
    assert renewal() == []
    assert same_after_rebuild(field)


# --- withdrawn ----------------------------------------------------------------------------------------------------


def test_a_withdrawal_happens_at_once_and_whole(anywhere: Field) -> None:
    """Consent, message, what is kept of workbooks, tasks: one transaction; nobody else's are touched."""
    field = anywhere
    with_traces(field)
    done = by(field, decide.withdraw, CODE, reason="She called.")
    with field.register.reading() as rows:
        found = rows.execute(select(workbooks.followup_row)).mappings()
        kept = {row["case_code"]: row["values"] for row in found}
        states = {one.id: one.state for one in outbox.listed(rows)}
        (stopped,) = (one.stopped(field.now) for one in of_cases(rows, [CODE]).values())

    assert {row["state"] for row in consents(field).values() if row["withdrawn_at"]} == {"withdrawn"}
    assert {row["state"] for row in consents(field).values() if not row["withdrawn_at"]} == {"refused"}
    assert (done.stops, stopped) == (True, True)
    assert (done.snapshots, kept) == (1, {CODE: None, dealt(1, "DK"): "{}"})
    assert (done.notices, states) == (1, {"a": "cancelled", "b": "waiting"})
    assert {"consent_purge", "tell_receiver"} <= set(open_kinds(field))
    assert same_after_rebuild(field)


def test_the_tasks_of_a_withdrawal_have_their_time(field: Field) -> None:
    """Whoever received something is told within a day; what identifies is gone within thirty."""
    with_traces(field)
    by(field, decide.withdraw, CODE, reason="She called.")
    at = field.now
    due = {row["kind"]: (row["due_at"], row["subject"]) for row in field.rows(tables.task)}

    assert due["consent_purge"] == (instant(at + timedelta(days=30)), f"case:{CODE}")
    assert due["tell_receiver"] == (instant(at + timedelta(hours=24)), "intervention:followup/f1")


def test_a_withdrawal_stops_a_referral(anywhere: Field) -> None:
    """What is referred or goes on is flagged; nothing new is referred."""
    field = anywhere
    with_traces(field)
    assert field.one(tables.intervention)["consent_ok"]
    by(field, decide.withdraw, CODE, purposes=["services"], reason="She called.")
    row = field.one(tables.intervention)

    assert row["consent_ok"] is False or row["consent_ok"] == 0
    assert "consent_not_covering" in {one["code"] for one in field.rows(tables.flag)}
    by(field, plan_service, CODE, "health", provider=None)
    with pytest.raises(GuardFails):
        by(field, move_service, CODE, 2, "ongoing")
    assert same_after_rebuild(field)


def test_one_purpose_is_withdrawn_alone(field: Field) -> None:
    """Counts only: the work goes on, and nothing that was kept for it is touched."""
    with_traces(field)
    done = by(field, decide.withdraw, CODE, purposes=["stats"], reason="She called.")

    assert (done.purposes, done.stops, done.snapshots, done.notices) == (("stats",), False, 0, 0)
    assert field.one(tables.intervention)["consent_ok"]
    assert "tell_receiver" not in open_kinds(field)
    assert same_after_rebuild(field)


@pytest.mark.parametrize("purposes", [["document"], ["services"], ["document", "services"], []])
def test_who_is_left_in_the_case_keeps_the_messages_and_the_workbooks(
    field: Field, purposes: list[str]
) -> None:
    """V2 takes everything back, V1 goes on: the notice of an urgent case goes out, and no edit or question is lost.

    What was hers goes at once, see ``tests/followup/test_withdrawn_facts.py``: the rows kept here say nothing of her.
    """
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2)]}), edit=1)
    with_traces(field)
    done = by(field, decide.withdraw, CODE, person="V2", purposes=purposes, reason="She called.")
    with field.register.reading() as rows:
        kept = set(rows.execute(select(workbooks.followup_row.c["values"])).scalars())
        states = {one.state for one in outbox.listed(rows)}

    assert (done.stops, done.notices, done.snapshots) == (False, 0, 0)
    assert (kept, states) == ({"{}"}, {"waiting"})
    done = by(field, decide.withdraw, CODE, person="V1", reason="She called.")
    ended = ("document" in purposes and "services" in purposes) or not purposes
    assert (done.stops, done.notices, done.snapshots) == (ended, int(ended), int(ended))
    assert same_after_rebuild(field)


def test_an_edit_of_the_form_brings_nothing_back(field: Field) -> None:
    """Withdrawn stays withdrawn whatever a later version of the same form says."""
    by(field, decide.withdraw, CODE, reason="She called.")
    field.send("case", "c1", CASE, edit=1)

    assert consents(field)["services"]["state"] == "withdrawn"
    assert same_after_rebuild(field)


def test_what_was_not_given_cannot_be_withdrawn(field: Field) -> None:
    """Nor without a reason, nor a purpose that there is not; nothing is written."""
    before = field.everything()
    for said, error in (
        ({"purposes": ["justice"], "reason": "x"}, NothingToWithdraw),
        ({"reason": " "}, ReasonForConsent),
        ({"purposes": ["everything"], "reason": "x"}, PurposeUnknown),
        ({"person": "V7", "reason": "x"}, PersonUnknown),
    ):
        with pytest.raises(error):
            by(field, decide.withdraw, CODE, **said)
    assert field.everything() == before
    by(field, decide.withdraw, CODE, reason="x")
    with pytest.raises(NothingToWithdraw):
        by(field, decide.withdraw, CODE, reason="x")


def test_a_withdrawal_undone_in_a_dry_run_leaves_everything(field: Field) -> None:
    """The messages and the snapshots too."""
    with_traces(field)
    with deciding(field.register, COORDINATOR, field.later(), dry_run=True) as who:
        done = decide.withdraw(who, CODE, reason="She called.")
    with field.register.reading() as rows:
        states = {one.state for one in outbox.listed(rows)}
        values = rows.execute(select(workbooks.followup_row.c["values"])).scalars().all()

    assert (done.notices, done.snapshots) == (1, 1)
    assert (states, values) == ({"waiting"}, ["{}", "{}"])
    assert consents(field)["services"]["state"] == "given"


def test_the_commands(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Show, record, withdraw, override: as a person reads them and as a program does."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    run = runner(sqlite_register, monkeypatch, capsys)

    shown = run("consent", "show", CODE)[1]
    recorded = run("consent", "record", CODE, "justice=yes", "--json")
    proposed = run("consent", "override", CODE, "--reason", "Unconscious.")
    withdrawn = run("consent", "withdraw", CODE, "--reason", "She called.")
    after = run("consent", "show", CODE)[1]

    assert "May not leave:" in shown
    assert "counts in reports" in shown.split("May leave:")[1].split("May not leave:")[0]
    assert json.loads(recorded[1])["changes"] == [{"purpose": "justice", "was": "refused", "state": "given"}]
    assert "dikalo approve" in proposed[1]
    assert "All work on the case stops." in withdrawn[1]
    assert "all work stops" in after
    assert 'alert.consent_state: "Given" instead of' in run("consent", "record", dealt(0, "AL"), "given")[1]
    assert "It covers handling the alert" in run("consent", "show", dealt(0, "AL"))[1]
    assert run("consent", "record", CODE, "services")[0] == 2
    assert run("consent", "withdraw", CODE, "--reason", "again")[0] == 1


def test_everybody_is_shown_whom_a_withdrawal_can_name(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also a person of the same form who was never spoken to; of her nothing is recorded, and nothing may leave."""
    field = Field(sqlite_register)
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2, consent_covers="no")]}))
    run = runner(sqlite_register, monkeypatch, capsys)

    first, second = json.loads(run("consent", "show", CODE, "--json")[1])["people"]
    page = run("consent", "show", CODE)[1]

    assert (first["person"], second["person"]) == ("V1", "V2")
    assert first["consents"]
    assert second["consents"] == []
    assert not any(answer["allowed"] for answer in second["may_leave"].values())
    assert page.count("No answer of this person is recorded.") == 1
    assert page.split("No answer of this person is recorded.")[1].startswith("\nMay leave: nothing\n")
    assert run("consent", "override", CODE, "--person", "V2", "--reason", "Unconscious.")[0] == 0
    assert run("consent", "withdraw", CODE, "--person", "V3", "--reason", "x")[0] == 2


def test_a_refused_answer_is_told_with_the_command_of_each_that_is_possible(
    sqlite_register: Register,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was given is taken back by consent withdraw; nobody reads the bare code of a state."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    ran = over(Opened(field.register), monkeypatch, capsys)

    code, _, talk = ran("consent", "record", CODE, "services=unable")

    assert code == 1
    assert "DK-R30" in talk
    assert "Withdrawn (dikalo consent withdraw)" in " ".join(talk.split())


def test_an_override_is_signed_with_the_command_of_the_second_person(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One proposes, another signs in a run of their own; the first cannot sign."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    run = runner(sqlite_register, monkeypatch, capsys)
    run("consent", "override", CODE, "--reason", "Unconscious.", "--hours", "5")
    own = run("approve", CODE)
    monkeypatch.setattr(Opened, "actor", lambda *_given: SECOND)
    signed = run("approve", CODE)

    assert own[0] != 0
    assert signed[0] == 0
    assert consents(field)["services"]["override_by_2"] == "SU-01"
    assert "CO-01 + SU-01" in run("consent", "show", CODE)[1]
