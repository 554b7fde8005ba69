"""How a command decides: the workspace opened for writing, one transaction, and who acts. Prints nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from gettext import gettext as _
from typing import TYPE_CHECKING, Any, Final

import click

from sync_scripts.cli.shell import Shell
from sync_scripts.cli.tense import either, nothing_written

if TYPE_CHECKING:
    from sync_scripts.register.decisions import By
    from sync_scripts.store.database import Actor, Register

__all__ = [
    "Worker",
    "decides",
    "done_lines",
    "new_option",
    "plain_text",
    "reason_option",
    "undo_option",
    "waits",
]


TO_ASK: Final = "-"
"""What stands for a text that is to be asked for: what is typed behind a command is shown by every list of programs."""


class Worker(click.types.StringParamType):
    """The code of somebody who works here; whoever leaves it out is told where the codes stand."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return what stands behind the error of click."""
        del param, ctx
        return _("The codes of those who work here: dikalo people list.")


def plain_text(_ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """Let a text pass that holds no telephone number and no coordinates; ask for it where `TO_ASK` stands in its place.

    Raises:
        TextIdentifies: it does.
    """
    if text == TO_ASK:
        text = _asked(param)
    if text:
        from sync_scripts.store.detectors import hits
        from sync_scripts.store.errors import TextIdentifies

        for kind in hits(text):
            raise TextIdentifies(what=kind)
    return text


def _asked(param: click.Parameter) -> str:
    """Return a text that a person types at the terminal, or the next line that another program hands over."""
    from sync_scripts.cli.handed import somebody_types

    if not somebody_types():
        return sys.stdin.readline().strip()
    name = (
        param.opts[0] if isinstance(param, click.Option) else param.make_metavar(click.get_current_context())
    )
    told = _("{name} (no list of programs shows it)").format(name=name)
    return str(click.prompt(told, default="", show_default=False, err=True)).strip()


reason_option: Callable[[Any], Any] = click.option(
    "--reason",
    default="",
    callback=plain_text,
    metavar=_("TEXT"),
    help=_("Why; kept with the decision. No names. - asks for it, and no other program sees it."),
)


undo_option: Callable[[Any], Any] = click.option(
    "--undo",
    is_flag=True,
    help=_(
        "Take back the contact that was written down last, or with --at the one of that time; say why with --reason. What it "
        "ended is due again, with its old time."
    ),
)


new_option: Callable[[Any], Any] = click.option(
    "--new", is_flag=True, help=_("The worker is new here: name the code to the register, too.")
)


@contextmanager
def decides(
    shell: Shell,
    command: str,
    *,
    as_code: str | None = None,
    dry_run: bool = False,
    own_hand: bool = False,
    anyone: bool = False,
    asking: Callable[[Register, Actor], None] | None = None,
    before: Callable[[Register, Actor], None] | None = None,
    after: Callable[[Register], object] | None = None,
) -> Iterator[By]:
    """Give one transaction of the worker whose slot is opened, or of the code that is typed; undone with a dry run.

    ``own_hand`` asks for the passphrase even while the register is unlocked: a second person signs with their own. In a
    demonstration, where every passphrase is published, a typed code then plays that person. ``before`` is called before
    the transaction begins, so that a person can be asked while nobody on another computer waits for it; ``asking`` before the
    lock is taken, so that nobody on this one waits either: the transaction has to look itself whether what was shown is still
    so. On a C4 case, and its alerts, decides who
    sees what is in it, unless ``anyone`` may: its codes among the words of the command are looked at.

    ``after`` is called once it is committed, and never with a dry run.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from sync_scripts.register.closely import require_sight
    from sync_scripts.register.decisions import deciding

    with (
        ExitStack() as lock,  # let go after the register is closed: closing may write the log back
        shell.workspace(write=asking is None, command=command, own_hand=own_hand) as workspace,
    ):
        actor = workspace.actor(as_code)
        if own_hand and as_code is not None and workspace.demo:
            actor = replace(actor, proof="key", hand=None)
        if asking is not None:
            asking(workspace.register, actor)
            lock.enter_context(shell.turn(command))
        if before is not None:
            before(workspace.register, actor)
        with deciding(workspace.register, actor, datetime.now(UTC), dry_run=dry_run) as by:
            if not anyone:
                require_sight(by.rows, by.actor, *_typed())
            yield by
        if after is not None and not dry_run:
            after(workspace.register)


def _typed() -> Iterator[str]:
    """Yield the words of the running command."""
    context = click.get_current_context(silent=True)
    for said in context.params.values() if context is not None else ():
        yield from (one for one in (said if isinstance(said, tuple) else (said,)) if isinstance(one, str))


def waits(code: str, proposal: str, *, dry_run: bool = False) -> str:
    """Return the sentence that says that a second person is needed, and how that person signs."""
    return either(
        _(
            "This is only proposed for {code}: somebody else signs in with a passphrase of their own and runs dikalo approve "
            "{proposal}."
        ),
        _(
            "It would only be proposed for {code}: somebody else, with a passphrase of their own, would sign it."
        ),
        dry_run=dry_run,
    ).format(code=code, proposal=proposal)


def done_lines(*sentences: str, dry_run: bool) -> list[str]:
    """Return what was done, after a line that says when nothing was."""
    return [*nothing_written(dry_run=dry_run), *(one for one in sentences if one)]
