"""The chain of custody: what was done with raw bytes and sealed things, one canonical line each, chained by hash.

Append-only, one chain a register, no gap. A line holds codes, counts and hashes of sealed bytes, never an answer.
The chain proves the order of things only against a copy of its head kept elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import msgspec
from sqlalchemy import select

from sync_scripts.store.canonical import encoded, instant
from sync_scripts.store.database import Rows
from sync_scripts.store.errors import ChainBroken
from sync_scripts.store.schema.raw import custody

Action: TypeAlias = Literal[
    "RECEIVED",
    "DECRYPTED",
    "INTEGRITY",
    "OPENED",
    "EXPORTED",
    "SHARED",
    "REDACTED",
    "ERASED",
    "TRANSFERRED",
    "SEALED",
    "KEYS_CHANGED",
    "RESTORED",
    "VERIFIED",
]

START: Final = "0" * 64


class Entry(msgspec.Struct, frozen=True):
    """One thing to write down.

    Attributes:
        action: what was done.
        actor: code of the worker, or ``dikalo``.
        object: commitment or SHA-256 of sealed bytes, or the id of what it is about.
        details: codes, counts and hashes of sealed bytes; never an answer, never a file name.
    """

    action: Action
    actor: str
    object: str
    details: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Line(msgspec.Struct, frozen=True):
    """One line as it stands in the chain; ``text`` are its exact bytes."""

    seq: int
    text: str
    hash: str

    @property
    def entry(self) -> dict[str, Any]:
        """The line decoded: action, actor, at, details, object, prev, seq."""
        decoded: dict[str, Any] = msgspec.json.decode(self.text)
        return decoded


def append(rows: Rows, entries: Sequence[Entry], now: datetime) -> None:
    """Write entries down at the end of the chain, in their order, in the caller's transaction."""
    if not entries:
        return
    last = head(rows)
    seq, prev = (last.seq, last.hash) if last else (0, START)
    at = instant(now)
    lines = []
    for entry in entries:
        seq += 1
        line = encoded(
            {
                "action": entry.action,
                "actor": entry.actor,
                "at": at,
                "details": entry.details,
                "object": entry.object,
                "prev": prev,
                "seq": seq,
            }
        )
        prev = hashlib.sha256(line).hexdigest()
        lines.append({"seq": seq, "line": line.decode(), "hash": prev})
    rows.many(custody, lines)


_LAST: Final = select(custody).order_by(custody.c.seq.desc()).limit(1)


def head(rows: Rows) -> Line | None:
    """Return the last line, or None for an empty chain."""
    found = rows.execute(_LAST).first()
    return Line(found.seq, found.line, found.hash) if found else None


def read(rows: Rows, *, after: int = 0) -> Iterator[Line]:
    """Yield the lines behind number ``after``, in order, without holding them all."""
    statement = select(custody).where(custody.c.seq > after).order_by(custody.c.seq)
    for found in rows.stream(statement):
        yield Line(found.seq, found.line, found.hash)


def check(rows: Rows) -> int:
    """Walk the whole chain; return how many lines it has.

    Raises:
        ChainBroken: a line does not follow from the one before it.
    """
    seq, prev = 0, START
    for line in read(rows):
        seq += 1
        digest = hashlib.sha256(line.text.encode()).hexdigest()
        if line.seq != seq or line.hash != digest or not _names(line, seq, prev):
            raise ChainBroken(chain="custody", seq=seq)
        prev = digest
    return seq


def _names(line: Line, seq: int, prev: str) -> bool:
    try:
        entry = line.entry
    except msgspec.DecodeError:
        return False
    return entry.get("seq") == seq and entry.get("prev") == prev
