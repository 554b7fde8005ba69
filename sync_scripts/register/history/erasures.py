"""What of alerts and cases was erased, by which rule and why, and what of them may still be opened with the vault. Reads only, opens nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import msgspec
from sqlalchemy import Select, and_, or_, select, union

from sync_scripts.register.forms.formmap import read_map
from sync_scripts.register.history.person_decisions import REDACT
from sync_scripts.register.history.visibility import sealed_from
from sync_scripts.register.model.codes import read
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import form_version, scope, submission
from sync_scripts.store.schema.register import alert, filing

PURGES: Final = ("alert.purge", "case.purge")
"""Events by which something was erased."""
CONFIRM: Final = "retention.confirm"
"""The event by which somebody confirmed a plan; it stands under the plan, and names its units."""
BY_PERSON: Final = "person.erase"
"""The event of the decision that a person is erased; what is erased follows in the same transaction."""

_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Erased:
    """How a unit was erased.

    Attributes:
        at: instant as text, the last one where it was done in two steps.
        rule: by which rule of keeping.
        reason: what whoever confirmed it said.
        by: who confirmed it.
    """

    at: str
    rule: str
    reason: str
    by: str


def erased_units(rows: Rows) -> frozenset[str]:
    """Return the subjects of all that is erased."""
    filing, erased = tables.filing, raw.erased
    if rows.execute(select(erased.c.id).limit(1)).first() is None:
        return frozenset()
    gone = select(filing.c.unit, filing.c.case_code).where(filing.c.root_id.in_(select(erased.c.id)))
    found = rows.execute(gone.distinct()).all()
    subjects = {row.unit for row in found} | {f"case:{row.case_code}" for row in found if row.case_code}
    return frozenset(_events(rows, sorted(subjects)))


def erased_codes(rows: Rows) -> frozenset[str]:
    """Return the codes of all alerts and cases that are erased."""
    units, filing, alert = erased_units(rows), tables.filing, tables.alert
    found = {unit.removeprefix("case:") for unit in units if unit.startswith("case:")}
    query = select(alert.c.code).join(filing, filing.c.filing_no == alert.c.filing_no)
    alerts = (unit for unit in units if unit.startswith("alert:"))
    return frozenset({*found, *(code for (code,) in rows.among(query, filing.c.unit, alerts))})


def erased_among(rows: Rows, subjects: Iterable[str]) -> frozenset[str]:
    """Return which of some alerts and cases are erased."""
    return frozenset(_events(rows, sorted(subjects)))


def taken_among(rows: Rows, codes: Iterable[str]) -> dict[str, set[str]]:
    """Return of some cases who was taken out of them, by uid; a case that is as it was is not in it."""
    if rows.execute(select(raw.erased.c.id).limit(1)).first() is None:
        return {}
    from sync_scripts.register.history.person_decisions import (
        decided_about,  # here: most registers have erased nothing
    )

    found: dict[str, set[str]] = {}
    for code, events in decided_about(rows, [*codes], [REDACT]).items():
        found[code] = {event.payload["person_uid"] for event in events}
    return found


def erased_page(rows: Rows, code: str, actor: Actor) -> dict[str, str | None] | None:
    """Return how an alert or a case was erased, for its page: of a C4 case only when, to whoever does not see what is in it."""
    filing, alert = tables.filing, tables.alert
    query = select(filing.c.unit, alert.c.case_code).join(alert, alert.c.filing_no == filing.c.filing_no)
    row = rows.execute(query.where(alert.c.code == code)).first()
    unit, case = (f"case:{code}", code) if row is None else (row.unit, row.case_code)
    found = erased_of(rows, [unit]).get(unit)
    if found is None:
        return None
    if case in sealed_from(rows, actor):
        return {"at": found.at, "rule": None, "reason": None, "by": None}
    return asdict(found)


def erased_of(rows: Rows, subjects: Iterable[str]) -> dict[str, Erased]:
    """Return of some alerts and cases how they were erased; what is not erased is not in it."""
    found = _events(rows, sorted(subjects))
    reasons = _reasons(rows, found.values()) if found else {}
    return {
        unit: Erased(
            event.at, event.payload["rule"], reasons.get(event.payload["plan"], ""), event.payload["by"]
        )
        for unit, event in found.items()
    }


def _events(rows: Rows, subjects: Sequence[str]) -> dict[str, Event]:
    """Return the last event by which each of some units was erased, but of those for which something came since."""
    found = {event.subject: event for event in store_events.read(rows, subjects=subjects, ops=PURGES)}
    for unit in with_more(rows, list(found)):
        del found[unit]
    return found


def _reasons(rows: Rows, found: Iterable[Event]) -> dict[str, str]:
    """Return why, by the name of each plan; a person who asked to be erased is a plan of its own."""
    events = list(found)
    units, plans = {one.subject for one in events}, {f"retention:{one.payload['plan']}" for one in events}
    said = store_events.read(rows, subjects=[*units, *plans], ops=[CONFIRM, BY_PERSON])
    return {
        str(one.payload["plan"]) if one.op == CONFIRM else f"person:{one.seq}": str(one.payload["reason"])
        for one in said
    }


def with_more(rows: Rows, purged: Sequence[str]) -> set[str]:
    """Return those of some units for which something came after they were erased."""
    filing, submission = tables.filing, raw.submission
    same = and_(submission.c.stamp == filing.c.stamp, submission.c.root_id == filing.c.root_id)
    query = select(filing.c.unit).join(submission, same).where(submission.c.status != "erased")
    return {unit for (unit,) in rows.among(query, filing.c.unit, purged)}


def confirmed(rows: Rows, subjects: Iterable[str]) -> Iterator[Event]:
    """Yield the confirmations of plans, one for each of some units: under it, with what was said of it alone."""
    wanted = set(subjects)
    for event in store_events.read(rows, ops=[CONFIRM]):
        kept = {name: event.payload[name] for name in ("plan", "ruleset", "reason")}
        for one in event.payload["units"]:
            if one["unit"] in wanted:
                said = {name: one[name] for name in ("rule", "depth", "due_at", "reviewed")}
                yield msgspec.structs.replace(event, subject=one["unit"], payload={**kept, **said})


@dataclass(frozen=True, slots=True)
class Unit:
    """What a scope belongs to: the subject of an alert's events, its code if it is one, and the case in which it is."""

    scope: str
    subject: str
    alert: str | None
    case: str | None


