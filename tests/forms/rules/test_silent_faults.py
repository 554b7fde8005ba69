"""Faults that break a form in silence: conditions that nothing meets, answers that leak.

One row a form: what is written, and the code, column and row of each finding it must have beside what small forms have anyway.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forms.rules.tables import form
from xlsform.model import Form
from xlsform.rules import check
from xlsform.rules.lists import at

CHOICES = """
list_name | name | label | region
yes_no    | yes  | Oui   |
yes_no    | no   | Non   |
kind      | a    | A     | nord
kind      | b    | B     | nord
kind      | none | Aucun | sud
code      | 1    | Un    |
code      | 2    | Deux  |
region    | nord | Nord  |
region    | sud  | Sud   |
region    | est  | Est   |
qui       | elle | ${nom} |
"""
WATCHED = frozenset(
    {
        *(
            "NEVER-TRUE",
            "NEVER-TOGETHER",
            "ALWAYS-TRUE",
            "UNANSWERABLE",
            "FILTER-NOTHING",
            "REQUIRED-UNSHOWN",
        ),
        *(
            "FILE-CODING",
            "FILE-DELIMITER",
            "FILE-HEADER",
            "FILE-ROW",
            "FILE-COLUMN",
            "FILE-BLANK",
            "FILE-TWICE",
        ),
        *("MEDIA-MISSING", "MEDIA-UNUSED"),
        *("SENS-CARRIED", "SENS-SHOWN", "NAME-SENSITIVE", "LAST-SAVED"),
    }
)

ONE = "type | name | relevant\n{}\ntext | q | {}"
"""A question, then one with a condition: row 3."""
OWN = "type | name | constraint\n{} | q | {}"
"""A question with a constraint: row 2."""
INSIDE = "type | name | relevant\n{}\nbegin_group | g | {}\ntext | q | {}\nend_group"
"""A question, a group with a condition, a question with one: rows 2 to 4."""
AGE, YES, KIND, SEVERAL = (
    "integer | n",
    "select_one yes_no | n",
    "select_one kind | n",
    "select_multiple kind | n",
)

CONDITIONS: dict[str, tuple[str, str]] = {
    "two bounds that cross": (ONE.format(AGE, "${n} > 17 and ${n} < 5"), "NEVER-TRUE relevant 3"),
    "a whole number between two neighbours": (
        ONE.format(AGE, "${n} > 2 and ${n} < 3"),
        "NEVER-TRUE relevant 3",
    ),
    "two answers of one choice": (ONE.format(YES, "${n} = 'yes' and ${n} = 'no'"), "NEVER-TRUE relevant 3"),
    "none of the answers and one": (
        ONE.format(YES, "${n} != 'yes' and ${n} != 'no' and ${n} != ''"),
        "NEVER-TRUE relevant 3",
    ),
    "chosen and not chosen": (
        ONE.format(SEVERAL, "selected(${n}, 'a') and not(selected(${n}, 'a'))"),
        "NEVER-TRUE relevant 3",
    ),
    "more than there is to choose": (
        ONE.format(SEVERAL, "count-selected(${n}) > 3"),
        "NEVER-TRUE relevant 3",
    ),
    "nothing chosen and something": (
        ONE.format(SEVERAL, "count-selected(${n}) = 0 and selected(${n}, 'a')"),
        "NEVER-TRUE relevant 3",
    ),
    "codes out of the list's": (ONE.format("select_one code | n", "${n} > 2"), "NEVER-TRUE relevant 3"),
    "a date before and after": (
        ONE.format("date | n", "${n} < date('2020-01-01') and ${n} > date('2021-01-01')"),
        "NEVER-TRUE relevant 3",
    ),
    "before and after the same moving day": (
        ONE.format("date | n", "${n} < today() - 30 and ${n} > today()"),
        "NEVER-TRUE relevant 3",
    ),
    "shorter than nothing": (ONE.format("text | n", "string-length(${n}) < 0"), "NEVER-TRUE relevant 3"),
    "larger and smaller than another": (
        "type | name | relevant\ninteger | a\ninteger | b\ntext | q | ${a} > ${b} and ${b} > ${a}",
        "NEVER-TRUE relevant 4",
    ),
    "differs from the one or the other": (
        ONE.format(KIND, "${n} != 'a' or ${n} != 'b'"),
        "ALWAYS-TRUE relevant 3",
    ),
    "not the one or not the other": (
        ONE.format(KIND, "not(${n} = 'a' and ${n} = 'b')"),
        "ALWAYS-TRUE relevant 3",
    ),
    "contradicts its group": (
        INSIDE.format(YES, "${n} = 'yes'", "${n} = 'no'"),
        "NEVER-TOGETHER relevant 4 survey!E3",
    ),
    "contradicts the group around its group": (
        (
            "type | name | relevant\ninteger | n\nbegin_group | g | ${n} >= 18\nbegin_group | h | 1 = 1\n"
            "text | q | ${n} < 10\nend_group\nend_group"
        ),
        "NEVER-TOGETHER relevant 5 survey!E3",
    ),
    "needs three conditions to contradict": (
        (
            "type | name | relevant\nselect_one kind | n\nbegin_group | g | ${n} != 'a'\nbegin_group | h | ${n} != 'b'\n"
            "text | q | ${n} != '' and ${n} != 'none'\nend_group\nend_group"
        ),
        "NEVER-TOGETHER relevant 5 survey!E3, survey!E4",
    ),
    "asks for what the other's constraint refuses": (
        "type | name | constraint | relevant\ninteger | n | . >= 18\ntext | q | | ${n} < 12",
        "NEVER-TOGETHER relevant 3 survey!F2",
    ),
    "asks for an answer that is not asked then": (
        (
            "type | name | relevant\nselect_one yes_no | a\nselect_one yes_no | b | ${a} = 'yes'\n"
            "text | q | ${a} = 'no' and ${b} = 'yes'"
        ),
        "NEVER-TOGETHER relevant 4 survey!E3",
    ),
    "a calculated word that is never calculated": (
        (
            "type | name | calculation | relevant\ninteger | n\ncalculate | c | if(${n} < 18, 'child', 'adult')\n"
            "text | q | | ${c} = 'enfant'"
        ),
        "NEVER-TOGETHER relevant 4 survey!F3",
    ),
    "a calculated word against what it comes from": (
        (
            "type | name | calculation | relevant\ninteger | n\ncalculate | c | if(${n} < 18, 'child', 'adult')\n"
            "text | q | | ${c} = 'child' and ${n} > 40"
        ),
        "NEVER-TOGETHER relevant 4 survey!F3",
    ),
    "required where it is not shown": (
        "type | name | relevant | required\nselect_one yes_no | n\ntext | q | ${n} = 'yes' | ${n} = 'no'",
        "NEVER-TOGETHER required 3 survey!F3",
    ),
    "required and hidden for good": (
        "type | name | relevant | required\ntext | q | false() | yes",
        "REQUIRED-UNSHOWN required 2 survey!F2",
    ),
    "required in a group that is hidden for good": (
        "type | name | relevant | required\nbegin_group | g | 1 = 2\ntext | q | | yes\nend_group",
        "REQUIRED-UNSHOWN required 3 survey!F2",
    ),
    "a constraint that nothing passes": (
        OWN.format("integer", ". > 10 and . < 5"),
        "UNANSWERABLE constraint 2",
    ),
    "a constraint between two neighbours": (
        OWN.format("integer", ". > 0 and . < 1"),
        "UNANSWERABLE constraint 2",
    ),
    "a constraint beyond a range": (
        "type | name | constraint | parameters\nrange | q | . > 10 | start=0 end=10 step=1",
        "UNANSWERABLE constraint 2",
    ),
    "a constraint on every choice": (
        OWN.format("select_one yes_no", ". != 'yes' and . != 'no'"),
        "UNANSWERABLE constraint 2",
    ),
    "a constraint against the condition that asks it": (
        "type | name | constraint | relevant\ninteger | n\ninteger | q | ${n} < 5 | ${n} > 5",
        "NEVER-TOGETHER constraint 3 survey!E3",
    ),
    "a constraint that lets all through": (
        OWN.format("integer", ". >= 0 or . <= 120"),
        "ALWAYS-TRUE constraint 2",
    ),
    "a constraint on an empty answer": (OWN.format("text", ". != ''"), "ALWAYS-TRUE constraint 2"),
    "a filter that leaves nothing": (
        "type | name | choice_filter\nselect_one kind | q | region = 'nord' and region = 'sud'",
        "FILTER-NOTHING choice_filter 2",
    ),
    "a filter that leaves nothing here": (
        (
            "type | name | choice_filter | relevant\nselect_one region | r\nselect_one yes_no | n\n"
            "select_one kind | q | region = ${r} or ${n} = 'no' | ${r} = 'est' and ${n} = 'yes'"
        ),
        "NEVER-TOGETHER choice_filter 4 survey!E4",
    ),
    "a filter that leaves all": (
        "type | name | choice_filter\nselect_one region | r\nselect_one kind | q | region = ${r} or region != ${r}",
        "ALWAYS-TRUE choice_filter 3",
    ),
}
"""Conditions: what is said, and of which cell; behind it the cells that it contradicts."""

RIGHT: dict[str, str] = {
    "an answer that may be empty": ONE.format(AGE, "${n} >= 0 or ${n} = ''"),
    "an empty answer beside a bound": ONE.format(AGE, "not(${n} >= 0)"),
    "another answer than one, or none": ONE.format(AGE, "${n} != 5 and ${n} = ''"),
    "bounds that touch": ONE.format(AGE, "${n} >= 5 and ${n} <= 5"),
    "decimals between neighbours": ONE.format("decimal | n", "${n} > 2 and ${n} < 3"),
    "all the answers of a list": ONE.format(YES, "${n} = 'yes' or ${n} = 'no'"),
    "constants": "type | name | relevant\ntext | q | false()\ntext | r | 1 = 1",
    "two of several": ONE.format(SEVERAL, "selected(${n}, 'a') and selected(${n}, 'b')"),
    "as many as there are": ONE.format(SEVERAL, "count-selected(${n}) = 3"),
    "a date that moves": ONE.format("date | n", "${n} <= today() and ${n} > today() - 30"),
    "chance": ONE.format(AGE, "random() * 9 < ${n} and random() * 9 > ${n}"),
    "twice the same condition": INSIDE.format(YES, "${n} = 'yes'", "${n} = 'yes'"),
    "one of two sides of an or": INSIDE.format(YES, "${n} = 'yes'", "${n} = 'no' or ${n} = 'yes'"),
    "two rows of a repeat": "type | name | relevant\nbegin_repeat | r\ninteger | n\nend_repeat\n"
    "text | q | max(${n}) > 5 and min(${n}) < 3",
    "a calculation behind a condition": (
        "type | name | calculation | relevant\ninteger | n\ncalculate | c | 'x' | ${n} > 3\ntext | q | | ${c} = ''"
    ),
    "a calculation made once": (
        "type | name | calculation | relevant\ninteger | n\n"
        "calculate | c | once(if(${n} < 18, 'child', 'adult'))\ntext | q | | ${c} = 'child' and ${n} > 40"
    ),
    "a calculation with a trigger": (
        "type | name | calculation | trigger | relevant\ninteger | n\n"
        "calculate | c | if(${n} < 18, 'child', 'adult') | ${n}\ntext | q | | | ${c} = 'child' and ${n} > 40"
    ),
    "a number in a text": ONE.format("text | n", "${n} = '5' and ${n} > 3"),
    "the last answer": ONE.format(YES, "${last-saved#n} = 'yes' and ${n} = 'no'"),
    "a name that stands twice": (
        "type | name | relevant\nbegin_group | g\nselect_one yes_no | n\nend_group\n"
        "begin_group | h\nselect_one yes_no | n\nend_group\ntext | q | ${n} = 'yes' and ${n} = 'no'"
    ),
    "a list from answers": (
        "type | name | relevant\nbegin_repeat | r\ntext | n\nend_repeat\nselect_one ${n} | s\ntext | q | ${s} = 'x'"
    ),
    "none alone": OWN.format("select_multiple kind", "not(selected(., 'none') and count-selected(.) > 1)"),
    "the first is before the last": (
        "type | name | constraint\ndate | a\ndate | b | . >= ${a} and . <= today()"
    ),
    "a filter on the answer before": (
        "type | name | choice_filter\nselect_one region | r\nselect_one kind | q | region = ${r} or name = 'none'"
    ),
    "an or_other": ONE.format("select_one yes_no or_other | n", "${n} = 'other'"),
    "a choice that may stand with text": ONE.format(KIND, "${n} = 'a' and ${n} != 'b' and ${n} != ''"),
    "a readonly answer that is calculated": (
        "type | name | calculation | constraint | relevant\ninteger | n | 3 | . > 5\ntext | q | | | ${n} < 4"
    ),
}
"""Conditions as people write them who mean what they write."""


LEVELS = "type | name | register | sensitivity | {}\ntext | nom | | 3\ndate | jour | | 2\n{}"
LEAKS: dict[str, tuple[str, str]] = {
    "a calculation": (
        LEVELS.format("calculation", "calculate | c | | 0 | concat('M. ', ${nom})"),
        "SENS-CARRIED calculation 4",
    ),
    "whether there is an answer": (
        LEVELS.format("calculation", "calculate | c | | 1 | if(${nom} != '', 1, 0)"),
        "SENS-CARRIED calculation 4",
    ),
    "by its path": (
        LEVELS.format("calculation", "calculate | c | | 0 | string(../nom)"),
        "SENS-CARRIED calculation 4",
    ),
    "a level 2 answer copied": (
        LEVELS.format("calculation", "calculate | c | | 0 | ${jour}"),
        "SENS-CARRIED calculation 4",
    ),
    "a default": (LEVELS.format("default", "text | c | | 1 | ${nom}"), "SENS-CARRIED default 4"),
    "a note": (LEVELS.format("label", "note | c | | | Bonjour ${nom}"), "SENS-SHOWN label 4"),
    "a label": (LEVELS.format("label", "text | c | | 1 | L'âge de ${nom} ?"), "SENS-SHOWN label 4"),
    "a hint": (LEVELS.format("hint", "text | c | | 1 | pour ${nom}"), "SENS-SHOWN hint 4"),
    "a message": (
        LEVELS.format("constraint_message", "text | c | | 1 | Pas ${nom}"),
        "SENS-SHOWN constraint_message 4",
    ),
    "a group's label": (
        LEVELS.format("label", "begin_group | g | | 1 | ${nom}\nend_group"),
        "SENS-SHOWN label 4",
    ),
    "a choice": (
        "type | name | sensitivity | label\ntext | nom | 3\nselect_one qui | c | 1 | Qui ?",
        "SENS-SHOWN label 12",
    ),
    "an answer into the next form": (
        LEVELS.format("default", "text | c | | 0 | ${last-saved#nom}"),
        "LAST-SAVED default 4",
    ),
}
"""Answers of level 3 and 2 that stand somewhere else; the form's name is tried in another test."""

