"""``dikalo backup`` as a person types it, and what a round does by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.store import backups
from sync_scripts.store.workspace import open_workspace
from tests.backup.places import desk
from tests.store.commands import DAY, pipe

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run commands in a filled workspace that is closed again."""
    with desk(tmp_path):
        pass

    def ran(*words: str, plain: bool = False) -> tuple[int, Any]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), *words, *(() if plain else ("--json",))])
        told = capsys.readouterr()
        return code, told.out + told.err if plain else json.loads(told.out)

    return ran


def test_a_place_is_named_once_and_kept(run: Run, tmp_path: Path) -> None:
    """With --keep it stands in dikalo.toml, and the next one needs no word more."""
    stick = tmp_path / "stick"
    assert run("backup")[1]["code"] == "DK-V01"

    tried = run("backup", "--to", str(stick), "--dry-run")[1]
    assert (tried["dry_run"], tried["files"], stick.exists()) == (True, 1, False)
    code, made = run("backup", "--to", str(stick), "--keep")
    again = run("backup")[1]

    assert (code, made["files"], made["problems"]) == (0, 1, [])
    assert (again["files"], again["number"] > made["number"], again["place"]) == (0, True, str(stick))
    assert f'path = "{stick}"' in (tmp_path / "w" / "dikalo.toml").read_text("utf-8")


def test_the_page_of_the_day_says_how_old_it_is(run: Run, tmp_path: Path) -> None:
    """Never made; then made, and nothing lacks."""
    assert "No backup was made yet." in run(plain=True)[1]
    run("backup", "--to", str(tmp_path / "stick"))

    assert re.search(r"Last backup: .* ago; it lacks nothing\.", run(plain=True)[1])


def test_a_round_makes_one_and_does_not_fail_for_a_stick(run: Run, tmp_path: Path) -> None:
    """Nothing where the stick is not there; a refusal is said, and the round ends as it would have."""
    stick = tmp_path / "stick"
    run("backup", "--to", str(stick), "--keep")
    code, done = run("sync")
    assert [one["name"] for one in done["parts"] if one["name"] == "backup"] == []  # it is not a day old

    mark = stick / "place"
    (stick / "aside").write_bytes(mark.read_bytes())
    mark.write_bytes(mark.read_bytes().replace(b'"whose":"', b'"whose":"0'))
    workspace = open_workspace(tmp_path / "w", secret=lambda _question: DAY)
    with workspace.register.writing() as rows:
        backups.write(rows, ())
    workspace.close()
    again, done = run("sync")
    (part,) = [one for one in done["parts"] if one["name"] == "backup"]
    assert (part["failure"]["code"], part["skipped"], again) == ("DK-V05", True, code)

    mark.write_bytes((stick / "aside").read_bytes())
    last, done = run("sync")
    (part,) = [one for one in done["parts"] if one["name"] == "backup"]
    assert (part["exit"], part["result"]["missing"], last) == (0, 0, code)
