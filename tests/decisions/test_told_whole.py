"""The log of the organisation says whose, from what to what; whoever signs reads it before. Somebody outside reads none of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from sync_scripts.register.case_decisions.cases import set_next_due
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions.overriding import override
from sync_scripts.register.decisions.rule_changes import keep_holidays, shorten
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.history.changes import changed as tells
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.queries.event_words import TOLD, proposed, told, told_line
from sync_scripts.store.database import Actor, Register
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import CASE, COORDINATOR, changed, dealt, victim
from tests.register.test_every_door import modules, ops

OTHER = Actor("RD-02", "key")
WITH_SERVICES = {
    "purpose": "refer_identity",
    "state": "given",
    "scope": None,
    "detail": '{"services":["health"]}',
    "given_at": "2026-11-20",
}

NAMES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "alert.triage": (
        {
            "was": "triaged",
            "rule": "medium",
            "urgency": "high",
            "level_was": "medium",
            "assigned_to": "RD-02",
        },
        ["level set to High", "before: Medium", "given to RD-02"],
    ),
    "alert.assign": ({"was": "RD-01", "assigned_to": "RD-02"}, ["given to RD-02", "before: RD-01"]),
    "alert.contacted": ({"at": "2026-11-20T08:00:00.000000Z", "was": None}, ["2026-11-20 09:00"]),
    "alert.move": ({"was": "DK-1", "case_code": "DK-2"}, ["moved to case DK-2", "before: DK-1"]),
    "alert.refer": (
        {"was": "triaged", "provider_code": "PRE-1", "vital": True},
        ["PRE-1", "without consent"],
    ),
    "case.assign": ({"was": "RD-01", "owner_code": "RD-02"}, ["given to RD-02", "before: RD-01"]),
    "case.contact": ({"at": "2026-11-20T08:00:00.000000Z", "reached": False}, ["no", "2026-11-20 09:00"]),
    "case.due": ({"was": "2026-11-01", "next_due": "2026-12-01"}, ["2026-12-01", "before: 2026-11-01"]),
    "case.urgency": ({"was": None, "rule": "medium", "urgency": "high"}, ["High", "before: Medium"]),
    "case.confidentiality": ({"was": "C3", "confidentiality": "C2"}, ["C2 (", "before: C3 ("]),
    "case.retention": ({"was": "standard", "retention_class": "justice"}, ["kept as", "before: "]),
    "case.hold": ({"was": True, "legal_hold": False}, ["legal hold: no", "before: yes"]),
    "case.move": (
        {"was": "follow_up", "to": "suspended", "suspend_reason": "safety", "review_on": "2026-12-01"},
        ["became", "looked at again on 2026-12-01"],
    ),
    "case.note": ({"was": "Once", "work_note": "Twice"}, ['"Twice"', '"Once"']),
    "incident.verify": ({"was": "unverified", "verification": "verified"}, ["incident: ", "before: "]),
    "intervention.add": (
        {"service": "health", "number": 1, "person": "V2", "provider_code": "PRE-1", "timeframe": "1_day"},
        ["no. 1", "V2", "PRE-1", "1 day"],
    ),
    "intervention.move": ({"number": 1, "was": "planned", "to": "referred"}, ["Referred", "before: Planned"]),
    "intervention.set": (
        {
            "number": 1,
            "was": {"provider_code": "PRE-1", "person_uid": "u1", "due_at": None},
            "fields": {"provider_code": "PRE-2", "person_uid": "u2", "due_at": "2026-11-20T08:00:00.000000Z"},
            "people": {"u1": "V1", "u2": "V2"},
        },
        ["provider: PRE-1 -> PRE-2", "person: V1 -> V2", "due: - -> 2026-11-20 09:00"],
    ),
    "evidence.move": (
        {"evidence": "E1", "was": "received", "to": "sealed"},
        ["E1: Sealed", "before: Received"],
    ),
    "link.decide": ({"was": "related", "decision": "not_same"}, ["said of two alerts", "before: "]),
    "task.assign": ({"kind": "followup", "was": "RD-01", "assigned_to": "RD-02"}, ["RD-02", "before: RD-01"]),
    "value.correct": ({"entity": "person", "field": "sex", "was": "f", "value": "m"}, ['"m" instead of "f"']),
    "value.restore": ({"entity": "person", "field": "sex", "was": "m", "value": "f"}, ['"f" again']),
    "consent.record": (
        {
            "person": "V1",
            "consents": [
                {"purpose": "justice", "state": "given", "given_at": "2026-11-20"},
                {"purpose": "stats", "state": "refused"},
                WITH_SERVICES,
            ],
            "was": {"justice": "refused", "stats": "not_asked", "refer_identity": "withdrawn"},
        },
        [
            "V1",
            "Use before a court: Refused -> Given (talk of 2026-11-20)",
            "Statistics without identity: Not yet asked -> Refused",
            "Withdrawn -> Given (Health / medical) (talk of 2026-11-20)",
        ],
    ),
    "consent.withdraw": (
        {"person": "V1", "purposes": ["justice"], "was": {"justice": "given"}},
        ["V1", "Use before a court: Given -> Withdrawn"],
    ),
    "consent.override": (
        {"person": "V2", "purposes": ["services", "refer_identity"], "until": "2026-11-20T08:00:00.000000Z"},
        ["V2", "Receive services", "Give the identity", "until 2026-11-20 09:00"],
    ),
    "provider.set": (
        {"name": "B", "services": "health", "contact": "By letter", "was": {"name": "A", "contact": None}},
        ["name: A -> B", "contact: - -> By letter"],
    ),
    "provider.verify": (
        {"was": "2026-08-01", "verified_on": "2026-11-20"},
        ["2026-11-20", "before: 2026-08-01"],
    ),
    "worker.add": (
        {"roles": "lawyer", "active": True, "was": {"roles": "supervisor", "active": False}},
        ["Lawyer", "before: Supervisor", "works here again"],
    ),
    "rules.deadlines": (
        {"own": {"critical": {"first_contact_h": 1}}, "was": {"critical": {"first_contact_h": 2}}},
        ["Critical, first contact: 2 h -> 1 h"],
    ),
    "rules.holidays": (
        {"own": {"2026-03-21": "eid_fitr"}, "was": {"2026-03-20": "eid_fitr"}},
        ["2026-03-20: ", "2026-03-21: - -> "],
    ),
    "proposal.make": (
        {
            "decision": "consent.override",
            "said": {"person": "V2", "purposes": ["refer_identity"], "hours": 5, "reason": "She bleeds"},
            "seen": {},
        },
        ["acting without consent", "V2", "Give the identity", "for 5 hours", "reason: She bleeds"],
    ),
}
"""What changes something, with a payload -> what the log must say, in this order."""

SAYS_ALL = {
    # the move is the op itself: from where it may come is listed, and the row says where it stands
    *(
        "alert.ask",
        "alert.open",
        "alert.link",
        "alert.duplicate",
        "alert.dismiss",
        "alert.alone",
        "alert.channel",
    ),
    *(
        "case.open",
        "case.takes",
        "case.left",
        "case.form_left",
        "case.keep",
        "case.reminders",
        "case.sealed_note",
    ),
    *(
        "task.done",
        "task.open",
        "flag.raise",
        "flag.resolve",
        "proposal.sign",
        "proposal.withdraw",
        "opening.allow",
    ),
    # takes back what its sentence names
    *("alert.contact_undo", "case.contact_undo", "flag.open"),
    # drawn or erased: there was nothing before, or nothing is left of it
    *("alert.code", "case.code", "alert.purge", "case.purge", "person.erase", "person.redact"),
    *("submission.redact", "retention.confirm", "retention.drop", "dossier.open", "share.give"),
    # two ids that say nothing to whoever reads
    *("incident.other", "evidence.redacted", "person.same", "publish.providers"),
}
"""Decisions whose sentence holds all that is new, and that have nothing old to be named."""


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with one case of two people, and people who work here."""
    made = begin(sqlite_register)
    made.field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2)]} | _OF_ALERT), edit=1)
    return made


