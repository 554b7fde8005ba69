"""What an organisation added comes home: a pull takes its form's submissions, and nothing it asked is lost."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from lxml import etree

from sync_scripts.register.care.form_learning import learn_forms
from sync_scripts.register.care.rebuild import check
from sync_scripts.store.schema import raw, register
from tests.forms.overlay.conftest import SHIPPED, Laptop
from tests.forms.overlay.excel import EN, FR, excel, ghost_town, quarter
from tests.intake.scene import NOW, Scene, alert, entries, flags, scene
from tests.store.databases import World
from xlsform.overlay.core import core_of
from xlsform.workbooks import workbook


@pytest.fixture
def home(sqlite_world: World, tmp_path: Path) -> Scene:
    """A register that knows the shipped forms, and an inbox."""
    (tmp_path / "home").mkdir()
    return scene(sqlite_world, tmp_path / "home")


def customised(laptop: Laptop) -> str:
    """An alert with a sealed question, an open one, and two choices of the organisation's own; its version."""
    with excel(laptop.customise()) as book:
        book.insert("survey", book.row("survey", "place_hint"), quarter())
        asked: dict[str, str | None] = {
            "type": "select_one org_radio",
            "name": "org_heard",
            FR: "Entendu à la radio ?",
            EN: "Heard on the radio?",
            "sensitivity": "1",
        }
        book.insert("survey", book.row("survey", "when_rel"), asked)
        book.insert("choices", book.row("choices", "burning", "alert_icon"), ghost_town())
        last = max(book.rows("choices"))
        for name, french, english in (("yes", "Oui", "Yes"), ("no", "Non", "No")):
            row: dict[str, str | None] = {"list_name": "org_radio", "name": name, FR: french, EN: english}
            last = book.insert("choices", last, row)
    laptop.save()
    return laptop.form().version


def submission(number: int, version: str) -> bytes:
    """A submission of that form, as a phone sends it."""
    story = "<story><place_hint>Near the well</place_hint><org_quartier>Mballa 2</org_quartier></story>"
    sent = alert(number, story, version=version).decode()
    sent = sent.replace("<alert_icon>arrest</alert_icon>", "<alert_icon>org_ghost_town</alert_icon>")
    return sent.replace(
        "<when_rel>today</when_rel>", "<when_rel>today</when_rel><org_heard>yes</org_heard>"
    ).encode()


def test_the_register_learns_the_version_from_the_folder(real: Laptop, home: Scene) -> None:
    """Once; and a workbook that cannot be read, or asks something else under a known version, stops no other."""
    version = customised(real)
    (real.forms / "broken.xlsx").write_bytes(b"PK")
    learnt = learn_forms(home.register, real.forms, NOW)

    assert learnt.versions == (f"alert {version}",)
    assert [problem.code for problem in learnt.problems] == ["DK-F21"]
    assert learn_forms(home.register, real.forms, NOW).versions == ()
    (real.forms / "broken.xlsx").unlink()
    with excel(real.forms / "alert.xlsx") as book:
        book.insert("survey", book.row("survey", "when_rel"), quarter(name="org_more"))
    assert [problem.code for problem in learn_forms(home.register, real.forms, NOW).problems] == ["DK-R01"]


def test_a_pull_takes_the_organisations_submission(real: Laptop, home: Scene) -> None:
    """The choice of its own is a value like any other, and triage takes it for a violation it does not know."""
    version = customised(real)
    learn_forms(home.register, real.forms, NOW)
    home.lay("a", submission(1, version))
    home.lay("b", alert(2, version="2026120202"))
    report = home.pull()

    assert (report.new, report.quarantined_new, list(entries(home))) == (2, 0, [])
    found = {row["icons"]: row for row in home.rows(register.alert)}
    assert set(found) == {"org_ghost_town", "arrest"}
    reasons = msgspec.json.decode(found["org_ghost_town"]["reasons"])
    assert reasons["severity"] == _severity_of_the_unknown()


def _severity_of_the_unknown() -> int:
    from sync_scripts.register.rules.ruleset import load

    return load().severity.unknown_code


def test_an_open_answer_goes_to_extra_with_its_label(real: Laptop, home: Scene) -> None:
    """In the everyday register, in both languages."""
    version = customised(real)
    learn_forms(home.register, real.forms, NOW)
    home.lay("a", submission(1, version))
    home.pull()

    (row,) = home.rows(register.extra)
    assert (row["path"], row["value"]) == ("when/org_heard", "yes")
    assert msgspec.json.decode(row["label"]) == {"fr": "Entendu à la radio ?", "en": "Heard on the radio?"}


def test_a_sealed_answer_goes_to_the_sealed_part_with_its_label(real: Laptop, home: Scene) -> None:
    """Only the vault shows it, and says what was asked; nothing of it lies in the open."""
    version = customised(real)
    learn_forms(home.register, real.forms, NOW)
    home.lay("a", submission(1, version))
    home.pull()

    parts = [msgspec.json.decode(data) for data in home.opened("row")]
    (extra,) = [part for part in parts if part["entity"] == "extra"]
    assert extra["fields"] == {"story/org_quartier": "Mballa 2"}
    assert extra["labels"]["story/org_quartier"] == {
        "fr": "Quartier ou village (facultatif)",
        "en": "Neighbourhood or village (optional)",
    }
    assert "Mballa" not in repr(home.dump())


def test_a_version_that_nobody_learnt_is_put_aside_and_taken_later(real: Laptop, home: Scene) -> None:
    """Nothing is lost when the form reaches the phones before the workbook reaches the register."""
    version = customised(real)
    home.lay("a", submission(1, version))
    assert home.pull().quarantined_new == 1
    learn_forms(home.register, real.forms, NOW)
    home.pull()

    assert home.count(raw.submission) == 1


@pytest.mark.parametrize("name", ["alert/a01", "case/c01", "followup/f01"])
def test_a_choice_of_its_own_is_a_value_in_every_open_list(home: Scene, name: str) -> None:
    """Every answer from an open list says something that only the organisation knows: it is filed, never put aside."""
    form_id = name.partition("/")[0]
    form = workbook.read((SHIPPED / f"{form_id}.xlsx").read_bytes(), file=form_id).form
    core = core_of(form_id, SHIPPED)
    assert core is not None
    top = etree.fromstring((SHIPPED / "samples" / name / "submission.xml").read_bytes())
    changed = [
        node
        for path, row in form.paths()
        if row.list_name and row.list_name not in core.closed
        for node in top.findall("/".join(path))
        if (node.text or "").strip()
    ]
    for node in changed:
        node.text = f"{node.text} org_own" if " " in (node.text or "") else "org_own"
    assert changed
    home.lay("a", etree.tostring(top), form=form_id)
    report = home.pull()

    assert (report.new, report.quarantined_new, list(entries(home))) == (1, 0, [])
    assert "value_unreadable" not in flags(home)
    assert check(home.register, NOW).differing == ()
