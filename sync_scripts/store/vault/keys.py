"""Who may open: V by its passphrase, R or O by the key itself. Opens the everyday register too, through ``day.age``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pyrage

from sync_scripts import config
from sync_scripts.secrets import kept_key, recovery, slots
from sync_scripts.secrets.errors import KeysMissing, RecoveryKeyWrong
from sync_scripts.secrets.slots import OpenSlot, Pinned, Slot, Unwrapped
from sync_scripts.secrets.worker_keys import LENGTH
from sync_scripts.store.database import Register
from sync_scripts.store.errors import PageUnopened, RecipientsChanged, VaultEarlier
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealing import Recipients
from sync_scripts.store.workspace import DAY_AGE, Unlocked, no_core_dumps, read_slots, unlocked

Ask: TypeAlias = Callable[[], str]


@dataclass(frozen=True)
class VaultKey:
    """An identity that opens key pages.

    Attributes:
        public: its public key.
        worker: whose passphrase gave it; empty for a typed identity.
        pinned: for whom the workspace seals, as its slot says; None for a typed identity.
        slot: that slot.
    """

    identity: Any = field(repr=False)
    public: str
    worker: str = ""
    pinned: Pinned | None = None
    slot: OpenSlot | None = field(repr=False, default=None)

    def open(self, sealed: bytes, name: str) -> bytes:
        """Return what an age file holds that is sealed to this key.

        Args:
            sealed: the file.
            name: what it is, for the refusal.

        Raises:
            PageUnopened: it is not sealed to this key, or damaged.
        """
        try:
            opened: bytes = pyrage.decrypt(sealed, [self.identity])
        except (pyrage.DecryptError, ValueError):
            raise PageUnopened(page=name) from None
        return opened

    def holder_in(self, register: Register) -> Holder:
        """Return which of the holders of a register this key is, or was while pages are still written again for others.

        Raises:
            VaultEarlier: it was the vault's, and a change that was signed since made another one.
            RecipientsChanged: none of them, ever.
        """
        for some in (register.recipients, *register.earlier):
            with suppress(RecipientsChanged):
                return self.holder(some)
        raise VaultEarlier if self.public in register.former else RecipientsChanged

    def holder(self, recipients: Recipients) -> Holder:
        """Return which of some holders this key is.

        Raises:
            RecipientsChanged: none of them.
        """
        for holder, public in recipients.keys:
            if public == self.public:
                return holder
        raise RecipientsChanged


def by_passphrase(root: Path, ask: Ask) -> VaultKey:
    """Return V from its slot on this machine; a demonstration's passphrase is published.

    Raises:
        KeysMissing, KeysDamaged, SlotUnreasonable, NoSuchSlot, WrongPassphrase: see ``secrets.slots``.
    """
    return by_slots(read_slots(root), ask)


def by_slots(found: Sequence[Slot], ask: Ask) -> VaultKey:
    """Return V from its slot among some; as `by_passphrase`."""
    no_core_dumps()
    demo = any(slot.demo for slot in found)
    opened = slots.unwrap(found, "vault", (lambda: demo_keys.VAULT_PASSPHRASE) if demo else ask)
    return _key(opened.key.decode(), opened)


def by_identity(typed: str) -> VaultKey:
    """Return the key of a recovery paper or of the organisation, as typed.

    Raises:
        RecoveryKeyWrong: a character is wrong or missing.
    """
    no_core_dumps()
    return _key(recovery.typed(typed))


def _key(secret: str, opened: Unwrapped | None = None) -> VaultKey:
    try:
        identity = pyrage.x25519.Identity.from_str(secret)
    except pyrage.IdentityError:
        raise RecoveryKeyWrong from None
    public = str(identity.to_public())
    if opened is None:
        return VaultKey(identity, public)
    return VaultKey(identity, public, opened.worker, opened.pinned, opened.slot)


def unlock_with(root: Path, key: VaultKey) -> Unlocked:
    """Return the everyday key of a workspace from ``day.age``: no everyday passphrase is needed.

    Raises:
        KeysMissing: there is no ``day.age``.
        VaultEarlier: it is not sealed to this passphrase's key of the vault: another one took its place.
        PageUnopened: it is not sealed to this key.
    """
    settings = config.load(root, to_read=True)  # the vault asks no server for anything
    demo, seen = False, ""
    with suppress(KeysMissing):  # a workspace may have lost its slots; that is what this key is for
        there = read_slots(root)
        demo, seen = any(slot.demo for slot in there), kept_key.mark_of(there)
    try:
        sealed = (root / DAY_AGE).read_bytes()
    except OSError:
        raise KeysMissing from None
    try:
        keys = key.open(sealed, DAY_AGE)
    except PageUnopened:
        if key.worker:
            raise VaultEarlier from None
        raise
    day_key, newer = keys[:LENGTH], keys[LENGTH:]  # both, while one takes the place of the other
    opened = Unwrapped(day_key, key.worker, demo, settings.id, key.pinned, key.slot, newer)
    return unlocked(root, settings, opened, seen)
