"""A whole pull under the faults: real forms, submissions that Collect's engine made, files, edits, a broken one.

The sources are copied from the samples; the workspace is a demonstration, so that every holder's key is at hand.
Its planted faults are mistakes that an honest programmer could make in a pull; each must be found.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import func, select

from sync_scripts.config import ServerSettings, Settings
from sync_scripts.intake.building import Building
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.pull import Way, own_inbox, pull
from sync_scripts.intake.receive.decisions import Aside, Decision, Item
from sync_scripts.intake.receive.page_store import Keeper
from sync_scripts.intake.receive.plan import plan
from sync_scripts.intake.storing import Storing
from sync_scripts.register.care import rebuild
from sync_scripts.register.forms.formmap import read_map
from sync_scripts.register.model.codes import Root
from sync_scripts.servers.folder import Folder
from sync_scripts.servers.plain_files import MARKER
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.founding import create_demo
from sync_scripts.store.lock import hold
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked, unlock
from tests.faults.likeness import told
from tests.faults.store_case import planted as planted_in_store
from tests.intake.scene import FORMS, draw, shipped

NOW = datetime(2026, 11, 25, 8, 0, 0, 123456, tzinfo=UTC)
LATER = timedelta(hours=1, milliseconds=10)
"""How much later a run is for each one that was begun before it."""
SAMPLES = FORMS / "samples"
INBOX = "faults"
FEW = (
    "alert/a01",
    "alert/a08",
    "alert/a08-2",
    "alert/b01",
    "case/c01",
    "case/c04",
    "case/c04-2",
    "followup/f04",
)
"""Five files, one of them large; two edits, one broken."""
MANY = (
    *(f"alert/a{number:02}" for number in (1, 2, 4, 8, 9, 14, 16, 20, 24, 29, 31, 32)),
    *("alert/a08-2", "alert/a24-2", "alert/b01", "alert/b03"),
    *("case/c01", "case/c02", "case/c03", "case/c04", "case/c04-2", "case/c05", "case/c11"),
    *(f"followup/f{number:02}" for number in range(1, 9)),
    "followup/f05-2",
)
"""Sixteen files and more, four edits, two broken, follow-ups of cases that are there and that are not."""
FIRST = ("alert/a01", "alert/a08", "alert/b01", "case/c04", "followup/f05")
NEXT = ("alert/a04", "alert/a08-2", "case/c01", "case/c04-2", "followup/f05-2")
LARGE = ("case/c01", 150_000)
"""A sample, and how many bytes its first file has at least: several writes, as a real photo."""
Plant = Literal["", "rename after commit", "mark lost", "acknowledged first", "no fsync of the parent"]


@dataclass
class PullCase:
    """Some of the samples, a few of them a page.

    Attributes:
        samples: which.
        page: how many a transaction.
        plant: a mistake.
    """

    samples: tuple[str, ...] = FEW
    page: int = 3
    plant: Plant = ""
    holders: Mapping[Holder, Identity] = field(default_factory=lambda: demo_keys.IDENTITIES)
    canaries: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Learn what must never be seen."""
        self.samples = tuple(self.samples)  # a list, when it was described in JSON
        self.canaries = tuple(
            sorted({one for name in self.samples for one in sealed_answers(SAMPLES / name)})
        )

    def prepare(self, folder: Path) -> None:
        """Make a demonstration that knows the forms, and its inbox with the submissions."""
        self.found(folder)
        inbox(folder / "inbox", self.samples)

    def found(self, folder: Path) -> None:
        """Make the demonstration."""
        source = ServerSettings(name="classroom", kind="folder", path="../inbox")
        create_demo(folder / "w", settings=Settings(id="f" * 32, server=(source,)), worker="demo-1", now=NOW)
        workspace = open_unlocked(self.unlock(folder))
        with workspace.register.writing() as rows:
            rows.many(raw.form_version, [dict(row) for row in shipped()])
            own_inbox(rows, INBOX)
        workspace.close()

    def unlock(self, folder: Path) -> Unlocked:
        """Return its published keys."""
        return unlock(folder / "w", secret=lambda _prompt: "")

    def run(self, workspace: Workspace, folder: Path) -> None:
        """Pull, as the command does: with the lock held."""
        register = workspace.register
        with planted(self.plant), hold(workspace.root, "pull"):
            with register.reading() as rows:
                runs = rows.execute(select(func.count()).select_from(raw.run)).scalar_one()
            now = NOW + runs * LATER
            way = Way(draw=draw, clock=lambda: now)
            done = pull(register, [self.source(folder)], workspace.actor(), way)
        assert done.failure is None

    def source(self, folder: Path) -> Folder:
        """Return the inbox as a server."""
        return Folder(folder / "inbox", classroom=True, page_size=self.page)

    def amiss(self, workspace: Workspace, folder: Path, *, complete: bool) -> Iterator[str]:
        """Ask ``verify`` and ``rebuild --check``."""
        found = verify(workspace.register, [self.source(folder)])
        yield from (f"verify: {check.name} {check.wrong}" for check in found.checks if check.wrong)
        if found.offline or found.elsewhere:
            yield f"verify: {found.offline} {found.elsewhere}"
        if complete and (found.not_pulled or found.files_waiting):
            yield f"verify: {found.not_pulled} not pulled, {found.files_waiting} files"
        yield from (f"rebuild: {name}" for name in rebuild.check(workspace.register, NOW).differing)

    def state(self, workspace: Workspace) -> Mapping[str, object]:
        """Return every table."""
        return told(workspace, self.holders["V"])


