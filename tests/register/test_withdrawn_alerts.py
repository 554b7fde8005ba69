"""The consent of an alert taken back, in one transaction: what stops, what is owed, and what one person's word does not do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from sync_scripts.config import NotifySettings
from sync_scripts.publish.audiences import Audience, Team, may_leave
from sync_scripts.publish.lists import cases_of
from sync_scripts.register.building import notices
from sync_scripts.register.building.notices import Before
from sync_scripts.register.care import rebuild
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consent_decisions.of_alerts import record_alert, withdraw_alert
from sync_scripts.register.consents.errors import AlertNotGiven
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.lifecycle.errors import GuardFails, MoveNotListed, ReasonMissing
from sync_scripts.register.model.errors import AlertWithdrawn, CaseStopped, ConsentRefused
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import raw, workbooks
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.agreeing import waiting
from tests.register.beginnings import played_once
from tests.register.built import made
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt

ALERT_CODE, CODE = dealt(0, "AL"), dealt(0, "DK")
SUBJECT = "alert:alert/r1"
OWNERS = Audience((Team("nw", frozenset({"CM007002"}), frozenset({"rd-01"})),))


def by(field: Field, what: Callable[..., Any], *given: Any, **said: Any) -> Any:
    """Take one decision in a transaction of its own, an hour later."""
    with deciding(field.register, COORDINATOR, field.later(), draw=field.draw) as who:
        return what(who, *given, **said)


def due(field: Field, *, done: bool = False) -> dict[str, str]:
    """Return when each open task is due, by kind; or of those that ended, when they did."""
    rows = [row for row in field.rows(tables.task) if (row["done_at"] is not None) == done]
    return {row["kind"]: row["done_at"] if done else row["due_at"] for row in rows}


@pytest.fixture
@played_once
def anywhere(register: Register) -> Field:
    """Give one alert that came with consent, on each database in turn; its message waits."""
    made = Field(register)
    made.send("alert", "r1", ALERT)
    with register.writing() as rows:
        rows.execute(insert(raw.outbox).values(**waiting("a", SUBJECT)))
        rows.execute(insert(raw.outbox).values(**waiting("b", "alert:alert/r9")))
    return made


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give the same on SQLCipher, triaged, without messages."""
    made = Field(sqlite_register)
    made.send("alert", "r1", ALERT)
    by(made, every_decision.triage, ALERT_CODE)
    return made


def why_not(field: Field) -> dict[str, str]:
    """Return why each case stays off the phones of its owner; empty when it goes there."""
    return {one.code: may_leave(one, OWNERS) for one in cases_of(field.register, field.now)}


def states(field: Field) -> dict[str, str]:
    """Return the messages by state."""
    with field.register.reading() as rows:
        return {one.id: one.state for one in outbox.listed(rows)}


def sound(field: Field) -> bool:
    """Tell whether a rebuild finds every table as it is."""
    return rebuild.check(field.register, field.later()).differing == ()


def test_it_happens_at_once_and_whole(anywhere: Field) -> None:
    """Consent, message, tasks: one transaction; both values show, the collected one and what lies over it."""
    field = anywhere
    done = by(field, withdraw_alert, ALERT_CODE, reason="She called.")
    alert = field.one(tables.alert)
    shown = field.one(tables.correction)

    assert (done.code, done.stops, done.notices, done.tasks) == (
        ALERT_CODE,
        False,
        1,
        ("consent_purge",),
    )
    assert states(field) == {"a": "cancelled", "b": "waiting"}
    assert (alert["consent_state"], alert["state"]) == ("withdrawn", "received")
    assert (shown["was"], shown["value"], shown["corrected_by"]) == ("given", "withdrawn", "CO-01")
    assert due(field)["consent_purge"] == instant(field.now + timedelta(days=30))
    assert due(field).keys() == {"consent_purge", "triage", "retention_review"}
    assert due(field, done=True) == {"first_contact": instant(field.now), "first_action": instant(field.now)}
    assert sound(field)


def test_a_dry_run_leaves_everything(anywhere: Field) -> None:
    """The message too."""
    before = anywhere.everything()
    with deciding(anywhere.register, COORDINATOR, anywhere.later(), dry_run=True) as who:
        assert withdraw_alert(who, ALERT_CODE, reason="She called.").notices == 1
    assert anywhere.everything() == before
    assert states(anywhere) == {"a": "waiting", "b": "waiting"}


