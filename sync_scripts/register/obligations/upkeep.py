"""Tasks by which cases are looked after: a person in charge, supervision, contact that fails, how long all is kept. Pure.

Each follows from what was decided and when; none from today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sync_scripts.register.case.tasks import Matter, recurring, task
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.lifecycle.moves import CASE_OPEN
from sync_scripts.register.lifecycle.states import AlertNow, CaseNow
from sync_scripts.register.rules import clocks, retention
from sync_scripts.register.rules.retention import Unit, next_of
from sync_scripts.register.rules.ruleset import Ruleset, Urgency
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["LookedAfter", "keeping_tasks", "upkeep_tasks"]

Tasks = Iterator[dict[str, Any]]


class LookedAfter(msgspec.Struct, frozen=True):
    """A case as these tasks see it.

    Attributes:
        number: of its first submission, beside which its tasks stand.
        code: its code.
        now: where its events brought it.
        level: urgency that stands.
        opened_at: aware.
        events: decisions about it, in order.
        met: when forms say that the person was met.
        rules: how often, how many, and within how long.
    """

    number: int
    code: str
    now: CaseNow
    level: Urgency
    opened_at: datetime
    events: Sequence[Event]
    met: Iterable[datetime]
    rules: Ruleset

    @property
    def subject(self) -> str:
        """Return the subject of its tasks."""
        return f"case:{self.code}"

    @property
    def every(self) -> timedelta:
        """Return how often its level asks for supervision."""
        return timedelta(hours=self.rules.deadlines[self.level].supervision_h)


def upkeep_tasks(case: LookedAfter) -> Tasks:
    """Yield the tasks by which a case is looked after."""
    yield from _assign(case)
    yield from _supervision(case)
    yield from _contacts(case)
    yield from _retention(case)


def _assign(case: LookedAfter) -> Tasks:
    """Yield the task to put somebody in charge of a case that no person opened: it came by a form, or from an old list.

    Merged, it is in the hands of whoever has the other one.
    """
    if case.now.by_person:
        return
    due_at = clocks.due(case.level, case.opened_at, case.rules).contact
    up = clocks.escalation(case.level, case.opened_at, due_at, case.rules)
    yield task(
        case.number,
        case.subject,
        "assign",
        due_at,
        escalated_at=up,
        done_at=case.now.owned_at or (case.now.left_at if case.now.state == "merged" else None),
    )


def _supervision(case: LookedAfter) -> Tasks:
    """Yield the times at which somebody looks at how a case goes, as often as its level asks for.

    The first is counted from its opening, or from when it was taken up again; each further one from when somebody ended
    the one before. No visit ends one.
    """
    if case.now.state in CASE_OPEN:
        since = moment(case.now.resumed_at) if case.now.resumed_at else case.opened_at
        yield from recurring(
            case.number,
            case.subject,
            "supervision",
            since,
            case.every,
            events=case.events,
        )


def _contacts(case: LookedAfter) -> Tasks:
    """Yield the task to propose a suspension after so many contacts that failed, one after the other.

    It ends when the person is reached, by whatever road, or when the case is suspended.
    """
    said = [(moment(at), success) for at, success, _key in case.now.contacts]
    failed, lost = 0, None
    for at, success in sorted([*((at, True) for at in case.met), *said]):
        if success:
            if lost is not None:
                yield _lost(case, lost, at)
            failed, lost = 0, None
        else:
            failed += 1
            lost = at if failed == case.rules.case.suspend_after_failed_contacts else lost
    if lost is not None:
        yield _lost(case, lost, None)


def _lost(case: LookedAfter, last: datetime, over: datetime | None) -> dict[str, Any]:
    """Return the task of contacts that failed, from the last that counts until the person was reached."""
    now = case.now
    suspended = moment(now.since) if now.state == "suspended" and now.since else None
    ends = [at for at in (over, suspended) if at is not None and at > last]
    return task(
        case.number,
        case.subject,
        "suspend_review",
        last + case.every,
        of=Matter(since=instant(last)),
        done_at=instant(min(ends)) if ends else None,
        assigned_to=now.owner,
    )


def _retention(case: LookedAfter) -> Tasks:
    """Yield the task to look whether a case that was closed or handed over is erased; none while a legal hold is on it.

    A merged case is kept with the one into which it was merged.
    """
    now = case.now
    if now.state not in {"closed", "transferred"} or now.left_at is None or now.hold:
        return
    years = retention.load().years(now.retention)
    day = clocks.after_months(clocks.local_day(moment(now.left_at), case.rules), 12 * years)
    due_at = clocks.end_of_day(day, case.rules)
    yield task(case.number, case.subject, "retention_review", due_at, of=Matter(since=now.left_at))


def keeping_tasks(
    filed: Filed, row: Mapping[str, Any], now: AlertNow, gone: Event | None, rules: Ruleset
) -> Iterator[dict[str, Any]]:
    """Yield the task to look whether an alert is erased: one at a time, of the rule that comes first, as the plan will say.

    None of one that has a case, for that is kept with its case.

    Args:
        filed: its submission.
        row: as it stands.
        now: where its events brought it.
        gone: the event by which it was erased, None while it was not.
        rules: the zone in which days are counted.
    """
    if now.case_code is not None:
        return
    received, subject = instant(filed.received[0]), f"alert:{filed.key}"
    unit = Unit(
        unit=subject,
        code=row["code"],
        received_at=received,
        ended_at=(now.ended_at or received) if now.state == "dismissed" else None,
        alone=True,
        not_asked=row["consent_state"] == "not_asked",
        purged=gone.payload["depth"] if gone is not None else None,
    )
    line = next_of(unit, retention.load(), rules)
    if line is not None:
        yield task(
            filed.number,
            subject,
            "retention_review",
            line.due_at,
            of=Matter(variant=line.rule, since=line.since),
            assigned_to=row["assigned_to"],
        )
