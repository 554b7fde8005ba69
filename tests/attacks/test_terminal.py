"""A submission writes on the coordinator's screen: signs that move, hide or turn round what stands beside them.

The attacker fills a form with signs that nobody sees: control signs of the terminal, of the direction of writing (a name that
reads backwards), of no width (two codes that look the same). The demonstration is made of such submissions, and then every
page that shows something of the register is looked at, as a person sees it, as a program reads it, and as a file.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import openpyxl
import pytest

from sync_scripts import cli
from sync_scripts.cli import tree
from sync_scripts.cli.frame.layout import for_stream
from sync_scripts.cli.opening.opening import opened_lines
from sync_scripts.demo import samples
from sync_scripts.demo.samples import shift
from sync_scripts.dossier.page import page as dossier_page
from tests.dossier.test_writing import DOSSIER
from xlsform.pages import Markup, _environment
from xlsform.visible import visible

HOSTILE: Final = "\u0085\u009b31m\u202e\u2066\u200b\u200d\u2060\ufeff\u061c\U000e0041\u3164"
"""What XML lets through: the next line and the control introducer of C1, directions, no width, a tag, a letter without ink."""
_WORDS: Final = re.compile(rb"(?<=>)([^<>]*[A-Za-z]{2,} [A-Za-z][^<>]*)(?=<)")
_OURS: Final = re.compile(r"\x1b\[(?:[012]|3[1-6])m|\x1b\[\?25[lh]|\r")
"""The colours that the product itself uses, and what draws a progress bar over itself."""

READ: Final = (
    "",
    "alerts list --all",
    "cases list --all",
    "people list --all",
    "providers list",
    "phones list",
    "forms list",
    "notify list --all",
    "quarantine list",
    "quarantine show {aside}",
    "alerts links",
    "alerts show {alert}",
    "cases show {case}",
    "consent show {case}",
    "person shared {case}",
    "cases task {case}",
    "alerts task {alert}",
    "approve",
    "log",
    "log {case}",
    "doctor",
    "verify",
    "retention plan",
    "keys holders",
    "followup conflicts",
    "rebuild --dry-run",
    "publish --dry-run",
    "pull",
    "alerts triage {alert} --dry-run",
    "vault open {alert} --reason why --raw",
    "vault open {case} --reason why --raw",
)
"""Every command that shows what the register holds."""


@dataclass(frozen=True)
class Attacked:
    """A demonstration of hostile submissions, and codes of what is in it."""

    root: Path
    alerts: list[str]
    cases: list[str]
    aside: list[str]


class _Terminal(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return True


class _Pipe(_Terminal):
    def isatty(self) -> bool:
        return False


def run(kind: type[_Terminal], *words: str) -> tuple[int, str]:
    """Run a command; return its code and every sign that it wrote, own colours left out."""
    with pytest.MonkeyPatch.context() as patch:
        out, err = kind(), kind()
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setenv("COLUMNS", "120")
        code = cli.main([*words])
    written = b"".join(
        stream.buffer.getvalue() for stream in (out, err) if isinstance(stream.buffer, io.BytesIO)
    )
    return code, _OURS.sub("", written.decode())


def unseen(text: str) -> set[str]:
    """Return the names of signs that nobody sees, or that move others."""
    return {
        f"U+{ord(one):04X}"
        for one in text
        if one not in "\n\t"
        and (unicodedata.category(one) in {"Cc", "Cf", "Zl", "Zp"} or one in HOSTILE.replace("31m", ""))
    }


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    """Make a demonstration in which every text of several words carries the signs."""
    root = tmp_path_factory.mktemp("a") / "w"
    hostile = HOSTILE.encode()

    def poisoned(xml: bytes, days: int) -> bytes:
        return _WORDS.sub(lambda found: found[1] + hostile, shift(xml, days))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "shift", poisoned)
        code, said = run(_Terminal, "--lang", "en", "demo", "--into", str(root))
    assert code == 0, said
    found = {}
    for kind in ("alerts", "cases", "quarantine"):
        with pytest.MonkeyPatch.context() as patch:
            out = io.StringIO()
            patch.setattr(sys, "stdout", out)
            assert (
                cli.main(
                    ["-C", str(root), kind, "list", *(["--all"] if kind != "quarantine" else []), "--json"]
                )
                == 0
            )
        listed = next(one for one in json.loads(out.getvalue()).values() if isinstance(one, list))
        found[kind] = [one["code"] for one in listed if one.get("confidentiality") != "C4"]
    return Attacked(root, found["alerts"], found["cases"], found["quarantine"])


@pytest.mark.spread(4)
@pytest.mark.parametrize("words", READ, ids=lambda words: words or "dikalo")
def test_no_page_lets_a_submission_write_on_the_screen(attacked: Attacked, words: str) -> None:
    """On a terminal, in a pipe and as a document; each alert and each case where there are several."""
    codes = {"alert": attacked.alerts[::4], "case": attacked.cases[:3], "aside": attacked.aside}
    kinds = re.findall(r"{(\w+)}", words)
    for number in range(3 if kinds else 1):
        said = words.format(**{kind: codes[kind][number] for kind in kinds}).split()
        for kind, more in ((_Terminal, []), (_Pipe, []), (_Pipe, ["--json"])):
            _code, shown = run(kind, "-C", str(attacked.root), "--lang", "fr", *said, *more)
            assert shown
            assert unseen(shown) == set(), (said, more)


def test_the_signs_are_there_and_shown_as_what_they_are(attacked: Attacked) -> None:
    """The answers of a case, opened: what was sent is there to be read, and JSON gives it back sign by sign."""
    _code, shown = run(
        _Pipe, "-C", str(attacked.root), "vault", "open", attacked.cases[0], "--reason", "why", "--raw"
    )
    assert "\\u202e" in shown
    assert "\\u009b31m" in shown

    _code, shown = run(
        _Pipe,
        "-C",
        str(attacked.root),
        "-q",
        "vault",
        "open",
        attacked.cases[0],
        "--reason",
        "why",
        "--raw",
        "--json",
    )
    assert "\u202e" in json.dumps(
        json.loads(shown[shown.index("{") : shown.rindex("}") + 1]), ensure_ascii=False
    )


def test_every_command_that_shows_is_looked_at() -> None:
    """One that is new stands among the pages above, or here with the others: they decide, write, serve, or read forms and settings."""
    read = {re.split(r" ?[{-]", one)[0] for one in READ} | {
        "alerts open"
    }  # which decides, and is about a code alone
    named = {" ".join(path): command for path, command in _commands(tree.cli, ())}
    shows = {
        name
        for name in named
        if {"list", "show", "log", "holders", "plan", "open", "shared"} & set(name.split())
    }
    assert shows - read == set()


def test_nothing_is_printed_past_the_one_place() -> None:
    """Every text that a command prints or asks with goes through `for_stream`; what does not is ours to the last sign."""
    past = {
        f"{path.stem}: {ast.unparse(call.args[0])}"
        for path in Path(cli.__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in {"click.echo", "click.secho", "click.prompt", "click.confirm", "print"}
        and call.args
        and not ast.unparse(call.args[0]).startswith(("for_stream(", "'\\n' + for_stream("))
    }
    assert (
        past
        == {
            "one_run: visible(some) if self.json else for_stream(some, sys.stdout)",
            "outcome: helped.format_message()",  # a help page
            "__init__: ctx.get_help()",
            "__init__: f\"dikalo {version('dikalo')}\"",
            "vault_reading: json.dumps(KnownNames(_sealed_names(shell, reason, by)).marks())",  # to another process
            "opening: marks",
            "init: 'Langue / Language'",
            "passphrases: _('Type it back from the paper (blanks do not matter)')",
            "interviewing: _ENTER",
            "interviewing: _LEAVE",
        }
    )


def test_colours_are_ours_and_every_other_order_is_shown() -> None:
    """The palette of the product passes; what clears the screen or names the window does not, nor does what hides."""
    red = click.style("red", fg="red", bold=True)
    assert for_stream(red, io.StringIO()) == red
    assert for_stream("a\x1b[2Jb\x1b]0;t\x07\x1b[8mc\rd", io.StringIO()) == (
        "a\\u001b[2Jb\\u001b]0;t\\u0007\\u001b[8mc\\rd"
    )


def test_what_was_opened_has_no_colours() -> None:
    """A narrative that colours its lines as ours would pass for what the program says: its order stands there in signs."""
    item = {"row": "alert:1", "code": "1/1", "replaced": False, "text": "\x1b[31mdikalo: all is well\x1b[0m"}
    lines = opened_lines([item], [], 0, code=None, below=False)
    shown = for_stream("\n".join(lines), io.StringIO())
    assert "\\u001b[31mdikalo: all is well\\u001b[0m" in shown
    assert "\x1b[31m" not in shown


def test_no_sign_that_unicode_calls_unseen_is_forgotten() -> None:
    """Every control, format, private and half sign, but the end of a line and the tabulation; letters of people stay."""
    kinds = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    left = [
        one for one in map(chr, range(0x110000)) if unicodedata.category(one) in kinds and visible(one) == one
    ]
    assert left == ["\t", "\n"]
    for plain in ("Ɓamenda, Ŋgaoundéré — « où ? » n\u0303", "\u202f;", "1\u00a0000", "☎ ✓"):
        assert visible(plain) == plain


def test_no_file_that_is_given_away_hides_a_sign(attacked: Attacked) -> None:
    """The follow-up workbook of the demonstration, and the page of a dossier."""
    (book,) = (attacked.root / "out").glob("*.xlsx")
    cells = [
        str(cell.value)
        for sheet in openpyxl.load_workbook(book).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    said = [{"label": HOSTILE, "words": f"<b>{HOSTILE}\nbelow"}]
    record = {"entity": "person", "name": "V1", "people": [], "fields": said}
    shown = dossier_page({**DOSSIER, "records": [record]})

    assert unseen("".join(cells)) == set()
    assert unseen(shown) == set()
    assert shown.count("\\u202e") == 2
    assert page_of(Markup("<i>\u202e</i>")) == "<i>\\u202e</i>"


def page_of(value: object) -> str:
    """Return what a template shows of a value."""
    return str(_environment("sync_scripts").from_string("{{ value }}").render(value=value))


def _commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from _commands(found, (*path, name))
        else:
            yield (*path, name), found
