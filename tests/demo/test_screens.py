"""Every screen of the demonstration fits a terminal of 80 columns, in French and in English."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from sync_scripts import cli
from sync_scripts.cli import tree
from sync_scripts.cli.frame import apart
from sync_scripts.register.lifecycle.moves import MOVES
from sync_scripts.register.queries import tasks
from tests.store import same_process

COLUMNS = 80
LISTS = (
    ("alerts", "list"),
    ("alerts", "list", "--all"),
    ("alerts", "list", "--mine"),
    ("cases", "list"),
    ("cases", "list", "--all"),
    ("people", "list"),
    ("people", "list", "--all"),
    ("providers", "list"),
    ("quarantine", "list"),
    ("notify", "list"),
    ("notify", "list", "--all"),
    ("phones", "list"),
    ("forms", "list"),
    ("alerts", "links"),
    ("approve",),
    ("followup", "conflicts"),
    ("cases", "task", "{case}"),
    ("alerts", "task", "{alert}"),
)
ROWS = frozenset({LISTS[0], LISTS[1], LISTS[3], LISTS[4], LISTS[5], LISTS[6], LISTS[7], LISTS[16], LISTS[17]})
"""Lists that hold something in a demonstration and nothing but one table."""
PAGES = (
    (),
    ("log",),
    ("log", "{case}"),
    ("doctor",),
    ("verify",),
    ("rebuild", "--dry-run"),
    ("publish", "--dry-run"),
    ("sync", "--dry-run"),
    ("retention", "plan"),
    ("keys", "holders"),
    ("person", "shared", "{case}"),
    ("consent", "show", "{case}"),
    ("alerts", "triage", "{alert}", "--dry-run"),
    ("alerts", "show", "{alert}", "--open", "why"),
    ("cases", "show", "{sealed}", "--open", "why"),
    ("followup", "export", "--dry-run"),
    ("followup", "import", "nothing.xlsx"),
    ("alerts", "show", "AL-000000-1"),
    ("cases", "move", "{case}", "closed"),
    ("alerts", "nothing"),
    ("alerts", "list", "--due", "soon"),
    ("cases", "list", "--owner", "NOBODY-1"),
    ("quarantine", "retry", "--take-clear"),
)


class Terminal(io.TextIOWrapper):
    """A stream that somebody looks at."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        """Say yes."""
        return True

    def text(self) -> str:
        """Return what was written; of a line that was drawn again and again the last time."""
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        lines = click.unstyle(self.buffer.getvalue().decode()).split("\n")
        return "\n".join(line.rsplit("\r", 1)[-1] for line in lines)


@dataclass(frozen=True)
class Shown:
    """A demonstration, what its making said, and codes of things in it."""

    root: Path
    story: dict[str, str]
    codes: dict[str, list[str]]


def run(root: Path | None, lang: str, *words: str) -> tuple[int, str, str]:
    """Run a command in a terminal of 80 columns; return its exit code, output and talk."""
    with pytest.MonkeyPatch.context() as patch:
        out, err = Terminal(), Terminal()
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setenv("COLUMNS", str(COLUMNS))
        patch.setattr(apart, "start", same_process.start)
        code = cli.main([*(["-C", str(root)] if root else []), "--lang", lang, *words])
    return code, out.text(), err.text()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Make a demonstration, told in both languages."""
    folder, story = tmp_path_factory.mktemp("d"), {}
    for lang in ("fr", "en"):
        code, out, err = run(None, lang, "demo", "--into", str(folder / lang))
        assert code == 0, err
        story[lang] = f"{err}\n{out}"
    alerts, cases = (_document(folder / "en", kind)[kind] for kind in ("alerts", "cases"))
    codes = {
        "alert": [one["code"] for one in alerts],
        "case": [one["code"] for one in cases if one["confidentiality"] != "C4"],
        "sealed": [one["code"] for one in cases if one["confidentiality"] == "C4"],
    }
    return Shown(folder / "en", story, codes)


def _document(root: Path, kind: str) -> dict[str, list[dict[str, str]]]:
    code, out, err = run(root, "en", kind, "list", "--all", "--json")
    assert code == 0, err
    found: dict[str, list[dict[str, str]]] = json.loads(out)
    return found


def too_long(text: str) -> list[str]:
    """Return the lines that a terminal would break; a path or a command that stands alone cannot be shorter."""
    lines = [line for line in text.split("\n") if len(line) >= COLUMNS]
    return [line for line in lines if len(line.split()) > 1 and not line.lstrip().startswith("dikalo ")]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_every_list_fits_a_terminal(demo: Shown, words: tuple[str, ...], lang: str) -> None:
    """No line is broken by the terminal, and each row of a table is one line, in the order of what a program gets."""
    said = [word.format(**{kind: codes[0] for kind, codes in demo.codes.items()}) for word in words]
    _code, out, err = run(demo.root, lang, *said)
    assert too_long(out + err) == []

    if words in ROWS:
        piped = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", piped)
            assert cli.main(["-C", str(demo.root), "--lang", lang, *said]) == 0
        rows = [line.split("\t") for line in piped.getvalue().splitlines()[1:]]
        lines = out.split("\n")
        first = next(at for at, line in enumerate(lines) if line.startswith(rows[0][0]))
        assert [line.split(" ")[0] for line in lines[first : first + len(rows)]] == [row[0] for row in rows]
        assert lines[first + len(rows) :][:1] == [""]
        assert len({len(row) for row in rows}) == 1


