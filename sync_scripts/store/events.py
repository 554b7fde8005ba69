"""Events: decisions of people, and codes drawn once. With raw versions and rules they rebuild the register.

Append-only, numbered and hash-chained per workspace. The time of an event is never before that of any event that it
could have known, so all registers put them in one order: by time, then workspace, then number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Row, func, select

from sync_scripts.store.canonical import canonical, instant, moment
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.errors import ChainBroken
from sync_scripts.store.schema.raw import event

START: Final = "0" * 64
_CHUNK: Final = 500  # bound values in one IN


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A decision to be written down.

    Attributes:
        op: what was decided: ``alert.triage``, ``case.open``.
        subject: what it is about: ``entity:id``.
        payload: old and new values up to level 2; nothing sealed.
        actor: who, and how that was proved.
    """

    op: str
    subject: str
    actor: Actor
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A decision as it stands.

    Attributes:
        workspace, seq: its identity.
        at: instant, as text that sorts.
        op, subject, payload, actor: as in `NewEvent`.
        hash: SHA-256 of its line, which holds the hash of the event before it.
    """

    workspace: str
    seq: int
    at: str
    op: str
    subject: str
    payload: dict[str, Any]
    actor: Actor
    hash: str


def append(rows: Rows, events: Sequence[NewEvent], now: datetime) -> list[Event]:
    """Write decisions down in their order, in the caller's transaction; return them as they stand.

    Each is at least a microsecond after the last one in the register, so a clock set back changes no order.
    """
    if not events:
        return []
    seq, prev = _last(rows)
    at = _earliest(rows, now)
    made, lines = [], []
    for new in events:
        seq += 1
        payload = canonical(new.payload)
        prev = _hash(rows.workspace, seq, instant(at), new, payload, prev)
        lines.append(_line(rows.workspace, seq, instant(at), new, payload, prev))
        made.append(
            Event(rows.workspace, seq, instant(at), new.op, new.subject, dict(new.payload), new.actor, prev)
        )
        at += timedelta(microseconds=1)
    rows.many(event, lines)
    return made


def read(
    rows: Rows, *, subjects: Sequence[str] | None = None, ops: Sequence[str] | None = None
) -> Iterator[Event]:
    """Yield events in the one order: time, workspace, number.

    Args:
        rows: where from.
        subjects: only events about these; all if not given.
        ops: only these kinds; all if not given.
    """
    statement = select(event).order_by(event.c.at, event.c.workspace, event.c.seq)
    if ops is not None:
        statement = statement.where(event.c.op.in_(ops))
    if subjects is None:
        yield from map(_event, rows.stream(statement))
        return
    wanted = sorted(set(subjects))
    found = [
        _event(row)
        for start in range(0, len(wanted), _CHUNK)
        for row in rows.stream(statement.where(event.c.subject.in_(wanted[start : start + _CHUNK])))
    ]
    yield from sorted(found, key=lambda one: (one.at, one.workspace, one.seq))


def check(rows: Rows) -> int:
    """Walk the chain of every workspace; return how many events there are.

    Raises:
        ChainBroken: an event does not follow from the one before it.
    """
    count, workspace, seq, prev = 0, "", 0, START
    for found in rows.stream(select(event).order_by(event.c.workspace, event.c.seq)):
        if found.workspace != workspace:
            workspace, seq, prev = found.workspace, 0, START
        seq += 1
        new = NewEvent(found.op, found.subject, Actor(found.actor_code, found.proof))
        if found.seq != seq or found.hash != _hash(workspace, seq, found.at, new, found.payload, prev):
            raise ChainBroken(chain="events", seq=seq)
        prev = found.hash
        count += 1
    return count


def _last(rows: Rows) -> tuple[int, str]:
    mine = select(event.c.seq, event.c.hash).where(event.c.workspace == rows.workspace)
    found = rows.execute(mine.order_by(event.c.seq.desc()).limit(1)).first()
    return (found.seq, found.hash) if found else (0, START)


def _earliest(rows: Rows, now: datetime) -> datetime:
    last = rows.execute(select(func.max(event.c.at))).scalar()
    return now if last is None else max(now, moment(last) + timedelta(microseconds=1))


def _hash(workspace: str, seq: int, at: str, new: NewEvent, payload: str, prev: str) -> str:
    whole = {
        "actor": new.actor.code,
        "at": at,
        "op": new.op,
        "payload": payload,
        "prev": prev,
        "proof": new.actor.proof,
        "seq": seq,
        "subject": new.subject,
        "workspace": workspace,
    }
    return hashlib.sha256(canonical(whole).encode()).hexdigest()


def _line(workspace: str, seq: int, at: str, new: NewEvent, payload: str, digest: str) -> dict[str, Any]:
    return {
        "workspace": workspace,
        "seq": seq,
        "at": at,
        "actor_code": new.actor.code,
        "proof": new.actor.proof,
        "op": new.op,
        "subject": new.subject,
        "payload": payload,
        "hash": digest,
    }


def _event(row: Row[Any]) -> Event:
    return Event(
        workspace=row.workspace,
        seq=row.seq,
        at=row.at,
        op=row.op,
        subject=row.subject,
        payload=msgspec.json.decode(row.payload),
        actor=Actor(row.actor_code, row.proof),
        hash=row.hash,
    )
