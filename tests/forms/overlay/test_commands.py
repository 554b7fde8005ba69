"""``dikalo forms customise, save, upgrade`` in a folder that holds nothing but ``dikalo.toml`` and ``forms/``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forms.overlay.conftest import Laptop, relabel
from tests.forms.overlay.excel import EN, FR, excel, ghost_town, quarter
from xlsform.build import NotWritten
from xlsform.build import replace as put
from xlsform.overlay import file
from xlsform.overlay.bench import Folder, keep_bases
from xlsform.overlay.renewal import deployable
from xlsform.overlay.sheets import ConflictOpen
from xlsform.workbooks import workbook


def customised(laptop: Laptop) -> None:
    """Add a question and a choice, reword a label, move a row, drop one."""
    path = laptop.customise()
    with excel(path) as book:
        book.insert("survey", book.row("survey", "place_hint"), quarter())
        book.insert("choices", book.row("choices", "burning", "alert_icon"), ghost_town())
        book.write(
            "survey", book.row("survey", "short_text"), {FR: "Racontez brièvement", EN: "Tell briefly"}
        )
        book.delete("survey", book.row("survey", "photo"))
    laptop.save(path, "--org", "acat", "--author", "formatrice 2", "--why", "demandé par les points focaux")


def test_an_edited_workbook_becomes_an_overlay_and_a_form_in_use(laptop: Laptop) -> None:
    """Exactly what the trainer changed, under a new version, over a base that is kept."""
    customised(laptop)
    overlay = file.read((laptop.forms / "overlays" / "alert.yaml").read_bytes(), file="o")

    assert [(op.op, op.sheet, op.key) for op in overlay.ops] == [
        ("drop", "survey", "story/photo"),
        ("add", "survey", "story/org_quartier"),
        ("set", "survey", "story/short_text"),
        ("set", "survey", "story/short_text"),
        ("add", "choices", "alert_icon/org_ghost_town"),
    ]
    assert (overlay.base_name, overlay.org, overlay.author) == ("alert@2026112501", "acat", "formatrice 2")
    used = laptop.form()
    assert (used.form_id, used.version) == ("alert", overlay.version)
    assert used.version > laptop.shipped().version
    kept = laptop.forms / "overlays" / "base" / "alert@2026112501.xlsx"
    assert kept.read_bytes() == (laptop.shelf / "alert.xlsx").read_bytes()


def test_lists_and_pictures_of_the_form_are_laid_beside_it(real: Laptop) -> None:
    """Once; a picture of the organisation's own is not written over."""
    own = real.forms / "media" / "alert_arrest.png"
    own.parent.mkdir()
    own.write_bytes(b"ours")
    real.customise()
    real.save()

    assert (real.forms / "media" / "arrondissements.csv").is_file()
    assert own.read_bytes() == b"ours"


def test_a_picture_that_is_not_there_is_told_before_phones_lack_it(real: Laptop) -> None:
    """Nothing is put in use until it lies in ``forms/media``; then the same workbook is taken."""
    path = real.customise()
    with excel(path) as book:
        row = book.row("choices", "burning", "alert_icon")
        pictures = dict.fromkeys(
            (f"image::{FR.partition('::')[2]}", f"image::{EN.partition('::')[2]}"), "ghost.png"
        )
        book.insert("choices", row, {**ghost_town(), **pictures})
    code, document = real.told("save", str(path))

    assert (code, [one["code"] for one in document["refused"]]) == (1, ["MEDIA-MISSING"])
    assert not (real.forms / "alert.xlsx").exists()
    (real.forms / "media").mkdir()
    (real.forms / "media" / "ghost.png").write_bytes(b"a picture")
    assert "MEDIA-MISSING" not in real.run("check", str(path))[1]  # nor while it is being edited
    assert real.save(path)["written"]


