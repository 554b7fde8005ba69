"""What a coordinator tries with ``followup export`` in a demonstration: it works, or says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync_scripts.cli.frame import handed
from sync_scripts.config import Settings
from sync_scripts.store.founding import create_demo
from sync_scripts.store.workspace import open_workspace
from tests.followup.calling import Run
from tests.followup.desk import lay
from tests.store.databases import NOW

TYPED = "cinq mots bien simples ici"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a demonstration with two cases."""
    root = tmp_path_factory.mktemp("demo") / "w"
    create_demo(root, settings=Settings(id="f" * 32), worker="CO-01", now=NOW)
    workspace = open_workspace(root, secret=lambda _prompt: pytest.fail("a demonstration asks for nothing"))
    lay(workspace.register, root, count=2)
    workspace.close()
    return root


def kept(told: dict[str, Any]) -> bytes:
    """Return how a file begins."""
    return Path(told["file"]).read_bytes()[:4]


def test_t2_is_open_and_comes_back(run: Run) -> None:
    """Invented data, published keys: a lock would only be in the way; that it has none is said."""
    code, told = run("export")
    assert (code, told["locked"], "password" in told, kept(told)) == (0, False, False, b"PK\x03\x04")
    assert run("import", told["file"])[1]["items"] == []
    said = run("export", text=True, errors="yes")[1]
    assert "has no password, for this is a demonstration" in said
    assert "--password-prompt" in said
    assert "demonstration:" not in run("export", "--no-password", text=True, errors="yes")[1], (
        "it was asked for"
    )


def test_t3_draws_its_password_here_too(run: Run) -> None:
    """The tier never leaves without one: the demonstration shows just that."""
    code, told = run("export", "--tier", "T3")
    assert (code, told["tier"], told["locked"], kept(told)) == (0, "T3", True, b"\xd0\xcf\x11\xe0")
    assert run("import", told["file"], workbook=told["password"])[1]["items"] == []
    refused = run("export", "--tier", "T3", "--no-password")
    assert (refused[0], refused[1]["code"]) == (1, "DK-W05")


@pytest.mark.parametrize("tier", ["T2", "T3"])
def test_a_password_that_is_asked_for_is_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, tier: str
) -> None:
    """Typed twice, kept nowhere, and it opens the file."""
    monkeypatch.setattr(handed, "typed", lambda _prompt, **_more: TYPED)
    code, told = run("export", "--tier", tier, "--password-prompt")
    assert (code, told["locked"], "password" in told) == (0, True, False)
    assert run("import", told["file"], workbook=TYPED)[1]["items"] == []


def test_everything_row_by_row_comes_back(run: Run) -> None:
    """``--all`` is for large registers, and works in a small one."""
    told = run("export", "--all")[1]
    assert run("import", told["file"])[1]["items"] == []
