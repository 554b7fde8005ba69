"""The choices of a form that lie in files beside it: administrative units, or a list of the organisation's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from xlsform import pack
from xlsform.model import Choice, Form

_LARGEST: Final = 5_000_000


def choices_of(form: Form, folder: Path) -> dict[str, Sequence[Choice]]:
    """Return the choices of each CSV file that a question of the form takes its list from.

    Args:
        form: the form.
        folder: where the organisation keeps its own files; the administrative units come with the program.

    A file that is not there gives no choices: its question can then be skipped, or not answered.
    """
    return {
        name: _choices(name, folder)
        for name in sorted({row.list_file for row in form.survey if row.list_file})
    }


def _choices(name: str, folder: Path) -> Sequence[Choice]:
    path = folder / Path(name).name
    if path.is_file() and path.stat().st_size <= _LARGEST:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    elif name == "arrondissements.csv":
        text = pack.administrative_file().decode()
    else:
        return ()
    return [_choice(row) for row in csv.DictReader(io.StringIO(text)) if row.get("name")]


def _choice(row: Mapping[str, str | None]) -> Choice:
    cells = {column: cell for column, cell in row.items() if column and isinstance(cell, str)}
    return Choice(name=cells["name"], texts={"label": {"": cells.get("label") or cells["name"]}}, cells=cells)
