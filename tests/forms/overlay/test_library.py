"""The question library: each group fits the form it is for, passes guard and check, and comes out again whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from xlsform import pack
from xlsform.compare.change import Acceptance
from xlsform.overlay.bench import Folder, standing
from xlsform.overlay.library import Questions, QuestionsUnfit, library, taken_in, taken_out
from xlsform.overlay.operations import Add, Move
from xlsform.overlay.renewal import plan, write
from xlsform.overlay.zones import ZoneUnknown, zone_first

LIBRARY = {one.name: one for one in library()}
DAY = date(2026, 12, 2)


def test_the_library_has_what_organisations_ask_for_first() -> None:
    """Harm, displacement, school, health; each in French and English."""
    assert {"harm", "displacement", "school", "health"} <= set(LIBRARY)
    assert all(set(one.titles) == {"fr", "en"} for one in LIBRARY.values())


@pytest.mark.parametrize("questions", LIBRARY.values(), ids=LIBRARY)
def test_questions_fit_pass_the_check_and_come_out_again(tmp_path: Path, questions: Questions) -> None:
    """Over the form that is shipped nothing of them is refused or warned of; what was taken in can be taken out."""
    folder = Folder(tmp_path / "forms")
    before = standing(folder, questions.form)
    ops = taken_in(before, questions)
    made = plan(before, ops, today=DAY)

    assert (made.refused, made.held) == ((), ())
    assert [one.code for one in made.remarks if one.level == "warn"] == []
    assert len(ops) == len(questions.rows)

    write(made, before, folder, Acceptance(), DAY)
    after = standing(folder, questions.form)
    assert taken_in(after, questions) == after.overlay.ops if after.overlay else False
    assert taken_out(after, questions) == ()


def test_what_stands_among_them_is_not_lost(tmp_path: Path) -> None:
    """A group cannot be taken out while a question of the organisation's own stands in it, nor put in where its place is gone."""
    folder, questions = Folder(tmp_path / "forms"), LIBRARY["health"]
    before = standing(folder, questions.form)
    row = {"type": "text", "name": "org_mine", "label.fr": "Autre", "label.en": "Other", "sensitivity": "2"}
    more = Add("survey", "org_health/org_mine", "org_health/org_health_need", row)
    ops = taken_in(before, questions)
    write(plan(before, (*ops, more), today=DAY), before, folder, Acceptance(), DAY)
    with pytest.raises(QuestionsUnfit):
        taken_out(standing(folder, questions.form), questions)


@pytest.mark.parametrize(
    ("codes", "first"),
    [
        (("CM010001", "CM007"), {"region": ["CM007", "CM010"], "department": ["CM007001", "CM007002"]}),
        ((), {"region": ["CM001", "CM002"], "department": ["CM001001", "CM001002"]}),
    ],
)
def test_a_zone_orders_lists_and_answers_nothing(
    tmp_path: Path, codes: tuple[str, ...], first: dict[str, list[str]]
) -> None:
    """A region with a part of the zone comes first, too; nothing but places moves, twice is once, and none is the base's order."""
    folder = Folder(tmp_path / "forms")
    before = standing(folder, "alert")
    ops = zone_first(before, codes)
    made = plan(before, ops, today=DAY)

    assert {type(op) for op in ops} <= {Move}
    assert (made.refused, made.held) == ((), ())
    assert {name: [one.name for one in made.form.choices[name][:2]] for name in first} == first
    assert {row.name: row.cell("default") for row in made.form.survey} == {
        row.name: row.cell("default") for row in before.shipped.survey
    }
    write(made, before, folder, Acceptance(), DAY)
    after = standing(folder, "alert")
    assert (zone_first(after, codes), zone_first(after, ())) == (ops, ())
    with pytest.raises(ZoneUnknown):
        zone_first(after, ("CM999",))


def test_a_trainer_begins_without_a_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command makes the folder, another puts questions into a form; nothing is asked; no workspace is overwritten."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        code = cli.main(("--lang", "en", *words, "--json"))
        said = capsys.readouterr().out
        return code, json.loads(said) if said else {}

    assert run("init", "--forms-only", "--dry-run")[1]["dry_run"] is True
    assert list(tmp_path.iterdir()) == []
    assert run("init", "--forms-only", "--worker", "A-1")[0] == 2
    code, made = run("init", "--forms-only")
    assert (code, made["forms"]) == (0, [one.form_id for one in pack.forms()])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dikalo.toml", "forms"]
    assert run("init", "--forms-only")[1]["code"] == "DK-S10"

    assert run("forms", "zone", "alert")[0] == 2
    with (tmp_path / "dikalo.toml").open("a", encoding="utf-8") as settings:
        settings.write('[[team]]\nname = "A"\ndepartments = ["CM007002"]\n')
    places = run("forms", "zone", "alert", "--dry-run")[1]["operations"]
    assert [one["key"] for one in places] == ["region/CM007", "department/CM007002"]
    assert run("forms", "zone", "alert", "CM007", "--remove")[0] == 2
    assert run("forms", "add", "helth")[1]["code"] == "DK-F32"
    assert run("forms", "add", "health")[0] == 0
    (case,) = run("forms", "base", "case")[1]["forms"]
    assert (case["current"], case["changes"]) == (True, len(LIBRARY["health"].rows))
    assert run("forms", "base", "case", "--to", "base.xlsx")[0] == 0
    assert Path("base.xlsx").read_bytes() == pack.find("case", pack.forms_root()).workbook.read_bytes()
    code, gone = run("forms", "add", "health", "--remove")
    assert (code, gone["written"]) == (3, False)
    accepted = [word for one in gone["held"] for word in ("--accept", f"{one['code']}:{one['path']}")]
    code, gone = run("forms", "add", "health", "--remove", *accepted, "--author", "t", "--why", "not asked")
    assert (code, gone["operations"]) == (0, [])


@pytest.fixture
def forms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a command in a trainer's new folder that must go well; return what it says."""
    monkeypatch.chdir(tmp_path)
    cli.main(("init", "--forms-only"))

    def run(*words: str) -> str:
        capsys.readouterr()
        assert cli.main(("--lang", "en", "forms", *words)) == 0
        return capsys.readouterr().out

    return run


def test_who_only_notes_another_reason_puts_nothing_new_in_use(forms: Callable[..., str]) -> None:
    """The form is the same, and so is its version."""
    asked = ("add", "health", "--org", "acat", "--author", "formatrice 2")
    first = forms(*asked, "--why", "asked for")
    again = forms(*asked, "--why", "still asked for")

    found = re.search(r"Version ([0-9]+) is now in use", first)
    assert found is not None
    version = found[1]
    assert (
        f"It is in use already, as version {version}; only who changed it, and why, was noted anew." in again
    )
    assert "is now in use" not in again


def test_questions_of_the_library_are_no_finding_unless_style_is_asked_for(forms: Callable[..., str]) -> None:
    """Their answers are kept beside the record on purpose."""
    forms("add", "health")

    assert forms("check", "case") == (
        "case.xlsx: nothing to say.\nChecked with the profile ours; 1 matter of style is not shown: --style shows it.\n"
    )
    assert "UNMAPPED" in forms("check", "case", "--style")
