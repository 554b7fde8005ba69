"""The smallest deed with everything that can break: versions, sealed parts, sealed files, chain, watermark.

It reads numbered items from a folder and stores them a few at a time, as a pull does. Its planted faults are mistakes
that an honest programmer could make; each must be found.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from sync_scripts.config import Settings
from sync_scripts.store import custody, durable, engine
from sync_scripts.store.database import PROGRAM, Register, Rows
from sync_scripts.store.founding import create_demo
from sync_scripts.store.schema.raw import scope, submission, watermark
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.erasing import tidy
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.seal.sealed_rows import keep
from sync_scripts.store.seal.sealing import Sealer, new_scope
from sync_scripts.store.workspace import Unlocked, Workspace, unlock

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
STORY = "they took him behind the church, item"
Plant = Literal["", "rename after commit", "split commit", "no fsync of the parent", "synchronous normal"]


@dataclass
class StoreCase:
    """Twelve items, three a transaction, every other one with a sealed file."""

    items: int = 12
    page: int = 3
    plant: Plant = ""
    holders: Mapping[Holder, Identity] = field(default_factory=lambda: demo_keys.IDENTITIES)
    canaries: tuple[bytes, ...] = (STORY.encode(),)

    def prepare(self, folder: Path) -> None:
        """Make a demonstration under published keys, so that every holder is at hand."""
        create_demo(folder / "w", settings=Settings(id="f" * 32), worker="demo-1", now=NOW)

    def unlock(self, folder: Path) -> Unlocked:
        """Return its published keys."""
        return unlock(folder / "w", secret=lambda _prompt: "")

    def run(self, workspace: Workspace, folder: Path) -> None:
        """Store what is not stored yet."""
        register = workspace.register
        with planted(self.plant):
            register.close()  # connections are made anew, with the mistake if it is one of connecting
            with register.reading() as rows:
                tidy(rows, register.folder, NOW)
            for numbers in self._missing(register):
                self._store(register, numbers)

    def amiss(self, workspace: Workspace, folder: Path, *, complete: bool) -> Iterable[str]:
        """Say nothing more than the invariants do."""
        return ()

    def state(self, workspace: Workspace) -> Mapping[str, object]:
        """Return every version and the watermark."""
        with workspace.register.reading() as rows:
            versions = select(submission.c.root_id, submission.c.arrival, submission.c.open_part)
            return {
                "versions": [tuple(row) for row in rows.execute(versions.order_by(submission.c.arrival))],
                "watermark": [*rows.execute(select(watermark.c.value)).scalars()],
            }

    def _missing(self, register: Register) -> Iterator[Sequence[int]]:
        with register.reading() as rows:
            done = rows.execute(select(watermark.c.value)).scalar()
        first = int(done) + 1 if done else 0
        for start in range(first, self.items, self.page):
            yield range(start, min(start + self.page, self.items))

    def _store(self, register: Register, numbers: Sequence[int]) -> None:
        if self.plant != "split commit":
            with register.sealer() as sealer, register.writing() as rows:
                self._versions(rows, sealer, numbers)
                self._watermark(rows, numbers[-1])
            return
        with register.sealer() as sealer, register.writing() as rows:
            self._versions(rows, sealer, numbers)
        with register.writing() as rows:
            self._watermark(rows, numbers[-1])

    def _versions(self, rows: Rows, sealer: Sealer, numbers: Sequence[int]) -> None:
        entries, scopes, versions = [], [], []
        for number in numbers:
            own, root = new_scope(), f"uuid:{number}"
            raw = f"<a>{STORY} {number}</a>".encode()
            sealed = sealer.seal_version(raw, own, f"submission:{root}", root)
            if number % 2:
                photo = io.BytesIO(STORY.encode() * 50)
                sealer.seal_stream(photo, own, "file", f"evidence:{root}", root, name="photo.jpg")
            entries.append(custody.Entry("RECEIVED", PROGRAM.code, sealed.commitment, {"form": "alert"}))
            where = {"server": "s", "form": "alert", "root_id": root}
            scopes.append({"id": own, "kind": "submission", **where, "row": ""})
            versions.append(_version(where, own, number))
        rows.many(scope, scopes)
        rows.many(submission, versions)
        custody.append(rows, entries, NOW)
        keep(rows, sealer, NOW)

    def _watermark(self, rows: Rows, last: int) -> None:
        rows.upsert(watermark, [{"server": "s", "form": "", "value": str(last), "at": "x"}])


def _version(where: Mapping[str, str], own: str, number: int) -> dict[str, Any]:
    return {
        **where,
        "instance_id": where["root_id"],
        "stamp": "alert",
        "form_version": "1",
        "received_at": "2026-11-25T08:00:00.000000Z",
        "status": "ok",
        "scope": own,
        "size": 10,
        "open_part": f"[{number}]",
        "open_hash": "0",
        "current": True,
        "arrival": number + 1,
    }


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """Make a mistake while the block runs."""
    if plant == "rename after commit":
        yield from _renamed_late()
    elif plant == "no fsync of the parent":
        yield from _unsynced_parent()
    elif plant == "synchronous normal":
        yield from _not_waiting()
    else:
        yield


def _renamed_late() -> Iterator[None]:
    """Give sealed files their names only after the transaction that names them."""
    waiting: list[tuple[Path, Path]] = []
    real_publish, real_writing = durable.Draft.publish, Register.writing

    def publish(self: durable.Draft, target: Path) -> None:
        late = self.path.with_name(f"late-{target.name}")
        waiting.append((late, target))
        real_publish(self, late)

    @contextmanager
    def writing(self: Register, *, long: bool = False) -> Iterator[Rows]:
        with real_writing(self, long=long) as rows:
            yield rows
        while waiting:
            late, target = waiting.pop()
            durable.make_folder(target.parent)
            durable.step("file.rename")
            late.replace(target)
            durable.sync_folder(target.parent)

    durable.Draft.publish, Register.writing = publish, writing  # type: ignore[method-assign]
    try:
        yield
    finally:
        durable.Draft.publish, Register.writing = real_publish, real_writing  # type: ignore[method-assign]


def _unsynced_parent() -> Iterator[None]:
    """Forget that a new folder must be known to its parent."""
    real = durable.make_folder

    def make(path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    durable.make_folder = make
    try:
        yield
    finally:
        durable.make_folder = real


def _not_waiting() -> Iterator[None]:
    """Commit without waiting for the disk."""
    real = engine.PRAGMAS
    mistaken = tuple(rule.replace("=FULL", "=NORMAL") for rule in real)
    engine.PRAGMAS = mistaken  # type: ignore[misc,assignment] # a constant, and of a fixed length
    try:
        yield
    finally:
        engine.PRAGMAS = real  # type: ignore[misc]
