"""The rows of one alert, from its submission, its events and the rules. Pure: the same inputs, the same bytes.

Rates the alert, works out its dates and deadlines, raises its tasks and flags. What a person decided lies beside the
rules' result. A refused alert is dismissed by rule: no rating, no task, only its count. One whose consent was withdrawn, or
that an edit on the phone turned into a refusal when it was urgent, stays until somebody dismisses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from sync_scripts.register.building.case_tasks import NEWS
from sync_scripts.register.case.case_decisions import said_flags, settle_flags, settle_tasks
from sync_scripts.register.case.flags import CUT_SHORT, EDITED_AFTER_TRIAGE, flag, of_submission
from sync_scripts.register.case.medical_limits import sexual
from sync_scripts.register.case.tasks import (
    SUBMISSIONS,
    Conditions,
    Holder,
    Matter,
    Occasion,
    alert_trace,
    end_tasks,
    purge_of,
    tasks_of,
)
from sync_scripts.register.consents.checks import alert_consent, alert_refusal
from sync_scripts.register.consents.history import alert_ended_at
from sync_scripts.register.consents.withdrawals import LEFT_ALONE, alone_since
from sync_scripts.register.forms.answers import Record, Sealed
from sync_scripts.register.forms.row_output import Output
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.person_decisions import WITHDRAW
from sync_scripts.register.lifecycle.replay import AlertNow, alert_now
from sync_scripts.register.obligations.alert_due import AlertDue, alert_tasks
from sync_scripts.register.obligations.legal_limits import alert_looks_in_time
from sync_scripts.register.obligations.upkeep import alert_kept_until
from sync_scripts.register.policy.standing import Standing
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.register.urgency.alerts import standing_of_alert
from sync_scripts.register.urgency.tasks import Left
from sync_scripts.servers.desk import DESK
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

DESK_CHANNEL: Final = "phone"
"""How an alert came that was keyed in at the desk, as long as nothing else was said."""


def unit_of(filed: Filed) -> str:
    """Return the unit of an alert's submission."""
    return f"alert:{filed.key}"


def subject_of(stamp: str, root_id: str) -> str:
    """Return the subject under which an alert's events and tasks stand."""
    return f"alert:{stamp}/{root_id}"


def derive(filed: Filed, code: str, events: Sequence[Event], rules: Ruleset, out: Output) -> None:
    """Add the rows of one alert.

    Args:
        filed: its submission.
        code: its code, drawn once.
        events: what was decided about it, in order.
        rules: ratings and deadlines.
        out: where the rows go. The tasks of an alert that has a case are the case's to give.
    """
    unit = unit_of(filed)
    record = filed.one("alert") or Record("alert", filed.root[1], "", {})
    now = _decided(alert_now(events), record, filed, events, rules)
    unread: list[str] = []
    row = _row(filed, record, code, now, unread)
    said = row["consent_state"]
    row["consent_state"] = alert_consent(filed, events)
    corrections = _withdrawn(row, filed, events)
    _dates(row, filed, rules)
    tasks: list[dict[str, Any]] = []
    flags = [*of_submission(filed, unread, rules), *_flags(filed, now)]
    if row["consent_state"] == "refused":
        flags += _refused(filed, events, said, rules)
    if not (now.state == "dismissed" and now.triaged_at is None):
        standing = standing_of_alert(filed, events, now)
        _rate(row, standing, filed.received[0], rules)
        flags += _kept(standing, filed)
        alert = _due(row, filed, now, events, rules)
        tasks += tasks_of((alert, now), alert.holder, DUPLICATE)
        if now.case_code is None:  # else all of that is its case's to say
            tasks += alert_tasks(alert)
            alert_looks_in_time(tasks, events)
            tasks += tasks_of(Left(standing, rules, alert.stopped_at), alert.holder, NEWS)
    gone = purge_of(events)
    if gone is not None:
        alert_trace(row, gone)
        corrections = []
    out.add(tables.alert, row)
    out.file(filed, unit, now.case_code)
    flags += said_flags(filed.number, unit, events)
    settle_flags(flags, events, partial(_edited_again, filed))
    out.extend(tables.flag, flags if gone is None else [])
    out.extend(tables.correction, corrections)
    holder = Holder(filed.number, unit, row["assigned_to"], rules)
    tasks += tasks_of([filed], holder, SUBMISSIONS)
    if gone is not None:
        end_tasks(tasks, gone.at)
    tasks += tasks_of((filed, row, now, gone, rules), holder, KEPT)
    settle_tasks(tasks, events)
    out.extend(tables.task, tasks)


def _row(filed: Filed, record: Record, code: str, now: AlertNow, unread: list[str]) -> dict[str, Any]:
    """Return the row of an alert as it was told and decided, before any rule; answers that cannot be read go to ``unread``."""
    row = shape(tables.alert).row(
        record.fields,
        unread,
        filing_no=filed.number,
        alert_id=filed.root[1],
        code=code,
        channel=now.channel or (DESK_CHANNEL if filed.server == DESK else "collect"),
        state=now.state,
        urgency_decided=now.urgency,
        triaged_at=now.triaged_at,
        acted_at=now.acted_at,
        assigned_to=now.assigned_to,
        case_code=now.case_code,
        dismiss_reason=now.dismiss_reason,
        dismissed_by_2=now.second,
        contacted_at=now.contacted_at,
        duplicate_of=now.duplicate_of,
        referred_to=now.referred_to,
    )
    contact = record.fields.get("contact")
    row["contact_tag"] = contact.tag if isinstance(contact, Sealed) else None
    return row


