"""What becomes of a command: its exit code, the words for whatever went wrong, and what was perhaps meant. The one catch of the product."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches
from gettext import gettext as _
from gettext import ngettext
from operator import attrgetter
from pathlib import Path
from typing import Final

import click

from sync_scripts import texts
from sync_scripts.cli.frame.commands import Entry, Group
from sync_scripts.cli.frame.shell import ClosedPipe, Shell
from sync_scripts.clock import machine
from sync_scripts.errors import DikaloError, UsageProblem, Worded

WrongUsage: Final = UsageProblem.declare(
    "DK-C02",
    "The command was not understood: {detail} Nothing was done. Add --help to see what it accepts.",
)
Interrupted: Final = DikaloError.declare(
    "DK-C03",
    "Stopped. Nothing is half-written: run the same command again to go on.",
    exit_code=130,
)
Crashed: Final = DikaloError.declare(
    "DK-C01",
    "dikalo met a fault of its own ({kind}). Nothing is half-written. Run the command again; if it fails again, "
    "send this report to those who look after dikalo: {report}. It holds no answer and no name.",
)


def run(argv: Sequence[str], language: str) -> int:
    """Run the command tree over ``argv`` and return the exit code; every error ends here."""
    shell = Shell(lang=language, json="--json" in argv, clock=machine)
    texts.safe_streams(utf8=shell.json)
    try:
        code = _invoke(argv, shell)
        sys.stdout.flush()
    except (ClosedPipe, BrokenPipeError):
        _drop_stdout()
        code = 0
    return code


def _invoke(argv: Sequence[str], shell: Shell) -> int:
    from sync_scripts.cli.tree import cli

    try:
        left = cli.main(list(argv), prog_name="dikalo", standalone_mode=False, obj=shell)
    except click.exceptions.NoArgsIsHelpError as helped:
        click.echo(helped.format_message())
        return 0
    except (click.Abort, KeyboardInterrupt):
        if sys.stderr.isatty():
            click.echo(err=True)  # the question that was not answered, or ^C, stands on the line
        return _tell(shell, Interrupted())
    except click.ClickException as wrong:
        return _tell_click(shell, wrong)
    except Worded as error:
        return _tell(shell, error)
    except ClosedPipe:
        raise
    except SystemExit:  # click's own answer to a closed pipe
        raise ClosedPipe from None
    except Exception as fault:  # noqa: BLE001 - the last edge: whatever it is, no value may reach the screen
        return _tell_crash(shell, fault)
    return left if isinstance(left, int) and left else shell.exit_code


def _tell(shell: Shell, error: Worded) -> int:
    """Print an error once: its document with ``--json``, else its words under its code."""
    words = error.words()
    if shell.json and not shell.shown:
        document = {"schema": "dikalo.error/1", "code": error.code, "message": words, "exit": error.exit_code}
        shell.show(document, "")
    else:
        shell.warn(f"{error.code} · {words}")
    return error.exit_code


def _tell_click(shell: Shell, wrong: click.ClickException) -> int:
    """Print what click says of a command that was typed wrongly, and what helps."""
    helps = list(advice(wrong)) if isinstance(wrong, click.UsageError) else []
    if not shell.json or shell.shown:
        said = io.StringIO()
        wrong.show(said)
        shell.warn("\n".join([said.getvalue().rstrip("\n"), *helps]))
        return wrong.exit_code
    return _tell(shell, WrongUsage(detail=" ".join([wrong.format_message(), *helps])))


def _tell_crash(shell: Shell, fault: BaseException) -> int:
    lines = list(_frames(fault))
    if shell.verbose >= 2:
        shell.warn("\n".join(lines))
    return _tell(
        shell, Crashed(kind=type(fault).__name__, report=_write_report(shell.root, lines, shell.clock()))
    )


def _frames(fault: BaseException) -> Iterator[str]:
    """Yield the classes of a chain of exceptions and the places they went through, innermost cause first."""
    before = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    if before is not None:
        yield from _frames(before)
    number = getattr(fault, "errno", None)
    yield f"{type(fault).__module__}.{type(fault).__qualname__}" + (
        f" errno {number}" if isinstance(number, int) else ""
    )
    trace = fault.__traceback__
    while trace is not None:
        frame = trace.tb_frame.f_code
        yield f"  {'/'.join(Path(frame.co_filename).parts[-3:])}:{trace.tb_lineno} {frame.co_qualname}"
        trace = trace.tb_next


def _write_report(root: Path, lines: Sequence[str], now: datetime) -> str:
    """Write the crash report into the workspace and return its name; where there is none, say how to see it."""
    name = f"crash-{now:%Y%m%dT%H%M%SZ}.txt"
    if not (root / "dikalo.toml").is_file():
        return _("(no workspace: add -vv to see it)")
    try:
        made = os.open(root / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
    except OSError:
        return _("(it could not be written: add -vv to see it)")
    return name


def _drop_stdout() -> None:
    """Point standard output nowhere, so that the interpreter's last flush stays quiet."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        return


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
    elsewhere = (
        list(_paths(root.command.entries.values(), root.command_path))
        if isinstance(root.command, Group)
        else []
    )
    words = {path.rpartition(" ")[2] for path in elsewhere}
    alike = get_close_matches(wrong.command_name, words, n=1, cutoff=1 if wrong.possibilities else _ALIKE)
    found = [path for path in elsewhere if path.rpartition(" ")[2] in alike]
    if found:
        yield _("It may be: {commands}.").format(commands=", ".join(found))
    elif not wrong.possibilities and isinstance(group, click.Group) and ctx is not root:
        yield _("{command} has: {commands}.").format(
            command=ctx.command_path, commands=", ".join(group.list_commands(ctx))
        )


def _paths(entries: Iterable[Entry], program: str) -> Iterator[str]:
    """Yield what is typed for every command that is not hidden; none is imported for it."""
    for entry in entries:
        if entry.members:
            yield from _paths(sorted(entry.members, key=attrgetter("name")), program)
        elif not entry.hidden:
            yield f"{program} {entry.name}"


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
