"""Written scenarios: what somebody answered, in words a trainer can read and change; and those answers as the engine takes them.

Every scalar is text; places are named as in the list of administrative units. A question that the form does not have is an error
here; an answer that the phone does not take shows when it is filled.

One scenario::

    - id: a01
      about: Girl of 15, sexual violence yesterday, Bui
      day: -5
      time: "06:42"
      place: Bui / Kumbo
      danger_now: no
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from difflib import get_close_matches
from gettext import gettext
from pathlib import Path
from typing import Any, Final

from xlsform import pack
from xlsform.errors import N_, FormError
from xlsform.model import Resolved
from xlsform.sources.plain_yaml import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    SourceUnreadable,
    decode,
    mapping,
    parse,
    sequence,
)

BASE: date = date(2026, 11, 24)
"""The day on which the newest samples end."""
DOUALA: timezone = timezone(timedelta(hours=1))
_WHOLE = re.compile(r"[+-]?\d{1,4}")
ABOUT = (
    *("id", "about", "day", "time", "minutes", "language", "code", "coordinator", "times", "metadata"),
    *("broken", "of"),
)
"""What a scenario says about itself: each is one text."""
REST = ("changes", "without")
"""What it says about the scenario that it corrects; every other name is a question."""

Answer = str | list[dict[str, Any]] | dict[str, Any]  # nested as deep as repeats are


ScenarioWrong: Final = FormError.declare(
    "DK-F85",
    "{where}: this is no scenario: {why}. Look at one in forms/samples/scenarios/.",
    shown={"why": gettext},
)
ScenarioUnknown: Final = FormError.declare(
    "DK-F86",
    "There is no scenario {scenario} for this form. Known: {known}. Give one of these names, or a file of your own "
    "(file.yaml, or file.yaml#name when it holds several).",
)


@dataclass(frozen=True)
class Scenario:
    """One submission to be made.

    ``opened`` is when the phone opened the form, ``minutes`` for how long; ``of`` names what an edit corrects.
    ``defaults`` are the questions answered by the file's defaults: the form need not ask for them.
    """

    id: str
    opened: datetime
    minutes: int
    about: str = ""
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


# --- reading ------------------------------------------------------------------------------------------------------


def scenarios(path: Path) -> list[Scenario]:
    """Read a file of scenarios; every scalar is text.

    Raises:
        FormError: the file cannot be read, or holds what is no scenario; with file and line.
    """
    file = path.name
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceUnreadable(file=file, why=N_("the file cannot be opened")) from error
    top = mapping(parse(decode(raw, file), file), file)
    if "samples" not in top.entries:
        raise ScenarioWrong(where=str(top.mark), why=N_("the list samples is missing"))
    defaults = mapping(top.entries.get("defaults", MappingNode({}, top.mark, {})), "defaults")
    made = [
        _scenario(mapping(item, "samples"), defaults)
        for item in sequence(top.entries["samples"], "samples").items
    ]
    ids = [one.id for one in made]
    if twice := next((one for one in ids if ids.count(one) > 1), None):
        raise ScenarioWrong(where=f"{file} ({twice})", why=N_("two scenarios have the same id"))
    return made


def chosen(given: str, form_id: str, root: Path) -> Scenario:
    """Return a scenario by its name among those of the form, or from a file: ``file.yaml``, ``file.yaml#name``.

    Raises:
        ScenarioUnknown: there is none of that name.
        ScenarioWrong: it corrects a sent form, so it cannot be told alone.
        FormError: the file cannot be read.
    """
    file, _, name = given.partition("#")
    if Path(file).suffix.lower() in {".yaml", ".yml"}:
        known = scenarios(Path(file))
        name = name or (known[0].id if len(known) == 1 else "")
    else:
        name, known = given, of_form(form_id, root)
    found = next((one for one in known if one.id == name), None)
    if found is None:
        raise ScenarioUnknown(scenario=name or given, known=", ".join(one.id for one in known) or "-")
    if found.of:
        raise ScenarioWrong(
            where=found.id, why=N_("it corrects a form that was sent; show the one it corrects")
        )
    return found


def of_form(form_id: str, root: Path) -> list[Scenario]:
    """Return the scenarios of a form in a forms folder, else those that travel with the product; [] when none do."""
    for folder in (root, pack.forms_root()):
        path = folder / "samples" / "scenarios" / f"{form_id}.yaml"
        if path.is_file():
            return scenarios(path)
    return []


def _scenario(node: MappingNode, defaults: MappingNode) -> Scenario:
    raw = {key: _plain(value) for key, value in {**defaults.entries, **node.entries}.items()}
    for key in ABOUT:
        if not isinstance(raw.get(key, ""), str):
            raise ScenarioWrong(where=_where(node, key), why=_WHY.get(key, N_("this must be one text")))
    if not raw.get("id"):
        raise ScenarioWrong(where=_where(node, "id"), why=_WHY["id"])
    return Scenario(
        id=raw["id"],
        about=raw.get("about", ""),
        opened=_opened(node, raw),
        minutes=_number(node, raw, "minutes", 0),
        language=raw.get("language"),
        times=_number(node, raw, "times", 1),
        **{key: raw.get(key, "") for key in ("code", "coordinator", "metadata", "broken", "of")},
        answers=raw.get("changes") or {key: raw[key] for key in raw if key not in (*ABOUT, *REST)},
        defaults=frozenset(defaults.entries.keys() - node.entries.keys()),
        without=tuple(raw.get("without", ())),
    )


_WHY = {
    "id": N_("every scenario needs an id, a short name"),
    "day": N_("day must be a whole number of days from the base date, such as -3"),
    "time": N_("time must be written as 09:15, in quotes"),
    "minutes": N_("minutes must be a whole number"),
    "times": N_("times must be a whole number"),
}


def _plain(node: Node) -> Any:
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    return {key: _plain(value) for key, value in node.entries.items()}


def _where(node: MappingNode, key: str) -> str:
    return str(node.keys.get(key, node.mark))


def _opened(node: MappingNode, raw: Mapping[str, str]) -> datetime:
    try:
        at = time.fromisoformat(raw.get("time", "09:00"))
    except ValueError:
        raise ScenarioWrong(where=_where(node, "time"), why=_WHY["time"]) from None
    return datetime.combine(BASE + timedelta(_number(node, raw, "day", 0)), at.replace(tzinfo=None), DOUALA)


def _number(node: MappingNode, raw: Mapping[str, str], key: str, otherwise: int) -> int:
    text = raw.get(key) or str(otherwise)
    if not _WHOLE.fullmatch(text):
        raise ScenarioWrong(where=_where(node, key), why=_WHY[key])
    return int(text)


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
