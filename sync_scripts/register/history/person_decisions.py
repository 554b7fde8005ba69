"""What people decided about the people of a case, read from events: who was taken out, which records are one person. Writes nothing.

A decision about a person holds wherever the form is now: one that was taken in a case which the form has left is carried along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import func, literal, select

from sync_scripts.register.rules.retention import load
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import event as written

REDACT: Final = "person.redact"
"""The decision that one person is taken out of a case; it stands under the case."""
TAKEN_OUT: Final = "submission.redact"
"""What was taken out of one submission by it; it stands under the submission."""


def gone_by(events: Iterable[Event], uid: str, since: str) -> str | None:
    """Return when a person was taken out, the first time after an instant; None when she was not."""
    return next(
        (
            one.at
            for one in events
            if one.op == REDACT and one.payload["person_uid"] == uid and one.at > since
        ),
        None,
    )


def stood(events: Iterable[Event]) -> list[str]:
    """Return the levels of urgency that the rules had given a case when somebody was taken out of it."""
    return [one.payload["urgency"] for one in events if one.op == REDACT and one.payload.get("urgency")]


def taken_out(payload: Mapping[str, Any], entity: str, record: str, field: str) -> bool:
    """Tell whether an answer is among what an event `TAKEN_OUT` says was taken out.

    Args:
        payload: of the event: keys of rows that were emptied, and fields that were emptied elsewhere.
        entity: of the answer.
        record: key of its record; a choice or purpose stands behind a colon.
        field: its field.
    """
    name = f"{entity}.{field}"
    if name in load().keeps.always:
        return False
    rows: Sequence[str] = payload["rows"]
    return name in payload["fields"] or any(record == row or record.startswith(f"{row}:") for row in rows)


RECORD: Final = "consent.record"
WITHDRAW: Final = "consent.withdraw"
OVERRIDE: Final = "consent.override"
CONSENT_OPS: Final = frozenset({RECORD, WITHDRAW, OVERRIDE, REDACT})
"""Ops of the decisions about consents of a case."""
SAME: Final = "person.same"
"""Op of a decision on two records."""
INTO_CASE: Final = frozenset({"alert.open", "alert.link", "alert.move"})
"""Decisions that bring an alert into a case."""
KEEP: Final = "case.keep"
"""A form left a case: the case is kept as closely as before, and so is the one that gets the form. By rule."""
LEFT: Final = "case.left"
"""A form that takes no class along left a case for none; which one it was. By rule."""
REMINDERS: Final = "case.reminders"
"""A visit left a case for none by an edit: the reminders of its hearings and appeals, which stay. By rule."""


ABOUT_PEOPLE: Final = CONSENT_OPS | {SAME}
"""Ops of the decisions about one person of a case, and not about the case."""
_GOES_ALONG: Final = ABOUT_PEOPLE | {"evidence.move", "evidence.redacted", "incident.verify"}
"""And those about what an interview shows and tells of, which is named by an id that no other one has."""
_INTERVIEW: Final = "interview:"
_CASE: Final = "case:"


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
    person = tables.person.c
    for row in rows.among(select(person.case_code, person.uid), person.case_code, codes):
        found[row.case_code].add(row.uid)
    return found


def _kept(rows: Rows, codes: Collection[str]) -> dict[str, list[Event]]:
    """Return the events that say which case the interviews of some cases left, by the code of the case in which they are."""
    filing = tables.filing.c
    subject = literal(_INTERVIEW).concat(filing.stamp).concat("/").concat(filing.root_id)
    moved = select(written.c.subject, func.max(filing.case_code).label("code")).join(
        tables.filing, written.c.subject == subject
    )
    moved = moved.where(written.c.op == KEEP).group_by(written.c.subject)
    where = {row.subject: row.code for row in rows.among(moved, filing.case_code, codes)}
    found: dict[str, list[Event]] = defaultdict(list)
    for event in store_events.read(rows, subjects=list(where), ops=[KEEP]) if where else ():
        found[where[event.subject]].append(event)
    return found


def records_of_one(events: Iterable[Event], code: str, here: Collection[str] = ()) -> list[frozenset[str]]:
    """Return the records of a case that were decided to be one person, by uid, also through a third one.

    Of two that were in two cases when it was decided, both may be in this one by now: ``here`` are the uids in it.

    That two are not one is believed of a proved person only, once they were said to be one: it lets something leave.
    """
    pairs: set[frozenset[str]] = set()
    known = frozenset(here)
    for event in events:
        if event.op != SAME:
            continue
        pair = frozenset({event.payload["uid"], event.payload["other_uid"]})
        if event.payload["other_case"] != code and not pair <= known:
            continue
        if event.payload["decision"] == "same":
            pairs.add(pair)
        elif event.actor.proof == "key":
            pairs.discard(pair)
    groups: dict[str, frozenset[str]] = {}
    for pair in pairs:
        joined = pair.union(*(groups.get(uid, ()) for uid in pair))
        groups |= dict.fromkeys(joined, joined)
    return sorted(set(groups.values()), key=sorted)


def records_since(same: Sequence[Event], code: str, uid: str, here: Collection[str]) -> dict[str, str]:
    """Return the other records of a person in a case, each with the instant since which it is decided that it is her.

    Args:
        same: the decisions on two records, in order.
        code: of the case.
        uid: of one of her records.
        here: uids in the case.
    """
    since: dict[str, str] = {}
    for number, event in enumerate(same, 1):
        groups = records_of_one(same[:number], code, here)
        group = next((one for one in groups if uid in one), frozenset[str]())
        since = {one: since.get(one, event.at) for one in group if one != uid}
    return since
