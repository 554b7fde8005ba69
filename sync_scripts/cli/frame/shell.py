"""What every command shares, at one door: its run (`one_run`), how it is made (`commands`), its secrets (`handed`).

A command module imports at its top what it needs, and holds the objects that `tree` names::

    from gettext import gettext as _

    import click

    from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell

    @command("pull")
    @dry_run_option
    @pass_shell
    def pull(shell: Shell, dry_run: bool) -> None:
        with shell.workspace(write=True, command="pull") as workspace:
            ...
        shell.show({"schema": "dikalo.pull/1", "new": 3}, text)

Its name, its help and its place stand in the tree. Commands return None; `Shell.attention` asks for exit code 3; errors
are raised.
"""

from __future__ import annotations

from sync_scripts.cli.frame.commands import (
    GLOBAL_OPTIONS,
    Command,
    Context,
    Formatter,
    Group,
    as_option,
    command,
    dry_run_option,
    yes_option,
)
from sync_scripts.cli.frame.handed import SecretFileOpen, SecretNeeded, SecretUnreadable
from sync_scripts.cli.frame.one_run import ClosedPipe, QuestionUnanswered, Shell, pass_shell

__all__ = [
    "GLOBAL_OPTIONS",
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
    "as_option",
    "command",
    "dry_run_option",
    "pass_shell",
    "yes_option",
]
