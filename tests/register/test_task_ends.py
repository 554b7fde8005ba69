"""Nobody is said to have done what nobody did: a task that ended with what it was for is "not needed"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest import mock

import msgspec
import pytest

from sync_scripts.cli.work.history import due
from sync_scripts.register.building import alert_unit, case_unit
from sync_scripts.register.care import rebuild
from sync_scripts.register.case import case_decisions, tasks
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions.of_alerts import record_alert, withdraw_alert
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.obligations import alert_due, case_due
from sync_scripts.register.purging.person import erase_person
from sync_scripts.register.queries.log import log as log_of
from sync_scripts.register.queries.tasks import alert_tasks, beside_events, case_tasks, ways
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import (
    ALERT,
    CASE,
    COORDINATOR,
    FOLLOWUP,
    act,
    changed,
    dealt,
    known,
    service,
    victim,
)
from tests.register.test_stopping import REFUSES

FIRST = "alert:alert/r1"
NEW, NEW_CODE = "alert:alert/r2", dealt(1, "AL")
ERASED = {"plan": "x", "rule": "case_standard", "depth": "trace", "by": "CO-01"}
BARE: dict[str, dict[str, None]] = {
    "risk": dict.fromkeys(("threats_continue", "perp_near", "retaliation_risk", "safety_plan")),
    "needs": dict.fromkeys(("health_now", "needs_expressed", "need_priority")),
}
"""Of an interview in which nothing was assessed."""
CLOSING = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with one case that waits for its interview, and an alert without a case."""
    made = begin(sqlite_register, consent=False)
    made.field.send("alert", "r2", changed(ALERT, {"contact": {"contact_code": "677000001"}}))
    return made


def of_alert(work: Work, subject: str = NEW, case: str | None = None) -> dict[str, str | None]:
    """Return how the tasks of an alert ended, by kind."""
    with work.field.register.reading() as rows:
        return {one["kind"]: one["ended"] for one in alert_tasks(rows, subject, case)}


def of_case(work: Work, code: str = CASE_CODE) -> dict[str, set[str | None]]:
    """Return how the tasks of a case ended, by kind."""
    found: dict[str, set[str | None]] = {}
    with work.field.register.reading() as rows:
        for one in case_tasks(rows, code):
            found.setdefault(one["kind"], set()).add(one["ended"])
    return found


def forge(work: Work, op: str, subject: str, **said: Any) -> None:
    """Write an event that no guard was asked about."""
    with every_decision.deciding(work.field.register, COORDINATOR, work.field.later()) as by:
        by.write(by.event(op, subject, said))


def interview(work: Work, root: str, consent: dict[str, str] | None = None, **more: Any) -> None:
    """Let an interview of the case arrive."""
    person = {**victim(1), "victim_uid": root}
    work.field.send(
        "case", root, changed(known(CASE_CODE), {"consent": consent or {}, "victims": [person]}, more)
    )


def refuse(work: Work) -> None:
    """Write down that the person of the new alert, who had not been asked, says no."""
    work.field.send("alert", "r2", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}), edit=1)
    work.do(record_alert, NEW_CODE, "refused", reason="She called")


# --- alerts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "done"),
    [
        (lambda work: work.do(every_decision.dismiss, NEW_CODE, reason="no facts"), {"triage"}),
        (lambda work: forge(work, "alert.duplicate", NEW, of=ALERT_CODE, reason="Same"), {"triage"}),
        (
            lambda work: forge(work, "alert.refer", NEW, provider_code="PRE-01", reason="Far"),
            {"triage", "first_action"},
        ),
        (lambda work: work.do(withdraw_alert, NEW_CODE, reason="She called"), {"triage"}),
        (refuse, {"triage"}),
        (lambda work: forge(work, "alert.purge", NEW, **ERASED), {"triage"}),
        (
            lambda work: work.field.send(
                "alert", "r2", changed(ALERT, {"gate": {"consent_alert": "refused"}}), edit=1
            ),
            {"triage"},
        ),
    ],
    ids=["dismissed", "duplicate", "referred", "withdrawn", "refused", "erased", "refused on the phone"],
)
def test_of_an_alert_that_ended_only_what_was_done_is_done(
    work: Work, end: Callable[[Work], Any], done: set[str]
) -> None:
    """It was triaged; nobody had called, and nobody had acted but by the referral."""
    work.do(every_decision.triage, NEW_CODE)
    assert set(of_alert(work).values()) == {"done", None}
    end(work)
    told = of_alert(work)

    assert {kind for kind, way in told.items() if way == "done"} - {"retention_review"} == done
    assert {"first_contact", "first_action"} - done <= {
        kind for kind, way in told.items() if way == "not_needed"
    }


