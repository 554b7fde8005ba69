"""Pulls from stand-ins of Central and KoboToolbox over a real socket, as cases for the faults.

The server lives in the tests' own process, the pull in the one that is killed. The first case pulls into an empty
register; the next one into one that holds things, after edits, deletions, reviews, restored submissions and late files,
with the sweep that is due after a day.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import func, select

from sync_scripts.config import Settings
from sync_scripts.errors import DikaloError
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.pull import Way, pull
from sync_scripts.register.care import rebuild
from sync_scripts.servers.base import Server
from sync_scripts.servers.central import Central, Project, visiting
from sync_scripts.servers.http import Client, Credential, Patience
from sync_scripts.servers.kobo import Account, Kobo
from sync_scripts.store.founding import create_demo
from sync_scripts.store.lock import hold
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked, unlock
from tests.contract import central_world, kobo_world
from tests.faults.likeness import told
from tests.faults.line import Line
from tests.faults.pull_case import LATER, NOW, SAMPLES, XML, sealed_answers
from tests.intake.scene import draw, shipped

Kind = Literal["central", "kobo"]
KINDS: Final[tuple[Kind, ...]] = ("central", "kobo")
FORMS: Final = ("alert", "case", "followup")
FIRST: Final = (
    "alert/a01",
    "alert/a02",
    "alert/a03",
    "alert/a05",
    "alert/a08",
    "case/c01",
    "case/c04",
    "followup/f05",
)
NEW: Final = ("alert/a04", "alert/a06", "alert/a08-2", "case/c04-2", "followup/f04")
"""What comes later: two files, two edits."""
TWICE: Final = "alert/a08-2"
"""An edit that is edited."""
LATE: Final = "alert/a01"
"""Its file comes after it."""
UNKNOWN: Final = "alert/a09"
"""Of a version that nobody knows: put aside."""
GONE, BACK, REVIEWED = "alert/a03", "alert/a05", "alert/a02"
PAGE: Final = 3
STEADY: Final = Patience(tries=2, pause_s=0.0, pause_max_s=0.0, grace_s=2.0, rate=200.0)
"""Waits as in the field, so that a machine that stalls for a moment is taken for no fault; only drips are left soon."""
QUICK: Final = replace(STEADY, read_s=5.0, total_s=20.0, grace_s=0.2)
"""Where every answer may be a fault, and what a stall does is made good like one."""
_ROOT: Final = re.compile(rb'(<data [^>]*?\bid=")[^"]*(")')
_ID: Final = re.compile(rb"<instanceID>([^<]*)</")
_DEPRECATED: Final = re.compile(rb"<deprecatedID>[^<]*</")
_VERSION: Final = re.compile(rb'(\bversion="|<dikalo_version>)2026120202')


@dataclass
class Far:
    """One stand-in server with the samples at hand; the same words for both kinds."""

    kind: Kind
    world: Any = field(init=False)
    hidden: list[Any] = field(default_factory=list)
    """Submissions that came and are not shown yet."""

    def __post_init__(self) -> None:
        """Begin with empty forms."""
        forms: dict[str, list[Any]] = {self.form(name): [] for name in FORMS}
        if self.kind == "central":
            self.world = central_world.World(forms=forms)
        else:
            self.world = kobo_world.World(forms=forms, cap=PAGE)
        self.world.now = NOW - timedelta(days=2)

    def form(self, name: str) -> str:
        """Return what the server calls a form."""
        return name if self.kind == "central" else f"aForme{name.title()}0000001"

    def send(self, sample: str, *, files: bool = True, known: bool = True) -> None:
        """Let a phone send a sample.

        Args:
            sample: which.
            files: with its files; else they are announced only.
            known: else of a version that the register does not know.
        """
        content = (SAMPLES / sample / XML).read_bytes()
        if not known:
            content = _VERSION.sub(rb"\g<1>2019010101", content)
        beside = {path.name: path.read_bytes() for path in (SAMPLES / sample).iterdir() if path.name != XML}
        self._arrive(sample, content, beside, whole=files)

    def send_again(self, sample: str) -> None:
        """Let a phone send an edit of a sample that is an edit itself: a Central is then asked for its versions."""
        content, before = (SAMPLES / sample / XML).read_bytes(), instance_id(sample).encode()
        content = content.replace(before, before[:-4] + b"ed17")
        content = _DEPRECATED.sub(rb"<deprecatedID>%s</" % before, content)
        self._arrive(sample, content, {}, whole=True)

    def _arrive(self, sample: str, content: bytes, beside: dict[str, bytes], *, whole: bool) -> None:
        form = self.form(sample.partition("/")[0])
        if self.kind == "central":
            self.world.send(form, content, beside if whole else dict.fromkeys(beside))
        else:
            bare = _ROOT.sub(rb"\g<1>%s\g<2>" % form.encode(), content.partition(b"?>")[2], count=1)
            self.world.send(bare, beside if whole else {}, form=form)

    def delete(self, sample: str) -> None:
        """Let somebody delete a sample at the server."""
        form, root = self._named(sample)
        self.world.delete(*((form, root) if self.kind == "central" else (root,)), **self._more(form))

    def restore(self, sample: str) -> None:
        """Let somebody take a sample out of the trash; only a Central has one."""
        self.world.restore(*self._named(sample))

    def review(self, sample: str) -> None:
        """Let somebody approve a sample at the server."""
        form, root = self._named(sample)
        if self.kind == "central":
            self.world.review(form, root, "approved")
        else:
            self.world.validate(root, "validation_status_approved", form=form)

    def _more(self, form: str) -> dict[str, str]:
        return {} if self.kind == "central" else {"form": form}

    def _named(self, sample: str) -> tuple[str, str]:
        return self.form(sample.partition("/")[0]), instance_id(sample)

    def begin(self) -> None:
        """Let the first samples come, and one be deleted that will be restored."""
        for name in FIRST:
            self.send(name, files=name != LATE)
        self.send(UNKNOWN, known=False)
        if self.kind == "central":
            self.delete(BACK)

    def go_on(self) -> None:
        """Let happen what happens in a day: new ones, edits, a deletion, one restored, a review, a late file."""
        self.world.now += timedelta(days=1)
        for name in NEW:
            self.send(name)
        self.send_again(TWICE)
        self.delete(GONE)
        self.review(REVIEWED)
        self.send(LATE)
        if self.kind == "central":
            self.restore(BACK)

    @contextmanager
    def reached(self, url: str, patience: Patience = STEADY) -> Iterator[Server]:
        """Give our client of this server, with a login that ends with the work."""
        wanted = tuple(self.form(name) for name in FORMS)
        if self.kind == "kobo":
            login = Credential.token(kobo_world.TOKEN, "Token")
            with _client(url, login, patience) as client:
                yield Kobo("far", Account(client), wanted=wanted)
            return
        client, visit = visiting(
            lambda login: _client(url, login, patience), central_world.EMAIL, central_world.PASSWORD
        )
        with client:
            try:
                yield Central("far", Project(client, central_world.PROJECT), wanted=wanted, page=PAGE)
            finally:
                visit.end()


def _client(url: str, login: Any, patience: Patience) -> Client:
    dice = random.Random(0)
    return Client(url, login, patience=patience, sleep=lambda _seconds: None, dice=dice.random)


def instance_id(sample: str) -> str:
    """Return the instance id of a sample."""
    found = _ID.search((SAMPLES / sample / XML).read_bytes())
    assert found is not None
    return found[1].decode()


@dataclass
class FarCase:
    """A first pull of one server.

    Attributes:
        far: the stand-in.
        line: how it is reached.
        url: where.
        later: the laptop's clock, this much ahead.
        failure: why the last pull did not come to its end, when it did not.
        patient: a pull that the server does not let end is no fault of the test, and waits for nothing long.
    """

    far: Far
    line: Line
    url: str
    later: timedelta = timedelta(0)
    failure: DikaloError | None = None
    patient: bool = False
    holders: Mapping[Holder, Identity] = field(default_factory=lambda: demo_keys.IDENTITIES)
    canaries: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Learn what must never be seen."""
        every = (*FIRST, *NEW, UNKNOWN)
        answers = {one for name in every for one in sealed_answers(SAMPLES / name)}
        secrets = (kobo_world.TOKEN, central_world.PASSWORD)
        self.canaries = (*sorted(answers), *(one.encode() for one in secrets))

    def prepare(self, folder: Path) -> None:
        """Make a demonstration that knows the forms, and let the first samples come to the server."""
        create_demo(folder / "w", settings=Settings(id="f" * 32), worker="demo-1", now=NOW)
        workspace = open_unlocked(self.unlock(folder))
        with workspace.register.writing() as rows:
            rows.many(raw.form_version, [dict(row) for row in shipped()])
        workspace.close()
        self.far.begin()

    def unlock(self, folder: Path) -> Unlocked:
        """Return its published keys."""
        return unlock(folder / "w", secret=lambda _prompt: "")

    def run(self, workspace: Workspace, folder: Path) -> None:
        """Pull, as the command does: with the lock held."""
        register = workspace.register
        patience = QUICK if self.patient else STEADY
        with hold(workspace.root, "pull"), self.far.reached(self.url, patience) as server:
            with register.reading() as rows:
                runs = rows.execute(select(func.count()).select_from(raw.run)).scalar_one()
            now = self._clock(runs)
            done = pull(register, [server], workspace.actor(), Way(draw=draw, clock=lambda: now + self.later))
        self.failure = done.failure
        assert self.patient or done.failure is None

    def _clock(self, runs: int) -> datetime:
        return NOW + runs * LATER

    def amiss(self, workspace: Workspace, folder: Path, *, complete: bool) -> Iterator[str]:
        """Ask ``verify`` and ``rebuild --check``."""
        if complete:
            with self.far.reached(self.url) as server:
                found = verify(workspace.register, [server])
            yield from (f"verify: {check.name} {check.wrong}" for check in found.checks if check.wrong)
            if found.offline or found.not_pulled:
                yield f"verify: {found.offline} {found.not_pulled}"
        yield from (f"rebuild: {name}" for name in rebuild.check(workspace.register, NOW).differing)

    def state(self, workspace: Workspace) -> Mapping[str, object]:
        """Return every table."""
        return told(workspace, self.holders["V"])


@dataclass
class NextFarCase(FarCase):
    """A pull a day later, into a register that holds things."""

    def prepare(self, folder: Path) -> None:
        """Pull a first time, two days ago, and let the next day happen."""
        super().prepare(folder)
        workspace = open_unlocked(self.unlock(folder))
        self.later = -timedelta(days=2)
        self.run(workspace, folder)
        self.later = timedelta(0)
        workspace.close()
        self.far.go_on()
