"""Questions read aloud: names, sizes and kinds are checked before anything moves, and a whole set reaches the phone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sync_scripts.classroom.protocol import shelf
from tests.forms.paper.conftest import HEAD, Run, small
from xlsform import build, pack
from xlsform.answers import recordings
from xlsform.answers.recordings import LARGEST, accept, laid, prompts, without
from xlsform.convert import convert
from xlsform.sources import source
from xlsform.workbooks import workbook, writing

OGG = b"OggS" + bytes(40)
HEADS = {".amr": b"#!AMR\n", ".ogg": b"OggS", ".mp3": b"ID3\x04", ".m4a": b"\0\0\0\x20ftypM4A "}
SURVEY = """
- {type: select_one kinds, name: q, label: {fr: Quoi, en: What}, sensitivity: 1}
- {type: note, name: n, label: {fr: Note, en: Note}}
- {type: text, name: own, label: {fr: Libre, en: Free}, audio: {fr: mine.ogg, en: mine.ogg}, sensitivity: 1}
- {type: calculate, name: c, calculation: 1 + 1}
"""
LISTS = """
choices:
  kinds:
    - {name: a, label: {fr: Rouge, en: Red}, image: a.png}
    - {name: b, label: {fr: Bleu, en: Blue}}
"""


def record(folder: Path, *names: str, data: bytes = OGG) -> None:
    """Put recordings into a folder."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(data)


def test_what_can_be_read_aloud_has_a_name_in_each_language() -> None:
    """Questions, notes, and choices with a picture; not what names its own sound, nor what nobody sees."""
    found = list(prompts(small(SURVEY, LISTS)))
    assert [(one.stem, one.text) for one in found] == [
        ("small-q-fr", "Quoi"),
        ("small-q-en", "What"),
        ("small-n-fr", "Note"),
        ("small-n-en", "Note"),
        ("small-kinds-a-fr", "Rouge"),
        ("small-kinds-a-en", "Red"),
    ]


@pytest.mark.parametrize("form_id", [form.form_id for form in pack.forms()])
def test_no_two_prompts_of_the_shipped_forms_share_a_file(form_id: str) -> None:
    """And the names survive a USB stick: small letters, digits, _ and -."""
    path = pack.find(form_id).source
    assert path is not None
    stems = [one.stem for one in prompts(source.load(path))]
    assert len(stems) == len(set(stems))
    assert all(stem.replace("-", "").replace("_", "").isalnum() and stem.isascii() for stem in stems)


def test_a_recording_is_used_once_every_language_has_its_own(tmp_path: Path) -> None:
    """Half a set is not: the phone would fall silent when the language is changed."""
    form = small(SURVEY, LISTS)
    record(tmp_path, "small-q-fr.ogg", "small-kinds-a-fr.amr", "small-kinds-a-en.ogg")
    half = laid(form, tmp_path)
    assert [row.texts.get("audio") for row in half.survey[:2]] == [None, None]
    assert half.choices["kinds"][0].texts["audio"] == {
        "fr": "small-kinds-a-fr.amr",
        "en": "small-kinds-a-en.ogg",
    }
    record(tmp_path, "small-q-en.mp3")
    whole = laid(form, tmp_path)
    assert whole.survey[0].texts["audio"] == {"fr": "small-q-fr.ogg", "en": "small-q-en.mp3"}
    assert whole.survey[2].texts["audio"] == {"fr": "mine.ogg", "en": "mine.ogg"}
    xform = convert(writing.write(whole), name="small.xlsx").xform
    assert xform.count('<value form="audio">jr://audio/small-q-') == 2
    assert without(whole) == form


def test_without_recordings_the_form_is_the_same(tmp_path: Path) -> None:
    """The shipped workbooks do not change for it."""
    form = small(SURVEY, LISTS)
    assert laid(form, tmp_path / "nothing") == form


