"""What can be said about the health of a workspace: keys, holders, disk, clear text left lying. Changes nothing.

The first part needs no passphrase at all; the second reads the open register.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from itertools import islice
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

from sqlalchemy import func, select

from sync_scripts.config import COORDINATOR, ServerSettings, Settings
from sync_scripts.secrets import login_file, slots
from sync_scripts.secrets.slots import Slot
from sync_scripts.secrets.wrapped_file import CLIENT
from sync_scripts.store import events, logins
from sync_scripts.store.canonical import moment
from sync_scripts.store.clear_files import left_behind
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.errors import DayKeyUnfinished
from sync_scripts.store.schema.raw import erasure_pending, key_page, place
from sync_scripts.store.seal.form_keys import FILE as FORM_KEYS
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealing import grouped
from sync_scripts.store.statements import PUT_ASIDE
from sync_scripts.store.workspace import DAY_AGE, REGISTER, VAULT_AGE, proofs, read_slots

Level: TypeAlias = Literal["ok", "note", "warn", "bad"]

_FEW_MB: Final = 500
_TOO_FEW_MB: Final = 100
_COUNTED: Final = 10_000
LOOK_S: Final = 20.0
"""How long it is looked what lies in the folder of a source, or at the place of backups."""
_HANGS: Final = -1
"""Stands for the number of submissions in a folder that does not answer."""
Seen = TypeVar("Seen")
Other = TypeVar("Other")
_PROOF_DAYS: Final = (90, 180)
_KEY: Final[dict[Holder, str]] = {"V": "vault", "R": "paper", "O": "organisation"}
"""Holder -> how a command that opens the vault is told whose key it is."""
_STRIKE_DAYS: Final = (14, 30)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        code: what it is about, the same in every language.
        level: ``ok``; ``note`` = to know; ``warn`` = to do soon; ``bad`` = to do now.
        words: what was found, and what to do.
        server: which server it was found at, "" = here.
    """

    code: str
    level: Level
    words: str
    server: str = ""


def of_folder(root: Path, settings: Settings) -> Iterator[Finding]:
    """Yield what can be seen without any passphrase.

    Raises:
        KeysMissing, KeysDamaged: ``keys.json``.
    """
    found = read_slots(root)
    yield from _slots(found)
    if settings.register.url is None:  # else each laptop has its own slots
        yield from _people(found)
    if slots.is_changing(found):
        yield Finding("day-key", "warn", DayKeyUnfinished().words())
    yield from _files(root, settings)
    yield from _rights(root)
    yield _disk(root)
    if left := sum(1 for _place in left_behind(settings.id)):
        yield _left_open(left)
    yield _told(settings)
    yield from of_sources(root, settings.server)


def of_sources(root: Path, servers: Iterable[ServerSettings]) -> Iterator[Finding]:
    """Yield what lies in the folders from which is pulled."""
    yield from (_source(one.name, one.folder(root)) for one in servers if one.kind == "folder")


def of_register(register: Register, now: datetime, *, demo: bool = False) -> Iterator[Finding]:
    """Yield what the open register says; nobody proves the published keys of a demonstration."""
    yield Finding("register", "ok", _("Register: open, on {dialect}.").format(dialect=register.dialect))
    yield _holders(register)
    with register.reading() as rows:
        held = proofs(rows)
        waits = select(func.count().label("pending"), func.min(erasure_pending.c.at).label("since"))
        waiting = rows.execute(waits).one()
        of_before = key_page.c.recipients != register.recipients.fingerprint
        old = rows.execute(select(func.count()).select_from(key_page).where(of_before)).scalar_one()
        aside = rows.execute(select(func.count()).select_from(place).where(PUT_ASIDE)).scalar_one()
        shared = list(_accounts(rows)) if rows.dialect == "postgresql" else []
        to_come = events.ahead(rows, now)
    yield from shared
    for holder, _public in () if demo else register.recipients.keys:
        yield _proof(holder, held.get(holder), now)
    if register.earlier:
        yield _rewrap(old)
    if to_come is not None:
        yield _ahead(to_come)
    if waiting.pending:
        yield _strike(waiting.pending, now - moment(waiting.since))
    if aside:
        words = ngettext("{n} submission is put aside.", "{n} submissions are put aside.", aside)
        yield Finding("quarantine", "warn", words.format(n=aside) + " " + _("See dikalo quarantine list."))


def _holders(register: Register) -> Finding:
    """Say for whom it seals, to be compared with the paper, and whether the slot that was opened knows them."""
    wrong = register.unsure
    words = _(
        "It seals for holders with the fingerprint {fingerprint}: the one on the paper of your recovery key."
    )
    said = words.format(fingerprint=grouped(register.recipients.fingerprint))
    return Finding(
        "holders", "ok" if wrong is None else "bad", said if wrong is None else f"{wrong.words()} {said}"
    )


