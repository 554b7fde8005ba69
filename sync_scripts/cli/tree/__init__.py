"""The command tree: which commands there are and under which heading. Holds no command itself.

Each heading has a table of its own here. A table says the name and the help of each command and which object runs it;
that object's module is imported when the command runs or its own help is shown, and may import what it needs at its top.
"""

from __future__ import annotations

import sys
from gettext import gettext as _
from importlib.metadata import version

import click

from sync_scripts.cli.frame.commands import Group, global_options
from sync_scripts.cli.frame.layout import for_stream
from sync_scripts.cli.frame.one_run import Shell
from sync_scripts.cli.tree import forms, work
from sync_scripts.cli.tree.workspace import CARE, EVERY_DAY, SETTING_UP

__all__ = ["SECTIONS", "cli"]

SECTIONS = (
    (_("Every day"), EVERY_DAY),
    (_("Setting up"), SETTING_UP),
    (_("Work"), work.ENTRIES),
    (_("Forms"), forms.ENTRIES),
    (_("Care"), CARE),
)


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"dikalo {version('dikalo')}")
        ctx.exit()


def _keep_told_demo(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """Remember that whoever started this run, another command, has shown the banner."""
    ctx.ensure_object(Shell).told_demo = value


@click.command(
    "dikalo",
    cls=Group,
    sections=SECTIONS,
    invoke_without_command=True,
    help=_(
        "From the phones of enumerators to a sealed case register, and from the register to follow-up workbooks."
    ),
    params=list(global_options()),
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help=_("Show the version."),
)
@click.option("--told-demo", is_flag=True, hidden=True, expose_value=False, callback=_keep_told_demo)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Start of every command; the options have already been written into the shell."""
    if ctx.invoked_subcommand is None:
        from sync_scripts.cli.work.today import first_steps, today

        shell = ctx.ensure_object(Shell)
        if (shell.root / "dikalo.toml").is_file():
            today(shell)
            return
        if not shell.root.is_dir():
            ctx.fail(_("The folder {folder} does not exist.").format(folder=shell.root))
        if shell.json:
            ctx.fail(_("Missing command."))
        click.echo(ctx.get_help())
        click.echo("\n" + for_stream(first_steps(), sys.stdout))
