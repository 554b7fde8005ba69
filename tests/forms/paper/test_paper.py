"""A form on paper: the right questions, in words, with room for the answer, and nothing that identifies somebody."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html

from tests.forms.paper.conftest import Run, small
from xlsform import pack, paper, pdf
from xlsform.model import SEALED, Form, Kind, resolve
from xlsform.paper import Asked, End, Part, questionnaire
from xlsform.sources import source
from xlsform.workbooks import writing

SHIPPED = tuple(form.form_id for form in pack.forms())

STORY = """
- {type: select_one yes_no, name: gate, label: {fr: Accord, en: Agreement}, hint: {fr: Dites tout., en: Say all.}, required: yes, sensitivity: 1}
- {type: note, name: stop, label: {fr: Arrêtez., en: Stop.}, relevant: "${gate} = 'no'"}
- {type: begin_group, name: facts, label: {fr: Faits, en: Facts}, relevant: "${gate} = 'yes'", sensitivity: 1}
- {type: select_multiple kinds, name: what, label: {fr: Quoi, en: What}}
- {type: text, name: full_name, label: {fr: Nom, en: Name}, sensitivity: 3}
- {type: text, name: unclassed, label: {fr: Texte, en: Text}, sensitivity: x}
- {type: calculate, name: sum, calculation: 1 + 1}
- {type: date, name: day, label: {fr: Jour, en: Day}, relevant: "${full_name} != ''"}
- {type: end_group}
- {type: begin_repeat, name: rows, label: {fr: Personne, en: Person}, sensitivity: 1}
- {type: integer, name: age, label: {fr: 'Âge de ${what}', en: 'Age of ${what}'}, relevant: "selected(${what}, 'a')"}
- {type: end_repeat}
- {type: begin_group, name: who, label: {fr: Qui, en: Who}, sensitivity: 3}
- {type: text, name: phone, label: {fr: Téléphone, en: Phone}}
- {type: end_group}
"""


def shipped(form_id: str) -> Form:
    """Return a shipped form."""
    path = pack.find(form_id).source
    assert path is not None
    return source.load(path)


def words_of(page: str) -> str:
    """Return what can be read on a page."""
    tree = html.fromstring(page)
    for style in tree.iter("style"):
        style.text = ""
    return " ".join(tree.text_content().split())


def test_questions_are_numbered_and_their_conditions_name_the_numbers() -> None:
    """What the phone would skip is said in words before it is asked, by the number on the paper."""
    sheet = questionnaire(small(STORY), "en")
    assert [(one.number, one.name, one.condition) for one in sheet.asked] == [
        (1, "gate", ""),
        (2, "what", ""),
        (3, "day", "the question “Name”, which only the phone asks, has an answer"),
        (4, "age", "“Red” is ticked in question 2"),
    ]
    parts = [one for one in sheet.elements if isinstance(one, Part)]
    assert [(one.title, one.condition, one.repeat) for one in parts] == [
        ("Facts", "question 1 is “Yes”", False),
        ("Person", "", True),
    ]
    assert sum(isinstance(one, End) for one in sheet.elements) == len(parts)


def test_what_identifies_stays_off_unless_asked_for() -> None:
    """Level 3 and what nobody classed are left off, their number is said, and so is a part that only holds such."""
    without = questionnaire(small(STORY), "fr")
    with_ = questionnaire(small(STORY), "fr", identity=True)
    assert (without.left_off, with_.left_off) == (3, 0)
    assert {one.name for one in with_.asked} - {one.name for one in without.asked} == {
        "full_name",
        "unclassed",
        "phone",
    }
    page = words_of(paper.page(without))
    assert "Téléphone" not in page
    assert "Qui" not in page.split()
    assert "3 questions about identity are not on this paper" in page


@pytest.mark.parametrize("form_id", SHIPPED)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_sealed_question_of_a_shipped_form_is_printed(form_id: str, language: str) -> None:
    """Every question below level 3 is on the paper, none of level 3, in both languages."""
    form = shipped(form_id)
    sheet = questionnaire(form, language)
    asked = [one for one in resolve(form).questions if one.kind is Kind.QUESTION]
    assert [one.name for one in sheet.asked] == [one.name for one in asked if one.level < SEALED]
    assert sheet.left_off == sum(one.level >= SEALED for one in asked)
    page = paper.page(sheet, pack.forms_root() / "media")
    assert "${" not in page
    for one in sheet.asked:
        assert f">{one.number}.<" in page


@pytest.mark.parametrize(
    ("kind", "room"),
    [
        ("integer", "number"),
        ("decimal", "number"),
        ("date", "date"),
        ("time", "time"),
        ("dateTime", "moment"),
        ("text", "line"),
        ("acknowledge", "tick"),
        ("geopoint", "phone"),
        ("image", "phone"),
        ("audio", "phone"),
        ("select_one yes_no", "one"),
        ("select_multiple yes_no", "several"),
        ("rank kinds", "ranked"),
        ("select_one_from_file cases.csv", "line"),
        ("barcode", "line"),
    ],
)
def test_each_type_gets_its_room(kind: str, room: str) -> None:
    """Boxes for lists, digits for numbers and days, a line for words, nothing for what only the phone takes."""
    form = small(f"- {{type: {kind}, name: q, label: {{fr: Q, en: Q}}, sensitivity: 1}}")
    (asked,) = questionnaire(form, "en").asked
    assert asked.room == room
    assert re.search(r"</div>\s*</td></tr></tbody>", paper.page(questionnaire(form, "en")))


def test_several_lines_for_a_story() -> None:
    """The appearance multiline gives more room."""
    form = small("- {type: text, name: q, label: {fr: Q, en: Q}, appearance: multiline, sensitivity: 1}")
    assert questionnaire(form, "en").asked[0].room == "lines"


def long_list(count: int, label: str) -> str:
    """Return a list of so many choices; ``label`` holds {n}."""
    rows = (
        f"    - {{name: V{n}, label: {{fr: '{label}', en: '{label}'}}}}".replace("{n}", str(n))
        for n in range(count)
    )
    return "choices:\n  long:\n" + "\n".join(rows)


def test_a_long_list_stands_once_at_the_end() -> None:
    """Seventeen choices would fill a page; two questions share the list; a list that only numbers needs none."""
    survey = """
