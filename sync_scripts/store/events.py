"""Events: decisions of people, and codes drawn once. With raw versions and rules they rebuild the register.

Append-only, numbered and hash-chained per workspace. The time of an event is never before that of any event that it
could have known, so all registers put them in one order: by time, then workspace, then number. Where a clock had been far ahead,
the time that an event counts from is another one than that of its place: see `event_times`.
What was received by such a clock counts from no later than when it was right again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Select, bindparam, func, literal, select

from sync_scripts.config import OWN_NAMES
from sync_scripts.store.canonical import canonical, encoded, instant, moment
from sync_scripts.store.database import PROGRAM, Actor, Rows
from sync_scripts.store.errors import ChainBroken
from sync_scripts.store.event_times import AHEAD, FEW, SECOND, Turn, counted, following
from sync_scripts.store.schema.raw import event, submission

START: Final = "0" * 64
KEY_GIVEN: Final = "key.slot"
"""Somebody set the passphrase of a worker's own key slot; the subject is the worker."""
REPLACED: Final = "replaced"
"""In the payload of `KEY_GIVEN`: somebody else set it, in the place of one that its owner had set."""
ACCOUNT: Final = "account"
"""Name in the payload of a person's event, on a database server: through which account it was written."""
HAND: Final = "typed_by"
"""Name in the payload of an event under a code that was only typed: whose key slot was open."""
CLOCK: Final = "clock"
"""Name in the payload of an event: the instant that it counts from, where its place is another one."""
ARRIVAL: Final = "arrival"
"""Name in the payload of a decision: the highest order of arrival that the register had given by then."""
UNBUILT: Final = "unbuilt"
"""Name in the payload of the orders of arrival below it that could not be built; it is there where there are any."""
SHOWN: Final = "shown"
"""Name in the payload of an event: up to which event whoever decided had seen the register, where that was not all before it. Kept as
`last` gives it; read, it is the instant that this event counts from."""
TURNED: Final = "clock.turned"
"""By rule: what was written before, with a clock that was ahead, cannot have happened after this."""
_THE_CLOCK: Final = "register:clock"


class NewEvent(msgspec.Struct, frozen=True):
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
    payload: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Event(msgspec.Struct, frozen=True):
    """A decision as it stands.

    Attributes:
        workspace, seq: its identity.
        at: instant that it counts from, as text that sorts as the events do.
        op, subject, payload, actor: as in `NewEvent`.
        hash: SHA-256 of its line, which holds the hash of the event before it.
        account: on a database server, the account through which a person wrote it; None in a file, of what a rule
            wrote, and of what was written before accounts were kept.
        A code that was only typed stands in ``actor`` with the hand that typed it.
    """

    workspace: str
    seq: int
    at: str
    op: str
    subject: str
    payload: dict[str, Any]
    actor: Actor
    hash: str
    account: str | None = None


def append(rows: Rows, events: Sequence[NewEvent], now: datetime) -> list[Event]:
    """Write decisions down in their order, in the caller's transaction; return them as they stand.

    Each is at least a microsecond after the last one in the register, so a clock set back changes no order; what it counts from
    is its own clock again once the register has turned (`turn_back`).

    Raises:
        TextIdentifies: as `write`.
    """
    return [_event(line, ()) for line in write(rows, events, now)]


def write(rows: Rows, events: Sequence[NewEvent], now: datetime) -> list[dict[str, Any]]:
    """Do as `append`, for many events that nobody looks at again; return their lines.

    Raises:
        TextIdentifies: what a person says in one of them points to somebody; none is written.
    """
    from sync_scripts.store.detectors import (
        require_plain,  # lists read events and write none: they load nothing for it
    )

    if not events:
        return []
    for new in events:
        if new.actor.proof != "rule":
            require_plain(new.op, new.payload)
    return _written(rows, events, now)


def _written(
    rows: Rows, events: Sequence[NewEvent], now: datetime, *, turns: bool = False
) -> list[dict[str, Any]]:
    own = rows.execute(_LAST, {"workspace": rows.workspace}).first()
    seq, prev = (0, START) if own is None else (own.seq, own.hash)
    counts, place = following(last(rows), now, turns=turns)
    lines: list[dict[str, Any]] = []
    for new in events:
        seq += 1
        said = dict(_with_account(rows, new))
        if counts != place:
            said[CLOCK] = instant(counts)
        line = {
            "workspace": rows.workspace,
            "seq": seq,
            "at": instant(place),
            "actor_code": new.actor.code,
            "proof": new.actor.proof,
            "op": new.op,
            "subject": new.subject,
            "payload": canonical(said),
        }
        prev = line["hash"] = _hash(line, prev)
        lines.append(line)
        counts, place = counts + timedelta(microseconds=1), place + timedelta(microseconds=1)
    rows.many(event, lines)
    return lines


