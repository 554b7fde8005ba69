"""What is meant as it stands is never told: rows of tables, wide gaps, zero between two classes, guards, names in two languages."""

from __future__ import annotations

import pytest

from tests.forms.rules.tables import form
from xlsform.rules import check

ASKED = """
type | name | relevant | calculation | constraint
today | jour | | |
select_one yes_no | a | | |
select_one yes_no_unknown | b | | |
integer | n | | | {constraint}
integer | m | | |
{rows}
"""
WATCHED = frozenset(
    {"AND-OR", "CLASS-GAP", "CLASS-TWICE", "CALC-HIDDEN", "CHANCE-ANEW", "CLOCK-ANEW", "COMPARE-CHAIN"}
)


@pytest.mark.parametrize(
    "rows",
    [
        "text | q | ${a} = 'yes' and ${n} > 5 or ${a} = 'no' and ${n} > 9 | |",
        "text | q | ${n} > 5 and ${a} = 'yes' or ${a} = 'no' and ${n} > 9 | |",
        "text | q | ${n} > 0 and ${n} < 10 or ${n} = 99 | |",
        "text | q | ${a} = 'yes' and (${b} = 'yes' or ${b} = 'no') | |",
        "text | q | ${a} = 'yes' and ${n} > 5 or ${m} > 5 | |",
        "text | q | ${n} < 5 | |\ntext | r | ${n} > 60 | |",
        "text | q | ${n} < 5 | |\ntext | r | ${n} >= 5 | |",
        "text | q | ${n} < 5 | |\ntext | r | ${n} > 5 | |\ntext | s | ${n} = 5 | |",
        "text | q | ${n} < 5 and ${a} = 'yes' | |\ntext | r | ${n} > 5 and ${a} = 'no' | |",
        "text | q | ${n} < 5 | |\ntext | r | ${n} > 5 | |\ntext | s | ${n} >= 0 and ${n} <= 9 | |",
        "calculate | c | | if(${n} < 0, 'moins', if(${n} > 0, 'plus', 'zéro')) |",
        "calculate | c | | if(${n} < 5, 1, if(${n} < 18, 2, 3)) |",
        "calculate | c | | random() |\ncalculate | d | | once(if(${c} < 0.5, 1, 2)) |",
        "calculate | c | | once(concat('A-', random())) |",
        "calculate | c | | int((${jour} - date('2000-01-01')) div 365.25) |",
        "calculate | c | | if(date('2026-01-01') < today(), 1, 0) |",
        "calculate | c | | (${a} = 'yes') + (${b} = 'yes') |",
        "begin_group | g | ${a} = 'yes' | |\ninteger | k | | |\ncalculate | c | | ${k} * 2 |\nend_group | | | |\ntext | q | ${c} > 5 | |",
        "begin_group | g | ${a} = 'yes' | |\ncalculate | c | | ${n} * 2 |\nend_group | | | |\ntext | q | ${a} = 'yes' and ${c} > 5 | |",
        "begin_group | g | ${a} = 'yes' | |\ncalculate | c | | ${n} * 2 |\nend_group | | | |\ncalculate | d | | if(${a} = 'yes', ${c}, 0) |",
        "begin_group | g | ${a} = 'yes' | |\ncalculate | c | | ${n} * 2 |\nend_group | | | |\ncalculate | d | | coalesce(${c}, 0) |",
    ],
)
def test_conditions_and_calculations(rows: str) -> None:
    """The brackets, the gap, the empty place or the clock make no difference that somebody would not expect."""
    said = {one.code for one in check(form(ASKED.format(rows=rows, constraint="")))}
    assert said & WATCHED == set()


def test_a_number_that_nobody_can_answer_lies_between_no_classes() -> None:
    """The constraint refuses it already."""
    rows = "text | q | ${n} < 5 | |\ntext | r | ${n} > 5 | |"
    said = {one.code for one in check(form(ASKED.format(rows=rows, constraint=". != 5")))}
    assert said & WATCHED == set()


@pytest.mark.parametrize(
    ("fr", "en"),
    [
        ("Institut de la Paix et du Développement", "Institut de la Paix et du Développement"),
        ("Car", "Bus"),
        ("Or", "Gold"),
        ("Table des enfants", "Table of the children"),
        ("« The Voice » (radio)", "The Voice (radio)"),
        ("Date", "Date"),
        ("Le Noun", "Le Noun"),
    ],
)
def test_names_and_words_of_both_languages(fr: str, en: str) -> None:
    """A name, or a word that both languages have, says nothing of the column."""
    table = f"type | name | label.fr | label.en\ntext | q | {fr} | {en}"
    assert "LANG-WRONG" not in {one.code for one in check(form(table))}