def test_what_the_check_would_warn_of_is_said_when_it_is_saved(real: Laptop) -> None:
    """Without a level an answer is sealed, and no list shows it: who hears of it only afterwards has collected it already."""
    path = real.customise()
    with excel(path) as book:
        row = book.row("survey", "place_hint")
        book.insert("survey", row, {**quarter(), "name": "org_water", "sensitivity": None})
    code, out, _err = real.run("save", str(path))

    assert code == 0
    assert "SENS-MISSING" in out
    assert "is now in use" in out


def test_what_was_written_into_the_form_in_use_gets_a_version_of_its_own(laptop: Laptop) -> None:
    """A translation is: phones that have the version would never fetch the rest."""
    customised(laptop)
    before = laptop.form().version
    used = laptop.forms / "alert.xlsx"
    with excel(used) as book:
        book.write("survey", book.row("survey", "short_text"), {EN: "Say it briefly"})
    laptop.save(used)

    assert laptop.form().version > before
    version = laptop.form().version
    laptop.save(used)
    assert laptop.form().version == version


def test_an_older_workbook_undoes_nothing(laptop: Laptop) -> None:
    """The one that was saved last may be saved again; one from before that undoes what came meanwhile, and is refused in words."""
    first = laptop.customise()
    older = first.with_name("older.xlsx")
    older.write_bytes(first.read_bytes())
    customised(laptop)
    with excel(laptop.customise()) as book:
        book.write("survey", book.row("survey", "short_text"), {EN: "Say it briefly"})
    laptop.save()
    laptop.save()
    used = (laptop.forms / "alert.xlsx").read_bytes()
    code, document = laptop.told("save", str(older))

    assert (code, document["code"]) == (1, "DK-F35")
    assert (laptop.forms / "alert.xlsx").read_bytes() == used


def test_a_second_copy_of_a_workbook_says_what_it_undoes(laptop: Laptop) -> None:
    """Both copies bear the version from before, so the second may go in; what the first one changed is named, and can be had again."""
    first = laptop.customise()
    second = first.with_name("second.xlsx")
    second.write_bytes(first.read_bytes())
    with excel(first) as book:
        book.write("survey", book.row("survey", "short_text"), {EN: "Say it briefly"})
    with excel(second) as book:
        book.write("survey", book.row("survey", "when_rel"), {EN: "When was it?"})
    laptop.save(first)
    code, out, _err = laptop.run("save", str(second))

    assert code == 0
    told = out[out.index("left out again") :]
    assert "~ survey story/short_text label.en" in told
    assert "when_rel" not in told
    assert laptop.run("upgrade", "alert", "--undo")[0] == 0
    assert [row.text("label", "en") for row in laptop.form().survey if row.name == "short_text"] == [
        "Say it briefly"
    ]


@pytest.mark.parametrize(
    ("written", "proposed"),
    [("Quartier de l'événement", "org_quartier_de_l_evenement"), ("Org quartier", "org_quartier")],
)
def test_a_proposed_name_is_one_that_a_question_may_have(laptop: Laptop, written: str, proposed: str) -> None:
    """A trainer types what is proposed."""
    path = laptop.customise()
    with excel(path) as book:
        book.insert("survey", book.row("survey", "place_hint"), {**quarter(), "name": written})
    code, out, err = laptop.run("save", str(path))

    assert code == 1
    assert f"Call it {proposed}, also where other cells name it." in out
    assert "NAME-FORM" not in out
    assert "(in all: 1)" in err


def test_a_column_that_is_only_called_by_its_language_is_not_dropped(laptop: Laptop) -> None:
    """Its texts would be; and what is refused alike in many rows is told once."""
    with excel(laptop.customise()) as book:
        book.write("survey", book.row("survey", "short_text"), {"Pidgin": "Tell am"})
    code, out, err = laptop.run("save", str(laptop.edit))

    assert code == 1
    assert "label::Pidgin (wes)" in out + err


def test_saving_twice_is_saving_once(laptop: Laptop) -> None:
    """The same file again changes nothing, not even a version."""
    customised(laptop)
    before = laptop.files()
    code, document = laptop.told("save", str(laptop.edit))

    assert (code, document["written"]) == (0, False)
    assert laptop.files() == before


