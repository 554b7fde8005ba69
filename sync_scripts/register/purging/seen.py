"""Alerts and cases as the rules of keeping see them, and what each covers in the raw store. Levels 0 to 2; writes nothing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select

from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.checks import CHECK
from sync_scripts.register.consents.other_records import CaseAgreed
from sync_scripts.register.forms.answers import GIVEN
from sync_scripts.register.history.erasures import PURGES, with_more
from sync_scripts.register.history.merges import where_it_goes_on
from sync_scripts.register.history.person_decisions import KEEP, REDACT, WITHDRAW, decided_about, gone_by
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.register.lifecycle.replay import case_now
from sync_scripts.register.model.codes import Root, chunks
from sync_scripts.register.rules.retention import Depth, Line, Unit
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import scope, sealed_item, submission


def units(rows: Rows, now: datetime, only: str | None = None) -> Iterator[Unit]:
    """Yield every alert and case that a rule of keeping may be about; with ``only`` that one."""
    said = _Said.read(rows, only)
    if only is None or only.startswith("alert:"):
        yield from _alerts(rows, said, only)
    if only is None or only.startswith("case:"):
        yield from _cases(rows, said, now, only)


def unit_of(rows: Rows, unit: str, now: datetime) -> Unit | None:
    """Return one of them; None when no rule is about it any more."""
    return next(units(rows, now, unit), None)


@dataclass(frozen=True, slots=True)
class _Said:
    """What was decided about keeping: by subject, what was erased, when it was dismissed, who withdrew."""

    purged: Mapping[str, Depth]
    dismissed: Mapping[str, str]
    withdrawn: Mapping[str, list[store_events.Event]]

    @staticmethod
    def read(rows: Rows, only: str | None) -> _Said:
        purged: dict[str, Depth] = {}
        dismissed: dict[str, str] = {}
        withdrawn: dict[str, list[store_events.Event]] = defaultdict(list)
        subjects = None if only is None else [only]
        for event in store_events.read(rows, subjects=subjects, ops=[*PURGES, "alert.dismiss", WITHDRAW]):
            if event.op in PURGES:
                deeper = purged.get(event.subject) == "trace"
                purged[event.subject] = "trace" if deeper else event.payload["depth"]
            elif event.op == WITHDRAW:
                withdrawn[event.subject].append(event)
            else:
                dismissed[event.subject] = event.at
        for unit in with_more(rows, list(purged)):
            del purged[unit]
        return _Said(purged, dismissed, dict(withdrawn))


def looks(rows: Rows, subjects: Iterable[str]) -> list[Mapping[Any, Any]]:
    """Return the open tasks that somebody else looks at a withdrawal or a refusal, of some alerts and cases."""
    task = tables.task
    query = select(task).where(task.c.kind == CHECK, task.c.done_at.is_(None)).order_by(task.c.task_id)
    return [
        row
        for some in chunks(sorted(subjects))
        for row in rows.execute(query.where(task.c.subject.in_(some))).mappings()
    ]


def _unchecked(rows: Rows) -> set[str]:
    """Return of which units a withdrawal still waits for somebody else: of a case also one of its alerts, or merged into it."""
    task, filing = tables.task.c, tables.filing.c
    query = select(task.subject, filing.case_code).join(tables.filing, filing.filing_no == task.filing_no)
    found = rows.execute(query.where(task.kind == CHECK, task.done_at.is_(None))).all()
    if not found:
        return set()
    into = where_it_goes_on(rows)
    cases = {f"case:{into.get(row.case_code, row.case_code)}" for row in found if row.case_code is not None}
    return {row.subject for row in found} | cases


# --- alerts -------------------------------------------------------------------------------------------------------


def _alerts(rows: Rows, said: _Said, only: str | None) -> Iterator[Unit]:
    alert, filing, first = tables.alert, tables.filing, tables.alert.alias("first")
    query = (
        select(alert, filing.c.unit, filing.c.first_received_at, first.c.case_code.label("first_case"))
        .join(filing, filing.c.filing_no == alert.c.filing_no)
        .outerjoin(first, first.c.code == alert.c.duplicate_of)
        .order_by(alert.c.filing_no)
    )
    if only is not None:
        query = query.where(filing.c.unit == only)
    held, talked, unchecked = held_cases(rows), _talked(rows), _unchecked(rows)
    for row in rows.execute(query).mappings():
        unit, case, alone = row["unit"], row["case_code"] or row["first_case"], row["case_code"] is None
        withdrew = said.withdrawn.get(unit)
        yield Unit(
            unit=unit,
            code=row["code"],
            received_at=row["first_received_at"],
            ended_at=said.dismissed.get(unit, row["first_received_at"])
            if row["state"] == "dismissed"
            else None,
            alone=alone,
            not_asked=row["consent_state"] == "not_asked" and (alone or row["case_code"] not in talked),
            withdrawn_at=withdrew[-1].at if withdrew else None,
            unchecked=unit in unchecked,
            hold=case in held,
            purged=said.purged.get(unit),
            urgency=row["level"],
            stands=row["state"],
        )


def _talked(rows: Rows) -> set[str]:
    """Return the cases in which somebody was interviewed."""
    filing, interview = tables.filing, tables.interview
    query = select(filing.c.case_code).join(interview, interview.c.filing_no == filing.c.filing_no)
    return {code for code in rows.execute(query).scalars() if code is not None}


def held_cases(rows: Rows) -> set[str]:
    """Return the cases under a legal hold, with those into which they were merged and those merged into them."""
    case = tables.case
    held, into = rows.execute(select(case.c.case_code).where(case.c.legal_hold)), where_it_goes_on(rows)
    last = {into.get(code, code) for code in held.scalars()}
    return last | {code for code, end in into.items() if end in last}


# --- cases --------------------------------------------------------------------------------------------------------


def _cases(rows: Rows, said: _Said, now: datetime, only: str | None) -> Iterator[Unit]:
    case = tables.case
    held, unchecked = held_cases(rows), _unchecked(rows)
    query = select(case).order_by(case.c.case_code)
    if only is not None:
        query = query.where(case.c.case_code == only.removeprefix("case:"))
    found = [dict(row) for row in rows.execute(query).mappings()]
    about = decided_about(rows, [row["case_code"] for row in found], [WITHDRAW, REDACT])
    withdrew = {code for code, some in about.items() if any(one.op == WITHDRAW for one in some)}
    left = {row["case_code"] for row in found if row["state"] in CASE_LEFT - {"merged"}}
    agreed, called = of_cases(rows, withdrew), _called(rows, withdrew)
    for row in found:
        code = row["case_code"]
        if code not in left | withdrew or row["state"] == "merged":
            continue
        unit = f"case:{code}"
        mine = about.get(code, ())
        taken = [one for one in mine if one.op == REDACT]
        whole, some = _withdrawn([one for one in mine if one.op == WITHDRAW], taken, agreed.get(code), now)
        names = called.get(code, {})
        some = tuple(sorted((name, at) for uid, at in some if (name := names.get(uid))))
        yield Unit(
            unit=unit,
            code=code,
            withdrawn_at=whole,
            unchecked=unit in unchecked,
            some_withdrew=some,
            left_at=case_now(store_events.read(rows, subjects=[unit])).left_at if code in left else None,
            retention=row["retention_class"],
            hold=code in held,
            purged=said.purged.get(unit),
            urgency=row["level"],
            stands=row["state"],
        )


def _withdrawn(
    events: Sequence[store_events.Event],
    taken: Sequence[store_events.Event],
    agreed: CaseAgreed | None,
    now: datetime,
) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Return when the last of everybody withdrew, or else who did (uid) while others did not, and was not taken out since."""
    if not events or agreed is None:
        return None, ()
    if agreed.stopped(now):
        return events[-1].at, ()
    last = {event.payload["person_uid"]: event for event in events}
    gone = [
        (str(uid), event.at)
        for uid, event in last.items()
        if gone_by(taken, uid, event.at) is None
        and not any(one.state in GIVEN and one.withdrawn_at is None for one in agreed.of(uid).consents)
    ]
    return None, tuple(gone)


