"""A workspace, opened with the everyday passphrase; ``store.founding`` makes one. Never opens the vault.

dikalo.toml   settings, no secret          register.db   SQLCipher (unless the register is on PostgreSQL)
keys.json     wrapped keys                 client.json   with PostgreSQL: keys that the server must not hold
                                           logins.json   with PostgreSQL: wrapped logins of servers
vault.age     V for R and O                day.age       the everyday key for V, R and O
forms/ sealed/ out/
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import partial
from gettext import gettext as _
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Engine, select

from sync_scripts import config
from sync_scripts.config import Settings
from sync_scripts.errors import DikaloError, UnknownCode
from sync_scripts.secrets import kept_key, login_file, slots
from sync_scripts.secrets.errors import ClientKeysDamaged, KeysMissing
from sync_scripts.secrets.slots import OpenSlot, Pinned, Slot, Unwrapped
from sync_scripts.secrets.wrapped_file import match_key
from sync_scripts.servers import FOLDERS
from sync_scripts.store import custody, engine, migrations
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.errors import (
    DemoAndRealMixed,
    HoldersUnaccepted,
    HoldersUncompared,
    RecipientsChanged,
    RecipientsUnproven,
    RegisterDamaged,
    RegisterReplaced,
    WorkspaceMixed,
)
from sync_scripts.store.lock import turn
from sync_scripts.store.schema.raw import secret, setting
from sync_scripts.store.schema.register import alert, case, worker
from sync_scripts.store.seal import demo_keys, pinning
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealing import FEWEST_HOLDERS, Recipients

REGISTER: Final = "register.db"
SEALED: Final = "sealed"
FORMS: Final = "forms"
OUT: Final = "out"
VAULT_AGE: Final = "vault.age"
DAY_AGE: Final = "day.age"
EARLIER: Final = "recipients.earlier"
"""Setting that names the holders of before, as long as pages are still written again for those of now."""
GRACE: Final = timedelta(days=14)
"""How long a new workspace may seal before two holders have proved that they can open."""


@dataclass
class Workspace:
    """An open workspace.

    Attributes:
        root: its folder.
        settings: what ``dikalo.toml`` says.
        register: the open register.
        worker: code of the worker whose slot was opened.
        demo: invented data under published keys.
    """

    root: Path
    settings: Settings
    register: Register
    worker: str
    demo: bool

    def actor(self, as_code: str | None = None) -> Actor:
        """Return who acts: the worker of the opened slot, or another code that is only claimed.

        Raises:
            CodeUnsuitable: it cannot be a worker's code.
            NobodyOfThatCode: nobody who works here has it; names the nearest.
        """
        if as_code is None or as_code.strip() == self.worker:
            return Actor(self.worker, "key")
        code = slots.worker_code(as_code)
        if not self.worker:  # opened by the paper or the head office, of whom this register need not know
            return Actor(code, "claimed")
        teams = (one for team in self.settings.team for one in team.people)
        known = require_known(self.register, code, [self.worker, *teams])
        return Actor(known, "claimed", hand=self.worker)

    @property
    def forms(self) -> Path:
        """Folder of the organisation's forms."""
        return self.root / FORMS

    @property
    def out(self) -> Path:
        """Folder of what goes out."""
        return self.root / OUT

    def require_proof(self, now: datetime) -> None:
        """Refuse to seal for holders of whom fewer than two have shown that they can open.

        A new workspace, and one with new holders, has 14 days of grace; a demonstration's keys are published.

        Raises:
            RecipientsUnproven: says how many have.
        """
        if self.demo:
            return
        with self.register.reading() as rows:
            held = settings_of(rows)
            made = moment(held.get("recipients.since") or held["created"])
            found = proofs(rows)
        if len(found) < FEWEST_HOLDERS and now - made > GRACE:
            raise RecipientsUnproven(found=len(found))

    def close(self) -> None:
        """Close the register."""
        self.register.close()


@dataclass(frozen=True)
class Unlocked:
    """The keys of a workspace, without an open register: what a process may be forked with.

    Attributes:
        day_key: D.
        worker: whose slot was opened.
        pinned: for whom the workspace seals, as that slot says; None where no slot was opened.
        slot: that slot, where its passphrase was typed.
        changing: the everyday key of before and the new one, where a change was begun and is not at its end; see `day_key`.
        seen: mark of the everyday slots of then (`kept_key.mark_of`); empty in a process that was handed the key.
    """

    root: Path
    settings: Settings
    day_key: bytes = field(repr=False)
    worker: str
    demo: bool
    pinned: Pinned | None = None
    slot: OpenSlot | None = field(repr=False, default=None)
    changing: tuple[bytes, bytes] | None = field(repr=False, default=None)
    seen: str = ""

    def require_current(self) -> None:
        """Refuse to go on where somebody changed the everyday key since: raises RegisterReplaced."""
        if self.seen and kept_key.mark_of(read_slots(self.root)) != self.seen:
            raise RegisterReplaced