def test_the_workbook_for_editing_holds_what_is_in_use(laptop: Laptop) -> None:
    """Customising again starts from the organisation's form; a half-edited one is kept beside."""
    customised(laptop)
    with excel(laptop.edit) as book:
        book.write("survey", book.row("survey", "short_text"), {FR: "Pas encore fini"})
    assert laptop.run("customise", "alert")[0] == 2  # asks, and nobody can answer
    code, document = laptop.told("customise", "alert", "--yes")

    assert code == 0
    assert "org_quartier" in {
        row.name for row in workbook.read(laptop.edit.read_bytes(), file="e").form.survey
    }
    assert Path(document["kept"]).name == "alert.1.xlsx"
    assert laptop.run("save", str(laptop.edit))[0] == 0


def test_a_look_writes_nothing(laptop: Laptop) -> None:
    """``--dry-run`` of all three."""
    path = laptop.customise()
    with excel(path) as book:
        book.insert("survey", book.row("survey", "place_hint"), quarter())
    before = laptop.files()
    code, document = laptop.told("save", str(path), "--dry-run")
    assert (code, document["written"], document["operations"]) == (
        0,
        False,
        [{"op": "add", "sheet": "survey", "key": "story/org_quartier"}],
    )
    assert laptop.run("customise", "alert", "--to", "other.xlsx", "--dry-run")[0] == 0
    assert laptop.files() == before
    laptop.save(path)
    before = laptop.files()
    laptop.ship(lambda form: relabel(form, "short_text", "hint", fr="Court."), "2026120101")
    assert laptop.run("upgrade", "alert", "--dry-run")[0] == 0
    assert laptop.files() == before


def test_a_version_that_the_trainer_raised_is_kept(laptop: Laptop) -> None:
    """The stamp below the survey still says the old one, which is nobody's fault."""
    path = laptop.customise()
    with excel(path) as book:
        book.insert("survey", book.row("survey", "place_hint"), quarter())
        book.write("settings", 2, {"version": "2099010107"})

    assert laptop.save(path)["version"] == "2099010107"


def test_an_upgrade_keeps_the_changes(laptop: Laptop) -> None:
    """On the newer base, under a new version; again is nothing."""
    customised(laptop)
    version = laptop.form().version
    laptop.ship(
        lambda form: relabel(form, "when_rel", "hint", fr="Le moment.", en="The moment."), "2026120101"
    )
    code, document = laptop.told("upgrade", "alert")

    assert (code, document["base"]) == (0, "alert@2026120101")
    form = laptop.form()
    assert form.version > max(version, "2026120101")
    rows = {row.name: row for row in form.survey}
    assert rows["when_rel"].text("hint", "fr") == "Le moment."
    assert rows["short_text"].text("label", "fr") == "Racontez brièvement"
    assert "photo" not in rows
    before = laptop.files()
    assert laptop.told("upgrade", "alert")[1]["written"] is False
    assert laptop.files() == before


def test_an_upgrade_with_a_conflict_waits_for_a_person(laptop: Laptop) -> None:
    """Exit code 3, a workbook, and the form in use stays; settled there, the same command goes on."""
    customised(laptop)
    used = (laptop.forms / "alert.xlsx").read_bytes()
    laptop.ship(lambda form: relabel(form, "short_text", "label", fr="En trois phrases"), "2026120101")
    code, document = laptop.told("upgrade", "alert")
    path = Folder(laptop.forms).conflicts("alert")

    assert code == 3
    assert [(one["code"], one["key"], one["column"]) for one in document["conflicts"]] == [
        ("CELL", "story/short_text", "label.fr")
    ]
    assert (laptop.forms / "alert.xlsx").read_bytes() == used
    assert laptop.run("upgrade", "alert")[0] == 3  # nobody decided yet
    with excel(path) as book:
        sheet = book.book["Conflits"]
        assert sheet["A6"].hyperlink.location.startswith("survey!")
        assert [cell.value for cell in sheet[6]][2:5] == [
            laptop_label(laptop),
            "En trois phrases",
            "Racontez brièvement",
        ]
        sheet["F6"], sheet["G6"] = "autre", "Dites en trois phrases"
    code, document = laptop.told("upgrade", "alert")
    assert (code, document["written"]) == (0, True)
    rows = {row.name: row for row in laptop.form().survey}
    assert rows["short_text"].text("label", "fr") == "Dites en trois phrases"
    assert not path.exists()


