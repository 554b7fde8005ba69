"""Pull: from the sources of a workspace into the raw store and the register. Never changes a source, never deletes what is held.

Page by page: look what may be new, read it, decide, and store the whole page in one transaction; when the answers of
every source are here, their files, a few at a time. Stopped anywhere, it goes on at the next run. Invented data never
enters a real register, real data never a demonstration.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from sync_scripts.config import ServerSettings, forms_of_teams
from sync_scripts.errors import DikaloError, NotAllowed, Unreachable, UsageProblem
from sync_scripts.intake.building import Building
from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.encryption.spool import drop_old
from sync_scripts.intake.encryption.unlocking import unlocking
from sync_scripts.intake.notes import NumberUnreadable
from sync_scripts.intake.one_source import Source, Way
from sync_scripts.intake.receive.file_choice import Shadow
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.plan import Trial
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.intake.report import PullReport
from sync_scripts.intake.run import Run
from sync_scripts.intake.tally import Tally, after, before, recorded
from sync_scripts.servers.base import Server
from sync_scripts.servers.folder import Folder
from sync_scripts.servers.plain_files import marker
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema.raw import setting
from sync_scripts.store.seal.erasing import drop_orphans, tidy
from sync_scripts.store.workspace import Workspace

if TYPE_CHECKING:
    from sync_scripts.intake.connections import Ask


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
        base = before(rows, len(servers), dry_run=way.dry_run)
    with recorded(register, servers, actor, way.clock, dry_run=way.dry_run) as end:

        def ended(one: _Named) -> None:
            report = one.counted().report(replace(base, sources=len(one.servers)))
            end(one.name, report, one.failure, not one.failed)

        tally, failure = _pull_all(register, servers, actor, way, ended)
    with register.reading() as rows:
        report = after(rows, tally.report(base), way.clock())
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
        return Source(Run(register, opening, actor, way, counted, tags, trials[server.name], shadow=shadow))

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


INBOX = "demo.inbox"
"""Setting of a demonstration's register: the id of the one inbox that it made."""


NotItsInbox: Final = UsageProblem.declare(
    "DK-I07",
    "This is a demonstration: it reads only the classroom inbox that it made itself. Nothing was taken from "
    "{source}. Real reports belong in a real workspace (dikalo init).",
)
NoSource: Final = UsageProblem.declare(
    "DK-I08",
    "No source is written in dikalo.toml, so there is nothing to pull from. Name a folder after the command "
    "(dikalo pull FOLDER), or let dikalo init ask for a server.",
)


def own_inbox(rows: Rows, inbox: str) -> None:
    """Remember the inbox that a demonstration made; it pulls from no other."""
    rows.upsert(setting, [{"name": INBOX, "value": inbox}])


@contextmanager
def sources(
    workspace: Workspace, folders: Sequence[Path] = (), ask: Ask | None = None, *, largest: int = 0
) -> Iterator[list[Server]]:
    """Give the sources to pull: the folders named, else those of the settings; logins end with the work.

    Args:
        workspace: the open workspace.
        folders: named by a person, instead of what the settings say.
        ask: asks for a login that is kept nowhere; nobody is asked without it.
        largest: bytes of a file that a person wants taken, where that is more than a server is ever believed otherwise.

    Raises:
        NoSource: there are none.
        NotItsInbox: a demonstration, and a source that is not its own inbox.
        ClassroomInside: raised later by a real workspace's source that holds a classroom's inbox.
    """
    configured = () if folders else workspace.settings.server
    wanted = [Path(one) for one in folders]
    wanted += [one.folder(workspace.root) for one in configured if one.kind == "folder"]
    servers = [one for one in configured if one.kind != "folder"]
    if not wanted and not servers:
        raise NoSource
    if workspace.demo:
        _refuse_foreign(workspace, wanted, servers)
    with ExitStack() as stack:
        reached: list[Server] = [Folder(one, classroom=workspace.demo) for one in wanted]
        reached += [stack.enter_context(one) for one in _opened(workspace, servers, ask, largest)]
        yield reached


def _opened(
    workspace: Workspace, servers: Sequence[ServerSettings], ask: Ask | None, largest: int
) -> Iterator[AbstractContextManager[Server]]:
    """Yield the way into each server; whoever has folders only never loads what speaks with servers."""
    if servers:
        from sync_scripts.intake.connections import nobody, opened

        for one in servers:
            beside = forms_of_teams(workspace.settings.team)
            yield opened(workspace.register, one, workspace.root, ask or nobody, beside, largest=largest)


def _refuse_foreign(workspace: Workspace, wanted: Sequence[Path], servers: Sequence[ServerSettings]) -> None:
    for server in servers:
        raise NotItsInbox(source=server.name)
    with workspace.register.reading() as rows:
        own = rows.execute(select(setting.c.value).where(setting.c.name == INBOX)).scalar()
    for folder in wanted:
        found = marker(folder)
        if own is None or found is None or found.id != own:
            raise NotItsInbox(source=str(folder))
