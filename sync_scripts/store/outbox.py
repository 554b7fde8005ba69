"""The outbox: what is to be told to whom, written in the transaction of its reason; whether anybody is told at all. Sends nothing.

A row names a destination of ``dikalo.toml``; where that is reached is a login and is kept with the logins. What a row
says is a reason, a level, a region and a due time. What it is about stays in the register and in no message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import ColumnElement, select, update
from sqlalchemy import Row as SqlRow

from sync_scripts.config import COORDINATOR, LEVELS, NotifySettings
from sync_scripts.errors import DikaloError
from sync_scripts.store import logins
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema.raw import outbox

AHEAD: Final = timedelta(minutes=10)
"""How far two clocks may differ: what was written later than that by a clock that ran ahead silences nothing."""
AGAIN: Final = timedelta(hours=6)
"""For how long the same reason of one level is not told to one destination again."""


class Notice(msgspec.Struct, frozen=True):
    """Something that somebody should know.

    Attributes:
        reason: code of its kind, as the rules name it.
        level: urgency, one of `LEVELS`.
        subject: what it is about, ``entity:id``; stays in the register.
        region: P-code, None when nobody knows.
        due_at: instant, None when nothing is due.
        roles: roles of the destinations that get it; where none does, the coordinators.
        step: tells apart what happens to one subject more than once; each step is told once, ever.
        timed: a time that came is its reason: told before it, by a clock that ran ahead, it is told again.
    """

    reason: str
    level: str
    subject: str
    region: str | None = None
    due_at: str | None = None
    roles: tuple[str, ...] = (COORDINATOR,)
    step: str = ""
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox. Instants are text."""

    id: str
    destination: str
    reason: str
    level: str
    subject: str
    region: str | None
    due_at: str | None
    state: str
    not_before: str
    attempts: int
    last_status: str | None
    reference: str | None
    created_at: str
    tried_at: str | None
    sent_at: str | None


class _Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    region: str | None = None
    due_at: str | None = None


def put(rows: Rows, notices: Iterable[Notice], now: datetime) -> int:
    """Write down what is to be told to the destinations of this workspace; return how many rows are new.

    The same reason of the same level is not written again for a destination within six hours; a step of one subject
    is written once, and says by itself that its subject is of that level. What no destination of its role gets, as there is none for its level and region, goes to the coordinators.
    """
    fresh = _fresh(rows, notices, now)
    rows.many(outbox, fresh)
    return len(fresh)


def would(rows: Rows, notices: Iterable[Notice], now: datetime) -> int:
    """Return how many rows `put` would write now; writes nothing."""
    return len(_fresh(rows, notices, now))


def _fresh(rows: Rows, notices: Iterable[Notice], now: datetime) -> list[dict[str, object]]:
    wanted = {
        _key(one, notice): (one, notice)
        for notice in notices
        for one in _receivers(rows.destinations, notice)
    }
    told: defaultdict[str, list[SqlRow[Any]]] = defaultdict(list)
    for row in rows.among(_TOLD, outbox.c.dedupe_key, wanted):
        told[row.dedupe_key].append(row)
    fresh = {
        key: (one, notice)
        for key, (one, notice) in wanted.items()
        if not any(_tells(row, notice, now) for row in told[key])
    }
    said = _levels_said(fresh.values())
    return [
        _line(one, notice, key, now)
        for key, (one, notice) in fresh.items()
        if notice.step or said.get(_matter(one, notice), -1) < LEVELS.index(notice.level)
    ]


def _levels_said(fresh: Iterable[tuple[NotifySettings, Notice]]) -> dict[tuple[str, str, str], int]:
    """Return of which level each destination is told by a step, by what it is about: nobody is told of that level alone beside it."""
    said: dict[tuple[str, str, str], int] = {}
    for one, notice in ((one, notice) for one, notice in fresh if notice.step):
        matter = _matter(one, notice)
        said[matter] = max(LEVELS.index(notice.level), said.get(matter, -1))
    return said


