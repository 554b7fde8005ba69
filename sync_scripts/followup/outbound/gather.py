"""Read from the register what a workbook may show. Levels 0 to 2 only; opens nothing that is sealed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy import case as when

from sync_scripts.followup.errors import NothingInScope, ReaderUnknown
from sync_scripts.followup.inbound.values import fold
from sync_scripts.followup.outbound.content import URGENCIES, CaseFacts, InterventionFacts, Work
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.other_records import NOBODY, CaseAgreed
from sync_scripts.register.decisions.guard_facts import roles_of
from sync_scripts.register.disclosure.recipients import Share, share_of
from sync_scripts.register.disclosure.sharing import Asked
from sync_scripts.register.history.merges import danger_behind, where_it_goes_on
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.register.model.codes import as_known, chunks, known_workers, nearest_worker
from sync_scripts.register.model.errors import WorkerRetired
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import register as tables

_NONE: Final[Mapping[str, str]] = {}
SEES_C3 = frozenset({"coordinator", "deputy_coordinator", "supervisor"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose cases a copy holds: of an owner, of a region or department, or (all None) all of them.

    ``reader`` is the worker whom the copy is made for; who it is decides which cases may be in it.
    """

    owner: str | None = None
    region: str | None = None
    department: str | None = None
    reader: str | None = None

    def words(self) -> str:
        """Return the scope as it is kept with the export."""
        named = {
            "owner": self.owner,
            "region": self.region,
            "department": self.department,
            "for": self.reader,
        }
        parts = [f"{name}={value}" for name, value in named.items() if value]
        return " ".join(parts) or "all"

    @property
    def narrow(self) -> tuple[str, ...]:
        """Return what narrows the scope, in the order in which a person says it."""
        return tuple(value for value in (self.owner, self.region, self.department) if value)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who receives the copy; a case of confidentiality C3 goes to its owner and to coordination only."""

    code: str
    sees_c3: bool


def reader(rows: Rows, code: str) -> Reader:
    """Return what a worker may receive, by the roles that the register knows."""
    return Reader(code, bool(roles_of(rows, code) & SEES_C3))


def made_for(rows: Rows, text: str, scope: Scope) -> Scope:
    """Return the scope of a copy for one worker: all cases for who coordinates, else those the worker is in charge of.

    Raises:
        ReaderUnknown, WorkerRetired: nobody of that code works here; names the nearest code.
    """
    known = known_workers(rows)
    code = as_known(known, worker_code(text))
    if not known.get(code, True):
        raise WorkerRetired(worker=code)
    if code not in known:
        raise ReaderUnknown(worker=code, nearest=nearest_worker(code, known))
    who = reader(rows, code)
    return replace(scope, reader=code, owner=scope.owner if who.sees_c3 or scope.owner else code)


def owner_code(rows: Rows, text: str | None) -> str | None:
    """Return a worker's code as the register writes it; as it was typed when nobody has it."""
    return None if text is None else as_known(known_workers(rows), text)


def department_code(text: str | None) -> str | None:
    """Return the P-code of a department that was typed as a code or by its name; else what was typed.

    A name that several departments have stands for none of them.
    """
    if text is None:
        return None
    found = {
        code
        for lang in ("fr", "en")
        for code, name in labels_of("department", lang).items()
        if fold(text) in {fold(code), fold(name)}
    }
    return found.pop() if len(found) == 1 else text


def may_have(case: CaseFacts, who: Reader) -> bool:
    """Tell whether a case may be in this reader's copy at all; C4 shows few columns even there."""
    trusted = who.sees_c3 or case.owner == who.code
    return share_of(case.confidentiality, "workbook", trusted=trusted) != "none"


def shares(rows: Rows, codes: Iterable[str], actor: Actor) -> dict[str, Share]:
    """Return how much of each of some cases a file may hold that somebody makes; whose code was only typed is nobody's."""
    proved, case = actor.proof == "key", tables.case
    who = reader(rows, actor.code) if proved else Reader("", sees_c3=False)
    columns = select(case.c.case_code, case.c.confidentiality, case.c.owner_code)
    return {
        row.case_code: share_of(
            row.confidentiality, "workbook", trusted=who.sees_c3 or (proved and row.owner_code == who.code)
        )
        for some in chunks(sorted(set(codes)))
        for row in rows.execute(columns.where(case.c.case_code.in_(some)))
    }


