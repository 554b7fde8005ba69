"""Faults of conditions, constraints and calculations."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

BLESSE = """
type | name | label | relevant
select_one yes_no | blesse | Blessé ? |
text | soins | Quels soins ? | """
REQUIRED = """
type | name | label | required | required_message
text | lieu | Où ? | {} | Répondez.
"""
DATE = """
type | name | label | constraint | constraint_message
date | quand | Quand ? | {} | Pas dans le futur.
"""
SIGNS = """
type | name | label | relevant
select_multiple signs | signes | Quels signes ? |
text | soins | Quels soins ? | {}
"""
REPEAT = """
type | name | label | {column}
begin_repeat | enfant | Un enfant |
text | prenom | Prénom |
integer | age | Âge |
end_repeat | | |
{row}
"""


def _word(wrong: str, right: str) -> Planted:
    """A word of French or of a spreadsheet in a condition."""
    return Planted("EXPR-WORD", BLESSE + wrong, wrong, right)


TABLES = (
    Planted("BOOL-WORD", REQUIRED.format("oui"), "| oui |", "| yes |", nobody=True),
    Planted("BOOL-WORD", REQUIRED.format("VRAI"), "| VRAI |", "| yes |", nobody=True),
    _word("${blesse} = 'yes' et 1 = 1", "${blesse} = 'yes' and 1 = 1"),
    _word("${blesse} = 'yes' AND 1 = 1", "${blesse} = 'yes' and 1 = 1"),
    _word("non(${blesse} = 'no')", "not(${blesse} = 'no')"),
    _word("si(${blesse} = 'yes'; 1; 0) = 1", "if(${blesse} = 'yes', 1, 0) = 1"),
    _word("${blesse} == 'yes'", "${blesse} = 'yes'"),
    _word("${blesse} <> 'no'", "${blesse} != 'no'"),
    _word("${blesse} = « yes »", "${blesse} = 'yes'"),
    Planted("EXPR-WORD", """
type | name | label | constraint | constraint_message
decimal | poids | Poids ? | . > 1,5 | Plus de 1,5 kg.
""", ". > 1,5", ". > 1.5"),
    Planted("EXPR-SYNTAX", BLESSE + "(${blesse} = 'yes'", "(${blesse}", "${blesse}"),
    Planted("EXPR-SYNTAX", BLESSE + "${blesse} 'yes'", "${blesse} 'yes'", "${blesse} = 'yes'"),
    Planted("FUNC-UNKNOWN", """
type | name | label | calculation
integer | age | Âge ? |
calculate | age_arrondi | | rnd(${age})
""", "rnd(", "round("),
    Planted("REF-UNKNOWN", BLESSE + "${blese} = 'yes'", "${blese}", "${blesse}"),
    Planted("REF-CYCLE", """
type | name | label | calculation
calculate | a | | ${b} + 1
calculate | b | | ${a} + 1
""", "${b} + 1", "1"),
    Planted("REF-CYCLE", """
type | name | label | relevant
select_one yes_no | blesse | Blessé ? | ${soins} != ''
text | soins | Quels soins ? | ${blesse} = 'yes'
""", "${soins} != ''", ""),
    Planted("REF-CYCLE", """
type | name | label | relevant
begin_group | soin | Les soins | ${soigne} = 'yes'
select_one yes_no | soigne | Soigné ? |
end_group | | |
""", "${soigne} = 'yes'", ""),
    Planted("QUOTE-MISSING", BLESSE + "${blesse} = yes", "= yes", "= 'yes'", nobody=True),
    Planted("CHOICE-UNKNOWN", BLESSE + "${blesse} = 'Yes'", "'Yes'", "'yes'", nobody=True),
    Planted("CHOICE-UNKNOWN", BLESSE + "${blesse} != 'non'", "'non'", "'no'", nobody=True),
    Planted("CHOICE-UNKNOWN", SIGNS.format("selected(${signes}, 'burn')"), "'burn'", "'burns'", nobody=True),
    Planted("CHOICE-UNKNOWN", """