def read(
    rows: Rows, *, subjects: Sequence[str] | None = None, ops: Sequence[str] | None = None
) -> Iterator[Event]:
    """Yield events in the one order: time, workspace, number.

    Args:
        rows: where from.
        subjects: only events about these; all if not given.
        ops: only these kinds; all if not given.
    """
    statement = _IN_ORDER if ops is None else _IN_ORDER.where(event.c.op.in_(ops))
    if subjects is None:
        turns = turns_of(rows)
        yield from (_event(dict(row._mapping), turns) for row in rows.stream(statement))  # noqa: SLF001 - as below
        return
    turns = turns_of(rows)
    found = rows.among(statement, event.c.subject, subjects)
    yield from [_event(row._asdict(), turns) for row in found]


def one_of(rows: Rows, workspace: str, seq: int) -> Event | None:
    """Return an event by its identity; None where there is none."""
    asked = select(event).where(event.c.workspace == workspace, event.c.seq == seq)
    found = rows.execute(asked).mappings().first()
    return _event(dict(found), turns_of(rows)) if found is not None else None


def any_of(rows: Rows, op: str) -> bool:
    """Tell whether there is an event of a kind; quick for the kinds that have an index of their own."""
    return rows.execute(_any(op)).first() is not None


@cache
def _any(op: str) -> Select[tuple[int]]:
    return select(event.c.seq).where(event.c.op == literal(op, literal_execute=True)).limit(1)


def check(rows: Rows) -> int:
    """Walk the chain of every workspace; return how many events there are.

    Raises:
        ChainBroken: an event does not follow from the one before it.
    """
    count, workspace, seq, prev = 0, "", 0, START
    for found in rows.stream(select(event).order_by(event.c.workspace, event.c.seq)):
        line = dict(found._mapping)  # noqa: SLF001 - the public name of a row's mapping
        if line["workspace"] != workspace:
            workspace, seq, prev = line["workspace"], 0, START
        seq += 1
        said = line.pop("hash")
        if line["seq"] != seq or said != _hash(line, prev):
            raise ChainBroken(chain="events", seq=seq)
        prev = said
        count += 1
    return count


def _with_account(rows: Rows, new: NewEvent) -> Mapping[str, Any]:
    """Return what an event says, of a person's the account that writes it, and of a typed code whose hand: in the chain, too."""
    said = dict(new.payload)
    if new.actor.proof != "rule" and rows.account is not None:
        said[ACCOUNT] = rows.account
    if new.actor.proof == "claimed" and new.actor.hand is not None:
        said[HAND] = new.actor.hand
    return said


# asked before every decision: put together once
_LAST: Final = (
    select(event.c.seq, event.c.hash)
    .where(event.c.workspace == bindparam("workspace"))
    .order_by(event.c.seq.desc())
    .limit(1)
)
_TURNS: Final = select(event.c.at, event.c.payload).where(event.c.subject == _THE_CLOCK, event.c.op == TURNED)
_IN_ORDER: Final = select(event).order_by(event.c.at, event.c.workspace, event.c.seq)
_NEWEST: Final = select(event.c.at, event.c.payload).order_by(event.c.at.desc()).limit(1)


def last(rows: Rows) -> tuple[str, str] | None:
    """Return from when the last event counts, whoever wrote it, and its place; None where there is none yet."""
    newest = rows.execute(_NEWEST).first()
    return None if newest is None else (_clock_of(newest.payload) or newest.at, newest.at)


def _clock_of(payload: str) -> str | None:
    """Return the instant that an event counts from, where it is kept; most payloads are not even read for it."""
    if f'"{CLOCK}"' not in payload:
        return None
    said: dict[str, Any] = msgspec.json.decode(payload)
    return said.get(CLOCK)


# --- a clock that was ahead ---------------------------------------------------------------------------------------


def ahead(rows: Rows, now: datetime) -> str | None:
    """Return from when the last event counts, where that is to come by more than clocks are apart; else None."""
    newest = last(rows)
    return newest[0] if newest is not None and moment(newest[0]) > now + FEW else None