def test_a_dismissal_that_was_taken_back_leaves_nothing_behind(work: Work) -> None:
    """What was not needed is open again, and done when it is done."""
    work.do(every_decision.triage, NEW_CODE)
    work.do(every_decision.dismiss, NEW_CODE, reason="no facts")
    work.do(every_decision.triage, NEW_CODE, reason="There are facts")
    assert of_alert(work)["first_contact"] is None
    work.do(every_decision.contacted, NEW_CODE)
    work.do(every_decision.dismiss, NEW_CODE, reason="no facts after all")

    assert of_alert(work) | {"retention_review": None} == {
        "triage": "done",
        "first_contact": "done",
        "first_action": "not_needed",
        "retention_review": None,
    }


# --- cases --------------------------------------------------------------------------------------------------------


def close(work: Work) -> None:
    """Close the case, as two people do."""
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **CLOSING)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


@pytest.mark.parametrize(
    "end",
    [
        close,
        lambda work: forge(work, "case.move", f"case:{CASE_CODE}", was="assessment", to="transferred"),
        lambda work: work.do(consents.withdraw, CASE_CODE, reason="She asked"),
        lambda work: work.do(
            consents.record, CASE_CODE, {"document": "no", "services": "no"}, reason="She said so"
        ),
        lambda work: forge(work, "case.purge", f"case:{CASE_CODE}", **ERASED),
    ],
    ids=["closed", "handed over", "withdrawn", "refused", "erased"],
)
def test_of_a_case_that_ended_only_what_was_done_is_done(work: Work, end: Callable[[Work], Any]) -> None:
    """There was an interview with an assessment, and no visit. A task that a person ended stays done."""
    refusing = {"c_document": "", "c_services": ""}
    interview(work, "c1", refusing if "record" in end.__code__.co_names else None)
    work.do(every_decision.end_task, CASE_CODE, "plan", reason="Planned on paper")
    end(work)
    told = of_case(work)

    assert {kind: told[kind] for kind in ("assessment", "plan", "first_contact", "followup")} == {
        "assessment": {"done"},
        "plan": {"done"},
        "first_contact": {"done"},
        "followup": {"not_needed"},
    }


def test_everybody_refused_on_a_phone_and_was_asked_all_the_same(work: Work) -> None:
    """The interview reached the person; nobody assessed or planned anything."""
    interview(work, "c1", REFUSES, **BARE)
    told = of_case(work)

    assert not work.field.rows(tables.assessment)
    assert {kind: told[kind] for kind in ("first_contact", "assessment", "plan", "followup")} == {
        "first_contact": {"done"},
        "assessment": {"not_needed"},
        "plan": {"not_needed"},
        "followup": {"not_needed"},
    }


def test_an_alert_that_refuses_needs_no_call_while_its_case_goes_on(work: Work) -> None:
    """What is due in the case stays due; nobody has reached whoever said no on the phone."""
    interview(work, "c1")
    work.field.later(hours=1)
    work.field.send("alert", "r3", ALERT)
    code = dealt(2, "AL")
    work.do(every_decision.triage, code)
    work.do(every_decision.link, code, CASE_CODE)
    work.field.send("alert", "r3", changed(ALERT, {"gate": {"consent_alert": "refused"}}), edit=1)

    assert of_alert(work, "alert:alert/r3", CASE_CODE)["first_contact"] == "not_needed"
    assert None in of_case(work)["plan"]


def test_an_interview_that_assesses_and_refuses_has_assessed(work: Work) -> None:
    """What it tells is done by it, although it stops the rest at the same instant."""
    interview(work, "c1", REFUSES)
    assert work.field.rows(tables.assessment), "it brings an assessment"
    assert of_case(work)["assessment"] == {"done"}


def test_one_who_goes_on_makes_nothing_unneeded(work: Work) -> None:
    """A refusal beside somebody who agreed ends nothing, so what ends later is done by what did it."""
    interview(work, "c1")
    interview(work, "c2", REFUSES)
    work.field.send("followup", "f1", service(CASE_CODE, "done"))
    told = of_case(work)

    assert told["plan"] == {"done"}
    assert told["followup"] == {"done", None}


