"""What becomes of a command: its exit code, and the words for whatever went wrong. The one catch of the product.

A crash is reported by the class of the error and the places in the code it went through, never by a value: neither
message, argument nor local variable is printed or written.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from gettext import gettext as _
from pathlib import Path
from typing import Final

import click

from sync_scripts import texts
from sync_scripts.cli.frame.shell import ClosedPipe, Shell
from sync_scripts.clock import machine
from sync_scripts.errors import DikaloError, UsageProblem, Worded

__all__ = ["Crashed", "Interrupted", "WrongUsage", "run"]


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
    from sync_scripts.cli.frame.usage import advice

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
