"""Faults of where things stand: rows, repeats, what is computed once, answers filled in, ranges, codes taken for numbers."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

POSITION = """
type | name | label | calculation
begin_repeat | enfant | Un enfant |
text | prenom | Prénom ? |
begin_group | sante | Santé |
text | mal | Quel mal ? |
{inside}
end_group | | |
end_repeat | | |
{outside}
"""
COUNT = """
type | name | label | repeat_count
integer | combien | Combien ? |
select_multiple signs | signes | Quels signes ? |
begin_repeat | enfant | Un enfant | {}
text | prenom | Prénom ? |
end_repeat | | |
"""
FILLED = """
type | name | label | default
{} | reponse | Réponse ? | {}
"""


def _position(code: str, wrong: str, right: str, *, outside: bool = False) -> Planted:
    row, empty = f"calculate | rang | | {wrong}", "note | merci | Merci. |"
    table = POSITION.format(inside=empty if outside else row, outside=row if outside else empty)
    return Planted(code, table, wrong, right, nobody=True)


def _filled(kind: str, wrong: str, right: str, *, nobody: bool = True) -> Planted:
    return Planted("DEFAULT-TYPE", FILLED.format(kind, wrong), f"| {wrong}", f"| {right}", nobody=nobody)


def _range(wrong: str, right: str) -> Planted:
    table = f"type | name | label | parameters\nrange | note | Note ? | {wrong}"
    return Planted("RANGE-STEPS", table, wrong, right, nobody=True)


TABLES = (
    Planted("CELL-IDLE", """
type | name | label | relevant
select_one yes_no | blesse | Blessé ? |
begin_group | soins | Soins |
text | lesquels | Lesquels ? |
end_group | | | ${blesse} = 'yes'
""", "end_group | | | ${blesse} = 'yes'", "end_group | | |", nobody=True),
    Planted("CELL-IDLE", """
type | name | label | constraint | constraint_message
begin_group | soins | Soins | ${nombre} < 10 |
integer | nombre | Combien ? | |
end_group | | | |
""", "Soins | ${nombre} < 10 |", "Soins | |", nobody=True),
    Planted("CELL-IDLE", """
type | name | label | repeat_count
integer | nombre | Combien ? |
begin_group | enfant | Un enfant | ${nombre}
text | prenom | Prénom ? |
end_group | | |
""", "| ${nombre}", "|", nobody=True),
    Planted("CELL-IDLE", """
type | name | label | calculation | constraint
integer | nombre | Combien ? | |
calculate | double | | ${nombre} * 2 | . < 10
""", "| . < 10", "|", nobody=True),
    _position("POSITION-ROW", "position(..)", "position(../..)"),
    _position("POSITION-ROW", "position(${enfant})", "position(../..)"),
    _position("POSITION-OUTSIDE", "position(..)", "count(${enfant})", outside=True),
    Planted("COUNT-ROWS", COUNT.format("'trois'"), "'trois'", "${combien}", nobody=True),
    Planted("COUNT-ROWS", COUNT.format("-1"), "-1", "3", nobody=True),
    Planted("COUNT-ROWS", COUNT.format("${signes}"), "| ${signes}", "| count-selected(${signes})", nobody=True),
    Planted("EARLY", """
type | name | label | default
text | nom | Nom ? |
text | signature_nom | Votre nom ? | ${nom}
""", "| ${nom}", "|", nobody=True),
    Planted("EARLY", """
type | name | label | calculation
text | nom | Nom ? |
calculate | code | | once(concat('A-', ${nom}))
""", "once(concat('A-', ${nom}))", "concat('A-', ${nom})", nobody=True),
    _filled("integer", "dix", "10"),
    _filled("integer", "1.5", "1"),
    _filled("date", "25/11/2026", "2026-11-25"),
    _filled("date", "today", "today()"),
    _filled("decimal", "1,5", "1.5"),
    Planted("DEFAULT-TYPE", """
type | name | label | calculation | readonly
date | debut | Début ? | |
date | rappel | Rappel | ${debut} + 7 | yes
""", "${debut} + 7", "date(${debut} + 7)", nobody=True),
    _range("start=10 end=1 step=1", "start=1 end=10 step=1"),
    _range("start=1 end=10 step=4", "start=1 end=10 step=3"),
    Planted("ZEROS-LOST", """
type | name | label | appearance
integer | tel_famille | Téléphone ? |
""", "integer | tel_famille | Téléphone ? |", "text | tel_famille | Téléphone ? | numbers", nobody=True),
    Planted("ZEROS-LOST", """
type | name | label | constraint | constraint_message | appearance
integer | badge | Numéro du badge ? | string-length(.) = 6 | Six chiffres. |
""", "integer | badge | Numéro du badge ? | string-length(.) = 6 | Six chiffres. |",
            "text | badge | Numéro du badge ? | string-length(.) = 6 | Six chiffres. | numbers", nobody=True),
    Planted("APPEARANCE-TYPE", """
type | name | label | appearance
integer | age | Âge ? | multiline
""", "| multiline", "|", nobody=True),
    Planted("APPEARANCE-TYPE", """
type | name | label | appearance
text | nom | Nom ? | minimal
""", "| minimal", "|", nobody=True),
    Planted("APPEARANCE-TYPE", """
type | name | label | appearance
select_one yes_no | blesse | Blessé ? | signature
""", "| signature", "|", nobody=True),
)  # fmt: skip
"""One table a fault."""
