"""What is due in one case: tasks raised by rules and ended by facts, and the day on which somebody looks after it next. Pure.

What people decided about a task lies over it later; here only what forms, alerts, moves and rules say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property

import msgspec
from sqlalchemy import Table

from sync_scripts.register.case.case_input import Alert, CaseInput
from sync_scripts.register.case.consent_tasks import Told
from sync_scripts.register.case.flags import flag
from sync_scripts.register.case.medical_limits import Ends, served, sexual
from sync_scripts.register.case.tasks import Holder, Matter, Occasion, tasks_of
from sync_scripts.register.consents.history import alert_ended_at
from sync_scripts.register.consents.refusals import Kept
from sync_scripts.register.consents.withdrawals import ImpliedWithdrawal
from sync_scripts.register.disclosure.sharing import Agreed
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.lifecycle.replay import CaseNow
from sync_scripts.register.model import codes
from sync_scripts.register.obligations.alert_due import AlertDue, alert_tasks
from sync_scripts.register.obligations.legal_limits import (
    COURTS,
    Courts,
    FormFacts,
    facts_of,
    removed_steps,
)
from sync_scripts.register.obligations.upkeep import lost_contacts, met, sources_in_danger
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import ASIDE, FIXED_TASKS, allowed
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.servers.desk import LEGACY
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.schema import register as tables


class Agreements(msgspec.Struct, frozen=True):
    """What the people of a case agreed to, as far as something is due by it.

    Attributes:
        people: what each agreed to, by uid.
        perhaps_adults: from which day each child may be 18, by uid.
        levels: that stand in the case.
        told: everybody outside who got something of the case.
        taken_back: what people took back without a withdrawal.
        kept: the refusals that stand although an edit says yes by now.
    """

    people: Mapping[str, Agreed]
    perhaps_adults: Mapping[str, str | None]
    levels: Sequence[str | None]
    told: Sequence[Told] = ()
    taken_back: Sequence[ImpliedWithdrawal] = ()
    kept: Sequence[Kept] = ()


class CaseDue:
    """What is due in one case, once its rows are there."""

    def __init__(
        self,
        given: CaseInput,
        case: Case,
        now: CaseNow,
        holder: Holder,
        *,
        opened_at: datetime,
        ended: Ends,
        removed: Sequence[FormFacts] = (),
    ) -> None:
        """Look at a case: what it is made of, its rows so far, where its events brought it, when services ended.

        Also at what edits took out of its interviews.
        """
        self.given = given
        self.case = case
        self.rules: Ruleset = case.rules
        self.now = now
        self.holder = holder
        self.opened_at = opened_at
        self.ended = ended
        self.removed = removed
        self.interviews: Sequence[Filed] = given.of("interview")
        self.followups: Sequence[Filed] = given.of("followup")

    def rows(self, table: Table) -> list[RowOf]:
        """Return the rows of a table."""
        return self.case.out.rows[table]

    def of_alerts(self) -> Iterator[RowOf]:
        """Yield the tasks of the alerts of the case."""
        for alert in self.given.alerts:
            yield from alert_tasks(self._alert(alert))

    def of_limits(self) -> None:
        """Add the tasks of custody, court and care, and say of which an edit took out what they rest on."""
        made = self.rows(tables.task)
        made += facts_of(self.interviews, self.case.out.rows).reminders(self.holder, self.ended)
        self._courts()
        for left in self.removed:
            kept = list(left.reminders(self.holder, self.ended))
            made += kept
            self.case.out.extend(tables.flag, self._left_out(left, kept))

    def _courts(self) -> None:
        """Add the tasks of hearings and appeals, and say which steps an edit took out of the visit that told of them."""
        steps, gone = self.rows(tables.legal_event), removed_steps(self.given, self.case)
        if not steps and not gone:
            return
        made = list(tasks_of(Courts(self.followups, steps, self.rules, gone), self.holder, COURTS))
        self.rows(tables.task).extend(made)
        numbers = {one["filing_no"] for one in made}
        left = (one for one, _row in gone if one.number in numbers)
        self.case.out.extend(tables.flag, [flag(one, "step_left_out") for one in left])

    def _left_out(self, left: FormFacts, kept: Sequence[RowOf]) -> Iterator[RowOf]:
        """Yield what is said of each act that an edit took out of an interview and that still has limits."""
        about, (interview,) = {one["subject"] for one in kept}, left.forms
        uids = [row["uid"] for row in left.acts if f"act:{row['uid']}" in about]
        uids += [row["act_uid"] for row in left.detentions if f"detention:{row['act_uid']}" in about]
        for uid in dict.fromkeys(uids):
            number = self.case.numbers["act"].get((interview.root, uid), "")
            yield flag(interview, "act_left_out", number)

    # --- what opens a task, and what ends it ------------------------------------------------------------------------

    @cached_property
    def sources(self) -> Sequence[Occasion]:
        """Return the sources in danger."""
        return [*sources_in_danger(self.interviews, self.followups)]

    def lost(self) -> Iterator[Occasion]:
        """Yield contacts that failed one after the other; whoever was met was reached."""
        reached = [one.at for one in self.given.filed if met(one)] if self.now.contacts else []
        return lost_contacts(self.now, reached, self.rules)

    def assessments(self) -> Iterator[Occasion]:
        """Yield since when the person waits to be assessed; earlier due where the case went straight to interventions.

        The clock starts when a server first had an alert or a form of the case; at the latest when it was opened. How long
        an alert waited for its case gives nobody more time.
        """
        came = [moment(alert["received"]) for alert in self.given.alerts]
        heard_at = min([self.opened_at, *came, *(one.received[0] for one in self.given.filed)])
        due_at = heard_at + allowed("assessment", self.holder.level, self.rules)
        if self.now.emergency is not None:
            soon = timedelta(hours=self.rules.case.emergency_assessment_h)
            due_at = min(due_at, moment(self.now.emergency) + soon)
        done = [one.received[0] for one in self.interviews if one.one("assessment") is not None]
        yield Occasion(heard_at, due_at, done_at=_first(done))

    def plans(self) -> Iterator[Occasion]:
        """Yield the opening of the case; what is planned, by a form or a decision, ends it."""
        done = [one.received[0] for one in self.followups if one.one("intervention") is not None]
        done += [moment(self.now.planned_at)] if self.now.planned_at else []
        yield Occasion(self.opened_at, done_at=_first(done))

    def never_asked(self) -> Iterator[Occasion]:
        """Yield each row of an old list: nobody has asked for consent yet."""
        for one in (old for old in self.interviews if old.server == LEGACY):
            of = Matter(about=one.key)
            yield Occasion(one.received[0], of=of, done_at=_first(self._asked()), number=one.number)

    def _asked(self) -> list[datetime]:
        """Return when somebody from an old list was asked for consent: by a form, or as a person wrote it down."""
        by_form = [one.received[0] for one in self.interviews if one.server != LEGACY]
        return by_form + [moment(one.at) for one in self.given.events if one.op.startswith("consent.")]

    def visits(self) -> Iterator[Occasion]:
        """Yield the visits that are due: first after opening, then one after the other; each ends with the next one."""
        visits = sorted(self.followups, key=lambda one: (one.at, one.root))
        done_at = instant(visits[0].at) if visits else None
        yield Occasion(self.opened_at, self._decided_due(None), done_at=done_at)
        rows = {row["followup_id"]: row for row in self.rows(tables.followup)}
        for number, visit in enumerate(visits):
            planned = rows[visit.root[1]]["next_due"]
            day = clocks.end_of_day(date.fromisoformat(planned), self.rules) if planned else None
            done_at = instant(visits[number + 1].at) if number + 1 < len(visits) else None
            of = Matter(about=visit.key)
            yield Occasion(visit.at, self._decided_due(visit) or day, of, done_at, number=visit.number)

    def _decided_due(self, visit: Filed | None) -> datetime | None:
        """Return when somebody decided to look after the case next, if no visit has come since then but this one."""
        if self.now.due is None or self.now.due_since is None or visit is not self._before_due:
            return None
        return clocks.end_of_day(date.fromisoformat(self.now.due), self.rules)

    @cached_property
    def _before_due(self) -> Filed | None:
        """Return the last visit that had come when somebody decided to look after the case next."""
        since = self.now.due_since or ""
        before = [one for one in self.followups if instant(one.received[0]) < since]
        return max(before, key=lambda one: (one.at, one.root), default=None)

    def _alert(self, alert: Alert) -> AlertDue:
        """Return what an alert of the case asks for: whoever met or spoke to the person since, by a form, has reached her.

        A visit of before says nothing about a new alert, however late its form came; only a form that names the alert
        does.
        """
        since = moment(alert["received"])
        about = [one for one in self.given.filed if _about(one, alert, since)]
        reached = sorted(
            [one.at for one in about if met(one)]
            + [moment(at) for at, success, _key in self.now.contacts if success and moment(at) >= since]
        )
        talked = [one.received[0] for one in about if one.kind == "interview" and met(one)]
        subject, edited = (
            f"alert:{alert['stamp']}/{alert['alert_id']}",
            self.given.edited.get(alert["filing_no"]),
        )
        said, consent = self.given.said.get(subject, ()), alert["consent_state"]
        care = sexual(alert, said, edited)
        return AlertDue(
            holder=Holder(
                number=alert["filing_no"],
                subject=subject,
                worker=self.now.owner or alert["assigned_to"],
                rules=self.rules,
                level=alert["level"],
                events=[*said, *self.given.events],
            ),
            received=since,
            consent=consent,
            triaged_at=alert["triaged_at"],
            contacted_at=alert["contacted_at"] or _first(reached),
            acted_at=alert["acted_at"],
            asked_at=_first(talked),
            ended_at=None,
            stopped_at=alert_ended_at(alert["alert_id"], consent, said, alert["read_at"]),
            care=care,
            cared_at=self._cared_at(alert, about) if care else None,
            referred_to=alert["referred_to"],
            said=said,
            edited=edited,
        )

    def _cared_at(self, alert: Alert, about: Sequence[Filed]) -> str | None:
        """Return when care after an alert was no longer due at once: an interview told of such an act, or all were served.

        An act that is documented has its own clock, or is due at once itself.
        """
        limited = {code for one in self.rules.clinical.values() for code in one.applies_to}
        acts = {row["filing_no"] for row in self.rows(tables.act) if row["violation"] in limited}
        told = [instant(one.received[0]) for one in about if one.kind == "interview" and one.number in acts]
        people = {row["uid"] for row in self.rows(tables.person)}
        cared = served("health", people, alert["received"], self.ended)
        return min([*told, *([cared] if cared else [])], default=None)

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


def _first(done: Sequence[datetime]) -> str | None:
    """Return the first of some instants, as text."""
    return instant(min(done)) if done else None


def _about(filed: Filed, alert: Alert, since: datetime) -> bool:
    """Tell whether a form can tell of an alert that arrived then: it was filled since, or names it."""
    record = filed.one(filed.kind)
    named = record.fields.get("alert_code") if record is not None else None
    return filed.at >= since or (isinstance(named, str) and codes.read(named, "AL") == alert["code"])
