"""What was decided about people in a case that their form has left: it holds for them wherever the form is now. Writes nothing.

A decision stands under the case in which it was made. When a form goes to another case, the event by rule that keeps both as
closely says which one it left (`moved_submissions`), and what was decided there by then is found through it. What is decided there later
is about others, so a case depends on nothing that can still change in another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import func, literal, select

from sync_scripts.register.history.ops import CONSENT_OPS, KEEP, SAME
from sync_scripts.register.history.redactions import REDACT
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events as store_events
from sync_scripts.store.history.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import event as written

__all__ = ["ABOUT_PEOPLE", "Stay", "brought", "decided_about", "gone_elsewhere", "stays"]

ABOUT_PEOPLE: Final = CONSENT_OPS | {SAME}
"""Ops of the decisions about one person of a case, and not about the case."""
_GOES_ALONG: Final = ABOUT_PEOPLE | {"evidence.move", "evidence.redacted", "incident.verify"}
"""And those about what an interview shows and tells of, which is named by an id that no other one has."""
_INTERVIEW: Final = "interview:"
_CASE: Final = "case:"
_CHUNK: Final = 500  # codes in one question


class Stay(msgspec.Struct, frozen=True):
    """That an interview was in another case.

    Attributes:
        unit: of that case.
        until: instant at which it left.
        receivers: who outside had heard of somebody of whom it tells, by a service: as `moved_submissions` wrote it down.
        people: uids of those of whom it tells.
    """

    unit: str
    until: str
    receivers: tuple[Mapping[str, Any], ...] = ()
    people: tuple[str, ...] = ()


def stays(said: Iterable[Event], unit: str) -> list[Stay]:
    """Return where the interviews of a case were before, from what was decided about them, in order; never the case itself."""
    return [
        Stay(
            f"{_CASE}{one.payload['case_code']}",
            one.at,
            tuple(one.payload.get("receivers", ())),
            tuple(one.payload.get("people", ())),
        )
        for one in said
        if one.op == KEEP
        and one.subject.startswith(_INTERVIEW)
        and one.payload.get("case_code")
        and f"{_CASE}{one.payload['case_code']}" != unit
    ]


def brought(
    left: Iterable[Stay], happened: Mapping[str, Sequence[Event]], here: Collection[str]
) -> list[Event]:
    """Return what was decided about people, evidence and incidents in the cases that their forms left, until they did.

    Each once, in order.

    Args:
        left: where the interviews of one case were before.
        happened: what was decided about those cases, by unit.
        here: uids of those of whom the forms in this case tell, where an event of an earlier version names nobody.
    """
    found = {
        (one.workspace, one.seq): one
        for stay in left
        for one in happened.get(stay.unit, ())
        if one.op in _GOES_ALONG and one.at <= stay.until and _of_them(one, stay.people or here)
    }
    return sorted(found.values(), key=lambda one: (one.at, one.workspace, one.seq))


def _of_them(one: Event, people: Collection[str]) -> bool:
    """Tell whether a decision is about one of some people; who was taken out may be told of by no form any more."""
    if one.op not in ABOUT_PEOPLE or one.op == REDACT:
        return True
    return any(one.payload.get(name) in people for name in ("person_uid", "uid", "other_uid"))


def gone_elsewhere(events: Iterable[Event]) -> dict[str, str]:
    """Return when the form that tells of somebody left a case, the last time, by her uid: what is owed to her is owed there."""
    return {uid: one.at for one in events if one.op == KEEP for uid in one.payload.get("people", ())}


# --- read from the register ---------------------------------------------------------------------------------------


def decided_about(rows: Rows, codes: Collection[str], ops: Sequence[str]) -> dict[str, list[Event]]:
    """Return what was decided about the people of some cases, there and where their forms were before, by code, in order.

    Args:
        rows: the register.
        codes: of cases; one about which nothing was decided is not in the answer.
        ops: some of `ABOUT_PEOPLE`.
    """
    found: dict[str, list[Event]] = defaultdict(list)
    for event in store_events.read(rows, subjects=[f"{_CASE}{code}" for code in codes], ops=ops):
        found[event.subject.removeprefix(_CASE)].append(event)
    left = {
        code: some for code, said in _kept(rows, codes).items() if (some := stays(said, f"{_CASE}{code}"))
    }
    happened: dict[str, list[Event]] = defaultdict(list)
    units = {one.unit for some in left.values() for one in some}
    for event in store_events.read(rows, subjects=sorted(units), ops=ops) if units else ():
        happened[event.subject].append(event)
    here = _people(rows, left) if left else {}
    for code, some in left.items():
        if came := brought(some, happened, here.get(code, ())):
            every = [*found.get(code, ()), *came]
            found[code] = sorted(every, key=lambda one: (one.at, one.workspace, one.seq))
    return dict(found)


def _people(rows: Rows, codes: Iterable[str]) -> dict[str, set[str]]:
    """Return the uids of those of whom the forms of some cases tell, by code."""
    found: dict[str, set[str]] = defaultdict(set)
    person, every = tables.person.c, sorted(codes)
    for start in range(0, len(every), _CHUNK):
        asked = select(person.case_code, person.uid).where(
            person.case_code.in_(every[start : start + _CHUNK])
        )
        for row in rows.execute(asked):
            found[row.case_code].add(row.uid)
    return found


def _kept(rows: Rows, codes: Collection[str]) -> dict[str, list[Event]]:
    """Return the events that say which case the interviews of some cases left, by the code of the case in which they are."""
    filing = tables.filing.c
    subject = literal(_INTERVIEW).concat(filing.stamp).concat("/").concat(filing.root_id)
    moved = select(written.c.subject, func.max(filing.case_code).label("code")).join(
        tables.filing, written.c.subject == subject
    )
    moved = moved.where(written.c.op == KEEP)
    every = sorted(codes)
    where = {
        row.subject: row.code
        for start in range(0, len(every), _CHUNK)
        for row in rows.execute(
            moved.where(filing.case_code.in_(every[start : start + _CHUNK])).group_by(written.c.subject)
        )
    }
    found: dict[str, list[Event]] = defaultdict(list)
    for event in store_events.read(rows, subjects=list(where), ops=[KEEP]) if where else ():
        found[where[event.subject]].append(event)
    return found
