"""A finding: one fault of a form at one place, with its words in the language chosen at start.

Rules only name the code, the place and the words that differ; level and sentences stand in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from gettext import gettext
from typing import Any

from xlsform import columns
from xlsform.findings.catalogue import CATALOGUE, Level, Problem, Severity
from xlsform.findings.profiles import HOUSE, LEVELS
from xlsform.model import Form, Place, Question
from xlsform.workbooks import layout

_SENTENCE_END = re.compile(r"(?<=\.)\s+")

__all__ = [
    "CATALOGUE",
    "Finding",
    "Level",
    "Problem",
    "Severity",
    "Spot",
    "at_question",
    "at_setting",
    "worst",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    Attributes:
        code: of the catalogue.
        path: of the question, without the root; a list and its choice as ``list/choice``; empty for settings.
        place: file and line of a source, or sheet and row of a workbook.
        cell: address in the workbook, ``survey!K12``; empty when unknown.
        data: what differs from finding to finding; fills the sentences, and is there for programs.
        here: what happens at this place, for the few codes whose severity depends on it.
    """

    code: str
    path: str = ""
    place: Place = field(default=Place())
    cell: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    here: Severity | None = None

    @property
    def severity(self) -> Severity:
        """What happens because of it, whoever made the form."""
        return self.here or CATALOGUE[self.code].severity

    @property
    def level(self) -> Level:
        """What our own forms do about it."""
        return HOUSE.get(self.code, LEVELS[self.severity])

    @property
    def what(self) -> str:
        """What was found, in the language chosen at start."""
        return self._say(CATALOGUE[self.code].what)

    @property
    def why(self) -> str:
        """Why it matters."""
        return self._say(CATALOGUE[self.code].why)

    @property
    def fix(self) -> str:
        """What to do."""
        words = gettext(CATALOGUE[self.code].fix)
        if self.data.get("near") in {"", "-"}:  # nothing is near: leave out the sentence that names it
            kept = [one for one in _SENTENCE_END.split(words) if "{near}" not in one]
            words = " ".join(kept) if kept else words
        return words.format(path=self.path, **self.data)

    @property
    def where(self) -> str:
        """Return the place as a person looks it up: file and line, or the cell; then the path."""
        spot = f"{self.place.file} {self.cell}" if self.cell and self.place.line is None else str(self.place)
        return " ".join(part for part in (spot.strip(), self.path) if part)

    def document(self) -> dict[str, Any]:
        """Return the finding for ``--json``."""
        return {
            "code": self.code,
            "level": str(self.level),
            "severity": str(self.severity),
            "file": self.place.file,
            "line": self.place.line,
            "cell": self.cell,
            "path": self.path,
            "what": self.what,
            "why": self.why,
            "fix": self.fix,
            "data": dict(self.data),
        }

    def _say(self, sentence: str) -> str:
        return gettext(sentence).format(path=self.path, **self.data)


def worst(findings: Iterable[Finding]) -> Level | None:
    """Return the gravest level among findings, None when there is none."""
    order = (Level.INFO, Level.WARN, Level.BREAK, Level.ERROR)
    return max((finding.level for finding in findings), key=order.index, default=None)


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell of a form, where rules find things.

    Attributes:
        path: of the question; empty for settings.
        column: canonical name of the column.
        language: code of the language, for a translated column.
    """

    form: Form
    place: Place
    path: str = ""
    column: str = ""
    language: str = ""

    def finding(self, code: str, /, **words: str) -> Finding:
        """Return a finding here; the column and the full name of the language belong to its words."""
        at = {"column": self.column, "language": self.form.languages.get(self.language, self.language)}
        data = {name: word for name, word in at.items() if word} | words
        return Finding(code, self.path, self.place, self.cell, data)

    @property
    def cell(self) -> str:
        """Its address in the workbook, ``survey!K12``; empty when unknown."""
        cell = layout.address(self.form, self.place, self.column, self.language)
        if not cell and self.column and self.place.line is None:
            cell = layout.beside(self.form, self.place, self.column)
        return cell


def at_question(form: Form, question: Question, column: str) -> Spot:
    """Return one cell of a question's row."""
    return Spot(form, question.row.place, "/".join(question.path), column)


def at_setting(form: Form, setting: str) -> Spot:
    """Return the cell of a setting; where it would stand when it is missing."""
    place = form.places.get(setting, Place(file=form.file, sheet=columns.SETTINGS, row=2))
    return Spot(form, place, column=setting)
