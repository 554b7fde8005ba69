"""Written scenarios: read with line numbers, resolved for a form, and refused with the nearest name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from xlsform import pack
from xlsform.errors import FormError
from xlsform.lesson.scenario import (
    BASE,
    ScenarioUnfit,
    ScenarioUnknown,
    ScenarioWrong,
    chosen,
    of_form,
    prepare,
    scenarios,
)
from xlsform.model import Resolved, resolve
from xlsform.sources import source

TODAY = date(2026, 11, 25)
YAML = """
settings: {form_title: Essai, form_id: essai}
survey:
  - {type: text, name: who, label: Qui}
  - {type: begin_group, name: where, label: Où}
  - {type: text, name: region, label: R}
  - {type: text, name: department, label: D}
  - {type: text, name: arrondissement, label: A}
  - {type: end_group}
  - {type: text, name: people_any, label: Y}
  - {type: begin_repeat, name: people, label: P}
  - {type: integer, name: age, label: Âge}
  - {type: image, name: photo, label: Photo}
  - {type: date, name: since, label: Depuis}
  - {type: end_repeat}
"""


def form() -> Resolved:
    """Return a form with a group, a repeat, and the question whether there is a row."""
    return resolve(source.read(YAML.encode(), file="essai.yaml"))


def written(folder: Path, text: str, name: str = "s.yaml") -> Path:
    """Write a file of scenarios."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_scenario_is_resolved(tmp_path: Path) -> None:
    """Names become paths, places codes, days dates, files get names as a phone makes them; rows say there are rows."""
    text = """
defaults: {who: Personne}
samples:
  - id: x
    about: An example
    place: Bui / Kumbo
    people:
      - {age: "30", photo: jpg, since: "@-3"}
      - {age: "4"}
"""
    (one,) = scenarios(written(tmp_path, text))
    prepared = prepare(one, form(), TODAY)

    assert one.opened.date() == BASE
    assert one.defaults == {"who"}
    assert prepared.answers["where/department"].startswith("CM007")
    assert prepared.answers["people[1]/since"] == "2026-11-22"
    assert prepared.answers["people[2]/age"] == "4"
    assert prepared.answers["people_any"] == "yes"
    assert prepared.implied == {"people_any"}
    assert list(prepared.files.values()) == ["jpg"]
    assert prepared.answers["people[1]/photo"] in prepared.files


def test_without_rows_there_are_none(tmp_path: Path) -> None:
    """The question before the repeat is answered with no, unless the scenario answers it itself."""
    (one, other) = scenarios(written(tmp_path, "samples:\n  - {id: x}\n  - {id: y, people_any: yes}\n"))

    assert prepare(one, form(), TODAY).answers == {"people_any": "no"}
    assert prepare(other, form(), TODAY).answers == {"people_any": "yes"}
    assert prepare(other, form(), TODAY).implied == frozenset()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "samples"),
        ("samples: [a]\n", "s.yaml"),
        ("scenarios: []\n", "samples is missing"),
        ("samples:\n  - {about: x}\n", "needs an id"),
        ("samples:\n  - {id: }\n", "needs an id"),
        ("samples:\n  - {id: a, day: demain}\n", "whole number of days"),
        ("samples:\n  - {id: a, day: 1.5}\n", "whole number of days"),
        ("samples:\n  - {id: a, time: 9h15}\n", "09:15"),
        ("samples:\n  - {id: a, time: [9, 15]}\n", "09:15"),
        ("samples:\n  - {id: a, minutes: trois}\n", "minutes must"),
        ("samples:\n  - {id: a, about: {b: c}}\n", "one text"),
        ("samples:\n  - {id: a}\n  - {id: a}\n", "the same id"),
        ("samples:\n  - {id: a, id: b}\n", "s.yaml:2"),
        ("samples:\n  - {id: a, who: !!int 3}\n", "s.yaml:2"),
        ("samples:\n  - id: a\n   who: b\n", "s.yaml"),
        ("samples: &x\n  - *x\n", "s.yaml"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """One sentence; no traceback of a library, no guess."""
    with pytest.raises(FormError) as raised:
        scenarios(written(tmp_path, text))

    assert said in raised.value.words()


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Nor one that is not there."""
    (tmp_path / "s.yaml").write_bytes(b"\xff\xfe")
    for name in ("s.yaml", "nothing.yaml"):
        with pytest.raises(FormError):
            scenarios(tmp_path / name)


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        ("{whom: x}", ScenarioUnfit, "Nearest: who"),
        ("{place: Bui / Ville-Inventée}", ScenarioUnfit, "Bui / Ville-Inventée"),
        ("{place: Bui}", ScenarioUnfit, "place: Bui"),
        ("{people: [{photo: gif}]}", ScenarioUnfit, "jpg, amr"),
        ("{people: [{ages: 3}]}", ScenarioUnfit, "Nearest: age"),
        ("{'people[2]/ages': 3}", ScenarioUnfit, "people/age"),
        ("{peoples: [{age: 3}]}", ScenarioUnfit, "Nearest: people"),
        ("{people: x}", ScenarioWrong, "a repeat takes a list of rows"),
        ("{people: [x]}", ScenarioWrong, "each row of a repeat"),
        ("{who: [{age: 3}]}", ScenarioWrong, "a question takes one text"),
        ("{where: [{region: x}]}", ScenarioWrong, "a group takes questions"),
        ("{who: {age: 3}}", ScenarioWrong, "a question takes one text"),
    ],
)
def test_what_the_form_does_not_ask_is_refused(
    tmp_path: Path, line: str, error: type[FormError], said: str
) -> None:
    """An unknown question with the nearest name, and an answer of the wrong shape with the right one."""
    (one,) = scenarios(written(tmp_path, f"samples:\n  - {{id: x, {line[1:]}\n"))
    with pytest.raises(error) as raised:
        prepare(one, form(), TODAY)

    assert said in raised.value.words()


def test_a_scenario_is_chosen_by_name_or_file(tmp_path: Path) -> None:
    """A file with one scenario needs no name; one with several does."""
    root = pack.forms_root()
    two = written(tmp_path, "samples:\n  - {id: a}\n  - {id: b}\n", "two.yaml")
    lone = written(tmp_path, "samples:\n  - {id: c}\n", "one.yaml")

    assert chosen("a01", "alert", root).id == "a01"
    assert chosen("a01", "alert", tmp_path).id == "a01"  # a folder without scenarios falls back on ours
    assert chosen(str(lone), "alert", root).id == "c"
    assert chosen(f"{two}#b", "alert", root).id == "b"
    for wrong in ("zz", str(two), f"{two}#c"):
        with pytest.raises(ScenarioUnknown):
            chosen(wrong, "alert", root)
    assert of_form("nobody", root) == []


def test_a_correction_is_not_told_alone(tmp_path: Path) -> None:
    """It only makes sense over the form that was sent."""
    path = written(tmp_path, "samples:\n  - {id: a-2, of: a, changes: {who: x}}\n")
    with pytest.raises(ScenarioWrong):
        chosen(str(path), "essai", tmp_path)


@pytest.mark.parametrize(
    "name", [one.form_id for one in pack.forms() if of_form(one.form_id, pack.forms_root())]
)
def test_the_shipped_scenarios_fit_their_forms(name: str) -> None:
    """Every question and place that they name is there."""
    root = pack.forms_root()
    shipped = resolve(source.load(root / "src" / f"{name}.yaml"))

    assert [one.id for one in of_form(name, root) if not prepare(one, shipped, TODAY).answers] == []
