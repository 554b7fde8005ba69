"""``dikalo demo``: the whole product on invented data, in under a minute."""

from __future__ import annotations

import shutil
import sys
from gettext import gettext as _
from pathlib import Path

import click

from sync_scripts.cli.shell import Shell, command, pass_shell


@command(
    "demo",
    help=_(
        "Show the whole product on invented data: forms go to a simulated phone, filled forms come back, a sealed "
        "register, alerts rated with reasons, a follow-up workbook. Needs no network and no Java."
    ),
)
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
    from sync_scripts.demo.rounds import run

    story = run(into, lang=shell.lang, say=shell.say)
    shell.show(story.document(), story.lines(_called()))
    if not story.as_expected:
        shell.attention()


def _called() -> str:
    """Return how the person calls this program: by its place when the shell would not find its name."""
    place = Path(sys.argv[0])
    return "dikalo" if place.stem != "dikalo" or shutil.which("dikalo") else str(place)
