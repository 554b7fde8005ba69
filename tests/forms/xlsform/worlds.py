"""Small forms and workbooks for the tests of the toolchain."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

from xlsform.model import Form
from xlsform.sources import source

SOURCE = Path(__file__).parents[2] / "data" / "formulaire.yaml"

Value = str | int | float | bool | object | None
Rows = Sequence[Sequence[Value]]

SURVEY: Rows = (("type", "name", "label"), ("text", "a", "A"))
CHOICES: Rows = (("list_name", "name", "label"), ("l", "x", "X"), ("l", "y", "Y"))


def text() -> str:
    """The example source."""
    return SOURCE.read_text(encoding="utf-8")


def form() -> Form:
    """The example form."""
    return source.read(SOURCE.read_bytes(), file="formulaire.yaml")


def form_of(yaml: str) -> Form:
    """A form from the text of a source."""
    return source.read(yaml.encode(), file="f.yaml")


def book(survey: Rows = SURVEY, choices: Rows = (), settings: Rows = (), **others: Rows) -> bytes:
    """A workbook as a person would make it in Excel."""
    return book_of({"survey": survey, "choices": choices, "settings": settings, **others})


def book_of(sheets: Mapping[str, Rows], change: Callable[[Workbook], None] = lambda _book: None) -> bytes:
    """A workbook with these sheets; empty ones are left out."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        if rows:
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
    change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def packed(members: Iterable[tuple[str, bytes]], *, stored: bool = False) -> bytes:
    """A zip with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for name, body in members:
            made.writestr(name, body)
    return out.getvalue()


def repacked(raw: bytes, change: Mapping[str, bytes], *, stored: bool = False) -> bytes:
    """A workbook with some members replaced or added."""
    with zipfile.ZipFile(io.BytesIO(raw)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    return packed({**members, **change}.items(), stored=stored)