def laptop_label(laptop: Laptop) -> str:
    """The label before anybody changed it."""
    kept = laptop.forms / "overlays" / "base" / "alert@2026112501.xlsx"
    form = workbook.read(kept.read_bytes(), file="b").form
    return next(row for row in form.survey if row.name == "short_text").text("label", "fr")


def test_nothing_is_deployed_while_a_conflict_is_open(laptop: Laptop) -> None:
    """A form that waits for a decision, and one that somebody loosened in the folder itself, go to no phone."""
    customised(laptop)
    folder = Folder(laptop.forms)
    assert deployable(folder, "alert") == ()
    laptop.ship(lambda form: relabel(form, "short_text", "label", fr="En trois phrases"), "2026120101")
    assert deployable(folder, "alert") == ()  # an older base is no fault
    laptop.run("upgrade", "alert")
    with pytest.raises(ConflictOpen):
        deployable(folder, "alert")
    folder.conflicts("alert").unlink()
    with excel(laptop.forms / "alert.xlsx") as book:
        book.write("survey", book.row("survey", "what"), {"relevant": None})

    assert {one.code for one in deployable(folder, "alert")} == {"CORE-TOUCHED", "CONSENT-LOOSER"}
    assert deployable(folder, "of_their_own") == ()


def test_a_settled_workbook_of_conflicts_may_also_be_saved(laptop: Laptop) -> None:
    """A trainer saves what she has edited, whatever it is."""
    customised(laptop)
    laptop.ship(lambda form: relabel(form, "short_text", "label", fr="En trois phrases"), "2026120101")
    laptop.run("upgrade", "alert")
    path = Folder(laptop.forms).conflicts("alert")
    with excel(path) as book:
        book.book["Conflits"]["F6"] = "nous"

    assert laptop.save(path)["base"] == "alert@2026120101"
    rows = {row.name: row for row in laptop.form().survey}
    assert rows["short_text"].text("label", "fr") == "Racontez brièvement"


def test_a_choice_counts_while_its_texts_are_the_same(laptop: Laptop) -> None:
    """The base moves on again before the trainer is done: her choice stays, unless the base said something else there."""
    customised(laptop)
    laptop.ship(lambda form: relabel(form, "short_text", "label", fr="En trois phrases"), "2026120101")
    laptop.run("upgrade", "alert")
    with excel(Folder(laptop.forms).conflicts("alert")) as book:
        book.book["Conflits"]["F6"] = "nous"
    settled = Folder(laptop.forms).conflicts("alert").read_bytes()
    laptop.ship(lambda form: relabel(form, "short_text", "label", fr="En quatre phrases"), "2027010101")
    assert laptop.run("upgrade", "alert")[0] == 3
    Folder(laptop.forms).conflicts("alert").write_bytes(settled)
    laptop.ship(lambda form: relabel(form, "short_text", "label", fr="En trois phrases"), "2027020101")

    assert laptop.run("upgrade", "alert")[0] == 0


def test_a_choice_that_does_not_exist_is_asked_again(laptop: Laptop) -> None:
    """A clear sentence, and nothing is changed."""
    customised(laptop)
    laptop.ship(lambda form: relabel(form, "short_text", "label", fr="En trois phrases"), "2026120101")
    laptop.run("upgrade", "alert")
    path = Folder(laptop.forms).conflicts("alert")
    with excel(path) as book:
        book.book["Conflits"]["F6"] = "peut-être"
    before = laptop.files()

    code, _, err = laptop.run("upgrade", "alert")
    assert (code, "DK-F77" in err) == (1, True)
    assert laptop.files() == before


