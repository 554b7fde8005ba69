"""Every command that a sentence names can be run as it is printed: errors, hints, tasks, doctor and help, in both languages.

What stands behind the name is read as click would read it. Words in capitals, in quotes and in braces stand for values that
whoever reads it knows, or that the program fills in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import click
import pytest
from babel.messages.pofile import read_po

from sync_scripts.cli.tree import cli
from sync_scripts.texts import LANGUAGES, LOCALE

WORD = re.compile(r'"[^"]*"|«[^»]*»|\S+')
VALUE = re.compile(r"[A-ZÉ…][A-Z0-9ÉÈ_=-]*(\.[a-z]+)?|\w+=\w+|[{].*")
ENDS = ".,;:)!?\u00a0»"
STATES = frozenset(
    {"closure_pending", "suspended", "reopened", "refused", "list", "zones", "withdrawal_check", "back"}
)
"""Words of the program that stand where a value does."""
ALSO_NEEDS: Mapping[tuple[str, str], str] = {
    ("quarantine retry", "--take-clear"): "[CODE]...",
    ("followup import", "--apply"): "FILE...",
}
"""What a command asks for only with an option: (command, option) -> the argument."""


@dataclass(frozen=True)
class Named:
    """A command as a sentence names it."""

    sentence: str
    name: str
    command: click.Command
    words: tuple[str, ...]


def sentences(language: str) -> Iterator[str]:
    """Yield every sentence of a language."""
    with (LOCALE / language / "LC_MESSAGES" / "dikalo.po").open("rb") as file:
        for entry in read_po(file):
            said = (entry.string if entry.id else None) or ()
            yield from (said,) if isinstance(said, str) else (one or "" for one in said)


def named(sentence: str) -> Iterator[Named]:
    """Yield the commands that a sentence names; the word dikalo alone names none."""
    for found in re.finditer(r"\bdikalo[ \u00a0](-C \S+ )?", sentence):
        rest = WORD.findall(sentence[found.end() :])
        path, command, ended = in_tree(rest)
        if path:
            words = () if ended else tuple(behind(command, rest[len(path) :]))
            yield Named(sentence, " ".join(path), command, words)


def in_tree(words: list[str]) -> tuple[list[str], click.Command, bool]:
    """Return the names with which some words begin, the command they lead to, and whether the sentence stops there."""
    command: click.Command = cli
    context, path = click.Context(cli, info_name="dikalo"), list[str]()
    for word in words:
        if not isinstance(command, click.Group):
            break
        member = command.get_command(context, word.rstrip(ENDS))
        if member is None:
            break
        path.append(word.rstrip(ENDS))
        command, context = member, click.Context(member, info_name=path[-1], parent=context)
        if word != word.rstrip(ENDS):
            return path, command, True
    return path, command, False


def behind(command: click.Command, words: list[str]) -> Iterator[str]:
    """Yield the options and values that stand behind a command, until the sentence goes on."""
    options = {one: param for param in command.params for one in param.opts}
    takes = False
    for word in words:
        plain = word if word.startswith(('"', "«")) else word.rstrip(ENDS)
        if takes and plain:
            yield plain
            takes = False
        elif plain.startswith("-"):
            yield plain
            param = options.get(plain)
            takes = isinstance(param, click.Option) and not param.is_flag
        elif plain.startswith(('"', "«")) or VALUE.fullmatch(plain) or plain in STATES or "/" in plain:
            yield plain
        else:
            return
        if plain != word:
            return


def wrong(one: Named) -> str | None:
    """Return why click would refuse a command as it is printed; None when it would not."""
    if isinstance(one.command, click.Group) and not one.command.invoke_without_command:
        return "it is only a group of commands"
    try:
        given, left, _order = one.command.make_parser(click.Context(one.command)).parse_args(list(one.words))
    except click.ClickException as refused:
        return refused.format_message()
    lacking = [
        param.make_metavar(click.Context(one.command))
        for param in one.command.params
        if (param.required or also_needed(one, param)) and missing(param, given.get(str(param.name)))
    ]
    return f"left over: {left}" if left else f"lacks: {lacking}" if lacking else None


def missing(param: click.Parameter, value: object) -> bool:
    """Tell whether nothing was given; for a pair or a list, that not all of it was."""
    return value is None or param.value_is_missing(value)


def also_needed(one: Named, param: click.Parameter) -> bool:
    """Tell whether one of the options that are given asks for an argument."""
    wanted = {ALSO_NEEDS.get((one.name, word)) for word in one.words}
    return isinstance(param, click.Argument) and param.make_metavar(click.Context(one.command)) in wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_that_is_named_can_be_run(language: str) -> None:
    """An unknown option, or an argument that the sentence does not give, is a command that ends in a refusal."""
    found = [one for sentence in sentences(language) for one in named(sentence)]

    assert len(found) > 200
    assert [
        f"dikalo {one.name} {one.words}: {why} ({one.sentence})" for one in found if (why := wrong(one))
    ] == []


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Run dikalo vault test --key paper again.", None),
        ("Run dikalo vault test --kay paper.", "No such option"),
        ('See them: dikalo cases assign CODE WORKER --reason "why" now.', "No such option"),
        ("Give it to somebody with dikalo cases assign.", "lacks"),
        ("It waits (dikalo vault intake --reason TEXT).", None),
        ("It waits: dikalo vault intake", "lacks"),
        ("dikalo quarantine retry --take-clear", "lacks"),
        ("dikalo quarantine retry", None),
        ("Make it again: dikalo -C NEW restore FOLDER.", None),
        ("Make it again: dikalo -C NEW restore", "lacks"),
        ("Revoke those (dikalo phones).", "group"),
        ("dikalo met a fault of its own.", ""),
    ],
)
def test_what_cannot_be_run_is_seen(sentence: str, why: str | None) -> None:
    """The test itself: what it must find, and what it must leave alone."""
    found = list(named(sentence))
    if why == "":
        assert found == []
    else:
        told = wrong(found[0])
        assert told is None if why is None else why in (told or "")
