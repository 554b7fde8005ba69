"""The rows of one case, from its submissions, its alerts, its events and the rules. Pure: same inputs, same bytes.

Also of forms that have no case (a refused interview, a follow-up with an unreadable code): they are kept and counted,
and nothing is made of them that would need one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property, partial

import msgspec
from sqlalchemy import Table

from sync_scripts.register.building.case_tasks import CASE, NEWS, TOUCHED, WholeCase
from sync_scripts.register.case.case_decisions import (
    case_columns,
    closure,
    ends_tasks,
    evidence_states,
    in_order,
    other_incidents,
    said_flags,
    settle_flags,
    settle_tasks,
    unsupported,
    verified,
)
from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.flags import flag
from sync_scripts.register.case.form_versions import evidence_of, filing_of, rows_of
from sync_scripts.register.case.moved_submissions import gone_flags, left_behind_tasks
from sync_scripts.register.case.people import (
    Talk,
    consents,
    interviewee,
    met,
    stand_in,
)
from sync_scripts.register.case.response import (
    Agreement,
    Intervention,
    intervention_rows,
    response,
)
from sync_scripts.register.case.tasks import SUBMISSIONS, Holder, case_trace, purge_of, tasks_of
from sync_scripts.register.case.triage import risk_of
from sync_scripts.register.consents.confidentiality import closeness
from sync_scripts.register.consents.history import History, case_stopped_at
from sync_scripts.register.consents.refusals import Kept
from sync_scripts.register.consents.talks import (
    agreed_of,
    complaint_flags,
    kept_refusals,
    last_decided,
    talks_of,
)
from sync_scripts.register.consents.withdrawals import implied_withdrawals
from sync_scripts.register.disclosure.sharing import Agreed
from sync_scripts.register.forms.row_output import Case, Output, RowOf, numbers
from sync_scripts.register.forms.submissions import Filed, codes_named
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.corrections import act_times, violated
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.register.lifecycle.replay import CaseNow, case_now
from sync_scripts.register.model.places import region_around
from sync_scripts.register.obligations.case_due import Agreements, CaseDue
from sync_scripts.register.obligations.legal_limits import FormFacts, looks_in_time, removed_facts
from sync_scripts.register.obligations.service_tasks import (
    ended_by_service,
    everybody_told,
    intervention_tasks,
    keep_services,
    met_on,
)
from sync_scripts.register.obligations.upkeep import in_charge, sources_left_out
from sync_scripts.register.policy.standing import Standing
from sync_scripts.register.rules.clocks import adult_from, child, perhaps_adult_from
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.register.urgency.cases import limit_news, standing_of_case
from sync_scripts.register.urgency.tasks import left_of_case
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables


def derive(given: CaseInput, rules: Ruleset, out: Output) -> None:
    """Add the rows of one case."""
    made = [(one, person) for one in given.filed if (person := stand_in(one)) is not None]
    own = Output()
    case = Case(given.code, rules, own, given.unit, numbers(given.filed, made))
    _Derivation(given, case).run()
    gone = purge_of(given.events)
    if gone is not None:
        case_trace(own, gone, given.events)
    for table, rows in own.made().items():
        out.rows[table] += rows


class _Derivation:
    """One case on its way into rows."""

    def __init__(self, given: CaseInput, case: Case) -> None:
        self.given = given
        self.case = case
        self.rules = case.rules
        self.now: CaseNow = case_now(given.events)
        self.interviews = given.of("interview")
        self.followups = given.of("followup")
        self.talks: dict[str, Talk] = {}
        self.history: History = History(given, case.rules)
        self.removed: list[FormFacts] = []

    def run(self) -> None:
        if self.case.code is not None:
            self.talks = talks_of(self.given, self.rules, self.history.refusals)
        for filed in self.interviews:
            self._interview(filed)
        self._evidence()
        self._decided()
        self._unsupported()
        found = response(self.followups, self.case, self.given.events, self.given.first)
        if self.case.code is not None:
            self.removed = removed_facts(self.given, self.case)
            if found:
                intervention_rows(found, self._agreement(), self.case, self.given.offices)
            self.case.out.extend(tables.flag, complaint_flags(self.followups, self.talks.values()))
            for filed, _kept in self._kept_refusals():
                self.case.out.add(tables.flag, flag(filed, "refusal_kept"))
            met(self.rows(tables.need), met_on(found, self.rules))
        for filed in self.given.filed:
            if filed.kind == "closure":
                closure(filed, self.case, self.now)
            self._filing(filed)
        holder = Holder(self.given.first, self.given.unit, self.now.owner, self.rules)
        self.case.out.extend(tables.task, tasks_of(self.given.filed, holder, SUBMISSIONS))
        if self.case.code is not None:
            self._case(self.case.code, found)
            said = said_flags(self.given.first, self.given.unit, self.given.events)
            self.case.out.extend(tables.flag, said)
        if not self.given.untouched:
            settle_flags(self.rows(tables.flag), self._said)

    def _decided(self) -> None:
        """Lay what people decided about facts and evidence over them."""
        if self.given.untouched:
            return
        evidence_states(self.rows(tables.evidence), self.given.about_people)
        verified(self.rows(tables.incident), self.given.about_people, self.rules)
        other_incidents(self.rows(tables.incident_link), self.given.events)

    def _unsupported(self) -> None:
        by_number = {one.number: one for one in self.interviews}
        told, shown = self.rows(tables.information), self.rows(tables.evidence)
        for row in unsupported(self.rows(tables.incident), told, shown):
            filed = by_number[row["filing_no"]]
            self.case.out.add(tables.flag, flag(filed, "verified_unsupported"))

    @cached_property
    def _said(self) -> list[Event]:
        """Return the decisions about the case and about what belongs to it, in their one order."""
        return in_order({self.given.unit: self.given.events, **self.given.said})

    def rows(self, table: Table) -> list[RowOf]:
        return self.case.out.rows[table]

    def _interview(self, filed: Filed) -> None:
        self.case.take(filed, rows_of(filed, self.case.code, self.rules))
        if self.case.code is not None:
            consents(filed, self.talks[filed.root[1]], self.case)

    def _evidence(self) -> None:
        """Add what was brought later, to the first incident of the case."""
        incident = next((row["incident_id"] for row in self.rows(tables.incident)), None)
        for filed in self.given.of("evidence") if self.case.code is not None else ():
            self.case.take(filed, evidence_of(filed, self.case.code, self.rules, incident))

    # --- filing and its flags ------------------------------------------------------------------------------------

    def _filing(self, filed: Filed) -> None:
        self.case.take(filed, filing_of(filed, self.case.unit, self.case.code, self.rules))
        for code, detail in self._about_codes(filed):
            self.case.out.add(tables.flag, flag(filed, code, detail, at=0))

    def _about_codes(self, filed: Filed) -> Iterator[tuple[str, str]]:
        """Yield the flags that a form raises by the codes in it, and by having come to a case that was left."""
        record, now = filed.one(filed.kind), self.now
        if (
            now.state in CASE_LEFT
            and now.left_at
            and now.known.missed(instant(filed.received[0]), filed.number)
        ):
            yield "case_merged" if now.merged_into else "case_closed", now.merged_into or ""
        if record is None or self.case.code is None:
            return
        if not self.given.events and isinstance(record.fields.get("case_code"), str):
            yield "case_unknown", ""
        if "alert_code" in record.fields:
            yield from self._about_alert(codes_named(filed)[1])

    def _about_alert(self, alert: str | None) -> Iterator[tuple[str, str]]:
        if alert is None or alert not in self.given.named:
            yield "alert_code_unknown", alert or ""
        elif self.given.named[alert]["case_code"] is None:
            yield "alert_without_case", alert
        elif self.given.named[alert]["case_code"] != self.case.code:
            yield "alert_elsewhere", alert

    # --- the case ------------------------------------------------------------------------------------------------

    def _agreement(self) -> Agreement:
        """Return what the person served agreed to: V1 of the first interview."""
        by_number, done = {one.number: one for one in self.interviews}, defaultdict[str, set[str]](set)
        for row in self.rows(tables.act):
            done[row["incident_id"]] |= violated(row, by_number[row["filing_no"]])
        acts = [
            (at, frozenset(done[row["incident_id"]]))
            for row in self.rows(tables.incident)
            for at in act_times(row, by_number[row["filing_no"]], self.rules)
        ]
        acts += (one for left in self.removed for one in left.act_times(self.rules))
        return Agreement(self._served(), self._agreed, last_decided(self.given.about_people), acts)

    def _served(self) -> str | None:
        first = self.interviews[0] if self.interviews else None
        return interviewee(first.reading, first.root[1]) if first is not None else None

    @cached_property
    def _agreed(self) -> dict[str, Agreed]:
        """Return what each person agreed to in the first talk that recorded it; asked for after the talks."""
        people = {row["uid"]: row for row in self.rows(tables.person)}
        found: dict[str, Agreed] = {}
        for talk in self.talks.values():
            for uid in talk.people:
                row = people.get(uid)
                young = child(row) if row else None
                grown = adult_from(row, talk.day) if row else None
                found.setdefault(uid, agreed_of(talk, uid, young, grown))
        return found

    def _perhaps_adults(self) -> dict[str, str | None]:
        """Return from which day each child may be 18, by the talk in which her age was written down first."""
        people = {row["uid"]: row for row in self.rows(tables.person)}
        found: dict[str, str | None] = {}
        for talk in self.talks.values():
            for uid in talk.people.keys() & people.keys():
                found.setdefault(uid, perhaps_adult_from(people[uid], talk.day))
        return found

    def _case(self, code: str, found: list[Intervention]) -> None:
        given, now = self.given, self.now
        opened_at = now.opened_at or instant(min(self._arrivals()))
        standing = standing_of_case(given, now, self.case)
        place = self._place()
        kept = closeness(given, self.case)
        risk, fell = risk_of(given, now)
        self.case.out.extend(tables.flag, fell)
        row = {
            **shape(tables.case).blank,
            **case_columns(now),
            "case_code": code,
            "urgency": standing.by_forms.level,
            "level": standing.level,
            "risk": risk,
            "region": place[0],
            "department": place[1],
            "confidentiality": kept.level,
            "service_only": self._service_only(),
            "opened_at": opened_at,
        }
        holder = Holder(given.first, given.unit, now.owner, self.rules, standing.level, given.events)
        ended = ended_by_service(found)
        due = CaseDue(
            given,
            self.case,
            now,
            holder,
            opened_at=moment(opened_at),
            ended=ended,
            removed=self.removed,
        )
        if given.first:
            agreed = self._agreements(found, [row["urgency"], row["level"]])
            self._tasks(WholeCase(due, agreed, standing, kept, self._said), found)
            news = standing.with_(limit_news(given, now, self.case))
            row["level"] = news.level
            self.rows(tables.task).extend(self._dangers(news, holder))
            if not given.untouched:
                looks_in_time(given, self.case, self._said, ended)
        left_at, stopped_at = ends_tasks(now, given.goes_on.kept), self._stopped_at()
        if not given.untouched or stopped_at is not None:
            settle_tasks(self.rows(tables.task), self._said, left_at, stopped_at)
        row["next_due"] = due.next_due()
        self.case.out.add(tables.case, row)

    def _tasks(self, whole: WholeCase, found: Sequence[Intervention]) -> None:
        """Add what the case, its alerts, its limits and its services open; flags for what an edit took away from under that."""
        due, tasks = whole.due, self.rows(tables.task)
        tasks += tasks_of(whole, due.holder, CASE)
        if not self.given.untouched:
            tasks += tasks_of(whole, due.holder, TOUCHED)
        tasks += due.of_alerts()
        due.of_limits()
        asks = partial(intervention_tasks, holder=due.holder)
        for one in found:
            tasks += asks(one)
        if self.given.untouched:
            return
        there = {row["task_id"] for row in tasks}
        tasks += left_behind_tasks(self.given.first, self.given.events, there, self.now.owner)
        keep_services(self.given, found, self.case, asks)
        self.case.out.extend(tables.flag, sources_left_out(self.interviews, due.sources))
        self.case.out.extend(tables.flag, gone_flags(self.given, self.rules))

    def _dangers(self, news: Standing, holder: Holder) -> Iterator[RowOf]:
        """Yield the tasks to decide on what is news; of a case that was left also on the limits that came since."""
        left = left_of_case(news, self.given, self.now, self.case)
        worker = in_charge(self.now, self.given.goes_on)
        return tasks_of(left, msgspec.structs.replace(holder, worker=worker), NEWS)

    def _stopped_at(self) -> str | None:
        """Return since when everybody in the case has withdrawn or refused; None while the work may go on."""
        return case_stopped_at(self._agreed.values(), self.given, self.history)

    def _agreements(self, found: list[Intervention], levels: list[str | None]) -> Agreements:
        """Return what the people of the case agreed to; ``levels`` stand in it."""
        if self.given.untouched:
            return Agreements(self._agreed, self._perhaps_adults(), levels=levels)
        return Agreements(
            people=self._agreed,
            perhaps_adults=self._perhaps_adults(),
            told=list(everybody_told(self.given, self.case, found, self._served())),
            taken_back=implied_withdrawals(self.history.changes, self.given.about_people),
            kept=[one for some in self._kept_refusals() for one in some[1]],
            levels=levels,
        )

    def _kept_refusals(self) -> Iterator[tuple[Filed, list[Kept]]]:
        """Yield each interview that says yes by now to what was refused in it, and stays refused until somebody decides."""
        for filed in () if self.given.untouched else self.interviews:
            name = filed.root[1]
            found = kept_refusals(self.talks[name], self.history.refusals.of(name))
            if found:
                yield filed, found

    def _arrivals(self) -> list[datetime]:
        arrived = [one.received[0] for one in self.given.filed]
        arrived = arrived or [moment(alert["received"]) for alert in self.given.alerts]
        return arrived or [moment(self.given.events[0].at)]

    def _place(self) -> tuple[str | None, str | None]:
        for row in (*self.rows(tables.incident), *self.given.alerts):
            if row["region"] or row["department"]:
                return row["region"] or region_around(row["department"]), row["department"]
        return None, None

    def _service_only(self) -> bool:
        known = {row["uid"] for row in self.rows(tables.person)}
        asked = (row for row in self.rows(tables.consent) if row["person_uid"] in known)
        return {row["state"] for row in asked if row["purpose"] == "document"} == {"refused"}