def _ahead(to_come: str) -> Finding:
    """Say that the last decision is dated in a time to come: one of two clocks is wrong."""
    words = _(
        "What was decided last is dated {day}, which is still to come: the clock of this computer is behind, or that of whoever wrote it "
        "was ahead. Set the clocks, and pull or decide anything: times and deadlines then count from the right clock again."
    )
    return Finding("events-ahead", "bad", words.format(day=to_come[:10]))


def _accounts(rows: Rows) -> Iterator[Finding]:
    """Yield who has no account of their own on the database server, and what the account in use may do too much."""
    used = logins.in_use(rows)
    written = logins.writers(rows)
    for name, codes in sorted(written.items()):
        if len(codes) > 1:
            words = _(
                "{people} write through one account of the database ({account}): for it they are one person, and none of them "
                "signs what another proposed. Give each an account of their own (dikalo guide keys)."
            )
            yield Finding("accounts", "warn", words.format(people=", ".join(codes), account=name))
    if len(written) > 1 and all(len(codes) == 1 for codes in written.values()):
        words = _("Each of the {n} people who decided something has an account of their own in the database.")
        yield Finding("accounts", "ok", words.format(n=len(written)))
    if used.mighty:
        words = _(
            "The account {account} owns the tables of the register or administers the server: it could change what guards them. "
            "Keep it for setting up and for a new dikalo, and work with an account that only reads and writes (dikalo guide keys)."
        )
        yield Finding("account-rights", "warn", words.format(account=used.name))
    if not used.guarded:
        words = _(
            "The database takes the account that an event names on trust: let its administrator put up the trigger that "
            "dikalo guide keys shows."
        )
        yield Finding("account-guard", "note", words)


def holder_name(holder: Holder) -> str:
    """Return how people call a holder."""
    names: dict[Holder, str] = {
        "V": _("vault passphrase"),
        "R": _("recovery key on paper"),
        "O": _("the organisation"),
    }
    return names[holder]


def _people(found: tuple[Slot, ...]) -> Iterator[Finding]:
    """Yield that two people alone have a passphrase: one of them who forgets it is no second person any more."""
    if (
        not any(slot.demo for slot in found)
        and len({slot.worker for slot in found if slot.key == "day"}) == 2
    ):
        words = _(
            "Two people have an everyday passphrase here. If one forgets it and the other sets it anew, what two people decide waits "
            "for a third one: give somebody of the head office one now (dikalo people add CODE --role supervisor, dikalo keys "
            "passphrase --for CODE)."
        )
        yield Finding("two-people", "note", words)


def _slots(found: tuple[Slot, ...]) -> Iterator[Finding]:
    for slot in found:
        name = _("everyday") if slot.key == "day" else _("vault")
        words = _("Key slot: {name}, worker {worker}, made {day}, Argon2id {memory} MiB.").format(
            name=name, worker=slot.worker, day=slot.created[:10], memory=slot.kdf.m_kib // 1024
        )
        yield Finding("slot", "ok", words)
    if not any(slot.key == "vault" for slot in found):
        yield Finding(
            "slot", "note", _("No vault passphrase on this machine; the vault opens with other keys.")
        )


def _files(root: Path, settings: Settings) -> Iterator[Finding]:
    """Yield what is missing beside the keys; without it a lost passphrase would be a lost register."""
    needed = [DAY_AGE, CLIENT.name if settings.register.url else REGISTER]
    if any(slot.key == "vault" for slot in read_slots(root)):
        needed.append(VAULT_AGE)
    for name in needed:
        if not (root / name).is_file():
            yield Finding(
                "file",
                "bad",
                _(
                    "{name} is missing: restore your last backup into a new folder (dikalo -C NEW restore FOLDER)."
                ).format(name=name),
            )


def _rights(root: Path) -> Iterator[Finding]:
    if os.name == "nt":
        return
    for name in (slots.FILE, REGISTER, CLIENT.name, login_file.FILE, FORM_KEYS):
        path = root / name
        if path.is_file() and path.stat().st_mode & 0o077:
            words = _("{name} can be read by other accounts of this computer: chmod 600 {name}.")
            yield Finding("rights", "warn", words.format(name=name))


