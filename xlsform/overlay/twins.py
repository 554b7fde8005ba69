"""Which form of dikalo another one is, under another id: a copy that somebody made by hand. Reads the shipped forms only.

The protected core is known by form id, so such a copy would be a form that nothing guards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final

from xlsform import pack
from xlsform.columns import STAMPS
from xlsform.model import Form, Kind, resolve
from xlsform.overlay.core import core_of
from xlsform.workbooks import workbook

__all__ = ["alike", "levels", "twin_of"]

_SHARED: Final = 0.5
"""Of the questions of a form, how many another one may ask at the same places and still be another form."""

Path = tuple[str, ...]


def twin_of(form: Form) -> str:
    """Return the shipped form that a form is under another id, "" for a form of its own.

    Its stamp says so, or most of the shipped form's questions stand in it at their places.
    """
    if core_of(form.form_id) is not None:
        return ""
    stamps = {row.cell("calculation").strip("'\"") for row in form.survey if row.name == STAMPS[0]}
    named = next((name for name in sorted(stamps) if core_of(name) is not None), "")
    return named or alike(form.form_id, frozenset(_questions(form)))


def alike(form_id: str, asked: Collection[Path]) -> str:
    """Return the shipped form, of another id, of which most questions are asked at these places; "" for none."""
    if core_of(form_id) is not None:
        return ""
    shares = {name: len(paths.keys() & set(asked)) / len(paths) for name, paths in _shipped()}
    nearest = max(shares, key=lambda name: shares[name], default="")
    return nearest if nearest and shares[nearest] > _SHARED else ""


def levels(name: str) -> dict[Path, int]:
    """Return the levels of the questions of a shipped form, by path; none for another form."""
    return dict(next((paths for form, paths in _shipped() if form == name), {}))


@lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[str, dict[Path, int]], ...]:
    """Return each form that dikalo ships with a protected core: levels by path of its questions."""
    found = []
    for one in pack.forms(pack.forms_root()):
        if one.workbook.is_file() and core_of(one.form_id) is not None:
            form = resolve(workbook.read(one.workbook.read_bytes(), file=one.workbook.name).form)
            asked = {each.path: each.level for each in form.questions if each.kind is Kind.QUESTION}
            if asked:
                found.append((one.form_id, asked))
    return tuple(found)


def _questions(form: Form) -> Iterator[Path]:
    return (path for path, row in form.paths() if row.kind is Kind.QUESTION)
