"""Written scenarios: what somebody answered, in words a trainer can read and change. Reads YAML.

Knows nothing of the form: what a scenario answers is brought to it by `answers`. Every scalar is text; places are named
as in the list of administrative units.

One scenario::

    - id: a01
      about: Girl of 15, sexual violence yesterday, Bui
      day: -5
      time: "06:42"
      place: Bui / Kumbo
      danger_now: no
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from gettext import gettext
from pathlib import Path
from typing import Any, Final

from xlsform import pack
from xlsform.errors import N_, FormError
from xlsform.sources.plain_yaml import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    SourceUnreadable,
    decode,
    parse,
)
from xlsform.sources.yaml_shapes import mapping, sequence

__all__ = [
    "ABOUT",
    "BASE",
    "DOUALA",
    "REST",
    "Answer",
    "Scenario",
    "ScenarioUnknown",
    "ScenarioWrong",
    "chosen",
    "of_form",
    "scenarios",
]

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
