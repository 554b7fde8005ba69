"""Where the answers of a form go: entity, field, level, repeat, condition."""

from __future__ import annotations

import pytest

from tests.forms.xlsform.worlds import form, form_of
from xlsform.columns import STAMPS
from xlsform.model import Question, Resolved, media, resolve
from xlsform.workbooks import layout
from xlsform.workbooks.layout import column_letter

NESTED = """\
survey:
  - {type: text, name: alone, register: orphan}
  - {type: begin_group, name: g, register: incident, sensitivity: 1, relevant: '1 = 1'}
  - {type: text, name: here, register: village}
  - {type: text, name: there, register: alert.place_hint, sensitivity: 3}
  - {type: text, name: unmapped}
  - {type: begin_group, name: inner}
  - {type: text, name: deep, register: hour}
  - {type: end_group}
  - {type: begin_group, name: other, register: act, sensitivity: 2}
  - {type: begin_repeat, name: r, register: person, relevant: '2 = 2'}
  - {type: calculate, name: u, register: uid, sensitivity: 0}
  - {type: text, name: nick, register: alias, relevant: '3 = 3'}
  - {type: begin_repeat, name: rr}
  - {type: text, name: deepest}
  - {type: end_repeat}
  - {type: end_repeat}
  - {type: text, name: after, register: code}
  - {type: end_group}
  - {type: end_group}
  - {type: note, name: n}
  - {type: start, name: s}
  - {type: deviceid, name: d}
  - {type: text, name: odd, sensitivity: secret}
"""


@pytest.fixture
def nested() -> Resolved:
    """A form with every kind of nesting."""
    return resolve(form_of(NESTED))


def question(resolved: Resolved, name: str) -> Question:
    """The question of that name."""
    found = resolved.question(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("alone", (None, "orphan")),
        ("here", ("incident", "village")),
        ("there", ("alert", "place_hint")),
        ("unmapped", ("incident", None)),
        ("deep", ("incident", "hour")),
        ("u", ("person", "uid")),
        ("deepest", ("person", None)),
        ("after", ("act", "code")),
        ("n", (None, None)),
    ],
)
def test_a_bare_name_belongs_to_the_nearest_section(
    nested: Resolved, name: str, target: tuple[str, str]
) -> None:
    """Of those that name an entity; a dotted name says another one."""
    found = question(nested, name)

    assert (found.entity, found.field) == target


@pytest.mark.parametrize(
    ("name", "level"),
    [("alone", 3), ("here", 1), ("there", 3), ("deep", 1), ("u", 0), ("nick", 2), ("after", 2), ("n", 0), ("s", 0),
     ("d", 3), ("odd", 3), ("dikalo_form", 0)],
)  # fmt: skip
def test_the_level_is_the_own_else_of_the_nearest_section_else_sealed(
    nested: Resolved, name: str, level: int
) -> None:
    """Notes, quiet metadata and stamps are public; what identifies the phone, and what nobody can read, is sealed."""
    assert question(nested, name).level == level


def test_it_is_known_whether_anybody_said_the_level(nested: Resolved) -> None:
    """So that the check can ask for it."""
    unsaid = [found.name for found in nested.questions if not found.classed]

    assert unsaid == ["alone", "d"]


def test_paths_repeats_and_conditions(nested: Resolved) -> None:
    """A path has neither root nor index; conditions are listed from the outermost section."""
    nick, deepest, after = (question(nested, name) for name in ("nick", "deepest", "after"))

    assert nick.path == ("g", "other", "r", "nick")
    assert nick.repeat == ("g", "other", "r")
    assert (nick.relevance, nick.relevances) == ("3 = 3", ("1 = 1", "2 = 2"))
    assert deepest.repeat == ("g", "other", "r", "rr")
    assert (after.repeat, after.relevances) == ((), ("1 = 1",))


def test_sections_say_their_own_entity_and_what_counts_inside(nested: Resolved) -> None:
    """A repeat without an entity is inside the one around it."""
    by_path = {"/".join(section.path): section for section in nested.sections}

    assert {path: (one.entity, one.within, one.repeat) for path, one in by_path.items()} == {
        "g": ("incident", "incident", False),
        "g/inner": (None, "incident", False),
        "g/other": ("act", "act", False),
        "g/other/r": ("person", "person", True),
        "g/other/r/rr": (None, "person", True),
    }
    assert by_path["g/other/r/rr"].under == ("g", "other", "r")


def test_the_stamps_come_last() -> None:
    """Every built form has them, whatever its source holds."""
    assert tuple(found.name for found in resolve(form()).questions[-2:]) == STAMPS


def test_labels_types_and_lists() -> None:
    """What the register shows of a question, and where its codes come from."""
    resolved = resolve(form())
    zone, case = question(resolved, "zone"), question(resolved, "old_case")

    assert (zone.type, zone.list, zone.file) == ("select_one", "zone", None)
    assert zone.labels == {"fr": "Zone", "en": "Zone"}
    assert (case.type, case.list, case.file) == ("select_one_from_file", None, "cases.csv")


def test_the_files_a_form_asks_for() -> None:
    """Lists, pictures of questions and of choices, in every language, each once."""
    assert media(form()) == ("cases.csv", "red.png", "rouge.png", "signes.png", "signs.png")


def test_a_cell_is_named_as_excel_names_it() -> None:
    """Also for a source: where the built workbook has it."""
    made = form()

    assert layout.address(made, made.survey[3].place, "label", "en") == "survey!D5"
    assert layout.address(made, made.survey[3].place, "unknown") == ""
    assert [column_letter(number) for number in (1, 26, 27, 52, 703)] == ["A", "Z", "AA", "AZ", "AAA"]
