"""``dikalo forms fill``: a scenario told screen by screen, for a lesson."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from sync_scripts import cli
from xlsform import pack, pdf
from xlsform.sources import source
from xlsform.workbooks import writing

pytestmark = pytest.mark.java

Dikalo = Callable[..., tuple[int, str, str]]

YAML = """
languages: {fr: Français (fr), wes: Pidgin (wes)}
settings: {form_title: Essai, form_id: essai, version: 2026112501}
survey:
  - {type: select_one yn, name: consent, label: {fr: "Accord ?", wes: "You gree?"}, required: yes, required_message: {fr: Répondez., wes: Ansa.}, register: alert.consent_state, sensitivity: 1}
  - {type: text, name: place_of_work, label: {fr: Lieu, wes: Place}, relevant: "${consent} = 'never'", sensitivity: 2}
  - type: begin_group
    name: facts
    label: {fr: Faits, wes: Matter}
    relevant: ${consent} = 'yes'
    appearance: field-list
    sensitivity: 2
  - {type: text, name: who, label: {fr: "**Qui** <b>est-ce</b> & où ?", wes: Who?}, hint: {fr: Jamais un nom., wes: No name.}, sensitivity: 3}
  - {type: integer, name: age, label: {fr: Âge, wes: Year}, constraint: . < 130, constraint_message: {fr: Moins de 130., wes: Small pass 130.}}
  - {type: note, name: told, label: {fr: "Il a ${age} ans", wes: "E get ${age}"}}
  - {type: end_group}
  - {type: select_one yn, name: people_any, label: {fr: "Quelqu'un ?", wes: "Somebody?"}, relevant: "${consent} = 'yes'", sensitivity: 2}
  - {type: begin_repeat, name: people, label: {fr: Personne, wes: Person}, relevant: "${people_any} = 'yes'", sensitivity: 2}
  - {type: select_multiple letters, name: signs, label: {fr: Signes, wes: Sign}}
  - {type: image, name: photo, label: {fr: Photo, wes: Foto}, sensitivity: 3}
  - {type: end_repeat}
choices:
  yn:
    - {name: yes, label: {fr: Oui, wes: Yes}}
    - {name: no, label: {fr: Non, wes: No}}
  letters:
LETTERS
""".replace(
    "LETTERS",
    "\n".join(f"    - {{name: {one}, label: {{fr: L{one}, wes: W{one}}}}}" for one in "abcdefghijklmnopqrst"),
)
SCENARIOS = """
defaults: {place_of_work: Village inventé}
samples:
  - id: yes
    about: Somebody says yes
    consent: yes
    who: Exemple <script> & co
    age: "12"
    people:
      - {signs: a c}
      - {photo: jpg}
  - id: no
    consent: no
  - id: wrong
    consent: yes
    age: "200"
  - id: text
    consent: yes
    age: douze
  - id: unasked
    consent: no
    age: "3"
  - id: empty
    age: "3"
