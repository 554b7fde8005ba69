"""The documentation says what the program does, and every page it points to is there."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from sync_scripts.cli.tree import cli

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
COMMANDS = (
    "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/dikalo demo",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest",
)
PROSE = frozenset({"and", "draw", "for", "hands", "is", "it", "met", "over", "to"})
"""Words that follow the word dikalo in a sentence without being a command."""


def _load() -> ModuleType:
    """Import the script that makes the reference."""
    spec = importlib.util.spec_from_file_location("dikalo_reference", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = _load()


def commands() -> dict[str, tuple[click.Command, click.Context]]:
    """Return every command by its full name."""
    root = cli.context_class(cli, info_name="dikalo", terminal_width=80)
    return {name: (command, context) for name, command, context in reference.commands(cli, root, "dikalo")}


ALL = commands()


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help_and_a_place_in_the_reference(name: str) -> None:
    """Nobody meets a command or an option that the reference does not explain."""
    command, _context = ALL[name]

    assert command.help
    for page in ("cli.md", "cli.fr.md"):
        assert f"\n## {name}\n" in (DOCS / "reference" / page).read_text("utf-8")
    for param in command.params:
        assert not isinstance(param, click.Option) or param.hidden or param.help, param.name


@pytest.mark.parametrize("name", ALL)
def test_every_help_page_fits_a_terminal(name: str) -> None:
    """Also where an option takes one of many values."""
    command, context = ALL[name]
    assert [line for line in command.get_help(context).split("\n") if len(line) > 80] == []


def test_the_generated_pages_are_what_the_program_says() -> None:
    """Regenerated, the reference equals the committed one, in both languages (if not: ``nox -s reference``)."""
    asked = [sys.executable, str(DOCS / "generate.py"), "--quick"]
    done = subprocess.run(asked, capture_output=True, text=True, encoding="utf-8", check=False)

    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_french_help_has_no_english_word_for_a_value() -> None:
    """Each option says in the person's language what to type: click's own TEXT and FILE stay out."""
    page = (DOCS / "reference" / "cli.fr.md").read_text("utf-8")

    assert re.findall(r"\b(?:TEXT|INTEGER|FLOAT|FILE|FILENAME|DIRECTORY|PATH|DATE|RANGE)\b", page) == []


@pytest.mark.parametrize("page", ["README.md", "LISEZMOI.md"])
def test_the_two_commands_stand_on_a_line_each(page: str) -> None:
    """Both front pages hold the two commands exactly, each standing alone; CI runs them from there."""
    lines = (ROOT / page).read_text("utf-8").splitlines()

    assert [lines.count(command) for command in COMMANDS] == [1, 1]
    assert "readme_command pytest" in (ROOT / ".ci" / "run").read_text("utf-8")


WORK_PAGES = sorted([*DOCS.glob("*.md"), *(DOCS / "en").glob("*.md")])


@pytest.mark.parametrize("page", WORK_PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_a_page_is_read_at_one_sitting(page: Path) -> None:
    """Nobody reads 300 lines to find one command."""
    assert len(page.read_text("utf-8").splitlines()) <= 200


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page is a file of the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def named_commands(text: str) -> set[str]:
    """Return the commands that a text names in code quotes or in a sentence after the word dikalo."""
    found = set()
    for first, second in re.findall(r"\bdikalo (?:-C \S+ )?([a-z]+)(?: ([a-z]+))?", text):
        group = ALL.get(f"dikalo {first}")
        deeper = group is not None and isinstance(group[0], click.Group) and second
        found.add(f"dikalo {first} {second}" if deeper else f"dikalo {first}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pages_name_commands_that_exist(page: Path) -> None:
    """What a page tells people to run can be run."""
    quoted = "\n".join(re.findall(r"`([^`\n]+)`", page.read_text("utf-8")))

    assert named_commands(quoted) - set(ALL) == set()


def test_the_story_of_a_release_is_read_in_minutes() -> None:
    """At most 80 lines a release in each language, the same headings in both."""
    heads = []
    for path in (ROOT / "CHANGELOG.md", DOCS / "en" / "CHANGELOG.md"):
        parts = re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
        heads.append(
            [[line.count("#") for line in part.splitlines() if line.startswith("#")] for part in parts]
        )
        assert [part.partition("\n")[0] for part in parts[1:] if part.rstrip().count("\n") >= 80] == []

    assert heads[0] == heads[1]


def options_of(command: click.Command, context: click.Context) -> set[str]:
    """Return every option of a command."""
    return {name for one in command.get_params(context) for name in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize("page", WORK_PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_pages_name_options_that_exist(page: Path) -> None:
    """What a page writes behind a command is an option of that command."""
    text = page.read_text("utf-8")
    quoted = re.findall(r"`([^`\n]+)`", text) + re.findall(
        r"^(?:\$ )?(dikalo .*?)(?: #.*)?$", text, re.MULTILINE
    )
    wrong = set()
    for line in quoted:
        words = line.split()
        named = [" ".join(words[:count]) for count in (4, 3, 2) if " ".join(words[:count]) in ALL]
        if words[:1] == ["dikalo"] and named:
            known = options_of(*ALL[named[0]]) | options_of(*ALL["dikalo"])
            wrong |= {(named[0], word) for word in re.findall(r"(?<!\S)--[a-z-]+", line)} - {
                (named[0], option) for option in known
            }

    assert wrong == set()


def test_errors_name_commands_that_exist() -> None:
    """What an error tells people to run can be run."""
    for kind in reference.errors():
        advised = re.findall(
            r"\b(?:run|with|in|see|use|then):? (dikalo [a-z -]+)", kind.message, re.IGNORECASE
        )
        told = named_commands("\n".join(advised))
        assert told - set(ALL) == set(), kind.code


RECORDS = sorted((DOCS / "decisions").glob("[0-9]*.md"))


@pytest.mark.parametrize("page", RECORDS, ids=lambda path: path.name[:4])
def test_a_decision_has_its_status_and_its_four_headings(page: Path) -> None:
    """A decision says whether it is in force, and why, what, what not, and until when."""
    text = page.read_text("utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert re.match(rf"# {page.name[:4]} .+\n\nStatus: (in force|superseded by \d{{4}})\b", text)
    assert headings == ["Context", "Choice", "Refused", "What would change our mind"]


def test_the_index_of_decisions_resolves_every_number() -> None:
    """Code and pages name decisions by number alone: each has one row, and a superseded one says where its matter is now."""
    lines = (DOCS / "decisions" / "index.md").read_text("utf-8").splitlines()
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in lines if re.match(r"\| \[?\d{4}", line)
    ]
    numbers = [row[0].lstrip("[")[:4] for row in rows]
    told = {number: row for number, row in zip(numbers, rows, strict=True) if row[2] == "superseded"}
    records = {page.name[:4] for page in RECORDS}

    assert len(numbers) == len(set(numbers))
    assert set(numbers) >= {f"{number:04}" for number in range(1, 91)}
    assert len(records) == len(RECORDS) <= 30
    assert set(told) & records == set()
    assert [number for number, row in told.items() if not re.match(r"\[\d{4}\]\(", row[3])] == []


def test_the_files_of_the_ten_changes_are_there() -> None:
    """Whoever moves a file corrects the table from which others find it."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"`((?:sync_scripts|xlsform|forms|tests|docs)/[\w./-]+)`", text)
    rows = [line for line in text.splitlines() if line.startswith("| **")]

    assert len(rows) == 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_a_page_that_is_named_anywhere_is_there() -> None:
    """Docstrings, tables and notes name pages by their path."""
    sources = [path for top in ("sync_scripts", "xlsform", "tests") for path in (ROOT / top).rglob("*.py")]
    named = {
        name
        for path in [*sources, *PAGES, ROOT / "tests" / "bench" / "README.md"]
        for name in re.findall(r"\bdocs/[\w/-]+\.md\b", path.read_text("utf-8"))
    }

    assert sorted(name for name in named if not (ROOT / name).is_file()) == []