def turn_back(rows: Rows, now: datetime) -> list[str]:
    """Let what was written with a clock that was far ahead count from now at the latest; return what it is about.

    So it is with submissions that were received by such a clock, see `receipts`. Whatever was derived from them has to be derived anew, in this transaction. Nothing happens, and nothing is returned, where the
    last event counts from no more than an hour ahead, or where this clock is not to be believed either: when a server has had
    something since, or there was nothing yet at the time that it shows.
    """
    newest = last(rows)
    if newest is None or moment(newest[0]) <= now + AHEAD or not _believed(rows, now):
        return []
    about = select(event.c.subject).where(event.c.at > instant(now)).distinct()
    sent = select(submission.c.stamp, submission.c.root_id).where(submission.c.received_at > instant(now))
    forms = (f"submission:{one.stamp}/{one.root_id}" for one in rows.execute(sent.distinct()))
    found = sorted({*rows.execute(about).scalars(), *forms})
    arrival = rows.execute(select(func.max(submission.c.arrival))).scalar() or 0
    said = {"from": newest[0], ARRIVAL: arrival}
    _written(rows, [NewEvent(TURNED, _THE_CLOCK, PROGRAM, said)], now, turns=True)
    rows.once.pop(TURNED, None)
    return found


def _believed(rows: Rows, now: datetime) -> bool:
    """Tell whether a clock that is behind the last event can be the right one, by when servers had forms."""
    received = submission.c.received_at
    # what is typed in here, or read from a folder, has the time of our own clock
    of_servers = submission.c.server.not_in(sorted(OWN_NAMES))
    had = select(func.max(received).label("last"), func.min(received).label("first")).where(of_servers)
    found = rows.execute(had).one()
    if found.last is not None and moment(found.last) > now + AHEAD:
        return False
    began = [
        one for one in (found.first, rows.execute(select(func.min(event.c.at))).scalar()) if one is not None
    ]
    return any(moment(one) <= now for one in began)


def turns_of(rows: Rows) -> Sequence[Turn]:
    """Return when the register turned, in that order; asked once a transaction."""
    if TURNED not in rows.once:
        rows.once[TURNED] = [_turn(rows, row.at, row.payload) for row in rows.execute(_TURNS).all()]
    found: Sequence[Turn] = rows.once[TURNED]
    return found


def _turn(rows: Rows, place: str, payload: str) -> Turn:
    at = moment(_clock_of(payload) or place)
    before = select(event.c.at).where(event.c.at >= instant(at - SECOND), event.c.at < place)
    return Turn(
        place,
        at,
        rows.execute(before.order_by(event.c.at)).scalars().all(),
        msgspec.json.decode(payload).get(ARRIVAL, 0),
    )


def counts_from(rows: Rows, line: Mapping[str, Any]) -> str:
    """Return from when an event counts, by its line."""
    return counted(line["at"], _clock_of(line["payload"]), turns_of(rows))


def _hash(line: Mapping[str, Any], prev: str) -> str:
    """Return SHA-256 of an event's canonical line: its columns but the hash, and the hash before it."""
    return hashlib.sha256(encoded({**line, "prev": prev})).hexdigest()


def _event(line: Mapping[str, Any], turns: Sequence[Turn]) -> Event:
    payload: dict[str, Any] = msgspec.json.decode(line["payload"])
    account, hand, clock = payload.pop(ACCOUNT, None), payload.pop(HAND, None), payload.pop(CLOCK, None)
    if SHOWN in payload:
        since, place = payload[SHOWN]
        payload[SHOWN] = counted(place, since, turns)
    return Event(
        workspace=line["workspace"],
        seq=line["seq"],
        at=counted(line["at"], clock, turns),
        op=line["op"],
        subject=line["subject"],
        payload=payload,
        actor=Actor(line["actor_code"], line["proof"], hand),
        hash=line["hash"],
        account=account,
    )


_AS_STORED: Final[Callable[[Row[Any]], str]] = attrgetter("received_at")


def receipts(rows: Rows) -> Callable[[Row[Any]], str]:
    """Return what gives, for a row of a submission with its order of arrival, the instant that it counts from, as text."""
    turns = [one for one in turns_of(rows) if one.arrival]
    if not turns:
        return _AS_STORED
    found: dict[str, str] = {}

    def since(row: Row[Any]) -> str:
        at: str = row.received_at
        later = [one for one in turns if row.arrival <= one.arrival and at > instant(one.at)]
        if not later:
            return at
        if at not in found:
            found[at] = _next_event(rows, at)
        return min(at, found[at], *(instant(one.at) for one in later))

    return since


def _next_event(rows: Rows, at: str) -> str:
    """Return from when the first event counts that has its place at an instant or after it; that instant where none has."""
    asked = (
        select(event).where(event.c.at >= at).order_by(event.c.at, event.c.workspace, event.c.seq).limit(1)
    )
    row = rows.execute(asked).mappings().first()
    return at if row is None else counts_from(rows, dict(row))