KEPT: dict[str, str] = {
    "as closely kept": LEVELS.format("calculation", "calculate | c | | 3 | ${nom}"),
    "a yes or no drawn from level 2": LEVELS.format(
        "calculation", "calculate | c | | 1 | if(${jour} < today(), 1, 0)"
    ),
    "a condition": LEVELS.format("relevant", "text | c | | 1 | ${nom} != ''"),
    "a column of a list of that name": LEVELS.format(
        "calculation", "calculate | c | | 1 | instance('x')/root/item[name = 'a']/nom"
    ),
    "a text of the same level": LEVELS.format("label", "note | c | | 3 | Bonjour ${nom}"),
    "level 2 on the screen": LEVELS.format("label", "note | c | | | Le ${jour}"),
}
"""Answers that go nowhere they should not."""


FILTERED = "type | name | label | choice_filter\nselect_one region | r | R\nselect_one_from_file v.csv | q | Q | region = ${r}"
PLAIN = "type | name | label\nselect_one_from_file v.csv | q"
FILES: dict[str, tuple[str, dict[str, bytes], list[str]]] = {
    "an old coding": (PLAIN, {"v.csv": "name,label\na,É\n".encode("cp1252")}, ["FILE-CODING type 2"]),
    "two bytes a letter": (PLAIN, {"v.csv": "name,label\na,É\n".encode("utf-16")}, ["FILE-CODING type 2"]),
    "tabulators": (PLAIN, {"v.csv": b"name\tlabel\na\tA\n"}, ["FILE-DELIMITER type 2"]),
    "two signs": (PLAIN, {"v.csv": b"name,label;region\na,A;r\n"}, ["FILE-DELIMITER type 2"]),
    "a header twice": (PLAIN, {"v.csv": b"name,label,label\na,A,B\n"}, ["FILE-HEADER type 2"]),
    "a header with a blank": (PLAIN, {"v.csv": b"name,label, region\na,A,r\n"}, ["FILE-HEADER type 2"]),
    "a column without a header": (PLAIN, {"v.csv": b"name,label,\na,A,r\n"}, ["FILE-HEADER type 2"]),
    "no value": (PLAIN, {"v.csv": b"code,label\na,A\n"}, ["FILE-COLUMN type 2"]),
    "no label": (PLAIN, {"v.csv": b"name,nom\na,A\n"}, ["FILE-COLUMN type 2"]),
    "a value column that is named and not there": (
        "type | name | label | parameters\nselect_one_from_file v.csv | q | Q | value=kode label=nom",
        {"v.csv": b"code,nom\na,A\n"},
        ["FILE-COLUMN parameters 2"],
    ),
    "a comma in a text": (PLAIN, {"v.csv": b"name,label\na,A, in B\n"}, ["FILE-ROW type 2"]),
    "a value twice": (PLAIN, {"v.csv": b"name,label\na,A\na,B\n"}, ["FILE-TWICE type 2"]),
    "an empty value": (PLAIN, {"v.csv": b"name,label\na,A\n,B\n"}, ["FILE-BLANK type 2"]),
    "an empty label": (PLAIN, {"v.csv": b"name,label\na,A\nb,\n"}, ["FILE-BLANK type 2"]),
    "a blank after a value": (PLAIN, {"v.csv": b"name,label\na ,A\n"}, ["FILE-BLANK type 2"]),
    "a file that is not there": (PLAIN, {"w.csv": b"name,label\n"}, ["MEDIA-MISSING type 2"]),
    "a file that nobody names": (
        PLAIN,
        {"v.csv": b"name,label\na,A\n", "old.png": b"x", "Thumbs.db": b"x"},
        ["MEDIA-UNUSED"],
    ),
    "all as it should be": (PLAIN, {"v.csv": b"\xef\xbb\xbfname;label\r\na;A\r\n\r\nb;B\r\n"}, []),
    "an empty list that is filled later": (PLAIN, {"v.csv": b"name,label\n"}, []),
    "a value in two regions": (
        FILTERED,
        {"v.csv": b"name,label,region\na,A,nord\na,A,sud\n"},
        [],
    ),
    "columns that are named": (
        "type | name | label | parameters\nselect_one_from_file v.csv | q | Q | value=code label=nom",
        {"v.csv": b"code,nom\na,A\n"},
        [],
    ),
    "a file that a calculation names": (
        "type | name | label | calculation\ncalculate | c | | pulldata('v', 'label', 'name', 'a')",
        {"v.csv": b"name,label\na,A\n"},
        [],
    ),
}
"""Files beside a form, and what is told of them."""


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_that_nothing_meets_is_told(name: str) -> None:
    """And the cells that contradict it, no more than are needed."""
    table, expected = CONDITIONS[name]
    assert _found(form(table, choices=CHOICES)) == [expected]


