"""The draft of a map, for somebody who has never seen one, and where a case lies whose list names a department alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from sync_scripts.intake.legacy import mapping
from sync_scripts.intake.legacy.mapping import Target
from sync_scripts.intake.legacy.table import draft
from sync_scripts.register.forms.desk_forms import newest_map
from sync_scripts.store.schema import register as tables
from sync_scripts.texts import speak
from tests.intake.scene import Scene
from tests.intake.test_legacy import taken, workbook

MAP = 'key = "N°"\n[columns]\n"N°" = "extra.1"\n"Département" = "incident.department"\n'


@pytest.fixture
def known(one: Scene) -> dict[str, Target]:
    """Return the fields that a column can go into."""
    with one.register.reading() as rows:
        return mapping.targets(newest_map(rows, "interview"))


@pytest.mark.parametrize(
    ("lang", "said"),
    [("fr", "#   person.uasc = Enfant seul ou séparé ?"), ("en", "#   person.age = Age in years")],
)
def test_a_draft_says_what_each_field_asks(
    known: dict[str, Target], monkeypatch: pytest.MonkeyPatch, lang: str, said: str
) -> None:
    """In the person's language, without the words that say it may be left open."""
    monkeypatch.setenv("LANGUAGE", lang)
    speak(lang)
    made = draft(["N°"], known)

    assert said in made.replace("\u00a0", " ").splitlines()
    assert "facultatif" not in made
    assert "optional" not in made


def test_a_heading_is_known_without_its_accents(known: dict[str, Target]) -> None:
    """As people type them in Excel, in capitals too."""
    headings = ["N°", "AGE EN ANNEES", "departement"]
    columns = mapping.read(draft(headings, known), headings, known).columns

    assert columns["AGE EN ANNEES"].target == known["person.age"]
    assert columns["departement"].target == known["incident.department"]


def test_a_department_says_the_region(one: Scene, known: dict[str, Target], tmp_path: Path) -> None:
    """A list that names departments alone: its cases are found under their region, too."""
    path = workbook(tmp_path, [["1", "Mezam"]], ["N°", "Département"])
    taken(one, path, known, text=MAP)

    with one.register.reading() as rows:
        made = rows.execute(select(tables.case.c.region, tables.case.c.department)).one()
    assert tuple(made) == ("CM007", "CM007005")
