"""A real workspace with a Central and a KoboToolbox behind real sockets, canaries in what they hold, and its commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync_scripts import cli
from sync_scripts.config import ServerSettings
from sync_scripts.servers.http import client
from sync_scripts.store.schema import raw
from tests.contract import central_world, kobo_world
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT
from tests.contract.kobo_world import FORM, TOKEN
from tests.faults.far_case import STEADY
from tests.faults.line import Line, lying
from tests.intake.scene import alert, shipped, story
from tests.intake.test_commands import DAY, VAULT, opened
from tests.store.commands import found, pipe

Run = Callable[..., tuple[int, str, str]]
ANSWERS = ("CANARI-RECIT", "CANARI-VERSION-DEUX", "CANARI-PHOTO")
"""In a sealed answer, in an edit of it, and in the bytes of a photo."""
SECRETS = (TOKEN, PASSWORD, "jeton1", "jeton2")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, tuple[Line, str]]]:
    """Give the lines to a Central and to a KoboToolbox with canaries in answers and files, and their addresses."""
    central, kobo = central_world.World(forms={"alert": []}), kobo_world.World(cap=2)
    photo = {"p.jpg": b"\xff\xd8 CANARI-PHOTO"}
    told = f"{story(ANSWERS[0])}<more><photo>p.jpg</photo></more>"
    for number in (1, 2, 3):
        central.send("alert", alert(number, told), {**photo})
    edit = alert(4, story(ANSWERS[1]), meta=f"<deprecatedID>{central.forms['alert'][0].root}</deprecatedID>")
    central.send("alert", edit)
    for number in (11, 12, 13):
        xml = alert(number, told).partition(b"?>")[2].replace(b'id="alert"', f'id="{FORM}"'.encode(), 1)
        kobo.send(xml, photo)
    made = {"bureau": Line(central.answer), "terrain": Line(kobo.answer)}
    with lying(made["bureau"]) as bureau, lying(made["terrain"]) as terrain:
        yield {"bureau": (made["bureau"], bureau), "terrain": (made["terrain"], terrain)}


@pytest.fixture
def root(tmp_path: Path, lines: dict[str, tuple[Line, str]]) -> Path:
    """Return a workspace that knows the forms and both servers."""
    servers = (
        ServerSettings(
            name="bureau", kind="central", url=lines["bureau"][1], project=PROJECT, forms=("alert",)
        ),
        ServerSettings(name="terrain", kind="kobo", url=lines["terrain"][1]),
    )
    found(tmp_path / "w", day=DAY, vault=VAULT, server=servers)
    with opened(tmp_path / "w") as register, register.writing() as rows:
        rows.many(raw.form_version, [dict(row) for row in shipped()])
    return tmp_path / "w"


@pytest.fixture
def run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run one command; returns the exit code, what was printed and what was said. Both logins are kept."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(client, "Patience", lambda: STEADY)

    def go(*words: str, login: str | None = None) -> tuple[int, str, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        if login is not None:
            monkeypatch.setenv("DIKALO_SERVER_FD", str(pipe(login)))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words])
        monkeypatch.delenv("DIKALO_SERVER_FD", raising=False)
        return code, *capsys.readouterr()

    assert go("keys", "server", "bureau", login=f"{EMAIL}\t{PASSWORD}")[0] == 0
    assert go("keys", "server", "terrain", login=TOKEN)[0] == 0
    return go