@pytest.mark.parametrize(("status", "way"), [("declined", "not_needed"), ("done", "done")])
def test_what_a_form_says_is_declined_nobody_did(work: Work, status: str, way: str) -> None:
    """An appointment to come, and the care before the limits of medicine: declined on a phone as at the desk."""
    said = {
        "header": {"alert_code": ALERT_CODE},
        "incident": {"incident_date": "2026-11-20"},
        "acts": [act(1, violation="rape")],
    }
    work.field.send("case", "c1", changed(CASE, said))
    later = {"appointment": "2026-12-01T09:00:00.000+01:00"}
    work.field.send("followup", "f1", service(CASE_CODE, "referred", **later))
    work.field.send("followup", "f2", service(CASE_CODE, status))
    told = of_case(work)

    assert (told["appointment"], told["clinical_limit"]) == ({way}, {way})


def test_what_was_done_before_an_erasure_stays_done(work: Work) -> None:
    """The assessment is erased with its answers; that it was made is not."""
    interview(work, "c1")
    before = of_case(work)["assessment"]
    work.do(consents.withdraw, CASE_CODE, reason="She asked")
    work.do(erase_person, CASE_CODE, None, reason="She asked", by=SUPERVISOR)
    assert not work.field.rows(tables.assessment)
    told = of_case(work)

    assert (before, told["assessment"], told["plan"]) == ({"done"}, {"done"}, {"not_needed"})


def test_a_request_is_decided_by_closing_and_falls_away_by_handing_over(work: Work) -> None:
    """The second person did look at the one; nobody did at the other."""
    from tests.register.field import closing

    interview(work, "c1")
    work.field.send("closure", "x1", closing(CASE_CODE))
    forge(work, "case.move", f"case:{CASE_CODE}", was="assessment", to="transferred")
    assert of_case(work)["closure_review"] == {"not_needed"}


def test_a_case_that_was_merged_needs_nobody_in_charge(work: Work) -> None:
    """The other one has somebody; the rest of what was due goes on."""
    work.field.send("case", "c9", changed(CASE, {"header": {"case_known": "no"}, "victims": []}))
    code = dealt(1, "DK")
    assert of_case(work, code)["assign"] == {None}
    forge(work, "case.move", f"case:{code}", was="open_intake", to="merged", into=CASE_CODE)

    assert of_case(work, code)["assign"] == {"not_needed"}
    assert None in of_case(work, code)["plan"]


def test_two_people_who_dismissed_have_looked_at_the_withdrawal(work: Work) -> None:
    """A dismissal that two signed is the second look; one that was erased had none."""
    work.do(every_decision.triage, NEW_CODE, urgency="critical")
    work.do(withdraw_alert, NEW_CODE, reason="She called")
    assert of_alert(work)["withdrawal_check"] is None
    forge(work, "alert.dismiss", NEW, reason="withdrawn", second="SU-01", urgency="critical")
    assert of_alert(work)["withdrawal_check"] == "done"


def test_what_an_erasure_was_asked_for_is_done_by_it(work: Work) -> None:
    """To erase within thirty days, and to look whether it is time."""
    interview(work, "c1")
    work.do(consents.withdraw, CASE_CODE, reason="She asked")
    forge(work, "case.purge", f"case:{CASE_CODE}", **ERASED)
    assert of_case(work)["consent_purge"] == {"done"}


# --- what a decision does, and what it only ends ---------------------------------------------------------------------

AT = "2026-11-20T10:00:00.000000Z"


def event(op: str, subject: str, **said: Any) -> Event:
    """Return an event of the instant at which the tasks below ended."""
    return msgspec.convert(
        {
            "workspace": "w",
            "seq": 1,
            "at": AT,
            "op": op,
            "hash": "",
            "subject": subject,
            "payload": said,
            "actor": {"code": "CO-01", "proof": "key"},
        },
        Event,
        strict=False,
    )


