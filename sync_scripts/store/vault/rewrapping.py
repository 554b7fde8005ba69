"""Other holders: what is sealed from now on, and the key pages of what was sealed before, for a changed set of keys.

Data are never touched: an item keeps its key, and only the page that holds the key is written again. It can be cut anywhere.
First the new holders are pinned, so that everything new is sealed to them, and ``day.age`` opens with old keys and new; then
page after page is written again, each in a transaction of its own with its line in the chain; at the end, when no page is left,
the keys before cease to count. What was copied before, a backup or a disk, still opens with the keys of that time.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

import pyrage
from sqlalchemy import delete, func, select, update

from sync_scripts.secrets import slots
from sync_scripts.secrets.errors import PassphrasesEqual
from sync_scripts.secrets.slots import Pinned, Slot
from sync_scripts.store import custody
from sync_scripts.store.canonical import canonical, encoded, instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import step, write_whole
from sync_scripts.store.errors import PageUnopened
from sync_scripts.store.schema.raw import erasure_pending, key_page, setting
from sync_scripts.store.seal import pinning
from sync_scripts.store.seal.holders import lay
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.seal.sealed_rows import require_pinned
from sync_scripts.store.seal.sealing import Recipients, seal_to
from sync_scripts.store.vault.keys import VaultKey
from sync_scripts.store.vault.pages import decrypt_page
from sync_scripts.store.workspace import DAY_AGE, EARLIER, VAULT_AGE, Unlocked, read_slots, settings_of

__all__ = ["NewVault", "Rewrapping", "changed", "lay", "waiting"]

SLOT: Final = "recipients.slot"
"""Setting while pages are written again: which slot of the vault stays."""
_NONE: Final = "-"


@dataclass(frozen=True)
class NewVault:
    """A new identity of the vault, and the passphrase that will open it here."""

    identity: Identity
    passphrase: str = field(repr=False)
    worker: str


def changed(recipients: Recipients, keys: Mapping[Holder, str | None]) -> Recipients:
    """Return the holders with some keys put in, replaced or taken away (None).

    Raises:
        RecipientUnsuitable, TooFewRecipients: see `Recipients.of`.
    """
    after = {**dict(recipients.keys), **keys}
    return Recipients.of({holder: key for holder, key in after.items() if key is not None})


def waiting(register: Register, holders: Recipients | None = None) -> int:
    """Return how many key pages are still sealed to holders of before; or to others than ``holders``, who are to come."""
    old = key_page.c.recipients != (holders or register.recipients).fingerprint
    with register.reading() as rows:
        return int(rows.execute(select(func.count()).select_from(key_page).where(old)).scalar_one())


@dataclass
class Rewrapping:
    """One change of holders, begun, gone on with, or ended.

    Attributes:
        keys: of the workspace, opened by ``key``.
        register: the open register; once `pin` was called it seals to the new holders.
        key: a holder, of now or of before.
        actor: who does it.
        now: the present moment.
        unopened: pages that this key does not open, or that are damaged.
        struck: how many keys of erased things were left out.
    """

    keys: Unlocked
    register: Register
    key: VaultKey
    actor: Actor
    now: datetime
    unopened: list[str] = field(default_factory=list)
    struck: int = 0

    # --- the beginning ---

    def pin(
        self, new: Recipients, *, reason: str, vault: NewVault | None = None, proved: Sequence[Holder] = ()
    ) -> None:
        """Let everything new be sealed to other holders; nothing old is touched yet.

        Args:
            new: the holders from now on.
            reason: why; kept in the chain.
            vault: the new V, when that is changed.
            proved: new holders who have just shown that they have their key.

        Raises:
            PassphrasesEqual: the passphrase of the new V opens another slot.
            PageUnopened: V is not to be had from ``vault.age``.
            HoldersUncompared: nobody said yet that the holders of now are those that one knows.
        """
        self.register.require_holders()
        old, root = self.register.recipients, self.keys.root
        secret = vault.identity.secret if vault else _vault_secret(root, self.key, new)
        statements = self._named(new, secret if new.only("V") else "")
        slot = _add_slot(self.keys, vault, self._vaults(), statements[-1].pinned) if vault else None
        both = list(dict.fromkeys((*old.only("V", "R", "O"), *new.only("V", "R", "O"))))
        values = {DAY_AGE: _text(seal_to(self.keys.day_key, both))}
        values |= {f"proof.{one}": instant(self.now) for one in proved}
        if secret and new.only("R", "O"):
            values[VAULT_AGE] = _text(seal_to(secret.encode(), new.only("R", "O")))
        if slot is not None or not new.only("V"):
            values[SLOT] = slot.nonce if slot is not None else _NONE
        values[pinning.STATEMENTS] = pinning.render(statements)
        with self.register.writing() as rows:
            _forget_proofs(rows, old, new)
            values |= self._pinned(rows, new, reason)
            rows.upsert(setting, [{"name": name, "value": value} for name, value in values.items()])
        self.register.earlier = (*self.register.earlier, old)
        self.register.recipients = new
        lay(self.keys, self.register)

    def _named(self, new: Recipients, vault: str) -> tuple[pinning.Statement, ...]:
        """Return the namings of holders with the new one, signed under the vault's key of until now where it can be had."""
        with self.register.reading() as rows:
            before = pinning.parse(settings_of(rows).get(pinning.STATEMENTS))
        by = ""
        with suppress(PageUnopened):
            by = _vault_secret(self.keys.root, self.key, self.register.recipients)
        return pinning.named(self.register.workspace_id, before, new, by=by, vault=vault)

    def _vaults(self) -> set[str]:
        """Return the public keys of V, of now and of before."""
        return {key for one in (self.register.recipients, *self.register.earlier) for key in one.only("V")}

    def _pinned(self, rows: Rows, new: Recipients, reason: str) -> dict[str, str]:
        """Write the new holders into the chain; return the settings that name them and those of before."""
        old = self.register.recipients
        details = {
            "by": self.key.holder_in(self.register),
            "reason": reason,
            "recipients": [list(pair) for pair in new.keys],
            "was": old.fingerprint,
            "workspace": rows.workspace,
        }
        entry = custody.Entry("KEYS_CHANGED", self.actor.code, new.fingerprint, details)
        custody.append(rows, [entry], self.now)
        line = custody.head(rows)
        before = [one.keys for one in (*self.register.earlier, old)]
        return {
            "recipients": canonical(new.keys),
            "recipients.line": str(line.seq if line else 0),
            "recipients.since": instant(self.now),
            EARLIER: canonical(before),
        }

    # --- page after page ---

    def wrap(self) -> Iterator[str]:
        """Write every page of before again, each in its own transaction; yield its id when it is done.

        Raises:
            HoldersUncompared: nobody said yet that the holders of now are those that one knows.
        """
        self.register.require_holders()
        holder = self.key.holder_in(self.register)
        fingerprint = self.register.recipients.fingerprint
        with self.register.reading() as rows:
            old = key_page.c.recipients != fingerprint
            wanted = rows.execute(select(key_page.c.id).where(old).order_by(key_page.c.id)).scalars().all()
        if wanted:
            self._begin(holder, len(wanted))
        for page in wanted:
            try:
                self._one(page, fingerprint)
            except PageUnopened:
                self.unopened.append(page)
            else:
                yield page

    def _begin(self, holder: Holder, count: int) -> None:
        """Write down that pages are about to be opened, before the first is."""
        details = {"by": holder, "pages": count}
        entry = custody.Entry("KEYS_CHANGED", self.actor.code, self.register.recipients.fingerprint, details)
        with self.register.writing() as rows:
            custody.append(rows, [entry], self.now)

    def _one(self, page: str, fingerprint: str) -> None:
        with self.register.writing() as rows:
            require_pinned(rows, fingerprint)
            blob = rows.execute(select(key_page.c.blob).where(key_page.c.id == page)).scalar_one()
            opened = decrypt_page(page, blob, self.key.identity)
            gone = set(
                rows.execute(
                    select(erasure_pending.c.item).where(erasure_pending.c.key_page == page)
                ).scalars()
            )
            left = [one for one in opened.items if one[0] not in gone]
            said = {"items": left, "page": opened.page, "v": opened.v, "workspace": opened.workspace}
            made = seal_to(encoded(said), self.register.recipients.only("V", "R", "O"))
            step("rewrap.page")
            rows.execute(
                update(key_page).where(key_page.c.id == page).values(blob=made, recipients=fingerprint)
            )
            rows.execute(delete(erasure_pending).where(erasure_pending.c.key_page == page))
            custody.append(rows, [self._line(page, blob, made, len(left), fingerprint)], self.now)
        self.struck += len(gone)

    def _line(self, page: str, was: bytes, made: bytes, items: int, fingerprint: str) -> custody.Entry:
        details: dict[str, Any] = {
            "items": items,
            "recipients": fingerprint,
            "sha256": hashlib.sha256(made).hexdigest(),
            "was": hashlib.sha256(was).hexdigest(),
        }
        return custody.Entry("KEYS_CHANGED", self.actor.code, page, details)

    # --- the end ---

    def finish(self) -> bool:
        """Let the keys of before cease to count, once no page is sealed to them alone; tell whether that is so."""
        if waiting(self.register):
            return False
        root, recipients = self.keys.root, self.register.recipients
        with self.register.reading() as rows:
            held = settings_of(rows)
        day = seal_to(self.keys.day_key, recipients.only("V", "R", "O"))
        if SLOT in held:
            kept = [one for one in read_slots(root) if one.key == "day" or one.nonce == held[SLOT]]
            step("rewrap.slots")
            write_whole(root / slots.FILE, slots.render(kept))
        step("rewrap.file")
        write_whole(root / DAY_AGE, day)
        with self.register.writing() as rows:
            rows.upsert(setting, [{"name": DAY_AGE, "value": _text(day)}])
            gone = [EARLIER, SLOT, *([] if recipients.only("V") else [VAULT_AGE])]
            rows.execute(delete(setting).where(setting.c.name.in_(gone)))
        self.register.earlier = ()
        if not recipients.only("V"):
            (root / VAULT_AGE).unlink(missing_ok=True)
        return True


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _forget_proofs(rows: Rows, old: Recipients, new: Recipients) -> None:
    """Take away what holders proved whose key is another one now."""
    before, after = dict(old.keys), dict(new.keys)
    gone = [f"proof.{one}" for one in before if before[one] != after.get(one)]
    rows.execute(delete(setting).where(setting.c.name.in_(gone)))


