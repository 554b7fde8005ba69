"""The pages of the documentation are there without a network, in a wheel too, and sentences name them so that they are found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sync_scripts import cli, texts
from sync_scripts.cli.setup import guide
from tests.cli.test_docs import ROOT
from tests.cli.test_named_commands import sentences

DOCS = ROOT / "docs"
NO_GUIDE = {"architecture", "essai-d-arrivee", "arrival-trial", "CHANGELOG"}
"""Pages for whoever changes the program, and what was tried once."""


def test_no_page_is_forgotten() -> None:
    """Whoever writes a page for people who work with the program gives it a name to be asked for, in both languages."""
    french = {path.stem for path in DOCS.glob("*.md")} - NO_GUIDE
    english = {path.stem for path in (DOCS / "en").glob("*.md")} - NO_GUIDE

    assert (set(guide.PAGES.values()), set(guide.PAGES)) == (french, english)
    for name, stem in guide.PAGES.items():
        assert guide.page_file(name, "fr") == DOCS / f"{stem}.md"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_sentence_names_a_command_and_no_file_that_a_wheel_lacks(language: str) -> None:
    """Who installed the wheel has no folder docs/: a message that sends there helps nobody at night."""
    said = list(sentences(language))
    named = {found for one in said for found in re.findall(r"dikalo guide ([a-z][a-z-]*)", one)}

    assert [one for one in said if "docs/" in one] == []
    assert named >= {"keys", "messages", "unattended"}
    assert named <= set(guide.PAGES)


def test_a_page_is_shown_in_the_language_that_is_spoken(capsys: pytest.CaptureFixture[str]) -> None:
    """Whole, without pictures; the list says which there are, and their files."""
    shown = {}
    for lang in texts.LANGUAGES:
        assert cli.main(["--lang", lang, "guide", "followup-workbook"]) == 0
        shown[lang] = capsys.readouterr().out
    assert cli.main(["--lang", "en", "--json", "guide"]) == 0
    listed = json.loads(capsys.readouterr().out)

    assert shown["fr"].startswith("# Le classeur de suivi")
    assert shown["en"].startswith("# The follow-up workbook")
    assert "![" not in shown["fr"] + shown["en"]
    assert shown["en"].rstrip().endswith("it says to keep it until then.")
    assert listed["schema"] == "dikalo.guide/1"
    assert [one["page"] for one in listed["pages"]] == list(guide.PAGES)
    assert all(Path(one["file"]).is_file() for one in listed["pages"])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("See [docs](keys.md#accounts).", ["See docs (dikalo guide keys)."]),
        ("See [cles.md](cles.md).", ["See dikalo guide keys."]),
        ("In French: [../cles.md](../cles.md).", ["In French: dikalo --lang fr guide keys."]),
        ("En anglais : [en/keys.md](en/keys.md).", ["En anglais : dikalo --lang en guide keys."]),
        ("Why: [record](decisions/0001-x.md), [all](../reference/cli.md)", ["Why: record, all"]),
        ("[Collect](https://example.org/a)", ["Collect (https://example.org/a)"]),
        ("![a screen](pictures/x.png)", []),
    ],
)
def test_a_link_says_the_command_that_shows_its_page(line: str, told: list[str]) -> None:
    """On a terminal nobody clicks."""
    assert list(guide.readable(line)) == told


def test_pages_that_are_not_there_are_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a package that somebody cut down."""
    monkeypatch.setattr(guide, "_PACKAGE", tmp_path / "sync_scripts")

    assert cli.main(["--lang", "en", "guide", "keys"]) == 2
    assert "DK-N06" in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["first-day", "premier-jour", "docs/premier-jour.md", "Premier-jour"])
def test_a_page_is_found_by_its_file_too(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    """LISEZMOI and the pages cite files; who has only the wheel types what stands there."""
    assert cli.main(["--lang", "fr", "guide", asked]) == 0
    assert capsys.readouterr().out.startswith(
        (DOCS / "premier-jour.md").read_text(encoding="utf-8").partition("\n")[0]
    )
