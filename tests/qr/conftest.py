"""What the tests of codes for phones share: a demonstration workspace, one person's settings, a reader that is not ours."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from sync_scripts import cli
from sync_scripts.config import ServerSettings, Settings
from sync_scripts.phones.access import PhoneServer
from sync_scripts.phones.settings import Holder, hardened
from sync_scripts.store.founding import create_demo
from tests import clock
from tests.store.commands import pipe

TOKEN = "cAnArY0t" * 8
"""As long as a real one; whatever shows it has leaked."""

CENTRAL = PhoneServer("central", "https://central.example.org", "3")
ADDRESS = ("--url", "https://central.example.org", "--project", "3")
Run = Callable[..., tuple[int, Any, str]]


def settings(code: str = "E07", password: str = "abcdefghjk") -> dict[str, Any]:  # noqa: S107 - invented
    """Return the hardened settings of one person on Central."""
    return hardened(CENTRAL, TOKEN, Holder(code, password))


def scanned(picture: bytes) -> str:
    """Return what another library reads in a picture of a code."""
    with Image.open(io.BytesIO(picture)) as opened:
        (found,) = zxingcpp.read_barcodes(opened.convert("L"))
    return found.text


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a demonstration workspace once: it opens without a passphrase."""
    root = tmp_path_factory.mktemp("qr") / "w"
    server = (ServerSettings(name="main", kind="central", url="https://central.example.org", project=3),)
    create_demo(root, settings=Settings(id="d" * 32, server=server), worker="demo-1", now=clock.now())
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """Return a new demonstration workspace with one server."""
    return Path(shutil.copytree(template, tmp_path / "w"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path) -> Run:
    """Run a command in the workspace, the token on its descriptor; returns exit code, document or text, and talk."""

    def go(*words: str, secret: str | None = TOKEN) -> tuple[int, Any, str]:
        if secret is not None:
            monkeypatch.setenv("DIKALO_PHONE_FD", str(pipe(secret)))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words])
        monkeypatch.delenv("DIKALO_PHONE_FD", raising=False)
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words else out, err

    return go