_OF_ALERT = {"header": {"alert_code": ALERT_CODE}}


def test_every_decision_names_what_was_and_what_is() -> None:
    """Or is on the list of those that have nothing to name: whoever writes a new one puts it on one of the two."""
    written = {op for one in modules() if one.name.startswith("register.") for op in ops(one)}
    values = {f"case.{name}" for name in ("note", "urgency", "confidentiality", "retention", "hold")}
    tasks = {f"task.{name}" for name in ("done", "open", "assign")}
    every = written - {"case.*", "task.*"} | values | tasks

    assert every - NAMES.keys() - SAYS_ALL == set()
    assert NAMES.keys() & SAYS_ALL == set()
    for op, (payload, wanted) in NAMES.items():
        words = told_line({"op": op, "payload": payload})
        at = -1
        for one in wanted:
            assert (at := words.find(one, at + 1)) >= 0, (op, one, words)


def test_what_a_reader_may_not_see_is_not_said() -> None:
    """The words come from what is left of the payload: nothing left, nothing said."""
    for op in NAMES:
        assert list(tells(op, {})) == []
        assert told(op, {}, hidden=True, whole=True)


def test_somebody_outside_reads_nothing_of_it() -> None:
    """A dossier says that something was decided, as before: no refusal of hers, no other person, no colleague."""
    for op in ("consent.record", "consent.withdraw", "consent.override", "provider.set", "worker.add"):
        payload = {name: value for name, value in NAMES[op][0].items() if name not in {"name", "roles"}}
        assert told(op, payload) == told(op, {})


