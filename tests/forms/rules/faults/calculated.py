"""Faults of what calculations hold when they are read, of and beside or, and of classes of numbers."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

STORED = """
type | name | label | calculation
today | jour | |
start | debut | |
date | naissance | Né le ? |
calculate | garde | | {}
"""
GROUP = """
type | name | label | relevant | calculation
integer | adultes | Combien d'adultes ? | |
select_one yes_no | visite | Une visite ? | |
{before}begin_group | suite | La visite | ${{visite}} = 'yes' |
text | note | Une note ? | |
{inside}end_group | | | |
text | aide | Quelle aide ? | ${{seul}} = 'oui' |
"""
ALONE = "calculate | seul | | | if(${adultes} = 1, 'oui', 'non')\n"
ASKED = """
type | name | label | relevant
select_one yes_no | accord | D'accord ? |
select_one yes_no_unknown | blesse | Blessé ? |
integer | age | Âge ? |
text | soins | Quels soins ? | {}
text | suite | Et après ? | {}
"""
CLASSED = """
type | name | label | calculation
range | age | Âge ? |
calculate | classe | | {}
"""


def _stored(code: str, wrong: str, right: str) -> Planted:
    return Planted(code, STORED.format(wrong), wrong, right, nobody=True)


def _asked(code: str, wrong: str, right: str, other: str = "") -> Planted:
    return Planted(
        code,
        ASKED.format(wrong, other),
        wrong,
        right,
        also=("NUM-EMPTY",) if "${age}" in wrong + right else (),
        nobody=True,
    )


TABLES = (
    _stored("CHANCE-ANEW", "random()", "once(random())"),
    _stored("CHANCE-ANEW", "concat('M-', substr(uuid(), 0, 6))", "once(concat('M-', substr(uuid(), 0, 6)))"),
    Planted("CHANCE-ANEW", """
type | name | label | relevant | calculation
calculate | tirage | | | once(random())
text | avis | Votre avis ? | random() < 0.5 |
""", "random() < 0.5", "${tirage} < 0.5", nobody=True),
    _stored("CLOCK-ANEW", "int((today() - ${naissance}) div 365.25)", "int((${jour} - ${naissance}) div 365.25)"),
    _stored("CLOCK-ANEW", "today()", "${jour}"),
    _stored("CLOCK-ANEW", "format-date-time(now(), '%Y%m%d-%H%M')", "format-date-time(${debut}, '%Y%m%d-%H%M')"),
    Planted("CALC-HIDDEN", GROUP.format(before="", inside=ALONE), GROUP.format(before="", inside=ALONE).strip(),
            GROUP.format(before=ALONE, inside="").strip(), nobody=True),
    _asked("AND-OR", "${accord} = 'yes' and ${blesse} = 'yes' or ${blesse} = 'unknown'",
           "${accord} = 'yes' and (${blesse} = 'yes' or ${blesse} = 'unknown')"),
    _asked("AND-OR", "${blesse} = 'yes' or ${blesse} = 'unknown' and ${age} > 5",
           "(${blesse} = 'yes' or ${blesse} = 'unknown') and ${age} > 5"),
    _asked("CLASS-GAP", "${age} < 5", "${age} <= 5", "${age} > 5"),
    _asked("CLASS-TWICE", "${age} <= 5", "${age} < 5", "${age} >= 5"),
    Planted("CLASS-GAP", CLASSED.format("if(${age} < 5, 'petit', if(${age} > 5 and ${age} < 8, 'moyen', 'grand'))"),
            "${age} > 5", "${age} >= 5", also=("NUM-EMPTY",), nobody=True),
)  # fmt: skip
"""One table a fault."""
