"""A passphrase of their own for each worker of a workspace: one more slot of the same everyday key.

So that two people are two people: what somebody decides is proved by their own slot. The passphrase of one worker
opens no other worker's slot, and is never told to whoever adds it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sync_scripts.secrets import passphrases, slots
from sync_scripts.secrets.errors import (
    NoSlotOfWorker,
    NoSuchSlot,
    OwnSlotStays,
    PassphrasesEqual,
    TooManySlots,
)
from sync_scripts.secrets.slots import Kdf, KeyName, Slot
from sync_scripts.store import events
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import write_whole
from sync_scripts.store.events import NewEvent
from sync_scripts.store.workspace import Unlocked, read_slots


@dataclass(frozen=True)
class NewSlots:
    """The slots of a workspace with a new one among them, or without one, not written yet.

    Attributes:
        replaced: something that opened before opens no more.
        bonds: those of the everyday slots from then on, the newest last; a new one where the everyday key is changed with them.
    """

    root: Path
    slots: tuple[Slot, ...] = field(repr=False)
    replaced: bool
    bonds: tuple[bytes, ...] = field(repr=False, default=())

    def write(self) -> None:
        """Put them in the place of those before."""
        write_whole(self.root / slots.FILE, slots.render(self.slots))


def as_written(keys: Unlocked, worker: str) -> str:
    """Return a worker's code as their slot has it: capitals do not make another person, nor a second slot beside the first."""
    return next(
        (one.worker for one in read_slots(keys.root) if one.worker.casefold() == worker.casefold()), worker
    )


def make(keys: Unlocked, worker: str, passphrase: str, work: Kdf, *, vault: str = "") -> NewSlots:
    """Make a worker's slot in place of the one before, and write nothing: first comes its line (`note`), then the slot.

    Args:
        keys: the workspace, opened by somebody's slot.
        worker: code of the worker, as `slots.worker_code` gives it.
        passphrase: the new one, typed by the worker.
        work: how costly guessing is made.
        vault: the secret of the vault's identity, for its slot instead of the everyday one.

    Raises:
        PassphraseWeak: it is too easy to guess.
        PassphrasesEqual: it opens another slot of this workspace.
        NoSuchSlot: the workspace was not opened by a slot whose passphrase was typed.
        TooManySlots: there is room for no further one.
    """
    name: KeyName = "vault" if vault else "day"
    passphrases.accept(passphrase, name, [worker, *keys.settings.names])
    if keys.pinned is None or keys.slot is None:
        raise NoSuchSlot(key=name)
    there = read_slots(keys.root)
    others = [slot for slot in there if not (slot.key == name and slot.worker == worker)]
    if any(slots.fits(slot, passphrase) for slot in others):
        raise PassphrasesEqual
    if len(others) >= slots.MOST_SLOTS:
        raise TooManySlots(most=slots.MOST_SLOTS)
    replaced, bonds = len(others) < len(there), keys.slot.bonds
    if replaced and name == "day":
        bonds = slots.renewed(others, bonds)
    made = slots.wrap(
        vault.encode() or keys.day_key,
        passphrase,
        name=name,
        pinned=keys.pinned,
        workspace=keys.settings.id,
        worker=worker,
        demo=keys.demo,
        work=work,
        bonds=bonds,
    )
    return NewSlots(keys.root, (*others, made), replaced, bonds)


def without(keys: Unlocked, worker: str) -> NewSlots:
    """Leave the everyday slot of a worker out who works here no more, and write nothing; one's own stays.

    Raises:
        OwnSlotStays: it is that of whoever opened the workspace.
        NoSlotOfWorker: there is none.
    """
    if worker.casefold() == keys.worker.casefold():
        raise OwnSlotStays
    there = read_slots(keys.root)
    kept = tuple(one for one in there if one.key != "day" or one.worker.casefold() != worker.casefold())
    if len(kept) == len(there):
        raise NoSlotOfWorker(worker=worker)
    bonds = slots.renewed(kept, keys.slot.bonds if keys.slot is not None else ())
    return NewSlots(keys.root, kept, replaced=True, bonds=bonds)


def note(register: Register, worker: str, actor: Actor, now: datetime, *, replaced: bool = False) -> bool:
    """Write down that a worker is given a slot: once it is made, and before it is written, so that none is without its line.

    Args:
        register: the open register.
        worker: whose slot it is.
        actor: who sets the passphrase.
        now: aware.
        replaced: there was a slot of that worker.

    Returns:
        whether somebody else's passphrase took the place of the worker's own: one that they had set, or that was made with the
        workspace. Of one that a colleague gave and that was never changed nothing is taken away.
    """
    with register.writing() as rows:
        taken = actor.code.casefold() != worker.casefold() and _had_own(rows, worker, replaced=replaced)
        said = {events.REPLACED: True} if taken else {}
        events.append(rows, [NewEvent(events.KEY_GIVEN, f"worker:{worker}", actor, said)], now)
    return taken


def _had_own(rows: Rows, worker: str, *, replaced: bool) -> bool:
    given = list(events.read(rows, subjects=[f"worker:{worker}"], ops=[events.KEY_GIVEN]))
    own = any(one.actor.code.casefold() == worker.casefold() for one in given)
    return own or (replaced and not given)