def words_of(work: Work, who: Actor = COORDINATOR) -> list[str]:
    """Return the log of the case and of the rules as somebody reads it."""
    with work.field.register.reading() as rows:
        return [told_line(one) for one in logbook(rows, actor=who)]


def test_the_log_says_it_of_what_was_really_decided(work: Work) -> None:
    """As the events are written: consents, a service, a level, a deadline, a provider."""
    said = work.do(consents.withdraw, CASE_CODE, person="V1", purposes=["services"], reason="She asked")
    assert said.purposes
    work.do(consents.record, CASE_CODE, {"justice": "yes"}, person="V1", reason="Asked again")
    work.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    work.do(set_provider, "PRE-01", {"opening": "8-16"})
    work.do(every_decision.plan_service, CASE_CODE, "health", person="V1")
    work.do(every_decision.set_service, CASE_CODE, 1, person_uid="V2", owner_code="RD-02")
    work.do(every_decision.set_urgency, CASE_CODE, "critical")
    work.do(every_decision.set_urgency, CASE_CODE, "high", reason="Safe by now")
    work.do(set_next_due, CASE_CODE, date(2026, 11, 23))
    work.do(every_decision.assign, CASE_CODE, "RD-02")
    work.do(shorten, {"critical": {"first_contact_h": 1}})
    work.do(keep_holidays, {"2026-03-21": "eid_fitr"})
    found = words_of(work)

    for wanted in (
        "consent withdrawn, V1, Receive services: Given -> Withdrawn",
        "consent written down, V1, Use before a court: Refused -> Given (talk of ",
        "opening hours: - -> 8-16",
        "who does it: - -> RD-02, person: V1 -> V2",
        "urgency set to High, before: Critical",
        "given to RD-02, before: RD-01",
        "Critical, first contact: ",
        "2026-03-21: - -> ",
    ):
        assert any(wanted in one for one in found), f"{wanted} in {found}"


def test_whoever_signs_reads_whom_what_and_for_how_long(
    work: Work, run: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """In the list, in its document, and before the signature; the log says it of the proposal and of the decision."""
    work.do(override, CASE_CODE, person="V2", purposes=["refer_identity"], hours=5, reason="She bleeds")
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4")
    work.do(every_decision.set_confidentiality, CASE_CODE, "C3", reason="It ended")
    first, second = run("approve", "list")["proposals"]
    for one in (first, run("approve", "list", by=OWNER)["proposals"][0]):
        assert one["said"] == {
            "person": "V2",
            "purposes": ["refer_identity"],
            "hours": 5,
            "reason": "She bleeds",
        }
        assert one["words"] == (
            "acting without consent, for a vital interest, V2, Give the identity to the chosen services, for 5 hours from the "
            "signature on, reason: She bleeds"
        )
    assert "before: C4" in second["words"]
    closed = run("approve", "list", by=OTHER)["proposals"]
    assert all(one["said"] == {} and "V2" not in one["words"] for one in closed)
    capsys.readouterr()
    signed = run("approve", first["id"], by=SUPERVISOR)["signed"]
    assert signed["said"]["hours"] == 5
    shown = capsys.readouterr().err
    found = words_of(work)
    assert any(
        "waits for a second person: acting without consent, for a vital interest, V2" in one for one in found
    )
    assert any("acted without consent, for a vital interest, V2, Give the identity" in one for one in found)
    assert not any("V2" in one for one in words_of(work, OTHER))
    assert shown == "" or "V2" in shown


def test_a_proposal_says_what_it_does() -> None:
    """To whom an alert goes, beside which it is set aside, from what class to what."""
    assert "referred to PRE-01, without consent, for a vital interest" in proposed(
        "alert.refer", {"provider_code": "PRE-01", "reason": "x"}, {}
    )
    assert dealt(1, "AL") in proposed("alert.duplicate", {"of": dealt(1, "AL"), "reason": "x"}, {})
    assert "before: C4" in proposed(
        "case.confidentiality", {"confidentiality": "C3"}, {"confidentiality": "C4"}
    )
    for decision in ("alert.dismiss", "task.done", "opening.allow"):
        assert proposed(decision, {"reason": "why it is so"}, {}).endswith("reason: why it is so")
    assert TOLD["consent.override"] not in proposed("consent.override", {"person": "V1"}, {})
