"""A code that was only typed opens no guard: it lowers no level, corrects nothing on which one rests, agrees to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import Table

from sync_scripts.register.case import triage
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions.of_alerts import record_alert
from sync_scripts.register.consents.confidentiality import class_of
from sync_scripts.register.directory.staff import name
from sync_scripts.register.forms.answers import yes_of
from sync_scripts.register.forms.values import DECISIVE
from sync_scripts.register.rules.ruleset import load
from sync_scripts.register.urgency import claims
from sync_scripts.register.urgency.claims import READ, claims_of, facts_of
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import metadata
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, changed, dealt, service
from tests.register.test_critical import legal

TYPED = Actor("SU-01", "claimed")
SECOND = dealt(1, "AL")

Deed = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]

NEEDS_PROOF: dict[str, Deed] = {
    "withhold_from": (
        every_decision.correct,
        (CASE_CODE, "interview.withhold_from", "family"),
        {"reason": "x"},
    ),
    "consent_by": (every_decision.correct, (CASE_CODE, "interview.consent_by", "guardian"), {"reason": "x"}),
    "child_assent": (every_decision.correct, (CASE_CODE, "interview.child_assent", "yes"), {"reason": "x"}),
    "consent of an alert": (
        every_decision.correct,
        (ALERT_CODE, "alert.consent_state", "given"),
        {"reason": "x"},
    ),
    "level of an alert": (every_decision.correct, (ALERT_CODE, "alert.danger_now", "yes"), {"reason": "x"}),
    "level of a case": (every_decision.correct, (CASE_CODE, "act.A1.violation", "threat"), {"reason": "x"}),
    "who suffered an act": (
        every_decision.correct,
        (CASE_CODE, "act_victim.person_uid", "V2"),
        {"reason": "x"},
    ),
    "age of a child": (every_decision.correct, (CASE_CODE, "person.V1.age", "40"), {"reason": "x"}),
    "step before a court": (
        every_decision.correct,
        (CASE_CODE, "legal_event.step", "withdrawn"),
        {"reason": "x"},
    ),
    "appointment": (every_decision.correct, (CASE_CODE, "intervention.appointment_at", ""), {"reason": "x"}),
    "appointment by another road": (
        every_decision.set_service,
        (CASE_CODE, 1),
        {"appointment_at": "2026-12-03T09:00:00.000000Z"},
    ),
    "appointment away": (every_decision.set_service, (CASE_CODE, 1), {"appointment_at": None}),
    "longer time for a referral": (every_decision.set_service, (CASE_CODE, 1), {"timeframe": "7_days"}),
    "later day of the request": (every_decision.set_service, (CASE_CODE, 1), {"requested_on": "2026-11-21"}),
    "later due time": (every_decision.set_service, (CASE_CODE, 1), {"due_at": "2026-12-20T09:00:00.000000Z"}),
    "restored": (every_decision.restore, (CASE_CODE, "incident.date_precision"), {"reason": "x"}),
    "consent recorded": (consents.record, (CASE_CODE, {"un": "identified"}), {}),
    "alert's consent recorded": (record_alert, (SECOND, "given"), {}),
    "alert lowered": (every_decision.triage, (SECOND,), {"urgency": "low", "reason": "x"}),
    "case lowered": (every_decision.set_urgency, (CASE_CODE, "low"), {"reason": "x"}),
    "kept less closely": (every_decision.set_confidentiality, (CASE_CODE, "C1"), {"reason": "x"}),
    "hold lifted": (every_decision.set_hold, (CASE_CODE,), {"held": False, "reason": "x"}),
    "critical task ended": (every_decision.end_task, (CASE_CODE, "source_risk"), {"reason": "x"}),
}
"""What rests on a person -> the decision."""

NEEDS_NONE: dict[str, Deed] = {
    "another answer": (every_decision.correct, (CASE_CODE, "incident.place_type", "street"), {"reason": "x"}),
    "earlier appointment": (
        every_decision.set_service,
        (CASE_CODE, 1),
        {"appointment_at": "2026-11-30T09:00:00.000000Z"},
    ),
    "shorter time for a referral": (every_decision.set_service, (CASE_CODE, 1), {"timeframe": "1_day"}),
    "alert raised": (every_decision.triage, (SECOND,), {"urgency": "critical"}),
    "alert triaged": (every_decision.triage, (SECOND,), {}),
    "case raised": (every_decision.set_urgency, (CASE_CODE, "critical"), {}),
    "kept more closely": (every_decision.set_confidentiality, (CASE_CODE, "C4"), {}),
    "hold put": (every_decision.set_hold, (CASE_CODE,), {"held": True, "reason": "x"}),
    "another task ended": (every_decision.end_task, (CASE_CODE, "supervision"), {"reason": "x"}),
    "case owner named": (name, ("NEW-1", ["case_owner"]), {}),
    "consent withdrawn": (consents.withdraw, (CASE_CODE,), {"reason": "She asked"}),
}
"""What a colleague may write down for another one."""


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with one case on hold and one more alert, both high enough to be lowered."""
    made = begin(register)
    source = {"source_uid": "s1", "source_no": 1, "source_relation": "witness", "source_at_risk": "yes"}
    said = {"header": {"alert_code": ALERT_CODE}, "sources_any": "yes", "sources": [source]}
    made.field.send("case", "c1", changed(CASE, said), edit=1)
    made.field.send("followup", "f1", legal(CASE_CODE, hearing_at="2026-12-10T09:00:00.000+01:00"))
    appointment = "2026-12-01T09:00:00.000+01:00"
    made.field.send("followup", "f2", service(CASE_CODE, "referred", appointment=appointment))
    made.field.send("alert", "r2", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    made.do(
        every_decision.correct, CASE_CODE, "incident.date_precision", "unknown_day", reason="Nobody knows"
    )
    return made


@pytest.mark.parametrize("what", NEEDS_PROOF)
def test_what_rests_on_a_person_is_not_decided_by_a_typed_code(work: Work, what: str) -> None:
    """Refused with what would be needed; with a key of their own the same person may."""
    deed, words, more = NEEDS_PROOF[what]
    if what == "hold lifted":
        work.do(every_decision.set_hold, CASE_CODE, held=True, reason="A court asks")
    said = work.refused(every_decision.OwnHandMissing, deed, *words, by=TYPED, **more)
    work.do(deed, *words, by=Actor("SU-01", "key"), **more)

    assert "passphrase of their own" in said


@pytest.mark.parametrize("what", NEEDS_NONE)
def test_what_rests_on_nobody_may_be_written_down_for_a_colleague(work: Work, what: str) -> None:
    """Shown as not proved."""
    deed, words, more = NEEDS_NONE[what]
    work.do(deed, *words, by=TYPED, **more)

    assert work.events()[-1].actor == TYPED


def test_a_refusal_does_not_dismiss_an_urgent_alert_by_one_hand(work: Work) -> None:
    """Neither written down nor corrected; once it was triaged the refusal is kept, and two people dismiss it."""
    said = {"danger": {"danger_now": "yes"}, "gate": {"consent_alert": "not_asked"}}
    work.field.send("alert", "r3", changed(ALERT, said))
    code = dealt(2, "AL")
    work.do(every_decision.correct, code, "alert.danger_now", "no", reason="She called")
    work.refused(every_decision.RefusalDismisses, record_alert, code, "refused", reason="She said no")
    words = work.refused(
        every_decision.RefusalDismisses,
        every_decision.correct,
        code,
        "alert.consent_state",
        "refused",
        reason="She said no",
    )
    work.do(every_decision.triage, code)
    work.do(every_decision.correct, code, "alert.consent_state", "refused", reason="She said no")
    made = work.do(every_decision.dismiss, code, "She said no")

    assert "Triage it first" in words
    assert (work.alert(code)["state"], made.proposal is not None) == ("triaged", True)


def test_a_refusal_dismisses_an_alert_that_was_never_urgent(work: Work) -> None:
    """By rule, as the form does."""
    work.do(record_alert, SECOND, "refused", reason="She said no")

    assert work.alert(SECOND)["state"] == "dismissed"


# --- the list is whole ---------------------------------------------------------------------------------------------


class Watched(Mapping[str, Any]):
    """A row that remembers what was read of it."""

    def __init__(self, seen: set[str], said: Mapping[str, Any]) -> None:
        """Answer nothing but what is ``said``."""
        self._seen, self._said = seen, said

    def __getitem__(self, name: str) -> Any:
        """Return an answer, or that there is none."""
        self._seen.add(name)
        return self._said.get(name)

    def __iter__(self) -> Iterator[str]:
        """Nobody may read them all."""
        raise NotImplementedError

    def __len__(self) -> int:
        """Be an answered row."""
        return 1


DERIVED = {"kind": {"unit", "sex", "is_child", "age", "age_band"}, "incident_id": set[str]()}
"""What is derived of answers -> the answers; that an act is of an incident follows from the form that tells of both."""

SAID: dict[str, dict[str, Any]] = {
    "act": {"violation": "rape"},
    "incident": {"date": "2026-11-20"},
    "detention": {"arrested_at": "2026-11-20T08:00:00.000000Z"},
}
"""Answers without which others are not asked for."""


def documented(read: dict[str, set[str]]) -> dict[Table, list[Any]]:
    """Return the rows of a case, one of each entity, which remember what is read of them."""
    return {
        table: [Watched(read.setdefault(table.name, set()), SAID.get(table.name, {}))]
        for table in (*READ, tables.perpetrator)
        if table is not tables.flag
    }


def test_every_answer_that_decides_a_level_or_a_consent_is_on_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Watched while the rules read a case, an alert and the head of a talk; an answer that they begin to read fails here."""
    read: dict[str, set[str]] = {}
    case = documented(read)
    for name_ in ("believed", "held_since"):  # these copy whole rows
        monkeypatch.setattr(claims, name_, lambda rows, _beside: rows)
    said = claims_of(case, moment("2026-11-21T08:00:00.000000Z"), "2026-11-21", [], load())
    facts_of(said, said.assessed[0], load())
    alerts = Watched(read.setdefault("alert", set()), {})
    facts = case[tables.act], case[tables.person], case[tables.perpetrator]
    class_of([], facts, [alerts])
    triage.facts_of(alerts)  # type: ignore[arg-type]  # a row that is watched
    yes_of(Watched(read.setdefault("interview", set()), {}))
    assert {"violation"} <= read["act"]
    assert {"danger_now", "icons"} <= read["alert"]
    for entity, names in read.items():
        for name_ in names:
            answers = DERIVED.get(name_, {name_})
            assert answers <= DECISIVE[entity], (entity, name_)


def test_the_list_names_collected_answers_only() -> None:
    """A name that is none of the register's, or that no form collects, would guard nothing."""
    for entity, fields in DECISIVE.items():
        if entity != "consent":  # a keyed entity: its purposes are rows
            table = metadata.tables[entity]
            assert {one for one in fields if table.c[one].info["owner"] != "collected"} == set(), entity


def test_an_appointment_that_a_typed_code_set_is_moved_later_by_a_proved_person(work: Work) -> None:
    """Nobody is asked who makes one; another typed code does not push it away."""
    made = work.do(every_decision.plan_service, CASE_CODE, "legal", by=TYPED)
    work.do(
        every_decision.set_service,
        CASE_CODE,
        made.number,
        appointment_at="2026-12-01T09:00:00.000000Z",
        by=TYPED,
    )
    later, other = "2026-12-08T09:00:00.000000Z", Actor("RD-01", "claimed")
    work.refused(
        every_decision.OwnHandMissing,
        every_decision.set_service,
        CASE_CODE,
        made.number,
        appointment_at=later,
        by=other,
    )
    work.do(every_decision.set_service, CASE_CODE, made.number, appointment_at=later)

    assert {row["due_at"] for row in work.tasks("appointment")} >= {later}
