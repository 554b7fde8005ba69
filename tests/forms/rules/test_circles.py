"""What the check finds in names and references: circles, the nearest name, what cannot be converted, what is banned."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.forms.faults import families
from tests.forms.faults.judging import clean_forms, raw_sheets, workbook_of
from tests.forms.faults.planting import planted
from tests.forms.rules import faults as tables
from tests.forms.rules.faults import ALL, Planted
from tests.forms.rules.faults.planted import Sheets, parsed, whole
from xlsform.convert import ConversionFailed, convert
from xlsform.engine import validate
from xlsform.engine.jvm import JavaMissing
from xlsform.errors import FormError, nearest
from xlsform.overlay.guard import BANS, bans
from xlsform.rules import check
from xlsform.rules.convertible import is_plain
from xlsform.workbooks import workbook
from xlsform.workbooks.sheets import form_of

HEAD = "type | name | label | relevant | calculation | required | readonly | repeat_count | constraint\n"
CIRCLES = {
    "a question shown by its own answer": "text | a | A | ${a} = '' | | | | |",
    "a question required by its own answer": "text | a | A | | | ${a} = '' | | |",
    "a question closed by its own answer": "text | a | A | | | | ${a} = '' | |",
    "two that require each other": "text | a | A | | | ${b} = '' | | |\ntext | b | B | | | ${a} = '' | | |",
    "two that show each other": "text | a | A | ${b} = '' | | | | |\ntext | b | B | ${a} = '' | | | | |",
    "a sum of itself": "calculate | a | | | coalesce(${a}, 1) | | | |\ntext | z | Z | | | | | |",
    "a sum that shows what it is made of": "text | b | B | ${a} = '' | | | | |\ncalculate | a | | | ${b} | | | |",
    "a group shown by what it holds": "begin_group | g | G | ${a} = '' | | | | |\ntext | a | A | | | | | |\nend_group | | | | | | | |",
    "a group shown by a sum of what it holds": "begin_group | g | G | ${c} = 1 | | | | |\ntext | a | A | | | | | |\n"
    "end_group | | | | | | | |\ncalculate | c | | | if(${a} = '', 1, 0) | | | |",
}
SOUND = {
    "an answer limited by itself": "integer | a | A | | | | | | ${a} > 3",
    "a sum of the rows around it": "begin_repeat | r | R | | | | | |\ninteger | n | N | | | | | |\n"
    "calculate | t | | | sum(${n}) | | | |\nend_repeat | | | | | | | |",
    "a count of the rows around it": "begin_repeat | r | R | | | | | |\ncalculate | t | | | count(${r}) | | | |\n"
    "text | z | Z | | | | | |\nend_repeat | | | | | | | |",
    "a chain": "text | a | A | | | | | |\ntext | b | B | ${a} = '' | | | | |\ntext | c | C | ${b} = '' and ${a} = '' | | | | |",
}  # fmt: skip


@pytest.mark.parametrize("name", [*CIRCLES, *SOUND])
def test_a_circle_is_found_without_java(name: str) -> None:
    """Said once, and only where there is one."""
    made = workbook.read(_workbook(name), file="f.xlsx").form
    codes = [finding.code for finding in check(made) if str(finding.level) == "error"]
    assert codes == (["REF-CYCLE"] if name in CIRCLES else [])


@pytest.mark.java
@pytest.mark.parametrize("name", [*CIRCLES, *SOUND])
def test_the_engine_finds_the_same_circles(name: str) -> None:
    """What we call a circle stops the form on phones, and nothing else in these tables does."""
    try:
        said = validate(convert(_workbook(name)).xform)
    except JavaMissing:
        pytest.skip("no Java runtime")
    assert ["Cycle detected" in one for one in said] == ([True] if name in CIRCLES else [])


def _workbook(name: str) -> bytes:
    return Planted("", HEAD + (CIRCLES | SOUND)[name]).workbook(mended=False)


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("Yes", ("yes", "no"), "yes"),
        ("oui", ("yes", "no"), "yes"),
        ("'non'", ("yes", "no"), "no"),
        ("yes", ("oui", "non"), "oui"),
        ("burn", ("none", "burns"), "burns"),
        ("zzz", ("a", "b"), "a, b"),
        ("zzz", tuple("abcdefg"), "a, b, c, d, e, …"),
        ("zzz", (), "-"),
    ],
)
def test_the_nearest_word_is_offered(word: str, known: tuple[str, ...], meant: str) -> None:
    """Capitals, French, a slip of the pen; else what there is to choose from."""
    assert nearest(word, known) == meant


PLAIN = """
type | name | label::Français (fr) | label::English (en) | hint::Français (fr) | hint::English (en) | relevant | calculation | choice_filter | parameters | appearance | default | repeat_count
start | start | | | | | | | | | | |
select_one a | place | Lieu | Place | Le bourg | The town | | | | | minimal | |
select_multiple b | needs | Besoins | Needs | | | | | part = ${place} | | | |
rank b | order | Ordre | Order | | | | | | | | |
select_one_from_file cases.csv | code | Dossier | Case | | | | | state=${place} | value=code label=shown | | |
image | photo | Photo | Photo | | | | | | max-pixels=1024 | | |
begin_group | home | Ménage | Home | | | ${place} = 'x' | | | | field-list | |
integer | size | Taille | Size | | | | | | | | ${last-saved#size} |
end_group | | | | | | | | | | | |
begin_repeat | person | Personne | Person | | | | | | | | | ${size} + 1
text | given | Prénom de ${size} | Given name of ${size} | | | | | | | | |
end_repeat | | | | | | | | | | | |
calculate | total | | | | | | ${size} * 2 | | | | |
note | end_note | Merci | Thanks | | | | | | | | |
[choices]
list_name | name | label::Français (fr) | label::English (en) | part
a | x | Un | One |
a | y | Deux | Two |
b | 1 | Eau | Water | x
b | 2 | Pain | Bread | y
[settings]
form_title | form_id | version | default_language | instance_name
Essai | essai | 2026112501 | Français (fr) | concat(${place}, '-', ${size})
"""

REFUSED = (
    ("integer | size", "whole | size"),
    ("integer | size", "integer | si ze"),
    ("integer | size", "integer | 2size"),
    ("integer | size", "integer | Home"),
    ("integer | size", "integer | "),
    ("text | given", "text | person_count"),
    ("text | given", "text | meta"),
    ("begin_repeat | person", "begin_repeat | data"),
    ("${size} * 2", "${sise} * 2"),
    ("${size} * 2", "${ size } * 2"),
    ("${size} * 2", "${size * 2"),
    ("${size} * 2", ""),
    ("Prénom de ${size}", "Prénom de ${taille}"),
    ("concat(${place}", "concat(${lieu}"),
    ("select_one a |", "select_one c |"),
    ("select_one a |", "select_one |"),
    ("select_one a |", "select_one a or_other |"),
    ("select_one_from_file cases.csv", "select_one_from_file cases"),
    ("select_one_from_file cases.csv", "select_one_from_file cases.v2.csv"),
    ("select_one_from_file cases.csv", "select_one_from_file b.csv"),
    ("value=code label=shown", "value=code labels=shown"),
    ("value=code label=shown", "value=a*b label=shown"),
    ("max-pixels=1024", "max-pixels=big"),
    ("max-pixels=1024", ""),
    ("a | y |", "a | x |"),
    ("b | 2 |", "b | 2 3 |"),
    ("b | 2 |", "b | |"),
    ("Pain | Bread", "|"),
    ("| Personne | Person", "| |"),
    ("Français (fr)", "Français"),
    ("hint::English (en)", "hint::Anglais (en)"),
)
"""What is put in the place of what: of each the converter says something."""


def said(sheets: Sheets) -> bool:
    """Say whether the converter refuses a form, or remarks something."""
    try:
        return bool(convert(workbook_of(sheets)).findings)
    except ConversionFailed:
        return True


def plain(sheets: Sheets) -> bool:
    """Say whether the converter would not be asked."""
    try:
        reading = form_of(raw_sheets(sheets), "form.xlsx")
    except FormError:
        return False
    return not reading.findings and is_plain(reading.form)


def test_of_a_plain_form_the_converter_says_nothing() -> None:
    """It is not asked, and would be silent."""
    assert (plain(parsed(PLAIN)), said(parsed(PLAIN))) == (True, False)


@pytest.mark.parametrize(("right", "wrong"), REFUSED)
def test_what_the_converter_says_is_asked_for(right: str, wrong: str) -> None:
    """Whatever it refuses or remarks is in no table of plain things."""
    assert right in PLAIN
    sheets = parsed(PLAIN.replace(right, wrong))
    assert (plain(sheets), said(sheets)) == (False, True)


def corpus() -> Iterator[tuple[str, Sheets]]:
    """Yield every form of the corpus, with its fault or clean."""
    for info in pkgutil.iter_modules(families.__path__):
        for fault in getattr(import_module(f"{families.__name__}.{info.name}"), "FAULTS", ()):
            yield fault.words, planted(fault)[0]
    for info in pkgutil.iter_modules(tables.__path__):
        for one in getattr(import_module(f"{tables.__name__}.{info.name}"), "TABLES", ()):
            yield one.code, whole(one.real(one.faulty), one)
            yield one.code, whole(one.real(one.mended), one)
    for name, make in clean_forms().items():
        yield name, make()


@pytest.mark.slow
def test_no_plain_form_of_the_corpus_is_refused() -> None:
    """The tables are right for hundreds of forms with one fault each."""
    unasked = [(words, sheets) for words, sheets in corpus() if plain(sheets)]
    assert len(unasked) > 300
    assert [words for words, sheets in unasked if said(sheets)] == []


@pytest.mark.parametrize("code", sorted(BANS))
def test_a_ban_holds_in_the_guard(code: str) -> None:
    """Each table that plants it is refused, each mended one is not; a warning under the same code is no ban."""
    found = []
    for banned in (one for one in ALL if one.code == code and "username" not in one.table):
        forms = [
            workbook.read(banned.workbook(mended=mended), file="f.xlsx").form for mended in (False, True)
        ]
        found.append([code in {finding.code for finding in bans(form)} for form in forms])

    assert found
    assert all(one == [True, False] for one in found)