def _matter(one: NotifySettings, notice: Notice) -> tuple[str, str, str]:
    return one.name, notice.reason, notice.subject


_TOLD: Final = select(outbox.c.dedupe_key, outbox.c.created_at, outbox.c.state).where(
    outbox.c.state != "cancelled"
)


def _receivers(destinations: Iterable[NotifySettings], notice: Notice) -> list[NotifySettings]:
    """Return who gets it: those of its roles, else the coordinators; nobody's silence keeps it from both."""
    known = tuple(destinations)
    found = [one for one in known if _for(one, notice, notice.roles)]
    return found or [one for one in known if _for(one, notice, (COORDINATOR,))]


def waiting(rows: Rows) -> list[Waiting]:
    """Return what waits to be sent, in the order in which it was written; whether its time has come is not asked."""
    return _read(rows, ("waiting",))


def listed(rows: Rows) -> list[Waiting]:
    """Return everything, the oldest first."""
    return _read(rows, ("waiting", "sent", "given_up", "cancelled"))


def mark(
    rows: Rows,
    ids: Sequence[str],
    state: Literal["waiting", "sent", "given_up"],
    status: str,
    now: datetime,
    *,
    not_before: datetime,
    reference: str | None = None,
    counted: bool = True,
) -> None:
    """Write down how a try to send some rows ended; one more attempt is counted, if it is one of those that are.

    What was taken back or sent meanwhile, by another laptop on the same register, is left as it is: the outcome of a
    try must not bring back what somebody withdrew.
    """
    values = {
        "state": state,
        "attempts": outbox.c.attempts + int(counted),
        "last_status": status,
        "tried_at": instant(now),
        "not_before": instant(not_before),
        "sent_at": instant(now) if state == "sent" else None,
        "reference": reference,
    }
    rows.execute(update(outbox).where(outbox.c.id.in_(ids), outbox.c.state == "waiting").values(values))


def hasten(rows: Rows, destination: str, now: datetime) -> None:
    """Let what waits for a destination go at the next flush, as what it failed for was mended; its tries stay counted."""
    mine = (outbox.c.state == "waiting", outbox.c.destination == destination)
    rows.execute(
        update(outbox).where(*mine, outbox.c.not_before > instant(now)).values(not_before=instant(now))
    )


def keys(destinations: Iterable[NotifySettings], notices: Iterable[Notice]) -> set[str]:
    """Return the keys of what some notices would be to those destinations that get them."""
    known = tuple(destinations)
    return {_key(one, notice) for notice in notices for one in _receivers(known, notice)}


def given_up(rows: Rows, destination: str, status: str | None = None) -> list[tuple[str, Waiting]]:
    """Return what was given up for a destination, each with its key; of a status, only what failed for that at last.

    Not what was told since: a later message about the same, of one level, was sent or waits.
    """
    lost = [outbox.c.destination == destination, outbox.c.state == "given_up"]
    lost += [outbox.c.last_status == status] if status is not None else []
    keyed = {
        row.id: row.dedupe_key for row in rows.execute(select(outbox.c.id, outbox.c.dedupe_key).where(*lost))
    }
    if not keyed:
        return []
    mine = [one for one in listed(rows) if one.destination == destination]
    told = {_about(one): one.created_at for one in mine if one.state in {"waiting", "sent"}}
    return [
        (keyed[one.id], one)
        for one in mine
        if one.id in keyed and told.get(_about(one), "") <= one.created_at
    ]


def _about(one: Waiting) -> tuple[str, str, str]:
    return one.reason, one.level, one.subject


def revive(rows: Rows, ids: Collection[str], now: datetime) -> int:
    """Let what was given up wait again, with all its tries; return how many rows. What was sent or waits is left as it is."""
    mine = (outbox.c.state == "given_up", outbox.c.id.in_(sorted(ids)))
    again = {"state": "waiting", "attempts": 0, "not_before": instant(now)}
    return int(rows.execute(update(outbox).where(*mine).values(again)).rowcount)


