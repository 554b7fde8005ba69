"""``dikalo forms``: list, check, build and import forms. Parses, calls `xlsform`, prints; decides nothing."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync_scripts.cli.shell import Shell, dry_run_option, group, pass_shell

if TYPE_CHECKING:
    from xlsform.build import Built


@group("forms", help=_("The forms: list, check, build, import."))
def forms() -> None:
    """Hold the commands about forms."""


@forms.command("build", help=_("Write the workbooks and generated media files from the sources."))
@click.argument("names", nargs=-1, metavar=_("[FORM]..."))
@dry_run_option
@pass_shell
def build(shell: Shell, names: tuple[str, ...], dry_run: bool) -> None:
    """Build what the sources give; write only what differs."""
    from xlsform.build import plan, save

    files = list(plan(_root(shell), names))
    if not dry_run:
        for one in files:
            if one.state != "same":
                save(one)
    shell.show(
        {"schema": "dikalo.forms.build/1", "dry_run": dry_run, "files": [_as_data(one) for one in files]},
        [f"{one.path.name}: {one.state}" for one in files],
    )


def _as_data(one: Built) -> dict[str, Any]:
    return {"file": str(one.path), "form": one.form.form_id if one.form else None, "state": one.state}


def _root(shell: Shell) -> Path:
    """Return the forms folder: the workspace's when there is one, else the one that belongs to dikalo."""
    from xlsform import pack

    here = shell.root / "forms"
    return here if (shell.root / "dikalo.toml").is_file() and here.is_dir() else pack.forms_root()
