"""Where both chains end, and what was left of that elsewhere: who writes the register again with its everyday key cannot write that.

A chain proves order only against a copy of its head that is kept where whoever holds the register does not write. What is left
is the bare hash of each chain and the time: it tells nobody what is in the register, nor how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import func, select

from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import custody as custody_lines
from sync_scripts.store.schema.raw import event


class Chain(msgspec.Struct, frozen=True):
    """Where a chain ended: its last number and that line's hash; ``workspace`` of decisions, "" of the chain of custody."""

    workspace: str
    seq: int
    hash: str


class Left(msgspec.Struct, frozen=True):
    """What was left at one time: the hash of the last line of the chain of custody, and of each workspace's last decision."""

    at: str
    custody: str
    decisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """How a register agrees with what was left of it.

    Attributes:
        looked_at: so many times something was left.
        wrong: of each chain that differs, its name, the number and time of the last head that agrees before the first one that
            does not, and the time of that one.
        restored: so many differ because an older copy was put back since, as the chain of custody says.
    """

    looked_at: int
    wrong: tuple[str, ...]
    restored: int


def chains(rows: Rows) -> tuple[Chain, ...]:
    """Return where the chains end."""
    last = custody.head(rows)
    ends = (
        select(event.c.workspace, func.max(event.c.seq).label("seq")).group_by(event.c.workspace).subquery()
    )
    same = (event.c.workspace == ends.c.workspace) & (event.c.seq == ends.c.seq)
    found = rows.execute(select(event.c.workspace, event.c.seq, event.c.hash).join(ends, same))
    decided = sorted(
        (Chain(row.workspace, row.seq, row.hash) for row in found), key=lambda one: one.workspace
    )
    return (*([Chain("", last.seq, last.hash)] if last else []), *decided)


def to_leave(ends: Sequence[Chain], now: datetime) -> Left:
    """Return what is left of the ends of the chains."""
    (own,) = (one.hash for one in ends if not one.workspace)
    return Left(instant(now), own, tuple(one.hash for one in ends if one.workspace))


def render(left: Iterable[Left]) -> bytes:
    """Return what was left, one line for each time."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in left)


def parse(data: bytes) -> Iterator[Left]:
    """Yield what was left; what a worn stick made of a line proves nothing and is passed over."""
    for line in data.splitlines():
        try:
            yield msgspec.json.decode(line, type=Left)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
            continue


_RESTORED: Final = '"action":"RESTORED"'


def compare(rows: Rows, left: Iterable[Left]) -> Compared:
    """Compare a register, whose chains hold, with what was left of it, at whatever places, in the order of time."""
    ordered = sorted(left, key=lambda one: one.at)
    asked = (
        ("custody", select(custody_lines.c.hash, custody_lines.c.seq), custody_lines.c.hash),
        ("events", select(event.c.hash, event.c.seq), event.c.hash),
    )
    said = {
        "custody": sorted({one.custody for one in ordered}),
        "events": sorted({name for one in ordered for name in one.decisions}),
    }
    held = {
        chain: {row.hash: row.seq for row in rows.among(statement, column, said[chain])}
        for chain, statement, column in asked
    }
    put_back = list(_put_back(rows))
    agreed: dict[str, tuple[int, str]] = {}
    wrong: dict[str, str] = {}
    restored = 0
    for one in ordered:
        differs = False
        for chain, hashes in (("custody", (one.custody,)), ("events", one.decisions)):
            numbers = [held[chain][name] for name in hashes if name in held[chain]]
            if len(numbers) == len(hashes):
                agreed[chain] = (max(numbers, default=0), one.at)
            elif any(was < one.at <= at for was, at in put_back):
                differs = True
            else:
                seq, since = agreed.get(chain, (0, ""))
                wrong.setdefault(chain, f"{chain} {seq} {since[:16]}/{one.at[:16]}")
        restored += differs
    return Compared(len(ordered), tuple(wrong.values()), restored)


def _put_back(rows: Rows) -> Iterator[tuple[str, str]]:
    """Yield from when each copy was that was put back, and when it was."""
    asked = select(custody_lines).where(custody_lines.c.line.contains(_RESTORED))
    for row in rows.execute(asked.order_by(custody_lines.c.seq)):
        entry = custody.Line(row.seq, row.line, row.hash).entry
        yield str(entry["details"].get("was", "")), str(entry["at"])
