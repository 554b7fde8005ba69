"""The lists of the forms are the shared lists, and the files that phones load are what they say."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from tests.forms.conftest import FORMS, mapped, shipped
from xlsform import pack

LISTS = pack.forms_root() / "lists"
MEDIA = pack.forms_root() / "media"


def table(name: str) -> list[Mapping[str, str]]:
    """Return the rows of a table of shared lists."""
    with (LISTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def truth(name: str) -> list[tuple[str, str, str]]:
    """Return code, French and English of a shared list, read without the toolchain."""
    units = table("cm_admin.csv")
    if name == "region":
        rows = [(unit["region_pcode"], unit["region_fr"], unit["region_en"]) for unit in units]
    elif name == "department":
        rows = [(unit["department_pcode"], unit["department"], unit["department"]) for unit in units]
    elif name == "violation_codes":
        rows = [(row["code"], row["label_fr"], row["label_en"]) for row in table("violation_codes.csv")]
    else:
        rows = [
            (row["code"], row["label_fr"], row["label_en"])
            for row in table("codelists.csv")
            if row["list"] == name
        ]
    return list(dict.fromkeys(rows))


@pytest.mark.parametrize("form_id", FORMS)
def test_lists_are_the_shared_lists(form_id: str) -> None:
    """Codes, labels and order on the phone are those of the shared tables."""
    for name, choices in shipped(form_id).choices.items():
        assert [(choice.name, choice.labels["fr"], choice.labels["en"]) for choice in choices] == truth(
            name
        ), name


@pytest.mark.parametrize("form_id", FORMS)
def test_every_list_is_used(form_id: str) -> None:
    """A list that no question uses is dead weight in every download."""
    used = {row.list_name for row in shipped(form_id).survey if row.list_name}
    assert set(shipped(form_id).choices) == used


@pytest.mark.parametrize("form_id", FORMS)
def test_no_list_is_too_long_for_the_sheet(form_id: str) -> None:
    """More than 200 choices come from a file, because a phone reads the sheet's list anew on each screen."""
    assert [name for name, choices in shipped(form_id).choices.items() if len(choices) > 200] == []


def test_every_department_belongs_to_a_region_and_none_is_empty() -> None:
    """The cascade never ends in an empty list."""
    departments = shipped("alert").choices["department"]
    assert {choice.cells["region"] for choice in departments} == {code for code, _, _ in truth("region")}
    assert {row["department"] for row in phone("arrondissements.csv")} == {
        choice.name for choice in departments
    }


def phone(name: str) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a file that phones load."""
    with (MEDIA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_arrondissements_are_made_from_the_administrative_units() -> None:
    """The media file is what the step makes of the table, byte for byte; edit the table, never the file."""
    made = pack.arrondissements(table("cm_admin.csv"))
    assert (MEDIA / "arrondissements.csv").read_bytes() == made.encode()


def test_arrondissements_show_the_everyday_name_of_the_town() -> None:
    """People say Fonfuka where the list says Bum; several names stand side by side."""
    labels = {row["name"]: row["label"] for row in phone("arrondissements.csv")}
    assert labels["CM007001002"] == "Bum (Fonfuka)"
    assert labels["CM007006005"] == "Widikum-Menka (Widikum, Widikum-Boffe)"
    assert len(labels) == 360


def test_two_arrondissements_of_one_department_never_look_alike() -> None:
    """An answer must be told from its neighbour."""
    shown = Counter((row["department"], row["label"]) for row in phone("arrondissements.csv"))
    assert [place for place, times in shown.items() if times > 1] == []


def test_a_retired_unit_is_not_offered() -> None:
    """A place that no longer exists is not offered for new facts; its code stays in the table for old ones."""
    unit = {**table("cm_admin.csv")[0], "status": "retired"}
    assert pack.arrondissements([unit]) == "name,label,department\n"


def test_published_lists_ship_with_headers_only() -> None:
    """Cases and providers come from a register; no sample row may ever reach a phone."""
    assert (MEDIA / "cases.csv").read_bytes() == b"name,label,department,due,status\n"
    assert (MEDIA / "providers.csv").read_bytes() == b"name,label,department,services\n"


@pytest.mark.parametrize("form_id", FORMS)
def test_every_file_a_form_loads_is_there(form_id: str) -> None:
    """A missing file is an empty list on the phone, without a word."""
    files = {question.file for question in mapped(form_id).questions if question.file}
    assert [name for name in files if not (MEDIA / name).is_file()] == []


def test_the_tables_are_whole() -> None:
    """All lists, violations and units are there, codes unique in their list."""
    codes = Counter((row["list"], row["code"]) for row in table("codelists.csv"))
    assert len({name for name, _ in codes}) == 104
    assert len(codes) == codes.total() == 758
    assert (
        len({row["code"] for row in table("violation_codes.csv")}) == len(table("violation_codes.csv")) == 50
    )
    assert (
        len({unit["arrondissement_pcode"] for unit in table("cm_admin.csv")})
        == len(table("cm_admin.csv"))
        == 360
    )
    assert (len(truth("region")), len(truth("department"))) == (10, 58)
