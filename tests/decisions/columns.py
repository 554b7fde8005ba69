"""Decided columns of the register, each with a command that decides it: what is typed, in what field, what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Table

from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from tests import clock, every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, SUPERVISOR, Work
from tests.register.field import ALERT, CASE, COORDINATOR, changed, closing, dealt, victim

LOOSE: Final = dealt(1, "AL")
"""An alert like the one of the case, of which nothing was decided."""
DANGER: Final = dealt(2, "AL")
"""An alert that two people dismiss."""
OTHER_CASE: Final = dealt(1, "DK")
SOON: Final = (clock.now() + timedelta(days=30)).date().isoformat()
"""A day to come on which a suspended case may be looked at again."""

Event = Mapping[str, Any]
"""An event as ``dikalo log --json`` shows it."""


def decided(tables: Iterable[Table]) -> set[str]:
    """Return the decided columns of some tables, each as ``table.column``."""
    return {
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if column.info["owner"] == "decided"
    }


def value(given: Any, event: Event) -> Any:
    """Return what a column must hold after an event: the value itself, or what the event's instant makes it."""
    return given(datetime.fromisoformat(event["at"])) if callable(given) else given


def _today(at: datetime) -> str:
    return local_day(at, load()).isoformat()


def _in_three_days(at: datetime) -> str:
    return instant(at + timedelta(hours=72))


Words = tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """A command, and what it decides.

    Attributes:
        words: what is typed; ``{flag}`` is the id of a remark.
        op: the event that it writes.
        gives: table and column -> the value that one row gets, or what makes it from the instant of the event.
        by: who signed in.
        first: what is typed before, and by whom.
    """

    words: Words
    op: str
    gives: Mapping[str, Any]
    by: Actor = COORDINATOR
    first: tuple[tuple[Actor, Words], ...] = ()


def lay(work: Work) -> None:
    """Lay out what is decided upon: one of everything in the case, a case and two alerts beside it, a provider."""
    work.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    for root, said in (("r2", ALERT), ("r3", changed(ALERT, {"danger": {"danger_now": "yes"}}))):
        work.field.send("alert", root, said)
    work.field.send("alert", "r4", changed(ALERT, {"where": {"department": "CM007003"}}))
    work.do(every_decision.triage, dealt(3, "AL"))
    work.do(every_decision.open_case, dealt(3, "AL"), owner="RD-02")
    said = {
        "header": {"alert_code": ALERT_CODE},
        "victims": [victim(1), victim(2)],
        "incident": {"chain_event": "same_perpetrator", "chain_code": OTHER_CASE},
        "evidence_any": "yes",
        "evidence": [
            {"evidence_uid": "e1", "evidence_type": "photo", "faces_visible": "yes"},
            {"evidence_uid": "e2", "evidence_type": "photo", "faces_visible": "no"},
        ],
    }
    work.field.send("case", "c1", changed(CASE, said), edit=1)
    work.field.send(
        "case", "c2", changed(CASE, {"header": {"case_code": OTHER_CASE}, "victims": [victim(7)]})
    )

    work.field.send("closure", "k2", closing(OTHER_CASE, closure_reason="unfounded"))
    with every_decision.deciding(work.field.register, COORDINATOR, work.field.later()) as by:
        by.write(
            by.event("evidence.move", f"case:{CASE_CODE}", {"uid": "e1", "was": "received", "to": "sealed"})
        )


REASON: Final = ("--reason", "Somebody said so")
TRIAGED: Final = (COORDINATOR, ("alerts", "triage", LOOSE))
PLANNED: Final = (COORDINATOR, ("cases", "refer", CASE_CODE, "health", "--for", "V1"))
ASK_TO_CLOSE: Final = (
    *("cases", "move", CASE_CODE, "closure_pending", "--because", "unfounded"),
    *("--feedback", "yes"),
)

