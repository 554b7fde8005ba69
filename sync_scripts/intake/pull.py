"""Pull: from the sources into the raw store and the register. Never changes a source, never deletes what is held.

Page by page: look what may be new, read it, decide, and store the whole page in one transaction; when the answers of
every source are here, their files, a few at a time. Stopped anywhere, it goes on at the next run; run twice, it changes
nothing the second time.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sync_scripts.errors import DikaloError, NotAllowed, Unreachable
from sync_scripts.intake import record
from sync_scripts.intake.building import Building
from sync_scripts.intake.encryption.keyring import Keyring
from sync_scripts.intake.encryption.spool import drop_old
from sync_scripts.intake.encryption.unlocking import unlocking
from sync_scripts.intake.notes import NumberUnreadable
from sync_scripts.intake.one_source import Source, Way
from sync_scripts.intake.receive.files import Shadow
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.tagging import Tagger
from sync_scripts.intake.receive.trial import Trial
from sync_scripts.intake.report import PullReport
from sync_scripts.intake.tally import Tally
from sync_scripts.servers.base import Server
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.seal.orphans import drop_orphans, tidy

__all__ = ["Pulled", "Way", "pull"]

TURN_S: Final = 60.0
"""How long one source brings answers before the others have their turn: what is slow or drips keeps nobody waiting for hours."""
SLICE_S: Final = 60.0
"""How long one source brings answers or files before it is looked everywhere for alerts that came meanwhile."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did.

    Attributes:
        report: the counts.
        failure: of the first source, or form of a source, that could not be read; the others were.
        shown: of the places that were asked for (``Way.only``), those that a source shows.
    """

    report: PullReport
    failure: DikaloError | None = None
    shown: frozenset[str] = frozenset()


def pull(register: Register, servers: Sequence[Server], actor: Actor, way: Way | None = None) -> Pulled:
    """Bring what is new from every source; safe to stop anywhere and to run again.

    The caller holds the lock of the workspace, unless it is a dry run. A source that cannot be read does not stop
    the others; what was stored before it failed stays.

    Raises:
        DiskFull, DatabaseFailed and the like: nothing of the page at hand was stored.
    """
    way = way or Way()
    with register.reading() as rows:
        base = record.before(rows, len(servers), dry_run=way.dry_run)
    with record.recorded(register, servers, actor, way.clock, dry_run=way.dry_run) as end:

        def ended(one: _Named) -> None:
            report = one.counted().report(replace(base, sources=len(one.servers)))
            end(one.name, report, one.failure, not one.failed)

        tally, failure = _pull_all(register, servers, actor, way, ended)
    with register.reading() as rows:
        report = record.after(rows, tally.report(base), way.clock())
    return Pulled(report, failure, frozenset(tally.shown))


def _pull_all(
    register: Register, servers: Sequence[Server], actor: Actor, way: Way, end: Callable[[_Named], None]
) -> tuple[Tally, DikaloError | None]:
    """Pull every source; return the counts and the first failure: of a source before one of a single form.

    First the answers of all, then the files: an alarm must not wait for photos, of another server neither. What is pulled
    under one name is told to ``end`` together, as soon as it is over: one source that fails says nothing of the others.
    """
    tags = Tagger(register.match_key)
    if not (way.dry_run or way.beside):
        with register.reading() as rows:
            tidy(rows, register.folder, way.clock())
        drop_old(register.folder, way.clock())
    if not way.dry_run:
        Building(register, way, Forms()).begin()
    keys = way.keys or Keyring.of(register)
    trials, shadow = defaultdict[str, Trial](Trial), Shadow()

    def made(server: Server, counted: Tally) -> Source:
        opening = unlocking(server, keys, way.clock, register.folder, way.file_limit)
        return Source(register, opening, actor, way, counted, tags, trials[server.name], shadow=shadow)

    every = [_Named(name, same, tags, made) for name, same in _by_name(servers).items()]
    unread, looked = every, time.monotonic()
    while unread:
        unread = [one for one in unread if not one.data()]
        if unread and time.monotonic() - looked >= SLICE_S:
            _look(every)
            looked = time.monotonic()
    way.between()
    _in_turns(every, way, end, wait=bool(keys.halves))
    tally, failures = Tally(), list[DikaloError]()
    for one in every:
        tally.add(one.counted())
        failures += one.failed
    failures += tally.troubles.values()
    if not (way.dry_run or way.beside or failures):
        drop_orphans(register.folder, way.clock())
    return tally, next(iter(failures), None)


def _in_turns(every: Sequence[_Named], way: Way, end: Callable[[_Named], None], *, wait: bool) -> None:
    """Bring the files of every source, a while of each in turn, and in between the alerts that came meanwhile.

    First, and whenever there are any, answers that can be read with their own files alone. With ``wait`` nothing else is
    done the first time, also where there are none: a source that is pulled in another process may have some.
    """
    left, looked = every, time.monotonic()
    while left:
        sealed = [one for one in left if one.sealed]
        for one in sealed:
            one.open()
        if not (sealed or wait):
            for one in left:
                if one.files():
                    end(one)
            left = [one for one in left if one.left]
        wait = False
        if left and time.monotonic() - looked >= SLICE_S:
            left = _look(every)
            looked = time.monotonic()
        if left:
            way.between()


def _look(every: Sequence[_Named]) -> list[_Named]:
    """Look everywhere for alerts that came meanwhile; return where there are files to bring by now, or a failure to tell of."""
    return [one for one in every if one.look()]


@dataclass(slots=True)
class _Named:
    """The sources of one name, while they are pulled."""

    name: str
    servers: Sequence[Server]
    tags: Tagger
    made: Callable[[Server, Tally], Source]
    failed: list[Unreachable | NotAllowed] = field(default_factory=list)
    _tally: Tally = field(default_factory=Tally)
    _all: list[Source] = field(default_factory=list)
    _up: list[Source] = field(default_factory=list)
    """Those that were within reach until now."""
    _read: set[int] = field(default_factory=set)
    """Those whose answers are here."""

    def __post_init__(self) -> None:
        """Ask nothing yet."""
        self._up = self._all = [self.made(server, self._tally) for server in self.servers]

    @property
    def failure(self) -> DikaloError | None:
        """Return the first failure: of a source before one of a single form."""
        return next(iter([*self.failed, *self._tally.troubles.values()]), None)

    @property
    def left(self) -> list[Source]:
        """Those whose answers are here, and not yet all files."""
        return [one for one in self._up if one.more]

    def counted(self) -> Tally:
        """Return what was counted until now, and what is noted of these sources as they stand."""
        found = Tally()
        found.add(self._tally)
        for source in self._all:
            source.sum_up(found)
        return found

    def data(self) -> bool:
        """Bring the answers, for `TURN_S`; tell whether that is all. One source that is out of reach stops no other."""
        until = time.monotonic() + TURN_S

        def read(source: Source) -> None:
            if source.data(lambda: time.monotonic() >= until):
                self._read.add(id(source))

        self._reach([one for one in self._up if id(one) not in self._read], read)
        return all(id(one) in self._read for one in self._up)

    @property
    def sealed(self) -> bool:
        """Tell whether there are answers that can be read with their own files alone."""
        return any(one.sealed for one in self._up)

    def open(self) -> None:
        """Open those, for `SLICE_S`."""
        until = time.monotonic() + SLICE_S
        sealed = [one for one in self._up if one.sealed]
        self._reach(sealed, lambda source: source.open(lambda: time.monotonic() >= until))

    def files(self) -> bool:
        """Bring the files, where the answers are here, for `SLICE_S`; tell whether that is all of them."""
        until = time.monotonic() + SLICE_S
        self._reach(self.left, lambda source: source.files(lambda: time.monotonic() >= until))
        return not self.left

    def look(self) -> bool:
        """Bring the alerts that came since; tell whether there are files to bring, or a failure to tell of."""
        failed = len(self.failed)
        self._reach(self._up, Source.look)
        return bool(self.left) or len(self.failed) > failed

    def _reach(self, sources: Sequence[Source], do: Callable[[Source], None]) -> None:
        """Do something with each of these sources; of those that are out of reach, remember why."""
        before, down = self.tags.unreadable.total(), set[int]()
        for source in sources:
            try:
                do(source)
            except (Unreachable, NotAllowed) as failure:
                self.failed.append(failure)
                down.add(id(source))
        self._up = [one for one in self._up if id(one) not in down]
        self._tally.notes[NumberUnreadable.code] += self.tags.unreadable.total() - before


def _by_name(servers: Sequence[Server]) -> dict[str, list[Server]]:
    found: dict[str, list[Server]] = {}
    for one in servers:
        found.setdefault(one.name, []).append(one)
    return found
