"""What a stand-in KoboToolbox knows of a form from its workbook: its rows as the API shows them, and how answers lie."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from openpyxl import Workbook

from tests.contract.kobo_rows import Layout
from xlsform.convert import convert
from xlsform.model import Form, Kind, Row, media
from xlsform.workbooks import workbook, writing

SETTINGS: Final = {"form_id": "id_string", "default_language": "default_language", "version": "version"} | {
    "instance_name": "instance_name"
}


@lru_cache(maxsize=64)
def read(raw: bytes) -> Form:
    """Return the form of a workbook.

    Raises:
        FormError: it is none.
    """
    return workbook.read(raw, file="x.xlsx").form


NOTED: Final = frozenset(
    ("start", "today", "end", "deviceid", "audit", "username", "phonenumber", "start-geopoint")
)
"""What a phone notes of itself, which the server moves to the top."""


def arranged(form: Form) -> Form:
    """Return a form as the server keeps it: what the phone notes of itself stands first, outside all groups."""
    noted = tuple(row for row in form.survey if row.base in NOTED)
    return replace(form, survey=noted + tuple(row for row in form.survey if row.base not in NOTED))


@lru_cache(maxsize=64)
def kept(raw: bytes) -> bytes:
    """Return a workbook as the server writes it: so arranged, and without a title, which is the project's name there."""
    form = arranged(read(raw))
    return writing.write(
        replace(form, settings={name: said for name, said in form.settings.items() if name != "form_title"})
    )


@lru_cache(maxsize=64)
def layout(raw: bytes, deployment: str) -> Layout:
    """Return which nodes of its answers may come again, and where the place is."""
    placed = [(path, row) for path, row in paths(read(raw)) if path]
    points = [path for path, row in placed if row.base == "geopoint"]
    return Layout(
        frozenset(path for path, row in placed if row.kind is Kind.REPEAT),
        points[0] if points else "",
        frozenset(points),
        deployment=deployment,
    )


def paths(form: Form) -> Iterator[tuple[str, Row]]:
    """Yield every row of the survey with its path; a row that closes a group has none."""
    stack: list[str] = []
    for row in form.survey:
        if row.kind is Kind.END:
            stack.pop()
        yield "" if row.kind is Kind.END else "/".join((*stack, row.name)), row
        if row.kind in (Kind.GROUP, Kind.REPEAT):
            stack.append(row.name)


def unknown_name(form: Form) -> str | None:
    """Return the first name that a row refers to and no row has: what stops a deployment, and no import."""
    names = {row.name for row in form.survey}
    texts = " ".join(text for row in form.survey for text in row.cells.values())
    return next(
        (name for name in re.findall(r"\$\{(?:last-saved#)?([^}]+)\}", texts) if name not in names), None
    )


def xform(raw: bytes, uid: str, version: str, deployment: str) -> str:
    """Return the form as phones get it: the server puts its own id, version and stamps into it."""
    found = convert(kept(raw)).xform
    root = re.search(r"<instance>\s*<(\S+)", found)
    old = root[1] if root else "data"
    stamps = f"<formhub><uuid/></formhub><__version__/><!-- {deployment} -->"
    found = re.sub(rf"<{old}[^>]*>", f'<{uid} id="{uid}" version="{version}">{stamps}', found, count=1)
    found = re.sub(r"^\s*<\?xml[^>]*\?>\s*", "", found)
    return found.replace(f"</{old}>", f"</{uid}>").replace(f"/{old}/", f"/{uid}/")


def shown(form: Form) -> dict[str, Any]:
    """Return the content of a form as a form's own address shows it: texts as lists, one for each language."""
    languages = list(form.languages)
    rows = []
    for path, row in paths(form):
        told = _row(path, row)
        words = row.type.split()
        if row.list_name:
            told |= {"type": words[0], "select_from_list_name": words[1]}
        if row.list_file:
            told["file"] = row.list_file
        rows.append(told | {name: [row.text(name, one) or None for one in languages] for name in row.texts})
    choices = [
        {"name": one.name, "$kuid": _kuid(name + one.name), "list_name": name, "$autovalue": one.name}
        | dict(one.cells)
        | {text: [told.get(code) for code in languages] for text, told in one.texts.items()}
        for name, held in form.choices.items()
        for one in held
    ]
    named = {one["file"] for one in rows if "file" in one}
    others = [{"type": "xml-external", "file": name} for name in media(form) if name not in named]
    return {"survey": rows + others, "settings": _settings(form)} | (
        {"translated": sorted({name for row in form.survey for name in row.texts})}
        | {"schema": "1", "translations": [form.languages[one] for one in languages]}
        | ({"choices": choices} if choices else {})
        | {name: [] for name in form.others}
    )


def sheets(form: Form) -> dict[str, Any]:
    """Return the content of a form as sheets: a column for each text and language. Of foreign sheets the name remains."""
    found: dict[str, Any] = {
        "survey": [_row(path, row) | _texts(row.texts, form) for path, row in paths(form)],
        "settings": [_settings(form)],
    }
    choices = [
        {
            "name": one.name,
            "$kuid": _kuid(list_name + one.name),
            "list_name": list_name,
            "$autovalue": one.name,
        }
        | dict(one.cells)
        | _texts(one.texts, form)
        for list_name, held in form.choices.items()
        for one in held
    ]
    return found | ({"choices": choices} if choices else {}) | {name: [] for name in form.others}


def _row(path: str, row: Row) -> dict[str, Any]:
    kuid = _kuid(path or f"{row.type}{row.place.row}")
    if not path:
        return {"type": row.type, "$kuid": kuid}
    own = {"name": row.name, "type": row.type, "$kuid": kuid, "$xpath": path, "$autoname": row.name}
    return own | {name: "true" if text == "yes" else text for name, text in row.cells.items()}


def _texts(texts: Any, form: Form) -> dict[str, str]:
    return {
        f"{name}::{form.languages[code]}" if code in form.languages else name: text
        for name, told in texts.items()
        for code, text in told.items()
    }


def _settings(form: Form) -> dict[str, str]:
    first = next(iter(form.languages.values()), "")
    return ({"default_language": first} if first else {}) | {
        SETTINGS[name]: text for name, text in form.settings.items() if name in SETTINGS
    }


def _kuid(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def written(content: dict[str, Any], name: str) -> bytes:
    """Return a workbook of a content that was sent as JSON."""
    book, file = Workbook(), io.BytesIO()
    del book["Sheet"]
    settings = [{"form_title": name, "form_id": name.lower()} | content.get("settings", {})]
    for title, rows in (content | {"choices": content.get("choices", []), "settings": settings}).items():
        sheet = book.create_sheet(title)
        head = list(dict.fromkeys(column for row in rows for column in row)) or ["list_name", "name", "label"]
        sheet.append(head)
        for row in rows:
            sheet.append([one[0] if isinstance(one := row.get(column), list) else one for column in head])
    book.save(file)
    return file.getvalue()
