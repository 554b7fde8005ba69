"""Consents as people decide on them: asked again, withdrawn in one transaction, overridden by two people; and every door."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from sync_scripts.errors import Attention
from sync_scripts.publish.leaving import Audience, leaving
from sync_scripts.publish.lists import cases_of
from sync_scripts.register import rebuild
from sync_scripts.register.consents import decide, overriding
from sync_scripts.register.consents.of_alerts import record_alert
from sync_scripts.register.consents.recorded import of_cases
from sync_scripts.register.consents.refusals import (
    AnswerUnreadable,
    LongerThanAllowed,
    NothingToWithdraw,
    OverrideNotFor,
    PersonUnknown,
    PurposeUnknown,
    ReasonForConsent,
)
from sync_scripts.register.consents.views import case_consents
from sync_scripts.register.decisions import OwnKeyMissing, ProposalStale, deciding, sign
from sync_scripts.register.decisions.services import move_service, plan_service
from sync_scripts.register.lifecycle import GuardFails, MoveNotListed, SecondPersonSame
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.register import test_leaving as matrix
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt, service, victim

SECOND = Actor("SU-01", "key")
CODE = dealt(0, "DK")


@pytest.fixture
def anywhere(register: Register) -> Field:
    """Give one case with one person who agreed to services, documents and counts, on each database in turn."""
    made = Field(register)
    made.send("case", "c1", CASE)
    return made


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give the same on SQLCipher."""
    made = Field(sqlite_register)
    made.send("case", "c1", CASE)
    return made


def by(field: Field, what: Callable[..., Any], *given: Any, actor: Actor = COORDINATOR, **said: Any) -> Any:
    """Take one decision in a transaction of its own, an hour later."""
    with deciding(field.register, actor, field.later()) as who:
        return what(who, *given, **said)


def consents(field: Field) -> dict[str, dict[str, Any]]:
    """Return the rows of the consents of the only person, by purpose."""
    return {row["purpose"]: row for row in field.rows(tables.consent)}


def open_kinds(field: Field) -> list[str]:
    """Return the kinds of all open tasks."""
    return sorted(row["kind"] for row in field.rows(tables.task) if row["done_at"] is None)


def same_after_rebuild(field: Field) -> bool:
    """Tell whether a rebuild finds every table as it is."""
    return rebuild.check(field.register, field.later()).differing == ()


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


# --- withdrawn ----------------------------------------------------------------------------------------------------


def with_traces(field: Field) -> None:
    """Let a referral be out, a message wait, and a workbook's values be kept."""
    field.send("followup", "f1", service(CODE, "referred"))
    with field.register.writing() as rows:
        export = dict.fromkeys(("export_id", "by", "at", "tier", "scope", "lang", "expires", "columns"), "x")
        rows.execute(insert(raw.followup_export).values(**export))
        for row_id, code in (("1", CODE), ("2", dealt(1, "DK"))):
            line = {"export_id": "x", "sheet": "s", "row_id": row_id, "values": "{}", "case_code": code}
            rows.execute(insert(raw.followup_row).values(**line))
        rows.execute(insert(raw.outbox).values(**waiting("a", f"case:{CODE}")))
        rows.execute(insert(raw.outbox).values(**waiting("b", f"case:{dealt(1, 'DK')}")))


def waiting(name: str, subject: str) -> dict[str, Any]:
    """Return a message that waits."""
    return {
        "id": name,
        "destination": "d",
        "reason": "case",
        "level": "critical",
        "params": '{"due_at":null,"region":null}',
        "subject": subject,
        "dedupe_key": name,
        "state": "waiting",
        "not_before": "2026-11-20T08:00:00.000000Z",
        "attempts": 0,
        "created_at": "2026-11-20T08:00:00.000000Z",
    }


def test_a_withdrawal_happens_at_once_and_whole(anywhere: Field) -> None:
    """Consent, message, what is kept of workbooks, tasks: one transaction; nobody else's are touched."""
    field = anywhere
    with_traces(field)
    done = by(field, decide.withdraw, CODE, reason="She called.")
    with field.register.reading() as rows:
        found = rows.execute(select(raw.followup_row)).mappings()
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
    assert "consent_not_covering" in {one["message"].partition("|")[0] for one in field.rows(tables.flag)}
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
        values = rows.execute(select(raw.followup_row.c["values"])).scalars().all()

    assert (done.notices, done.snapshots) == (1, 1)
    assert (states, values) == ({"waiting"}, ["{}", "{}"])
    assert consents(field)["services"]["state"] == "given"


