"""``dikalo forms map``: the flow of a form as a picture, in each of its languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html

from sync_scripts.cli import main
from tests.forms.xlsform.worlds import Rows, book
from xlsform.preview import flow
from xlsform.workbooks import workbook

ROWS: Rows = (
    ("type", "name", "label::Français (fr)", "label::English (en)", "relevant"),
    ("select_one yn", "ok", "D'accord ?", "Agreed?", ""),
    ("note", "bye", "Merci.", "Thank you.", "${ok} = 'no'"),
    ("begin_group", "facts", "Les <faits>", "The <facts>", "${ok} = 'yes'"),
    ("text", "what", "Quoi ?", "What?", ""),
    ("begin_repeat", "people", "Personnes", "People", ""),
    ("text", "nickname", "Surnom " * 40, "Nickname " * 40, " and ".join(["${what} != ''"] * 9)),
    ("end_repeat", "", "", "", ""),
    ("end_group", "", "", "", ""),
    ("begin_group", "end", "Fin", "End", "${ok} = 'yes'"),
    ("text", "last", "Dernier", "Last", ""),
    ("end_group", "", "", "", ""),
)
CHOICES: Rows = (
    ("list_name", "name", "label::Français (fr)", "label::English (en)"),
    ("yn", "yes", "Oui", "Yes"),
    ("yn", "no", "Non", "No"),
)
RAW = book(ROWS, CHOICES, (("form_title", "form_id", "version"), ("Essai", "essai", "2026112501")))


def test_each_group_at_the_top_is_one_drawing_with_its_conditions_in_words() -> None:
    """Questions in no group stand together; the condition of the group before is not said twice."""
    form = workbook.read(RAW, file="f.xlsx").form
    drawn = list(flow.drawings(form, "en"))
    told = [[(one.kind, one.text) for one in drawing.shapes if one.text] for drawing in drawn]

    assert [drawing.title for drawing in drawn] == ["", "The <facts>", "End"]
    assert told[0] == [("title", "1 question"), ("text", "– Thank you.: only if “Agreed?” is “No”")]
    assert told[1][:2] == [("text", "Only if “Agreed?” is “Yes”"), ("title", "The <facts> · 1 question")]
    assert told[1][2] == ("title", "People · 1 question · repeated")
    assert told[2] == [("text", "Under the same condition"), ("title", "End · 1 question")]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_text_lies_in_its_box_and_every_box_in_its_drawing(language: str) -> None:
    """Nothing is cut at a side or at the end, however long a question is; a box inside another lies in it."""
    form = workbook.read(RAW, file="f.xlsx").form
    for drawing in flow.drawings(form, language):
        boxes = [one for one in drawing.shapes if one.width]
        for one in drawing.shapes:
            width = one.width or len(one.text) * 6
            around = [
                box
                for box in boxes
                if box.x <= one.x
                and one.x + width <= box.x + box.width
                and box.y <= one.y
                and one.y + one.height <= box.y + box.height
            ]
            assert around, one
            assert one.y + one.height <= drawing.height
            assert len(one.text) < 110


def test_the_command_writes_one_page_without_a_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both languages, sentences around the questions included; what stands in a form stays text; a dry run writes nothing."""
    (tmp_path / "f.xlsx").write_bytes(RAW)
    words = ["-C", str(tmp_path), "--lang", "en", "forms", "map", str(tmp_path / "f.xlsx"), "-o"]
    target = tmp_path / "flow.html"

    assert main([*words, str(target), "--dry-run"]) == 0
    assert not target.exists()
    assert main([*words, str(target)]) == 0
    page = html.fromstring(target.read_text("utf-8"))
    assert [one.get("lang") for one in page.iterfind(".//section")] == ["fr", "en"]
    assert len(page.findall(".//svg")) == 6
    assert page.xpath("//script | //*[@href] | //*[@src] | //faits") == []
    said = [one.text for one in page.iterfind(".//text")]
    assert "Seulement si « D'accord ? » est « Oui »" in [one.replace("\u00a0", " ") for one in said]
    assert {"Only if “Agreed?” is “Yes”", "End of the form", "Fin du formulaire"} <= set(said)
    capsys.readouterr()
    assert main([*words, "flow.pdf"]) == 2
    assert "must end in .html" in capsys.readouterr().err
