"""Read from the register what a workbook may show. Levels 0 to 2 only; opens nothing that is sealed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from sync_scripts.followup.content import CaseFacts, InterventionFacts
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

NOT_EXPORTED = ("closed", "merged", "transferred")
SEES_C3 = frozenset({"coordinator", "deputy_coordinator", "supervisor"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose cases a copy holds: an owner, a region, or (both None) all of them."""

    owner: str | None = None
    region: str | None = None

    def words(self) -> str:
        """Return the scope as it is kept with the export."""
        parts = [
            f"{name}={value}" for name, value in (("owner", self.owner), ("region", self.region)) if value
        ]
        return " ".join(parts) or "all"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who receives the copy; a case of confidentiality C3 goes to its owner and to coordination only."""

    code: str
    sees_c3: bool


def reader(rows: Rows, code: str) -> Reader:
    """Return what a worker may receive, by the roles that the register knows."""
    found = rows.execute(select(tables.worker.c.roles).where(tables.worker.c.code == code)).first()
    roles = set((found[0] or "").split()) if found else set()
    return Reader(code, bool(roles & SEES_C3))


def may_have(case: CaseFacts, who: Reader) -> bool:
    """Tell whether a case may be in this reader's copy at all; C4 shows few columns even there."""
    return case.confidentiality not in {"C3", "C4"} or who.sees_c3 or case.owner == who.code


def _grouped(pairs: Iterable[Sequence[Any]]) -> dict[str, tuple[str, ...]]:
    """Group (case code, value) pairs by case, each value once, in the order of reading."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for code, value in pairs:
        if value is not None:
            found[code][value] = None
    return {code: tuple(values) for code, values in found.items()}


def _needs(rows: Rows) -> dict[str, tuple[str, ...]]:
    need = tables.need
    query = select(need.c.case_code, need.c.service).where(need.c.met_on.is_(None))
    return _grouped(rows.execute(query.order_by(need.c.case_code, need.c.rank, need.c.service)))


def _facts(rows: Rows) -> tuple[dict[str, tuple[str, ...]], ...]:
    """Return violations, kinds of people, arrondissements and legal steps by case; tier T3 only."""
    act, incident, person, legal = tables.act, tables.incident, tables.person, tables.legal_event
    joined = select(incident.c.case_code, act.c.violation).join(
        act, act.c.incident_id == incident.c.incident_id
    )
    queries = (
        joined.order_by(incident.c.case_code, act.c.violation),
        select(person.c.case_code, person.c.kind).order_by(person.c.case_code, person.c.kind),
        select(incident.c.case_code, incident.c.arrondissement).order_by(incident.c.case_code),
        select(legal.c.case_code, legal.c.step).order_by(legal.c.case_code, legal.c.at.desc()),
    )
    return tuple(_grouped(rows.execute(query)) for query in queries)


def cases(rows: Rows, scope: Scope, *, detailed: bool) -> Iterator[CaseFacts]:
    """Yield every open case of a scope, whoever may have it; ``detailed`` adds the columns of tier T3."""
    case = tables.case
    query = select(case).where(case.c.state.not_in(NOT_EXPORTED)).order_by(case.c.case_code)
    if scope.owner:
        query = query.where(case.c.owner_code == scope.owner)
    if scope.region:
        query = query.where(case.c.region == scope.region)
    needs = _needs(rows)
    violations, people, places, steps = _facts(rows) if detailed else ({}, {}, {}, {})
    for row in rows.execute(query).mappings():
        code = row["case_code"]
        yield CaseFacts(
            code=code,
            state=row["state"],
            urgency=row["urgency_decided"] or row["urgency"],
            owner=row["owner_code"],
            region=row["region"],
            department=row["department"],
            opened_at=row["opened_at"],
            next_due=row["next_due"],
            note=row["work_note"],
            closure=row["closure_reason"],
            confidentiality=row["confidentiality"],
            needs=needs.get(code, ()),
            violations=violations.get(code, ()),
            people=people.get(code, ()),
            arrondissement=next(iter(places.get(code, ())), None),
            legal=next(iter(steps.get(code, ())), None),
        )


def interventions(rows: Rows) -> Iterator[InterventionFacts]:
    """Yield every intervention of the register, as far as tier T2 goes."""
    made = tables.intervention
    for row in rows.execute(select(made).order_by(made.c.case_code, made.c.number)).mappings():
        yield InterventionFacts(
            intervention_id=row["intervention_id"],
            case_code=row["case_code"],
            service=row["service"],
            provider=row["provider_code"],
            owner=row["owner_code"],
            due_at=row["due_at"],
            requested_on=row["requested_on"],
            done_at=row["done_at"],
            status=row["status"],
            consent_ok=row["consent_ok"],
            note=row["work_note"],
        )


def owners(rows: Rows) -> tuple[str, ...]:
    """Return the codes of the people who may be given a case, in order."""
    worker = tables.worker
    found = rows.execute(select(worker.c.code).where(worker.c.active).order_by(worker.c.code))
    return tuple(row[0] for row in found)