- {type: select_one long, name: one, label: {fr: Un, en: One}, sensitivity: 1}
- {type: select_one long, name: two, label: {fr: Deux, en: Two}, sensitivity: 1}
"""
    sheet = questionnaire(small(survey, long_list(17, "Lieu {n}")), "fr")
    assert [one.room for one in sheet.asked] == ["listed", "listed"]
    assert words_of(paper.page(sheet)).count("V16 Lieu 16") == 1
    short = questionnaire(small(survey, long_list(16, "Lieu {n}")), "fr")
    assert [one.room for one in short.asked] == ["one", "one"]
    bare = questionnaire(small(survey, long_list(17, "V{n}")), "fr")
    assert ([one.room for one in bare.asked], bare.lists) == (["line", "line"], {})


def test_what_a_form_says_is_text_never_markup() -> None:
    """A label of other people cannot put anything into the page; an answer put into a label becomes room to write."""
    form = small(
        "- {type: text, name: q, label: {fr: '<script>x</script> ${q}', en: '<b>'}, hint: {fr: '&amp;', en: '\"'}, sensitivity: 1}"
    )
    page = paper.page(questionnaire(form, "fr"))
    assert "<script>" not in page
    assert "${" not in page
    assert "&lt;script&gt;x&lt;/script&gt; ________" in page


def test_pictures_of_choices_are_laid_in(tmp_path: Path) -> None:
    """The paper shows what the phone shows; a picture that is not there, or lies elsewhere, is left out."""
    sheet = questionnaire(shipped("alert"), "fr")
    media = pack.forms_root() / "media"
    assert paper.page(sheet, media).count('src="data:image/png;base64,') == 18
    assert paper.page(sheet, tmp_path).count("<img") == 0
    assert not re.search(r'(?:src|href)="(?!data:)', paper.page(sheet, media))


def test_a_form_without_languages_prints_too() -> None:
    """A simple workbook names no language: its one text is printed."""
    text = b"settings: {form_id: x}\nsurvey:\n- {type: text, name: q, label: Nom, sensitivity: 1}\n"
    form = source.read(text, file="x.yaml")
    (asked,) = questionnaire(form, "").asked
    assert asked.label == "Nom"
    with pytest.raises(paper.LanguageMissing):
        questionnaire(form, "fr")


def test_a_language_the_form_does_not_speak_is_said() -> None:
    """With those it speaks."""
    with pytest.raises(paper.LanguageMissing) as told:
        questionnaire(small(STORY), "wes")
    assert (told.value.code, told.value.known) == ("DK-F91", "fr, en")


# --- the command --------------------------------------------------------------------------------------------------


def test_a_page_is_written_and_says_what_is_left_off(run: Run, tmp_path: Path) -> None:
    """HTML needs no other program; the document counts."""
    target = tmp_path / "x.html"
    code, document, _talk = run("forms", "paper", "alert", "-o", str(target), "--json")
    assert code == 0
    assert (document["questions"], document["left_off"], document["identity"]) == (19, 6, False)
    assert (document["made_by"], document["language"]) == ("HTML", "en")
    assert "DESTROY" not in target.read_text(encoding="utf-8")
    assert 'lang="en"' in target.read_text(encoding="utf-8")


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    """Only the report."""
    assert run("forms", "paper", "alert", "-o", str(tmp_path / "x.html"), "--dry-run")[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_identity_warns_also_when_quiet(run: Run, tmp_path: Path) -> None:
    """Whoever prints names is told what must become of the paper; the head of each page says it."""
    target = tmp_path / "x.html"
    code, _text, talk = run("forms", "paper", "case", "--identity", "-q", "-o", str(target))
    tree = html.fromstring(target.read_text(encoding="utf-8"))
    assert code == 0
    assert "destroy each one" in talk
    assert "DESTROY AFTER ENTRY" in tree.find(".//thead").text_content()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("alert", "-o", "x.docx"), ".pdf or .html"),
        (("nothing",), "DK-F03"),
        (("nothing.xlsx",), "not there"),
        (("alert", "--language", "wes", "-o", "x.html"), "DK-F91"),
    ],
)
def test_a_wrong_wish_is_one_clear_sentence(
    run: Run, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """No traceback, no file."""
    code, _text, talk = run("forms", "paper", *words)
    assert code != 0
    assert said in talk
    assert "DK-C01" not in talk
    assert list(tmp_path.iterdir()) == []


def test_without_a_program_a_page_is_written_and_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop with nothing but a browser nobody finds: HTML by itself, a PDF asked for is refused."""
    monkeypatch.setattr(pdf, "routes", tuple)
    monkeypatch.chdir(tmp_path)
    code, text, _talk = run("forms", "paper", "alert")
    assert (code, (tmp_path / "alert-en.html").is_file()) == (0, True)
    assert "any browser" in text
    assert run("forms", "paper", "alert", "-o", "x.pdf")[0] == 2


