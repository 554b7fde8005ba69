"""Whether the register's file is still as a process left it that knew it to be sound: then it need not be read whole.

Beside the file lies a note: when every page of it was read last, and what the system said of the file and its log when
the last process that wrote into it had closed them. Anything else than that - a process that was killed, a cut of the
power, a copy put back, another program - leaves files of other times behind, and the note vouches for nothing. Nor does
the note vouch for longer than a day: a disk that forgets changes no time. The note holds no secret and proves nothing to a
stranger; what guards each single page is the code that SQLCipher checks whenever it reads one.

Processes that write at once see each other by their marks: an empty file of each, locked while it lives and removed when it
has closed the register. Of one that was killed the mark stays, and nobody lets go of it; whoever closes the register
beside or after it writes no note, and the next one that writes reads every page.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from sync_scripts.store.canonical import canonical, due, instant, moment
from sync_scripts.store.lock import take

EVERY: Final = timedelta(hours=20)
"""How long a reading of every page counts; shorter than a day, so that a round at the same hour reads again."""
SUFFIX: Final = "-checked"
_LOG: Final = "-wal"
_WRITES: Final = "-writes-"


def since(file: Path, now: datetime) -> datetime | None:
    """Return when every page was read, if the file is still as it was left after that; None = read it again."""
    try:
        said = json.loads(_beside(file, SUFFIX).read_text("utf-8"))
        at, left = moment(said["at"]), said["file"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if at.tzinfo is None or due(at, now, EVERY):
        return None
    return at if left == _looks(file) else None


@dataclass(frozen=True)
class Mark:
    """That this process writes into the file; others see by its lock whether the process still lives."""

    path: Path
    opened: int

    def remove(self) -> None:
        """Take it away: this process has closed the file in order."""
        with suppress(OSError):
            self.path.unlink()  # while it is still locked, so that nobody takes this process for killed
        os.close(self.opened)
        with suppress(OSError):
            self.path.unlink(missing_ok=True)  # Windows removes nothing that is open


def mark(file: Path) -> Mark | None:
    """Show that this process writes, and take away marks of processes that were killed; None on a full disk.

    Only while this process alone may write, and once it knows the file to be sound.
    """
    for one in _marks(file):
        if _killed(one):
            with suppress(OSError):
                one.unlink()
    path = _beside(file, f"{_WRITES}{secrets.token_hex(8)}")
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return None
    while not take(opened):  # somebody looks at this very moment whether it is alive
        time.sleep(0.001)
    return Mark(path, opened)


def note(file: Path, at: datetime) -> None:
    """Write down that the file, closed now by this process, was sound ``at`` that moment.

    Nothing on a full disk, nor where a process was killed that wrote beside this one.
    """
    looks = _looks(file)  # first: what somebody writes who begins after this is not vouched for
    if looks is None or any(map(_killed, _marks(file))):
        return
    place, made = _beside(file, SUFFIX), _beside(file, f"{SUFFIX}-new")
    with suppress(OSError):
        made.write_text(canonical({"at": instant(at), "file": looks}), "utf-8")
        made.chmod(0o600)
        made.replace(place)


def _marks(file: Path) -> Iterator[Path]:
    """Return the marks of all that write into a file, or did until they were killed."""
    return file.parent.glob(f"{file.name}{_WRITES}*")


def _killed(path: Path) -> bool:
    """Tell whether the process of a mark is gone without having taken it away."""
    try:
        opened = os.open(path, os.O_RDWR)
    except OSError:
        return False  # it has taken it away just now
    try:
        return take(opened) and path.exists()
    finally:
        os.close(opened)


def forget(file: Path) -> None:
    """Let nothing vouch for the file any more: somebody met damage in it."""
    with suppress(OSError):
        _beside(file, SUFFIX).unlink()


def _looks(file: Path) -> list[list[int]] | None:
    """Return what the system says of the file and of its log; None = it cannot be asked, or there is no file."""
    try:
        own = file.stat()
        log = _log(_beside(file, _LOG))
    except OSError:
        return None
    return [[own.st_size, own.st_mtime_ns, own.st_ctime_ns, own.st_ino], log]


def _log(file: Path) -> list[int]:
    """Return the same of the log, but for the time that SQLite moves by opening it; nothing of an empty or missing one."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ino] if found.st_size else []


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def state_of(connection: Connection) -> str:
    """Return a word for what a transaction sees: the same word twice means that nobody kept anything in between.

    To be asked first in a transaction, and before that keeps anything itself. Another word says only that something may have
    been kept. SQLite counts for each connection what others keep, and beside it what it keeps itself; PostgreSQL names the
    transactions that are over, and those on their way.
    """
    if connection.dialect.name == "sqlite":
        own = id(connection.connection.dbapi_connection)
        others = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        return f"{own} {others} {connection.exec_driver_sql('SELECT total_changes()').scalar_one()}"
    return str(connection.exec_driver_sql("SELECT txid_current_snapshot()::text").scalar_one())
