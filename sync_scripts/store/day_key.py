"""Another everyday key in the place of the one of now: after a change of passphrase, and when a worker's slot is taken away.

The slots open both keys from the first moment on, so that whatever is cut has a key: then a copy of the register is made under the
new one, put in the place of the old file, and at last the slots open the new key alone. An earlier ``keys.json`` with its passphrase opens
what was there before, and nothing since. On PostgreSQL nothing of the register is under this key; the files beside it are.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import update

from sync_scripts.clock import seconds
from sync_scripts.config import Settings
from sync_scripts.errors import DikaloError
from sync_scripts.secrets import kept_key, login_file, slots
from sync_scripts.secrets.errors import NoSuchSlot
from sync_scripts.secrets.slots import Slot
from sync_scripts.secrets.worker_keys import LENGTH
from sync_scripts.secrets.wrapped_file import CLIENT, PHONES, Altered, WrappedFile
from sync_scripts.store import copying, engine, file_checks
from sync_scripts.store.database import Register
from sync_scripts.store.durable import step, sync_folder, write_whole
from sync_scripts.store.errors import DayKeyUnfinished, DiskFull, RegisterDamaged, StoreLocked
from sync_scripts.store.lock import turn
from sync_scripts.store.schema.raw import setting
from sync_scripts.store.seal.own_keys import NewSlots
from sync_scripts.store.seal.sealing import seal_to
from sync_scripts.store.workspace import DAY_AGE, REGISTER, Unlocked, Workspace, open_unlocked, read_slots

NEXT: Final = "register.next"
"""The copy of the register under the new key, until it takes its place; of one that was cut nothing is used."""
_PATIENCE_S: Final = 2.0
"""How long somebody who reads is waited for: a page in a browser is written in less."""
_LOGS: Final = ("-wal", "-shm")


def begin(keys: Unlocked, register: Register, made: NewSlots) -> Unlocked:
    """Put slots in the place of those before, which open a new everyday key beside the one of now; return both.

    From here on the change stands, and whoever opens with one of these slots can `finish` it. The caller holds the workspace alone.

    Raises:
        DayKeyUnfinished: an earlier change is not at its end.
        NoSuchSlot: no everyday slot was opened, by its passphrase.
        KeysDamaged: somebody put a slot there who had not the everyday key.
    """
    root, kept = keys.root, made.slots
    if keys.changing is not None:
        raise DayKeyUnfinished
    if keys.slot is None or not keys.slot.bonds:
        raise NoSuchSlot(key="day")
    slots.require_vouched(kept, keys.day_key)
    both = (keys.day_key, os.urandom(LENGTH))
    there = _opening(kept, both, made.bonds)
    write_whole(root / DAY_AGE, seal_to(b"".join(both), _holders(register)))
    step("day.slots")
    write_whole(root / slots.FILE, slots.render(there))
    opened = replace(keys.slot, bonds=made.bonds)
    return replace(keys, changing=both, slot=opened, seen=kept_key.mark_of(there))


def finish(keys: Unlocked) -> Unlocked:
    """Bring a change to its end that was begun; return the keys to go on with. Nothing is done where none was begun.

    It may be cut anywhere and begins again with the register as it is then. Where there is no room for a second copy, or somebody reads
    the register or decides meanwhile, it is left to the next one, and so by who opened without an everyday passphrase: both keys open
    until then (`Unlocked.changing`). The caller holds the workspace and has not opened the register. The copy is made without the turn,
    so that decisions wait for no more than its taking the place.

    Raises:
        RegisterReplaced: somebody ended this change since the keys were opened, or made another one.
    """
    bonds = keys.slot.bonds if keys.slot is not None else ()
    if keys.changing is None or not bonds:
        return keys
    old, new = keys.changing
    root, there = keys.root, read_slots(keys.root)
    keys.require_current()
    slots.require_vouched(there, new)
    moves = keys.day_key == old and not keys.settings.register.url
    read = datetime.fromtimestamp(seconds(), UTC)
    with ExitStack() as held:
        if moves:
            workspace = open_unlocked(keys, any_holders=True)
            held.callback(workspace.close)
            if not _moved(workspace, keys, new, held):
                _remove(root / NEXT)
                return keys
        else:
            held.enter_context(turn(root))
            kept_key.tell_locked(root)
        for rewrapped in (_logins, _wrapped_in(PHONES), _wrapped_in(CLIENT)):
            rewrapped(root, keys.settings, old, new)
        made = replace(keys, day_key=new, changing=None)
        workspace = open_unlocked(made, any_holders=True)
        try:
            sealed = seal_to(new, _holders(workspace.register))
        finally:
            workspace.close()
        if moves:  # each page was read: who writes next need not read them again while others wait
            file_checks.note(root / REGISTER, read)
        last = _opening(there, (new,), bonds)
        write_whole(root / DAY_AGE, sealed)
        step("day.end")
        write_whole(root / slots.FILE, slots.render(last))
    with suppress(DikaloError):  # what stays in a keyring opens nothing any more
        kept_key.forget(root, keys.settings.id)
    return replace(made, seen=kept_key.mark_of(last))


def _opening(kept: Sequence[Slot], day_keys: tuple[bytes, ...], bonds: Sequence[bytes]) -> list[Slot]:
    return [slots.opening(one, day_keys, bonds) if one.key == "day" else one for one in kept]


def _holders(register: Register) -> list[str]:
    """Return for whom ``day.age`` is sealed: those of now, and those of before while pages are still written again."""
    sets = (register.recipients, *register.earlier)
    return [*dict.fromkeys(key for one in sets for key in one.only("V", "R", "O"))]


def _moved(workspace: Workspace, keys: Unlocked, new: bytes, held: ExitStack) -> bool:
    """Put the register under the new key, and keep the turn; tell whether that could be done now.

    Not where somebody reads who keeps a part of it in its log, which is looked at before anything is copied; nor where somebody
    decided while it was copied, without the turn.
    """
    register = workspace.register
    try:
        register.settle(_PATIENCE_S)
        if _in_log(keys.root):
            return False
        state = _copy(register, keys, new)
        held.enter_context(turn(keys.root))
        with register.reading() as rows:
            if rows.state != state:
                return False
        workspace.close()  # on Windows no open file is replaced
        return _took_place(keys.root)
    except (DiskFull, StoreLocked, OSError):
        return False


def _in_log(root: Path) -> bool:
    log = root / f"{REGISTER}{_LOGS[0]}"
    return log.exists() and log.stat().st_size > 0


def _remove(place: Path) -> None:
    for log in ("", *_LOGS):
        place.with_name(place.name + log).unlink(missing_ok=True)


def _copy(register: Register, keys: Unlocked, new: bytes) -> str:
    """Make the copy of the register under the new key, with ``day.age`` as it will be, and read it whole; return which state it is.

    Raises:
        RegisterDamaged: it is not sound, or lacks something; nothing was replaced.
    """
    place = keys.root / NEXT
    _remove(place)
    day_age = base64.b64encode(seal_to(new, _holders(register))).decode()
    step("day.copy")
    engine.make_file(place)
    with register.reading() as rows:
        state = rows.state
        engine.copy_pages(rows.connection, place, new, lambda _more: None)
        made = engine.sqlcipher(place, new, "copying")
        try:
            with engine.transaction(made) as into:
                into.execute(update(setting).where(setting.c.name == DAY_AGE).values(value=day_age))
        finally:
            made.dispose()
        copying.synced(place)
        with (
            copying.looked_at(place, new, keys.settings.id, register.folder) as copy,
            copy.reading() as seen,
        ):
            sound = [*seen.connection.exec_driver_sql("PRAGMA quick_check(1)").scalars()] == ["ok"]
            if not sound or copying.counts(seen) != copying.counts(rows):
                raise RegisterDamaged
    return state


def _took_place(root: Path) -> bool:
    """Put the copy in the place of the register, unless somebody who reads keeps a part of it in its log.

    The log goes first: beside the copy it would be read as that of the copy. Who opens the old file between the two steps to read it makes
    an empty log under its name, and a new one who writes uses that. Nobody is kept out for it: an open page would hinder each change. What
    such a one could do is refused instead: SQLite writes no log back on closing a file that was moved, we write none back by
    hand (`Register.settle`), and pages under the new key are told from damage (`engine.transaction`).
    """
    if _in_log(root):
        return False
    for log in _LOGS:
        (root / f"{REGISTER}{log}").unlink(missing_ok=True)
    kept_key.tell_locked(root)  # before: who keeps going with the old key takes what it meets for no damage
    step("day.place")
    (root / NEXT).replace(root / REGISTER)
    sync_folder(root)
    return True


def _logins(root: Path, settings: Settings, old: bytes, new: bytes) -> None:
    path = root / login_file.FILE
    if path.exists():
        write_whole(path, login_file.LoginFile(path, settings.id, old).under(new))


def _wrapped_in(file: WrappedFile) -> Callable[[Path, Settings, bytes, bytes], Any]:
    """Return what puts such a file under the new key, where it is not yet."""

    def rewrapped(root: Path, settings: Settings, old: bytes, new: bytes) -> None:
        path = root / file.name
        if not path.exists():
            return
        data = path.read_bytes()
        try:
            file.unwrap(new, settings.id, data)
        except Altered:
            with suppress(Altered):  # whoever reads it says so
                write_whole(path, file.wrap(new, settings.id, file.unwrap(old, settings.id, data)))

    return rewrapped
