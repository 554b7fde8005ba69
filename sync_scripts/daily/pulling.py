"""A pull in a process of its own, seen from the one that started it. Holds no answer: counts come back, and words."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from sync_scripts.config import ServerSettings
from sync_scripts.daily.child import ALIVE, ANSWERS, GO_ON, TURN, Failure, Job, Told
from sync_scripts.errors import Unreachable
from sync_scripts.intake.report import PullReport
from sync_scripts.servers.folder import NAME as FOLDERS
from sync_scripts.store.lock import to_hand_on
from sync_scripts.store.workspace import Unlocked
from sync_scripts.texts import language

GRACE_S: Final = 20.0
"""How long a pull may take to end the page at hand when it is told to stop."""
TURN_S: Final = 120.0
"""How long a source brings answers before others have their turn: what one server delays must delay no alarm of another."""
SILENT_S: Final = 240.0
"""How long one that reads folders may give no sign of life: a stick or a network drive that hangs has no deadline of its own."""
EVERY_S: Final = 60.0
"""How often something else is done while a pull goes on."""
_LOOK_S: Final = 1.0
"""How soon an interruption is seen while nothing comes: where a wait cannot be interrupted, it must be short."""
_NETWORK: Final = 5
"""Exit code of what the network or a server did."""


FolderHangs: Final = Unreachable.declare(
    "DK-N66",
    "A folder did not answer for {minutes} minutes while it was read: a USB stick or a network drive hangs. It was given up, and everything "
    "else went on. What was already stored stays stored. Pull the stick out and plug it in again; the next round goes on there.",
)


@dataclass(frozen=True, slots=True)
class Source:
    """What one process pulls: a server, or all folders. ``name`` is the one under which runs are recorded."""

    name: str
    servers: tuple[str, ...]

    @property
    def silent_s(self) -> float | None:
        """Return how long its process may give no sign of life; a server has deadlines of its own."""
        return SILENT_S if self.name == FOLDERS else None


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
    """Return what is pulled one after the other: each server by itself, then the folders together, as one may hang.

    They are near and quick: what lies in them waits for the first turn of each server at most.
    """
    folders = tuple(one.name for one in settings if one.kind == "folder")
    found = [Source(one.name, (one.name,)) for one in settings if one.kind != "folder"]
    return found + ([Source(FOLDERS, folders)] if folders else [])


@dataclass(slots=True)
class Pulling:
    """A pull in a process of its own, which ends with it; the caller holds the lock of the workspace, and the process does, too.

    First the answers, a while at a time, then the files, so that the answers of several sources can come before the files
    of any. Left in whatever way, the process is told to stop, and ends its page.

    Attributes:
        keys: of the workspace.
        source: what is pulled.
        as_code: act under this code, which is only claimed.
        dry_run: write nothing.
    """

    keys: Unlocked
    source: Source
    as_code: str | None = None
    dry_run: bool = False
    _made: subprocess.Popen[bytes] | None = None
    _reader: threading.Thread | None = None
    _answers: threading.Event = field(default_factory=threading.Event)
    """It says that others have their turn, or nothing any more."""
    _more: bool = False
    """There are answers to come."""
    _over: threading.Event = field(default_factory=threading.Event)
    """It says nothing any more."""
    _said: list[bytes] = field(default_factory=list)
    _heard_s: float = 0.0
    """When it gave its last sign of life, or was let go on."""
    _hangs: bool = False

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let the process stop, if it is not at its end."""
        self._end()

    @property
    def over(self) -> bool:
        """Tell whether the process says nothing any more."""
        return self._over.is_set()

    def data(self, meanwhile: Callable[[], None] = lambda: None) -> bool:
        """Bring the answers, for `TURN_S`; ``meanwhile`` is done each minute until then, beside the process that writes.

        Return whether there are more: it is to be called again when others have had their turn.
        Interrupted (Ctrl-C, a signal), it goes on raising.
        """
        if self._made is not None:
            self._go_on(self._made, meanwhile)
            return self._more
        made = self._started()
        job = Job(
            root=str(self.keys.root.absolute()),
            servers=self.source.servers,
            worker=self.keys.worker,
            demo=self.keys.demo,
            pinned=self.keys.pinned,
            as_code=self.as_code,
            lang=language(),
            dry_run=self.dry_run,
            turn_s=TURN_S,
        )
        self._say(made, msgspec.json.encode(job) + b"\n" + self.keys.day_key)
        self._wait(meanwhile)
        return self._more

    def files(self, meanwhile: Callable[[], None] = lambda: None) -> Pull | None:
        """Bring the files, for a while; ``meanwhile`` as before.

        Return what came in all, None when there are more, and answers that came meanwhile are here.
        """
        name = self.source.name
        if self._made is None or self._reader is None:
            raise RuntimeError  # the answers come first
        self._go_on(self._made, meanwhile)
        if not self._over.is_set():
            return None
        code = self._end()
        if self._hangs:
            return Pull(name, None, Failure.of(FolderHangs(minutes=round(SILENT_S / 60))))
        try:
            told = msgspec.json.decode(b"".join(self._said), type=Told)
        except msgspec.DecodeError:
            return Pull(name, None, _crashed(name, f"exit {code}"))
        if told.crash:
            return Pull(name, None, _crashed(name, told.crash))
        report = msgspec.convert(told.report, PullReport) if told.report is not None else None
        return Pull(name, report, told.failure)

    def _go_on(self, made: subprocess.Popen[bytes], meanwhile: Callable[[], None]) -> None:
        self._answers.clear()
        self._say(made, GO_ON)
        if not self._over.is_set():
            self._wait(meanwhile)

    def _wait(self, meanwhile: Callable[[], None]) -> None:
        """Wait until others have their turn, and do the other thing each minute; end one that gives no sign of life."""
        since = time.monotonic()
        while not self._answers.is_set():
            self._answers.wait(min(_LOOK_S, EVERY_S))
            now = time.monotonic()
            if self.source.silent_s is not None and now - self._heard_s >= self.source.silent_s:
                self._give_up()
            elif not self._answers.is_set() and now - since >= EVERY_S:
                meanwhile()
                since = time.monotonic()

    def _give_up(self) -> None:
        """End a process that hangs in a read, and wait for nothing of it: one in a dead driver may not even end."""
        self._hangs = True
        self._more = False
        if self._made is not None:
            self._made.kill()
        self._over.set()
        self._answers.set()

    def _started(self) -> subprocess.Popen[bytes]:
        more: dict[str, Any] = (
            {"creationflags": 0x00000200} if os.name == "nt" else {"start_new_session": True}
        )
        made = self._made = subprocess.Popen(
            [sys.executable, "-P", "-m", "sync_scripts.daily.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(sys.executable).parent,
            pass_fds=to_hand_on(self.keys.root),
            **more,
        )
        self._reader = threading.Thread(target=self._read, args=[made], daemon=True)
        self._reader.start()
        return made

    def _read(self, made: subprocess.Popen[bytes]) -> None:
        """Hear what the process says, until it ends."""
        for line in made.stdout or ():
            self._heard_s = time.monotonic()
            if line == ALIVE:
                continue
            if line in {ANSWERS, TURN}:
                self._more = line == TURN
                self._answers.set()
            else:
                self._said.append(line)
        self._more = False
        self._over.set()
        self._answers.set()

    def _say(self, made: subprocess.Popen[bytes], words: bytes) -> None:
        self._heard_s = time.monotonic()
        with suppress(OSError, ValueError):  # it is gone: its end says why
            if made.stdin is not None:
                made.stdin.write(words)
                made.stdin.flush()

    def _end(self) -> int | None:
        """Let the process stop, and return its exit code; None of one that cannot be ended, and ends with what it hangs in."""
        made = self._made
        if made is None:
            return 0
        if made.stdin is not None:
            with suppress(OSError):
                made.stdin.close()
        try:
            made.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            made.kill()  # a page is stored whole or not at all
            with suppress(subprocess.TimeoutExpired):
                made.wait(GRACE_S)
        if self._reader is not None:
            self._reader.join(GRACE_S)
        if made.stdout is not None and made.returncode is not None:
            made.stdout.close()
        return made.returncode


def _crashed(source: str, kind: str) -> Failure:
    words = _(
        "The process that pulls from {source} ended before its end ({kind}). What it had stored is safe; the next round goes "
        "on from there. If it happens again, run dikalo pull by itself: it says more."
    )
    return Failure("DK-N30", words.format(source=source, kind=kind), 1)