def open_workspace(root: Path, *, secret: Callable[[str], str], kept: bool = False) -> Workspace:
    """Open a workspace with the everyday passphrase; a demonstration opens by itself.

    Args:
        root: its folder.
        secret: asks for the passphrase, given the words of the question.
        kept: ask first who keeps the key for a while (``dikalo unlock``); then nobody may need to type.

    Raises:
        SettingsMissing and the like: ``dikalo.toml``.
        KeysMissing, KeysDamaged, SlotUnreasonable, WrongPassphrase, NoSuchSlot: ``keys.json``.
        RegisterMissing, RegisterDamaged, RegisterNewer, DatabaseUnreachable: the register.
        WorkspaceMixed, DemoAndRealMixed, RecipientsChanged, HoldersUnaccepted: the three do not belong together.
    """
    return open_unlocked(unlock(root, secret=secret, kept=kept))


def unlock(
    root: Path, *, secret: Callable[[str], str], kept: bool = False, to_read: bool = False
) -> Unlocked:
    """Open the keys of a workspace and nothing else; takes and raises what `open_workspace` does, but the register's.

    ``to_read``: as `config.load`.
    """
    no_core_dumps()
    settings = config.load(root, to_read=to_read)
    found = read_slots(root)
    seen = kept_key.mark_of(found)
    demo = demo_keys.opens(found)
    if kept and not demo and (held := kept_key.find(root, settings.id, found)) is not None:
        return Unlocked(root, settings, held.key, held.worker, demo=False, pinned=held.pinned, seen=seen)
    opened = slots.unwrap(
        found,
        "day",
        lambda: demo_keys.DAY_PASSPHRASE if demo else secret(_("Everyday passphrase")),
        first=kept_key.last_worker(root),
    )
    if sum(slot.key == "day" for slot in found) > 1:
        kept_key.note_worker(root, opened.worker)
    return unlocked(root, settings, opened, seen)


def unlocked(root: Path, settings: Settings, opened: Unwrapped, seen: str) -> Unlocked:
    """Put an opened everyday key beside its workspace; ``seen`` as in `Unlocked`.

    Raises:
        WorkspaceMixed: the key is of another workspace.
    """
    if opened.workspace != settings.id:
        raise WorkspaceMixed
    changing = (opened.key, opened.newer) if opened.newer else None
    day_key = opened.newer if opened.newer and _opens(root, settings, opened.newer) else opened.key
    return Unlocked(
        root, settings, day_key, opened.worker, opened.demo, opened.pinned, opened.slot, changing, seen
    )


def _opens(root: Path, settings: Settings, day_key: bytes) -> bool:
    """Tell whether an everyday key opens what is here, while one takes the place of another."""
    if settings.register.url:
        return match_key(root, settings.id, day_key) is not None
    return engine.opens(root / REGISTER, day_key)


def open_unlocked(keys: Unlocked, *, any_holders: bool = False) -> Workspace:
    """Open the register with keys that are open already; raises the last two groups of `open_workspace`, RegisterReplaced for an old key.

    ``any_holders``: also a register that names other holders than the slot knows; to read, and to seal nothing.
    """
    no_core_dumps()
    url = keys.settings.register.url
    made = engine.postgresql(url) if url else engine.sqlcipher(keys.root / REGISTER, keys.day_key)
    try:
        migrations.upgrade(made)
        register = _register(keys, made, any_holders=any_holders)
        register.turn = partial(turn, keys.root)
    except BaseException as stopped:
        made.dispose()
        if isinstance(stopped, (RegisterDamaged, ClientKeysDamaged)):
            keys.require_current()
        raise
    return Workspace(keys.root, keys.settings, register, keys.worker, keys.demo)


def read_slots(root: Path) -> tuple[Slot, ...]:
    """Return the slots of a workspace.

    Raises:
        KeysMissing, KeysDamaged: as they say.
    """
    try:
        with (root / slots.FILE).open("rb") as stream:
            data = stream.read(slots.LARGEST + 1)
    except OSError:
        raise KeysMissing from None
    return slots.parse(data)


def settings_of(rows: Rows) -> dict[str, str]:
    """Return the settings that the register itself holds."""
    return {found.name: found.value for found in rows.execute(select(setting))}


def write_setting(rows: Rows, name: str, value: str) -> None:
    """Keep one setting in the register itself, in place of the one before."""
    rows.upsert(setting, [{"name": name, "value": value}])


def proofs(rows: Rows) -> dict[Holder, datetime]:
    """Return when each holder last proved that he can open."""
    held = settings_of(rows)
    holders: tuple[Holder, ...] = ("V", "R", "O")
    return {holder: moment(held[f"proof.{holder}"]) for holder in holders if f"proof.{holder}" in held}


