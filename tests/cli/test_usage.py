"""Whoever types a command wrongly is told what is possible, in their language: a table, and the same for every command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from docs.generate import commands
from sync_scripts.cli.frame.outcome import advice
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
            near = click.BadParameter(f"'{value[:-1]}' is none", ctx=context, param=param)
            assert f"The nearest is {value}." in advice(near)
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            slip = click.NoSuchCommand(f"{word}x", possibilities=command.list_commands(context), ctx=context)
            assert f"'{word}'" in slip.format_message()
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
