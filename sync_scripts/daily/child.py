"""The process of one pull, or of the backup of a round: ``python -m sync_scripts.daily.child``. What it has read in the clear ends with it.

It is given, on standard input, one line of JSON and the 32 bytes of the everyday key. When all answers are here it says
so in a line, and waits for one more byte before it asks for files: answers of other servers come first. So it does every
few minutes while files come, and, in another word, between two pages of answers that take long: no slow server keeps others
waiting. Beside these it gives a sign of life with what it read, so that one that hangs in a read is given up. At its end it writes one JSON document. It stops at the next chance when its standard input ends: whoever started it is gone or wants
no more. What a page had not yet stored is undone, and the next pull fetches it again.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from sync_scripts import config, texts
from sync_scripts.clock import machine
from sync_scripts.errors import DikaloError
from sync_scripts.secrets.slots import Pinned
from sync_scripts.store.canonical import moment
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked

KEY_BYTES = 32
ANSWERS: Final = b"answers\n"
"""Said, before the document, whenever all answers are here and there are files to come."""
TURN: Final = b"turn\n"
"""Said before that, when there are more answers and others have their turn."""
ALIVE: Final = b"alive\n"
"""Said when something more was read, not more often than each `_SIGN_S`; nothing waits for it."""
GO_ON: Final = b"g"
"""Lets it go on."""
_SIGN_S: Final = 1.0
_LOOK_S: Final = 0.2
"""How soon an end of standard input is seen while nothing is done: where a wait cannot be interrupted, it must be short."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that is to be made: where, at what instant, and after how many seconds sealed files are left to the next one."""

    folder: str
    at: str
    longest_s: float


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be pulled, or backed up.

    Attributes:
        root: the workspace.
        servers: names of the settings; all folders have one name and go together.
        worker: whose key it is.
        demo: as the key slot says.
        pinned: for whom the workspace seals, as it says.
        as_code: a code that is only claimed, None = the worker's own.
        lang: in which failures are worded.
        dry_run: write nothing.
        turn_s: after so many seconds, others have their turn before the next page of answers.
        backup: what is to be backed up in place of a pull.
    """

    root: str
    servers: tuple[str, ...] = ()
    worker: str
    demo: bool
    pinned: Pinned | None
    as_code: str | None = None
    lang: str
    dry_run: bool = False
    turn_s: float = 0.0
    backup: Backup | None = None


class Failure(msgspec.Struct, frozen=True):
    """An error in words: its code, its sentence, its exit code."""

    code: str
    words: str
    exit: int

    @classmethod
    def of(cls, error: DikaloError) -> Failure:
        """Return an error in the language chosen at start."""
        return cls(error.code, error.words(), error.exit_code)


class Told(msgspec.Struct, frozen=True):
    """What the process says at its end: the report of the pull or backup, and what went wrong."""

    report: dict[str, Any] | None = None
    failure: Failure | None = None
    crash: str = ""


class Stopped(BaseException):
    """Standard input ended: nobody wants this any more."""


def main() -> None:
    """Pull, and say what came."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started this one
    with open(0, "rb", buffering=0, closefd=False) as asked:
        job = msgspec.json.decode(asked.readline(), type=Job)
        key = asked.read(KEY_BYTES)
        texts.speak(job.lang)
        said = os.dup(1)
        os.dup2(2, 1)  # whatever a library prints is no part of the document
        go_on = threading.Event()
        _hear(asked, go_on)

        def wait(word: bytes) -> None:
            os.write(said, word)
            while not go_on.wait(_LOOK_S):
                pass
            go_on.clear()

        told = _told(job, key, wait, partial(os.write, said, ALIVE))
    with os.fdopen(said, "wb") as stream:
        stream.write(msgspec.json.encode(told))


def _hear(asked: IO[bytes], go_on: threading.Event) -> None:
    """Go on when the other side says so, and interrupt the main thread when it has closed."""

    def raise_stopped(_number: int, _frame: object) -> None:
        raise Stopped

    def watch() -> None:
        while asked.read(1):
            go_on.set()
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
        else:
            signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, raise_stopped)
    threading.Thread(target=watch, daemon=True).start()


def _told(job: Job, key: bytes, wait: Callable[[bytes], None], alive: Callable[[], object]) -> Told:
    try:
        if job.backup is not None:
            return _backed_up(job, job.backup, key, alive)
        return _pulled(job, key, wait, alive)
    except Stopped:
        return Told(crash="stopped")
    except DikaloError as error:
        return Told(failure=Failure.of(error))
    except Exception as fault:  # noqa: BLE001 - the last edge of this process: the class of it, and no value
        return Told(crash=type(fault).__name__)


def _pulled(job: Job, key: bytes, wait: Callable[[bytes], None], alive: Callable[[], object]) -> Told:
    from sync_scripts.intake.pull import Way, pull, sources
    from sync_scripts.store.lock import in_turns

    workspace = _opened(job, key)
    try:
        wanted = tuple(one for one in workspace.settings.server if one.name in job.servers)
        workspace.settings = msgspec.structs.replace(workspace.settings, server=wanted)
        workspace.require_proof(machine())
        others, sign = _after(job.turn_s, partial(wait, TURN)), _after(_SIGN_S, alive)

        def turn() -> None:
            sign()
            others()

        way = Way(
            dry_run=job.dry_run,
            between=partial(wait, ANSWERS),
            turn=turn,
            aside=partial(wait, TURN),
            progress=lambda _more: sign(),
            files=lambda _more: sign(),
        )
        with sources(workspace) as servers, in_turns(workspace.root):
            done = pull(workspace.register, servers, workspace.actor(job.as_code), way)
    finally:
        workspace.close()
    report = msgspec.to_builtins(asdict(done.report))
    return Told(report, Failure.of(done.failure) if done.failure else None)


def _backed_up(job: Job, wanted: Backup, key: bytes, alive: Callable[[], object]) -> Told:
    from sync_scripts.backup.making import make
    from sync_scripts.backup.planning import prepared
    from sync_scripts.store.lock import in_turns

    began, sign = time.monotonic(), _after(_SIGN_S, alive)

    def late() -> bool:
        return time.monotonic() - began >= wanted.longest_s

    workspace = _opened(job, key)
    try:
        with in_turns(workspace.root):
            place = prepared(workspace, Path(wanted.folder))
            made = make(workspace, place, moment(wanted.at), lambda _more: sign(), late)
    finally:
        workspace.close()
    return Told(msgspec.to_builtins(made))


def _opened(job: Job, key: bytes) -> Workspace:
    root = Path(job.root)
    return open_unlocked(Unlocked(root, config.load(root), key, job.worker, job.demo, job.pinned))


def _after(seconds: float, do: Callable[[], object]) -> Callable[[], None]:
    """Return what does something, when it is called so many seconds after the last time, or later."""
    since = time.monotonic()

    def turn() -> None:
        nonlocal since
        if time.monotonic() - since >= seconds:
            do()
            since = time.monotonic()

    return turn


if __name__ == "__main__":
    main()
    sys.exit(0)
