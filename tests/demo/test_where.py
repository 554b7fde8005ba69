"""Where the demonstration is made: where the line says, never silently somewhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_scripts.cli.frame import outcome


class _Told:
    """A story that nobody played."""

    as_expected = True

    def document(self) -> dict[str, str]:
        """Return a document without figures."""
        return {"schema": "dikalo.demo/1"}

    def lines(self, _called: str) -> list[str]:
        """Return nothing to read."""
        return []


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """Return the folders in which a demonstration would have been made; one stands in an empty folder."""
    places: list[Path] = []

    def run(into: Path, **_said: object) -> _Told:
        places.append(into)
        return _Told()

    monkeypatch.setattr("sync_scripts.cli.setup.training.run", run)
    monkeypatch.chdir(tmp_path)
    return places


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (("demo",), "dikalo-demo"),
        (("demo", "--into", "a"), "a"),
        (("-C", "a", "demo"), "a"),
        (("demo", "-C", "a"), "a"),
    ],
)
@pytest.mark.parametrize("everyday", [None, "real"])
def test_it_is_made_where_the_line_says(
    made: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    line: tuple[str, ...],
    place: str,
    everyday: str | None,
) -> None:
    """``-C`` names it as ``--into`` does; the workspace that is set for every command is never taken."""
    if everyday:
        monkeypatch.setenv("DIKALO_WORKSPACE", everyday)

    assert outcome.run([*line], "en") == 0
    assert made == [Path(place)]


@pytest.mark.parametrize("line", [("-C", "a", "demo", "--into", "b"), ("demo", "-C", "a", "--into", "b")])
def test_two_folders_are_refused(
    made: list[Path], capsys: pytest.CaptureFixture[str], line: tuple[str, ...]
) -> None:
    """Neither is preferred without a word."""
    assert outcome.run([*line], "en") == 2
    assert "not with both" in capsys.readouterr().err
    assert made == []
