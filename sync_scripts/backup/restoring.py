"""A workspace made again from a copy, with V, R or O: new everyday key, new slots, the same register, nobody who was erased.

It may be cut anywhere: sealed files that came stay, and until ``dikalo.toml`` is there the next run begins the rest anew. The keys and
passphrases of the laptop that was lost open nothing here.
"""

from __future__ import annotations

import base64
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import select

from sync_scripts import config
from sync_scripts.backup import finding
from sync_scripts.backup.erasures import Again, erase_again
from sync_scripts.backup.finding import Found
from sync_scripts.backup.head import file_names
from sync_scripts.backup.place import Place, copied
from sync_scripts.clock import Clock
from sync_scripts.config import RegisterSettings, Settings
from sync_scripts.errors import Damaged
from sync_scripts.register.care.rebuild import rebuild
from sync_scripts.secrets import login_file, passphrases, slots
from sync_scripts.secrets.worker_keys import LENGTH
from sync_scripts.secrets.wrapped_file import PHONES, Altered
from sync_scripts.store import backups, copying, custody, engine, migrations
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import draft, make_folder, step, sync_folder, write_whole
from sync_scripts.store.errors import RegisterDamaged
from sync_scripts.store.founding import Making, NewKeys, refuse_existing
from sync_scripts.store.lock import hold
from sync_scripts.store.schema.raw import secret
from sync_scripts.store.seal import demo_keys, erasing, pinning
from sync_scripts.store.seal.sealed_files import INCOMING, is_sound, path_of
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.seal.sealing import Recipients
from sync_scripts.store.settings_file import amended
from sync_scripts.store.vault import VaultKey
from sync_scripts.store.workspace import (
    DAY_AGE,
    FORMS,
    REGISTER,
    SEALED,
    VAULT_AGE,
    pinned_recipients,
    settings_of,
    write_proofs,
    write_setting,
)

