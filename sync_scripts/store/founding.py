"""A new workspace: everything made beside its folder and then moved in, so that there is one or there is none.

Keys, register and settings come from one hand here; nothing is sealed yet and nothing is opened.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast

from sync_scripts import config
from sync_scripts.config import Settings
from sync_scripts.secrets import passphrases, slots
from sync_scripts.secrets.slots import Kdf, Pinned, Slot
from sync_scripts.secrets.wrapped_file import CLIENT
from sync_scripts.store import custody, engine, migrations
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.durable import make_folder, step, sync_folder, write_whole
from sync_scripts.store.errors import RegisterTaken, WorkspaceExists
from sync_scripts.store.schema.raw import secret, setting
from sync_scripts.store.seal import demo_keys, pinning
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.seal.sealing import Recipients, make_identity, seal_to
from sync_scripts.store.workspace import (
    DAY_AGE,
    FORMS,
    OUT,
    REGISTER,
    SEALED,
    VAULT_AGE,
    settings_of,
    write_proofs,
)


@dataclass(frozen=True)
class NewKeys:
    """What a new workspace is protected with.

    Attributes:
        day: everyday passphrase.
        vault: passphrase of the vault, or None for no vault slot on this machine.
        recovery: public key of the paper, or None.
        organisation: public key of the head office, or None.
        work: cost of guessing a passphrase.
    """

    day: str = field(repr=False)
    vault: str | None = field(repr=False, default=None)
    recovery: str | None = None
    organisation: str | None = None
    work: Kdf = field(default_factory=lambda: slots.usual_work())  # noqa: PLW0108 - asked when keys are made


@dataclass(frozen=True)
class Created:
    """A workspace that was made.

    Attributes:
        root: its folder.
        settings: as written.
        recipients: for whom it seals.
        worker: whose slots were made.
    """

    root: Path
    settings: Settings
    recipients: Recipients
    worker: str


def create_workspace(
    root: Path,
    *,
    settings: Settings,
    worker: str,
    keys: NewKeys,
    now: datetime,
    proved: tuple[Holder, ...] = (),
) -> Created:
    """Make a real workspace in ``root``, which may be there and empty.

    Args:
        root: the folder.
        settings: what ``dikalo.toml`` will say; ``settings.id`` is the workspace's id.
        worker: code of the worker to whom the slots belong.
        keys: at least two of vault, recovery and organisation.
        now: the present moment.
        proved: holders who have just shown that they have their key (typed it back).

    Raises:
        WorkspaceExists: there is one in that folder.
        TooFewRecipients, RecipientUnsuitable: see `Recipients.of`.
        PassphraseWeak, PassphrasesEqual: see ``secrets.passphrases``.
        RegisterTaken: that PostgreSQL database holds another register.
    """
    passphrases.accept_both(keys.day, keys.vault, [worker, *settings.names])
    vault = make_identity() if keys.vault is not None else None
    return _create(root, settings, slots.worker_code(worker), keys, vault, now=now, demo=False, proved=proved)


def create_demo(root: Path, *, settings: Settings, worker: str, now: datetime) -> Created:
    """Make a demonstration in ``root`` under the published keys; it can never become a real workspace.

    Raises:
        WorkspaceExists: there is a workspace in that folder.
    """
    keys = NewKeys(
        day=demo_keys.DAY_PASSPHRASE,
        vault=demo_keys.VAULT_PASSPHRASE,
        recovery=demo_keys.IDENTITIES["R"].public,
        organisation=demo_keys.IDENTITIES["O"].public,
        work=demo_keys.WORK,
    )
    vault = demo_keys.IDENTITIES["V"]
    return _create(root, settings, slots.worker_code(worker), keys, vault, now=now, demo=True, proved=())


def refuse_existing(root: Path) -> None:
    """Refuse a folder in which a workspace is, or the remains of one.

    Raises:
        WorkspaceExists: there is.
    """
    if any((root / name).exists() for name in (config.FILE, slots.FILE, REGISTER)):
        raise WorkspaceExists


def new_id() -> str:
    """Return an id for a new workspace: random, telling nothing."""
    return secrets.token_hex(16)


def _create(
    root: Path,
    settings: Settings,
    worker: str,
    keys: NewKeys,
    vault: Identity | None,
    *,
    now: datetime,
    demo: bool,
    proved: tuple[Holder, ...],
) -> Created:
    """Make everything in a folder beside, then move it in, ``dikalo.toml`` last."""
    refuse_existing(root)
    public = {"V": vault.public if vault else None, "R": keys.recovery, "O": keys.organisation}
    recipients = Recipients.of({cast("Holder", who): key for who, key in public.items() if key})
    made = Making(root, settings, worker, keys, vault, recipients, demo)
    make_folder(root)
    new = root / f".new-{secrets.token_hex(4)}"
    try:
        make_folder(new)
        made.write_keys(new)
        made.write_register(new, now, proved)
        config.write(new, settings)
        made.move_in(new)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return Created(root, settings, recipients, worker)


@dataclass
class Making:
    """One workspace being made, in a folder beside its own.

    Attributes:
        pinned: what its slots say of the holders, where somebody named them before; else they are named now.
        day_key: D.
        match_key: K.
    """

    root: Path
    settings: Settings
    worker: str
    keys: NewKeys
    vault: Identity | None
    recipients: Recipients
    demo: bool
    pinned: Pinned | None = None
    day_key: bytes = field(default_factory=lambda: os.urandom(32), repr=False)
    match_key: bytes = field(default_factory=lambda: os.urandom(32), repr=False)

    def write_keys(self, new: Path) -> None:
        """Write slots and the age files of both keys, and K where the register is not a file."""
        write_whole(new / slots.FILE, slots.render(self._slots()))
        write_whole(new / DAY_AGE, seal_to(self.day_key, self.recipients.only("V", "R", "O")))
        if self.vault is not None:
            write_whole(new / VAULT_AGE, seal_to(self.vault.secret.encode(), self.recipients.only("R", "O")))
        if self.settings.register.url:
            write_whole(new / CLIENT.name, CLIENT.wrap(self.day_key, self.settings.id, self.match_key))

    def _slots(self) -> list[Slot]:
        wrapped = [self._slot(self.day_key, self.keys.day, "day")]
        if self.vault is not None and self.keys.vault is not None:
            wrapped.append(self._slot(self.vault.secret.encode(), self.keys.vault, "vault"))
        return wrapped

    def _slot(self, key: bytes, passphrase: str, name: slots.KeyName) -> Slot:
        return slots.wrap(
            key,
            passphrase,
            name=name,
            pinned=self.pinned or self._statements()[-1].pinned,
            workspace=self.settings.id,
            worker=self.worker,
            demo=self.demo,
            work=self.keys.work,
        )

    def _statements(self) -> tuple[pinning.Statement, ...]:
        """Return the first naming of holders, signed under the vault's key where there is one."""
        vault = self.vault.secret if self.vault else ""
        return pinning.named(self.settings.id, (), self.recipients, by=vault, vault=vault)

    def write_register(self, new: Path, now: datetime, proved: tuple[Holder, ...]) -> None:
        """Write an empty register."""
        url = self.settings.register.url
        if url:
            made = engine.postgresql(url)
        else:
            engine.make_file(new / REGISTER)
            made = engine.sqlcipher(new / REGISTER, self.day_key)
        register = Register(made, self.settings.id, self.demo, new, self.recipients, self.match_key)
        try:
            migrations.upgrade(made)
            with register.writing() as rows:
                self._fill(rows, new, now, proved)
            register.doubt()  # the file is moved yet: a note of how it lies here would be of no use
        finally:
            register.close()

    def _fill(self, rows: Rows, new: Path, now: datetime, proved: tuple[Holder, ...]) -> None:
        if settings_of(rows):
            raise RegisterTaken
        held = {
            f"workspace.{self.settings.id}": instant(now),
            "created": instant(now),
            "demo": "yes" if self.demo else "no",
            "recipients": canonical(self.recipients.keys),
            "recipients.line": "1",
            pinning.STATEMENTS: pinning.render(self._statements()),
        }
        for name in (DAY_AGE, VAULT_AGE):
            if (new / name).exists():
                held[name] = base64.b64encode((new / name).read_bytes()).decode()
        rows.many(setting, [{"name": name, "value": value} for name, value in held.items()])
        write_proofs(rows, proved, now)
        if rows.dialect == "sqlite":
            rows.many(secret, [{"name": "match", "value": self.match_key}])
        details = {"recipients": [list(pair) for pair in self.recipients.keys], "workspace": self.settings.id}
        custody.append(
            rows, [custody.Entry("KEYS_CHANGED", self.worker, self.recipients.fingerprint, details)], now
        )

    def move_in(self, new: Path) -> None:
        """Give everything its place, ``dikalo.toml`` last: with it there is a workspace."""
        for folder in (FORMS, SEALED, OUT):
            make_folder(self.root / folder)
        names = sorted(path.name for path in new.iterdir() if path.is_file())
        for name in sorted(names, key=lambda name: name == config.FILE):
            step(f"move.{name}")
            (new / name).replace(self.root / name)
        sync_folder(self.root)
