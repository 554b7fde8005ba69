"""The table that a translator gets: every text once, with its place; and the same table read again."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.forms.translate.worlds import FR, WES, YAML, form, table, table_bytes
from tests.forms.xlsform.worlds import book_of, packed
from xlsform.errors import FormError
from xlsform.translate.memory import Kept, Progress, State, path_of, progress, written
from xlsform.translate.memory import read as read_memory
from xlsform.translate.table import TableUnreadable, as_csv, as_workbook, read, rows
from xlsform.translate.texts import Language, LanguageNotInForm, LanguageUnnamed, added, of_form, texts


def test_every_text_is_there_once_with_its_place() -> None:
    """Labels, hints, messages, choices; the group around a question, the question that offers a choice."""
    found = {text.key: text for text in texts(form(), "fr")}

    assert len(found) == 11
    assert found["survey/facts/age/constraint_message"].where == "Faits"
    assert found["choices/yn/yes/label"].where == "Accord ?"
    assert found["choices/region/CM001/label"].kind == "place"
    assert not [key for key in found if "audio" in key or "image" in key]


def test_a_path_given_twice_has_two_keys() -> None:
    """A faulty form can still be translated, text by text."""
    twice = form(YAML.replace("    - name: no\n", "    - name: yes\n"))

    assert [text.key for text in texts(twice) if "/yn/" in text.key] == [
        *("choices/yn/yes/label", "choices/yn/yes#2/label")
    ]


def test_a_new_language_lacks_everything_and_places_are_proposed() -> None:
    """The name of a place is the same in most languages; everything else is empty."""
    made = form()
    sheet = load_workbook(io.BytesIO(as_workbook(made, rows(made, FR, WES, {}), FR, WES))).worksheets[0]
    header, *body = [[cell.value for cell in row] for row in sheet.iter_rows()]

    assert header[5:8] == [
        "de / from: Français (fr)",
        "aussi / also: English (en)",
        "vers / to: Pidgin (wes)",
    ]
    assert {row[4] for row in body} == {"MISSING"}
    assert [row[7] for row in body if row[7]] == ["Adamaoua"]
    assert sheet.cell(2, 5).value == "MISSING"


def test_what_was_reworded_is_marked_with_the_old_words() -> None:
    """From the memory of the last import, or from an earlier version of the form."""
    made = form()
    kept = {"survey/consent/label": Kept("Êtes-vous d'accord ?", "Agreement?")}
    english = Language("en", "English (en)")
    by_memory = {row.text.key: row for row in rows(made, FR, english, kept)}
    earlier = form(YAML.replace('fr: "Accord ?"', 'fr: "Avant ?"'))
    by_version = {row.text.key: row for row in rows(made, FR, english, {}, earlier)}

    assert by_memory["survey/consent/label"].state is State.CHANGED
    assert by_memory["survey/consent/label"].was == "Êtes-vous d'accord ?"
    assert by_memory["survey/consent/hint"].state is State.DONE
    assert by_version["survey/consent/label"].was == "Avant ?"
    assert [row.text.key for row in by_version.values() if row.state is State.CHANGED] == [
        "survey/consent/label"
    ]
    assert b"was: Avant ?" in as_csv(made, list(by_version.values()), FR, english)


def test_a_translation_that_was_changed_since_is_not_marked() -> None:
    """Somebody has looked at it after the memory was written."""
    kept = {"survey/consent/label": Kept("Êtes-vous d'accord ?", "Do you agree?")}
    found = {row.text.key: row.state for row in rows(form(), FR, Language("en", "English (en)"), kept)}

    assert found["survey/consent/label"] is State.DONE


def test_a_memory_holds_no_formula_and_says_the_same(tmp_path: Path) -> None:
    """What a translator typed lies in a CSV that somebody may open; a memory written before is read as it was."""
    memory = {"a": Kept("- Oui", "=1+1"), "b": Kept("Non", "'=x"), "c": Kept("@", "\tà droite\n- deux")}
    path = tmp_path / "m.csv"
    path.write_bytes(written(memory))
    cells = [cell for line in csv.reader(io.StringIO(path.read_text("utf-8"), newline="")) for cell in line]

    assert [cell for cell in cells if cell[:1] in {*"=+-@\t"}] == []
    assert read_memory(path) == memory
    path.write_text("key,source,translation\na,- Oui,=1+1\n", encoding="utf-8")
    assert read_memory(path) == {"a": memory["a"]}


def test_progress_counts_texts() -> None:
    """The percentage is never rounded up to a hundred."""
    found = list(texts(form()))

    assert progress(found, "fr", "en", {}) == Progress(11, 0, 0)
    assert progress(found, "fr", "wes", {}).percent == 0
    assert Progress(1000, 1, 0).percent == 99
    assert Progress(0, 0, 0).percent == 100


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_table_is_read_as_it_was_written(kind: str) -> None:
    """Line ends, quotes and signs that look like formulas too."""
    made = form()
    found = rows(made, FR, Language("en", "English (en)"), {})
    write = as_csv if kind == "csv" else as_workbook
    back = read(write(made, found, FR, Language("en", "English (en)")), file=f"t.{kind}")

    assert (back.form, back.version, back.source, back.target) == (
        *("essai", "2026112501", "Français (fr)", "English (en)"),
    )
    assert {line.key: line.translation for line in back.lines} == {
        row.text.key: row.text.by_language["en"] for row in found
    }
    assert {line.key: line.source for line in back.lines} == {
        row.text.key: row.text.by_language["fr"] for row in found
    }


def test_a_csv_that_a_spreadsheet_saved_is_read() -> None:
    """With commas or tabs, without a byte order mark, columns moved."""
    lines = (
        "clé / key,vers / to: Pidgin (wes),de / from: Français (fr),formulaire / form\r\n"
        'survey/consent/label,"Gree, or no?",Accord ?,essai 2026112501\r\n'
    )
    for delimiter in (",", "\t"):
        raw = lines.replace(',"Gree, or no?",', ',"Gree, or no?",').encode()
        text = (
            raw.decode()
            if delimiter == ","
            else raw.decode().replace('"Gree, or no?"', "Gree").replace(",", "\t")
        )
        back = read(text.encode(), file="t.csv")
        assert [line.key for line in back.lines] == ["survey/consent/label"]
        assert back.lines[0].cell == "B2"


def test_formulas_of_a_csv_are_defused() -> None:
    """A spreadsheet would compute a text that begins with such a sign."""
    made = form()

    assert b";'- r\xc3\xa9gion;" in as_csv(made, rows(made, FR, WES, {}), FR, WES)


def bomb() -> bytes:
    """A workbook of a few hundred kilobytes that unpacks to 150 MB."""
    return packed([("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"0" * 150_000_000)])


@pytest.mark.parametrize(
    ("raw", "file"),
    [
        (b"", "t.csv"),
        (b"PK", "t.xlsx"),
        (b"a;b\n1;2\n", "t.csv"),
        ("clé / key;formulaire / form;de / from: F;vers / to: é".encode("latin-1"), "t.csv"),
        ("clé / key;formulaire / form;de / from: F;vers / to: E\n".encode(), "t.csv"),
        ("clé / key;formulaire / form;de / from: F;vers / to: E\na;f 1;x;y\nb;g 1;x;y\n".encode(), "t.csv"),
        ("clé / key;clé / key;formulaire / form;de / from: F;vers / to: E\n".encode(), "t.csv"),
        (book_of({"x": (("a", "b"), ("1", "2"))}), "t.xlsx"),
        (b"\xff\xfe" + "clé".encode("utf-16-le"), "t.csv"),
        (b";".join([b"x"] * 100_000), "t.csv"),
        (b'a;"' + b"x" * 200_000 + b'"\n', "t.csv"),
        (b"a;\0;b\n", "t.csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "t.xls"),
        (bomb, "t.xlsx"),
    ],
)
def test_what_is_no_table_is_refused(raw: bytes | Callable[[], bytes], file: str) -> None:
    """With one sentence that says what to take instead."""
    with pytest.raises(FormError) as raised:
        read(raw if isinstance(raw, bytes) else raw(), file=file)

    assert (
        raised.value.code in {"DK-F80", "DK-F21", "DK-F22", "DK-F23", "DK-F24"}
        or "workbook" in raised.value.words()
    )


def test_a_large_csv_is_refused_before_it_is_read() -> None:
    """Whatever it holds."""
    with pytest.raises(TableUnreadable):
        read(b"a" * 20_000_001, file="t.csv")


def test_noise_never_ends_in_anything_but_a_refusal() -> None:
    """A table cut or garbled on its way is read, or refused with words."""
    raw, rnd = bytearray(table_bytes()), random.Random(7)
    for _ in range(25):
        broken = bytes(raw[: rnd.randrange(len(raw))])
        with pytest.raises(FormError):
            read(broken, file="t.xlsx")


def test_languages_are_found_by_code_or_name() -> None:
    """A known code is enough for a new one; an unknown one needs a name with a code."""
    made = form()

    assert of_form(made, "").code == "fr"
    assert of_form(made, "english (EN)").code == "en"
    assert added(made, "fub").name == "Fulfulde (fub)"
    assert added(made, "Hausa  (ha)") == Language("ha", "Hausa (ha)")
    with pytest.raises(LanguageNotInForm):
        of_form(made, "de")
    for wrong in ("xx", "Hausa", "Français du nord (fr)", ""):
        with pytest.raises(LanguageUnnamed):
            added(made, wrong)


def test_a_memory_is_read_as_it_was_written() -> None:
    """Sorted, so that two people who import the same table keep the same file."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    memory = {"b": Kept("x\ny", '"'), "a": Kept("", "é")}
    with TemporaryDirectory() as folder:
        place = path_of(Path(folder), "essai", "fr", "wes")
        place.parent.mkdir()
        place.write_bytes(written(memory))
        assert read_memory(place) == memory
        place.write_bytes(b"\xff")
        assert read_memory(place) == {}
        place.write_bytes(b"other,header\n")
        assert read_memory(place) == {}
        assert read_memory(Path(folder, "nothing")) == {}


def test_a_table_shows_nothing_of_its_words_in_a_log() -> None:
    """Its representation names form and languages."""
    assert "Agreement" not in repr(table())
