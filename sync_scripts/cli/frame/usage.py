"""What helps somebody who typed a command wrongly: what an option is for, what is possible, what was perhaps meant.

click says what is wrong; these sentences stand behind it, on the terminal and in ``--json``. Reads the declarations of the
commands, runs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from gettext import gettext as _
from gettext import ngettext
from typing import Final

import click

from sync_scripts.cli.frame.commands import Group

__all__ = ["advice"]

_ALIKE: Final = 0.75
"""From how much likeness on a command somewhere else is perhaps the one that was meant."""


def advice(wrong: click.UsageError) -> Iterator[str]:
    """Yield what helps after a usage error of click, a sentence each; nothing for a sentence of our own, which says it all."""
    if wrong.ctx is None:
        return
    if isinstance(wrong, click.NoSuchCommand):
        yield from _of_command(wrong, wrong.ctx)
    elif isinstance(wrong, click.NoSuchOption):
        if not wrong.possibilities:
            options = ", ".join(_longest(one) for one in _shown(wrong.ctx.command))
            yield _("{command} takes: {options}.").format(command=wrong.ctx.command_path, options=options)
    elif isinstance(wrong, click.MissingParameter):
        yield from _of_missing(wrong.param, wrong.ctx)
    elif isinstance(wrong, click.BadParameter):
        yield from _of_value(wrong, wrong.ctx)
    elif isinstance(wrong, click.BadOptionUsage):
        yield from _purpose(_named(wrong.option_name, wrong.ctx.command), wrong.ctx)
    elif _is_too_many(wrong):
        yield _("Put quotes around a text with blanks in it. In full: {command}").format(
            command=_in_full(wrong.ctx)
        )


def _of_command(wrong: click.NoSuchCommand, ctx: click.Context) -> Iterator[str]:
    """Yield where a command of that name is, or else which ones there are here."""
    group, root = ctx.command, ctx.find_root()
    elsewhere = list(_paths(root.command, root.command_path)) if isinstance(root.command, Group) else []
    words = {path.rpartition(" ")[2] for path in elsewhere}
    alike = get_close_matches(wrong.command_name, words, n=1, cutoff=1 if wrong.possibilities else _ALIKE)
    found = [path for path in elsewhere if path.rpartition(" ")[2] in alike]
    if found:
        yield _("It may be: {commands}.").format(commands=", ".join(found))
    elif not wrong.possibilities and isinstance(group, click.Group) and ctx is not root:
        yield _("{command} has: {commands}.").format(
            command=ctx.command_path, commands=", ".join(group.list_commands(ctx))
        )


def _paths(group: Group, above: str) -> Iterator[str]:
    """Yield what is typed for every command below a group that is not hidden; none is imported for it."""
    for entry in group.entries.values():
        if entry.members:
            yield from _paths(entry.group(), f"{above} {entry.name}")
        elif not entry.hidden:
            yield f"{above} {entry.name}"


def _of_missing(param: click.Parameter | None, ctx: click.Context) -> Iterator[str]:
    """Yield what is missing is for, where its codes are listed, and the whole command."""
    yield from _purpose(param, ctx)
    group = ctx.parent
    if isinstance(param, click.Argument) and group is not None and isinstance(group.command, click.Group):
        has_codes = param.metavar == _("CODE") and "list" in group.command.list_commands(group)
        if has_codes and ctx.info_name != "list":
            yield _("{command} list shows the codes.").format(command=group.command_path)
    yield _("In full: {command}").format(command=_in_full(ctx))


def _of_value(wrong: click.BadParameter, ctx: click.Context) -> Iterator[str]:
    """Yield which value was perhaps meant, and what the option is for."""
    if wrong.param is not None and isinstance(wrong.param.type, click.Choice):
        typed = re.search(r"'([^']*)'", wrong.message)
        possible = [str(one) for one in wrong.param.type.choices]
        for near in get_close_matches(typed[1] if typed else "", possible, n=1):
            yield _("The nearest is {value}.").format(value=near)
    yield from _purpose(wrong.param, ctx)


def _purpose(param: click.Parameter | None, ctx: click.Context) -> Iterator[str]:
    """Yield an option as its help page has it; arguments have no help."""
    if isinstance(param, click.Option) and param.help:
        yield _("{option}: {purpose}").format(option=_typed(param, ctx), purpose=param.help)


def _typed(param: click.Parameter, ctx: click.Context) -> str:
    """Return how a parameter is typed, with a word for its value; of a list of values, which click has said, the word alone."""
    value = param.make_metavar(ctx)
    if isinstance(param, click.Argument):
        return value
    listed = isinstance(param.type, click.Choice) and param.metavar is None
    return f"{_longest(param)} {_('VALUE') if listed else value}"


def _in_full(ctx: click.Context) -> str:
    """Return a command with everything that it needs."""
    needed = [one for one in ctx.command.params if one.required]
    arguments = [one for one in needed if isinstance(one, click.Argument)]
    options = [one for one in needed if isinstance(one, click.Option)]
    return " ".join([ctx.command_path, *(_typed(one, ctx) for one in (*arguments, *options))])


def _shown(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option) and not one.hidden]


def _longest(param: click.Parameter) -> str:
    return max(param.opts, key=len)


def _named(option: str, command: click.Command) -> click.Parameter | None:
    return next((one for one in command.params if option in {*one.opts, *one.secondary_opts}), None)


def _is_too_many(wrong: click.UsageError) -> bool:
    """Return whether there are more arguments than the command takes, which click says in a sentence only."""
    said = (
        ngettext("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})", count)
        for count in (1, 2)
    )
    return wrong.message.startswith(tuple(one.partition("{")[0] for one in said))