@pytest.mark.parametrize(
    ("op", "said", "kind", "way"),
    [
        ("intervention.move", {"to": "revoked"}, "referral_answer", "not_needed"),
        ("intervention.move", {"to": "accepted"}, "referral_answer", "done"),
        ("intervention.move", {"to": "rejected"}, "referral_answer", "done"),
        ("intervention.move", {"to": "declined"}, "appointment", "not_needed"),
        ("intervention.move", {"to": "done"}, "appointment", "done"),
        ("intervention.move", {"to": "done"}, "clinical_limit", "done"),
        ("intervention.move", {"to": "declined"}, "clinical_limit", "not_needed"),
        ("case.move", {"to": "suspended"}, "suspend_review", "done"),
        ("case.move", {"to": "action_plan"}, "plan", "done"),
        ("case.move", {"to": "closed"}, "closure_review", "done"),
        ("case.move", {"to": "closed"}, "server_deleted", "not_needed"),
        ("case.move", {"to": "transferred"}, "closure_review", "not_needed"),
        ("case.assign", {}, "assign", "done"),
        ("consent.withdraw", {}, "consent_ask", "done"),
        ("consent.withdraw", {}, "hearing", "not_needed"),
        ("consent.withdraw", {}, "source_risk", "done"),
        ("case.purge", {}, "retention_review", "done"),
        ("case.purge", {}, "server_deleted", "not_needed"),
        ("case.purge", {}, "withdrawal_check", "not_needed"),
    ],
)
def test_how_a_task_ended_follows_from_what_happened_then(
    op: str, said: dict[str, Any], kind: str, way: str
) -> None:
    """The table: which decision does a task, and which one only takes away what it was for."""
    row = {
        "task_id": "t",
        "subject": "case:x",
        "kind": kind,
        "done_at": AT,
        "due_at": "2026-11-21T00:00:00.000000Z",
    }
    other = {**row, "task_id": "u", "done_at": None}

    assert list(ways([row, other], [event(op, "case:x", **said)])) == [way, None]
    assert list(ways([row], [event("task.done", "case:x", task="t"), event(op, "case:x", **said)])) == [
        "done"
    ]
    assert list(ways([row], [])) == ["done"], "by a fact that a form told"


# --- against the rules themselves ------------------------------------------------------------------------------------


@contextmanager
def nothing_ends_with_its_unit() -> Iterator[None]:
    """Let the rules end no task because its alert, its case or its consent ended."""
    alerts, settle = alert_due.alert_tasks, case_decisions.settle_tasks

    def going_on(alert: Any) -> Any:
        return alerts(msgspec.structs.replace(alert, ended_at=None, stopped_at=None))

    def settled(rows: Any, said: Any, *_ends: Any) -> None:
        settle(rows, said)

    with (
        mock.patch.object(alert_unit, "alert_tasks", going_on),
        mock.patch.object(case_due, "alert_tasks", going_on),
        mock.patch.object(case_unit, "settle_tasks", settled),
        mock.patch.object(alert_unit, "end_tasks"),
        mock.patch.object(tasks, "end_tasks"),
    ):
        yield


BY_WHAT_ENDED = {"assign", "closure_review", "withdrawal_check", "retention_review", "consent_purge"}
"""Kinds of which the decision that ends the unit is what was asked for, or ends them by a rule of their own: in the tables above."""


def steps(work: Work) -> list[Callable[[], Any]]:
    """Return what may happen to an alert and a case, in any order; what is not possible just then does not happen."""
    case, number = f"case:{CASE_CODE}", iter(range(100))

    def end_any(random: Random) -> None:
        open_ones = [row for row in work.field.rows(tables.task) if row["done_at"] is None]
        row = random.choice(open_ones)
        subject = next(
            one["unit"] for one in work.field.rows(tables.filing) if one["filing_no"] == row["filing_no"]
        )
        forge(work, "task.done", subject, task=row["task_id"], kind=row["kind"], reason="Done")

    random = Random(len(work.events()))
    return [
        lambda: work.do(every_decision.triage, NEW_CODE, reason="Seen"),
        lambda: work.do(every_decision.contacted, NEW_CODE),
        lambda: work.do(every_decision.dismiss, NEW_CODE, reason="no facts"),
        lambda: work.do(every_decision.open_case, NEW_CODE, owner="RD-01"),
        lambda: work.do(every_decision.link, NEW_CODE, CASE_CODE),
        lambda: work.do(withdraw_alert, NEW_CODE, reason="She called"),
        lambda: work.do(withdraw_alert, ALERT_CODE, reason="She called"),
        lambda: refuse(work),
        lambda: interview(work, f"i{next(number)}"),
        lambda: interview(work, f"i{next(number)}", REFUSES),
        lambda: interview(work, f"i{next(number)}", REFUSES, **BARE),
        lambda: work.field.send(
            "followup", f"f{next(number)}", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}})
        ),
        lambda: work.field.send("followup", f"f{next(number)}", service(CASE_CODE, "done")),
        lambda: work.do(consents.withdraw, CASE_CODE, person="V1", reason="She asked"),
        lambda: work.do(
            consents.record, CASE_CODE, {"document": "yes", "services": "yes"}, reason="She called"
        ),
        lambda: work.do(
            consents.record, CASE_CODE, {"document": "no", "services": "no"}, reason="She called"
        ),
        lambda: work.do(every_decision.assign, CASE_CODE, "RD-02"),
        lambda: work.do(every_decision.contact, CASE_CODE, reached=True),
        lambda: forge(work, "case.move", case, was="assessment", to="transferred"),
        lambda: close(work),
        lambda: work.do(every_decision.move, CASE_CODE, "reopened", reason="It goes on"),
        lambda: end_any(random),
    ]


