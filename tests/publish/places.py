"""A Central and a KoboToolbox to publish to, in process, with cases and teams: what the tests of lists share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sync_scripts.config import TeamSettings
from sync_scripts.deploy import KoboForms, Package, pack, plan
from sync_scripts.publish.audiences import OpenCase, teams_of
from sync_scripts.publish.central import CentralLists
from sync_scripts.publish.files import Note
from sync_scripts.publish.kobo import KoboLists
from sync_scripts.publish.lists import Done, Row
from sync_scripts.servers.central import Project, visiting
from sync_scripts.servers.central.lists import Lists
from sync_scripts.servers.http import Client, Credential
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.door import Door
from sync_scripts.servers.kobo.sharing import Sharing
from tests.contract import central_world, kobo_world
from tests.contract.test_central import FAST
from tests.deploy.test_deploy import FORMS
from xlsform.compare.change import Acceptance

PLACE = f"{central_world.PROJECT}/cases"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
TEAMS = (
    TeamSettings(name="nord", departments=("CM007002", "CM007005"), people=("F12",)),
    TeamSettings(name="sud", departments=("CM010001",), people=("F20",)),
)
PROVIDERS = (Row("PR-1", {"label": "PR-1", "department": "CM007002", "services": "health"}),)


def case(code: str, department: str = "CM007002", level: str = "C2", status: str = "active") -> OpenCase:
    """Give a case."""
    return OpenCase(code, department, "2026-12-01", status, level, "F12")


CASES = [case("DK-A"), case("DK-B", "CM007005"), case("DK-C", "CM010001"), case("DK-D", level="C4")]


def writes(world: Any, since: int) -> list[tuple[str, str]]:
    """Return the writing requests after a point of the log; logging in is none."""
    return [
        (method, path)
        for method, path, _status in world.log[since:]
        if method not in {"GET", "HEAD"} and "/v1/sessions" not in path
    ]


@dataclass
class Office:
    """A Central with two phones."""

    world: central_world.World
    project: Project
    notes: dict[str, Note] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    teams: tuple[TeamSettings, ...] = TEAMS
    less: bool = False
    unnoted: bool = False

    def send(
        self,
        cases: Sequence[OpenCase],
        at: datetime = NOW,
        *,
        everywhere: bool = False,
        hurry: bool = False,
        dry_run: bool = False,
    ) -> tuple[Done, list[tuple[str, str]]]:
        """Publish; return the outcome and what was written."""
        before = len(self.world.log)
        lists = CentralLists(
            "bureau",
            Lists(self.project),
            teams_of(self.teams),
            recall=lambda form: self.notes.get(form, Note()),
            remember=self.notes.__setitem__,
            everywhere=everywhere,
            providers=frozenset({"PR-1", "PR-0"}),
            sent=frozenset(self.sent),
            less=self.less,
            unnoted=self.unnoted,
        )
        self.sent |= {one.code for one in cases}
        done = lists.send(cases, PROVIDERS, at, hurry=hurry, dry_run=dry_run)
        return done, writes(self.world, before)

    def on_phone(self, number: int) -> set[str]:
        """Return the codes that a phone downloads."""
        return self.world.published.lists.seen_by(number, "cases")


def opened() -> Office:
    """Return a Central with a phone of each team: 11 and 12."""
    world = central_world.World()
    client, _visit = visiting(
        lambda login: Client("https://central.example", login, below=world.transport(), patience=FAST),
        central_world.EMAIL,
        central_world.PASSWORD,
    )
    project = Project(client, central_world.PROJECT)
    for code in ("F12", "F20"):
        project.add_app_user(code)
    return Office(world, project)


@pytest.fixture
def office() -> Office:
    """Give a Central with a phone of each team: 11 and 12."""
    return opened()


def cut_after(world: Any, after: int) -> None:
    """Let a server fail for good after so many requests."""
    seen: list[None] = []

    def cut(_request: httpx.Request) -> httpx.Response | None:
        seen.append(None)
        return httpx.Response(502) if len(seen) > after else None

    world.knob = cut


@dataclass
class Terrain:
    """A KoboToolbox with the follow-up form, deployed."""

    world: kobo_world.World
    account: Account
    uid: str
    notes: dict[str, Note] = field(default_factory=dict)
    teams: tuple[TeamSettings, ...] = TEAMS[:1]
    forms: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    fillers: dict[str, Collection[str]] = field(default_factory=dict)
    door: Door | None = None
    slept: list[float] = field(default_factory=list)
    less: bool = False

    def send(
        self,
        cases: Sequence[OpenCase] = tuple(CASES),
        at: datetime = NOW,
        *,
        hurry: bool = False,
        dry_run: bool = False,
    ) -> tuple[Done, list[tuple[str, str]]]:
        """Publish; return the outcome and what was written."""
        before = len(self.world.log)
        lists = KoboLists(
            name="terrain",
            sharing=Sharing(self.account),
            teams=teams_of(self.teams),
            settings=self.teams,
            recall=lambda uid: self.notes.get(uid, Note()),
            remember=self.notes.__setitem__,
            fillers=self.fillers.__setitem__,
            forms=self.forms,
            beside=self.beside,
            sent=self.sent,
            less=self.less,
            door=self.door,
        )
        done = lists.send(cases, PROVIDERS, at, hurry=hurry, dry_run=dry_run)
        return done, writes(self.world, before)

    @property
    def asset(self) -> Any:
        """Return the form at the server."""
        return self.world.deployed.assets[self.uid]

    def on_phones(self) -> str:
        """Return the list that phones see: deployed, not only uploaded."""
        import hashlib

        for name, data in self.asset.media.values():
            if name == "cases.csv":
                digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
                return data.decode() if self.asset.on_phones.get(name) == digest else ""
        return ""


@pytest.fixture(scope="module")
def followup() -> Package:
    """Give the follow-up form, read once."""
    return pack(FORMS / "followup.xlsx", FORMS / "media")


@pytest.fixture
def terrain(followup: Package) -> Terrain:
    """Give the server after a deployment."""
    world = kobo_world.World(forms={})
    token = Credential.token(kobo_world.TOKEN, "Token")
    account = Account(Client("https://kobo.example", token, below=world.transport(), patience=FAST))
    forms = KoboForms(account, sleep=lambda _seconds: None)
    uid = forms.carry_out(followup, plan(followup, forms.look(followup), Acceptance()))
    return Terrain(world, account, uid)
