"""The names of sealed people for the check of a workbook: opened in a process of their own, of which only marks come back."""

from __future__ import annotations

import json
import subprocess

import click

from sync_scripts.cli.frame import apart
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.opening.opening import begins, child_words
from sync_scripts.store.detectors import KnownNames
from sync_scripts.store.errors import ReasonNeeded

__all__ = ["check_reason", "known_names"]


def check_reason(reason: str) -> None:
    """Let a reason for an opening pass.

    Raises:
        ReasonNeeded: there is none.
    """
    if not reason.strip():
        raise ReasonNeeded


def known_names(shell: Shell, kind: str, reason: str, as_code: str | None) -> KnownNames:
    """Let another process ask for a key of the vault and open every sealed name; return what finds them again.

    The caller does not hold the lock of the workspace yet: the other process takes it, and writes the opening down before it
    opens anything. Where it refuses, it says why, and this command ends with its exit code.

    Raises:
        ReasonNeeded: there is no reason; nothing was opened.
    """
    check_reason(reason)
    said = ["names", "--reason", reason, "--key", kind, *(["--as", as_code] if as_code else [])]
    words = child_words(
        shell, *said, told_demo=True
    )  # this process says it, once, when it opens the workspace
    begins(shell)
    marks, code = apart.heard(apart.start(words, subprocess.PIPE))
    if code:
        click.echo(marks, nl=False)  # its refusal, where a document was asked for
        click.get_current_context().exit(code)
    return KnownNames.marked(json.loads(marks))