@pytest.mark.parametrize("name", RIGHT)
def test_a_condition_that_can_be_met_is_not(name: str) -> None:
    """What cannot be known is left in peace."""
    assert _found(form(RIGHT[name], choices=CHOICES)) == []


@pytest.mark.parametrize("name", LEAKS)
def test_an_answer_that_leaks_is_told(name: str) -> None:
    """The level of an expression is the highest level of what it reads."""
    table, expected = LEAKS[name]
    assert _found(form(table, choices=CHOICES)) == [expected]


@pytest.mark.parametrize("name", KEPT)
def test_an_answer_that_stays_where_it_is_is_not(name: str) -> None:
    """Nor one that another row keeps as closely."""
    assert _found(form(KEPT[name], choices=CHOICES)) == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_beside_the_form_is_looked_into(name: str, tmp_path: Path) -> None:
    """Where the form names it; each file once."""
    table, files, expected = FILES[name]
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    assert _found(form(table, choices=CHOICES), tmp_path) == expected


def _found(made: Form, folder: Path | None = None) -> list[str]:
    beside = at(folder, own=[folder]) if folder is not None else None
    return [
        f"{one.code} {one.data.get('column', '')} {one.place.row or ''} {one.data.get('cells', '')}".strip()
        for one in check(made, protect=True, folder=beside)
        if one.code in WATCHED
    ]