# --- overridden ---------------------------------------------------------------------------------------------------


@pytest.fixture
def refused(sqlite_register: Register) -> Field:
    """Give a case whose person agreed to being documented and to nothing else, with a service planned."""
    made = Field(sqlite_register)
    said = dict.fromkeys(("c_services", "c_justice", "c_un", "c_stats"), "no")
    made.send("case", "c1", changed(CASE, {"consent": {**said, "c_refer_identity": None}}))
    by(made, plan_service, CODE, "health", provider=None)
    return made


def test_an_override_is_signed_by_two_people_and_ends_by_itself(refused: Field) -> None:
    """Proposed: nothing. Signed: the service may begin, within the hours given and not after."""
    made = by(refused, overriding.override, CODE, hours=24, reason="Unconscious, bleeding.")
    with pytest.raises(GuardFails):
        by(refused, move_service, CODE, 1, "ongoing")
    by(refused, sign, made.proposal, actor=SECOND)
    row = consents(refused)["services"]

    assert (row["override_by_1"], row["override_by_2"], row["state"]) == ("CO-01", "SU-01", "refused")
    assert row["override_until"] == instant(refused.now + timedelta(hours=24))
    assert same_after_rebuild(refused)
    refused.later(hours=25)
    with pytest.raises(GuardFails):
        by(refused, move_service, CODE, 1, "ongoing")
    assert same_after_rebuild(refused)


def test_within_its_hours_an_override_lets_a_service_begin(refused: Field) -> None:
    """And what began under it is not flagged."""
    made = by(refused, overriding.override, CODE, hours=24, reason="Unconscious, bleeding.")
    by(refused, sign, made.proposal, actor=SECOND)
    by(refused, move_service, CODE, 1, "ongoing")

    assert refused.one(tables.intervention)["status"] == "ongoing"
    assert refused.one(tables.intervention)["consent_ok"]
    assert same_after_rebuild(refused)


def test_an_override_needs_two_different_people_with_keys_of_their_own(refused: Field) -> None:
    """Not the same person twice, and no code that was only typed."""
    with pytest.raises(OwnKeyMissing):
        by(refused, overriding.override, CODE, hours=24, reason="x", actor=Actor("CO-01", "claimed"))
    made = by(refused, overriding.override, CODE, hours=24, reason="x")
    with pytest.raises(SecondPersonSame):
        by(refused, sign, made.proposal)
    with pytest.raises(OwnKeyMissing):
        by(refused, sign, made.proposal, actor=Actor("SU-01", "claimed"))
    assert consents(refused)["services"]["override_until"] is None


def test_an_override_is_not_signed_once_things_have_changed(refused: Field) -> None:
    """The person was asked meanwhile: what was proposed stands on something else."""
    made = by(refused, overriding.override, CODE, hours=24, reason="x")
    by(refused, decide.record, CODE, {"services": "yes"})
    with pytest.raises(ProposalStale):
        by(refused, sign, made.proposal, actor=SECOND)


@pytest.mark.parametrize("purpose", ["stats", "justice", "advocacy", "un", "media", "photo_audio"])
def test_there_is_no_override_for_what_is_no_vital_interest(refused: Field, purpose: str) -> None:
    """Never court, advocacy, the United Nations, media, statistics."""
    with pytest.raises(OverrideNotFor):
        by(refused, overriding.override, CODE, purposes=[purpose], hours=1, reason="x")


@pytest.mark.parametrize("hours", [0, 73, -1])
def test_an_override_lasts_at_most_72_hours(refused: Field, hours: int) -> None:
    """Also not nothing at all."""
    with pytest.raises(LongerThanAllowed):
        by(refused, overriding.override, CODE, hours=hours, reason="x")


# --- doors --------------------------------------------------------------------------------------------------------


def test_no_referral_without_consent(refused: Field) -> None:
    """A referral asks for the recorded consent at the moment of the referral: refused, run out and withheld are a no."""
    with pytest.raises(GuardFails):
        by(refused, move_service, CODE, 1, "ongoing")
    by(refused, decide.record, CODE, {"services": "yes"})
    refused.later(days=400)
    with pytest.raises(GuardFails):
        by(refused, move_service, CODE, 1, "ongoing")
    by(refused, decide.record, CODE, {"services": "yes"})
    by(refused, move_service, CODE, 1, "ongoing")

    assert refused.one(tables.intervention)["status"] == "ongoing"
    assert same_after_rebuild(refused)


