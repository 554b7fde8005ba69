"""The copy of ``dikalo forms check, watch --annotate``: findings as comments in the cells of a workbook. Never writes into the form."""

from __future__ import annotations

from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path
from typing import Final

import click

from sync_scripts.cli.frame.shell import Shell, option
from xlsform.findings.inspection import Inspection

ANNOTATE: Final = option(
    "--annotate", "Write a copy (.xlsx) of one form, with each finding as a comment in its cell."
)


def require_copy(paths: Sequence[Path], copy: Path | None) -> None:
    """Refuse a copy of several forms, of another kind, or in the place of the form itself."""
    if copy is not None and (
        len(paths) != 1 or copy.suffix.lower() != ".xlsx" or copy.resolve() == paths[0].resolve()
    ):
        raise click.UsageError(_("--annotate takes one form, and another file that ends in .xlsx."))


def annotate_copy(
    shell: Shell, path: Path, one: Inspection, copy: Path | None, *, style: bool = False
) -> None:
    """Write the copy where one is asked for, and say so; a form that cannot be read has none."""
    if copy is None:
        return
    if one.form is None:
        shell.warn(_("No copy was written: the form cannot be read."))
        return
    from xlsform.build import replace
    from xlsform.workbooks import workbook, writing
    from xlsform.workbooks.comments import annotated  # openpyxl

    is_source = path.suffix.lower() in {".yaml", ".yml"}
    raw = writing.write(one.form) if is_source else workbook.load(path)
    found = one.findings if style else one.shown
    replace(copy, annotated(raw, found, one.profile, file=one.file))
    shell.say(_("Written: {file}. It is for reading; correct the form itself.").format(file=copy.name))