def _grouped(pairs: Iterable[Sequence[Any]]) -> dict[str, tuple[str, ...]]:
    """Group (case code, value) pairs by case, each value once, in the order of reading."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for code, value in pairs:
        if value is not None:
            found[code][value] = None
    return {code: tuple(values) for code, values in found.items()}


def _needs(
    rows: Rows, codes: Sequence[str], agreed: Mapping[str, CaseAgreed], at: datetime
) -> dict[str, tuple[str, ...]]:
    """Return what is needed by case, of each person as far as that person lets it leave."""
    need = tables.need
    query = select(need.c.case_code, need.c.service, need.c.person_uid).where(
        need.c.met_on.is_(None), need.c.case_code.in_(codes)
    )
    found = rows.execute(query.order_by(need.c.case_code, need.c.rank, need.c.service))
    asked = Asked("services")
    return _grouped(
        (row.case_code, row.service)
        for row in found
        if agreed.get(row.case_code, NOBODY).answer(asked, at, row.person_uid).allowed
    )


def _facts(rows: Rows, codes: Sequence[str], gone: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], ...]:
    """Return violations, kinds of people, arrondissements and legal steps by case; tier T3 only.

    People who are gone, and acts that nobody else suffered, are not among them.
    """
    act, incident, person, legal = tables.act, tables.incident, tables.person, tables.legal_event
    joined = select(incident.c.case_code, act.c.violation).join(
        act, act.c.incident_id == incident.c.incident_id
    )
    queries = (
        (incident, _of_others(joined, gone).order_by(incident.c.case_code, act.c.violation)),
        (
            person,
            select(person.c.case_code, person.c.kind)
            .where(person.c.uid.not_in(gone))
            .order_by(person.c.case_code, person.c.kind),
        ),
        (incident, select(incident.c.case_code, incident.c.arrondissement).order_by(incident.c.case_code)),
        (legal, select(legal.c.case_code, legal.c.step).order_by(legal.c.case_code, legal.c.at.desc())),
    )
    return tuple(
        _grouped(rows.execute(query.where(table.c.case_code.in_(codes)))) for table, query in queries
    )


@dataclass(frozen=True, slots=True)
class _Open:
    """What consent leaves of a case: its facts, or nothing at all."""

    facts: bool = False
    stopped: bool = False


def _leaves(agreed: CaseAgreed, at: datetime) -> _Open:
    return _Open(agreed.answer(Asked("facts"), at).allowed, not agreed.whole(Asked("list"), at).allowed)


_ENDED: Final = frozenset({"withdrawn", "refused"})


def _served(one: InterventionFacts, agreed: CaseAgreed, at: datetime) -> bool:
    """Tell whether a service may be shown: not when the person served took services back, never wanted any, or was erased.

    One whose consent only ran out stays: somebody has to obtain its answer, and ask again.
    """
    return agreed.answer(Asked("services"), at, one.person).why not in {*_ENDED, "erased"}


def _undocumented(agreed: Iterable[CaseAgreed]) -> list[str]:
    """Return the uids of the people who refused, or took back, that they are documented, or were taken out."""
    return [
        uid
        for case in agreed
        for uid in {*case.people, *case.taken}
        if uid in case.taken
        or any(
            row.purpose == "document" and (row.withdrawn_at is not None or row.state in _ENDED)
            for row in case.people[uid].consents
        )
    ]


def _of_others(acts: Select[Any], gone: Sequence[str]) -> Select[Any]:
    """Leave out the acts that only people who are gone have suffered."""
    suffered = tables.act_victim
    if not gone:
        return acts
    theirs = select(suffered.c.act_uid).where(suffered.c.person_uid.in_(gone))
    others = select(suffered.c.act_uid).where(suffered.c.person_uid.not_in(gone))
    return acts.where(or_(tables.act.c.uid.not_in(theirs), tables.act.c.uid.in_(others)))


def work(rows: Rows, scope: Scope, *, detailed: bool, at: datetime) -> Iterator[Work]:
    """Yield every open case of a scope with its interventions, as cases are worked; whoever may have it.

    A few hundred are held at a time. ``detailed`` adds the columns of tier T3. What the consent recorded does not let
    leave at an instant is empty. The interventions of the cases that were merged into one stand under its code.
    """
    behind, levels = _merged_behind(rows), danger_behind(rows)
    for some in chunks(rows.stream(_open_cases(scope, levels))):
        codes = [row.case_code for row in some]
        agreed = of_cases(rows, codes)
        needs, done = _needs(rows, codes, agreed, at), _interventions(rows, codes)
        merged = _of_merged(rows, some, behind, at)
        gone = _undocumented(agreed.values())
        violations, people, places, steps = _facts(rows, codes, gone) if detailed else ({}, {}, {}, {})
        for row in some:
            code = row.case_code
            theirs = agreed.get(code, NOBODY)
            may = _leaves(theirs, at)
            case = CaseFacts(
                code=code,
                state=row.state,
                urgency=levels.get(code, row.level),
                owner=row.owner_code,
                region=row.region,
                department=row.department,
                opened_at=row.opened_at,
                next_due=row.next_due,
                note=row.work_note,
                closure=row.closure_reason,
                confidentiality=row.confidentiality,
                needs=needs.get(code, ()),
                violations=violations.get(code, ()) if may.facts else (),
                people=people.get(code, ()) if may.facts else (),
                arrondissement=next(iter(places.get(code, ())), None) if may.facts else None,
                legal=next(iter(steps.get(code, ())), None) if may.facts else None,
                stopped=may.stopped,
            )
            own = [one for one in done.get(code, ()) if _served(one, theirs, at)]
            yield case, (*own, *merged.get(code, ()))


def _merged_behind(rows: Rows) -> dict[str, list[str]]:
    """Return the codes of the cases merged into each, by the code of the one in which the work goes on."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, kept in sorted(where_it_goes_on(rows).items()):
        found[kept].append(code)
    return found