def test_nothing_is_done_with_it_any_more(field: Field) -> None:
    """Nobody asks, opens, ties or refers; no sentence of one person dismisses what two must."""
    by(field, withdraw_alert, ALERT_CODE, reason="She called.")
    before = field.everything()
    for what, given in (
        (every_decision.ask, (ALERT_CODE,)),
        (every_decision.refer_out, (ALERT_CODE, "AB-1")),
    ):
        with pytest.raises(AlertWithdrawn):
            by(field, what, *given)
    with pytest.raises(AlertWithdrawn):
        by(field, every_decision.open_case, ALERT_CODE, owner="RD-01", new=True)
    with pytest.raises(AlertWithdrawn):
        by(field, every_decision.refer_out, ALERT_CODE, "AB-1", vital=True, reason="x")
    with pytest.raises(MoveNotListed):
        by(field, record_alert, ALERT_CODE, "given")
    assert field.everything() == before
    by(field, every_decision.dismiss, ALERT_CODE, "She withdrew.")

    assert field.one(tables.alert)["state"] == "dismissed"
    assert "consent_purge" in due(field), "what is owed outlives the alert"
    assert sound(field)


def test_an_urgent_one_is_still_dismissed_by_two(field: Field) -> None:
    """Withdrawn by one person's word: it stays in the list until a second person agrees that it goes."""
    by(field, every_decision.triage, ALERT_CODE, urgency="critical")
    by(field, withdraw_alert, ALERT_CODE, reason="She called.")
    done = by(field, every_decision.dismiss, ALERT_CODE, "She withdrew.")

    assert done.proposal is not None
    assert field.one(tables.alert)["state"] == "triaged"
    assert "triage" not in due(field)


def test_an_edit_of_the_form_brings_nothing_back(field: Field) -> None:
    """Nor does a correction: withdrawn stays withdrawn."""
    by(field, withdraw_alert, ALERT_CODE, reason="She called.")
    field.send("alert", "r1", ALERT, edit=1)

    assert field.one(tables.alert)["consent_state"] == "withdrawn"
    assert sound(field)


def test_no_message_speaks_of_it(anywhere: Field) -> None:
    """Not when it becomes urgent afterwards, nor when its triage is late; of another one both do."""
    field = anywhere
    field.send("alert", "r2", ALERT)
    by(field, withdraw_alert, ALERT_CODE, reason="She called.")
    field.register.destinations = (NotifySettings(name="d", level="low"),)
    alerts = [dict(row, urgency="critical") for row in field.rows(tables.alert)]
    subjects = {row["code"]: f"alert:alert/{row['alert_id']}" for row in alerts}
    with field.register.writing() as rows:
        notices.escalate(rows, field.later(days=30))
        before = Before(levels=dict.fromkeys(subjects, "low"))
        notices.of_alerts(rows, before, made(alerts=alerts), subjects, field.now)
        told = [one for one in outbox.waiting(rows) if one.id not in {"a", "b"}]

    assert {one.subject for one in told} == {"alert:alert/r2"}
    assert {one.reason for one in told} == {"alert", "escalation"}


def test_who_got_it_is_told(field: Field) -> None:
    """A provider to whom the alert was referred: within a day."""
    with field.register.writing() as rows:
        blank = dict.fromkeys(column.name for column in tables.provider.columns)
        said = {"provider_code": "AB-1", "services": "health", "name": "AB", "on_phones": True}
        rows.many(tables.provider, [{**blank, **said}])
    by(field, every_decision.refer_out, ALERT_CODE, "AB-1")
    assert "tell_receiver" not in due(field)
    done = by(field, withdraw_alert, ALERT_CODE, reason="She called.")

    assert done.tasks == ("consent_purge", "tell_receiver")
    assert due(field)["tell_receiver"] == instant(field.now + timedelta(hours=24))


def test_who_got_it_is_told_of_a_refusal_on_the_form(field: Field) -> None:
    """The form of a referred alert is sent again as refused: no withdrawal is written down, and the provider has it all the same."""
    by(field, set_provider, "AB-1", {"name": "x", "services": "health"})
    by(field, every_decision.refer_out, ALERT_CODE, "AB-1")
    field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "refused"}}), edit=1)

    assert due(field)["tell_receiver"] == instant(field.now + timedelta(hours=24))
    assert rebuild.check(field.register, field.later()).differing == ()


def test_a_case_of_nothing_but_the_alert_stops(anywhere: Field) -> None:
    """Off the next list of the phones, its snapshot empty, its messages taken back; the next build says the same."""
    field = anywhere
    by(field, every_decision.triage, ALERT_CODE)
    by(field, every_decision.open_case, ALERT_CODE, owner="RD-01", new=True)
    with field.register.writing() as rows:
        export = dict.fromkeys(("export_id", "by", "at", "tier", "scope", "lang", "expires", "columns"), "x")
        rows.execute(insert(workbooks.followup_export).values(**export))
        line = {"export_id": "x", "sheet": "s", "row_id": "1", "values": "{}", "case_code": CODE}
        rows.execute(insert(workbooks.followup_row).values(**line))
        rows.execute(insert(raw.outbox).values(**waiting("c", f"case:{CODE}")))
    assert why_not(field) == {CODE: ""}
    done = by(field, withdraw_alert, ALERT_CODE, reason="She called.")
    with field.register.reading() as rows:
        values = rows.execute(select(workbooks.followup_row.c["values"])).scalar()

    assert (done.stops, done.case, done.snapshots, done.notices) == (True, CODE, 1, 2)
    assert values is None
    assert why_not(field) == {CODE: "withdrawn"}
    assert states(field) == {"a": "cancelled", "b": "waiting", "c": "cancelled"}
    assert "consent_purge" in due(field)
    assert sound(field)