@pytest.mark.spread(4)
@pytest.mark.parametrize("seed", range(12))
def test_done_is_what_would_have_ended_then_without_the_end_of_its_unit(work: Work, seed: int) -> None:
    """Whatever happened: the rules are run again with nothing ending what is due with its alert, case or consent."""
    from xlsform.errors import Worded

    random = Random(seed)
    for _turn in range(14):
        try:
            random.choice(steps(work))()
        except Worded:
            continue
    said = told_ways(work)
    work.whole = False
    with nothing_ends_with_its_unit():
        rebuild.rebuild(work.field.register, work.field.later(), draw=work.field.draw)
    would = {row["task_id"]: row["done_at"] for row in work.field.rows(tables.task)}

    for (name, kind, done_at), way in said.items():
        if kind not in BY_WHAT_ENDED and done_at is not None:
            assert way == ("done" if would.get(name) == done_at else "not_needed"), (
                kind,
                done_at,
                would.get(name),
            )


def told_ways(work: Work) -> dict[tuple[str, str, str | None], str | None]:
    """Return how every task of the register ended, by its id, kind and end."""
    from sync_scripts.register.queries.tasks import _of_alert, _of_case

    found: dict[tuple[str, str, str | None], str | None] = {}
    with work.field.register.reading() as rows:
        lines = []
        for filing in work.field.rows(tables.filing):
            case = filing["case_code"]
            lines += _of_case(rows, case) if case else _of_alert(rows, filing["unit"])
    for one in lines:
        found[one["task_id"], one["kind"], one["done_at"]] = one["ended"]
    return found


# --- as a person sees it ---------------------------------------------------------------------------------------------


def test_the_page_and_the_log_say_that_nobody_did_it(work: Work) -> None:
    """In the table of what is due, and beside the decision in the log; not to whoever does not see the case."""
    work.do(every_decision.triage, NEW_CODE)
    work.do(every_decision.dismiss, NEW_CODE, reason="no facts")
    with work.field.register.reading() as rows:
        page = "\n".join(due(alert_tasks(rows, NEW, None)))
        log = log_of(rows, NEW_CODE, COORDINATOR)
    (dismissal,) = [one for one in log if one.op == "alert.dismiss"]

    assert page.count("not needed") == 2
    assert dismissal.not_needed == ["first_contact", "first_action"]
    assert "not needed any more: First contact, First action" in dismissal.words
    assert [one.not_needed for one in log if one.op != "alert.dismiss"] == [[]] * (len(log) - 1)


def test_of_a_sealed_case_the_log_says_nothing_of_what_was_due(work: Work) -> None:
    """C4: only its owner and the coordination see that, each with a passphrase of their own."""
    interview(work, "c1", {"confidentiality": "C4"})
    forge(work, "case.move", f"case:{CASE_CODE}", was="assessment", to="transferred")
    with work.field.register.reading() as rows:
        for who, seen in ((COORDINATOR, True), (Actor("CO-01", "claimed"), False), (OTHER, False)):
            log = beside_events(rows, CASE_CODE, who, list(logbook(rows, CASE_CODE, actor=who)))
            assert any(one["not_needed"] for one in log) is seen, who
