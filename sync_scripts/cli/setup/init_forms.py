"""``dikalo init --forms-only``: a folder in which a trainer works on forms, without register, keys and passphrases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from gettext import gettext as _

import click

from sync_scripts import config
from sync_scripts.cli.frame.options import deed, nothing_written
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.config import Settings
from sync_scripts.register.forms.desk_forms import lay_workbooks
from sync_scripts.store.durable import make_folder
from sync_scripts.store.founding import new_id, refuse_existing
from xlsform.overlay.bench import Folder, keep_bases
from xlsform.pack import forms


def make_forms_only(shell: Shell, lang: str, wrong: str, *, dry_run: bool) -> None:
    """Make what a trainer needs: settings that name nobody, and the forms as dikalo ships them.

    Args:
        shell: says where.
        lang: language of the folder.
        wrong: an option that was given and is about a register, "" for none.
        dry_run: write nothing.

    Raises:
        WorkspaceExists: there is a workspace, or another such folder.
        click.UsageError: an option says something of a register.
    """
    if wrong:
        raise click.UsageError(
            _("{option} is about a register, and --forms-only makes none.").format(option=wrong)
        )
    refuse_existing(shell.root)
    if not dry_run:
        make_folder(shell.root)
        laid = shell.root / "forms"
        laid.mkdir(exist_ok=True)
        shipped = [name for name, _workbook in lay_workbooks(laid)]
        keep_bases(Folder(laid))
        config.write(shell.root, Settings(id=new_id(), lang="en" if lang == "en" else "fr"))
    else:
        shipped = [one.form_id for one in forms()]
    document = {
        "schema": "dikalo.init.forms/1",
        "root": str(shell.root),
        "forms": shipped,
        "dry_run": dry_run,
    }
    shell.show(document, _told(shipped, dry_run=dry_run))


def _told(shipped: Sequence[str], *, dry_run: bool) -> Iterator[str]:
    yield from nothing_written(dry_run=dry_run)
    yield deed(_("This folder holds the forms {names}, and no register."), dry_run=dry_run).format(
        names=", ".join(shipped)
    )
    yield _("Next: dikalo forms customise FORM, or dikalo forms add to see what the question library has.")
    yield _("From an idea to the phone, step by step: dikalo guide classroom")
    yield _("A workspace with a register is made in a folder of its own; copy forms/ there afterwards.")
