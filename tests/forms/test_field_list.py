"""The shipped forms follow the field list row by row; every departure from it stands here by name."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.forms.conftest import FORMS, field_list, mapped, shipped
from xlsform.columns import STAMPS
from xlsform.model import Kind, Question, Section

NOT_YET: Mapping[str, str] = {
    "closure": """
        header start end case_code closer_code close closure_reason survivor_agrees pending_legal risk_now
        feedback_given satisfaction retention_class supervisor_code goals goal_uid goal_service goal_status
    """,
    "situation": """
        header start end reporter_code period_start period_end region department arrondissement context security_level
        lockdown_days schools_open_pct displaced_est displaced_direction roads_blocked network events event_uid
        event_date event_violation event_actor event_women event_men event_girls event_boys event_source
        event_reliability services svc_uid svc_service svc_provider svc_state svc_pep_stock svc_places tendency trend
        comment
    """,
}
"""Rows of the field list that no form has yet, by form."""

DEPARTURES: Mapping[tuple[str, str, str], str] = {
    # "Prefers not to answer" must exclude the others too, as everywhere else.
    ("case", "disability", "constraint"): (
        "not((selected(., 'none') or selected(., 'prefer_not')) and count-selected(.) > 1)"
    ),
    # The original size is the evidence; without a word here the phone's own setting would shrink the picture.
    ("case", "file_photo", "parameters"): "max-pixels=20000",
}
"""(form, row, column) -> what the form has instead of what the field list says, on purpose."""

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
    """Return the rows of the field list that a form must have. The submission id has no row: every XForm has one."""
    made = []
    for row in field_list():
        if row["form"] == form_id and row["type"] != "meta":
            changed = {
                column: text
                for (form, name, column), text in DEPARTURES.items()
                if (form, name) == (form_id, row["name"])
            }
            made.append({**row, "required": _ASKED.get(row["required"], ""), **changed})
    return made


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
    want = {(row["group"], row["name"]): row[column] for row in expected(form_id)}
    assert {row: (have.get(row), text) for row, text in want.items() if have.get(row) != text} == {}


@pytest.mark.parametrize("form_id", FORMS)
def test_parameters_and_appearances_of_the_field_list_are_there(form_id: str) -> None:
    """What the field list asks of the screen is there; a form may ask for more words of appearance."""
    rows = {row["name"]: row for row in built(form_id)}
    lacking = {}
    for row in expected(form_id):
        wanted = row["parameters"]
        have = rows[row["name"]]["parameters" if "=" in wanted else "appearance"]
        if not set(wanted.split()) <= set(have.split()):
            lacking[row["name"]] = (have, wanted)
    assert lacking == {}


@pytest.mark.parametrize("form_id", FORMS)
def test_parameters_hold_nothing_that_the_field_list_does_not_ask(form_id: str) -> None:
    """A parameter changes what is stored, so none is added by the way."""
    wanted = {row["name"]: row["parameters"] for row in expected(form_id)}
    assert {
        row["name"]: row["parameters"]
        for row in built(form_id)
        if row["parameters"] and row["parameters"] != wanted[row["name"]]
    } == {}


def test_every_departure_departs() -> None:
    """A departure that says the same as the field list is an old one and must go."""
    rows = {(row["form"], row["name"]): row for row in field_list()}
    assert [key for key, text in DEPARTURES.items() if rows[key[:2]][key[2]] == text] == []


def test_what_is_not_built_yet_is_known_by_name() -> None:
    """A row of the field list is built or stands in the list of what is to come."""
    coming = {form: set(names.split()) for form, names in NOT_YET.items()}
    missing: dict[str, set[str]] = {}
    for row in field_list():
        if row["form"] not in FORMS and row["type"] != "meta":
            missing.setdefault(row["form"], set()).add(row["name"])
    assert missing == coming


def test_sources_leave_the_stamps_to_the_build() -> None:
    """Form id and version are written once, in the settings."""
    assert [row.name for form_id in FORMS for row in shipped(form_id).survey if row.name in STAMPS] == []
