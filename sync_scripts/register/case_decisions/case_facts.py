"""What guards may know of a case, read from its rows and events as they stand. Levels 0 to 2 only; writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, func, select

from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.doors import may_transfer
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.decisions.guard_facts import LOST, agrees, came_since, of_person, unreached
from sync_scripts.register.decisions.levels import case_level
from sync_scripts.register.forms.answers import GIVEN
from sync_scripts.register.history.merges import merged_in
from sync_scripts.register.lifecycle.guards import Facts
from sync_scripts.register.lifecycle.moves import INTERVENTION_FINAL
from sync_scripts.register.lifecycle.replay import CaseNow, case_now
from sync_scripts.register.model.codes import same_worker
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.kinds import CRITICAL_TASKS, NEWS
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

_RISKS: Final = ("low", "medium", "high", "unknown")
_HANDED_OVER: Final = frozenset({"services", "refer_identity"})
"""Purposes that allow a whole case to go to somebody else."""
_GIVEN_UP: Final = INTERVENTION_FINAL - {"done"}


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """One case as whoever decides sees it: its row, where its events brought it, and the closures asked for by form.

    ``forms`` are those on which nothing was decided, the newest first; ``urgency`` is the level that counts.
    """

    row: Mapping[str, Any]
    now: CaseNow
    forms: tuple[Mapping[str, Any], ...]
    urgency: str

    @property
    def form(self) -> Mapping[str, Any] | None:
        """Return the newest of them."""
        return next(iter(self.forms), None)

    @property
    def code(self) -> str:
        """Return its code."""
        return str(self.row["case_code"])

    @property
    def unit(self) -> str:
        """Return the subject of its events."""
        return f"case:{self.code}"

    @property
    def risk(self) -> str | None:
        """Return the worst of what is known: by assessment or follow-up, by the form, as said with the request."""
        form = self.form["risk_now"] if self.form else None
        known = [one for one in (self.row["risk"], form, self.now.asked_risk) if one in _RISKS]
        return max(known, key=_RISKS.index, default=None)

    @property
    def feedback(self) -> str | None:
        """Return whether the person was told the outcome: as said with the request, else on the form."""
        return self.now.feedback or (self.form["feedback_given"] if self.form else None)


def see(by: By, text: str) -> CaseSeen:
    """Return the case of a code as typed.

    Raises:
        CaseUnknown: there is none.
    """
    row = case_of(by.rows, text)
    unit = f"case:{row['case_code']}"
    now = case_now(store_events.read(by.rows, subjects=[unit]))
    closure, filing = tables.closure, tables.filing
    asked = _of_cases(
        closure, [row["case_code"]], *closure.c, filing.c.stamp, filing.c.root_id, filing.c.first_received_at
    )
    asked = asked.where(closure.c.decision.is_(None)).order_by(closure.c.filing_no.desc())
    closed_at = max((at for at, decision, _request in now.answers if decision == "approved"), default="")
    forms = (dict(one) for one in by.rows.execute(asked).mappings())
    waiting = tuple(one for one in forms if one["first_received_at"] > closed_at)
    return CaseSeen(row, now, waiting, case_level(by.rows, row))


def _of_cases(table: Table, codes: Sequence[str], *columns: ColumnElement[Any]) -> Any:
    chosen = select(*columns) if columns else select(table)
    filing = tables.filing
    return chosen.join_from(table, filing, filing.c.filing_no == table.c.filing_no).where(
        filing.c.case_code.in_(codes)
    )


def facts(by: By, seen: CaseSeen, reason: str = "", *, receiver: str | None = None, **said: Any) -> Facts:
    """Return what guards may know of a case, and of what was said with the move; ``receiver`` is who would take it over."""
    now, row = seen.now, seen.row
    # giving the case away after its closure was asked for does not make somebody else of its owner
    asked = [now.asked_by, now.asked_owner, seen.form["closer_code"] if seen.form else None]
    known: dict[str, Any] = {
        **of_person(by, reason),
        "urgency": seen.urgency,
        "agreed": agrees(by, seen.code, "document") or agrees(by, seen.code, "services"),
        "as_emergency": now.emergency is not None,
        "plan_made": now.planned_at is not None,
        "closure_form": seen.form is not None,
        "risk": seen.risk,
        "feedback": seen.feedback,
        "is_owner": same_worker(by.actor.code, row["owner_code"]),
        "is_requester": any(same_worker(by.actor.code, one) for one in asked),
        "requester_proved": now.asked_proof == "key",
        "left": row["suspended_from"],
        "accept_from": _accepted_from(by, seen) if said.get("accepted_on") else date.min,
        "transfer_consent": may_transfer(by.rows, seen.code, receiver, by.now),
        "hold": row["legal_hold"],
        "review_until": by.now.date() + timedelta(days=load().case.lost_contact_d),
        **_work(by, seen),
    }
    if _reason_for(seen, said) == LOST:
        stands = unreached(by.rows, seen.code, row["opened_at"], by.now, proved=True)
        known |= {"said_lost": True, "tries_failed": stands.enough, "unreached": stands.lost}
    return Facts(**{**known, **said})


def _accepted_from(by: By, seen: CaseSeen) -> date:
    """Return the first day on which somebody can have accepted to take a case over: nobody accepts what is not there, or may not go."""
    agreed = of_cases(by.rows, [seen.code, *merged_in(by.rows, seen.code)])
    given = [
        date.fromisoformat(row.given_at)
        for one in agreed.values()
        for person in one.people.values()
        if not person.erased
        for row in person.consents
        if row.purpose in _HANDED_OVER and row.state in GIVEN and row.withdrawn_at is None and row.given_at
    ]
    return max([local_day(moment(seen.row["opened_at"]), load()), *given])


def _reason_for(seen: CaseSeen, said: Mapping[str, Any]) -> str | None:
    """Return why a case is to be closed or suspended: as said with the move, else as the form says that asks for it."""
    return said.get("closure_reason") or (seen.form["reason"] if seen.form else None)


def _work(by: By, seen: CaseSeen) -> dict[str, Any]:
    """Return what guards may know of the work in a case: its assessments, services, needs, tasks and hearings.

    What is to be done in the cases that were merged into it is done here; that they were assessed says nothing of this one.
    """
    code, at = [seen.code], instant(by.now)
    codes = [*code, *merged_in(by.rows, seen.code)]
    assessment, served, need = tables.assessment, tables.intervention, tables.need
    plans = list(by.rows.execute(_of_cases(assessment, code, assessment.c.has_safety_plan)).scalars())
    services = by.rows.execute(_of_cases(served, codes)).mappings().all()
    answered = {one["service"] for one in services if one["status"] not in _GIVEN_UP}
    needs = set(by.rows.execute(_of_cases(need, codes, need.c.service)).scalars())
    legal = tables.legal_event
    ahead = _of_cases(legal, codes, func.count()).where(legal.c.hearing_at > at)
    return {
        "assessed": bool(plans),
        "safety_plan": any(plans),
        "planned": any(one["status"] not in _GIVEN_UP for one in services),
        "late_answers": sum(
            1 for one in services if one["status"] == "referred" and (one["due_at"] or at) < at
        ),
        "new_need": bool(needs - answered),
        "risk_up": _risk_grows(by, seen),
        "critical_tasks": critical_tasks(by.rows, codes),
        "dangers": _open(by.rows, codes, NEWS),
        "hearings_ahead": by.rows.execute(ahead).scalar_one(),
        "came_since": len(came_since(by.rows, codes, seen.now)),
    }


def critical_tasks(rows: Rows, codes: Sequence[str]) -> int:
    """Return how many tasks of custody, clinical limits, hearings, sources in danger and danger that nobody decided on are open in some cases."""
    return _open(rows, codes, CRITICAL_TASKS | NEWS)


def _open(rows: Rows, codes: Sequence[str], kinds: Collection[str]) -> int:
    """Return how many tasks of some kinds are open in some cases."""
    task = tables.task
    query = _of_cases(task, codes, func.count())
    return int(rows.execute(query.where(task.c.done_at.is_(None), task.c.kind.in_(kinds))).scalar_one())


def _risk_grows(by: By, seen: CaseSeen) -> bool:
    """Tell whether the last follow-up since the case came to its state reports a growing risk."""
    visit = tables.followup
    query = _of_cases(visit, [seen.code], visit.c.at, visit.c.risk_change).order_by(visit.c.at.desc())
    last = by.rows.execute(query).first()
    return last is not None and last.risk_change == "up" and (last.at or "") >= (seen.now.since or "")
