"""The copy of ``dikalo forms check --annotate``: findings as comments in the cells of a workbook. Never writes into the form itself."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path

from sync_scripts.cli.frame.shell import Shell
from xlsform.build import replace
from xlsform.findings.inspection import Inspection
from xlsform.workbooks import workbook, writing
from xlsform.workbooks.comments import annotated


def annotate_copy(shell: Shell, path: Path, one: Inspection, copy: Path, *, style: bool) -> None:
    """Write the copy and say so; a form that cannot be read has none."""
    if one.form is None:
        shell.warn(_("No copy was written: the form cannot be read."))
        return
    is_source = path.suffix.lower() in {".yaml", ".yml"}
    raw = writing.write(one.form) if is_source else workbook.load(path)
    found = one.findings if style else one.shown
    replace(copy, annotated(raw, found, one.profile, file=one.file))
    shell.say(_("Written: {file}. It is for reading; correct the form itself.").format(file=copy.name))