def test_no_list_is_forgotten() -> None:
    """Every command called ``list`` is walked."""
    context = click.Context(tree.cli, info_name="dikalo")
    groups = {name: tree.cli.get_command(context, name) for name in tree.cli.list_commands(context)}
    named = {
        (name, "list")
        for name, found in groups.items()
        if isinstance(found, click.Group) and "list" in found.list_commands(context)
    }
    assert named <= set(LISTS)
    assert len(named) > 5


@pytest.mark.spread(4)
@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("words", PAGES, ids=lambda words: " ".join(words) or "dikalo")
def test_every_page_fits_a_terminal(demo: Shown, words: tuple[str, ...], lang: str) -> None:
    """Long sentences too, and those of a refusal."""
    said = [word.format(**{kind: codes[0] for kind, codes in demo.codes.items()}) for word in words]
    _code, out, err = run(demo.root, lang, *said)

    assert out + err
    assert too_long(out + err) == []


@pytest.mark.parametrize(("lang", "words"), [("fr", "NW = Nord-Ouest"), ("en", "NW = North-West")])
@pytest.mark.parametrize("what", ["alerts", "cases"])
def test_the_letters_of_regions_are_explained_where_they_are_shown(
    demo: Shown, monkeypatch: pytest.MonkeyPatch, what: str, lang: str, words: str
) -> None:
    """Below a list on a terminal, for those in it; a program gets the letters alone."""
    monkeypatch.setattr(sys.modules[__name__], "COLUMNS", 120)
    assert words in " ".join(run(demo.root, lang, what, "list")[1].split())
    piped = io.StringIO()
    monkeypatch.setattr(sys, "stdout", piped)
    assert cli.main(["-C", str(demo.root), "--lang", lang, what, "list"]) == 0
    assert "\tNW\t" in piped.getvalue()
    assert words not in piped.getvalue()


def test_the_page_of_a_case_names_what_comes_next(demo: Shown) -> None:
    """As that of an alert does: a command to type; nothing of a case that is sealed."""
    told = " ".join(run(demo.root, "en", "cases", "show", demo.codes["case"][0])[1].split())
    assert f"Next: dikalo cases move {demo.codes['case'][0]} assessment; or cases contacted" in told
    assert "Next:" not in run(demo.root, "en", "cases", "show", demo.codes["sealed"][0])[1]
    assert {(before, after) for before, after in tasks.FORWARD.items()} <= {
        (move.was, move.to) for move in MOVES["case"]
    }


@pytest.mark.parametrize("more", [[], ["--json"], ["--quiet"]], ids=" ".join)
@pytest.mark.parametrize(
    "words",
    [
        ("alerts", "show", "{alert}", "--open", "why"),
        ("alerts", "links", "{alert}", "--open", "why"),
        ("cases", "dossier", "{case}", "--purpose", "justice", "--to", "court:Tribunal", "--reason", "why"),
    ],
    ids=" ".join,
)
def test_a_demonstration_says_once_that_it_is_one(
    demo: Shown,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    more: list[str],
) -> None:
    """Also where a second process does the work; which speaks as the first one was asked to."""
    monkeypatch.setattr(apart, "start", same_process.start)
    said = [word.format(**{kind: codes[0] for kind, codes in demo.codes.items()}) for word in words]
    cli.main(["-C", str(demo.root), "--lang", "en", *said, *more])
    _out, err = capfd.readouterr()
    assert err.count("DEMONSTRATION: invented data") == 1


def test_a_signature_in_a_demonstration_is_said_to_prove_nobody(demo: Shown) -> None:
    """Instead of who gave whom a passphrase that everybody can read."""
    alerts = _document(demo.root, "alerts")["alerts"]
    code = next(one["code"] for one in alerts if one["state"] == "triaged" and one["urgency"] == "critical")
    assert run(demo.root, "en", "alerts", "dismiss", code, "--reason", "a rumour")[0] == 0
    _exit, _out, err = run(demo.root, "en", "approve", code, "--as", "DEMO-02", "--dry-run")
    assert "a signature proves nobody here" in " ".join(err.split())
    assert "passphrase made with the workspace" not in err
    assert run(demo.root, "en", "approve", code, "--withdraw", "--as", "DEMO-01", "--reason", "seen")[0] == 0


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_of_every_alert_and_case_fits_a_terminal(demo: Shown, lang: str) -> None:
    """However many columns its tables have."""
    for kind, code in [("alerts", one) for one in demo.codes["alert"]] + [
        ("cases", one) for one in (*demo.codes["case"], *demo.codes["sealed"])
    ]:
        done, out, err = run(demo.root, lang, kind, "show", code)
        assert done == 0, err
        assert too_long(out + err) == [], code


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_story_of_the_demonstration_fits_a_terminal(demo: Shown, lang: str) -> None:
    """It is the first thing that anybody reads."""
    assert "dikalo -C" in demo.story[lang]
    assert too_long(demo.story[lang]) == []
