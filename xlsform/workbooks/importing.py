"""What an import does with a workbook that was read: what stops it, what it leaves out, what other programs did to it. Decides only.

KoboToolbox replaces form id and version, puts lists into a column of their own, writes ``true`` for ``yes`` and adds columns
that begin with ``$``; our two columns and the stamps come through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from xlsform import columns, pack
from xlsform.compare.change import Change
from xlsform.convert import convert
from xlsform.errors import FormError
from xlsform.findings.problems import Finding
from xlsform.model import Choice, Form, Row, resolve
from xlsform.overlay.core import core_of
from xlsform.overlay.guard import bans, copied, loosened, recorded_by_itself
from xlsform.rules.languages import check_columns
from xlsform.sources import plain_yaml
from xlsform.workbooks import workbook, writing
from xlsform.workbooks.sheets import MENDED, Reading

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
        xform = convert(writing.write(form), name=form.file, form=form).xform
    except FormError:
        return ()
    return (*recorded_by_itself(xform), *copied(base, form, xform))


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Return the errors that reading could not put right."""
    return [
        finding
        for finding in findings
        if finding.level == "error" and not (finding.code in MENDED and finding.here is None)
    ]


def old_text(path: Path | None) -> str:
    """Return the text of the source that would be replaced, "" when there is none.

    Raises:
        SourceUnreadable: something is there that is no text.
    """
    if path is None or not path.is_file():
        return ""
    return plain_yaml.decode(path.read_bytes(), path.name)


_ASSET = re.compile(r"a[A-Za-z0-9]{21}")
"""A form id that Kobo gave."""
_VERSION = re.compile(r"\d{10}")
_QUOTED = re.compile(r"""(['"])(.*)\1""")
_SERVER_ROWS = frozenset(("__version__", "formhub/uuid"))
_LIST_COLUMN = "select_from_list_name"
_YES_NO: Mapping[str, str] = {"true": "yes", "false": "", "TRUE": "yes", "FALSE": ""}


def came_back(form: Form) -> Form:
    """Return the form as it was before other programs wrote into it: id, version, types, and no columns of theirs."""
    stamps = {row.name: _stamp(row) for row in form.survey if row.name in columns.STAMPS and _stamp(row)}
    settings = _identity(form.settings, stamps)
    survey = tuple(_row(row) for row in form.survey if not _is_theirs(row, settings, stamps))
    choices = {
        name: tuple(replace(choice, cells=_cells(choice.cells)) for choice in some)
        for name, some in form.choices.items()
    }
    return replace(form, settings=settings, survey=survey, choices=_listed(choices))


def _stamp(row: Row) -> str:
    """Return what a stamp says; "" for a row that is none."""
    said = _QUOTED.fullmatch(row.cell("calculation"))
    return said[2] if said and row.base == "calculate" else ""


def _identity(settings: Mapping[str, str], stamps: Mapping[str, str]) -> dict[str, str]:
    form_id, version = settings.get("form_id", ""), settings.get("version", "")
    if not form_id or _ASSET.fullmatch(form_id):
        form_id = stamps.get("dikalo_form", form_id)
    if not _VERSION.fullmatch(version):
        version = stamps.get("dikalo_version", version)
    said = {"form_id": form_id, "version": version}
    return {**settings, **{name: text for name, text in said.items() if text}}


def _is_theirs(row: Row, settings: Mapping[str, str], stamps: Mapping[str, str]) -> bool:
    """Tell rows that a server or our own build wrote."""
    if row.name in _SERVER_ROWS and row.base == "calculate":
        return True
    said = stamps.get(row.name, "")
    if row.name == "dikalo_form":
        return bool(said) and said == settings.get("form_id")
    return row.name == "dikalo_version" and _VERSION.fullmatch(said) is not None


def _row(row: Row) -> Row:
    cells = _cells(row.cells)
    listed = cells.pop(_LIST_COLUMN, "")
    type_ = (
        f"{row.type} {listed}"
        if listed and row.list_name is None and row.base in columns.LIST_TYPES
        else row.type
    )
    for column in ("required", "readonly"):
        if cells.get(column) in _YES_NO:
            cells[column] = _YES_NO[cells[column]]
    return replace(row, type=type_, cells={name: text for name, text in cells.items() if text})


def _cells(cells: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in cells.items() if not name.startswith("$")}


def _listed(choices: Mapping[str, tuple[Choice, ...]]) -> dict[str, tuple[Choice, ...]]:
    return {name: some for name, some in choices.items() if name}