def test_a_save_or_upgrade_can_be_taken_back(laptop: Laptop) -> None:
    """Under a later version, because phones never go back; taking it back again brings it again."""
    customised(laptop)
    first = laptop.form()
    with excel(laptop.customise()) as book:
        book.write("survey", book.row("survey", "short_text"), {FR: "Autrement", EN: "Otherwise"})
    laptop.save()
    code, document = laptop.told("upgrade", "alert", "--undo")

    assert (code, document["undone"]) == (0, True)
    rows = {row.name: row for row in laptop.form().survey}
    assert rows["short_text"].text("label", "fr") == "Racontez brièvement"
    assert laptop.form().version > first.version
    assert laptop.told("upgrade", "alert")[1]["written"] is False  # overlay and workbook agree
    laptop.run("upgrade", "alert", "--undo")
    rows = {row.name: row for row in laptop.form().survey}
    assert rows["short_text"].text("label", "fr") == "Autrement"


def test_taking_back_can_be_tried_first(laptop: Laptop) -> None:
    """A dry run says that it can be done, and nothing is written."""
    customised(laptop)
    before = laptop.files()
    code, said, _talk = laptop.run("upgrade", "alert", "--undo", "--dry-run")

    assert (code, "can be put back" in said) == (0, True)
    assert laptop.files() == before


def test_taking_back_the_first_save_leaves_the_base(laptop: Laptop) -> None:
    """There was no form of the organisation's before; where nothing was saved, nothing is taken back."""
    assert laptop.told("upgrade", "alert", "--undo")[1]["undone"] is False
    customised(laptop)
    laptop.run("upgrade", "alert", "--undo")

    assert not (laptop.forms / "alert.xlsx").exists()
    assert not (laptop.forms / "overlays" / "alert.yaml").exists()


def test_a_workbook_made_from_an_older_base_can_still_be_saved(laptop: Laptop) -> None:
    """First the upgrade, then the file: it is brought to the newer base by what it was made from."""
    customised(laptop)
    path = laptop.customise()
    with excel(path) as book:
        book.write("survey", book.row("survey", "voice"), {FR: "Message parlé", EN: "Spoken message"})
    laptop.ship(
        lambda form: relabel(form, "when_rel", "hint", fr="Le moment.", en="The moment."), "2026120101"
    )
    code, _, err = laptop.run("save", str(path))
    assert (code, "DK-F75" in err) == (1, True)
    assert laptop.run("upgrade", "alert")[0] == 0
    laptop.save(path)

    rows = {row.name: row for row in laptop.form().survey}
    assert rows["voice"].text("label", "fr") == "Message parlé"
    assert rows["when_rel"].text("hint", "fr") == "Le moment."


def test_what_was_saved_from_an_older_base_waits_for_its_conflicts(laptop: Laptop) -> None:
    """The trainer's file is not lost: settled, the upgrade takes it and not what was in use."""
    customised(laptop)
    path = laptop.customise()
    with excel(path) as book:
        book.write("survey", book.row("survey", "voice"), {FR: "Message parlé"})
    laptop.ship(lambda form: relabel(form, "voice", "label", fr="Votre voix"), "2026120101")
    laptop.run("upgrade", "alert")
    code, _, _ = laptop.run("save", str(path))
    assert code == 3
    with excel(Folder(laptop.forms).conflicts("alert")) as book:
        book.book["Conflits"]["F6"] = "nous"
    assert laptop.run("upgrade", "alert")[0] == 0

    rows = {row.name: row for row in laptop.form().survey}
    assert rows["voice"].text("label", "fr") == "Message parlé"
    assert "org_quartier" in rows


def test_a_new_workspace_keeps_what_its_forms_start_from(laptop: Laptop) -> None:
    """Then a form that was changed by hand, without any command, can be upgraded too."""
    (laptop.forms / "alert.xlsx").write_bytes((laptop.shelf / "alert.xlsx").read_bytes())
    keep_bases(Folder(laptop.forms))
    with excel(laptop.forms / "alert.xlsx") as book:
        book.insert("survey", book.row("survey", "place_hint"), quarter())
    keep_bases(Folder(laptop.forms))
    laptop.ship(
        lambda form: relabel(form, "when_rel", "hint", fr="Le moment.", en="The moment."), "2026120101"
    )

    assert laptop.run("upgrade", "alert")[0] == 0
    assert "org_quartier" in {row.name for row in laptop.form().survey}


