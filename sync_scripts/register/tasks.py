"""Tasks: what is due, raised by a rule and ended by a fact or a decision; never typed as free work. Pure.

A task's id follows from its subject, kind and origin. Its due time is an instant worked out from what is stored;
whether it is late is for whoever shows it to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from sync_scripts.register import clocks
from sync_scripts.register.flags import digest
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.submissions import Filed
from sync_scripts.store.canonical import instant

__all__ = ["AlertTimes", "alert_tasks", "gone_tasks", "task"]

GONE_DUE: Final = timedelta(days=2)
"""How long after a deletion at the server somebody should have looked at it."""


def task(
    number: int,
    subject: str,
    kind: str,
    due_at: datetime | str,
    *,
    origin: str,
    escalated_at: datetime | None = None,
    done_at: str | None = None,
    assigned_to: str | None = None,
) -> dict[str, Any]:
    """Return the row of a task.

    Args:
        number: of the submission that raised it.
        subject: ``entity:id`` of what it is about.
        kind: code of the list ``task_kind``.
        due_at: when it is due.
        origin: the rule and the row that raised it; with subject and kind it makes the id.
        escalated_at: when it goes one step up if it is still open.
        done_at: when a fact or a decision ended it.
        assigned_to: who has it.
    """
    return {
        "filing_no": number,
        "task_id": digest(subject, kind, origin),
        "subject": subject,
        "kind": kind,
        "origin": origin,
        "due_at": due_at if isinstance(due_at, str) else instant(due_at),
        "escalated_at": instant(escalated_at) if escalated_at else None,
        "done_at": done_at,
        "assigned_to": assigned_to,
    }


def gone_tasks(filed: Filed, subject: str, assigned_to: str | None) -> Iterator[dict[str, Any]]:
    """Yield the task to look at a submission that every server has deleted; what was decided stays as it is."""
    if filed.gone is not None:
        yield task(
            filed.number,
            subject,
            "server_deleted",
            filed.gone + GONE_DUE,
            origin=f"gone:{filed.key}",
            assigned_to=assigned_to,
        )


class AlertTimes(msgspec.Struct, frozen=True):
    """What the tasks of an alert are made of; ends are instants as text, None while open.

    ``withdrawn_at`` is when the person took her consent back: nobody calls her and nothing is done for her any more.
    """

    number: int
    subject: str
    level: Urgency
    received: datetime
    consent: str | None
    assigned_to: str | None
    triaged_at: str | None
    contacted_at: str | None
    acted_at: str | None
    asked_at: str | None
    ended_at: str | None
    withdrawn_at: str | None = None


ORIGIN: Final = "triage"


def alert_tasks(times: AlertTimes, rules: Ruleset) -> list[dict[str, Any]]:
    """Return the tasks of an alert: to triage it, to reach the person, to act, to ask for the consent not yet asked.

    ``ended_at`` ends all that is still open, when the alert was dismissed.
    """
    due = clocks.due(times.level, times.received, rules)

    def made(kind: str, due_at: datetime, done_at: str | None, *, escalates: bool = True) -> dict[str, Any]:
        up = clocks.escalation(times.level, times.received, due_at, rules) if escalates else None
        return task(
            times.number,
            times.subject,
            kind,
            due_at,
            origin=ORIGIN,
            escalated_at=up,
            done_at=done_at or times.ended_at,
            assigned_to=times.assigned_to,
        )

    found = [
        made("triage", due.contact, times.triaged_at),
        made("first_contact", due.contact, times.contacted_at or times.withdrawn_at),
        made("first_action", due.action, times.acted_at or times.withdrawn_at),
    ]
    if times.consent == "not_asked":
        ask_by = times.received + timedelta(days=rules.case.consent_ask_d)
        found.append(made("consent_ask", ask_by, times.asked_at, escalates=False))
    return found
