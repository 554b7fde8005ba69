"""How a command decides: the workspace opened for writing, one transaction, and who acts. Prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import click

from sync_scripts.cli.frame.shell import Shell
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.register.history.visibility import require_sight
from sync_scripts.store.database import Actor, Register

__all__ = ["decides"]


@contextmanager
def decides(
    shell: Shell,
    command: str,
    *,
    as_code: str | None = None,
    dry_run: bool = False,
    own_hand: bool = False,
    anyone: bool = False,
    alone: bool = False,
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
    sees what is in it, unless ``anyone`` may: its codes among the words of the command are looked at. A decision is taken while a
    pull or another long work goes on, too, unless it must be ``alone``, as it takes away what is stored.

    ``after`` is called once it is committed, and never with a dry run.
    """
    with (
        ExitStack() as lock,  # let go after the register is closed: closing may write the log back
        shell.workspace(
            write=asking is None, command=command, own_hand=own_hand, how="alone" if alone else "decides"
        ) as workspace,
    ):
        actor = workspace.actor(as_code)
        if own_hand and as_code is not None and workspace.demo:
            actor = replace(actor, proof="key", hand=None)
        if asking is not None:
            asking(workspace.register, actor)
            lock.enter_context(shell.turn(command))
        if before is not None:
            before(workspace.register, actor)
        with deciding(workspace.register, actor, shell.clock(), dry_run=dry_run) as by:
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