def _of_merged(
    rows: Rows, some: Sequence[Any], behind: Mapping[str, Sequence[str]], at: datetime
) -> dict[str, list[InterventionFacts]]:
    """Return the interventions of what was merged into some cases, under their codes, as far as their own people let them leave.

    Of a merged case that is kept more closely than the one in which it goes on, nothing is shown.
    """
    kept = {code: row for row in some for code in behind.get(row.case_code, ())}
    if not kept:
        return {}
    case = tables.case
    closely = select(case.c.case_code, case.c.confidentiality).where(case.c.case_code.in_(sorted(kept)))
    shown = [
        row.case_code
        for row in rows.execute(closely)
        if (row.confidentiality or "C4") <= (kept[row.case_code].confidentiality or "")
    ]
    agreed, found = of_cases(rows, shown), defaultdict[str, list[InterventionFacts]](list)
    for code, done in _interventions(rows, shown).items():
        theirs, into = agreed.get(code, NOBODY), kept[code].case_code
        found[into] += [replace(one, case_code=into) for one in done if _served(one, theirs, at)]
    return found


def count(rows: Rows, scope: Scope) -> int:
    """Return how many open cases a scope has, whoever may have them."""
    asked = _open_cases(scope).order_by(None).subquery()
    return int(rows.execute(select(func.count()).select_from(asked)).scalar_one())


def check_scope(rows: Rows, scope: Scope) -> None:
    """Let a scope pass that is everything, or has an open case.

    Raises:
        NothingInScope: it has none.
    """
    if scope.narrow and rows.execute(_open_cases(scope).limit(1)).first() is None:
        raise NothingInScope(scope=" ".join(scope.narrow))


def _open_cases(scope: Scope, levels: Mapping[str, str] = _NONE) -> Select[Any]:
    """Return the query for the open cases of a scope, in the order of `content.rank`; ``levels`` as `danger_behind` gives them."""
    case = tables.case
    level: Any = case.c.level
    if levels:
        level = when(dict(levels), value=case.c.case_code, else_=level)
    order = when({code: at for at, code in enumerate(URGENCIES)}, value=level, else_=len(URGENCIES))
    query = select(case).where(case.c.state.not_in(CASE_LEFT))
    if scope.owner:
        query = query.where(case.c.owner_code == scope.owner)
    if scope.region:
        query = query.where(case.c.region == scope.region)
    if scope.department:
        query = query.where(case.c.department == scope.department)
    return query.order_by(order, func.coalesce(case.c.next_due, "9999"), case.c.case_code)


def _interventions(rows: Rows, codes: Sequence[str]) -> dict[str, list[InterventionFacts]]:
    """Return the interventions of some cases, as far as tier T2 goes."""
    made = tables.intervention
    query = select(made).where(made.c.case_code.in_(codes)).order_by(made.c.case_code, made.c.number)
    found: dict[str, list[InterventionFacts]] = defaultdict(list)
    for row in rows.execute(query).mappings():
        one = InterventionFacts.of(row)
        found[one.case_code].append(one)
    return found


def service_for(rows: Rows, case: str, provider: str) -> str | None:
    """Return the service that a referral to a provider is for, when only one can be meant; None otherwise."""
    table, need = tables.provider, tables.need
    query = select(table.c.services).where(func.upper(table.c.provider_code) == provider.upper())
    found = rows.execute(query).first()
    offered = set((found[0] or "").split()) if found else set()
    asked = select(need.c.service).where(need.c.case_code == case, need.c.met_on.is_(None))
    wanted = {row.service for row in rows.execute(asked)}
    for possible in (offered & wanted, offered):
        if len(possible) == 1:
            return str(next(iter(possible)))
    return None


def owners(rows: Rows) -> tuple[str, ...]:
    """Return the codes of the people who may be given a case, in order."""
    worker = tables.worker
    found = rows.execute(select(worker.c.code).where(worker.c.active).order_by(worker.c.code))
    return tuple(row[0] for row in found)