def test_each_person_is_referred_by_what_she_agreed_to_herself(register: Register) -> None:
    """V2 did not agree to anything: her referral is refused although V1 agreed."""
    field = Field(register)
    two = [victim(1), victim(2, consent_covers="no")]
    field.send("case", "c1", changed(CASE, {"victims": two}))
    by(field, plan_service, CODE, "health", person="V2")
    by(field, plan_service, CODE, "health")
    with pytest.raises(GuardFails):
        by(field, move_service, CODE, 1, "ongoing")
    by(field, move_service, CODE, 2, "ongoing")

    assert [bool(row["consent_ok"]) for row in field.rows(tables.intervention)] in (
        [False, True],
        [True, False],
    )
    assert same_after_rebuild(field)


def test_the_page_of_a_case_says_what_may_leave(field: Field) -> None:
    """Person by person, each door with its reason."""
    with field.register.reading() as rows:
        (person,) = case_consents(rows, CODE, field.now)["people"]
    doors = {name: one["why"] for name, one in person["may_leave"].items()}

    assert person["person"] == "V1"
    assert doors["referral"] == doors["report"] == doors["facts"] == ""
    assert doors["bundle"] == doors["mrm"] == doors["evidence"] == "refused"
    assert doors["uwazi"] == doors["transfer"] == ""
    assert doors.keys() >= {asked.output for asked in matrix.ASKED.values()} - matrix.WHOLE - {
        "referral_identity"
    }


def test_a_withdrawn_case_is_off_the_next_list_of_the_phones(field: Field) -> None:
    """Also on the list that goes to everybody; a consent that only ran out keeps it there, so that somebody asks."""
    everybody = Audience((), everywhere=True)
    assert [case.code for case in leaving(cases_of(field.register, field.now), everybody)] == [CODE]
    assert leaving(cases_of(field.register, field.later(days=500)), everybody)
    by(field, decide.withdraw, CODE, purposes=["services"], reason="She called.")
    assert leaving(cases_of(field.register, field.now), everybody)
    by(field, decide.withdraw, CODE, reason="She called.")

    assert leaving(cases_of(field.register, field.now), everybody) == []


# --- the commands -------------------------------------------------------------------------------------------------


def test_the_commands(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Show, record, withdraw, override: as a person reads them and as a program does."""
    from tests.register.test_links import runner

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
    assert proposed[1].startswith("Proposed as ")
    assert "All work on the case stops." in withdrawn[1]
    assert "all work stops" in after
    assert run("consent", "record", dealt(0, "AL"), "given")[1] == (
        f"{dealt(0, 'AL')}, Raise the alert: Not yet asked (alert) -> Given\n"
    )
    assert "It covers handling the alert" in run("consent", "show", dealt(0, "AL"))[1]
    assert run("consent", "record", CODE, "services")[0] == 2
    assert run("consent", "withdraw", CODE, "--reason", "again")[0] == 3


def test_all_refusals_are_worded() -> None:
    """No sentence lacks a value."""
    for error in (
        PersonUnknown(case=CODE, known=""),
        PersonUnknown(case=CODE, known="V1, V2"),
        NothingToWithdraw(case=CODE, person="V1", purposes="stats un"),
        OverrideNotFor(purpose="media"),
        LongerThanAllowed(hours=80, most=72),
    ):
        assert "{" not in error.words()
        assert isinstance(error, Exception)
    assert issubclass(NothingToWithdraw, Attention)


def test_an_override_is_signed_with_the_command_of_the_second_person(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One proposes, another signs in a run of their own; the first cannot sign."""
    from tests.register import test_commands
    from tests.register.test_links import runner

    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    run = runner(sqlite_register, monkeypatch, capsys)
    run("consent", "override", CODE, "--reason", "Unconscious.", "--hours", "5")
    own = run("approve", CODE)
    monkeypatch.setattr(test_commands.Opened, "actor", lambda *_given: SECOND)
    signed = run("approve", CODE)

    assert own[0] != 0
    assert signed[0] == 0
    assert consents(field)["services"]["override_by_2"] == "SU-01"
    assert "CO-01 + SU-01" in run("consent", "show", CODE)[1]


def test_a_consent_is_asked_for_again_before_it_runs_out(field: Field) -> None:
    """A task at twelve months, on the page from thirty days before; it moves with the renewal and ends with a withdrawal."""
    from sync_scripts.register.today import today

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

    assert (first, early, late) == (["2027-11-20"], 0, 1)
    assert moved > ["2028-10"]
    assert renewal() == []
    assert same_after_rebuild(field)
