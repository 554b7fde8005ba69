"""Cuts of the power, replayed under a model stricter than any real file system.

A run is recorded by strace: every write, sync and change of a name, with its data. A cut keeps of it only this: bytes
count after an fsync of their file, names after an fsync of their folder; each other pending deed is there or not by
chance, and every third cut keeps none of them. Shared-memory files never survive. Acknowledged commits must.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import pytest

from sync_scripts.store import custody
from tests.faults.harness import Bench, opened

STRACE: Final = None if os.name == "nt" else shutil.which("strace")
Test = TypeVar("Test", bound=Callable[..., None])
_CALLS: Final = (
    "openat,open,creat,close,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,"
    "rmdir,mkdir,mkdirat"
)
_LINE: Final = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)")
_TEXT: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_REPOSITORY: Final = Path(__file__).parents[2]


def needs_strace(test: Test) -> Test:
    """Mark a test that records a run: skipped without strace, and a failure where every tool must be."""
    skipped = pytest.mark.skipif(STRACE is None, reason="strace is not installed")
    marked: Test = pytest.mark.strace(skipped(test))
    return marked


@dataclass(frozen=True)
class Deed:
    """One thing that was done to the disk.

    Attributes:
        kind: ``write``, ``truncate``, ``sync``, ``link``, ``unlink``, ``mkdir``, ``syncdir`` or ``ack``.
        file: number of the file's content.
        path: of the name, or of the folder.
        at: offset of a write, or the new size.
        data: what was written, or what was acknowledged.
    """

    kind: str
    file: int = -1
    path: Path = Path()
    at: int = 0
    data: bytes = b""


@dataclass
class Recorder:
    """Reads what strace wrote into deeds below one folder."""

    root: Path
    acks: Path
    deeds: list[Deed] = field(default_factory=list)
    initial: dict[Path, int] = field(default_factory=dict)
    _open: dict[int, tuple[Path, int | None, int]] = field(default_factory=dict)  # fd -> path, file, offset
    _names: dict[Path, int] = field(default_factory=dict)
    _next: int = 0

    def start(self) -> None:
        """Take the files that are there as durable."""
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                self.initial[path] = self._names[path] = self._new()

    def _new(self) -> int:
        self._next += 1
        return self._next

    def read(self, log: Path) -> None:
        """Take every line of a recording."""
        with log.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                found = _LINE.match(line)
                if found and not found[3].startswith("-"):
                    self._call(found[1], found[2], int(found[3]))

    def _call(self, name: str, arguments: str, result: int) -> None:
        paths = [Path(os.fsdecode(_bytes(text))) for text in _TEXT.findall(arguments)]
        first = arguments.partition(",")[0]
        if name in {"open", "openat", "creat"}:
            self._opened(paths[0], arguments, result)
        elif name in {"rename", "renameat", "renameat2"}:
            self._renamed(*paths)
        elif name in {"unlink", "unlinkat", "rmdir"}:
            self._unlinked(paths[0])
        elif name in {"mkdir", "mkdirat"}:
            self._add(Deed("mkdir", path=paths[0]))
        elif first.partition("<")[0].isdigit():
            self._on_file(name, int(first.partition("<")[0]), arguments, result)

    def _add(self, deed: Deed) -> None:
        if deed.kind == "ack" or deed.path.is_relative_to(self.root):
            self.deeds.append(deed)

    def _opened(self, path: Path, arguments: str, number: int) -> None:
        if not path.is_relative_to(self.root) and path != self.acks:
            self._open.pop(number, None)
            return
        known = self._names.get(path)
        if known is None and "O_CREAT" in arguments:
            known = self._names[path] = self._new()
            self._add(Deed("link", known, path))
        if known is not None and "O_TRUNC" in arguments:
            self._add(Deed("truncate", known, path))
        self._open[number] = (path, known, 0)

    def _renamed(self, old: Path, new: Path) -> None:
        known = self._names.pop(old, None)
        if known is not None:
            self._names[new] = known
            self._add(Deed("link", known, new))
            self._add(Deed("unlink", known, old))

    def _unlinked(self, path: Path) -> None:
        self._names.pop(path, None)
        self._add(Deed("unlink", path=path))

    def _on_file(self, name: str, number: int, arguments: str, result: int) -> None:
        path, file, offset = self._open.get(number, (Path(), None, 0))
        if name == "close":
            self._open.pop(number, None)
        elif name in {"write", "pwrite64"} and file is not None:
            data = _bytes(_TEXT.findall(arguments)[0])[:result]
            at = int(arguments.rpartition(",")[2]) if name == "pwrite64" else offset
            self._add(Deed("ack", data=data) if path == self.acks else Deed("write", file, path, at, data))
            self._open[number] = (path, file, offset + result if name == "write" else offset)
        elif name in {"fsync", "fdatasync"}:
            self._add(Deed("syncdir", path=path) if file is None else Deed("sync", file, path))
        elif name == "ftruncate" and file is not None:
            self._add(Deed("truncate", file, path, int(arguments.rpartition(",")[2])))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass
class Disk:
    """What a disk holds for certain, and what it was told but may forget."""

    names: dict[Path, int | None] = field(default_factory=dict)  # None = a folder
    contents: dict[int, bytearray] = field(default_factory=dict)
    writes: dict[int, list[Deed]] = field(default_factory=dict)
    changes: dict[Path, list[Deed]] = field(default_factory=dict)  # by folder
    acknowledged: bytes = b""

    def take(self, deed: Deed) -> None:
        """Be told one deed."""
        if deed.kind in {"write", "truncate"}:
            self.writes.setdefault(deed.file, []).append(deed)
        elif deed.kind in {"link", "unlink", "mkdir"}:
            self.changes.setdefault(deed.path.parent, []).append(deed)
        elif deed.kind == "sync":
            self._write(self.writes.pop(deed.file, []))
        elif deed.kind == "syncdir":
            self._change(self.changes.pop(deed.path, []))
        else:
            self.acknowledged = deed.data

    def cut(self, chance: random.Random, *, none: bool) -> None:
        """Lose the power: of what is pending, each deed is kept by chance, or none."""
        for pending in self.writes.values():
            self._write([deed for deed in pending if not none and chance.random() < 0.5])
        for pending in self.changes.values():
            self._change([deed for deed in pending if not none and chance.random() < 0.5])

    def _write(self, deeds: list[Deed]) -> None:
        for deed in deeds:
            content = self.contents.setdefault(deed.file, bytearray())
            if deed.kind == "truncate":
                del content[deed.at :]
            if len(content) < deed.at:
                content.extend(bytes(deed.at - len(content)))
            content[deed.at : deed.at + len(deed.data)] = deed.data

    def _change(self, deeds: list[Deed]) -> None:
        for deed in deeds:
            if deed.kind == "unlink":
                self.names.pop(deed.path, None)
            else:
                self.names[deed.path] = deed.file if deed.kind == "link" else None

    def build(self, root: Path, target: Path) -> None:
        """Write what is left of ``root`` to another folder; what lies in a lost folder is lost."""
        for path, file in sorted(self.names.items()):
            place = target / path.relative_to(root)
            if not place.parent.is_dir() or path.name.endswith("-shm"):
                continue
            if file is None:
                place.mkdir(mode=0o700, exist_ok=True)
            else:
                place.write_bytes(self.contents.get(file, b""))


@dataclass
class Recording:
    """One recorded run of a case."""

    root: Path
    deeds: list[Deed]
    names: dict[Path, int | None]
    contents: dict[int, bytes]

    def disk(self) -> Disk:
        """Return the disk as it was before the run."""
        held = {file: bytearray(content) for file, content in self.contents.items()}
        return Disk(names=dict(self.names), contents=held)


def record(made: Bench, described: str) -> Recording:
    """Run a case once under strace."""
    assert STRACE is not None
    with made.copy() as folder:
        log, acks, root = folder / "strace.log", folder / "acks", folder / "w"
        taken = Recorder(root, acks)
        taken.start()
        names: dict[Path, int | None] = {path: None for path in root.rglob("*") if path.is_dir()}
        names |= taken.initial
        contents = {file: path.read_bytes() for path, file in taken.initial.items()}
        program = [sys.executable, "-m", "tests.faults.child", described, str(folder), str(acks)]
        options = ["-y", "-xx", "-s", "8000000", "-e", f"trace={_CALLS}", "-o", str(log)]
        subprocess.run([STRACE, *options, *program], cwd=_REPOSITORY, check=True)
        taken.read(log)
        return Recording(root, taken.deeds, names, contents)


def at_random(recording: Recording, count: int, *, seed: int = 20261125) -> Iterator[Disk]:
    """Yield what cuts at random moments leave; every third keeps nothing that was pending."""
    chance = random.Random(seed)
    for number in range(count):
        disk = _until(recording, chance.randrange(len(recording.deeds) + 1))
        disk.cut(chance, none=number % 3 == 0)
        yield disk


def after_commits(recording: Recording) -> Iterator[Disk]:
    """Yield what is left when the power fails right after each acknowledgement, and nothing that was pending."""
    for number, deed in enumerate(recording.deeds, 1):
        if deed.kind == "ack":
            disk = _until(recording, number)
            disk.cut(random.Random(), none=True)
            yield disk


def _until(recording: Recording, number: int) -> Disk:
    disk = recording.disk()
    for deed in recording.deeds[:number]:
        disk.take(deed)
    return disk


def survives(made: Bench, recording: Recording, disks: Iterable[Disk]) -> int:
    """Go on with what cuts left; what was acknowledged is there, and the rest is done again. Return how many cuts."""
    count = 0
    for disk in disks:
        count += 1
        with made.copy() as folder:
            shutil.rmtree(folder / "w")
            (folder / "w").mkdir()
            disk.build(recording.root, folder / "w")
            made.check(folder, complete=False)
            _still_there(made, folder, disk.acknowledged)
            made.finish(folder)
    return count


def _still_there(made: Bench, folder: Path, acknowledged: bytes) -> None:
    """Fail when a line of the chain that was acknowledged is gone or another."""
    if not acknowledged:
        return
    seq, digest = acknowledged.decode().split()
    with opened(made.keys, folder) as workspace, workspace.register.reading() as rows:
        line = next(custody.read(rows, after=int(seq) - 1), None)
    assert line is not None, f"acknowledged line {seq} is lost"
    assert line.hash == digest, f"acknowledged line {seq} is another"