def _called(rows: Rows, codes: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return how those are called by now who withdrew in some cases, by uid: a form that leaves takes its people's numbers along.

    Whoever is told of by no form any more is called as when she withdrew, unless her form went to another case.
    """
    found: dict[str, dict[str, str]] = {}
    units = [f"case:{code}" for code in codes]
    for event in store_events.read(rows, subjects=units, ops=[WITHDRAW, KEEP]):
        names = found.setdefault(event.subject.removeprefix("case:"), {})
        if event.op == WITHDRAW:
            names[event.payload["person_uid"]] = str(event.payload["person"])
        for uid in event.payload.get("people", ()):
            names.pop(uid, None)
    person = tables.person.c
    for row in rows.among(select(person.case_code, person.uid, person.pseudonym), person.case_code, codes):
        found.setdefault(row.case_code, {})[row.uid] = row.pseudonym or ""
    return found


def may_count(rows: Rows, code: str) -> bool:
    """Tell whether somebody in a case still agrees that statistics keep what was said; a case without a talk has no say."""
    agreed = of_cases(rows, [code]).get(code)
    if agreed is None or not agreed.people:
        return True
    said = [one for theirs in agreed.people.values() for one in theirs.consents if one.purpose == "stats"]
    return any(one.state in GIVEN and one.withdrawn_at is None for one in said)


def group_of(rows: Rows, code: str) -> list[str]:
    """Return a case and everything that was merged into it, directly or by way of another."""
    return [code, *sorted(one for one, end in where_it_goes_on(rows).items() if end == code)]


# --- what a unit covers -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Covered:
    """What belongs to a unit in the raw store.

    Attributes:
        units: subjects of the events that say it was erased: the case, what was merged into it, their alerts.
        roots: stamp and root id of each submission.
        versions: rows of all its versions, of every server.
        scopes: what is sealed of it.
        items, files: how many sealed items there are, and of these files.
    """

    units: tuple[str, ...]
    roots: tuple[Root, ...]
    versions: tuple[Mapping[str, Any], ...]
    scopes: tuple[str, ...]
    items: int
    files: int

    @property
    def mark(self) -> str:
        """Return what is another one once something came, was sealed, or went."""
        said = [sorted(one["arrival"] for one in self.versions), sorted(self.scopes), self.items, self.files]
        return hashlib.sha256(canonical(said).encode()).hexdigest()[:16]

    @property
    def ids(self) -> set[str]:
        """Return every id under which any of it could come again."""
        return {one[name] for one in self.versions for name in ("root_id", "instance_id")}


def covered(rows: Rows, unit: str) -> Covered:
    """Return what an alert or a case covers."""
    filing = tables.filing
    if unit.startswith("case:"):
        codes = group_of(rows, unit.removeprefix("case:"))
        which: ColumnElement[bool] = filing.c.case_code.in_(codes)
        named = [f"case:{code}" for code in codes]
    else:
        which, named = filing.c.unit == unit, []
    filed = rows.execute(select(filing.c.stamp, filing.c.root_id, filing.c.unit).where(which)).all()
    roots = sorted({(row.stamp, row.root_id) for row in filed})
    named += sorted({row.unit for row in filed if row.unit.startswith("alert:")})
    versions = [
        dict(row)
        for some in chunks(roots, 100)
        for row in rows.execute(
            select(submission).where(
                or_(
                    *(and_(submission.c.stamp == stamp, submission.c.root_id == root) for stamp, root in some)
                )
            )
        ).mappings()
    ]
    scopes = _scopes(rows, versions)
    items, files = _sealed(rows, scopes)
    return Covered(tuple(named), tuple(roots), tuple(versions), tuple(scopes), items, files)


def _scopes(rows: Rows, versions: Iterable[Mapping[str, Any]]) -> list[str]:
    found = sorted({str(one["scope"]) for one in versions})
    people = [own for (own,) in rows.among(select(scope.c.id), scope.c.submission, found)]
    return sorted({*found, *people})


def _sealed(rows: Rows, scopes: Sequence[str]) -> tuple[int, int]:
    items = files = 0
    for some in chunks(scopes):
        asked = select(func.count().label("items"), func.count(sealed_item.c.file).label("files")).where(
            sealed_item.c.scope.in_(some)
        )
        row = rows.execute(asked).one()
        items, files = items + row.items, files + row.files
    return items, files


def measured(rows: Rows, line: Line) -> Line:
    """Return a line with how much it covers, and the mark of exactly that."""
    found = covered(rows, line.unit)
    return msgspec.structs.replace(
        line, submissions=len(found.roots), items=found.items, files=found.files, mark=found.mark
    )
