"""Accepting what breaks: by name, with author and reason, written down; and what nobody can accept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sync_scripts import cli
from tests.forms.compare.versions import made, old, without
from tests.forms.xlsform.worlds import SOURCE, text
from xlsform import pack
from xlsform.compare import compare
from xlsform.compare.change import NEVER, Acceptance, NotAcceptable, accept, held_back, recorded
from xlsform.compare.words import CHANGES
from xlsform.findings.problems import Level

GONE = compare(old(), made(without("short_text")))
TAKEN = accept(["FIELD-GONE:facts/short_text"], "f2", "trop  long\npour le terrain")


def test_a_break_holds_back_until_it_is_accepted_by_code_and_path() -> None:
    """Another path, or another code, accepts nothing."""
    assert [change.code for change in held_back(GONE, Acceptance())] == ["FIELD-GONE"]
    assert held_back(GONE, TAKEN) == ()
    for wrong in ("FIELD-GONE:facts/people", "TYPE-CHANGED:facts/short_text", "FIELD-GONE"):
        assert held_back(GONE, accept([wrong], "f2", "x")) != ()


def test_warnings_and_remarks_hold_nothing_back() -> None:
    """A person has read them."""
    assert held_back((one for one in GONE if one.level in {"warn", "info"}), Acceptance()) == ()


@pytest.mark.parametrize("code", sorted(NEVER))
def test_what_nobody_accepts(code: str) -> None:
    """There are no words for it."""
    with pytest.raises(NotAcceptable):
        accept([f"{code}:gate"], "f2", "x")


def test_consent_and_secrecy_hold_back_even_an_acceptance_made_by_hand() -> None:
    """Whatever a program puts into the acceptance."""
    looser = compare(old(), made(without("consent").replace("${consent} = 'given'", "true()")))
    forged = Acceptance(frozenset((change.code, change.path) for change in looser), "f2", "x")

    assert "CONSENT-LOOSER" in {change.code for change in held_back(looser, forged)}


def test_every_code_of_consent_secrecy_core_and_bans_is_among_those_that_nobody_accepts() -> None:
    """A new word of that kind cannot slip past."""
    protected = {
        problem.code
        for problem in CHANGES.values()
        if problem.code.startswith(("CONSENT", "SENS-LOWERED", "CORE", "BAN", "ORG"))
    }

    assert protected <= NEVER
    assert {"CONSENT-LOOSER", "SENS-LOWERED", "CORE-TOUCHED"} <= protected


@pytest.mark.parametrize(("author", "why"), [("", ""), ("f2", ""), ("", "x"), ("  ", " ")])
def test_who_and_why_are_needed(author: str, why: str) -> None:
    """An acceptance without a person or a reason is none; nothing to accept needs neither."""
    with pytest.raises(NotAcceptable):
        accept(["FIELD-GONE:a"], author, why)
    assert accept([], author, why).changes == frozenset()


def test_an_acceptance_is_written_down_once() -> None:
    """Day, form, versions, what, who, why on one line; the second time nothing is added."""
    words = {"form": "alert", "versions": ("2026112501", "2026112502"), "day": date(2026, 11, 26)}
    text_ = recorded("", GONE, TAKEN, **words)  # type: ignore[arg-type] # the keywords above

    (line,) = [line for line in text_.splitlines() if line.startswith("- ")]
    assert line == (
        "- 2026-11-26 · alert 2026112501 → 2026112502 · FIELD-GONE:facts/short_text · f2 : trop long pour le terrain"
    )
    assert recorded(text_, GONE, TAKEN, **words) == text_  # type: ignore[arg-type] # the keywords above
    assert recorded("", GONE, Acceptance(), **words) == ""  # type: ignore[arg-type] # the keywords above
    assert all(CHANGES[change.kind].level in {Level.BREAK, Level.INFO} for change in GONE)


# --- build --------------------------------------------------------------------------------------------------------

Dikalo = Callable[..., tuple[int, str, str]]


@pytest.fixture
def dikalo(capsys: pytest.CaptureFixture[str]) -> Dikalo:
    """Run a form command."""

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(("--lang", "en", "forms", *words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dikalo: Dikalo) -> Path:
    """A forms folder with one form, built, and its next version without a question in the source."""
    root = tmp_path / "forms"
    (root / "src" / "blocks").mkdir(parents=True)
    shutil.copytree(pack.forms_root() / "lists", root / "lists")
    shutil.copy(pack.forms_root() / "register_fields.csv", root)
    (root / "src" / "visite.yaml").write_bytes(SOURCE.read_bytes())
    monkeypatch.setattr(pack, "forms_root", lambda: root)
    monkeypatch.chdir(tmp_path)
    assert dikalo("build")[0] == 0
    row = text()[
        text().index("  - type: time\n    name: at_time") : text().index("  - type: date\n    name: on_day")
    ]
    later = text().replace(row, "").replace("version: 2026112501", "version: 2026112601")
    (root / "src" / "visite.yaml").write_text(later, encoding="utf-8")
    return root


def test_a_build_stops_at_a_break(dikalo: Dikalo, folder: Path) -> None:
    """Exit code 3, the change in three lines, and the workbook as it was."""
    before = (folder / "visite.xlsx").read_bytes()
    code, out, err = dikalo("build")

    assert (code, "FIELD-GONE · place/at_time" in out, "--accept" in err) == (3, True, True)
    assert (folder / "visite.xlsx").read_bytes() == before
    assert not (folder / "CHANGES.md").exists()


def test_an_accepted_break_is_built_and_written_down(dikalo: Dikalo, folder: Path) -> None:
    """With who and why; a look writes nothing; afterwards there is nothing to accept."""
    asked = ("build", "--accept", "FIELD-GONE:place/at_time", "--author", "f2", "--why", "jamais rempli")
    assert dikalo(*asked, "--dry-run")[0] == 0
    assert not (folder / "CHANGES.md").exists()
    code, out, _ = dikalo(*asked, "--json")

    assert (code, json.loads(out)["held"]) == (0, [])
    assert "FIELD-GONE:place/at_time · f2 : jamais rempli" in (folder / "CHANGES.md").read_text("utf-8")
    assert dikalo("build")[0] == 0


def test_a_version_that_is_still_being_written_may_break_itself(dikalo: Dikalo, folder: Path) -> None:
    """Under one version nothing was collected yet; servers refuse another content under the same version."""
    source = folder / "src" / "visite.yaml"
    source.write_text(source.read_text("utf-8").replace("2026112601", "2026112501"), encoding="utf-8")

    assert dikalo("build")[0] == 0
