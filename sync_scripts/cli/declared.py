"""A command from the declaration of a decision: its options, one transaction, what was done. Says no sentence of its own matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from gettext import gettext as _
from typing import Any, Final

import click

from sync_scripts.cli.commands import Command
from sync_scripts.cli.deciding import decides
from sync_scripts.cli.options import Worker, plain_text, reason_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import nothing_written, waits
from sync_scripts.cli.written import DAY, TIME
from sync_scripts.register.declarations import Argument, Declaration
from sync_scripts.register.ruleset import load
from sync_scripts.store.events import Event

__all__ = ["command_of"]


def command_of(decision: Declaration) -> Command:
    """Return the command of a decision."""

    @pass_shell
    def run(shell: Shell, /, *, as_code: str | None, dry_run: bool, **said: Any) -> None:
        if (refusal := decision.refusal(said)) is not None:
            raise click.UsageError(_(refusal))
        named = dict(said)
        places = [named.pop(one.name) for one in decision.arguments if not one.help]
        own_hand = decision.own_hand(said)
        with decides(shell, decision.name, as_code=as_code, dry_run=dry_run, own_hand=own_hand) as by:
            done = decision.decide(by, *places, **named)
            cautions = list(decision.cautions(by, done, said))
        document = decision.document(done, said, dry_run=dry_run)
        shell.show(document, _lines(decision, done, by.written, dry_run=dry_run))
        for caution in cautions:
            shell.warn(caution)

    function: Callable[..., None] = as_option(dry_run_option(run))
    if decision.reason:
        function = reason_option(function)
    for argument in reversed(decision.arguments):
        function = _parameter(argument)(function)
    return command(decision.name.rpartition(" ")[2])(function)


def _parameter(argument: Argument) -> Callable[[Any], Any]:
    """Return what gives a command one argument or option."""
    shown = _(argument.shown) if argument.shown else None
    reading: dict[str, Any] = {"type": _type(argument), "callback": _READERS.get(argument.kind)}
    if not argument.help:
        return click.argument(argument.name, metavar=shown, required=argument.required, **reading)
    name = f"--{argument.option or argument.name}"
    if argument.kind in {"flag", "either"}:
        default = False if argument.kind == "flag" else None
        return click.option(name, argument.name, is_flag=True, default=default, help=_(argument.help))
    more = {"default": argument.default} if argument.default is not None else {}
    return click.option(
        name,
        argument.name,
        metavar=shown,
        required=argument.required,
        help=_(argument.help),
        **reading,
        **more,
    )


def _type(argument: Argument) -> Any:
    if argument.choices:
        return click.Choice(argument.choices)
    kinds = {"worker": Worker(), "day": DAY, "time": TIME, "number": click.INT}
    return kinds.get(argument.kind, click.STRING)


def _local(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> datetime | None:
    """Return an instant in the zone of the rules."""
    return value.replace(tzinfo=load().zone) if value is not None else None


_READERS: Final[dict[str, Callable[..., Any]]] = {"plain": plain_text, "time": _local}
"""Kind of an argument -> what looks at it once it is read."""


def _lines(decision: Declaration, done: Any, written: list[Event], *, dry_run: bool) -> Iterator[str]:
    """Yield what the log will say of it; then what comes next, or who must sign first."""
    some = done if isinstance(done, list) else [done]
    yield from nothing_written(dry_run=dry_run)
    lines = [
        _("{code}: {told}").format(code=some[0].code, told=told)
        for told in decision.told(written, dry_run=dry_run)
    ]
    yield from (_("Would be done: {told}").format(told=line) if dry_run else line for line in lines)
    if not lines:
        yield _("{code}: it is so already. Nothing was changed.").format(code=some[0].code)
    if dry_run:
        return
    for one in some:
        if (proposal := getattr(one, "proposal", None)) is not None:
            yield waits(one.code, proposal)
        yield from decision.next_step(one)
