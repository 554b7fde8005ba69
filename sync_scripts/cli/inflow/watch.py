"""``dikalo watch``: the round again and again, while the computer is on and somebody has unlocked it."""

from __future__ import annotations

from gettext import gettext as _

import click

from sync_scripts.cli.frame.options import plain_text
from sync_scripts.cli.frame.shell import Shell, as_option, command, pass_shell
from sync_scripts.cli.inflow.sync import keep_going
from sync_scripts.cli.setup.unlock import duration

__all__ = ["watch"]


@command("watch")
@click.option("--every", default="15m", show_default=True, metavar=_("TIME"), help=_("The pause: 15m, 1h."))
@click.option(
    "--stay-open",
    callback=plain_text,
    metavar=_("REASON"),
    help=_("Do not lock after a sleep of the computer. The reason is kept as a decision. - asks for it."),
)
@as_option
@pass_shell
def watch(shell: Shell, *, every: str, stay_open: str | None, as_code: str | None) -> None:
    """Keep going."""
    keep_going(shell, duration(every), stay_open=stay_open, as_code=as_code)