def _vault_secret(root: Path, key: VaultKey, new: Recipients) -> str:
    """Return the secret of V where it stays a holder: that of the key itself, or out of ``vault.age``; else nothing."""
    public = next(iter(new.only("V")), "")
    if not public or key.public == public:
        return str(key.identity) if public else ""
    try:
        secret = pyrage.decrypt((root / VAULT_AGE).read_bytes(), [key.identity]).decode()
        found = str(pyrage.x25519.Identity.from_str(secret).to_public())
    except (OSError, pyrage.DecryptError, pyrage.IdentityError, ValueError):
        raise PageUnopened(page=VAULT_AGE) from None
    if found != public:
        raise PageUnopened(page=VAULT_AGE)
    return cast("str", secret)


def _add_slot(keys: Unlocked, vault: NewVault, held: Collection[str], pinned: Pinned) -> Slot:
    """Put the slot of the new V beside that of the old one, which still opens what is not written again yet.

    A change that was cut before anything was pinned left a slot that opens nothing: its passphrase may be typed again.
    """
    there = [one for one in read_slots(keys.root) if not _left_behind(one, vault.passphrase, held)]
    if any(slots.fits(slot, vault.passphrase) for slot in there):
        raise PassphrasesEqual
    made = slots.wrap(
        vault.identity.secret.encode(),
        vault.passphrase,
        name="vault",
        pinned=pinned,
        workspace=keys.settings.id,
        worker=vault.worker,
        demo=keys.demo,
        work=slots.usual_work(),
    )
    step("rewrap.slot")
    write_whole(keys.root / slots.FILE, slots.render([*there, made]))
    return made


def _left_behind(slot: Slot, passphrase: str, held: Collection[str]) -> bool:
    """Tell whether a passphrase opens a slot of a V for whom nothing was ever sealed."""
    if slot.key != "vault" or not slots.fits(slot, passphrase):
        return False
    secret = slots.unwrap([slot], "vault", lambda: passphrase).key.decode()
    return str(pyrage.x25519.Identity.from_str(secret).to_public()) not in held
