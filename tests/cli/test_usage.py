"""Whoever types a command wrongly is told what is possible, in their language; what is typed behind a command is said once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import click
import pytest
from click.testing import CliRunner

from docs.generate import commands
from sync_scripts.cli.frame.outcome import advice
from sync_scripts.cli.frame.shell import FOLDER, Shell, command, option, place
from sync_scripts.cli.frame.typed import spoken
from sync_scripts.cli.opening.dossier import Wanted, dossier
from sync_scripts.cli.tree import cli

ALL = {
    name: (command, context)
    for name, command, context in commands(
        cli, cli.context_class(cli, info_name="dikalo", terminal_width=80), "dikalo"
    )
}

TABLE = [
    # a command that is another group's, one that nothing is like, a slip
    ("export", "It may be: dikalo followup export", "Vous cherchez peut-être\u00a0: dikalo followup export"),
    ("alerts dossier", "dikalo cases dossier", "dikalo cases dossier"),
    ("alerts xyzzy", "dikalo alerts has: ask, assign", "dikalo alerts a ces commandes\u00a0: ask, assign"),
    ("alerts lst", "Did you mean 'list'?", "Vouliez-vous dire 'list'\u00a0?"),
    # an option that is not there, with and without one like it
    (
        "alerts list --purpos x",
        "dikalo alerts list takes: --all,",
        "dikalo alerts list accepte\u00a0: --all,",
    ),
    ("alerts list --urgncy x", "'--urgency'?)", "'--urgency'\u00a0?)"),
    # what is missing: what it is for, what its values are, the whole command
    ("cases dossier DK-1", "--purpose PURPOSE: justice, un, or", "--purpose BUT\u00a0: justice, un, ou"),
    (
        "vault open",
        "In full: dikalo vault open --reason TEXT",
        "En entier\u00a0: dikalo vault open --reason TEXTE",
    ),
    ("evidence add x --case DK-1", "letter", "letter"),
    ("cases move", "dikalo cases list shows the codes.", "dikalo cases list montre les codes."),
    ("forms deploy --server", "--server SERVER: Send", "--server SERVEUR\u00a0: "),
    # a value that cannot be
    ("alerts triage AL-1 --urgency hih", "The nearest is high.", "La valeur la plus proche est high."),
    ("alerts triage AL-1 --urgency hih", "--urgency VALUE: Set this", "--urgency VALEUR\u00a0: "),
    # a text without its quotes
    ("cases move DK-1 closed he said", "Put quotes around a text", "Mettez entre guillemets"),
]


ASK = """
import contextlib, io, json, sys
from sync_scripts import cli
said = []
for line in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        codes = [cli.main(line.split()), cli.main(["--json", *line.split()])]
    said.append([codes, err.getvalue(), json.loads(out.getvalue())])
