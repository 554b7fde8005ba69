"""A realistic year of one organisation, from its first change to a submission in the register; the docs page tells it too.

Organisation A adds a quarter, a choice and Fulfulde to the alert, and rewords one label. The base moves on twice and
rewords the same label. The trainer settles that in Excel, and the form still maps into the register.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from sync_scripts.register.care.form_learning import learn_forms
from sync_scripts.store.schema import register
from tests.forms.overlay.conftest import SHIPPED, Laptop, relabel
from tests.forms.overlay.excel import EN, FR, FUB, Excel, excel, ghost_town, quarter
from tests.intake.scene import NOW, Scene, alert, scene
from tests.store.databases import World
from xlsform import engine
from xlsform.convert import convert
from xlsform.engine.jvm import engine as running
from xlsform.model import Form, Row
from xlsform.overlay.bench import Folder
from xlsform.workbooks import workbook

DOCS = Path(__file__).resolve().parents[3] / "docs"
Steps = list[tuple[str, str]]


def fulfulde(book: Excel) -> None:
    """Fill a third language, cell by cell; here with marked French, as nobody's Fulfulde should be made up."""
    for sheet in ("survey", "choices"):
        french = [header for header in book.headers_of(sheet) if header.endswith("::Français (fr)")]
        for number in book.rows(sheet):
            for header in french:
                text = book.get(sheet, number, header)
                if text:
                    said = text if header.startswith(("image", "audio")) else f"[fub] {text}"
                    book.write(sheet, number, {header.replace("Français (fr)", "Fulfulde (fub)"): said})


def edit(path: Path) -> None:
    """What the trainer does in Excel."""
    with excel(path) as book:
        asked = quarter(**{FR: "Quel quartier exactement ?", EN: "Which neighbourhood exactly?"})
        book.insert("survey", book.row("survey", "place_hint"), asked)
        book.insert("choices", book.row("choices", "burning", "alert_icon"), ghost_town())
        book.write("survey", book.row("survey", "short_text"), {FR: "Racontez brièvement (facultatif)"})
        fulfulde(book)


def first_move(base: Form) -> Form:
    """The base rewords what explains a question."""
    return relabel(base, "when_rel", "guidance_hint", fr="Le moment des faits.", en="When it happened.")


def second_move(base: Form) -> Form:
    """The base rewords the label that organisation A has reworded, and asks one thing more."""
    made = relabel(
        base, "short_text", "label", fr="En trois phrases (facultatif)", en="In three sentences (optional)"
    )
    label = {"fr": "Forces présentes (facultatif)", "en": "Forces present (optional)"}
    more = Row("text", "forces", {"sensitivity": "3"}, {"label": label})
    at = next(index for index, row in enumerate(made.survey) if row.name == "short_text")
    return replace(made, survey=(*made.survey[: at + 1], more, *made.survey[at + 1 :]))


def settle(path: Path) -> None:
    """What the trainer does in the workbook of conflicts: a third text, and the new text in Fulfulde."""
    with excel(path) as book:
        sheet = book.book["Conflits"]
        for row in range(6, sheet.max_row + 1):
            code, column = (str(sheet.cell(row, index).value) for index in (8, 11))
            assert code in {"CELL", "TRANSLATE"}
            said = (
                "Racontez en trois phrases (facultatif)"
                if code == "CELL"
                else f"[fub] {sheet.cell(row, 4).value}"
            )
            assert column.startswith("label")
            sheet.cell(row, 6).value, sheet.cell(row, 7).value = "autre", said


lived_once: list[tuple[Steps, bytes]] = []
"""What was said and the form in use at the end, when the story has been lived; it takes some seconds."""


def lived(laptop: Laptop) -> Steps:
    """Live the story; return each command with what it said."""
    steps: Steps = []

    def run(line: str, expected: int = 0) -> None:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]
        code, out, err = laptop.run(*words[2:])
        assert code == expected, out + err
        steps.append((line, (out + err).strip().replace(f"{laptop.root}{os.sep}", "")))

    if lived_once:
        return lived_once[0][0]
    run("dikalo forms customise alert")
    edit(laptop.edit)
    run('dikalo forms save forms/edit/alert.xlsx --org acat --author "formatrice 2" --why "points focaux"')
    laptop.ship(first_move, "2026121501")
    laptop.ship(second_move, "2027010101")
    run("dikalo forms upgrade alert", expected=3)
    settle(Folder(laptop.forms).conflicts("alert"))
    run("dikalo forms upgrade alert")
    run("dikalo forms upgrade alert")
    lived_once.append((steps, (laptop.forms / "alert.xlsx").read_bytes()))
    return steps


@pytest.fixture
def home(sqlite_world: World, tmp_path: Path) -> Scene:
    """A register that knows the shipped forms, and an inbox."""
    (tmp_path / "home").mkdir()
    return scene(sqlite_world, tmp_path / "home")


