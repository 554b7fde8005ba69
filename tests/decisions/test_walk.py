"""The walk over the moves: each one of the table is made by a command. Guards are tested elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from sync_scripts.register.forms.answers import Consent
from sync_scripts.register.lifecycle import errors
from sync_scripts.register.lifecycle.moves import MOVES
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_two_people import provider
from tests.decisions.work import ALERT_CODE, CASE_CODE, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, changed, dealt, victim

Run = Callable[..., dict[str, Any]]


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with one case, its evidence, one provider."""
    made = begin(sqlite_register)
    said = {
        "header": {"alert_code": ALERT_CODE},
        "evidence_any": "yes",
        "evidence": [{"evidence_uid": "e1", "evidence_type": "photo", "faces_visible": "yes"}],
    }
    made.field.send("case", "c1", changed(CASE, said), edit=1)
    provider(made)
    return made


@pytest.fixture
def no_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every guard hold: which move a command makes is the question here."""
    monkeypatch.setattr(errors, "lacking", lambda _move, _facts: iter(()))


def forge(work: Work, op: str, subject: str, **said: Any) -> None:
    """Write an event that no guard was asked about, to begin from any state."""
    with every_decision.deciding(work.field.register, COORDINATOR, work.field.later()) as by:
        by.write(by.event(op, subject, said))


def moves(matter: str) -> list[tuple[str, str]]:
    """Return the moves that people make."""
    return [(one.was, one.to) for one in MOVES[matter] if not one.by_rule]  # type: ignore[index]  # a name of the table


# --- cases --------------------------------------------------------------------------------------------------------

CASE_WORDS = {
    "merged": ("cases", "merge", CASE_CODE, "{other}", "--reason", "Same facts"),
    "suspended": (
        *("cases", "move", CASE_CODE, "suspended", "--because", "safety"),
        *("--reason", "Fighting", "--review", "2030-01-01"),
    ),
    "transferred": ("cases", "move", CASE_CODE, "transferred", "--to", "P-1", "--accepted", "2026-11-20"),
}
"""State -> the command that brings a case there, where it is not simply ``cases move CODE STATE``."""


@pytest.mark.usefixtures("no_guards")
def test_every_move_of_a_case_has_a_command(work: Work, run: Run) -> None:
    """From each state to each that the table lists."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(1, "AL"))
    other = work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02").case
    for was, to in moves("case"):
        forge(work, "case.move", f"case:{CASE_CODE}", was="", to=to if was == "suspended" else was)
        if was == "suspended":
            forge(work, "case.move", f"case:{CASE_CODE}", was=to, to="suspended", review_on="2030-01-01")
            words: tuple[str, ...] = ("cases", "move", CASE_CODE, "back")
        else:
            words = CASE_WORDS.get(to, ("cases", "move", CASE_CODE, to, "--reason", "x"))
        second = (
            SUPERVISOR if to == "closed" else COORDINATOR
        )  # that two people signed is asked beside the guards
        run(*(word.format(other=other) for word in words), by=second)
        assert work.case()["state"] == to, (was, to)


# --- alerts -------------------------------------------------------------------------------------------------------

ALERT_WORDS = {
    "triaged": ("alerts", "triage", "{alert}", "--reason", "x"),
    "info_requested": ("alerts", "ask", "{alert}"),
    "linked": ("alerts", "link", "{alert}", CASE_CODE),
    "opened": ("alerts", "open", "{alert}", "--owner", "RD-01"),
    "duplicate": ("alerts", "link", "{alert}", ALERT_CODE),
    "referred_out": ("alerts", "refer", "{alert}", "PRE-01"),
    "dismissed": ("alerts", "dismiss", "{alert}", "--reason", "A hoax"),
}


@pytest.mark.usefixtures("no_guards")
def test_every_move_of_an_alert_has_a_command(work: Work, run: Run) -> None:
    """The duplicate once both were decided to be one event."""
    for number, (was, to) in enumerate(moves("alert"), 1):
        code, root = dealt(number, "AL"), f"m{number}"
        work.field.send("alert", root, ALERT)
        subject = f"alert:alert/{root}"
        if was != "received":
            work.do(every_decision.triage, code)
        if was == "info_requested":
            forge(work, "alert.ask", subject, reason="")
        elif was == "duplicate":
            forge(work, "alert.duplicate", subject, of=ALERT_CODE)
        elif was == "dismissed":
            forge(work, "alert.dismiss", subject, reason="A hoax")
        if to == "duplicate":
            run("alerts", "decide", code, ALERT_CODE, "same_event", "--reason", "The same caller")
        words = ALERT_WORDS[to]
        if (was, to) == ("duplicate", "triaged"):
            words = ("alerts", "unlink", "{alert}", "--reason", "Two villages")
        run(*(word.format(alert=code) for word in words))
        assert work.alert(code)["state"] == to, (was, to)


