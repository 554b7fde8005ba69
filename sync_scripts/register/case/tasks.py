"""Tasks: what is due, raised by a rule and ended by a fact or a decision, never typed as free work; and what is left of an erased unit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from sync_scripts.register.case.flags import digest
from sync_scripts.register.forms.row_output import Output, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import OUTLIVE_ERASURE, within
from sync_scripts.register.rules.ruleset import Ruleset, Urgency
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = [
    "ANY",
    "AlertTimes",
    "Matter",
    "alert_tasks",
    "alert_trace",
    "at_once",
    "case_trace",
    "end_tasks",
    "ended_by_decision",
    "limit_of",
    "matter_of",
    "of_event",
    "purge_of",
    "recurring",
    "submission_tasks",
    "task",
    "task_id",
]


class Matter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a task is about, and what tells it apart from others of its kind under one subject. Each is a column of its row.

    Attributes:
        about: key of what raised it: a form, a person, a piece of evidence, whoever was told.
        variant: which of several: the name of a limit, a rule or a reason, the turn of one that comes again.
        level: level that the task asks about.
        was: level that was decided, or that stood.
        since: from when the matter counts, an instant as text.
        further_at: when more of the same came, where that was later.
        before_h: hours from its due time to the limit before which it is a reminder.
        workspace, seq: event that raised it.
    """

    about: str | None = None
    variant: str | None = None
    level: str | None = None
    was: str | None = None
    since: str | None = None
    further_at: str | None = None
    before_h: int | None = None
    workspace: str | None = None
    seq: int | None = None


ANY: Final = Matter()
"""Matter of the only task of its kind under a subject."""
_NO_PARTS: Final = ("",) * len(Matter.__struct_fields__)


def of_event(event: Event, about: str | None = None) -> Matter:
    """Return the matter that an event raised; ``about`` tells several apart that it raised."""
    return Matter(about=about, since=event.at, workspace=event.workspace, seq=event.seq)


def matter_of(row: Mapping[Any, Any]) -> Matter:
    """Return the matter of a task, from its row."""
    return Matter(*(row[name] for name in Matter.__struct_fields__))


def task_id(subject: str, kind: str, of: Matter = ANY) -> str:
    """Return the id of a task: it follows from subject, kind and matter, in whatever register it is raised."""
    if of is ANY:
        return digest(subject, kind, *_NO_PARTS)
    return digest(subject, kind, *["" if one is None else str(one) for one in msgspec.structs.astuple(of)])


def limit_of(due_at: str, before_h: int | None) -> datetime:
    """Return the limit before which a task is a reminder; of any other task its due time."""
    return moment(due_at) + timedelta(hours=before_h or 0)


def task(
    number: int,
    subject: str,
    kind: str,
    due_at: datetime | str,
    *,
    of: Matter = ANY,
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
        of: what it is about beside its subject.
        escalated_at: when it goes one step up if it is still open.
        done_at: when a fact or a decision ended it.
        assigned_to: who has it.
    """
    return {
        "filing_no": number,
        "task_id": task_id(subject, kind, of),
        "subject": subject,
        "kind": kind,
        **msgspec.structs.asdict(of),
        "due_at": due_at if isinstance(due_at, str) else instant(due_at),
        "escalated_at": instant(escalated_at) if escalated_at else None,
        "done_at": done_at,
        "assigned_to": assigned_to,
    }


def recurring(
    number: int,
    subject: str,
    kind: str,
    since: datetime,
    every: timedelta,
    *,
    events: Iterable[Event],
    about: str | None = None,
    done_at: str | None = None,
    assigned_to: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield tasks of a kind that come one after the other, until one of them is open.

    Args:
        number: of the submission beside which they stand.
        subject: what they are about.
        kind: code of the list ``task_kind``.
        since: from when the first is counted.
        every: how much later each is due: after that, and after the one before was ended.
        events: decisions among which those about tasks are looked for, in order.
        about: whom they are about, where one subject has several.
        done_at: when a fact ended the last.
        assigned_to: who has them.
    """
    ended = ended_by_decision(events)
    due_at = since + every
    for turn in range(len(ended) + 1):
        of = Matter(about=about, variant=str(turn), since=instant(since))
        made = task(number, subject, kind, due_at, of=of, done_at=done_at, assigned_to=assigned_to)
        yield made
        if made["task_id"] not in ended:
            return
        due_at = moment(ended[made["task_id"]]) + every


def ended_by_decision(events: Iterable[Event]) -> dict[str, str]:
    """Return when each task was ended by a decision that stands, by its id."""
    found: dict[str, str] = {}
    for event in events:
        if event.op == "task.done":
            found[event.payload["task"]] = event.at
        elif event.op == "task.open":
            found.pop(event.payload["task"], None)
    return found


def submission_tasks(filed: Filed, subject: str, assigned_to: str | None) -> Iterator[dict[str, Any]]:
    """Yield the tasks that a submission raises by how it stands at its servers.

    One that every server has deleted is to be looked at; what was decided stays as it is. For one that was opened without
    its files, which nothing proves, somebody asks for the phone; once they have come there is no such task.
    """
    if filed.encryption == "provisional" and filed.gone is None and not filed.erased:
        yield task(
            filed.number,
            subject,
            "files_ask",
            filed.received[1] + within("files_ask"),
            of=Matter(about=filed.key, variant=filed.instance_id),
            assigned_to=assigned_to,
        )
    if filed.gone is not None:
        yield task(
            filed.number,
            subject,
            "server_deleted",
            filed.gone + within("server_deleted"),
            of=Matter(about=filed.key),
            assigned_to=assigned_to,
        )


class AlertTimes(msgspec.Struct, frozen=True):
    """What the tasks of an alert are made of; ends are instants as text, None while open.

    ``stopped_at`` is when the person withdrew or refused: nobody calls her and nothing is done for her any more.
    ``care`` tells whether care after sexual violence is due at once, ``cared_at`` when something ended that.
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
    stopped_at: str | None = None
    care: bool = False
    cared_at: str | None = None


def alert_tasks(times: AlertTimes, rules: Ruleset) -> list[dict[str, Any]]:
    """Return the tasks of an alert: to triage it, to reach the person, to act, to ask for consent, to bring her to care.

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
            escalated_at=up,
            done_at=done_at or times.ended_at,
            assigned_to=times.assigned_to,
        )

    found = [
        made("triage", due.contact, times.triaged_at),
        made("first_contact", due.contact, times.contacted_at or times.stopped_at),
        made("first_action", due.action, times.acted_at or times.stopped_at),
    ]
    if times.consent == "not_asked":
        ask_by = times.received + timedelta(days=rules.case.consent_ask_d)
        found.append(made("consent_ask", ask_by, times.asked_at, escalates=False))
    if times.care:
        ended_at = times.cared_at or times.stopped_at or times.ended_at
        number, who = times.number, times.assigned_to
        found.append(at_once(number, times.subject, times.received, rules, done_at=ended_at, assigned_to=who))
    return found


