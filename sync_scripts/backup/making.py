"""A backup: sealed files, the copy, its check, its head; then it is written down, and only then older copies go.

It may be cut anywhere: what was copied stays and is not copied again, and a copy without a head does not count. Needs the
everyday key only; what it writes opens for V, R and O alone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from sqlalchemy import select

from sync_scripts.backup import head as heads
from sync_scripts.backup.errors import BackupUnfinished, ClockBefore, CopyUnsound, FilesLacking, PlaceFull
from sync_scripts.backup.expiry import Aged, expired
from sync_scripts.backup.head import Erasure, Head
from sync_scripts.backup.leaving import leave
from sync_scripts.backup.place import Place
from sync_scripts.backup.planning import lacking, read_again, size_here, size_of
from sync_scripts.config import FILE as SETTINGS
from sync_scripts.errors import Damaged, DikaloError, Worded
from sync_scripts.intake.completeness.heads import Chain, chains
from sync_scripts.intake.completeness.soundness import faults
from sync_scripts.secrets import slots
from sync_scripts.secrets.wrapped_file import PHONES
from sync_scripts.store import backups, copying, custody, events, migrations
from sync_scripts.store.backups import Copy, Extent
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.durable import step, sync_folder, write_whole
from sync_scripts.store.schema.raw import erasure_pending
from sync_scripts.store.seal import sealed_rows
from sync_scripts.store.seal.sealed_files import is_sound, path_of
from sync_scripts.store.seal.sealing import seal_to
from sync_scripts.store.workspace import DAY_AGE, FORMS, Workspace, read_slots

Tell = Callable[[int], None]
Result = TypeVar("Result")
_ALWAYS_KEPT: Final = 2
"""So many of the newest copies stay, however full a place is."""


class Made(msgspec.Struct, frozen=True):
    """What a backup did.

    Attributes:
        copy: as it was written down.
        files: sealed files copied now.
        bytes: written in all.
        missing: sealed files that could not be copied: they are missing or damaged here.
        gone: older copies that were removed.
        problems: what a person has to know although it was made: codes, and words.
    """

    copy: Copy
    files: int
    bytes: int
    missing: tuple[str, ...]
    gone: int
    problems: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Shot:
    """What is copied, as one reading transaction sees it; ``gone`` are sealed files of what was erased and whose keys still wait."""

    extent: Extent
    counts: dict[str, int]
    chains: tuple[Chain, ...]
    erased: tuple[Erasure, ...]
    files: Sequence[str]
    gone: frozenset[str]


def make(
    workspace: Workspace,
    place: Place,
    now: datetime,
    tell: Tell = lambda _more: None,
    late: Callable[[], bool] = lambda: False,
) -> Made:
    """Make one backup; the caller holds the lock of the workspace.

    Args:
        workspace: what is copied.
        place: where to.
        now: the present moment.
        tell: hears how many more bytes are written, often.
        late: tells whether sealed files are to be left for the next time.

    Raises:
        PlaceTaken, PlaceLost: as they say; nothing that was there before is touched.
        PlaceFull: it is, and would be without the copies beyond the newest two; says how many of them went.
        FileTooLarge: no room would do.
        CopyUnsound: what was read back is not what was written.
        BackupUnfinished: it was too late for some of the sealed files.
    """
    work = _Work(workspace, place, now, tell, late)
    with place.locked():
        return work.done()


@dataclass(slots=True)
class _Work:
    """One backup under way."""

    workspace: Workspace
    place: Place
    now: datetime
    tell: Tell
    late: Callable[[], bool]
    written: int = 0
    known: tuple[Copy, ...] = ()
    dropped: int = 0

    def done(self) -> Made:
        register = self.workspace.register
        with register.reading() as rows:
            every = backups.copies(rows)
            self.known = tuple(one for one in every if one.place == self.place.id)
            number = _number(every, self.now)
            shot = _shot(rows)
            taken, missing = self._files(shot.files)
            name, key = secrets.token_hex(16), os.urandom(32)
            self._roomy(lambda: self._copy(rows, name, key), size_of(rows))
        copy = Copy(
            name=name,
            place=self.place.id,
            number=number,
            at=instant(self.now),
            extent=shot.extent,
            missing=len(missing),
        )
        try:
            self._check(shot, name, key, missing)
        except DikaloError:
            self.place.drop_copy(name)
            raise
        self._roomy(lambda: self._head(shot, copy, key))
        self._roomy(lambda: leave(self.place, shot.chains, self.now))
        before = self._held()
        self._write_down((*before, copy))
        gone = self.dropped + self._let_go((*before, copy), shot)
        problems = tuple((one.code, one.words()) for one in self._problems(before, missing))
        return Made(copy, taken, self.written, missing, gone, problems)

    def _held(self) -> list[Copy]:
        """Return the copies that are known here and are there, the oldest first."""
        return [one for one in self.known if self.place.head(one.name).exists()]

    def _roomy(self, deed: Callable[[], Result], need: int = 0) -> Result:
        """Do what writes so many bytes here; where the place is full, again without the oldest copy, if that may help.

        Raises:
            PlaceFull: the room that is free, with all copies beyond the newest, is less than the need.
            FileTooLarge: there was room for it.
            PlaceLost: it went away.
        """
        while True:
            try:
                with self.place.watched():
                    return deed()
            except PlaceFull:
                old = [one.name for one in self._held()[:-_ALWAYS_KEPT]]
                with self.place.watched():
                    if not self.place.may_hold(need, old):
                        raise PlaceFull(dropped=self.dropped) from None
                    self.place.drop_copy(old[0])
                self.dropped += 1

    def _between(self) -> None:
        """Let whoever waits be heard: nothing is written, and it may take long."""
        self.tell(0)

    def _told(self, more: int) -> None:
        self.written += more
        self.tell(more)

    def _files(self, names: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        """Copy the sealed files that the place has not, or keeps no more as they were.

        Return how many, and the names of those that cannot be had.

        Raises:
            BackupUnfinished: it is late, and the place has not all of them; each time it gets one at least.
        """
        there = self.place.files()
        wanted = list(lacking(self.workspace.register.folder, names, there))
        lost = []
        for done, name in enumerate(wanted):
            if done and self.late():
                raise BackupUnfinished(count=len(wanted) - done)
            lost += [] if self._taken(name) else [name]
        rotten = list(self._rotten(set(names) & there.keys() - set(wanted)))
        lost += [name for name in rotten if not self._taken(name)]
        return len(wanted) + len(rotten) - len(lost), tuple(lost)

    def _rotten(self, names: set[str]) -> Iterator[str]:
        """Yield those of the files there whose turn it is, as long as it is not late, and that are not what they were."""
        last = moment(self.known[-1].at) if self.known else None
        for name in read_again(sorted(names), last, self.now):
            if self.late():
                return
            self._between()
            if not is_sound(self.place.folder, name):
                yield name

    def _taken(self, name: str) -> bool:
        """Copy one sealed file; tell whether it could be had."""
        folder = self.workspace.register.folder
        step("backup.file")
        source = path_of(folder, name)
        if self._roomy(lambda: self.place.take(name, source, self._told), size_here(folder, name)):
            return True
        if is_sound(folder, name):  # it is the place that does not keep what it is given
            self.place.drop_file(name)
            raise CopyUnsound(what=name[:8])
        return False

    def _copy(self, rows: Rows, name: str, key: bytes) -> None:
        part = self.place.folder / f"part-{name}"
        files = dict(_carried(self.workspace))
        beside = _beside(self.workspace.register) if rows.dialect != "sqlite" else {}
        try:
            copying.write(rows, part, key, beside=beside, files=files, tell=self._told)
        except Exception:
            with suppress(OSError):  # what there was no room for takes none
                part.unlink(missing_ok=True)
            raise
        step("file.rename")
        part.replace(self.place.copy(name))
        sync_folder(self.place.folder)

    def _check(self, shot: _Shot, name: str, key: bytes, missing: Sequence[str]) -> None:
        """Read the copy back: its pages, chains, key pages, numbers of rows, and the files that it names.

        Raises:
            CopyUnsound: it is not what was written.
        """
        step("backup.check")
        path = self.place.copy(name)
        try:
            with (
                self.place.watched(),
                copying.looked_at(path, key, self.workspace.settings.id, self.place.folder) as copy,
                copy.reading() as rows,
            ):
                wrong = [*faults(rows, self._between)] or [*_differing(rows, shot, self._between)]
        except Damaged as damage:
            wrong = [damage.code]
        lost = set(shot.files) - self.place.files().keys() - set(missing)
        if wrong or lost:
            raise CopyUnsound(what=", ".join([*wrong, *sorted(one[:8] for one in lost)][:5]))

    def _head(self, shot: _Shot, copy: Copy, key: bytes) -> None:
        """Write the head: from here on the copy counts."""
        register = self.workspace.register
        said = Head(
            number=copy.number,
            at=copy.at,
            extent=shot.extent,
            workspace=self.workspace.settings.id,
            layout=migrations.HEAD,
            key=key.hex(),
            size=self.place.copy(copy.name).stat().st_size,
            counts=shot.counts,
            heads=shot.chains,
            files=len(shot.files),
            erased=shot.erased,
        )
        step("backup.head")
        self.place.keep_vault(_vault_slots(self.workspace.root))
        write_whole(
            self.place.head(copy.name),
            seal_to(heads.render(said), register.recipients.only("V", "R", "O")),
        )

    def _write_down(self, here: tuple[Copy, ...]) -> None:
        step("backup.written")
        with self.workspace.register.writing() as rows:
            elsewhere = (one for one in backups.copies(rows) if one.place != self.place.id)
            backups.write(rows, (*elsewhere, *here))

    def _let_go(self, here: tuple[Copy, ...], shot: _Shot) -> int:
        """Remove the copies that go, and the sealed files that the register needs no more; return how many copies."""
        with self.place.watched():
            aged = list(_aged(self.place, here, shot))
            gone = expired(aged, self.now)
            for name in gone:
                self._between()
                self.place.drop_copy(name)
            idle = self.place.files().keys() - set(shot.files)
            for name in sorted(idle if _behind(self.place, here, gone, shot) else idle & shot.gone):
                self._between()
                self.place.drop_file(name)
        self._write_down(tuple(one for one in here if one.name not in gone))
        return len(gone)

    def _problems(self, before: Sequence[Copy], missing: Sequence[str]) -> Iterator[Worded]:
        latest = max((one.at for one in before), default="")
        if instant(self.now) < latest:
            yield ClockBefore(at=latest[:16].replace("T", " "))
        if missing:
            yield FilesLacking(count=len(missing))


def _shot(rows: Rows) -> _Shot:
    return _Shot(
        backups.extent(rows),
        copying.counts(rows),
        chains(rows),
        heads.erasures(rows),
        heads.file_names(rows),
        frozenset(rows.execute(select(erasure_pending.c.file)).scalars()) - {None},
    )


def _number(known: Sequence[Copy], now: datetime) -> int:
    """Return the number of a new copy: above all that are known, and, by the clock, above those that an older register forgot."""
    last = max((one.number for one in known), default=0)
    return max(last + 1, int(now.timestamp()) // 60)


def _behind(place: Place, here: Sequence[Copy], gone: Sequence[str], shot: _Shot) -> bool:
    """Tell whether all copies that stay are of this register's past: only then it knows which sealed files nobody needs.

    Of a register that was put back from an older copy some are not, until they are 35 days old.
    """
    stay = {one.name for one in place.copies()} - set(gone)
    past = {
        one.name
        for one in here
        if one.extent.arrival <= shot.extent.arrival and one.extent.events <= shot.extent.events
    }
    return stay <= past


def _carried(workspace: Workspace) -> Iterator[tuple[str, bytes]]:
    """Yield what lies beside the register and is small: settings, forms, providers, and the passwords of phones beside their sealed key."""
    root = workspace.root
    wanted = [
        *(root / name for name in (SETTINGS, PHONES.name, DAY_AGE)),
        root / workspace.settings.publish.providers,
        *sorted((root / FORMS).rglob("*")),
    ]
    for path in wanted:
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            yield path.relative_to(root).as_posix(), path.read_bytes()


def _beside(register: Register) -> dict[str, bytes]:
    """Return what a laptop keeps beside a shared register: the key of tags, and logins."""
    found = {"match": register.match_key}
    if register.login_file is not None:
        for name in register.login_file.names():
            found[name] = register.login_file.find(name) or b""
    return found


def _vault_slots(root: Path) -> bytes:
    """Return the wrapped key of the vault: with its passphrase, and nothing else left, a restore is possible."""
    found = [slot for slot in read_slots(root) if slot.key == "vault"]
    return slots.render(found) if found else b""


def _differing(rows: Rows, shot: _Shot, between: Callable[[], None]) -> Iterator[str]:
    """Yield the names of what a copy does not hold as the register did; walks both chains."""
    custody.check(rows)
    between()
    events.check(rows)
    between()
    counts = copying.counts(rows)
    yield from (name for name, count in shot.counts.items() if counts.get(name) != count)
    between()
    if chains(rows) != shot.chains:
        yield "chains"
    if any(sealed_rows.lost_pages(rows)):
        yield "key_pages"


def _aged(place: Place, here: Sequence[Copy], shot: _Shot) -> Iterator[Aged]:
    """Yield the copies at a place as they are judged, the newest last; of one that nobody wrote down only the disk tells."""
    known = {one.name: one for one in here}
    last = max((moment(one.at) for one in shot.erased), default=None)
    strange = [one for one in place.copies() if one.name not in known]
    for one in sorted(strange, key=lambda held: held.at):
        yield Aged(one.name, one.at, outdated=last is not None and one.at <= last, strange=True)
    for copy in sorted(here, key=lambda known: known.number):
        yield Aged(copy.name, moment(copy.at), outdated=copy.extent.erased < shot.extent.erased)