"""


@pytest.fixture
def dikalo(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dikalo:
    """Run the command line in a trainer's folder: a form and its scenarios, no register."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dikalo.toml").write_text("", "utf-8")
    (tmp_path / "forms" / "samples" / "scenarios").mkdir(parents=True)
    form = source.read(YAML.encode(), file="essai.yaml")
    (tmp_path / "forms" / "essai.xlsx").write_bytes(writing.write(form))
    (tmp_path / "forms" / "samples" / "scenarios" / "essai.yaml").write_text(SCENARIOS, "utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def told(out: str) -> dict[str, Any]:
    """The one JSON document of a run."""
    read: dict[str, Any] = json.loads(out)
    return read


@pytest.mark.usefixtures("java")
def test_a_scenario_is_told_screen_by_screen(dikalo: Dikalo) -> None:
    """A field-list is one screen; rows follow with the question between them; answers stand where they are given."""
    code, out, _ = dikalo("forms", "fill", "essai", "yes", "--language", "fr", "--json")
    steps = told(out)["steps"]

    assert code == 0
    assert told(out)["schema"] == "dikalo.forms.fill/1"
    assert [[one["path"] for one in step.get("shown", ())] for step in steps] == [
        ["consent"], ["facts/who", "facts/age", "facts/told"], ["people_any"],
        ["people/signs"], ["people/photo"], [], ["people[2]/signs"], ["people[2]/photo"], [],
    ]  # fmt: skip
    assert [step["wanted"] for step in steps if "another" in step] == [True, False]
    assert steps[5]["another"] == "Personne"
    assert steps[1]["where"] == ["Faits"]
    assert steps[1]["shown"][2]["text"] == "Il a 12 ans"
    assert steps[3]["shown"][0]["answer"] == "La, Lc"
    assert told(out)["screens"] == 7
    assert told(out)["finished"] is True


@pytest.mark.usefixtures("java")
def test_the_language_on_the_phone_is_chosen(dikalo: Dikalo) -> None:
    """By code or name; else that of the program, else the form's first one."""
    assert "You gree?" in dikalo("forms", "fill", "essai", "yes", "--language", "wes")[1]
    assert "You gree?" in dikalo("forms", "fill", "essai", "yes", "--language", "Pidgin (wes)")[1]
    assert "Accord ?" in dikalo("forms", "fill", "essai", "yes")[1]
    code, _, err = dikalo("forms", "fill", "essai", "yes", "--language", "de")
    assert code == 1
    assert "DK-F84" in err


@pytest.mark.usefixtures("java")
@pytest.mark.parametrize("kind", ["", "--md", "--html"])
def test_it_says_at_the_top_that_everything_is_invented(dikalo: Dikalo, kind: str) -> None:
    """Before any answer, in every form of the script, because sealed answers are shown."""
    out = dikalo("forms", "fill", "essai", "yes", "--language", "fr", *([kind] if kind else []))[1]

    assert 0 < out.index("Everything here is invented") < out.index("Accord ?")
    assert "sealed" in out[out.index("Accord ?") :]


@pytest.mark.usefixtures("java")
def test_a_refusal_is_told_too(dikalo: Dikalo) -> None:
    """After no, nothing more is asked, and the form is sent."""
    code, out, _ = dikalo("forms", "fill", "essai", "no", "--json")

    assert code == 0
    assert told(out)["screens"] == 1
    assert told(out)["finished"] is True


@pytest.mark.usefixtures("java")
@pytest.mark.parametrize(
    ("scenario", "reason", "said"),
    [
        ("wrong", "constraint", "Moins de 130."),
        ("text", "type", "The phone does not let anybody type this here."),
        ("empty", "required", "Répondez."),
    ],
)
def test_what_the_phone_does_not_take_is_shown(dikalo: Dikalo, scenario: str, reason: str, said: str) -> None:
    """With the words of the phone, where it happens; exit code 1, because it cannot be finished."""
    code, out, _ = dikalo("forms", "fill", "essai", scenario, "--language", "fr", "--json")

    assert code == 1
    assert [one["reason"] for one in told(out)["refused"]] == [reason]
    assert said in dikalo("forms", "fill", "essai", scenario, "--language", "fr")[1]


@pytest.mark.usefixtures("java")
def test_an_answer_that_nobody_asks_for_is_named(dikalo: Dikalo) -> None:
    """Exit code 3: the lesson would not show what its author believes."""
    code, out, _ = dikalo("forms", "fill", "essai", "unasked")

    assert code == 3
    assert "facts/age" in out


@pytest.mark.usefixtures("java")
def test_long_lists_are_cut(dikalo: Dikalo) -> None:
    """What is chosen is shown, the rest is counted."""
    out = dikalo("forms", "fill", "essai", "yes", "--language", "fr")[1]

    assert "[x] La" in out
    assert "Lb" not in out
    assert "… and 18 other choices" in out
    assert "… and 20 other choices" in out


@pytest.mark.usefixtures("java")
def test_the_page_is_sound_and_asks_no_network(dikalo: Dikalo) -> None:
    """Well-formed, headings in order, languages named, nothing from outside, no answer that becomes markup."""
    code, out, _ = dikalo("forms", "fill", "essai", "yes", "--language", "wes", "--html")
    page = etree.fromstring(
        out.replace('<meta charset="utf-8">', "").replace('initial-scale=1">', 'initial-scale=1"/>').encode()
    )
    headings = [str(one.tag) for one in page.iter("h1", "h2", "h3")]

    assert code == 0
    assert page.get("lang") == "en"
    assert {one.get("lang") for one in page.iter("h3", "ul", "span") if one.get("lang")} == {"wes"}
    assert headings[0] == "h1"
    assert headings[1] == "h2"
    assert headings.count("h1") == 1
    assert [
        one for one in page.iter("section") if page.find(f".//*[@id='{one.get('aria-labelledby')}']") is None
    ] == []
    assert "<script" not in out
    assert "Exemple &lt;script&gt; &amp; co" in out
    assert not re.search(r"(?:src|href|url\()\s*=?\s*[\"']?(?:https?:)?//", out)


@pytest.mark.usefixtures("java")
def test_words_of_the_form_keep_their_emphasis_and_no_markup(dikalo: Dikalo) -> None:
    """In the page as on the phone; in Markdown no sign of a form is taken for one."""
    page = dikalo("forms", "fill", "essai", "yes", "--language", "fr", "--html")[1]
    mark = dikalo("forms", "fill", "essai", "yes", "--language", "fr", "--md")[1]

    assert "<strong>Qui</strong> est-ce &amp; où ?" in page
    assert r"**\*\*Qui\*\* \<b\>est-ce\</b\> & où ?**" in mark
    assert r"→ Exemple \<script\> & co" in mark
    assert "- ... " not in mark


@pytest.mark.usefixtures("java")
def test_the_script_goes_into_a_file(dikalo: Dikalo) -> None:
    """Its ending says what it is; one that is there is not written over unasked; a dry run writes nothing."""
    assert dikalo("forms", "fill", "essai", "yes", "--to", "l.html", "--dry-run")[0] == 0
    assert not Path("l.html").exists()
    assert dikalo("forms", "fill", "essai", "yes", "--to", "l.html")[0] == 0
    assert Path("l.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert dikalo("forms", "fill", "essai", "yes", "--to", "l.html")[0] != 0
    assert dikalo("forms", "fill", "essai", "yes", "--to", "l.md", "--language", "wes")[0] == 0
    assert Path("l.md").read_text("utf-8").startswith("# Essai")


@pytest.mark.browser
@pytest.mark.usefixtures("java")
def test_the_script_can_be_printed(dikalo: Dikalo) -> None:
    """By whatever on this computer makes a PDF; its pages hold the words."""
    reader = shutil.which("pdftotext")
    if not pdf.routes() or reader is None:
        pytest.skip("no program that makes a PDF, or no pdftotext, here")
    assert dikalo("forms", "fill", "essai", "yes", "--language", "fr", "--to", "l.pdf")[0] == 0
    words = subprocess.run([reader, "l.pdf", "-"], capture_output=True, text=True, check=True).stdout

    assert "Everything here is invented" in words
    assert "Il a 12 ans" in words


@pytest.mark.usefixtures("java")
def test_where_nothing_makes_a_pdf_that_is_said(dikalo: Dikalo, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is written."""
    monkeypatch.setattr(pdf, "routes", tuple)
    code, _, err = dikalo("forms", "fill", "essai", "yes", "--to", "l.pdf")

    assert (code, Path("l.pdf").exists()) == (2, False)
    assert ".html" in err


@pytest.mark.usefixtures("java")
def test_a_file_of_ones_own(dikalo: Dikalo) -> None:
    """A trainer writes a scenario beside the lesson."""
    Path("mine.yaml").write_text("samples:\n  - {id: mine, consent: yes, who: Fictive}\n", "utf-8")

    assert "Fictive" in dikalo("forms", "fill", "essai", "mine.yaml")[1]


def test_without_a_scenario_they_are_listed(dikalo: Dikalo) -> None:
    """With what each is about."""
    code, out, _ = dikalo("forms", "fill", "essai", "--json")

    assert code == 0
    assert told(out)["scenarios"][0] == {"scenario": "yes", "about": "Somebody says yes"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("essai", "nobody"), 1, "DK-F86"),
        (("nobody", "yes"), 1, "DK-F03"),
        (("essai", "nothing.yaml"), 1, "DK-F07"),
        (("essai", "damaged.yaml"), 1, "DK-F08"),
        (("essai", "unknown.yaml"), 1, "DK-F87"),
        (("essai", "shape.yaml"), 1, "DK-F85"),
    ],
)
def test_wrong_scenarios_are_one_sentence(
    dikalo: Dikalo, words: tuple[str, ...], code: int, said: str
) -> None:
    """With a code, the nearest name or the line, and no traceback."""
    Path("damaged.yaml").write_text("samples:\n  - {id: a, consent: [yes\n", "utf-8")
    Path("unknown.yaml").write_text("samples:\n  - {id: a, consents: yes}\n", "utf-8")
    Path("shape.yaml").write_text("samples:\n  - {id: a, people: yes}\n", "utf-8")
    got, out, err = dikalo("forms", "fill", *words)

    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("java")
@pytest.mark.parametrize("name", ["alert", "case", "followup"])
def test_a_shipped_scenario_can_be_shown(dikalo: Dikalo, name: str) -> None:
    """Of each shipped form the first one, from a trainer's folder that has none of its own."""
    first = {"alert": "a01", "case": "c01", "followup": "f01"}[name]
    Path("forms", f"{name}.xlsx").write_bytes(
        writing.write(source.load(pack.forms_root() / "src" / f"{name}.yaml"))
    )
    code, out, _ = dikalo("forms", "fill", name, first, "--json")

    assert code == 0
    assert told(out)["finished"] is True
    assert told(out)["unused"] == []