@dataclass
class NextPullCase(PullCase):
    """A pull into a register that holds things: edits, a file that came late, a mended one, one that came again."""

    samples: tuple[str, ...] = (*FIRST, *NEXT)

    def prepare(self, folder: Path) -> None:
        """Pull a first time, and lay into the inbox what came since."""
        self.found(folder)
        source = folder / "inbox"
        inbox(source, FIRST)
        (late,) = (path for path in (source / FIRST[0]).iterdir() if path.name != XML)
        late.rename(folder / "late")
        workspace = open_unlocked(self.unlock(folder))
        self.run(workspace, folder)
        workspace.close()
        for number, name in enumerate(NEXT, 1 + len(FIRST)):
            lay(source / name, SAMPLES / name, number)
        (folder / "late").rename(late)
        shutil.copyfile(SAMPLES / "alert/a02" / XML, source / "alert/b01" / XML)
        lay(source / "again", SAMPLES / "alert/a08", 30)
        for number, name in enumerate((FIRST[0], "alert/b01"), 31):
            date(source / name, number)


XML = "submission.xml"


def inbox(folder: Path, samples: Iterable[str]) -> None:
    """Lay samples into a new inbox of a classroom."""
    folder.mkdir()
    (folder / MARKER).write_text(json.dumps({"kind": "classroom", "id": INBOX, "v": 1}), encoding="utf-8")
    for number, name in enumerate(samples, 1):
        lay(folder / name, SAMPLES / name, number)


def lay(target: Path, sample: Path, minute: int) -> None:
    """Lay a sample into an inbox."""
    shutil.copytree(sample, target)
    name, size = LARGE
    if sample == SAMPLES / name:
        file = min(path for path in target.iterdir() if path.name != XML)
        file.write_bytes(file.read_bytes() + bytes(size))
    date(target, minute)


def date(instance: Path, minute: int) -> None:
    """Let an instance have been received in some minute of yesterday."""
    moment_ns = int((NOW - timedelta(days=1) + timedelta(minutes=minute)).timestamp()) * 1_000_000_000
    for path in [*instance.iterdir(), instance]:
        os.utime(path, ns=(moment_ns, moment_ns))


def sealed_answers(sample: Path) -> Iterator[bytes]:
    """Yield the texts of 25 bytes and more that a sample answers to questions of level 3."""
    forms = {row["stamp"]: read_map(row["map"]) for row in shipped()}
    asked = {one.path[-1] for one in forms[sample.parent.name].questions if one.level == 3}
    for name, answer in re.findall(rb"<(\w+)>([^<]{25,})</", (sample / XML).read_bytes()):
        if name.decode() in asked:
            yield answer


# --- planted mistakes -------------------------------------------------------------------------------------------------


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """Make a mistake while the block runs."""
    if plant == "mark lost":
        yield from _marked_later()
    elif plant == "acknowledged first":
        yield from _acknowledged_first()
    else:
        with planted_in_store(plant):
            yield


def _marked_later() -> Iterator[None]:
    """Store a page, and mark what is to be built in a transaction behind it."""
    waiting: list[tuple[Building, Mapping[Root, int]]] = []
    real_mark, real_build = Building.mark, Building.build

    def mark(self: Building, _rows: Rows, touched: Mapping[Root, int]) -> None:
        waiting.append((self, touched))

    def build(self: Building) -> None:
        for building, touched in waiting:
            with self.register.writing() as rows:
                real_mark(building, rows, touched)
        waiting.clear()
        real_build(self)

    Building.mark, Building.build = mark, build  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Building.mark, Building.build = real_mark, real_build  # type: ignore[method-assign]


def _acknowledged_first() -> Iterator[None]:
    """Remember the places of a page as taken in a transaction before the one that stores what they hold."""
    real_store, real_places = Storing._store, Keeper._places

    def store(self: Storing, items: Sequence[Item], *given: Any) -> list[Decision]:
        run = self.run
        with run.register.writing() as rows:
            facts = self._facts(rows, items)
            decisions = plan(items, facts, run.tags, instant(NOW))
            with run.register.sealer() as sealer:
                keeper = Keeper(rows, sealer, run.name, run.tags, run.actor, NOW, _no_mark)
                real_places(keeper, [one for one in decisions if not isinstance(one, Aside)])
        return real_store(self, items, *given)

    def places(self: Keeper, decisions: Sequence[Decision]) -> None:
        real_places(self, [one for one in decisions if isinstance(one, Aside)])

    Storing._store = store  # type: ignore[method-assign, assignment]
    Keeper._places = places  # type: ignore[method-assign]
    try:
        yield
    finally:
        Storing._store, Keeper._places = real_store, real_places  # type: ignore[method-assign]


def _no_mark(_rows: Rows, _touched: Mapping[Root, int]) -> None:
    """Mark nothing."""