# --- what belongs to a case ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_guards")
def test_every_move_of_an_intervention_has_a_command(work: Work, run: Run) -> None:
    """Its new state, by its number."""
    for was, to in moves("intervention"):
        made = work.do(every_decision.plan_service, CASE_CODE, "health")
        if was != "planned":
            forge(
                work,
                "intervention.move",
                f"case:{CASE_CODE}",
                intervention=made.intervention,
                was="planned",
                to=was,
            )
        run("cases", "refer", CASE_CODE, "--number", str(made.number), "--state", to)
        rows = work.field.rows(tables.intervention)
        assert next(row["status"] for row in rows if row["number"] == made.number) == to, (was, to)


@pytest.mark.usefixtures("no_guards")
def test_every_move_of_evidence_has_a_command(work: Work, run: Run) -> None:
    """Where it is by now; but nothing is called purged that nobody erased: that is refused, in words."""
    for was, to in moves("evidence"):
        forge(work, "evidence.move", f"case:{CASE_CODE}", uid="e1", was="", to=was)
        words = ("evidence", "move", CASE_CODE, "E1", to, "--purpose", "justice", "--to", "court")
        told = run(*words, "--reason", "x", expect=2 if to == "purged" else 0)
        state = work.field.one(tables.evidence)["state"]
        assert state == (was if to == "purged" else to), (was, to)
        assert to != "purged" or "DK-R50" in json.dumps(told), told


@pytest.mark.usefixtures("no_guards")
def test_every_move_of_an_incident_has_a_command(work: Work, run: Run) -> None:
    """How sure it is by now; there and back again, so that few begin with an event that no command wrote."""
    incident = work.field.one(tables.incident)["incident_id"]
    for was, to in sorted(moves("incident"), key=lambda move: (sorted(move), move)):
        if work.field.one(tables.incident)["verification"] != was:
            forge(work, "incident.verify", f"case:{CASE_CODE}", incident=incident, verification=was)
        run("cases", "verify", CASE_CODE, to, "--reason", "x")
        assert work.field.one(tables.incident)["verification"] == to, (was, to)


def test_every_move_of_a_link_has_a_command(work: Work, run: Run) -> None:
    """What was decided can be changed with a reason."""
    for number, (was, to) in enumerate(moves("link"), 1):
        work.field.send("alert", f"l{number}", ALERT)
        code = dealt(number, "AL")
        if was != "pending":
            run("alerts", "decide", ALERT_CODE, code, was, "--reason", "x")
        found = run("alerts", "decide", ALERT_CODE, code, to, "--reason", "y")
        assert (found["was"], found["decision"]) == (was, to), (was, to)


CONSENT_WORDS = {
    ("given", "withdrawn"): ("consent", "withdraw", CASE_CODE, "--reason", "x"),
    ("guardian", "withdrawn"): ("consent", "withdraw", CASE_CODE, "--reason", "x"),
    ("assent", "withdrawn"): ("consent", "withdraw", CASE_CODE, "--reason", "x"),
    ("refused", "given"): ("consent", "record", CASE_CODE, "un=identified", "--reason", "x"),
    ("refused", "guardian"): ("consent", "record", CASE_CODE, "un=identified", "--guardian", "--reason", "x"),
    ("refused", "assent"): ("consent", "record", CASE_CODE, "un=identified", "--guardian", "--assent"),
    ("unable", "given"): ("consent", "record", CASE_CODE, "un=identified", "--reason", "x"),
    ("unable", "guardian"): ("consent", "record", CASE_CODE, "un=identified", "--guardian"),
    ("unable", "assent"): ("consent", "record", CASE_CODE, "un=identified", "--guardian", "--assent"),
    ("unable", "refused"): ("consent", "record", CASE_CODE, "un=no"),
    ("not_asked", "given"): ("consent", "record", ALERT_CODE, "given"),
    ("not_asked", "guardian"): ("consent", "record", CASE_CODE, "un=identified", "--guardian"),
    ("not_asked", "assent"): ("consent", "record", CASE_CODE, "un=identified", "--guardian", "--assent"),
    ("not_asked", "refused"): ("consent", "record", ALERT_CODE, "refused"),
    ("not_asked", "unable"): ("consent", "record", ALERT_CODE, "unable"),
}


