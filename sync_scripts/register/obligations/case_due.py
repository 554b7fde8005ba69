"""What is due in one case: tasks raised by rules and ended by facts, and the day on which somebody looks after it next. Pure.

What people decided about a task lies over it later; here only what forms, alerts, moves and rules say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Table

from sync_scripts.register.case.case_decisions import asked_tasks, assessment_due, case_tasks
from sync_scripts.register.case.case_input import Alert, CaseInput
from sync_scripts.register.case.consent_tasks import alert_withdrawn_tasks, unable_tasks
from sync_scripts.register.case.courts import appeal_tasks, hearing_tasks
from sync_scripts.register.case.flags import flag
from sync_scripts.register.case.medical_limits import served, sexual
from sync_scripts.register.case.moved_submissions import gone_flags, left_behind_tasks
from sync_scripts.register.case.response import Intervention
from sync_scripts.register.case.tasks import ANY, AlertTimes, Matter, alert_tasks, task
from sync_scripts.register.consents.checks import alert_check_tasks, second_look_tasks
from sync_scripts.register.consents.history import alert_ended_at
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.lifecycle.replay import CaseNow
from sync_scripts.register.model import codes
from sync_scripts.register.obligations.legal_limits import FormFacts, facts_of, removed_steps
from sync_scripts.register.obligations.service_tasks import ended_by_service
from sync_scripts.register.obligations.upkeep import (
    LookedAfter,
    met,
    source_tasks,
    sources_left_out,
    upkeep_tasks,
)
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import ASIDE, FIXED_TASKS
from sync_scripts.register.rules.ruleset import Ruleset, Urgency
from sync_scripts.servers.desk import LEGACY
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.schema import register as tables

__all__ = ["CaseDue"]


class CaseDue:
    """What is due in one case, once its rows are there."""

    def __init__(
        self,
        given: CaseInput,
        case: Case,
        now: CaseNow,
        served: Sequence[Intervention],
        removed: Sequence[FormFacts] = (),
    ) -> None:
        """Look at a case: what it is made of, its rows so far, where its events brought it, its interventions.

        Also at what edits took out of its interviews.
        """
        self.given = given
        self.case = case
        self.rules: Ruleset = case.rules
        self.now = now
        self.served = served
        self.removed = removed
        self.interviews: list[Filed] = given.of("interview")
        self.followups: list[Filed] = given.of("followup")

    def rows(self, table: Table) -> list[RowOf]:
        """Return the rows of a table."""
        return self.case.out.rows[table]

    def tasks(self, code: str, urgency: Urgency, opened_at: datetime) -> None:
        """Add the tasks that rules raise for the case itself, its alerts, custody, court, sources and care."""
        owner, subject = self.now.owner, f"case:{code}"
        first = self.given.first
        out, times = self.case.out, self.rules.deadlines[urgency]

        def add(
            kind: str,
            due_at: datetime,
            done_at: datetime | None,
            about: str | None = None,
            number: int = first,
        ) -> None:
            done = instant(done_at) if done_at else None
            of = Matter(about=about) if about is not None else ANY
            out.add(tables.task, task(number, subject, kind, due_at, of=of, done_at=done, assigned_to=owner))

        assessed = [one.received[0] for one in self.interviews if one.one("assessment") is not None]
        served = [one.received[0] for one in self.followups if one.one("intervention") is not None]
        seen = [one.at for one in self.given.filed if met(one)]
        looked = LookedAfter(first, code, self.now, urgency, opened_at, self.given.events, seen, self.rules)
        out.extend(tables.task, upkeep_tasks(looked))
        within = timedelta(hours=times.assessment_h)
        due_at = assessment_due(self.now, self._heard_at(opened_at) + within, self.rules)
        add("assessment", due_at, min(assessed, default=None))
        out.extend(tables.task, case_tasks(first, code, self.now, urgency, self.rules))
        for one in self.given.of("closure"):
            within = timedelta(hours=times.supervision_h)
            out.extend(tables.task, asked_tasks(one, code, self.now, within))
        served += [moment(self.now.planned_at)] if self.now.planned_at else []
        add("plan", opened_at + timedelta(days=self.rules.case.plan_d), min(served, default=None))
        for one in (old for old in self.interviews if old.server == LEGACY):
            ask_by = one.received[0] + timedelta(days=self.rules.case.consent_ask_d)
            add("consent_ask", ask_by, self._asked_since(), one.key, one.number)
        for due_at, done_at, visit in self._visits(opened_at, timedelta(days=times.followup_d)):
            if visit is None:
                add("followup", due_at, done_at)
            else:
                add("followup", due_at, done_at, visit.key, visit.number)
        for alert in self.given.alerts:
            of_alert = self._alert_times(alert)
            out.extend(tables.task, alert_tasks(of_alert, self.rules))
            out.extend(tables.task, self._owed(alert, of_alert))
            if (edited := self.given.edited.get(alert["filing_no"])) is not None:
                said = self.given.said.get(of_alert.subject, ())
                out.extend(tables.task, alert_check_tasks(of_alert, edited, said, self.rules))
        self._critical(code, owner)
        there = {row["task_id"] for row in self.rows(tables.task)}
        stay = left_behind_tasks(first, self.given.events, there, owner)
        out.extend(tables.task, stay)
        out.extend(tables.flag, gone_flags(self.given, self.rules))

    def _heard_at(self, opened_at: datetime) -> datetime:
        """Return when a server first had an alert or a form of the case; at the latest when it was opened.

        There the clock starts. How long an alert waited for its case gives nobody more time.
        """
        came = [moment(alert["received"]) for alert in self.given.alerts]
        came += [one.received[0] for one in self.given.filed]
        return min([opened_at, *came])

    def _critical(self, code: str, owner: str | None) -> None:
        """Add the tasks of custody, court, sources and care, of which most cases have none."""
        due, ended = self.rows(tables.task), ended_by_service(self.served)
        due += facts_of(self.interviews, self.case.out.rows).reminders(self.rules, ended, owner)
        sources = list(source_tasks(self.interviews, self.followups, owner, self.rules))
        due += sources
        self.case.out.extend(tables.flag, sources_left_out(self.interviews, sources))
        self._courts(code, owner)
        for left in self.removed:
            kept = list(left.reminders(self.rules, ended, owner))
            due += kept
            self.case.out.extend(tables.flag, self._left_out(left, kept))

    def _courts(self, code: str, owner: str | None) -> None:
        """Add the tasks of hearings and appeals, and say which steps an edit took out of the visit that told of them."""
        visits, steps = self.followups, self.rows(tables.legal_event)
        gone = removed_steps(self.given, self.case)
        if not steps and not gone:
            return
        made = [
            *hearing_tasks(visits, steps, code, owner, self.rules, removed=gone),
            *appeal_tasks(visits, steps, code, owner, self.rules, removed=gone),
        ]
        self.rows(tables.task).extend(made)
        numbers = {one["filing_no"] for one in made}
        left = (one for one, _row in gone if one.number in numbers)
        self.case.out.extend(tables.flag, [flag(one, f"followup:{one.key}", "step_left_out") for one in left])

    def _left_out(self, left: FormFacts, kept: Sequence[RowOf]) -> Iterator[RowOf]:
        """Yield what is said of each act that an edit took out of an interview and that still has limits."""
        for uid in dict.fromkeys(one["subject"].partition(":")[2] for one in kept):
            (interview,) = left.forms
            number = self.case.numbers["act"].get((interview.root, uid), "")
            yield flag(interview, f"interview:{interview.key}", "act_left_out", number)

    def _asked_since(self) -> datetime | None:
        """Return when somebody from an old list was first asked for consent: by a form, or as a person wrote it down."""
        by_form = [one.received[0] for one in self.interviews if one.server != LEGACY]
        decided = [moment(one.at) for one in self.given.events if one.op.startswith("consent.")]
        return min(by_form + decided, default=None)

    def _visits(
        self, opened_at: datetime, interval: timedelta
    ) -> Iterator[tuple[datetime, datetime | None, Filed | None]]:
        """Yield due time and end of each follow-up due, and the one that set it: first after opening, then one by one."""
        visits = sorted(self.followups, key=lambda one: (one.at, one.root))
        first_due = opened_at + interval
        yield (self._decided_due(None) or first_due), visits[0].at if visits else None, None
        rows = {row["followup_id"]: row for row in self.rows(tables.followup)}
        for number, visit in enumerate(visits):
            planned = rows[visit.root[1]]["next_due"]
            due_at = (
                clocks.end_of_day(date.fromisoformat(planned), self.rules) if planned else visit.at + interval
            )
            following = visits[number + 1].at if number + 1 < len(visits) else None
            yield (self._decided_due(visit) or due_at), following, visit

    def _decided_due(self, visit: Filed | None) -> datetime | None:
        """Return when somebody decided to look after the case next, if no visit has come since then but this one."""
        due, since = self.now.due, self.now.due_since
        if due is None or since is None:
            return None
        before = [one for one in self.followups if instant(one.received[0]) < since]
        last = max(before, key=lambda one: (one.at, one.root), default=None)
        return clocks.end_of_day(date.fromisoformat(due), self.rules) if visit is last else None

    def _alert_times(self, alert: Alert) -> AlertTimes:
        """Return the times of an alert of the case: whoever met or spoke to the person since, by a form, has reached her.

        A visit of before says nothing about a new alert, however late its form came; only a form that names the alert
        does.
        """
        since = moment(alert["received"])
        about = [one for one in self.given.filed if _about(one, alert, since)]
        reached = sorted(
            [one.at for one in about if met(one)]
            + [moment(at) for at, success, _key in self.now.contacts if success and moment(at) >= since]
        )
        talked = sorted(one.received[0] for one in about if one.kind == "interview" and met(one))
        subject = f"alert:{alert['stamp']}/{alert['alert_id']}"
        return AlertTimes(
            number=alert["filing_no"],
            subject=subject,
            level=alert["level"],
            received=moment(alert["received"]),
            consent=alert["consent_state"],
            assigned_to=self.now.owner or alert["assigned_to"],
            triaged_at=alert["triaged_at"],
            contacted_at=alert["contacted_at"] or (instant(reached[0]) if reached else None),
            acted_at=alert["acted_at"],
            asked_at=instant(talked[0]) if talked else None,
            ended_at=None,
            stopped_at=alert_ended_at(
                alert["alert_id"],
                alert["consent_state"],
                self.given.said.get(subject, ()),
                alert["read_at"],
            ),
            care=self._sexual(alert),
            cared_at=self._cared_at(alert, about),
        )

    def _sexual(self, alert: Alert) -> bool:
        said = self.given.said.get(f"alert:{alert['stamp']}/{alert['alert_id']}", ())
        return sexual(alert, said, self.given.edited.get(alert["filing_no"]))

    def _cared_at(self, alert: Alert, about: Sequence[Filed]) -> str | None:
        """Return when care after an alert was no longer due at once: an interview told of such an act, or all were served.

        An act that is documented has its own clock, or is due at once itself.
        """
        if not self._sexual(alert):
            return None
        limited = {code for one in self.rules.clinical.values() for code in one.applies_to}
        acts = {row["filing_no"] for row in self.rows(tables.act) if row["violation"] in limited}
        told = [instant(one.received[0]) for one in about if one.kind == "interview" and one.number in acts]
        people = {row["uid"] for row in self.rows(tables.person)}
        cared = served("health", people, alert["received"], ended_by_service(self.served))
        return min([*told, *([cared] if cared else [])], default=None)

    def _owed(self, alert: Alert, times: AlertTimes) -> Iterator[RowOf]:
        """Yield what the consent of an alert of the case asks for: after a withdrawal, or because nobody can be asked."""
        own = self.given.said.get(times.subject, ())
        said = [*own, *self.given.events]
        yield from alert_withdrawn_tasks(times, said, alert["referred_to"])
        yield from second_look_tasks(times.number, times.subject, [times.level], own, self.rules)
        if alert["consent_state"] == "unable":
            every = timedelta(days=self.rules.case.consent_unable_review_d)
            yield from unable_tasks(times, every, said, times.asked_at)

    def next_due(self) -> str | None:
        """Return the day that somebody decided, or what stands before it by law or medicine; else what is due first."""
        known = (row for row in self.rows(tables.task) if row["kind"] not in ASIDE)
        open_ones = [row for row in known if row["done_at"] is None]
        last = max(self.followups, key=lambda one: (one.at, one.root), default=None)
        decided = self._decided_due(last)
        due = [row["due_at"] for row in open_ones if decided is None or self._stands(row)]
        if decided is not None:
            due.append(instant(decided))
        return clocks.local_day(moment(min(due)), self.rules).isoformat() if due else None

    def _stands(self, row: RowOf) -> bool:
        """Tell whether a task stands before a decided day: by law or medicine, and not past when it was decided."""
        since = self.now.due_since
        return row["kind"] in FIXED_TASKS and since is not None and bool(row["due_at"] >= since)


def _about(filed: Filed, alert: Alert, since: datetime) -> bool:
    """Tell whether a form can tell of an alert that arrived then: it was filled since, or names it."""
    record = filed.one(filed.kind)
    named = record.fields.get("alert_code") if record is not None else None
    return filed.at >= since or (isinstance(named, str) and codes.read(named, "AL") == alert["code"])