DECISIONS: Final[tuple[Decision, ...]] = (
    # alerts
    Decision(
        ("alerts", "link", LOOSE, CASE_CODE),
        "alert.link",
        {"alert.state": "linked", "alert.case_code": CASE_CODE, "alert.acted_at": instant},
        first=(TRIAGED,),
    ),
    Decision(
        ("alerts", "link", LOOSE, ALERT_CODE),
        "alert.duplicate",
        {"alert.duplicate_of": ALERT_CODE},
        first=(TRIAGED, (COORDINATOR, ("alerts", "decide", LOOSE, ALERT_CODE, "same_event", *REASON))),
    ),
    Decision(
        ("alerts", "triage", LOOSE, "--urgency", "high"),
        "alert.triage",
        {"alert.urgency_decided": "high", "alert.triaged_at": instant},
    ),
    Decision(("alerts", "contacted", LOOSE), "alert.contacted", {"alert.contacted_at": instant}),
    Decision(("alerts", "assign", LOOSE, "RD-02"), "alert.assign", {"alert.assigned_to": "RD-02"}),
    Decision(
        ("alerts", "dismiss", LOOSE, "--reason", "A hoax"),
        "alert.dismiss",
        {"alert.dismiss_reason": "A hoax"},
        first=(TRIAGED,),
    ),
    Decision(
        ("approve", DANGER),
        "alert.dismiss",
        {"alert.dismissed_by_2": "SU-01"},
        by=SUPERVISOR,
        first=(
            (COORDINATOR, ("alerts", "triage", DANGER)),
            (COORDINATOR, ("alerts", "dismiss", DANGER, "--reason", "A hoax")),
        ),
    ),
    Decision(
        ("alerts", "refer", LOOSE, "PRE-01"),
        "alert.refer",
        {"alert.referred_to": "PRE-01"},
        first=(TRIAGED,),
    ),
    Decision(
        ("alerts", "decide", ALERT_CODE, LOOSE, "not_same", "--reason", "Two villages"),
        "link.decide",
        {
            "alert_link.decision": "not_same",
            "alert_link.decided_by": "CO-01",
            "alert_link.decided_at": instant,
            "alert_link.decision_reason": "Two villages",
            "alert_link.proof": "key",
        },
    ),
    # where a case goes
    Decision(
        ("cases", "move", CASE_CODE, "closed"),
        "case.move",
        {"case.state": "closed", "case.closed_at": instant},
        by=SUPERVISOR,
        first=((OWNER, ASK_TO_CLOSE),),
    ),
    Decision(ASK_TO_CLOSE, "case.move", {"case.closure_reason": "unfounded"}, by=OWNER),
    Decision(
        ("cases", "move", CASE_CODE, "suspended", "--because", "safety", "--review", SOON, *REASON),
        "case.move",
        {"case.suspended_from": "open_intake", "case.review_on": SOON},
    ),
    Decision(
        ("cases", "merge", CASE_CODE, OTHER_CASE, *REASON),
        "case.move",
        {"case.merged_into": OTHER_CASE},
    ),
    Decision(
        ("cases", "move", CASE_CODE, "transferred", "--to", "PRE-01", "--accepted", "2026-11-20"),
        "case.move",
        {"case.transferred_to": "PRE-01"},
    ),
    Decision(
        ("alerts", "open", LOOSE, "--owner", "RD-01"),
        "case.open",
        {"case.opened_at": instant},
        first=(TRIAGED,),
    ),
    Decision(
        ("approve", OTHER_CASE),
        "case.move",
        {"closure.decision": "approved", "closure.decided_at": instant},
        by=SUPERVISOR,
        first=((OTHER, ("cases", "move", OTHER_CASE, "closure_pending", "--because", "unfounded")),),
    ),
    # what a case is
    Decision(
        ("cases", "set", CASE_CODE, "--urgency", "high"), "case.urgency", {"case.urgency_decided": "high"}
    ),
    Decision(
        ("cases", "set", CASE_CODE, "--confidentiality", "C4"),
        "case.confidentiality",
        {"case.confidentiality_decided": "C4"},
    ),
    Decision(
        ("cases", "set", CASE_CODE, "--retention", "justice", *REASON),
        "case.retention",
        {"case.retention_class": "justice"},
    ),
    Decision(("cases", "set", CASE_CODE, "--hold", *REASON), "case.hold", {"case.legal_hold": True}),
    Decision(("cases", "assign", CASE_CODE, "RD-02"), "case.assign", {"case.owner_code": "RD-02"}),
    Decision(("cases", "note", CASE_CODE, "Called twice"), "case.note", {"case.work_note": "Called twice"}),
    # consent
    Decision(
        ("consent", "withdraw", CASE_CODE, "services", "--person", "V1", *REASON),
        "consent.withdraw",
        {"consent.withdrawn_at": instant},
    ),
    Decision(
        ("approve", CASE_CODE),
        "consent.override",
        {
            "consent.override_by_1": "CO-01",
            "consent.override_by_2": "SU-01",
            "consent.override_reason": "She bleeds",
            "consent.override_until": _in_three_days,
        },
        by=SUPERVISOR,
        first=(
            (
                COORDINATOR,
                ("consent", "override", CASE_CODE, "services", "--person", "V1", "--reason", "She bleeds"),
            ),
        ),
    ),
    # what was collected
    Decision(
        ("person", "correct", CASE_CODE, "person.V1.sex", "m", "--reason", "Misheard"),
        "value.correct",
        {
            "correction.entity": "person",
            "correction.record": "v1",
            "correction.field": "sex",
            "correction.was": "f",
            "correction.value": "m",
            "correction.reason": "Misheard",
            "correction.corrected_by": "CO-01",
            "correction.corrected_at": instant,
            "correction.proof": "key",
        },
    ),
    Decision(
        ("evidence", "move", CASE_CODE, "E1", "working_copy"),
        "evidence.move",
        {"evidence.state": "working_copy"},
    ),
    Decision(
        ("evidence", "move", CASE_CODE, "E2", "--redacted-from", "E1"),
        "evidence.redacted",
        {"evidence.redacted_from": "e1"},
    ),
    Decision(
        ("cases", "verify", CASE_CODE, "verified", *REASON),
        "incident.verify",
        {"incident.verified_on": _today, "incident.verified_by": "CO-01"},
    ),
    Decision(
        ("cases", "verify", CASE_CODE, "--other", OTHER_CASE),
        "incident.other",
        {"incident_link.other_incident": "c2"},
    ),
    # services, tasks, remarks
    Decision(
        ("cases", "refer", CASE_CODE, "health", "--for", "V2"),
        "intervention.add",
        {"intervention.person_uid": "v2"},
    ),
    Decision(
        ("cases", "refer", CASE_CODE, "--number", "1", "--state", "accepted"),
        "intervention.move",
        {"intervention.answered_at": instant},
        first=((COORDINATOR, ("cases", "refer", CASE_CODE, "health", "--for", "V1", "--to", "PRE-01")),),
    ),
    Decision(
        ("cases", "refer", CASE_CODE, "--number", "1", "--owner", "RD-01", "--note", "She was treated"),
        "intervention.set",
        {"intervention.owner_code": "RD-01", "intervention.work_note": "She was treated"},
        first=(PLANNED,),
    ),
    Decision(
        ("alerts", "task", DANGER, "first_contact", "--done", *REASON), "task.done", {"task.done_at": instant}
    ),
    Decision(
        ("cases", "task", CASE_CODE, "followup", "--owner", "RD-02"),
        "task.assign",
        {"task.assigned_to": "RD-02"},
    ),
    Decision(
        ("cases", "task", CASE_CODE, "--flag", "Look at the road"),
        "flag.raise",
        {"flag.subject": f"case:{CASE_CODE}", "flag.raised_by": "CO-01", "flag.message": "Look at the road"},
    ),
    Decision(
        ("cases", "task", CASE_CODE, "{flag}", "--done", "--reason", "It is open"),
        "flag.resolve",
        {"flag.resolved_by": "CO-01", "flag.resolution": "It is open"},
        first=((COORDINATOR, ("cases", "task", CASE_CODE, "--flag", "Look at the road")),),
    ),
    # who works here, who helps
    Decision(
        ("people", "add", "RD-09", "--role", "lawyer"),
        "worker.add",
        {"worker.code": "RD-09", "worker.roles": "lawyer"},
    ),
    Decision(("people", "retire", "SU-01"), "worker.add", {"worker.active": False}),
    Decision(
        (
            *("providers", "add", "PRE-09", "--name", "Clinique B", "--services", "health pss"),
            *("--department", "CM007002", "--opening", "8-16", "--contact", "By letter"),
            *("--phones", "--checked", "2026-11-20"),
        ),
        "provider.set",
        {
            "provider.provider_code": "PRE-09",
            "provider.name": "Clinique B",
            "provider.services": "health pss",
            "provider.department": "CM007002",
            "provider.opening": "8-16",
            "provider.contact": "By letter",
            "provider.on_phones": True,
            "provider.verified_on": "2026-11-20",
        },
    ),
)
"""What people decide in the register, column by column."""
