"""For whom a register seals, as it says and as a worker's slot knows; and how a slot comes to know others.

Whoever has the everyday key, or administers a shared database, can change the row that names them. So each slot says which holders
its worker knows, and follows what the vault's key signed (`pinning`). Other holders are refused until a person who has asked
whoever changed them says that they are right.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from sync_scripts.secrets import slots
from sync_scripts.secrets.slots import Pinned
from sync_scripts.store import custody
from sync_scripts.store.custody import Entry, Line
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import step, write_whole
from sync_scripts.store.schema.raw import custody as chain
from sync_scripts.store.seal import pinning
from sync_scripts.store.seal.sealing import Recipients, seal_to
from sync_scripts.store.workspace import DAY_AGE, VAULT_AGE, Unlocked, read_slots, settings_of


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of holders, as the chain tells it: when, by whom, why, and the fingerprint of those after it."""

    at: str
    actor: str
    reason: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Seen:
    """For whom a register seals, beside what the slot that was opened knows.

    Attributes:
        now: as the register says, and its chain.
        here: fingerprint that the slot knows.
        was: those of before, where the slot knows something else and the chain still names them.
        changes: how it came from those to these, the oldest first.
    """

    now: Recipients
    here: str
    was: Recipients | None = None
    changes: tuple[Changed, ...] = ()

    @property
    def known(self) -> bool:
        """Tell whether the slot knows what the register says."""
        return self.now.fingerprint == self.here


def seen(keys: Unlocked, register: Register) -> Seen:
    """Return both."""
    now = register.recipients
    if register.unsure is None or keys.pinned is None:
        return Seen(now, now.fingerprint)
    here = keys.pinned.holders
    with register.reading() as rows:
        told = [*_told(rows)]
    of_here = [number for number, (change, _) in enumerate(told) if change.fingerprint == here]
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


def accept(
    keys: Unlocked, register: Register, found: Seen, actor: Actor, now: datetime, *, vault: str = ""
) -> None:
    """Let the slot know what was shown; first the line of the chain, so that nothing is believed without one.

    ``vault``: secret of the vault's key of now, where it is at hand: then the slot follows again what that key signs.
    """
    details = {"accepted": True, "was": [found.here], "workspace": register.workspace_id}
    entry = Entry("KEYS_CHANGED", actor.code, found.now.fingerprint, details)
    with register.writing() as rows:
        custody.append(rows, [entry], now)
    know_holders(keys, register, accepted=found, vault=vault)


def follows(keys: Unlocked, vault: str) -> bool:
    """Tell whether the slot that was opened follows what the vault's key of this secret signs; also where it is not at hand."""
    return not vault or (keys.pinned is not None and keys.pinned.signer == pinning.signer_of(vault))


def know_holders(
    keys: Unlocked, register: Register, *, accepted: Seen | None = None, vault: str = ""
) -> None:
    """Let the slot that was opened say for whom the register seals by now, so that it never goes back to holders of before.

    With others this folder's ``day.age`` and ``vault.age`` become those of the register, too: a paper that was replaced opens no copy
    any more, and the new one does. The caller holds the lock of the workspace. Nothing is done where the slot says so already; it is
    not written where its passphrase was not typed.

    Args:
        keys: the workspace, opened by the slot.
        register: the open register.
        accepted: what a person compared and said to be right, and the slot does not know yet. Nobody compared who signs the next
            naming: the signer of before goes on where the vault's key is the same, else nobody is followed until it is accepted, too.
        vault: secret of the vault's key of now, with which who signs need not be believed.
    """
    if keys.pinned is None:
        return
    with register.reading() as rows:
        held = settings_of(rows)
    statements = pinning.parse(held.get(pinning.STATEMENTS))
    if accepted is not None:
        same_vault = accepted.known or (
            accepted.was is not None and accepted.was.only("V") == accepted.now.only("V")
        )
        signer = pinning.signer_of(vault) if vault else keys.pinned.signer if same_vault else ""
        now = Pinned(holders=accepted.now.fingerprint, number=len(statements), signer=signer)
    else:
        now = pinning.followed(keys.pinned, statements, register.recipients, keys.settings.id)
    if now == keys.pinned:
        return
    lay(keys, register)
    if keys.slot is None:
        return
    there = read_slots(keys.root)
    if keys.slot.slot in there:  # else it says so by now, or has another passphrase
        said = [keys.slot.saying(now) if one == keys.slot.slot else one for one in there]
        write_whole(keys.root / slots.FILE, slots.render(said))


def lay(keys: Unlocked, register: Register) -> None:
    """Put ``day.age`` and ``vault.age`` beside the register as it holds them; each laptop of a shared one has its own everyday key."""
    with register.reading() as rows:
        held = settings_of(rows)
    known = {name: base64.b64decode(held[name]) for name in (DAY_AGE, VAULT_AGE) if name in held}
    if register.dialect == "postgresql":
        sets = (register.recipients, *register.earlier)
        holders = dict.fromkeys(key for one in sets for key in one.only("V", "R", "O"))
        known[DAY_AGE] = seal_to(b"".join(keys.changing or (keys.day_key,)), [*holders])
    for name, data in known.items():
        path = keys.root / name
        if not path.exists() or path.read_bytes() != data:
            step("rewrap.file")
            write_whole(path, data)