UNDER_WAY: Final = ".restoring"
"""File of a folder in which a restore was begun and did not end: what is there of a workspace is replaced by the next run."""
_UNDER_KEYS: Final = frozenset({config.FILE, DAY_AGE, PHONES.name})
"""What a copy carries and a restore writes anew: under new keys, or last."""
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """How a workspace is made again.

    Attributes:
        worker: code of whoever gets the first slot.
        day: new everyday passphrase.
        vault: new passphrase of the vault here, None for no slot of it.
        url: PostgreSQL database, empty, for the register; None for a file in the folder.
        compare: raises unless a person, or the slot that was opened, knows these holders.
        clock: gives the present moment.
        tell: hears how many more bytes were copied.
    """

    worker: str
    day: str = field(repr=False)
    vault: str | None = field(repr=False)
    url: str | None
    compare: Callable[[Recipients, Settings], None]
    clock: Clock
    tell: Tell = lambda _more: None


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it.

    Attributes:
        found: the copy that was put back.
        skipped: so many newer copies are not whole.
        unopened: so many heads that seem newer did not open.
        files: sealed files that are here now; ``missing`` those that the place has not, or not whole.
        erased: what was erased since that copy, and is erased again.
        holder: whose key it was.
        fingerprint: of the holders for whom it seals.
        vault: the vault has a slot here.
        phones_lost: the copy held passwords of phones, and they did not open.
    """

    found: Found
    skipped: int
    unopened: int
    files: int
    missing: tuple[str, ...]
    erased: Again
    holder: Holder
    fingerprint: str
    vault: bool
    phones_lost: bool


def restore(root: Path, place: Place, found: Sequence[Found], key: VaultKey, wish: Wish) -> Restored:
    """Make a workspace in a folder that holds none.

    Raises:
        WorkspaceExists: there is one.
        NoCopySound, RegisterNewer: as `finding.sound`.
        RegisterTaken: the database holds a register.
        RecipientsChanged, HoldersUncompared and what ``compare`` raises.
        PassphraseWeak, PassphrasesEqual: see ``secrets.passphrases``.
    """
    _refuse(root)
    with finding.sound(place, found) as (one, copy, skipped):
        work = _Work(root, place, found, one, copy, key, wish)
        work.read()
        unopened = finding.unopened(place, found, one)
        make_folder(root)
        with hold(root, "restore"):
            _refuse(root)
            write_whole(root / UNDER_WAY, one.name.encode())
            work.files()
            work.lay()
        return work.done(skipped, unopened)


def _refuse(root: Path) -> None:
    if not (root / UNDER_WAY).exists() or (root / config.FILE).exists():
        refuse_existing(root)


@dataclass
class _Work:
    """One restore under way."""

    root: Path
    place: Place
    every: Sequence[Found]
    one: Found
    copy: Register
    key: VaultKey
    wish: Wish
    missing: list[str] = field(default_factory=list)
    erased: Again = field(default_factory=lambda: Again(0, ()))
    phones_lost: bool = False

    def read(self) -> None:
        """Read what the copy says of its workspace, and let the holders be compared; nothing is written yet."""
        with self.copy.reading() as rows:
            self.held: Mapping[str, str] = settings_of(rows)
            self.carried = copying.carried(rows)
            self.names = file_names(rows)
            self.recipients = pinned_recipients(rows, self.held)
            self.secrets = {row.name: row.value for row in rows.execute(select(secret))}
        try:
            text = self.carried[config.FILE]
        except KeyError:
            raise RegisterDamaged from None
        was = config.parse(text, to_read=True)
        self.settings = msgspec.structs.replace(was, register=RegisterSettings(url=self.wish.url))
        self.text = amended(text, self.settings)
        self.holder = self.key.holder(self.recipients)
        self.wish.compare(self.recipients, self.settings)
        self.making = self._making()

    def _making(self) -> Making:
        demo = self.held.get("demo") == "yes"
        keys = NewKeys(day=self.wish.day, vault=self.wish.vault)
        if not demo:
            passphrases.accept_both(self.wish.day, self.wish.vault, [self.wish.worker, *self.settings.names])
        else:
            keys = NewKeys(
                day=demo_keys.DAY_PASSPHRASE, vault=demo_keys.VAULT_PASSPHRASE, work=demo_keys.WORK
            )
        return Making(
            self.root,
            self.settings,
            slots.worker_code(self.wish.worker),
            keys,
            self._vault(),
            self.recipients,
            demo,
            pinned=pinning.parse(self.held.get(pinning.STATEMENTS))[-1].pinned,
            match_key=self.secrets["match"],
        )

    def _vault(self) -> Identity | None:
        """Return V where it is a holder: the key itself, or out of the copy's ``vault.age``."""
        public = next(iter(self.recipients.only("V")), "")
        if not public:
            return None
        if self.holder == "V":
            return Identity(str(self.key.identity), public)
        sealed = base64.b64decode(self.held.get(VAULT_AGE, ""))
        return Identity(self.key.open(sealed, VAULT_AGE).decode(), public)

    def files(self) -> None:
        """Copy the sealed files that are not here yet; each is what its name says, or missing, also where it cannot be read.

        Raises:
            PlaceLost: the place went away.
        """
        folder = self.root / SEALED
        make_folder(folder / INCOMING)
        for name in self.names:
            target = path_of(folder, name)
            if not (target.exists() and is_sound(folder, name)):
                step("restore.file")
                with draft(folder / INCOMING) as made:
                    if copied(path_of(self.place.folder, name), made) != name:
                        self.place.require_here()
                        self.missing.append(name)
                        continue
                    made.publish(target)
            self.wish.tell(target.stat().st_size)

    def lay(self) -> None:
        """Make keys and register in a folder beside, move them in, and write the settings last: with them there is a workspace."""
        for left in self.root.glob(".new-*"):
            shutil.rmtree(left, ignore_errors=True)
        for left in (*self.root.glob("part-*"), *(self.root / FORMS).rglob("part-*")):
            left.unlink(missing_ok=True)
        new = self.root / f".new-{secrets.token_hex(4)}"
        try:
            make_folder(new)
            self.making.write_keys(new)
            with self._register(new) as register:
                self._turn_over(register, new)
            self._forms()
            self._phones(new)
            step("restore.move")
            self.making.move_in(new)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        write_whole(self.root / config.FILE, self.text)
        if self.wish.url is not None:
            copying.settle(self.wish.url)
        (self.root / UNDER_WAY).unlink(missing_ok=True)
        sync_folder(self.root)

    @contextmanager
    def _register(self, new: Path) -> Iterator[Register]:
        """Give the register as the copy holds it, on the database where it will be."""
        step("restore.register")
        if self.wish.url is None:
            copying.lay_file(self.copy, new / REGISTER, self.making.day_key, self.wish.tell)
            made = engine.sqlcipher(new / REGISTER, self.making.day_key)
            migrations.upgrade(made)
        else:
            made = copying.filled(self.copy, self.wish.url, self.one.name, self.wish.tell)
            self._logins(new)
        register = Register(
            made,
            self.settings.id,
            self.making.demo,
            self.root / SEALED,
            self.recipients,
            self.making.match_key,
        )
        try:
            yield register
            register.doubt()  # the file is moved yet: a note of how it lies here would be of no use
        finally:
            register.close()

    def _logins(self, new: Path) -> None:
        file = login_file.LoginFile(new / login_file.FILE, self.settings.id, self.making.day_key)
        for name, value in self.secrets.items():
            if name != "match":
                write_whole(file.path, file.with_entry(name, value))

    def _turn_over(self, register: Register, new: Path) -> None:
        """Let the register know its new keys, erase what was erased since, and write down that it was put back."""
        now, actor = self.wish.clock(), Actor(self.making.worker, "claimed")
        with register.writing() as rows:
            self.erased = erase_again(rows, finding.union(self.every), actor, now)
            elsewhere = (one for one in backups.copies(rows) if one.place != self.place.id)
            backups.write(rows, (*elsewhere, *finding.known(self.place, self.every)))
            write_proofs(rows, (self.holder,), now)
            self._write_ages(rows, new)
            details = {
                "by": self.holder,
                "erased": self.erased.scopes,
                "number": self.one.head.number,
                "was": self.one.head.at,
            }
            custody.append(rows, [custody.Entry("RESTORED", actor.code, self.one.name, details)], now)
        if self.erased.scopes:
            erasing.finish(register)
            rebuild(register, now)

    def _write_ages(self, rows: Rows, new: Path) -> None:
        for name in (DAY_AGE, VAULT_AGE):
            if (new / name).exists():
                write_setting(rows, name, base64.b64encode((new / name).read_bytes()).decode())

    def _forms(self) -> None:
        """Put back what lay beside the register: forms and providers, no path that leads elsewhere."""
        for name, data in self.carried.items():
            path = self.root / name
            if name not in _UNDER_KEYS and path.resolve().is_relative_to(self.root.resolve()):
                make_folder(path.parent)
                write_whole(path, data)

    def _phones(self, new: Path) -> None:
        """Wrap the passwords of phones under the new everyday key; the one of before is in ``day.age``, or both while it changes."""
        sealed, wrapped = self.carried.get(DAY_AGE), self.carried.get(PHONES.name)
        self.phones_lost = wrapped is not None  # until they open: else new ones are drawn with the next codes
        if not (sealed and wrapped):
            return
        with suppress(Damaged):
            was = self.key.open(sealed, DAY_AGE)
            for start in range(0, len(was), LENGTH):
                with suppress(Altered):
                    said = PHONES.unwrap(was[start : start + LENGTH], self.settings.id, wrapped)
                    write_whole(new / PHONES.name, PHONES.wrap(self.making.day_key, self.settings.id, said))
                    self.phones_lost = False

    def done(self, skipped: int, unopened: int) -> Restored:
        """Return what came of it."""
        return Restored(
            self.one,
            skipped,
            unopened,
            len(self.names) - len(self.missing),
            tuple(self.missing),
            self.erased,
            self.holder,
            self.recipients.fingerprint,
            self.making.vault is not None and self.making.keys.vault is not None,
            self.phones_lost,
        )
