"""``dikalo demo``: the whole product on invented data, in under a minute."""

from __future__ import annotations

import shutil
import sys
from gettext import gettext as _
from pathlib import Path

import click

from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.demo.rounds import run


@command("demo")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("dikalo-demo"),
    show_default=True,
    help=_("The folder to make; it must not exist yet."),
)
@pass_shell
def demo(shell: Shell, into: Path) -> None:
    """Make the demonstration and tell its story."""
    place = _place(click.get_current_context(), shell.root, into)
    story = run(place, lang=shell.lang, say=shell.say, clock=shell.clock)
    shell.show(story.document(), story.lines(_called()))
    if not story.as_expected:
        shell.attention()


def _place(ctx: click.Context, root: Path, into: Path) -> Path:
    """Return the folder to make: that of ``--into``, or the workspace if ``-C`` named one; both at once are refused.

    The workspace that is set for every command alike is not meant: the demonstration would go into a real one.
    """
    typed = click.core.ParameterSource.COMMANDLINE
    line = [ctx, *([ctx.parent] if ctx.parent else [])]
    if all(one.get_parameter_source("workspace") is not typed for one in line):
        return into
    if ctx.get_parameter_source("into") is typed:
        raise click.UsageError(
            _("Name the folder of the demonstration with --into or with -C, not with both.")
        )
    return root


def _called() -> str:
    """Return how the person calls this program: by its place when the shell would not find its name."""
    place = Path(sys.argv[0])
    return "dikalo" if place.stem != "dikalo" or shutil.which("dikalo") else str(place.absolute())