def test_without_the_base_it_was_made_from_nothing_is_guessed(laptop: Laptop) -> None:
    """A sentence says which file is missing."""
    (laptop.forms / "alert.xlsx").write_bytes((laptop.shelf / "alert.xlsx").read_bytes())
    laptop.ship(lambda form: relabel(form, "when_rel", "hint", fr="Le moment."), "2026120101")
    code, _, err = laptop.run("upgrade", "alert")

    assert (code, "DK-F74" in err, "alert@2026112501.xlsx" in err) == (1, True, True)


@pytest.mark.parametrize("held", ["alert.xlsx", "alert.yaml", "alert@2026112501.xlsx"])
def test_a_save_that_was_stopped_goes_on_when_it_is_run_again(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    """Excel holds a file, or the laptop is closed: no file is half-written, and the same command ends it."""
    with excel(laptop.customise()) as book:
        book.insert("survey", book.row("survey", "place_hint"), quarter())

    def busy(path: Path, data: bytes) -> None:
        if path.name == held:
            raise NotWritten(file=path.name)
        put(path, data)

    monkeypatch.setattr("xlsform.overlay.renewal.put", busy)
    code, _, err = laptop.run("save", str(laptop.edit))
    assert (code, "DK-F31" in err) == (1, True)
    assert not list(laptop.forms.rglob("*.new"))
    monkeypatch.setattr("xlsform.overlay.renewal.put", put)

    laptop.save()
    assert "org_quartier" in {row.name for row in laptop.form().survey}
    assert laptop.told("upgrade", "alert")[1]["written"] is False


# --- breaks and acceptance ----------------------------------------------------------------------------------------


def dropped(laptop: Laptop) -> Path:
    """An edited workbook without a question that was collected."""
    customised(laptop)
    path = laptop.customise()
    with excel(path) as book:
        book.delete("survey", book.row("survey", "voice"))
    return path


def test_a_change_that_breaks_is_accepted_by_name_with_author_and_reason(laptop: Laptop) -> None:
    """Else exit code 3 and nothing is written; accepted, it stands in CHANGES.md."""
    path = dropped(laptop)
    before = laptop.files()
    code, document = laptop.told("save", str(path))
    assert code == 3
    assert [(one["code"], one["path"]) for one in document["held"]] == [("FIELD-GONE", "story/voice")]
    assert laptop.files() == before
    accepted = ("--accept", "FIELD-GONE:story/voice")
    assert laptop.run("save", str(path), *accepted)[0] == 1  # neither who nor why
    assert laptop.run("save", str(path), *accepted, "--author", "f2", "--why", "trop lourd")[0] == 0

    (line,) = [
        line
        for line in (laptop.forms / "CHANGES.md").read_text("utf-8").splitlines()
        if line.startswith("- ")
    ]
    assert "FIELD-GONE:story/voice" in line
    assert line.endswith("f2 : trop lourd")


@pytest.mark.parametrize("code", ["CONSENT-LOOSER", "SENS-LOWERED", "CORE-TOUCHED", "META-ID", "NONSENSE"])
def test_what_nobody_may_accept_cannot_be_asked_for(laptop: Laptop, code: str) -> None:
    """There is no such option, whoever says why."""
    path = dropped(laptop)
    asked = ("--accept", f"{code}:gate", "--author", "f2", "--why", "x")

    for words in (("save", str(path)), ("upgrade", "alert")):
        assert "DK-F79" in laptop.run(*words, *asked)[2]
    for option in ("--force", "-f"):
        assert laptop.run("save", str(path), option)[0] == 2
        assert laptop.run("upgrade", "alert", option)[0] == 2
