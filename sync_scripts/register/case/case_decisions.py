"""What people decided about a case and what belongs to it, laid over the rows that forms and rules gave; and requests to close it. Pure.

The rules' result is kept beside a decision wherever both can be shown. A decision ends a task; it never makes one later. A
request is a claim of a phone: it moves no case and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Final

from sync_scripts.register.case.flags import flag, said, unreadable
from sync_scripts.register.case.tasks import Matter, Occasion, ended_by_decision
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape
from sync_scripts.register.lifecycle.guards import GUARDS, Facts
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.register.lifecycle.replay import CaseNow, case_now
from sync_scripts.register.model.codes import same_worker
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import OUTLIVE_CASE, STOPPED_TASKS
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

_MAY_CLOSE: Final = frozenset({"low", "medium"})
"""Risks with which a case may be closed."""
_HANDED_OVER: Final = "relocated"
"""Reason with which a procedure may still be under way: the case goes to somebody else."""


def closure(filed: Filed, case: Case, now: CaseNow) -> None:
    """Add the rows of one request, its goals and its flags.

    Args:
        filed: the submission.
        case: where it belongs; a request with an unreadable code has rows too, and waits.
        now: where the case stands, and who is in charge of it.
    """
    unread: list[str] = []
    record = filed.one("closure") or Record("closure", filed.root[1], "", {})
    row = shape(tables.closure).row(record.fields, unread, filing_no=filed.number, closure_id=filed.root[1])
    answered(row, request_of(filed), now)
    case.out.add(tables.closure, row)
    for goal in filed.all("goal"):
        own = {"filing_no": filed.number, "closure_id": filed.root[1], "uid": goal.key}
        case.out.add(tables.goal, shape(tables.goal).row(goal.fields, unread, **own))
    case.out.extend(tables.flag, unreadable(filed, unread))
    if case.code is not None and now.state not in CASE_LEFT and row["decision"] is None:
        for code in _remarks(row, now):
            case.out.add(tables.flag, flag(filed, code))


def request_of(filed: Filed) -> str:
    """Return the subject under which decisions name a request."""
    return f"closure:{filed.key}"


def closures_asked(filed: Iterable[Filed], now: CaseNow) -> Iterator[Occasion]:
    """Yield each request to close a case: somebody puts it before a second person, or says why not.

    It ends when the case goes to ``closure_pending`` by this request, and when the case is closed, handed over or merged. A
    request that came after that opens nothing; reopening the case does then.
    """
    left_at = now.left_at if now.state in CASE_LEFT else None
    for one in filed:
        received = instant(one.received[0])
        if now.state in CASE_LEFT and received > (left_at or ""):
            continue
        ends = [at for at, request in now.asks if request == request_of(one)]
        ends += [at for at, decision, _request in now.answers if decision == "approved" and at >= received]
        ends += [left_at] if left_at is not None else []
        done_at = min(ends, default=None)
        of = Matter(about=one.key)
        yield Occasion(one.received[0], of=of, done_at=done_at, number=one.number, in_hand=True)


def _remarks(row: RowOf, now: CaseNow) -> Iterator[str]:
    yield "closure_asked"
    if same_worker(row["supervisor_code"], row["closer_code"]) or same_worker(
        row["supervisor_code"], now.owner
    ):
        yield "closure_own_approval"
    if row["pending_legal"] == "yes" and row["reason"] != _HANDED_OVER:
        yield "closure_procedure"
    if row["risk_now"] not in _MAY_CLOSE:
        yield "closure_risk"
    if row["feedback_given"] is None:
        yield "closure_feedback"


def case_columns(now: CaseNow) -> RowOf:
    """Return the columns of a case that people decide."""
    return {
        "state": now.state,
        "suspended_from": now.suspended_from,
        "urgency_decided": now.urgency,
        "confidentiality_decided": now.confidentiality,
        "owner_code": now.owner,
        "work_note": now.note,
        "retention_class": now.retention,
        "legal_hold": now.hold,
        "merged_into": now.merged_into,
        "transferred_to": now.transferred_to,
        "review_on": now.review_on,
        "closed_at": now.closed_at,
        "closure_reason": now.closure_reason,
    }


# --- tasks --------------------------------------------------------------------------------------------------------


def suspensions(now: CaseNow, rules: Ruleset) -> Iterator[Occasion]:
    """Yield the day on which somebody looks at a suspended case again."""
    if now.state == "suspended" and now.review_on is not None and now.since is not None:
        yield Occasion(
            clocks.end_of_day(date.fromisoformat(now.review_on), rules), of=Matter(since=now.since)
        )


def closure_pending(now: CaseNow) -> Iterator[Occasion]:
    """Yield that a person asked to close a case, and another one decides."""
    if now.state == "closure_pending" and now.asked_at is not None:
        yield Occasion(moment(now.asked_at), of=Matter(since=now.asked_at))


def settle_tasks(
    rows: Iterable[RowOf],
    events: Iterable[Event],
    left_at: str | None = None,
    stopped_at: str | None = None,
) -> None:
    """Lay decisions over tasks: ended with a reason, opened again, given to somebody; all but `OUTLIVE_CASE` ended with a case that is left.

    Args:
        rows: the tasks of a unit.
        events: decisions about the unit and what belongs to it, in order.
        left_at: when the case was closed or handed over.
        stopped_at: when everybody in it had taken back what they agreed to; that ends `STOPPED_TASKS`.
    """
    said = list(events)
    done = ended_by_decision(said)
    given = {one.payload["task"]: one.payload["assigned_to"] for one in said if one.op == "task.assign"}
    raised_at = {(one.workspace, one.seq): one.at for one in said}
    for row in rows:
        raised = raised_at.get((row["workspace"], row["seq"]), "")
        goes_on = row["kind"] in OUTLIVE_CASE or raised > (
            left_at or raised
        )  # an event of afterwards raised it
        left = None if goes_on else left_at
        stopped = stopped_at if row["kind"] in STOPPED_TASKS else None
        ends = [at for at in (row["done_at"], done.get(row["task_id"]), left, stopped) if at is not None]
        row["done_at"] = min(ends, default=None)
        row["assigned_to"] = given.get(row["task_id"], row["assigned_to"])


# --- flags --------------------------------------------------------------------------------------------------------


def said_flags(number: int, subject: str, events: Iterable[Event]) -> Iterator[RowOf]:
    """Yield the flags that people raised under a subject."""
    yield from (said(number, subject, event) for event in events if event.op == "flag.raise")


def settle_flags(
    rows: Iterable[RowOf],
    events: Iterable[Event],
    grown: Callable[[RowOf, Event], bool] = lambda _row, _event: False,
) -> None:
    """Lay over flags that somebody looked at them, and what came of it.

    ``grown`` tells that what a flag is about has come to more since then: it is to be looked at again.
    """
    settled: dict[str, Event] = {}
    for event in events:
        if event.op == "flag.resolve":
            settled[event.payload["flag"]] = event
        elif event.op == "flag.open":
            settled.pop(event.payload["flag"], None)
    for row in rows:
        event_ = settled.get(row["flag_id"])
        if event_ is not None and not grown(row, event_):
            row["resolved_by"], row["resolved_at"] = event_.actor.code, event_.at
            row["resolution"] = event_.payload["resolution"]


# --- facts, evidence, requests to close ---------------------------------------------------------------------------


def verified(incidents: Iterable[RowOf], events: Iterable[Event], rules: Ruleset) -> None:
    """Lay over incidents how sure people are by now; the day and the person of the one that stands."""
    last = {event.payload["incident"]: event for event in events if event.op == "incident.verify"}
    for row in incidents:
        event = last.get(row["incident_id"])
        if event is not None:
            row["verification"] = event.payload["verification"]
            sure = row["verification"] == "verified"
            row["verified_on"] = clocks.local_day(moment(event.at), rules).isoformat() if sure else None
            row["verified_by"] = event.actor.code if sure else None


def support(
    incident: str, information: Iterable[Mapping[Any, Any]], evidence: Iterable[Mapping[Any, Any]]
) -> dict[str, Any]:
    """Return what supports an incident, as arguments of the guards' facts: sources are independent when they are not the same.

    A piece of evidence that was erased, or of which nothing proves that it is as it was sent, shows nothing.
    """
    told = {one["source_uid"] for one in information if one["incident_id"] == incident}
    shown = (one for one in evidence if one["incident_id"] == incident)
    whole = [one for one in shown if one["state"] != "purged" and proved(one)]
    return {"sources": len(told), "proofs": len(whole)}


def proved(evidence: Mapping[Any, Any]) -> bool:
    """Tell whether nothing speaks against a piece of evidence: its submission was not opened before its files came."""
    return evidence["integrity"] in {None, "ok"}


def unsupported(
    incidents: Iterable[RowOf], information: Sequence[RowOf], evidence: Sequence[RowOf]
) -> Iterator[RowOf]:
    """Yield the incidents that are said to be verified, by a form or a decision, without what the guard asks for."""
    for row in (one for one in incidents if one["verification"] == "verified"):
        known = Facts(**support(row["incident_id"], information, evidence))
        if not GUARDS["two_sources"].holds(known):
            yield row


def other_incidents(links: Iterable[RowOf], events: Iterable[Event]) -> None:
    """Lay over links to another case which of its incidents is meant."""
    chosen = {
        event.payload["other_code"]: event.payload["other_incident"]
        for event in events
        if event.op == "incident.other"
    }
    for row in links:
        row["other_incident"] = chosen.get(row["other_code"])


def evidence_states(items: Iterable[RowOf], events: Sequence[Event]) -> None:
    """Lay over pieces of evidence where they are by now, and of what each is the redacted copy."""
    states = {event.payload["uid"]: event.payload["to"] for event in events if event.op == "evidence.move"}
    copies = {
        event.payload["uid"]: event.payload["original"] for event in events if event.op == "evidence.redacted"
    }
    for row in items:
        row["state"] = states.get(row["uid"], row["state"])
        row["redacted_from"] = copies.get(row["uid"], row.get("redacted_from"))


def answered(row: RowOf, request: str, now: CaseNow) -> None:
    """Lay over a request to close what was decided on it."""
    for at, decision, meant in now.answers:
        if meant == request:
            row["decision"], row["decided_at"] = decision, at
            return


def ends_tasks(now: CaseNow, kept: Iterable[Event] = ()) -> str | None:
    """Return when a case was left so that nothing is due in it any more.

    A merged case's tasks go on, until the one in which the work goes on is left so; ``kept`` is what was decided about that.
    """
    if now.state == "merged":
        now = case_now(kept)
    return now.left_at if now.state in CASE_LEFT and now.state != "merged" else None


def in_order(said: Mapping[str, Sequence[Event]]) -> list[Event]:
    """Return events of several subjects in their one order."""
    every = [event for events in said.values() for event in events]
    return sorted(every, key=attrgetter("at", "workspace", "seq"))