def test_a_program_that_makes_no_pdf_leaves_no_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends at once and writes nothing: one error with its name, what was there stays."""
    program = shutil.which("true")
    if program is None:
        pytest.skip("no program 'true' here")
    monkeypatch.setattr(pdf, "routes", lambda: (pdf.Route("browser", Path(program)),))
    target = tmp_path / "x.pdf"
    target.write_bytes(b"before")
    code, _text, talk = run("forms", "paper", "alert", "-o", str(target))
    assert (code, "DK-F90" in talk) == (1, True)
    assert target.read_bytes() == b"before"


def test_the_next_program_is_asked_when_one_fails(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that cannot read the temporary folder (a Snap) does not stop LibreOffice; the report names who did it."""
    ways = (pdf.Route("browser", Path("chromium")), pdf.Route("office", Path("soffice")))
    monkeypatch.setattr(pdf, "routes", lambda: ways)
    monkeypatch.setattr(pdf, "_printed", lambda _page, way: b"%PDF-1.7" if way.kind == "office" else b"")
    document = run("forms", "paper", "alert", "-o", str(tmp_path / "x.pdf"), "--json")[1]
    assert document["made_by"] == "LibreOffice"
    assert (tmp_path / "x.pdf").read_bytes() == b"%PDF-1.7"


