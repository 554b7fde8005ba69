"""What the story counts as well ended, and what it tells to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_scripts.cli.setup.training import _program
from sync_scripts.demo.rounds import Story


def story(problems: tuple[str, ...]) -> Story:
    """Return a story with these problems in quarantine; two others were expected."""
    return Story(
        workspace=Path("T"),
        inbox=Path("T-classroom"),
        workbook=Path("T/out/suivi.xlsx"),
        posted=3,
        resent=0,
        refused=2,
        new=3,
        edited=0,
        problems=problems,
        alerts=3,
        cases=1,
        tasks=4,
        seconds=1.0,
        expected=("DK-I13", "DK-I14"),
    )


@pytest.mark.parametrize(
    ("problems", "well"),
    [
        (("DK-I14", "DK-I13"), True),
        (("DK-I13",), False),
        (("DK-I13", "DK-I19"), False),
        (("DK-I13", "DK-I14", "DK-I14"), False),
    ],
)
def test_it_ends_well_only_with_exactly_the_expected_quarantine(
    problems: tuple[str, ...], well: bool
) -> None:
    """As many for other reasons is no success."""
    assert story(problems).as_expected is well


def test_the_next_steps_can_be_typed_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an environment that is not activated the shell does not know the name, so its place is told."""
    monkeypatch.setattr("sys.argv", ["/home/x/.venv/bin/dikalo", "demo"])
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert any("/home/x/.venv/bin/dikalo -C T alerts list" in line for line in story(()).lines(_program()))
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/dikalo")
    told = list(story(()).lines(_program()))
    assert any(line.strip() == "dikalo -C T alerts list" for line in told)
    assert any("without -C" in line and line.endswith("in the folder T.") for line in told)
    monkeypatch.chdir(Path(__file__).parent)
    monkeypatch.setattr("sys.argv", [".venv/bin/dikalo", "demo"])
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert _program() == str(Path(__file__).parent / ".venv/bin/dikalo"), "also from another folder"
