"""``dikalo forms import``: any XLSForm into a form source. Parses, calls `xlsform.workbooks.importing`, prints."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import Any

import click

from sync_scripts.cli.forms.form_files import finding_lines
from sync_scripts.cli.forms.forms_bench import grave_lines
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell, yes_option
from xlsform import pack
from xlsform.build import replace
from xlsform.overlay.sheets import FormRefused
from xlsform.rules import not_endless
from xlsform.sources import emit
from xlsform.workbooks import importing, workbook
from xlsform.workbooks.sheets import Reading

__all__ = ["import_"]


@command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar=_("WORKBOOK"))
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=_("FILE"),
    help=_("The source to write; comments of the one that is there are kept where their row is still there."),
)
@click.option(
    "--force",
    is_flag=True,
    help=_("Import in spite of errors in the cells; never in spite of what loosens consent or secrecy."),
)
@dry_run_option
@yes_option
@pass_shell
def import_(shell: Shell, *, file: Path, target: Path | None, force: bool, dry_run: bool, yes: bool) -> None:
    """Read any XLSForm; stop on cells whose content would change in silence, and on what nobody may loosen."""
    reading = importing.tidy(workbook.read(workbook.load(file), file=file.name))
    refused = importing.refused(not_endless(reading.form, file.name))
    for line in (line for finding in reading.findings for line in finding_lines(finding)):
        shell.say(line)
    for line in (line for one in refused for line in grave_lines(one)):
        shell.say(line)
    stopped = importing.blocking(reading.findings) if not force else []
    old = importing.old_text(target)
    written = emit.write(reading.form, old=old, root=pack.forms_root())
    for number, comment in written.lost:
        lost = _("Comment that would be lost, line {line}: {comment}")
        shell.say(lost.format(line=number or "-", comment=comment))
    text = "" if stopped or refused else written.text
    document = {
        **_document(reading, target, dry_run=dry_run),
        "refused": [one.document() for one in refused],
        "lost_comments": [comment for _line, comment in written.lost],
        "text": text,
    }
    if not text:
        shell.show(document, ())
        if refused:
            raise FormRefused(file=file.name, count=len(refused))
        raise importing.ImportStopped(file=file.name, count=len(stopped))
    if target is not None and not dry_run and text != old:
        if old:
            shell.confirm(_("Write over {file}?").format(file=target.name), yes=yes)
        replace(target, text.encode())
    shell.show(document, text.rstrip("\n") if target is None else str(target))


def _document(reading: Reading, target: Path | None, *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema": "dikalo.forms.import/1",
        "dry_run": dry_run,
        "form": reading.form.form_id,
        "file": str(target) if target else None,
        "findings": [finding.document() for finding in reading.findings],
    }