print(json.dumps(said))
"""


@pytest.mark.parametrize(("language", "column"), [("en", 1), ("fr", 2)])
def test_a_slip_is_answered_with_what_is_possible(language: str, column: int, tmp_path: Path) -> None:
    """On the terminal and as JSON; the exit code is that of a command asked wrongly. Help is in the language of the start."""
    environ = {**os.environ, "DIKALO_LANG": language, "PYTHONIOENCODING": "utf-8"}
    asked = [sys.executable, "-c", ASK, json.dumps([row[0] for row in TABLE])]
    done = subprocess.run(asked, env=environ, cwd=tmp_path, capture_output=True, check=True, encoding="utf-8")

    for row, (codes, shown, document) in zip(TABLE, json.loads(done.stdout), strict=True):
        assert (codes, document["code"]) == ([2, 2], "DK-C02"), row
        assert row[column] in shown
        assert row[column] in document["message"]


@pytest.mark.parametrize("name", ALL)
def test_every_command_says_what_it_needs(name: str) -> None:
    """Of each parameter that is needed: what it is for, and the whole command; of each list: the value that was meant."""
    command, context = ALL[name]
    for param in command.params:
        if param.required:
            said = list(advice(click.MissingParameter(ctx=context, param=param)))
            assert said[-1].startswith(f"In full: {name} ")
            assert not isinstance(param, click.Option) or (param.help or "-") in said[0]
        if isinstance(param.type, click.Choice) and max(map(len, param.type.choices)) > 3:
            value = max(param.type.choices, key=len)
            if sum(one.startswith(value[:-1]) for one in param.type.choices) > 1:
                continue  # nobody can tell which was meant
            near = click.BadParameter(f"'{value[:-1]}' is none", ctx=context, param=param)
            assert f"The nearest is {value}." in advice(near)
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            with pytest.raises(click.NoSuchCommand) as refused:
                command.resolve_command(context, [f"{word}x"])
            assert f"'{word}'" in refused.value.format_message()
    else:
        said = list(advice(click.NoSuchOption("--zzzzzz", ctx=context)))
        assert all(
            param.opts[-1] in said[0] for param in command.params if not getattr(param, "hidden", True)
        )


def test_a_sentence_of_ours_stands_alone() -> None:
    """It says itself what is to be done."""
    _command, context = ALL["dikalo qr"]

    assert list(advice(click.UsageError("Give the code of a person.", ctx=context))) == []
    assert list(advice(click.UsageError("Give the code of a person."))) == []


Seen = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Whom:
    """Two options that go together."""

    owner: Annotated[str | None, option("--owner", "Whose.")]
    mine: Annotated[bool, option("--mine", "One's own.")]
    drawn: int = field(init=False, default=7)


@command("try")
def tried(
    shell: Shell,
    *,
    code: Annotated[str, place("CODE")],
    more: Annotated[tuple[Path, ...], place("[FILE]...", type=click.Path(path_type=Path))],
    whom: Whom,
    states: Annotated[tuple[str, ...], option("--state", "Some.")],
    sort: Annotated[Literal["due", "urgency"], option("--sort", "Order.")] = "due",
    number: Annotated[int | None, option("-n --number", "How many.")],
    into: Annotated[Path | None, option("--into", "Where.", type=FOLDER)],
    form: Annotated[
        str | None,
        option("--md", "One way.", flag_value="md"),
        option("--html", "Another.", flag_value="html"),
    ],
    purpose: Annotated[str, option("--purpose", "What for.")],
) -> None:
    """Remember what came."""
    found: Seen = click.get_current_context().find_object(Shell).__dict__.setdefault("seen", {})
    found |= {"code": code, "more": more, "whom": whom, "states": states, "sort": sort, "number": number}
    found |= {"into": into, "form": form, "purpose": purpose, "shell": shell}


def seen(*words: str) -> Seen:
    """Return what the function gets."""
    shell = Shell()
    done = CliRunner().invoke(tried, words, obj=shell)
    assert done.exit_code == 0, done.output
    said: Seen = shell.__dict__["seen"]
    assert said.pop("shell") is shell
    return said


def test_what_may_be_left_out_is_nothing_or_its_default() -> None:
    """An option that may be None is None, a flag false, what may come several times empty; a default stands in the signature."""
    said = seen("DK-1", "--purpose", "un")

    assert (said["more"], said["states"], said["number"], said["into"], said["form"]) == (
        (),
        (),
        None,
        None,
        None,
    )
    assert (said["sort"], said["whom"].owner, said["whom"].mine, said["whom"].drawn) == (
        "due",
        None,
        False,
        7,
    )


def test_each_is_read_as_its_type() -> None:
    """Numbers and paths are none any more as text; a dataclass comes whole, in the place of its fields."""
    said = seen(
        *("DK-1", "a.xlsx", "b.xlsx", "--mine", "--owner", "RD-01", "--state", "open", "--state", "closed"),
        *("--sort", "urgency", "-n", "3", "--into", "out", "--html", "--purpose", "un"),
    )

    assert said["whom"].owner == "RD-01"
    assert said["whom"].mine
    assert {name: one for name, one in said.items() if name != "whom"} == {
        "code": "DK-1",
        "more": (Path("a.xlsx"), Path("b.xlsx")),
        "states": ("open", "closed"),
        "sort": "urgency",
        "number": 3,
        "into": Path("out"),
        "form": "html",
        "purpose": "un",
    }


@pytest.mark.parametrize(
    "words",
    [("DK-1",), ("--purpose", "un"), ("DK-1", "--purpose", "un", "--sort", "other"), ("DK-1", "-n", "x")],
)
def test_what_must_be_there_and_what_it_may_be_is_asked_for(words: tuple[str, ...]) -> None:
    """What is neither optional nor has a default is needed; a Literal takes its values alone."""
    assert CliRunner().invoke(tried, words, obj=Shell()).exit_code == 2


def test_the_help_has_the_order_of_the_signature() -> None:
    """Fields of a dataclass stand in its place."""
    names = [one.name for one in tried.params]

    assert names[:5] == ["code", "more", "owner", "mine", "states"]


def test_what_was_typed_is_typed_again() -> None:
    """Another process is told the same; what was left out is left out."""
    assert spoken(Whom(owner="RD-01", mine=True)) == ["--owner", "RD-01", "--mine"]
    assert spoken(Whom(owner=None, mine=False)) == []
    wanted = Wanted(code="DK-1", purpose="un", to="un:OHCHR", reason="Asked", out=Path("/out"), look=True)
    words = spoken(wanted)
    told = {one.name: one for one in dossier.params}
    again = dossier.make_context("dossier", list(words)).params
    assert words[:3] == ["DK-1", "--purpose", "un"]
    assert {name: again[name] for name in told if name in vars(wanted)} == {
        name: said for name, said in vars(wanted).items() if name != "reference"
    }