def at_once(
    number: int,
    subject: str,
    known: datetime,
    rules: Ruleset,
    *,
    about: str | None = None,
    done_at: str | None = None,
    assigned_to: str | None = None,
) -> dict[str, Any]:
    """Return the task to bring somebody to care after sexual violence of which nobody knows the hour.

    Medicine counts from the act, and here nothing says when that was: so it is due with the first contact of what is
    critical, whatever level was decided.

    Args:
        number: of the submission that told of it.
        subject: the alert or act.
        known: when the register first heard of it.
        rules: the time of a first contact.
        about: key of the form that told of it, where the subject is an act.
        done_at: when it ended.
        assigned_to: who has it.
    """
    due_at = clocks.due("critical", known, rules).contact
    up = clocks.escalation("critical", known, due_at, rules)
    return task(
        number,
        subject,
        "clinical_limit",
        due_at,
        of=Matter(about=about, variant="at_once"),
        escalated_at=up,
        done_at=done_at,
        assigned_to=assigned_to,
    )


_OPS: Final = frozenset({"alert.purge", "case.purge"})


def purge_of(events: Iterable[Event]) -> Event | None:
    """Return the event by which a unit was erased, the last where it was done in two steps; None while it was not."""
    found = None
    for event in events:
        if event.op in _OPS:
            found = event
    return found


_GOES_ON: Final = frozenset({"consent.record", "case.move", "case.contact"})
"""Decisions after an erasure that show that the work is taken up again: what is due then is due."""


def end_tasks(rows: Iterable[RowOf], at: str, ended: Mapping[str, str] | None = None) -> None:
    """End every task that an erasure leaves without a purpose; one that had ended before it, when it ended.

    Args:
        rows: the tasks of a unit, as far as what is left of its forms still asks for them.
        at: when it was erased.
        ended: when each had ended by then, by its id: with what told it went what said so.
    """
    known = ended or {}
    for row in (one for one in rows if one["kind"] not in OUTLIVE_ERASURE):
        if row["task_id"] in known or row["done_at"] is None or row["done_at"] > at:
            row["done_at"] = known.get(row["task_id"], at)


def alert_trace(row: dict[str, Any], event: Event) -> None:
    """Take out of the row of an alert what identifies somebody or was typed; keep the level that it had."""
    said = event.payload
    row |= {"urgency": said.get("urgency"), "score": said.get("score")}
    row["level"] = row["urgency_decided"] or row["urgency"]
    row |= dict.fromkeys(("contact_tag", "reasons", "dismiss_reason", "date_min", "date_max"))


def case_trace(out: Output, event: Event, events: Iterable[Event]) -> None:
    """Take out of the rows of a case what people typed; end what is due in it, and call its evidence erased."""
    said = event.payload
    for row in out.rows[tables.case]:
        row |= {name: said[name] for name in ("urgency", "confidentiality") if said.get(name)}
        row |= {"work_note": None, "next_due": None, "level": row["urgency_decided"] or row["urgency"]}
    for row in out.rows[tables.intervention]:
        row["work_note"] = None
    for row in out.rows[tables.evidence]:
        row["state"] = "purged"
    for table in (tables.flag, tables.correction):
        out.rows[table].clear()
    if not any(one.op in _GOES_ON and one.at > event.at for one in events):
        end_tasks(out.rows[tables.task], event.at, said.get("ended"))