def cancel(rows: Rows, subjects: Collection[str]) -> int:
    """Take back what waits about some subjects; return how many rows. What was sent cannot be taken back."""
    return _cancel(rows, outbox.c.subject.in_(sorted(subjects)))


def cancel_past(rows: Rows, standing: Collection[Notice], reasons: Collection[str]) -> int:
    """Take back what waits for some reasons about what no notice that stands is about; return how many rows."""
    still = {(one.reason, one.subject) for one in standing}
    past = [
        one.id for one in waiting(rows) if one.reason in reasons and (one.reason, one.subject) not in still
    ]
    return _cancel(rows, outbox.c.id.in_(past))


def _cancel(rows: Rows, which: ColumnElement[bool]) -> int:
    done = rows.execute(update(outbox).where(outbox.c.state == "waiting", which).values(state="cancelled"))
    return int(done.rowcount)


def _for(one: NotifySettings, notice: Notice, roles: Collection[str]) -> bool:
    return (
        one.role in roles
        and LEVELS.index(notice.level) >= LEVELS.index(one.level)
        and (not one.regions or notice.region is None or notice.region in one.regions)
    )


def _key(one: NotifySettings, notice: Notice) -> str:
    return f"{one.name}|{notice.reason}|{notice.level}|{notice.subject}|{notice.step}"


def _tells(row: SqlRow[Any], notice: Notice, now: datetime) -> bool:
    """Tell whether a row that was not taken back says what a notice does."""
    created_at, state = str(row.created_at), str(row.state)
    by_now = created_at <= instant(now + AHEAD)
    if notice.step:
        return by_now or (state == "sent" and not notice.timed)
    return by_now and created_at > instant(now - AGAIN)


def _line(one: NotifySettings, notice: Notice, key: str, now: datetime) -> dict[str, object]:
    return {
        "id": token_hex(8),
        "destination": one.name,
        "reason": notice.reason,
        "level": notice.level,
        "params": canonical({"region": notice.region, "due_at": notice.due_at}),
        "subject": notice.subject,
        "dedupe_key": key,
        "state": "waiting",
        "not_before": instant(now),
        "attempts": 0,
        "last_status": None,
        "reference": None,
        "created_at": instant(now),
        "tried_at": None,
        "sent_at": None,
    }


def _read(rows: Rows, states: Sequence[str]) -> list[Waiting]:
    asked = select(outbox).where(outbox.c.state.in_(states)).order_by(outbox.c.created_at, outbox.c.id)
    found = []
    for row in rows.execute(asked).mappings():
        said = msgspec.json.decode(row["params"], type=_Params)
        names = [name for name in Waiting.__slots__ if name not in {"region", "due_at"}]
        found.append(Waiting(region=said.region, due_at=said.due_at, **{name: row[name] for name in names}))
    return found


Silence = Literal["no_destination", "no_address", "no_region"]
"""Why nobody is told of a critical alert: none of the role coordinator is in the settings, none of these has an address here, or
none that has one is for the region of something that is critical or late."""


def silence(register: Register, settings: Iterable[NotifySettings]) -> Silence | None:
    """Return why nobody is told from this workspace, whatever the region; None where somebody is. In a demonstration nobody is to be."""
    if register.demo:
        return None
    told = [one for one in settings if one.role == COORDINATOR]
    if not told:
        return "no_destination"
    return "no_address" if len(without_address(register, told)) == len(told) else None


def without_address(register: Register, settings: Iterable[NotifySettings]) -> list[str]:
    """Return the names of the destinations to which nothing can be sent from here; no keyring is asked."""
    return [one.name for one in settings if not _kept(register, one.name)]


def _kept(register: Register, name: str) -> bool:
    try:
        return logins.where(register, name, "notify") is not None
    except DikaloError:  # the file of logins is damaged: so nothing can be sent
        return False