# --- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", recordings.SUFFIXES)
def test_each_kind_is_known_by_its_first_bytes(tmp_path: Path, suffix: str) -> None:
    """A file that bears the name of another kind is refused: phones would play nothing."""
    for kind, head in HEADS.items():
        file = tmp_path / f"small-q-fr{suffix}"
        file.write_bytes(head + bytes(40))
        wrong = list(accept([file], prompts(small(SURVEY, LISTS))))
        assert [one.code for one in wrong] == ([] if kind == suffix else ["DK-F93"]), kind


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("small-q-fr.ogg", OGG.ljust(LARGEST, b"\0"), None),
        ("small-q-fr.ogg", OGG.ljust(LARGEST + 1, b"\0"), "DK-F92"),
        ("small-q-fr.ogg", b"", "DK-F93"),
        ("small-q-fr.ogg", b"RIFF....WAVE", "DK-F93"),
        ("small-q-fr.wav", b"RIFF....WAVE", "DK-F93"),
        ("small-q-fr", OGG, "DK-F93"),
        ("small-q-de.ogg", OGG, "DK-F94"),
        ("Small-q-fr.ogg", OGG, "DK-F94"),
        ("small-q-fr (1).ogg", OGG, "DK-F94"),
        ("small-c-fr.ogg", OGG, "DK-F94"),
    ],
)
def test_size_kind_and_name_are_checked(tmp_path: Path, name: str, data: bytes, code: str | None) -> None:
    """60 kB at most, one of four kinds, and a name that belongs to a question."""
    (tmp_path / name).write_bytes(data)
    wrong = list(accept([tmp_path / name], prompts(small(SURVEY, LISTS))))
    assert [one.code for one in wrong] == ([code] if code else [])
    assert all(one.words() for one in wrong)


