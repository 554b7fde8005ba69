"""``dikalo forms customise``: a workbook to adapt a form in Excel. Parses, calls `xlsform.overlay`, prints."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path

import click

from sync_scripts.cli.forms.forms_bench import folder_of
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell, yes_option
from sync_scripts.cli.frame.tense import nothing_written
from xlsform.build import replace
from xlsform.overlay import apply
from xlsform.overlay.bench import Standing, standing
from xlsform.overlay.sheets import BASE
from xlsform.workbooks import workbook

__all__ = ["customise"]


@command("customise")
@click.argument("name", metavar=_("FORM"))
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=_("FILE"),
    help=_("The workbook to write; forms/edit/FORM.xlsx if not given."),
)
@dry_run_option
@yes_option
@pass_shell
def customise(shell: Shell, *, name: str, target: Path | None, dry_run: bool, yes: bool) -> None:
    """Write the form in use, with what it is based on, for editing."""
    folder = folder_of(shell)
    stand = standing(folder, name)
    path, data = target or folder.edit(name), _workbook(stand)
    there = path.read_bytes() if path.is_file() else b""
    kept = _next_to(path) if there not in {b"", data} else None
    if not dry_run and there != data:
        if kept is not None:
            question = _("Write over {file}? What it holds now is kept as {kept}.")
            shell.confirm(question.format(file=path.name, kept=kept.name), yes=yes)
            replace(kept, there)
        replace(path, data)
    if not stand.is_current:
        told = _("The base has a newer version ({version}). Better first: dikalo forms upgrade {form}")
        shell.say(told.format(version=stand.shipped.version, form=name))
    document = {
        "schema": "dikalo.forms.customise/1",
        "form": name,
        "base": f"{name}@{stand.base.version}",
        "version": stand.used.version if stand.used else stand.base.version,
        "file": str(path),
        "kept": str(kept) if kept else None,
        "dry_run": dry_run,
    }
    for line in nothing_written(dry_run=dry_run):
        shell.say(line)
    shell.show(document, str(path))


def _workbook(stand: Standing) -> bytes:
    """Return the form in use, marked with the base that it was made from."""
    from dataclasses import replace

    form = stand.used or (apply(stand.base, stand.overlay) if stand.overlay else stand.base)
    marked = replace(form, settings={**form.settings, BASE: f"{stand.form_id}@{stand.base.version}"})
    return workbook.write(marked, core=stand.core.frozen if stand.core else ())


def _next_to(path: Path) -> Path:
    """Return the next free name beside a file: ``alert.1.xlsx``."""
    numbers = (path.with_name(f"{path.stem}.{number}{path.suffix}") for number in range(1, 10_000))
    return next(free for free in numbers if not free.exists())