def test_the_organisation_keeps_its_form_through_two_upgrades(real: Laptop, home: Scene) -> None:
    """One conflict, settled by a person; everything else by itself; and both versions map into the register."""
    real.customise()
    edit(real.edit)
    real.save()
    first = real.form().version
    learn_forms(home.register, real.forms, NOW)
    real.ship(first_move, "2026121501")
    real.ship(second_move, "2027010101")

    code, document = real.told("upgrade", "alert")
    assert code == 3
    assert [one["code"] for one in document["conflicts"]] == ["CELL", "TRANSLATE"]
    settle(Folder(real.forms).conflicts("alert"))
    assert real.run("upgrade", "alert")[0] == 0

    form = real.form()
    rows = {row.name: row for row in form.survey}
    assert rows["short_text"].text("label", "fr") == "Racontez en trois phrases (facultatif)"
    assert rows["short_text"].text("label", "en") == "In three sentences (optional)"
    assert rows["when_rel"].text("guidance_hint", "fr") == "Le moment des faits."
    assert rows["forces"].text("label", "fub") == "[fub] Forces présentes (facultatif)"
    assert rows["org_quartier"].text("label", "fub") == "[fub] Quel quartier exactement ?"
    assert list(form.languages) == ["fr", "en", "fub"]
    assert {FUB} <= {f"label::{name}" for name in form.languages.values()}
    assert form.version > max(first, "2027010101")

    learn_forms(home.register, real.forms, NOW)
    home.lay("a", _sent(1, first))
    home.lay("b", _sent(2, form.version, "<forces>Two cars</forces>"))
    home.lay("c", alert(3))
    report = home.pull()
    assert (report.new, report.quarantined_new) == (3, 0)
    assert sorted(row["icons"] for row in home.rows(register.alert)) == [
        "arrest",
        "org_ghost_town",
        "org_ghost_town",
    ]
    extras = [part for data in home.opened("row") if (part := msgspec.json.decode(data))["entity"] == "extra"]
    assert [part["fields"]["story/org_quartier"] for part in extras] == ["Mballa 2", "Mballa 2"]
    assert {part["labels"]["story/org_quartier"]["fr"] for part in extras} == {"Quel quartier exactement ?"}


def _sent(number: int, version: str, more: str = "") -> bytes:
    """What a phone sends of that form."""
    story = f"<story><place_hint>Well</place_hint><org_quartier>Mballa 2</org_quartier>{more}</story>"
    sent = alert(number, story, version=version).decode()
    return sent.replace(">arrest</alert_icon>", ">org_ghost_town</alert_icon>").encode()


@pytest.mark.java
def test_the_engine_shows_the_third_language_and_takes_the_new_answers(real: Laptop) -> None:
    """ODK Collect's own engine fills the organisation's form in Fulfulde and sends what the register understands."""
    lived(real)
    raw = lived_once[0][1]
    form = workbook.read(raw, file="alert.xlsx").form
    xform = convert(raw, "central", name="alert", form=form).xform
    answers = {
        "gate/consent_alert": "given",
        "danger/danger_now": "no",
        "what/alert_icon": "org_ghost_town",
        "when/when_rel": "today",
        "where/region": "CM007",
        "where/department": "CM007002",
        "where/arrondissement": "CM007002001",
        "who/victim_kind": "adults",
        "who/victim_count": "1",
        "known/info_source": "direct",
        "known/reporter_code": "fp-1",
        "contact/safe_to_contact": "no",
        "story_any": "yes",
        "story/org_quartier": "Mballa 2",
    }
    try:
        filled = engine.fill(
            xform,
            _possible(form, answers),
            engine.Setting(language="Fulfulde (fub)", media=SHIPPED / "media"),
        )
    except engine.JavaMissing:
        pytest.skip("no Java runtime")

    assert b"<org_quartier>Mballa 2</org_quartier>" in filled.submission
    assert b"org_ghost_town" in filled.submission


def _possible(form: Form, answers: dict[str, str]) -> dict[str, str]:
    """Take the first choice where the form has another list than the test remembers."""
    rows = {"/".join(path): row for path, row in form.paths()}
    made = {}
    for path, text in answers.items():
        names = [choice.name for choice in form.choices.get(rows[path].list_name or "", ())]
        made[path] = text if not names or text in names else names[0]
    return made


# --- the page -----------------------------------------------------------------------------------------------------


def told(page: Path) -> Steps:
    """Read the commands of a page, each with what it says."""
    steps: Steps = []
    for block in re.findall(r"```text\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, said = piece.partition("\n")
            steps.append((line.strip(), said.strip()))
    return steps


def plain(steps: Steps) -> Steps:
    """Leave out what changes by itself: versions are days, and the base gains texts; and how lines are broken."""
    return [(line, " ".join(re.sub(r"\d+", "N", said.replace("\\", "/")).split())) for line, said in steps]


@pytest.mark.java
def test_the_english_page_tells_what_happens(real: Laptop) -> None:
    """Command by command, word by word; without Java each command adds a sentence that the page does not have."""
    try:
        with running():
            pass
    except engine.JavaMissing:
        pytest.skip("no Java runtime")

    assert plain(told(DOCS / "en" / "customise.md")) == plain(lived(real))


def test_the_french_page_tells_the_same_story() -> None:
    """The same commands in the same order."""
    pages = [told(DOCS / "adapter-un-formulaire.md"), told(DOCS / "en" / "customise.md")]

    assert [line for line, _ in pages[0]] == [line for line, _ in pages[1]]
    assert all(said for _, said in pages[0])