@pytest.mark.usefixtures("no_guards")
def test_every_move_of_a_consent_has_a_command(work: Work, run: Run) -> None:
    """Asked again, recorded, withdrawn: of one purpose in the case of a girl, of an alert the one consent that it has."""
    assert CONSENT_WORDS.keys() == set(moves("consent"))
    girl = {
        "header": {"alert_code": ALERT_CODE},
        "victims": [victim(1, age_band="12_17", victim_is_child="1")],
    }
    work.field.send("case", "c1", changed(CASE, girl), edit=2)
    alerts = 0
    for (was, to), words in CONSENT_WORDS.items():
        if ALERT_CODE in words:
            alerts += 1
            work.field.send("alert", f"k{alerts}", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
            code = dealt(alerts, "AL")
            run(*(code if word == ALERT_CODE else word for word in words))
            assert work.alert(code)["consent_state"] == to, (was, to)
        else:
            begins(work, was)
            run(*words)
            assert un(work) == to, (was, to)


def begins(work: Work, state: str) -> None:
    """Let the one person have answered so about the United Nations; nothing is forged of what nobody was asked."""
    (person,) = work.field.rows(tables.person)
    said = Consent("un", state, scope="identified", given_at="2026-11-20", expires_at="2027-11-20")
    names = {"person": person["pseudonym"], "person_uid": person["uid"], "interview": "c1", "reason": "x"}
    forge(work, "consent.record", f"case:{CASE_CODE}", **names, was={}, consents=[asdict(said)])


def un(work: Work) -> str:
    """Return the state of that purpose now."""
    (row,) = (one for one in work.field.rows(tables.consent) if one["purpose"] == "un")
    return "withdrawn" if row["withdrawn_at"] else str(row["state"])


# --- what is kept in the open --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("cases", "note", CASE_CODE, "Call 677 12 34 56"),
        ("cases", "set", CASE_CODE, "--urgency", "low", "--reason", "Call +237 677123456"),
        ("cases", "task", CASE_CODE, "--flag", "At 5.96301, 10.15910"),
        ("cases", "refer", CASE_CODE, "health", "--note", "677123456"),
        ("alerts", "dismiss", ALERT_CODE, "--reason", "She is at 5.96301, 10.15910"),
        ("consent", "withdraw", CASE_CODE, "--reason", "Call 677 12 34 56"),
        ("consent", "record", CASE_CODE, "stats=no", "--reason", "Call 677 12 34 56"),
        ("person", "correct", CASE_CODE, "detention.place", "Call 677 12 34 56", "--reason", "Misheard"),
        ("cases", "move", CASE_CODE, "transferred", "--to", "677 12 34 56", "--reason", "As said"),
        ("alerts", "show", ALERT_CODE, "--open", "Call 677 12 34 56"),
        ("publish", "--all-zones", "Call 677 12 34 56"),
    ],
)
def test_a_text_kept_in_the_open_holds_no_number_and_no_place(
    work: Work, run: Run, words: tuple[str, ...]
) -> None:
    """The refusal says what it seems to hold, never the text; nothing is written."""
    before = work.field.everything()
    refused = run(*words, expect=2)

    assert refused["code"] == "DK-R44"
    assert not {"677", "5.96"} & set(refused["message"].split())
    assert work.field.everything() == before


def test_a_second_person_signs_and_refuses_on_the_command_line(work: Work, run: Run) -> None:
    """What waits is listed with its reason; a closure is approved or refused the same way."""
    work.field.send("alert", "r5", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    code = dealt(1, "AL")
    run("alerts", "triage", code)
    made = run("alerts", "dismiss", code, "--reason", "A hoax")
    (waiting,) = run("approve", "list")["proposals"]
    assert (waiting["id"], waiting["reason"], waiting["by"]) == (made["proposal"], "A hoax", "CO-01")
    run("approve", code, "--withdraw", "--reason", "Reached")
    made = run("alerts", "dismiss", code, "--reason", "A hoax")
    assert run("approve", made["proposal"], by=SUPERVISOR)["state"] == "signed"
    ask = ("cases", "move", CASE_CODE, "closure_pending", "--because", "unfounded", "--feedback", "yes")
    run(*ask, by=Actor("RD-01", "key"))
    assert [one["code"] for one in run("approve")["closures"]] == [CASE_CODE]
    run("approve", CASE_CODE, "--withdraw", "--reason", "Not yet", by=SUPERVISOR)
    assert work.case()["state"] == "follow_up"
    words = {one["words"] for one in run("log", CASE_CODE)["events"]}
    assert any("Closure pending" in one and "Follow-up" in one for one in words)


def test_a_case_shows_what_was_decided_and_what_was_corrected(work: Work, run: Run) -> None:
    """Both values of a correction, the rules' level beside the decided one, a remark, the note."""
    run("cases", "set", CASE_CODE, "--urgency", "critical")
    run("cases", "note", CASE_CODE, "Called twice")
    run("cases", "task", CASE_CODE, "--flag", "Check the village")
    run("person", "correct", CASE_CODE, "incident.place_type", "street", "--reason", "Misheard")
    shown = run("cases", "show", CASE_CODE)

    assert (shown["urgency"], shown["urgency_by_rule"]) == ("critical", "medium")
    assert shown["work_note"] == "Called twice"
    assert "Check the village" in {one["message"] for one in shown["flag_list"]}
    (one,) = shown["corrections"]
    assert (one["entity"], one["field"], one["was"], one["value"]) == (
        "incident",
        "place_type",
        "home",
        "street",
    )
    ops = {event["op"] for event in shown["history"]}
    assert {"case.urgency", "case.note", "flag.raise", "value.correct"} <= ops