DUPLICATE: Final[Conditions[tuple[AlertDue, AlertNow]]] = (("set_aside_check", lambda one: _alone(*one)),)
"""What a duplicate opens, also one that is tied to a case."""
KEPT: Final[Conditions[tuple[Filed, Mapping[str, Any], AlertNow, Event | None, Ruleset]]] = (
    ("retention_review", lambda one: alert_kept_until(*one)),
)
"""What an alert opens for as long as it is kept."""


def _alone(alert: AlertDue, now: AlertNow) -> Iterator[Occasion]:
    """Yield that nobody works on the alert that was kept any more: somebody decides on the duplicate again."""
    since = alone_since(now, alert.said)
    if since is not None:
        of = Matter(variant=LEFT_ALONE, level=alert.holder.level, since=instant(since))
        yield Occasion(since, of=of, done_at=alert.stopped_at)


def _withdrawn(row: dict[str, Any], filed: Filed, events: Sequence[Event]) -> list[dict[str, Any]]:
    """Lay a withdrawal over what the alert says of consent; return its corrections, that one among them."""
    corrections = [dict(one) for one in filed.corrections]
    event = next((one for one in events if one.op == WITHDRAW), None)
    if event is None:
        return corrections
    place = ("alert", filed.root[1], "consent_state")
    before = [one for one in corrections if (one["entity"], one["record"], one["field"]) == place]
    corrections = [one for one in corrections if one not in before]
    was = before[0]["was"] if before else row["consent_state"]
    row["consent_state"] = "withdrawn"
    made = {
        "filing_no": filed.number,
        "entity": "alert",
        "record": filed.root[1],
        "field": "consent_state",
        "was": was,
        "value": "withdrawn",
        "reason": event.payload["reason"],
        "corrected_by": event.actor.code,
        "corrected_at": event.at,
        "proof": event.actor.proof,
    }
    return [*corrections, made]


def _decided(
    now: AlertNow, record: Record, filed: Filed, events: Sequence[Event], rules: Ruleset
) -> AlertNow:
    """Dismiss by rule what the person refused, unless somebody had decided before the refusal came, or it was urgent then."""
    refused = now.state == "received" and record.fields.get("consent_state") == "refused"
    if refused and alert_refusal(filed, events, rules) is None:
        return AlertNow(state="dismissed", code=now.code)
    return now


def _dates(row: dict[str, Any], filed: Filed, rules: Ruleset) -> None:
    received = filed.received[0]
    if filed.ended is not None:
        row["clock_skew_h"] = clocks.skew_h(received, filed.ended)
    told = clocks.dates_of(
        row["when_rel"] or "", clocks.local_day(clocks.trusted(filed.received[0], filed.ended), rules)
    )
    if told is not None:
        row["date_min"], row["date_max"] = (one.isoformat() for one in told)
        row["week"] = clocks.week(told[1])


def _rate(row: dict[str, Any], standing: Standing, received: datetime, rules: Ruleset) -> None:
    """Rate an alert in its row, and say when its first contact and first action are due."""
    verdict: Any = standing.by_forms  # of an alert each rating is a verdict
    row["score"], row["urgency"], row["level"] = verdict.score, verdict.level, standing.level
    row["reasons"], row["ruleset"] = verdict.stored(), rules.ruleset
    due = clocks.due(standing.level, received, rules)
    row["contact_due_at"], row["action_due_at"] = instant(due.contact), instant(due.action)


def _kept(standing: Standing, filed: Filed) -> Iterator[dict[str, Any]]:
    """Yield the flag with both levels, where an edit alone would have lowered the one that stands in a row."""
    stands, says = standing.by_forms.level, standing.now.level
    if stands != says:
        yield flag(filed, "level_kept", stands, now=says)


def _due(
    row: Mapping[str, Any], filed: Filed, now: AlertNow, events: Sequence[Event], rules: Ruleset
) -> AlertDue:
    edited = filed if filed.versions > 1 else None
    return AlertDue(
        holder=Holder(filed.number, unit_of(filed), row["assigned_to"], rules, row["level"], events),
        received=filed.received[0],
        consent=row["consent_state"],
        triaged_at=row["triaged_at"],
        contacted_at=row["contacted_at"],
        acted_at=row["acted_at"],
        asked_at=None,
        ended_at=now.ended_at,
        stopped_at=alert_ended_at(row["alert_id"], row["consent_state"], events, instant(filed.received[1])),
        care=sexual(row, events, edited),
        cared_at=None,
        referred_to=now.referred_to,
        said=events,
        edited=edited,
    )


def _flags(filed: Filed, now: AlertNow) -> Iterator[dict[str, Any]]:
    known = None if now.triaged_at is None else now.triaged_known
    if filed.versions > 1 and known is not None and _came_after(filed, known):
        yield flag(filed, EDITED_AFTER_TRIAGE)
    if filed.server == DESK and filed.ended is None:
        yield flag(filed, CUT_SHORT)


def _refused(
    filed: Filed, events: Sequence[Event], said: str | None, rules: Ruleset
) -> Iterator[dict[str, Any]]:
    """Yield the flag that an edit refuses what was urgent, or that a refusal stands although an edit says yes."""
    if said != "refused":
        yield flag(filed, "refusal_kept")
    elif alert_refusal(filed, events, rules) is not None:
        yield flag(filed, "edited_to_refusal")


def _edited_again(filed: Filed, row: Mapping[str, Any], settled: Event) -> bool:
    """Tell whether a further edit came after somebody had looked at the one that a remark told of."""
    known = Known.of(settled)
    return row["code"] == EDITED_AFTER_TRIAGE and _came_after(filed, known)


def _came_after(filed: Filed, known: Known) -> bool:
    """Tell whether the version that is read came after what a decision knew."""
    at = filed.received[1]
    return known.missed(instant(at), filed.arrival(at))