def test_two_files_for_one_question_are_refused(tmp_path: Path) -> None:
    """Nobody knows which one phones would play."""
    record(tmp_path, "small-q-fr.ogg")
    record(tmp_path, "small-q-fr.mp3", data=HEADS[".mp3"])
    (wrong,) = accept(sorted(tmp_path.iterdir()), prompts(small(SURVEY, LISTS)))
    assert wrong.code == "DK-F95"


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def trainer(tmp_path: Path) -> Path:
    """Return a trainer's folder: dikalo.toml, a source with its lists, no register and no passphrase."""
    root = tmp_path / "trainer"
    (root / "forms" / "src").mkdir(parents=True)
    (root / "dikalo.toml").write_text('id = "x"\n', encoding="utf-8")
    text = f"{HEAD}\nsurvey:\n{SURVEY}\n{LISTS}"
    (root / "forms" / "src" / "small.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(pack.forms_root() / "lists", root / "forms" / "lists")
    shutil.copyfile(pack.forms_root() / "register_fields.csv", root / "forms" / "register_fields.csv")
    return root


ALL = tuple(f"small-{name}-{language}.ogg" for name in ("q", "n", "kinds-a") for language in ("fr", "en"))


def test_the_command_lists_what_is_missing(run: Run, trainer: Path) -> None:
    """File name and words to read, for whoever records."""
    code, text, _talk = run("forms", "audio", root=trainer)
    assert code == 0
    assert "small: 0 of 6 recordings." in text
    assert "small-kinds-a-fr.ogg  Rouge" in text


def test_the_list_names_what_is_in_place_and_of_no_use(run: Run, trainer: Path) -> None:
    """A question that was renamed, a file too large or of another kind, two for one question; sounds of the form itself are its own."""
    place = trainer / "forms" / "media"
    record(place, "small-old-fr.ogg", "small-q-fr.ogg", "small-n-fr.mp3", "mine.ogg", "other-q-fr.ogg")
    record(place, "small-q-en.ogg", data=OGG.ljust(LARGEST + 1, b"\0"))
    record(place, "small-q-fr.mp3", data=HEADS[".mp3"])
    code, document, _talk = run("forms", "audio", "--json", root=trainer)
    assert code == 1
    wanted = {
        "DK-F94": "small-old-fr.ogg",
        "DK-F92": "small-q-en.ogg",
        "DK-F93": "small-n-fr.mp3",
        "DK-F95": "small-q-fr.ogg",
    }
    assert {one["code"] for one in document["problems"]} == set(wanted)
    assert all(name in one["message"] for one in document["problems"] for name in [wanted[one["code"]]])


def test_a_set_is_put_in_place_and_built_in(run: Run, trainer: Path, tmp_path: Path) -> None:
    """Checked, copied, used by the next build; a second time changes nothing; a dry run neither."""
    record(tmp_path / "usb", *ALL)
    before = build_of(trainer)
    dry = run("forms", "audio", "--from", str(tmp_path / "usb"), "--dry-run", root=trainer)
    assert (dry[0], build_of(trainer)) == (0, before)
    assert not (trainer / "forms" / "media").exists()
    for _time in range(2):
        code, document, _talk = run("forms", "audio", "--from", str(tmp_path / "usb"), "--json", root=trainer)
        assert (code, len(document["placed"]), document["problems"]) == (0, 6, [])
        assert (document["forms"][0]["recorded"], document["forms"][0]["missing"]) == (6, [])
    assert sorted(path.name for path in (trainer / "forms" / "media").iterdir()) == sorted(ALL)
    xform = convert(build_of(trainer), name="small.xlsx").xform
    assert xform.count("jr://audio/small-") == 6


def build_of(root: Path) -> bytes:
    """Return the workbook that the sources give."""
    (made,) = (one for one in build.plan(root / "forms") if one.form is not None)
    return made.data


def test_one_wrong_file_leaves_everything_as_it_was(run: Run, trainer: Path, tmp_path: Path) -> None:
    """All is checked before anything is copied; each fault is said."""
    record(tmp_path / "usb", *ALL)
    record(tmp_path / "usb", "notes.txt", "small-q-de.ogg", data=b"x")
    (tmp_path / "usb" / "small-q-fr.ogg").write_bytes(OGG.ljust(70_000, b"\0"))
    code, text, _talk = run("forms", "audio", "--from", str(tmp_path / "usb"), root=trainer)
    assert code == 1
    assert [code for code in ("DK-F92", "DK-F94") if code in text] == ["DK-F92", "DK-F94"]
    assert text.count("DK-F94") == 2
    assert not (trainer / "forms" / "media").exists()


def test_a_recording_in_another_format_takes_the_place_of_the_old_one(
    run: Run, trainer: Path, tmp_path: Path
) -> None:
    """Never two files for one question."""
    record(tmp_path / "usb", "small-q-fr.ogg")
    record(tmp_path / "again", "small-q-fr.amr", data=HEADS[".amr"])
    for folder in ("usb", "again"):
        assert run("forms", "audio", "--from", str(tmp_path / folder), root=trainer)[0] == 0
    assert [path.name for path in (trainer / "forms" / "media").iterdir()] == ["small-q-fr.amr"]


def test_a_workspace_of_workbooks_gets_them_too(run: Run, trainer: Path, tmp_path: Path) -> None:
    """Without a source the workbook itself is written anew, keeps every row, and the classroom serves the files."""
    data = build_of(trainer)
    shutil.rmtree(trainer / "forms" / "src")
    target = trainer / "forms" / "small.xlsx"
    target.write_bytes(data)
    record(tmp_path / "usb", *ALL)
    code, _document, _talk = run("forms", "audio", "--from", str(tmp_path / "usb"), "--json", root=trainer)
    assert code == 0
    read = workbook.read(target.read_bytes(), file="small.xlsx").form
    assert without(read) == workbook.read(data, file="small.xlsx").form
    served = shelf(trainer / "forms")
    asked_for = {file.name for file in served.media(served.forms[0])}
    assert asked_for == set(ALL)
    assert served.forms[0].xform.count(b"<dikalo_form") == 1


def test_other_sheets_are_not_lost_without_a_word(run: Run, trainer: Path, tmp_path: Path) -> None:
    """A workbook with a sheet of the trainer's own is written anew only after a yes."""
    import io

    import openpyxl

    target = trainer / "forms" / "small.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(build_of(trainer)))
    book.create_sheet("Budget")["A1"] = "x"
    shutil.rmtree(trainer / "forms" / "src")
    book.save(target)
    before = target.read_bytes()
    record(tmp_path / "usb", *ALL)
    refused, _text, talk = run("forms", "audio", "--from", str(tmp_path / "usb"), root=trainer)
    assert (refused, "DK-C06" in talk) == (2, True)
    assert target.read_bytes() == before
    assert not (trainer / "forms" / "media").exists()
    assert run("forms", "audio", "--from", str(tmp_path / "usb"), "--yes", root=trainer)[0] == 0
    assert target.read_bytes() != before


def test_the_forms_of_an_installed_dikalo_are_not_changed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recordings belong to an organisation's own forms."""
    shutil.copytree(pack.forms_root(), tmp_path / "_forms", ignore=shutil.ignore_patterns("samples"))
    monkeypatch.setattr(pack, "forms_root", lambda: tmp_path / "_forms")
    record(tmp_path / "usb", "alert-danger_now-fr.ogg")
    code, _text, talk = run("forms", "audio", "alert", "--from", str(tmp_path / "usb"))
    assert (code, "DK-F96" in talk) == (1, True)
    assert not (tmp_path / "_forms" / "media" / "alert-danger_now-fr.ogg").exists()
