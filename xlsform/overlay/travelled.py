"""A form that comes back from other programs: what KoboToolbox's builder and a trainer's hand do to it is undone. Pure.

Kobo replaces form id and version, puts lists into a column of their own, writes ``true`` for ``yes`` and adds columns
that begin with ``$``; our two columns and the stamps come through. A trainer raises the version and leaves the stamp.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from xlsform import columns
from xlsform.model import Choice, Form, Row

__all__ = ["came_back"]

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
