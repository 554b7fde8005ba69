"""The shipped forms follow the field list row by row, without an exception.

Where a form must say more than the field list does, a rule says so for every row of a kind, never for one row:

- A list that the register publishes may be empty or old, so a required choice from it has a way out, a typed code right
  after it; it is required until a code is typed, as long as the list has a row.
- The engine makes the first row of a repeat by itself, so each repeat of which there may be none is opened by a yes/no of
  its own, right before it (in the group before it when that one belongs to the same record).
- In a multiple choice every way out excludes the other answers, also one that the field list forgot.
- A picture for which the field list asks no size keeps its original one, which must be said in words: a form that is
  silent is overruled by the phone's settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.forms.conftest import FORMS, choices, field_list, mapped, shipped
from xlsform.columns import STAMPS
from xlsform.model import Kind, Question, Section

NEVER_EMPTY = frozenset({"victims", "acts"})
"""Repeats of which a documented case has at least one row: the person interviewed, and what was done to her."""

EXITS = ("none", "unknown", "prefer_not")
ORIGINAL = "max-pixels=20000"
"""Larger than any camera of a phone."""

COLUMNS = (
    "type",
    "choices",
    "dynamic",
    "required",
    "relevant",
    "constraint",
    "calculation",
    "choice_filter",
    "default",
    "sensitivity",
    "register",
)

_FILES = {
    "arrondissements.csv": ("cm_admin:arrondissement", ""),
    "cases.csv": ("", "published:cases"),
    "providers.csv": ("", "published:providers"),
}
_UNITS = {"region": "cm_admin:region", "department": "cm_admin:department"}
_ASKED = {"yes": "yes", "cond": "yes"}


def built(form_id: str) -> list[dict[str, str]]:
    """Describe a form in the words of the field list, in the order of its rows."""
    items: tuple[Section | Question, ...] = (*mapped(form_id).sections, *mapped(form_id).questions)
    of_path = {item.path: item for item in items}
    made = []
    for path, row in shipped(form_id).paths():
        if row.kind is not Kind.END:
            item = of_path[path]
            made.append(described(item) | {"group": group(form_id, item)})
    return made


def described(item: Section | Question) -> dict[str, str]:
    """Describe one row."""
    cell = item.row.cell
    if isinstance(item, Section):
        asked = {"type": "repeat" if item.repeat else "group", "register": item.entity or ""}
    else:
        register = f"{item.entity}.{item.field}" if item.field else ""
        asked = {"type": item.type, "register": register, "sensitivity": str(item.level)}
    file = item.row.list_file or ""
    lists, dynamic = _FILES.get(file, (item.row.list_name or "", ""))
    columns = ("required", "relevant", "constraint", "calculation", "choice_filter", "parameters", "default")
    return {
        "name": item.path[-1],
        "choices": _UNITS.get(lists, lists),
        "dynamic": dynamic,
        "appearance": cell("appearance"),
        "sensitivity": "",
        **{column: cell(column) for column in columns},
        **asked,
    }


def group(form_id: str, item: Section | Question) -> str:
    """Return the path of the group as the field list writes it: a repeat has brackets."""
    path = item.path if isinstance(item, Section) else item.path[:-1]
    repeats = {section.path for section in mapped(form_id).sections if section.repeat}
    return "/".join(part + "[]" * (path[: end + 1] in repeats) for end, part in enumerate(path))


def expected(form_id: str) -> list[dict[str, str]]:
    """Return the rows that a form must have. The submission id has no row: every XForm has one.

    Of a row that the field list does not have, only the columns that a rule gives are there.
    """
    listed = [row for row in field_list() if row["form"] == form_id and row["type"] != "meta"]
    made: list[dict[str, str]] = []
    for row in listed:
        if row["type"] == "repeat" and row["name"] not in NEVER_EMPTY:
            made.append(_opener(form_id, row))
        made.append(_ruled(form_id, row))
        if _needs_way_out(row):
            made.append(_typed(row))
    return made


def _ruled(form_id: str, row: Mapping[str, str]) -> dict[str, str]:
    """Return a row of the field list with what the rules add."""
    made = {**row, "required": _ASKED.get(row["required"], "")}
    name = row["name"]
    if _needs_way_out(row):
        made["required"] = f"${{{name}_typed}} = '' and count({_list(row)}) > 0"
    if row["type"] == "repeat" and name not in NEVER_EMPTY:
        made["relevant"] = " and ".join(filter(None, (row["relevant"], f"${{{name}_any}} = 'yes'")))
    if row["type"] == "select_multiple":
        made["constraint"] = " and ".join(filter(None, (row["constraint"], *_exits(form_id, row))))
    if row["type"] == "image" and not row["parameters"]:
        made["parameters"] = ORIGINAL
    return made


def _exits(form_id: str, row: Mapping[str, str]) -> Iterator[str]:
    question = mapped(form_id).question(row["name"])
    offered = {choice.name for choice in choices(form_id, question)} if question is not None else set()
    for code in EXITS:
        if code in offered and f"selected(., '{code}')" not in row["constraint"]:
            yield f"not(selected(., '{code}') and count-selected(.) > 1)"


def _needs_way_out(row: Mapping[str, str]) -> bool:
    return row["dynamic"].startswith("published:") and row["required"] in _ASKED


def _list(row: Mapping[str, str]) -> str:
    return f"instance('{row['dynamic'].removeprefix('published:')}')/root/item"


def _typed(row: Mapping[str, str]) -> dict[str, str]:
    return {
        "name": f"{row['name']}_typed",
        "group": row["group"],
        "type": "text",
        "required": f"count({_list(row)}) = 0",
        **{column: row[column] for column in ("relevant", "sensitivity", "register")},
    }


def _opener(form_id: str, row: Mapping[str, str]) -> dict[str, str]:
    name = f"{row['name']}_any"
    (path,) = [path for path, _ in shipped(form_id).paths() if path[-1] == name] or [(name,)]
    return {
        "name": name,
        "group": "/".join(path[:-1]),
        "type": "select_one",
        "choices": "yes_no",
        "required": "yes",
        "relevant": row["relevant"],
        "register": "",
    }


@pytest.mark.parametrize("form_id", FORMS)
def test_rows_stand_in_the_order_of_the_field_list(form_id: str) -> None:
    """Same rows, same groups and repeats, same order: no row missing and none too many."""
    assert [(row["group"], row["name"]) for row in built(form_id)] == [
        (row["group"], row["name"]) for row in expected(form_id)
    ]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("form_id", FORMS)
def test_cells_say_what_the_field_list_says(form_id: str, column: str) -> None:
    """Types, lists, conditions, levels and register names are those of the field list, row by row."""
    have = {(row["group"], row["name"]): row[column] for row in built(form_id)}
    want = {(row["group"], row["name"]): row[column] for row in expected(form_id) if column in row}
    assert {row: (have.get(row), text) for row, text in want.items() if have.get(row) != text} == {}


@pytest.mark.parametrize("form_id", FORMS)
def test_parameters_and_appearances_of_the_field_list_are_there(form_id: str) -> None:
    """What the field list asks of the screen is there; a form may ask for more words of appearance."""
    rows = {row["name"]: row for row in built(form_id)}
    lacking = {}
    for row in expected(form_id):
        wanted = row.get("parameters", "")
        have = rows[row["name"]]["parameters" if "=" in wanted else "appearance"]
        if not set(wanted.split()) <= set(have.split()):
            lacking[row["name"]] = (have, wanted)
    assert lacking == {}


@pytest.mark.parametrize("form_id", FORMS)
def test_parameters_hold_nothing_that_the_field_list_does_not_ask(form_id: str) -> None:
    """A parameter changes what is stored, so none is added by the way."""
    wanted = {row["name"]: row.get("parameters", "") for row in expected(form_id)}
    assert {
        row["name"]: row["parameters"]
        for row in built(form_id)
        if row["parameters"] and row["parameters"] != wanted[row["name"]]
    } == {}


def test_every_form_of_the_field_list_is_built() -> None:
    """No form of the field list waits to be written, and none is beside it."""
    assert {row["form"] for row in field_list()} == set(FORMS)


def test_the_rules_add_rows_only_where_they_say() -> None:
    """Beside the rows of the field list there are four typed codes and six yes/no before a repeat, no others."""
    listed = {(row["form"], row["name"]) for row in field_list()}
    added = {
        (form_id, row["name"])
        for form_id in FORMS
        for row in built(form_id)
        if (form_id, row["name"]) not in listed
    }
    assert added == {
        *((form_id, "case_code_typed") for form_id in ("case", "followup", "closure")),
        ("followup", "provider_code_typed"),
        *(("case", f"{name}_any") for name in ("perpetrators", "sources", "evidence")),
        ("closure", "goals_any"),
        *(("situation", f"{name}_any") for name in ("events", "services")),
    }


def test_sources_leave_the_stamps_to_the_build() -> None:
    """Form id and version are written once, in the settings."""
    assert [row.name for form_id in FORMS for row in shipped(form_id).survey if row.name in STAMPS] == []
