"""For whom a shared register seals, as it says and as a laptop believes; and how a laptop comes to believe otherwise.

The server's administrator could change the row that names them. So each laptop keeps their fingerprint beside its own keys, and
refuses to open a register that names others, until a person who has asked whoever changed them says that they are right.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from sync_scripts.secrets import client
from sync_scripts.secrets.client import ClientKeys
from sync_scripts.store import custody
from sync_scripts.store.custody import Entry, Line
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import step, write_whole
from sync_scripts.store.schema.raw import custody as chain
from sync_scripts.store.seal.sealing import Recipients
from sync_scripts.store.workspace import DAY_AGE, VAULT_AGE, Unlocked, believed, settings_of

__all__ = ["Changed", "Seen", "accept", "lay", "seen", "trust"]


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of holders, as the chain tells it: when, by whom, why, and the fingerprint of those after it."""

    at: str
    actor: str
    reason: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Seen:
    """For whom a register seals, beside what this laptop believes.

    Attributes:
        now: as the register says, and its chain.
        here: fingerprints that this laptop believes.
        was: those of before, where this laptop believes something else and the chain still names them.
        changes: how it came from those to these, the oldest first.
    """

    now: Recipients
    here: tuple[str, ...]
    was: Recipients | None = None
    changes: tuple[Changed, ...] = ()

    @property
    def known(self) -> bool:
        """Tell whether this laptop believes what the register says."""
        return self.now.fingerprint in self.here


def seen(keys: Unlocked, register: Register) -> Seen:
    """Return both; a register in a file believes itself.

    Raises:
        ClientKeysDamaged: what this laptop believes cannot be read.
    """
    now = register.recipients
    if register.dialect == "sqlite":
        return Seen(now, (now.fingerprint,))
    here = believed(keys)
    if now.fingerprint in here:
        return Seen(now, here)
    with register.reading() as rows:
        told = [*_told(rows)]
    of_here = [number for number, (change, _) in enumerate(told) if change.fingerprint in here]
    if not of_here:
        return Seen(now, here, None, tuple(change for change, _ in told))
    last = of_here[-1]
    return Seen(now, here, told[last][1], tuple(change for change, _ in told[last + 1 :]))


def _told(rows: Rows) -> Iterator[tuple[Changed, Recipients]]:
    """Yield every naming of holders in the chain, the first one included."""
    asked = select(chain).where(chain.c.line.like('%"action":"KEYS_CHANGED"%')).order_by(chain.c.seq)
    for row in rows.stream(asked):
        said = Line(row.seq, row.line, row.hash).entry
        pairs = said["details"].get("recipients")
        if isinstance(pairs, list):
            named = Recipients.of({holder: key for holder, key in pairs})  # noqa: C416 - a list of two is no pair
            reason = str(said["details"].get("reason") or "")
            yield Changed(said["at"], said["actor"], reason, named.fingerprint), named


def accept(keys: Unlocked, register: Register, found: Seen, actor: Actor, now: datetime) -> None:
    """Let this laptop believe what was shown; first the line of the chain, so that nothing is believed without one."""
    details = {"accepted": True, "was": list(found.here), "workspace": register.workspace_id}
    entry = Entry("KEYS_CHANGED", actor.code, found.now.fingerprint, details)
    with register.writing() as rows:
        custody.append(rows, [entry], now)
    trust(keys, register, found.now)


def trust(keys: Unlocked, register: Register, *holders: Recipients) -> None:
    """Let this laptop open a shared register that names these holders: what it believes lies beside its own keys."""
    if register.dialect == "sqlite":
        return
    said = " ".join(one.fingerprint for one in holders)
    data = client.wrap(keys.day_key, keys.settings.id, ClientKeys(register.match_key, said))
    step("rewrap.file")
    write_whole(keys.root / client.FILE, data)


def lay(root: Path, register: Register) -> None:
    """Put ``day.age`` and ``vault.age`` beside the register as it holds them."""
    with register.reading() as rows:
        held = settings_of(rows)
    for name in (DAY_AGE, VAULT_AGE):
        data = base64.b64decode(held[name]) if name in held else None
        path = root / name
        if data is not None and (not path.exists() or path.read_bytes() != data):
            step("rewrap.file")
            write_whole(path, data)