def test_a_case_whose_people_were_asked_goes_on(field: Field) -> None:
    """They said themselves what they agree to; the alert's own tasks end, and what is owed for it stands."""
    by(field, every_decision.open_case, ALERT_CODE, owner="RD-01", new=True)
    field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}))
    done = by(field, withdraw_alert, ALERT_CODE, reason="She called.")

    assert (done.stops, done.tasks) == (False, ("consent_purge",))
    assert why_not(field) == {CODE: ""}
    assert "consent_purge" in due(field)
    assert sound(field)


@pytest.mark.parametrize("interviewed", [True, False])
def test_no_further_alert_is_tied_to_a_case_that_stops(field: Field, *, interviewed: bool) -> None:
    """Everybody in it withdrew: neither linked nor moved there; before, and to a case that goes on, both pass."""
    by(field, every_decision.open_case, ALERT_CODE, owner="RD-01", new=True)
    if interviewed:
        field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}))
    for number in (1, 2, 3):
        field.send("alert", f"r{number + 1}", ALERT)
        by(field, every_decision.triage, dealt(number, "AL"))
    by(field, every_decision.link, dealt(3, "AL"), CODE)
    other = by(field, every_decision.open_case, dealt(1, "AL"), owner="RD-01").case
    by(field, every_decision.move_alert, dealt(3, "AL"), other, reason="x")
    if interviewed:
        by(field, decide.withdraw, CODE, reason="She called.")
    else:
        by(field, withdraw_alert, ALERT_CODE, reason="She called.")
    with pytest.raises(CaseStopped) as caught:
        by(field, every_decision.link, dealt(2, "AL"), CODE)
    with pytest.raises(CaseStopped):
        by(field, every_decision.move_alert, dealt(3, "AL"), CODE, reason="x")

    assert f"dikalo consent show {CODE}" in caught.value.words()
    assert by(field, every_decision.link, dealt(2, "AL"), other).now == "linked"
    assert sound(field)


@pytest.mark.parametrize("state", ["not_asked", "unable"])
def test_what_was_not_given_is_not_withdrawn(sqlite_register: Register, state: str) -> None:
    """A no is recorded then; nor is it withdrawn twice, or without a reason."""
    field = Field(sqlite_register)
    field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": state}}))
    field.send("alert", "r2", ALERT)
    with pytest.raises(AlertNotGiven):
        by(field, withdraw_alert, ALERT_CODE, reason="x")
    with pytest.raises(ReasonMissing):
        by(field, withdraw_alert, dealt(1, "AL"), reason=" ")
    by(field, withdraw_alert, dealt(1, "AL"), reason="x")
    with pytest.raises(AlertNotGiven):
        by(field, withdraw_alert, dealt(1, "AL"), reason="x")


def test_a_refused_alert_is_not_opened_either(field: Field) -> None:
    """Refused after somebody had triaged it: it is counted, and nothing else is done with it."""
    field.send("alert", "r2", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    by(field, every_decision.triage, dealt(1, "AL"))
    by(field, record_alert, dealt(1, "AL"), "refused", reason="x")
    with pytest.raises((ConsentRefused, GuardFails)):
        by(field, every_decision.open_case, dealt(1, "AL"), owner="RD-01", new=True)


def test_the_command(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``consent withdraw`` and ``person withdraw`` take an alert's code; the page says what to do next."""
    from tests.register.running import runner

    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    run = runner(sqlite_register, monkeypatch, capsys)
    refused = run("consent", "withdraw", ALERT_CODE, "services", "--reason", "x")
    told = run("consent", "withdraw", ALERT_CODE, "--reason", "She called.")
    other = run("person", "withdraw", dealt(1, "AL"), "--reason", "She called.")

    assert refused[0] != 0
    assert (told[0], other[0]) == (0, 0)
    assert f"dikalo alerts triage {ALERT_CODE}, then dismiss it" in told[1]
    assert "only counted" in run("consent", "show", ALERT_CODE)[1]
    assert "handling the alert" not in run("consent", "show", ALERT_CODE)[1]
    run("alerts", "triage", ALERT_CODE)
    shown = run("alerts", "show", ALERT_CODE)[1]
    assert f"dikalo alerts dismiss {ALERT_CODE}" in shown
    assert "alerts open" not in shown
    assert {row["consent_state"] for row in field.rows(tables.alert)} == {"withdrawn"}
