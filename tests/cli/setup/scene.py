"""An empty folder and two servers behind real sockets, for tests of the first day of a coordinator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sync_scripts.store import logins
from sync_scripts.store.logins import Kept, Role
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.workspace import Workspace, open_workspace
from tests import clock
from tests.contract import central_world, kobo_world
from tests.contract.kobo_forms import Asset
from tests.contract.serving import serving
from tests.store.commands import DAY, VAULT

FORMS = Path(__file__).parents[3] / "forms"
HEAD_OFFICE = demo_keys.IDENTITIES["O"].public
ASSET = "aFormulaire1"


@dataclass(frozen=True)
class Servers:
    """Both worlds and their addresses."""

    central: central_world.World
    kobo: kobo_world.World
    central_url: str
    kobo_url: str


@contextmanager
def two_servers() -> Iterator[Servers]:
    """Give a Central with two forms and a KoboToolbox with one, clocks right, rights least."""
    central = central_world.World(forms={"alert": [], "case": []}, now=clock.now())
    kobo = kobo_world.World(forms={ASSET: []}, now=clock.now(), phones="https://kc.example")
    workbook = (FORMS / "situation.xlsx").read_bytes()
    kobo.deployed.assets[ASSET] = Asset(ASSET, workbook, "alert", "v1", "v1")
    kobo.deployed.assets[ASSET].own_rights = ("view_asset", "view_submissions")
    with serving(central.answer) as one, serving(kobo.answer) as other:
        yield Servers(central, kobo, one, other)


@contextmanager
def opened(root: Path) -> Iterator[Workspace]:
    """Open the workspace as its coordinator."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    try:
        yield workspace
    finally:
        workspace.close()


def kept(root: Path, server: str, role: Role) -> Kept | None:
    """Return a login that is kept."""
    with opened(root) as workspace:
        return logins.find(workspace.register, server, role)


def keys_at_a_terminal() -> list[tuple[str, str]]:
    """Return questions and answers up to the first part of the interview, without paper."""
    return [
        ("Langue / Language", "en"),
        ("Your code", "RD-01"),
        ("Everyday passphrase", DAY),
        ("The same again", DAY),
        ("Vault passphrase", VAULT),
        ("The same again", VAULT),
    ]


def writing(log: list[tuple[str, str, int]]) -> list[tuple[str, str]]:
    """Return the requests that would change something at a server; a login is none."""
    return [
        (method, path)
        for method, path, _status in log
        if method not in {"GET", "HEAD"} and "sessions" not in path
    ]


def refusing(*parts: str) -> Any:
    """Return a knob that answers 403 where a path holds one of these words."""

    def knob(request: httpx.Request) -> httpx.Response | None:
        hit = any(part in request.url.path for part in parts)
        return httpx.Response(403, json={"code": 403.1}) if hit else None

    return knob
