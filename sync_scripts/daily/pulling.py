"""A pull in a process of its own, seen from the one that started it. Holds no answer: counts come back, and words."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Any, Final

import msgspec

from sync_scripts.config import ServerSettings
from sync_scripts.daily.child import Failure, Job, Told
from sync_scripts.intake.report import PullReport
from sync_scripts.servers.folder import NAME as FOLDERS
from sync_scripts.store.workspace import Unlocked
from sync_scripts.texts import language

__all__ = ["Pull", "Source", "pull_from", "sources_of"]

GRACE_S: Final = 20.0
"""How long a pull may take to end the page at hand when it is told to stop."""
EVERY_S: Final = 60.0
"""How often something else is done while a pull goes on."""
_LOOK_S: Final = 1.0
"""How soon an interruption is seen while nothing comes: where a wait cannot be interrupted, it must be short."""
_NETWORK: Final = 5
"""Exit code of what the network or a server did."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one process pulls: a server, or all folders. ``name`` is the one under which runs are recorded."""

    name: str
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pull:
    """What one process brought.

    Attributes:
        source: from where.
        report: counts; None when nothing was read.
        failure: what stopped it, None when nothing did.
    """

    source: str
    report: PullReport | None
    failure: Failure | None

    @property
    def unreachable(self) -> bool:
        """Tell whether the network or the server was the reason."""
        return self.failure is not None and self.failure.exit == _NETWORK

    @property
    def exit_code(self) -> int:
        """Return what it means for the round."""
        if self.failure is not None:
            return self.failure.exit
        return 3 if self.report is not None and self.report.needs_person else 0


def sources_of(settings: Sequence[ServerSettings]) -> list[Source]:
    """Return what is pulled one after the other: each server by itself, the folders together."""
    folders = tuple(one.name for one in settings if one.kind == "folder")
    found = [Source(one.name, (one.name,)) for one in settings if one.kind != "folder"]
    return ([Source(FOLDERS, folders)] if folders else []) + found


def pull_from(
    keys: Unlocked,
    source: Source,
    *,
    as_code: str | None = None,
    dry_run: bool = False,
    meanwhile: Callable[[], None] = lambda: None,
) -> Pull:
    """Pull from one source in a process that ends; the caller holds the lock of the workspace.

    ``meanwhile`` is done each minute until then, beside the process that writes: a pull may last for hours.

    Interrupted (Ctrl-C, a signal), it lets the process end its page and goes on raising.
    """
    job = Job(
        root=str(keys.root.absolute()),
        servers=source.servers,
        worker=keys.worker,
        demo=keys.demo,
        as_code=as_code,
        lang=language(),
        dry_run=dry_run,
    )
    told, code = _run(job, keys.day_key, meanwhile)
    if told is None or told.crash:
        return Pull(source.name, None, _crashed(source.name, told.crash if told else f"exit {code}"))
    report = msgspec.convert(told.report, PullReport) if told.report is not None else None
    return Pull(source.name, report, told.failure)


def _run(job: Job, key: bytes, meanwhile: Callable[[], None]) -> tuple[Told | None, int]:
    more: dict[str, Any] = {"creationflags": 0x00000200} if os.name == "nt" else {"start_new_session": True}
    made = subprocess.Popen(
        [sys.executable, "-P", "-m", "sync_scripts.daily.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(sys.executable).parent,
        **more,
    )
    if made.stdin is None or made.stdout is None:
        raise RuntimeError  # pipes were asked for
    with made.stdout as stream:
        said: list[bytes] = []
        reader = threading.Thread(target=lambda: said.append(stream.read()), daemon=True)
        try:
            with suppress(OSError):
                made.stdin.write(msgspec.json.encode(job) + b"\n" + key)
                made.stdin.flush()
            reader.start()
            _wait(reader, meanwhile)
        finally:
            with suppress(OSError):
                made.stdin.close()  # and so it stops, if it is not at its end
            _end(made)
            if reader.is_alive():
                reader.join(GRACE_S)
    try:
        return msgspec.json.decode(b"".join(said), type=Told), made.returncode
    except msgspec.DecodeError:
        return None, made.returncode


def _wait(reader: threading.Thread, meanwhile: Callable[[], None]) -> None:
    """Wait for the end of what is read, and do the other thing each minute."""
    since = time.monotonic()
    while reader.is_alive():
        reader.join(min(_LOOK_S, EVERY_S))
        if reader.is_alive() and time.monotonic() - since >= EVERY_S:
            meanwhile()
            since = time.monotonic()


def _end(made: subprocess.Popen[bytes]) -> None:
    try:
        made.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        made.kill()  # a page is stored whole or not at all
        made.wait()


def _crashed(source: str, kind: str) -> Failure:
    words = _(
        "The process that pulls from {source} ended before its end ({kind}). What it had stored is safe; the next round goes "
        "on from there. If it happens again, run dikalo pull by itself: it says more."
    )
    return Failure("DK-N30", words.format(source=source, kind=kind), 1)