def test_a_form_that_classes_nothing_is_said_to_be_empty(run: Run, tmp_path: Path) -> None:
    """Of other people's forms nothing is known: each question counts as identity, and that is said."""
    form = small("- {type: text, name: q, label: {fr: Q, en: Q}}")
    path = tmp_path / "other.xlsx"
    path.write_bytes(writing.write(form))
    code, document, talk = run("forms", "paper", str(path), "-o", str(tmp_path / "x.html"), "--json")
    assert (code, document["questions"], document["left_off"]) == (0, 0, 1)
    assert "column sensitivity" in talk


def test_who_waits_for_a_pdf_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser takes seconds to start, on a laptop that is old many: on a terminal something stands there meanwhile."""
    monkeypatch.setattr(pdf, "routes", lambda: (pdf.Route("browser", Path("chromium")),))
    monkeypatch.setattr(pdf, "_printed", lambda _page, _way: b"%PDF-1.7")
    target = str(tmp_path / "x.pdf")
    assert "Making the PDF" not in run("forms", "paper", "alert", "-o", target)[2]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, _text, talk = run("forms", "paper", "alert", "-o", str(tmp_path / "y.pdf"))

    assert (code, "Making the PDF" in talk) == (0, True)


@pytest.mark.browser
def test_every_printed_page_says_destroy(run: Run, tmp_path: Path) -> None:
    """Chromium repeats the head on each A4 page; without identity no page says it."""
    _printed(run, tmp_path, "browser")


@pytest.mark.office
def test_libreoffice_prints_it_on_every_page_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other road gives plainer pages with the same head."""
    offices = tuple(way for way in pdf.routes() if way.kind == "office")
    monkeypatch.setattr(pdf, "routes", lambda: offices)
    _printed(run, tmp_path, "office")


def _printed(run: Run, folder: Path, kind: str) -> None:
    route = next(iter(pdf.routes()), None)
    if route is None or route.kind != kind or shutil.which("pdftotext") is None:
        pytest.skip(f"no {kind} or no pdftotext here")
    for words, expected in (((), False), (("--identity",), True)):
        target = folder / f"{expected}.pdf"
        code, document, _ = run("forms", "paper", "followup", *words, "-o", str(target), "--json")
        assert (code, document["made_by"]) == (0, route.name)
        text = subprocess.run(
            ["pdftotext", "-layout", target, "-"],  # noqa: S607 - poppler
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout
        pages = text.split("\f")[:-1]
        assert len(pages) > 1
        assert [("DESTROY AFTER ENTRY" in page) for page in pages] == [expected] * len(pages)


def test_the_room_for_an_answer_is_known_to_the_page() -> None:
    """Every kind of room is drawn."""
    for room in paper.Room.__args__:  # type: ignore[attr-defined] # what a Literal holds
        asked = Asked(1, "q", "Q", "", "", required=False, room=room)
        sheet = paper.Questionnaire("T", "1", "en", (asked,), 0, identity=False)
        assert words_of(paper.page(sheet))