def write_proofs(rows: Rows, holders: tuple[Holder, ...], now: datetime) -> None:
    """Keep that these holders have just proved that they can open."""
    rows.upsert(setting, [{"name": f"proof.{holder}", "value": instant(now)} for holder in holders])


def _register(keys: Unlocked, made: Engine, *, any_holders: bool) -> Register:
    """Return the register, after checking that settings, keys and rows belong together."""
    register = Register(
        engine=made,
        workspace_id=keys.settings.id,
        demo=keys.demo,
        folder=keys.root / SEALED,
        recipients=Recipients(()),
        match_key=b"",
        destinations=keys.settings.notify,
        sources=frozenset(FOLDERS if one.kind == "folder" else one.name for one in keys.settings.server),
    )
    with register.reading() as rows:
        held = settings_of(rows)
        _refuse_mixed(keys, held)
        register.recipients = pinned_recipients(rows, held)
        if keys.demo and not demo_keys.HOLDERS.issuperset(register.recipients.keys):
            raise DemoAndRealMixed
        register.earlier = pinning.earlier(held.get(EARLIER))
        if register.dialect == "sqlite":
            register.match_key = rows.execute(
                select(secret.c.value).where(secret.c.name == "match")
            ).scalar_one()
    register.unsure = _unsure(keys, register, held)
    if isinstance(register.unsure, HoldersUnaccepted) and not any_holders:
        raise register.unsure
    if register.dialect == "postgresql":
        register.match_key = _match_key(keys)
        path = keys.root / login_file.FILE
        register.login_file = login_file.LoginFile(path, keys.settings.id, keys.day_key)
    return register


def _refuse_mixed(keys: Unlocked, held: Mapping[str, str]) -> None:
    if f"workspace.{keys.settings.id}" not in held:
        raise WorkspaceMixed
    if (held.get("demo") == "yes") != keys.demo:
        raise DemoAndRealMixed


def pinned_recipients(rows: Rows, held: Mapping[str, str]) -> Recipients:
    """Return the holders that the register names, if the chain names the same.

    Raises:
        RecipientsChanged: it names others.
        RegisterDamaged: it names none.
    """
    try:
        pairs = msgspec.json.decode(held["recipients"], type=tuple[tuple[Holder, str], ...])
        seq = int(held["recipients.line"])
    except (KeyError, ValueError, msgspec.DecodeError):
        raise RegisterDamaged from None
    recipients = Recipients.of(dict(pairs))
    line = next(custody.read(rows, after=seq - 1), None)
    if line is None or line.entry["object"] != recipients.fingerprint:
        raise RecipientsChanged
    return recipients


def _unsure(keys: Unlocked, register: Register, held: Mapping[str, str]) -> DikaloError | None:
    """Return why nothing may be sealed for the holders of a register; None where the slot that was opened knows them."""
    if keys.pinned is None:
        return HoldersUncompared()
    try:
        statements = pinning.parse(held.get(pinning.STATEMENTS))
        pinning.followed(keys.pinned, statements, register.recipients, keys.settings.id)
        register.former = pinning.vaults(statements)
    except HoldersUnaccepted as unknown:
        return unknown
    return None


def _match_key(keys: Unlocked) -> bytes:
    key = match_key(keys.root, keys.settings.id, keys.day_key)
    if key is None:
        raise ClientKeysDamaged
    return key


def no_core_dumps() -> None:
    """Keep keys and answers out of crash files."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


NobodyOfThatCode: Final = UnknownCode.declare(
    "DK-J22",
    "Nobody who works here has the code {worker}, so nothing was done under it. A new colleague is named first: dikalo "
    "people add {worker} --role ROLE.",
)


def require_known(register: Register, code: str, also: Iterable[str]) -> str:
    """Return a code as it is known here, whatever the case of its letters.

    Known is who was named and works here, who once had a case or an alert, and who is in ``also`` (owners of key slots,
    teams of the settings). A register in which nobody was ever named knows nobody, and refuses nobody.

    Raises:
        NobodyOfThatCode: nobody has it; names the nearest.
    """
    with register.reading() as rows:
        named = {
            str(row.code): bool(row.active) for row in rows.execute(select(worker.c.code, worker.c.active))
        }
        if not named:
            return code
        given = {
            str(row[0])
            for column in (case.c.owner_code, alert.c.assigned_to)
            for row in rows.execute(select(column).where(column.is_not(None)).distinct())
        }
    here = {one for one in (*also, *given, *named) if named.get(one, True)}
    known = {one.casefold(): one for one in sorted(here)}
    if code in here or code.casefold() in known:
        return code if code in here else known[code.casefold()]
    near = get_close_matches(code.casefold(), sorted(known), n=1)
    raise NobodyOfThatCode(worker=code, nearest=known[near[0]] if near else "")
