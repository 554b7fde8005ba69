"""The command tree: which commands there are and under which heading. Holds no command itself.

Each command lives in ``sync_scripts/cli/<name>.py`` as an object of the same name and is imported when it is
asked for; ``dikalo --help`` imports them all, which is why their modules import nothing heavy at the top.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from gettext import gettext as _
from importlib import import_module

import click

from sync_scripts.cli.paragraphs import for_stream
from sync_scripts.cli.shell import GLOBAL_OPTIONS, Group, Shell

__all__ = ["SECTIONS", "cli"]

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_("Every day"), ("sync", "watch", "pull", "publish", "verify")),
    (_("Setting up"), ("init", "keys", "demo", "doctor", "classroom", "phones", "qr", "guide")),
    (
        _("Work"),
        (
            "alerts",
            "cases",
            "consent",
            "approve",
            "log",
            "evidence",
            "person",
            "providers",
            "people",
            "followup",
            "reviews",
            "notify",
        ),
    ),
    (_("Forms"), ("forms",)),
    (_("Care"), ("quarantine", "rebuild", "retention", "vault", "unlock", "lock", "decrypt")),
)


class Tree(Group):
    """The root group: commands by name, shown under their headings."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the help page."""
        return [name for _heading, names in SECTIONS for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None for a name that is not in the tree."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"sync_scripts.cli.{cmd_name}")
        found: click.Command = getattr(module, cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; one that is not there is refused with those it was perhaps meant to be."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as refused:
            raise click.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx) from refused

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one list a heading, instead of click's single one."""
        limit = formatter.width - 18
        for heading, names in SECTIONS:
            rows = list(self._rows(ctx, names, limit))
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def _rows(self, ctx: click.Context, names: Sequence[str], limit: int) -> list[tuple[str, str]]:
        found = ((name, self.get_command(ctx, name)) for name in names)
        return [(f"{name:<11}", command.get_short_help_str(limit)) for name, command in found if command]


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"dikalo {version('dikalo')}")
        ctx.exit()


def _keep_told_demo(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """Remember that whoever started this run, another command, has shown the banner."""
    ctx.ensure_object(Shell).told_demo = value


@click.command(
    "dikalo",
    cls=Tree,
    invoke_without_command=True,
    help=_(
        "From the phones of enumerators to a sealed case register, and from the register to follow-up workbooks."
    ),
    params=[make() for make in GLOBAL_OPTIONS],
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
        from sync_scripts.cli.today import first_steps, today

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
