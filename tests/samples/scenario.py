"""Written scenarios: what somebody answered, in words a reviewer can read. Reads YAML, resolves paths, places and dates.

It decides nothing about the form: an answer that the form does not know is an error here, one that the form does not
ask for is an error when it is filled.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from xlsform.model import Resolved

BASE = date(2026, 11, 24)
"""The day on which the newest samples end."""
DOUALA = timezone(timedelta(hours=1))
_RELATIVE = re.compile(r"@([+-]?\d+)(?:T(\d\d:\d\d))?")
_ABOUT = (
    "id",
    "about",
    "day",
    "time",
    "minutes",
    "language",
    "code",
    "coordinator",
    "times",
    "metadata",
    "broken",
    "of",
)
_REST = ("changes", "without")
EXTENSIONS = {"jpg": "jpg", "amr": "amr"}

Answer = str | list[dict[str, Any]] | dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One submission to be made.

    ``opened`` is when the phone opened the form, ``minutes`` for how long; ``of`` names what an edit corrects.
    ``defaults`` are the questions answered by the file's defaults: the form need not ask for them.
    """

    id: str
    opened: datetime
    minutes: int
    language: str | None = None
    code: str = ""
    coordinator: str = ""
    times: int = 1
    metadata: str = ""
    broken: str = ""
    of: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    defaults: frozenset[str] = frozenset()
    without: tuple[str, ...] = ()

    @property
    def finished(self) -> datetime:
        """When the phone finished the form."""
        return self.opened + timedelta(minutes=self.minutes)

    def media_name(self, number: int, extension: str) -> str:
        """Return a file's name as a phone makes it: the milliseconds of the moment."""
        moment = int(self.opened.astimezone(UTC).timestamp()) * 1000
        return f"{moment + 1000 * (number + 1) + 37 * len(self.id)}.{extension}"


def scenarios(path: Path) -> list[Scenario]:
    """Read a file of scenarios; every scalar is text."""
    read = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes text only
    defaults = read.get("defaults", {})
    return [
        _scenario({**defaults, **one}, frozenset(defaults.keys() - one.keys())) for one in read["samples"]
    ]


def _scenario(raw: dict[str, Any], defaults: frozenset[str]) -> Scenario:
    opened = datetime.combine(BASE + timedelta(int(raw["day"])), time.fromisoformat(raw["time"]), DOUALA)
    return Scenario(
        id=raw["id"],
        opened=opened,
        minutes=int(raw.get("minutes", "0")),
        language=raw.get("language"),
        times=int(raw.get("times", "1")),
        **{key: raw.get(key, "") for key in ("code", "coordinator", "metadata", "broken", "of")},
        answers=raw.get("changes") or {key: raw[key] for key in raw if key not in (*_ABOUT, *_REST)},
        defaults=defaults,
        without=tuple(raw.get("without", ())),
    )


@dataclass(frozen=True)
class Prepared:
    """Answers by path, as the engine takes them, and the files they name: name -> what it holds (jpg, amr)."""

    answers: Mapping[str, str]
    files: Mapping[str, str]


def prepare(scenario: Scenario, form: Resolved, today: date) -> Prepared:
    """Resolve a scenario for filling on a real day: ``today`` stands for the day of the sample.

    Raises:
        KeyError: the scenario names a question or place that does not exist.
    """
    answers: dict[str, str] = {}
    files: dict[str, str] = {}
    paths = _paths(form)
    if clash := paths.keys() & {*_ABOUT, *_REST}:
        raise KeyError(*clash)  # a question of the form that no scenario could answer
    for path, text in _flat(scenario.answers, paths, ()):
        kind = next(
            (q.type for q in form.questions if q.path == tuple(re.sub(r"\[\d+\]", "", path).split("/"))), ""
        )
        if kind in {"image", "audio", "file"}:
            name = scenario.media_name(len(files), EXTENSIONS[text])
            files[name], answers[path] = text, name
        else:
            answers[path] = _dated(text, today)
    if not scenario.of:
        answers = _opening(form, answers) | answers
    return Prepared(answers, files)


def _opening(form: Resolved, answers: Mapping[str, str]) -> dict[str, str]:
    """Answer the yes/no before each repeat: the rows of the scenario say it. A correction says it itself."""
    repeats = ["/".join(section.path) for section in form.sections if section.repeat]
    opening = {
        "/".join(q.path): q.name.removesuffix("_any") for q in form.questions if q.name.endswith("_any")
    }
    rows = {repeat for repeat in repeats if any(path.startswith(f"{repeat}[") for path in answers)}
    return {path: "yes" if repeat in rows else "no" for path, repeat in opening.items() if repeat in repeats}


def _flat(
    answers: Mapping[str, Any], paths: Mapping[str, tuple[str, ...]], row: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for name, answer in answers.items():
        if name == "place":
            yield from _flat(_place(answer), paths, row)
        elif isinstance(answer, list):
            for number, cells in enumerate(answer, start=1):
                yield from _flat(cells, paths, (*paths[name][:-1], f"{name}[{number}]"))
        elif isinstance(answer, dict):
            yield from _flat(answer, paths, row)
        elif "/" in name:
            yield name, answer
        else:
            yield "/".join((*row, *paths[name][len(row) :])), answer


def _paths(form: Resolved) -> dict[str, tuple[str, ...]]:
    return {path[-1]: path for path in [*(s.path for s in form.sections), *(q.path for q in form.questions)]}


def _place(text: str) -> dict[str, str]:
    """Return the codes of ``department / arrondissement``."""
    department, arrondissement = text.split(" / ")
    with (Path(__file__).parents[2] / "forms" / "lists" / "cm_admin.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        for unit in csv.DictReader(file):
            if (unit["department"], unit["arrondissement"]) == (department, arrondissement):
                return {level: unit[f"{level}_pcode"] for level in ("region", "department", "arrondissement")}
    raise KeyError(text)


def _dated(text: str, today: date) -> str:
    found = _RELATIVE.fullmatch(text)
    if found is None:
        return text
    day = (today + timedelta(int(found[1]))).isoformat()
    return f"{day}T{found[2]}:00.000+01:00" if found[2] else day