def _left_open(count: int) -> Finding:
    """Say that what openings laid in the clear is still there; nothing of it, nor where."""
    words = ngettext(
        "{n} opening of the vault was cut off, and what it had opened still lies on this computer in the clear. Run dikalo vault "
        "test: it is removed before anything else.",
        "{n} openings of the vault were cut off, and what they had opened still lies on this computer in the clear. Run dikalo "
        "vault test: it is removed before anything else.",
        count,
    )
    return Finding("left-open", "bad", words.format(n=count))


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free // 1_000_000
    level: Level = "bad" if free < _TOO_FEW_MB else "warn" if free < _FEW_MB else "ok"
    return Finding("disk", level, _("Free disk space: {free} MB.").format(free=free))


def _told(settings: Settings) -> Finding:
    """Return who is told of what is critical, and of what nobody took up in its time."""
    roles = [one.role for one in settings.notify]
    if COORDINATOR not in roles:
        words = _(
            "Nobody is told of a critical alert, or of one that nobody took up in its time: dikalo.toml has no [[notify]] of the "
            "role coordinator. dikalo notify test offers to write one, and asks for the address (dikalo guide messages)."
        )
        return Finding("notify", "warn", words)
    if len(set(roles)) == 1:
        words = _(
            "What nobody did in its time is told to the coordinator alone: dikalo.toml has no [[notify]] of the role "
            "deputy_coordinator."
        )
        return Finding("notify", "note", words)
    return Finding(
        "notify",
        "ok",
        _("Told of what is urgent and late: {names}.").format(
            names=", ".join(one.name for one in settings.notify)
        ),
    )


def _source(name: str, folder: Path) -> Finding:
    """Say what lies in the folder of a source; a stick that hangs is given up, and its thread ends with it."""
    count = in_time(lambda: _lying(folder), _HANGS)
    if count == _HANGS:
        words = _(
            "Source {name}: its folder does not answer: a stick or a network drive hangs. Pull it out and plug it in again."
        )
        return Finding("source", "warn", words.format(name=name))
    if count is None:
        words = _("Source {name}: its folder is not there (a USB stick that is not plugged in?).")
        return Finding("source", "warn", words.format(name=name))
    if not count:
        return Finding("source", "ok", _("Source {name}: its folder is there and empty.").format(name=name))
    words = ngettext(
        "Source {name}: {n} submission lies there in clear text. Once pulled and backed up, delete it.",
        "Source {name}: {n} submissions lie there in clear text. Once pulled and backed up, delete them.",
        count,
    )
    return Finding("clear-text", "warn", words.format(name=name, n=count))


def in_time(look: Callable[[], Seen], otherwise: Other) -> Seen | Other:
    """Return what a look at a folder finds within `LOOK_S`; of one that hangs, as a stick or a network drive may, or fails, the other."""
    found: list[Seen] = []

    def looking() -> None:
        with suppress(Exception):
            found.append(look())

    thread = threading.Thread(target=looking, daemon=True)
    thread.start()
    thread.join(LOOK_S)
    return found[0] if found else otherwise


def _lying(folder: Path) -> int | None:
    """Return how many submissions lie in a folder, counted up to `_COUNTED`; None where there is none, or it cannot be read."""
    try:
        return sum(1 for _path in islice(folder.rglob("*.xml"), _COUNTED)) if folder.is_dir() else None
    except OSError:
        return None


def _proof(holder: Holder, last: datetime | None, now: datetime) -> Finding:
    name = holder_name(holder)
    if last is None:
        words = _("{holder}: never tried here. Run dikalo vault test --key {key}.")
        return Finding("proof", "warn", words.format(holder=name, key=_KEY[holder]))
    days = (now - last).days
    level = _by_age(days, _PROOF_DAYS)
    words = ngettext("{holder}: opened {days} day ago.", "{holder}: opened {days} days ago.", days)
    more = (
        "" if level == "ok" else " " + _("Run dikalo vault test --key {key} again.").format(key=_KEY[holder])
    )
    return Finding("proof", level, words.format(holder=name, days=days) + more)


def _rewrap(old: int) -> Finding:
    """Say that a change of keys is under way: the keys of before count until it is ended."""
    words = ngettext(
        "A change of keys is not finished: {n} key page waits. Run dikalo keys rewrap.",
        "A change of keys is not finished: {n} key pages wait. Run dikalo keys rewrap.",
        old,
    )
    return Finding("rewrap", "warn", words.format(n=old))


def _strike(count: int, waits: timedelta) -> Finding:
    words = ngettext(
        "{n} erased key waits to be struck since {days} days: open the vault once.",
        "{n} erased keys wait to be struck since {days} days: open the vault once.",
        count,
    )
    return Finding("erasure", _by_age(waits.days, _STRIKE_DAYS), words.format(n=count, days=waits.days))


def _by_age(days: int, limits: tuple[int, int]) -> Level:
    amber, red = limits
    return "bad" if days > red else "warn" if days > amber else "ok"
