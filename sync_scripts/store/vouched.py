"""Whether the register's file is still as a process left it that knew it to be sound: then it need not be read whole.

Beside the file lies a note: when every page of it was read last, and what the system said of the file and its log when
the last process that wrote into it had closed them. Anything else than that - a process that was killed, a cut of the
power, a copy put back, another program - leaves files of other times behind, and the note vouches for nothing; only what
was killed beside another process, which closed the file after it, is taken for that one's. Nor does the note vouch
for longer than a day: a disk that forgets changes no time. The note holds no secret and proves nothing to a
stranger; what guards each single page is the code that SQLCipher checks whenever it reads one.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sync_scripts.store.canonical import canonical, instant, moment

__all__ = ["EVERY", "SUFFIX", "forget", "note", "since"]

EVERY: Final = timedelta(hours=20)
"""How long a reading of every page counts; shorter than a day, so that a round at the same hour reads again."""
SUFFIX: Final = "-checked"
_LOG: Final = "-wal"


def since(file: Path, now: datetime) -> datetime | None:
    """Return when every page was read, if the file is still as it was left after that; None = read it again."""
    try:
        said = json.loads(_beside(file, SUFFIX).read_text("utf-8"))
        at, left = moment(said["at"]), said["file"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if at.tzinfo is None or not at <= now < at + EVERY:
        return None
    return at if left == _looks(file) else None


def note(file: Path, at: datetime) -> None:
    """Write down that the file, closed now by this process, was sound ``at`` that moment; nothing on a full disk."""
    looks = _looks(file)
    if looks is None:
        return
    place, made = _beside(file, SUFFIX), _beside(file, f"{SUFFIX}-new")
    with suppress(OSError):
        made.write_text(canonical({"at": instant(at), "file": looks}), "utf-8")
        made.chmod(0o600)
        made.replace(place)


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