def scopes_of(rows: Rows, code: str) -> Sequence[str]:
    """Return the scopes of an alert or case: its submissions, and the persons in them; none for an unknown code."""
    roots = [(row.stamp, row.root_id) for row in rows.execute(_roots(code))]
    if not roots:
        return []
    theirs = or_(*(and_(submission.c.stamp == stamp, submission.c.root_id == root) for stamp, root in roots))
    own = select(submission.c.scope).where(theirs)
    people = select(scope.c.id).where(scope.c.submission.in_(own))
    return sorted(rows.execute(union(own, people)).scalars())


def _roots(code: str) -> Select[tuple[str, str]]:
    """Return the query for stamp and root id of the submissions behind a code, however it is written."""
    as_alert = read(code, "AL")
    if as_alert is not None and read(code, "DK") is None:
        same = alert.c.filing_no == filing.c.filing_no
        return select(filing.c.stamp, filing.c.root_id).join(alert, same).where(alert.c.code == as_alert)
    return select(filing.c.stamp, filing.c.root_id).where(filing.c.case_code == (read(code, "DK") or code))


def units_of(rows: Rows, scopes: Iterable[str]) -> Iterator[Unit]:
    """Yield what some scopes belong to; a person's scope to what her submission does, one of no submission to nothing."""
    same = and_(
        submission.c.server == scope.c.server,
        submission.c.form == scope.c.form,
        submission.c.root_id == scope.c.root_id,
    )
    filed = and_(filing.c.stamp == submission.c.stamp, filing.c.root_id == submission.c.root_id)
    asked = (
        select(scope.c.id, filing.c.stamp, filing.c.root_id, filing.c.case_code, alert.c.code)
        .select_from(scope)
        .join(submission, same)
        .join(filing, filed)
        .outerjoin(alert, alert.c.filing_no == filing.c.filing_no)
        .distinct()
    )
    for row in rows.among(asked, scope.c.id, scopes):
        yield Unit(row.id, f"alert:{row.stamp}/{row.root_id}", row.code, row.case_code)


def labels_of(rows: Rows, lang: str) -> dict[tuple[str, str], str]:
    """Return entity and field -> label of its question in the newest form version that asks it."""
    found: dict[tuple[str, str], str] = {}
    statement = select(form_version.c.map).order_by(form_version.c.imported_at, form_version.c.version)
    for text in rows.execute(statement).scalars():
        for asked in read_map(text).questions:
            label = asked.en if lang == "en" else asked.fr
            if asked.entity and asked.field and label:
                found[asked.entity, asked.field] = label
    return found


def replaced(rows: Rows, versions: Iterable[str]) -> set[str]:
    """Return those of some versions (instance ids) in whose place a later edit stands, whatever server they came from."""
    named = sorted(set(versions))
    found = rows.execute(
        select(submission.c.instance_id, submission.c.current).where(submission.c.instance_id.in_(named))
    ).all()
    standing = {row.instance_id for row in found if row.current}
    return {row.instance_id for row in found} - standing
