"""``dikalo forms dictionary``: what each answer of a form is. Parses, calls `xlsform.answers.dictionary`, prints or writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from gettext import gettext as _
from pathlib import Path

import click

from sync_scripts.cli.forms.forms_paper import form_of
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell
from sync_scripts.cli.frame.tense import nothing_written
from xlsform.answers import dictionary as made
from xlsform.build import replace

__all__ = ["dictionary"]


@command("dictionary")
@click.argument("form", metavar=_("FORM"))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("The file to write: .xlsx or .md."),
)
@dry_run_option
@pass_shell
def dictionary(shell: Shell, *, form: str, output: Path | None, dry_run: bool) -> None:
    """Show or write the dictionary."""
    found, _media = form_of(shell, form)
    language = shell.lang if shell.lang in found.languages else ""
    writers: dict[str, Callable[[], bytes]] = {
        ".xlsx": lambda: made.workbook(found, language),
        ".md": lambda: made.markdown(found, language).encode(),
    }
    if output is not None and output.suffix.lower() not in writers:
        raise click.BadParameter(_("the name of the file must end in .xlsx or .md"), param_hint="-o")
    if output is not None:
        data = writers[output.suffix.lower()]()
        if not dry_run:
            replace(output, data)
    for line in nothing_written(dry_run=dry_run and output is not None):
        shell.say(line)
    document = {
        "schema": "dikalo.forms.dictionary/1",
        "dry_run": dry_run,
        "form": found.form_id,
        "version": found.version,
        "file": str(output) if output is not None else None,
        "entries": [asdict(entry) for entry in made.entries(found, language)],
        "lists": {
            name: [{"code": choice.name, "labels": dict(choice.labels)} for choice in choices]
            for name, choices in found.choices.items()
        },
    }
    shell.show(document, str(output) if output is not None else made.markdown(found, language).rstrip("\n"))
