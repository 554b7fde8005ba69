"""Columns that mean nothing: their content would be absent on the phone, and nobody would be told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from xlsform import columns
from xlsform.findings.problems import Finding, Spot
from xlsform.model import Form, Place, Resolved

PASSED_ON = ("bind::", "body::", "control::", "instance::", "media::")
"""Beginnings of columns that converters hand on to the XForm."""

SKIPPED = ("_", "$", "kobo--")
"""Beginnings of columns of one's own, and of those that KoboToolbox keeps for itself."""

_ELEMENT = re.compile(r"[^\W\d][\w.\-]*(?::[\w.\-]+)*")
"""What the name of a column of the sheet choices must be: it becomes a tag of the XForm."""


def plain(name: str) -> str:
    """Return the letters, digits and _ of a name."""
    return re.sub(r"\W+", "_", name).strip("_")


def check(resolved: Resolved) -> Iterator[Finding]:
    """Yield each column that phones and servers ignore, once, at its first row."""
    form = resolved.form
    for name, place in _first_places(form).items():
        near = _near(name, columns.SURVEY_COLUMNS)
        yield _finding(form, name, place, near)
    filters = " ".join(row.cell("choice_filter") for row in form.survey)
    for name, place in _choice_places(form).items():
        near = _near(name, columns.CHOICE_COLUMNS)
        if near and name not in filters:
            yield _finding(form, name, place, near)
    for name, place in _choice_places(form).items():
        if not _ELEMENT.fullmatch(name) and " " not in name:
            yield Spot(form, place, column=name).finding("COL-NAME", name=name, near=f"_{plain(name)}")
    for name in form.settings:
        if name not in columns.SETTINGS_COLUMNS and not name.startswith("_"):
            near = _near(name, columns.SETTINGS_COLUMNS)
            yield _finding(form, name, form.places.get(name, Place(file=form.file)), near)


def _first_places(form: Form) -> Mapping[str, Place]:
    places: dict[str, Place] = {}
    for row in form.survey:
        for name in row.cells:
            if name not in columns.SURVEY_COLUMNS and not name.lower().startswith(SKIPPED + PASSED_ON):
                places.setdefault(name, row.place)
    return places


def _choice_places(form: Form) -> Mapping[str, Place]:
    places: dict[str, Place] = {}
    for choices in form.choices.values():
        for choice in choices:
            for name in choice.cells:
                places.setdefault(name, choice.place)
    return places


def _near(name: str, known: tuple[str, ...]) -> str:
    """Return the column that is probably meant, in canonical spelling; a translated one with its language."""
    column, mark, language = name.partition("::")
    near = get_close_matches(column.strip().lower(), known, n=1, cutoff=0.75)
    return f"{near[0]}{mark}{language}" if near else ""


def _finding(form: Form, name: str, place: Place, near: str) -> Finding:
    spot = Spot(form, place, column=name)
    return spot.finding("COL-UNKNOWN", name=name, near=near) if near else spot.finding("COL-NOTE", name=name)
