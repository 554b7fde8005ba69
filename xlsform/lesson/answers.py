"""The answers of a scenario as the engine takes them: paths of the form, days that have come, names of files.

Reads the list of administrative units and nothing else. A question that the form does not have is an error here; an
answer that the phone does not take shows when it is filled.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any, Final

from xlsform import pack
from xlsform.errors import N_, FormError
from xlsform.lesson.scenario import ABOUT, REST, Scenario, ScenarioWrong
from xlsform.model import Resolved

__all__ = ["Prepared", "ScenarioUnfit", "prepare"]

EXTENSIONS: Mapping[str, str] = {"jpg": "jpg", "amr": "amr"}
"""What a scenario may answer where a file is asked for -> the end of the file's name."""
_RELATIVE = re.compile(r"@([+-]?\d+)(?:T(\d\d:\d\d))?")
_ROWS = re.compile(r"\[\d+\]")


ScenarioUnfit: Final = FormError.declare(
    "DK-F87",
    "The scenario {scenario} answers {name}, which this form does not have. Nearest: {near}. Correct the name in the "
    "scenario.",
)


@dataclass(frozen=True)
class Prepared:
    """Answers by path, as the engine takes them, and the files they name: name -> what it holds (jpg, amr).

    ``implied`` are the paths that the scenario does not name: the yes or no before a repeat, which its rows say.
    """

    answers: Mapping[str, str]
    files: Mapping[str, str]
    implied: frozenset[str] = frozenset()


def prepare(scenario: Scenario, form: Resolved, today: date) -> Prepared:
    """Resolve a scenario for filling on a real day: ``today`` stands for the day of the sample.

    Raises:
        ScenarioUnfit: the scenario names a question, place or kind of file that does not exist.
        ScenarioWrong: it answers a question with rows, or a repeat with one text.
    """
    answers: dict[str, str] = {}
    files: dict[str, str] = {}
    paths = _Paths(scenario, form)
    for path, text in paths.flat(scenario.answers, ()):
        kind = paths.types[_ROWS.sub("", path)]
        if kind in {"image", "audio", "file", "video"} and text:
            if text not in EXTENSIONS:
                raise ScenarioUnfit(scenario=scenario.id, name=f"{path}: {text}", near=", ".join(EXTENSIONS))
            name = scenario.media_name(len(files), EXTENSIONS[text])
            files[name], answers[path] = text, name
        else:
            answers[path] = _dated(text, today)
    opening = {} if scenario.of else _opening(form, answers)
    return Prepared(opening | answers, files, frozenset(opening.keys() - answers.keys()))


def _opening(form: Resolved, answers: Mapping[str, str]) -> dict[str, str]:
    """Answer the yes or no before each repeat (``victims_any``): the rows of the scenario say it."""
    repeats = {"/".join(section.path) for section in form.sections if section.repeat}
    rows = {repeat for repeat in repeats if any(path.startswith(f"{repeat}[") for path in answers)}
    opening = {
        "/".join(one.path): one.name.removesuffix("_any")
        for one in form.questions
        if one.name.endswith("_any")
    }
    return {path: "yes" if repeat in rows else "no" for path, repeat in opening.items() if repeat in repeats}


class _Paths:
    """The questions and sections of a form by the name that scenarios give them."""

    def __init__(self, scenario: Scenario, form: Resolved) -> None:
        self._scenario = scenario
        self.types = {"/".join(one.path): one.type for one in form.questions}
        self._sections = {section.path[-1]: section for section in form.sections}
        self._paths = {
            path[-1]: path
            for path in [*(one.path for one in form.sections), *(one.path for one in form.questions)]
        }
        if clash := sorted(self._paths.keys() & {*ABOUT, *REST}):
            raise self._unfit(clash[0])  # a question of the form that no scenario could answer

    def flat(self, answers: Mapping[str, Any], row: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield path and text of each answer; ``row`` is the path of the repeat row that holds them."""
        for name, answer in answers.items():
            if name == "place" and isinstance(answer, str):
                yield from self.flat(self._place(answer), row)
            elif isinstance(answer, list):
                yield from self._rows(name, answer)
            elif isinstance(answer, dict):
                self._section(name, repeat=False)
                yield from self.flat(answer, row)
            else:
                yield self._at(name, row), answer

    def _rows(self, name: str, rows: list[Any]) -> Iterator[tuple[str, str]]:
        section = self._section(name, repeat=True)
        for number, cells in enumerate(rows, start=1):
            if not isinstance(cells, dict):
                raise ScenarioWrong(
                    where=f"{self._scenario.id}, {name}",
                    why=N_("each row of a repeat holds questions and answers"),
                )
            yield from self.flat(cells, (*section[:-1], f"{name}[{number}]"))

    def _section(self, name: str, *, repeat: bool) -> tuple[str, ...]:
        section = self._sections.get(name)
        if section is None and name not in self._paths:
            raise self._unfit(name)
        if section is None or section.repeat is not repeat:
            raise ScenarioWrong(
                where=f"{self._scenario.id}, {name}",
                why=N_("a question takes one text, a group takes questions, a repeat takes a list of rows"),
            )
        return section.path

    def _at(self, name: str, row: tuple[str, ...]) -> str:
        path = name if "/" in name else "/".join((*row, *self._path(name)[len(row) :]))
        if _ROWS.sub("", path) not in self.types:
            if name in self._sections:
                self._section(name, repeat=not self._sections[name].repeat)
            raise self._unfit(name)
        return path

    def _path(self, name: str) -> tuple[str, ...]:
        if name not in self._paths:
            raise self._unfit(name)
        return self._paths[name]

    def _unfit(self, name: str) -> FormError:
        known = [*self._paths, *self.types]
        near = get_close_matches(_ROWS.sub("", name), known, n=1)
        return ScenarioUnfit(scenario=self._scenario.id, name=name, near=near[0] if near else "-")

    def _place(self, text: str) -> Mapping[str, str]:
        """Return the three answers that ``department / arrondissement`` stands for."""
        codes = _codes(text)
        if not codes:
            raise ScenarioUnfit(scenario=self._scenario.id, name=f"place: {text}", near="Bui / Kumbo")
        return codes


def _codes(text: str) -> dict[str, str]:
    """Return the codes of ``department / arrondissement``; nothing when there is no such place."""
    department, _, arrondissement = (part.strip() for part in text.partition("/"))
    path = pack.forms_root() / "lists" / "cm_admin.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for unit in csv.DictReader(file):
            if (unit["department"], unit["arrondissement"]) == (department, arrondissement):
                return {level: unit[f"{level}_pcode"] for level in ("region", "department", "arrondissement")}
    return {}


def _dated(text: str, today: date) -> str:
    found = _RELATIVE.fullmatch(text)
    if found is None:
        return text
    day = (today + timedelta(int(found[1]))).isoformat()
    return f"{day}T{found[2]}:00.000+01:00" if found[2] else day