type | name | label | calculation
select_one yes_no | blesse | Blessé ? |
calculate | texte | | jr:choice-name('oui', '${blesse}')
""", "'oui'", "'yes'", nobody=True),
    Planted("MULTI-EQUALS", SIGNS.format("${signes} = 'burns'"), "${signes} = 'burns'", "selected(${signes}, 'burns')",
            nobody=True),
    Planted("DATE-LITERAL", DATE.format(". <= '2026-11-25'"), "'2026-11-25'", "date('2026-11-25')", nobody=True),
    Planted("DATE-LITERAL", DATE.format(". <= '25/11/2026'"), "'25/11/2026'", "today()", nobody=True),
    Planted("DATE-LITERAL", DATE.format(". <= date('25/11/2026')"), "25/11/2026", "2026-11-25", nobody=True),
    Planted("NUM-EMPTY", """
type | name | label | calculation
integer | age | Âge (si connu) |
calculate | mineur | | if(${age} < 18, 'yes', 'no')
""", "if(${age} < 18, 'yes', 'no')", "if(${age} = '', 'unknown', if(${age} < 18, 'yes', 'no'))", nobody=True),
    Planted("NUM-EMPTY", """
type | name | label | relevant
integer | age | Âge (si connu) |
text | tuteur | Qui s'en occupe ? | ${age} < 18
""", "${age} < 18", "${age} != '' and ${age} < 18", nobody=True),
    Planted("NEVER-TRUE", """
type | name | label | relevant
integer | age | Âge ? |
text | ecole | Quelle école ? | ${age} != '' and ${age} > 17 and ${age} < 5
""", "${age} > 17 and ${age} < 5", "(${age} > 17 or ${age} < 5)", nobody=True),
    Planted("NEVER-TRUE", """
type | name | label | relevant
select_one yes_no | blesse | Blessé ? |
text | soins | Quels soins ? | ${blesse} = 'yes' and ${blesse} = 'no'
""", "'yes' and ${blesse} = 'no'", "'yes' or ${blesse} = 'no'", nobody=True),
    Planted("NEVER-TOGETHER", """
type | name | label | relevant
select_one yes_no | blesse | Blessé ? |
begin_group | soin | Les soins | ${blesse} = 'yes'
text | refus | Pourquoi pas de soins ? | ${blesse} = 'no'
end_group | | |
""", "| ${blesse} = 'no'", "|", nobody=True),
    Planted("NEVER-TOGETHER", """
type | name | label | constraint | constraint_message | required | relevant
integer | age | Âge d'un adulte ? | . >= 18 | 18 ans ou plus. | yes |
text | tuteur | Qui s'en occupe ? | | | | ${age} < 12
""", "${age} < 12", "${age} >= 60", also=("REQ-NOMSG",), nobody=True),
    Planted("ALWAYS-TRUE", """
type | name | label | relevant
select_one signs | signe | Quel signe ? |
text | soins | Quels soins ? | ${signe} != 'bites' or ${signe} != 'burns'
""", "'bites' or", "'bites' and", nobody=True),
    Planted("UNANSWERABLE", """
type | name | label | constraint | constraint_message
integer | age | Âge ? | . < 0 and . > 120 | De 0 à 120.
""", ". < 0 and . > 120", ". >= 0 and . <= 120", nobody=True),
    Planted("REQUIRED-UNSHOWN", """
type | name | label | required | relevant
text | lieu | Où ? | yes | false()
""", "| yes |", "| |", more=("REQ-NOMSG",), nobody=True),
    Planted("REF-REPEAT", REPEAT.format(column="relevant", row="text | ecole | Quelle école ? | ${prenom} != ''"),
            "${prenom} != ''", "count(${enfant}) > 0"),
    Planted("REF-REPEAT", """
type | name | label | calculation
begin_repeat | famille | Une famille |
begin_repeat | enfant | Un enfant |
integer | age | Âge |
end_repeat | | |
calculate | petits | | count(${enfant}[${age} < 5])
end_repeat | | |
""", "[${age} < 5]", "[age < 5]"),
    Planted("REF-REPEAT", REPEAT.format(column="hint", row="text | ecole | Quelle école fréquente ${prenom} ? |"),
            "fréquente ${prenom} ?", "fréquentent-ils ?", nobody=True),
    Planted("REF-REPEAT", REPEAT.format(column="hint", row="") + """
[settings]
instance_name
${prenom}
""", "instance_name\n${prenom}", "instance_name\ntoday()"),
)  # fmt: skip
"""One table a fault."""
