"""What every command shares, at one door: its run (`one_run`), how it is made (`commands`), what is typed (`typed`), its secrets (`handed`).

A command module imports at its top what it needs, and holds the objects that `tree` names::

    from gettext import gettext as _

    import click

    from sync_scripts.cli.frame.options import DryRun
    from sync_scripts.cli.frame.shell import Shell, command

    @command("pull")
    def pull(shell: Shell, *, dry_run: DryRun) -> None:
        with shell.workspace(write=not dry_run, command="pull") as workspace:
            ...
        shell.show({"schema": "dikalo.pull/1", "new": 3}, text)

Its name, its help and its place stand in the tree. Commands return None; `Shell.attention` asks for exit code 3; errors
are raised.
"""

from __future__ import annotations

from sync_scripts.cli.frame.commands import (
    Command,
    Context,
    Formatter,
    Group,
    command,
)
from sync_scripts.cli.frame.handed import SecretFileOpen, SecretNeeded, SecretUnreadable
from sync_scripts.cli.frame.one_run import ClosedPipe, QuestionUnanswered, Shell
from sync_scripts.cli.frame.typed import FILE, FOLDER, THERE, option, place

__all__ = [
    "FILE",
    "FOLDER",
    "THERE",
    "ClosedPipe",
    "Command",
    "Context",
    "Formatter",
    "Group",
    "QuestionUnanswered",
    "SecretFileOpen",
    "SecretNeeded",
    "SecretUnreadable",
    "Shell",
    "command",
    "option",
    "place",
]
