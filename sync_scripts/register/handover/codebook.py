"""The words of fields and of their answers, from the newest form that asks for each. Knows no answer."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.forms.formmap import read_map
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import form_version
from xlsform.pack import forms_root

FILES: Final = frozenset({"image", "audio", "video", "file", "background-audio"})
"""Types of questions whose answer is the name of a file."""
FILE: Final = "?"
"""Stands for the entity where a question for a file is looked up by its own name."""
_OPTIONAL: Final = re.compile(
    r"\s*\((?:facultatif|optional)\)|,\s*(?:facultatif|optional)(?=\))", re.IGNORECASE
)


class Word(msgspec.Struct, frozen=True):
    """How one field is called.

    Attributes:
        fr, en: its question.
        type: first word of the XLSForm type.
        list: its choice list; None for an answer in words or numbers.
    """

    fr: str
    en: str
    type: str
    list: str | None

    def label(self, lang: str) -> str:
        """Return the question in a language."""
        return (self.en if lang == "en" else self.fr) or self.fr or self.en


def codebook(rows: Rows) -> dict[tuple[str, str], Word]:
    """Return entity and field -> its words, in the order in which the forms ask; `FILE` and question for files."""
    found: dict[tuple[str, str], Word] = {}
    statement = select(form_version.c.map).order_by(form_version.c.imported_at, form_version.c.version)
    for text in rows.execute(statement).scalars():
        for asked in read_map(text).questions:
            if asked.entity and asked.field and (asked.fr or asked.en):
                found[asked.entity, asked.field] = Word(
                    _bare(asked.fr), _bare(asked.en), asked.type, asked.list
                )
                if asked.type in FILES:
                    found[FILE, asked.path[-1]] = found[asked.entity, asked.field]
    return found


def _bare(label: str) -> str:
    """Return a question without what only tells whoever fills in the form that it may be left out."""
    return _OPTIONAL.sub("", label).strip()


def place_of(code: str) -> str:
    """Return the name of a subdivision; the code itself when there is none of that code."""
    return _subdivisions().get(code, code)


@cache
def _subdivisions() -> Mapping[str, str]:
    with (forms_root() / "lists" / "cm_admin.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {row["arrondissement_pcode"]: row["arrondissement"] for row in csv.DictReader(stream)}
