"""Two servers of one name stop what fetches, sends or decides; what only reads the register goes on, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.daily.rounds import Go

SERVER = """
[[server]]
name = "north"
kind = "central"
url = "https://central.example.org"
project = 1
"""


@pytest.fixture
def doubled(root: Path) -> Path:
    """Give the workspace a server, and a second one of its name."""
    settings = root / "dikalo.toml"
    settings.write_text(settings.read_text("utf-8") + SERVER * 2, encoding="utf-8")
    return root


@pytest.mark.usefixtures("doubled")
@pytest.mark.parametrize(
    "words",
    [
        "",
        "alerts list",
        "alerts links",
        "cases list",
        "log",
        "notify list",
        "people list",
        "providers list",
        "quarantine list",
        "approve",
        "retention plan",
    ],
)
def test_what_only_reads_goes_on(go: Go, words: str) -> None:
    """With what is wrong, and how it is mended, on standard error."""
    code, _out, err = go(*words.split())

    assert code == 0
    assert "DK-C16" in err


@pytest.mark.usefixtures("doubled")
@pytest.mark.parametrize(
    "words", ["pull", "pull --dry-run", "publish --all-zones all", "sync", "verify", "notify flush"]
)
def test_what_fetches_or_sends_does_not(go: Go, words: str) -> None:
    """What the second server holds would never come, and what is kept under the name would be taken for its."""
    code, _out, err = go(*words.split())

    assert code == 1
    assert "DK-C16" in err
