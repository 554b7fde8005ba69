"""A workspace with open cases and two servers behind real sockets, for tests of whole commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sync_scripts import cli
from sync_scripts.config import ServerSettings, Settings, TeamSettings
from sync_scripts.store import logins
from sync_scripts.store.database import Register
from sync_scripts.store.logins import Kept, Role
from sync_scripts.store.schema import register as tables
from sync_scripts.store.workspace import open_workspace
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT
from tests.contract.kobo_world import TOKEN
from tests.store.commands import found, pipe

DAY = "neuf hiboux dorment sous la grange"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
TEAMS = (TeamSettings(name="nord", departments=("CM007002", "CM007005"), people=("F12", "enum1")),)
CASES = (
    ("DK-A", "CM007002", "C2", "F12"),
    ("DK-B", "CM007005", "C3", "F12"),
    ("DK-C", "CM007005", "C3", "RD-09"),
    ("DK-D", "CM007005", "C4", "F12"),
    ("DK-E", "CM010001", "C1", "F12"),
)
LOGINS = {
    "bureau": Kept(account=EMAIL, password=PASSWORD),
    "terrain": Kept(token=TOKEN),
}
Run = Callable[..., tuple[int, Any, str]]


def make(root: Path, central: str, kobo: str, teams: tuple[TeamSettings, ...] = TEAMS) -> None:
    """Make the workspace with its cases; keep no login yet."""
    servers = (
        ServerSettings(name="bureau", kind="central", url=central, project=PROJECT),
        ServerSettings(name="terrain", kind="kobo", url=kobo),
    )
    settings = Settings(id="e" * 32, server=servers, team=teams)
    found(root, day=DAY, vault="sept lampes bleues gardent un puits", proved=("V",), settings=settings)
    with_register(root, _cases)


def with_register(root: Path, deed: Callable[[Register], Any]) -> Any:
    """Do something with the open register."""
    workspace = open_workspace(root, secret=lambda _question: DAY)
    try:
        return deed(workspace.register)
    finally:
        workspace.close()


def keep(root: Path, role: Role, *names: str) -> None:
    """Keep logins of a role."""

    def deed(register: Register) -> None:
        for name in names:
            logins.keep(register, name, role, LOGINS[name])

    with_register(root, deed)


def _cases(register: Register) -> None:
    blank = dict.fromkeys(column.name for column in tables.case.columns)
    with register.writing() as rows:
        rows.many(
            tables.case,
            [
                {
                    **blank,
                    "case_code": code,
                    "department": place,
                    "confidentiality": secret,
                    "owner_code": owner,
                    "state": "active",
                    "urgency": "high",
                    "level": "high",
                    "service_only": False,
                    "legal_hold": False,
                    "opened_at": "2026-11-20T08:00:00.000000Z",
                }
                for code, place, secret, owner in CASES
            ],
        )


def runner(root: Path, monkeypatch: Any, capsys: Any) -> Run:
    """Return what runs one command in the workspace: exit code, document or text, talk."""

    def go(*words: str) -> tuple[int, Any, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out.startswith("{") else out, err

    return go
