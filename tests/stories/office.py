"""The world of a story: one coordinator's laptop, two servers, a folder, people with phones, and a clock that we move."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import openpyxl

from sync_scripts.config import NotifySettings, Settings, TeamSettings
from sync_scripts.followup.files import unlocked
from sync_scripts.followup.inbound.importing import Asked, Imported, bring_back
from sync_scripts.followup.outbound.conflict_export import hand_out
from sync_scripts.followup.outbound.export import export
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.intake.pull import Way, pull
from sync_scripts.intake.report import PullReport
from sync_scripts.notify import flush
from sync_scripts.publish.rounds import Order as Sending
from sync_scripts.publish.rounds import publish
from sync_scripts.register.building.notices import escalate
from sync_scripts.servers.base import Server
from sync_scripts.servers.folder import Folder
from sync_scripts.store import durable, logins
from sync_scripts.store.database import Actor
from sync_scripts.store.founding import create_demo
from sync_scripts.store.schema import raw
from sync_scripts.store.workspace import Workspace, open_unlocked, unlock
from tests import every_decision
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.followup.desk import column_of, row_of, sheet_of
from tests.intake.scene import draw, shipped
from tests.stories.phones import Canaries, Form, filled, uid

BEGIN: Final = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
"""A Monday, seven in the morning at Douala."""
COORDINATOR: Final = Actor("CO-01", "key")
SUPERVISOR: Final = Actor("SU-01", "key")
OWNERS: Final = ("RD-01", "RD-02", "RD-03")
NOWHERE: Final = "json://127.0.0.1:9/"
ALERTS, CASES = "aAlerteInventee000001", "aDossierInvente000001"
"""What KoboToolbox calls two forms."""
Road = Literal["central", "kobo", "folder"]


@dataclass
class Office:
    """Everything there is, and what one can do with it; each deed lets some minutes pass."""

    root: Path
    dice: random.Random
    now: datetime = BEGIN - timedelta(hours=1)
    canaries: Canaries = field(default_factory=Canaries)
    central: central_world.World = field(
        default_factory=lambda: central_world.World(
            forms={"alert": [], "case": [], "followup": [], "closure": []}
        )
    )
    kobo: kobo_world.World = field(default_factory=lambda: kobo_world.World(forms={ALERTS: [], CASES: []}))
    sent: int = 0
    posted: list[bytes] = field(default_factory=list)
    """What KoboToolbox was sent: it shows the present version alone."""
    told: list[str] = field(default_factory=list)
    """Notices as they left."""
    lists: dict[str, set[bytes]] = field(default_factory=dict)
    """Name of a list for the phones -> everything that it ever held."""
    workspace: Workspace = field(init=False)

    def __post_init__(self) -> None:
        """Make the workspace, name the people, and open it."""
        (self.root / "source").mkdir(parents=True)
        settings = Settings(
            id="5" * 32, lang="fr", team=(_team(),), notify=(NotifySettings(name="nuit", level="low"),)
        )
        create_demo(self.root / "w", settings=settings, worker=COORDINATOR.code, now=self.now)
        self.keys = unlock(self.root / "w", secret=lambda _question: "")
        self.start()
        with self.workspace.register.writing() as rows:
            rows.many(raw.form_version, [dict(row) for row in shipped()])
        logins.keep(self.workspace.register, "nuit", "notify", logins.Kept(token=NOWHERE))
        for code, roles in ((COORDINATOR.code, "coordinator"), (SUPERVISOR.code, "supervisor")):
            self.decide(every_decision.name_worker, code, roles)
        for code in OWNERS:
            self.decide(every_decision.name_worker, code, "case_owner")

    # --- the laptop ---

    def start(self) -> None:
        """Open the workspace."""
        self.workspace = open_unlocked(self.keys)
        self.workspace.register.destinations = self.workspace.settings.notify

    def shut(self) -> None:
        """Close it."""
        self.workspace.close()

    def later(self, **gone: float) -> datetime:
        """Let time go on, by two minutes when nothing is said, and return it."""
        self.now += timedelta(**gone) if gone else timedelta(minutes=2)
        return self.now

    def morning(self, day: int) -> None:
        """Let it be the morning of a day of the story; the first is day 1."""
        wanted = BEGIN + timedelta(days=day - 1)
        assert wanted >= self.now, "time goes on and never back"
        self.now = wanted

    # --- phones ---

    def send(
        self,
        form: str,
        said: Any,
        road: Road,
        *,
        of: int | None = None,
        files: dict[str, bytes | None] | None = None,
    ) -> int:
        """Let a phone send a filled form by a road; return the number of this version."""
        self.sent += 1
        one = Form(form, self.sent, self.canaries.sow(form, said), of, files or {})
        self.later()
        self.central.now = self.kobo.now = self.now
        here = {name: data for name, data in one.files.items() if data is not None}
        if road == "central":
            self.central.send(form, filled(one), dict(one.files))
        elif road == "kobo":
            asset = {"alert": ALERTS, "case": CASES}[form]
            self.kobo.send(filled(one, asset), here, form=asset)
            self.posted.append(filled(one, asset))
        else:
            self._lay(one, here)
        return self.sent

    def _lay(self, one: Form, files: dict[str, bytes]) -> None:
        folder = self.root / "source" / one.form / uid(one.number).replace(":", "")
        folder.mkdir(parents=True)
        for name, content in {**files, "submission.xml": filled(one)}.items():
            (folder / name).write_bytes(content)
            os.utime(folder / name, (self.now.timestamp(),) * 2)

    def servers(self) -> list[Server]:
        """Return the three sources as the laptop reaches them."""
        bureau = test_central.source(self.central, page=50, wanted=tuple(self.central.forms))
        return [bureau, test_kobo.source(self.kobo, wanted=(ALERTS, CASES)), Folder(self.root / "source")]

    def sent_by_phones(self) -> bytes:
        """Return all that lies on the servers and in the folder, in the clear."""
        there = [
            version.xml for form in self.central.forms.values() for one in form for version in one.versions
        ]
        there += self.posted
        there += [path.read_bytes() for path in sorted((self.root / "source").rglob("*.xml"))]
        return b"".join(there)

    # --- the daily round ---

    def pull(self) -> PullReport:
        """Bring what is new from all sources; each must answer."""
        now = self.later()
        done = pull(self.workspace.register, self.servers(), COORDINATOR, Way(clock=lambda: now, draw=draw))
        assert done.failure is None
        return done.report

    def publish(self) -> None:
        """Write the lists that go to the phones; each is remembered, for the next one takes its place."""
        order = Sending(root=self.workspace.root, actor=COORDINATOR, now=self.later())
        publish(self.workspace.register, self.workspace.settings, order)
        folder = self.workspace.settings.publish.folder(self.workspace.root)
        for path in folder.rglob("*.csv"):
            self.lists.setdefault(path.name, set()).add(path.read_bytes())

    def tell(self) -> None:
        """Send the notices whose time has come."""
        now = self.later()
        with self.workspace.register.writing() as rows:
            escalate(rows, now)

        def deliver(_address: str, title: str, body: str) -> Literal["delivered"]:
            self.told.append(f"{title}\n{body}")
            return "delivered"

        flush(self.workspace.register, self.workspace.settings, lambda: now, send=deliver)

    def decide(self, what: Callable[..., Any], *given: Any, by: Actor = COORDINATOR, **said: Any) -> Any:
        """Let somebody decide one thing, in a transaction of its own."""
        with every_decision.deciding(self.workspace.register, by, self.later(), draw=draw) as who:
            return what(who, *given, **said)

    # --- workbooks ---

    def hand(self, name: str, *, owner: str | None = None) -> Path:
        """Hand out the workbook of a worker, or of all."""
        order = Order(
            tier="T2", lang="fr", scope=Scope(owner=owner), actor=COORDINATOR, now=self.later(), demo=True
        )
        return export(self.workspace.register, order, self.workspace.out / f"{name}.xlsx", password=None).path

    def edit(self, path: Path, *edits: tuple[str, str, Any]) -> Path:
        """Return a copy of a workbook in which somebody wrote into rows of cases: (case, column, value)."""
        book = openpyxl.load_workbook(path)
        sheet = sheet_of(book, "dk:cases")
        for case, key, value in edits:
            sheet.cell(row_of(sheet, case), column_of(sheet, key)).value = value
        return self._saved(book, path, "rempli")

    def choose(self, path: Path, case: str, choice: str) -> Path:
        """Return a copy of a workbook of open questions with the answer to that of a case."""
        book: Any = openpyxl.load_workbook(path)
        sheet = book["Conflits"]
        sheet.cell(row_of(sheet, case), column_of(sheet, "keep")).value = choice
        return self._saved(book, path, "tranché")

    def _saved(self, book: Any, path: Path, word: str) -> Path:
        target = path.with_stem(f"{path.stem} {word}")
        book.properties.title = target.stem
        book.save(target)
        return target

    def bring(self, path: Path, *, by: Actor = COORDINATOR, apply: bool = True, **asked: Any) -> Imported:
        """Import a workbook that came back."""
        file = unlocked(path.read_bytes(), lambda: "")
        return bring_back(self.workspace.register, file, Asked(by, self.later(), apply=apply, **asked))

    def questions(self, name: str) -> Path:
        """Hand out the workbook of open questions."""
        done = hand_out(
            self.workspace.register,
            lambda: self.workspace.out / f"{name}.xlsx",
            actor=COORDINATOR,
            now=self.later(),
            lang="fr",
            demo=True,
            password=None,
        )
        assert done.path is not None
        return done.path

    # --- accidents ---

    def power_cut(self, deed: Callable[[], object], step: str, times: int = 1) -> None:
        """Do something, and cut the power of the laptop as it comes to a step for the n-th time; then start it again."""
        self.shut()
        child = os.fork()
        if child == 0:
            self._until(deed, step, times)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, "the cut came too late"
        self.start()

    def _until(self, deed: Callable[[], object], step: str, times: int) -> None:
        left = [times]

        def strike(name: str) -> None:
            left[0] -= name == step
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            self.start()
            durable.watch(strike)
            deed()
        finally:
            os._exit(1)


def _team() -> TeamSettings:
    return TeamSettings(name="equipe", departments=("CM007002", "CM010001"), people=OWNERS)
