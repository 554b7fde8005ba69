"""Two teams that would have one folder get no list: whoever carries it to phones would give one team the cases of the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from sync_scripts import config
from sync_scripts.config import TeamSettings
from sync_scripts.publish.audiences import TeamsAlike, ZoneMissing, lacking, teams_of
from tests.publish import test_command
from tests.publish.scene import TEAMS, Run, make, runner
from tests.publish.test_command import labels

worlds = test_command.worlds
"""The fixture of that module."""

OTHER = TeamSettings(name="Nord", departments=("CM010001",), people=("F20",))


@pytest.fixture
def root(tmp_path: Path, worlds: dict[str, tuple[Any, str]]) -> Path:
    """Give a workspace with two teams of one name, capitals apart."""
    make(tmp_path / "w", worlds["bureau"][1], worlds["terrain"][1], (*TEAMS, OTHER))
    return tmp_path / "w"


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command there."""
    return runner(root, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("nord", "nord", True),
        ("nord", "NORD", True),
        ("équipe 1", "équipe_1", True),
        ("e\u0301quipe", "équipe", True),
        ("a/b", "a:b", True),
        ("nord", "sud", False),
        ("équipe 1", "équipe 2", False),
    ],
)
def test_names_of_one_folder_are_known(one: str, other: str, alike: bool) -> None:
    """As a disk may take them for one that knows no capitals, or writes accents otherwise."""
    teams = teams_of(TeamSettings(name=name, departments=("CM007002",)) for name in (one, other))
    found = lacking(teams)

    assert isinstance(found, TeamsAlike) == alike
    assert alike or found is None


def test_a_team_without_a_name_has_no_folder() -> None:
    """Its list would lie where those of all the others are looked for."""
    teams = teams_of(TeamSettings(name=name, departments=("CM007002",)) for name in ("", "nord"))

    assert isinstance(lacking(teams), TeamsAlike)
    assert isinstance(lacking(()), ZoneMissing)


def test_nothing_new_goes_out_and_what_must_leave_does(run: Run, root: Path) -> None:
    """Exit 3, with both names; each team gets its own list once they are told apart."""
    out = root / "out" / "phones"
    (out / "nord").mkdir(parents=True)
    (out / "nord" / "cases.csv").write_text("name,label,department,due,status\nx,DK-A,,,\ny,DK-E,,,\n")
    code, said, talk = run("publish", "--json")

    assert code == 3
    assert said["refused"] == ["DK-C48"]
    assert "nord, Nord" in talk
    assert labels((out / "nord" / "cases.csv").read_text()) == ["DK-A"]
    assert not (out / "Nord").exists()

    apart = structs.replace(OTHER, name="est")
    config.write(root, structs.replace(config.load(root), team=(*TEAMS, apart)))
    run("publish", "--json")
    assert labels((out / "nord" / "cases.csv").read_text()) == ["DK-A", "DK-B"]
    assert labels((out / "est" / "cases.csv").read_text()) == ["DK-E"]
