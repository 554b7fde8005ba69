"""What an import does with a workbook that was read: what stops it, what it leaves out. Decides only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from xlsform import columns, pack
from xlsform.compare.change import Change
from xlsform.convert import convert
from xlsform.errors import FormError
from xlsform.findings.problems import Finding
from xlsform.model import Form, resolve
from xlsform.overlay.core import core_of
from xlsform.overlay.guard import bans, loosened
from xlsform.overlay.phone import copied, recorded_by_itself
from xlsform.overlay.travelled import came_back
from xlsform.rules.languages import check_columns
from xlsform.sources import plain_yaml
from xlsform.workbooks import workbook
from xlsform.workbooks.sheets import MENDED, Reading

__all__ = ["ImportStopped", "blocking", "old_text", "refused", "tidy"]


ImportStopped: Final = FormError.declare(
    "DK-F29",
    "{file} was not imported: {count} of its cells would lose or change their content. Correct them as said above, or "
    "add --force to take them as they are shown.",
)


def tidy(reading: Reading) -> Reading:
    """Undo what other programs wrote into the form, leave out the columns that mean nothing, and say which."""
    form = came_back(reading.form)
    found = tuple(check_columns(resolve(form)))
    unknown = {finding.data["name"] for finding in found}
    survey = tuple(
        replace(row, cells={name: text for name, text in row.cells.items() if name not in unknown})
        for row in form.survey
    )
    settings = {name: text for name, text in form.settings.items() if name not in unknown}
    return Reading(replace(form, survey=survey, settings=settings), (*reading.findings, *found))


def refused(form: Form, root: Path | None = None) -> tuple[Change | Finding, ...]:
    """Return what an import must not let in, whatever is asked for.

    A form that belongs to dikalo is compared with the one that is shipped: its core, consent and secrecy. Any form with
    our columns keeps the bans. A form of other people is only checked, and stopped when it is deployed.
    """
    root = root or pack.forms_root()
    core = core_of(form.form_id, root)
    if core is not None:
        shipped = pack.find(form.form_id, root).workbook
        base = workbook.read(workbook.load(shipped), file=shipped.name).form
        return loosened(base, form, core) or _on_the_phone(form, base)
    ours = any(row.cell(column) for row in form.survey for column in (columns.REGISTER, columns.SENSITIVITY))
    return (tuple(bans(form)) or _on_the_phone(form, form)) if ours else ()


def _on_the_phone(form: Form, base: Form) -> tuple[Change, ...]:
    """Return what phones would do by themselves; a form that cannot be converted is told by its check."""
    try:
        xform = convert(workbook.write(form), name=form.file, form=form).xform
    except FormError:
        return ()
    return (*recorded_by_itself(xform), *copied(base, form, xform))


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Return the errors that reading could not put right."""
    return [finding for finding in findings if finding.level == "error" and finding.code not in MENDED]


def old_text(path: Path | None) -> str:
    """Return the text of the source that would be replaced, "" when there is none.

    Raises:
        SourceUnreadable: something is there that is no text.
    """
    if path is None or not path.is_file():
        return ""
    return plain_yaml.decode(path.read_bytes(), path.name)
