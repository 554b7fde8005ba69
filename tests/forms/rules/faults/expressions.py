"""Faults of what expressions give: numbers, texts, dates, times, answers of lists, and what functions are given."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

ASKED = """
type | name | label | required | required_message | calculation
integer | age | Âge ? | yes | Répondez. |
integer | filles | Filles ? | yes | Répondez. |
text | nom | Nom ? | yes | Répondez. |
text | prenom | Prénom ? | yes | Répondez. |
date | quand | Quand ? | yes | Répondez. |
time | debut | Début ? | yes | Répondez. |
time | fin | Fin ? | yes | Répondez. |
dateTime | arrivee | Arrivée ? | yes | Répondez. |
dateTime | depart | Départ ? | yes | Répondez. |
geopoint | lieu | Où ? | | |
select_one yes_no | blesse | Blessé ? | yes | Répondez. |
select_one yes_no_unknown | soigne | Soigné ? | yes | Répondez. |
select_multiple signs | signes | Quels signes ? | yes | Répondez. |
{}"""
INSIDE = """
type | name | label | calculation
begin_repeat | enfant | Un enfant |
integer | poids | Poids ? |
{inside}
end_repeat | | |
begin_group | fin | Fin |
text | mot | Un mot ? |
{outside}
end_group | | |
"""
CHECKED = """
type | name | label | constraint | constraint_message | appearance
{} | reponse | Réponse ? | {} | Corrigez. | {}
"""


def _calculated(
    code: str,
    wrong: str,
    right: str,
    *,
    kind: str = "calculate",
    nobody: bool = True,
    more: tuple[str, ...] = (),
) -> Planted:
    """A calculation among answers of every type."""
    row = f"{kind} | resultat | {'' if kind == 'calculate' else 'Résultat'} | | | {wrong}"
    return Planted(code, ASKED.format(row), wrong, right, nobody=nobody, more=more)


def _shown(code: str, wrong: str, right: str, *, nobody: bool = True) -> Planted:
    """A condition among answers of every type."""
    table = ASKED.replace("calculation", "relevant").format(f"text | suite | Suite ? | | | {wrong}")
    return Planted(code, table, wrong, right, nobody=nobody)


def _repeated(
    code: str,
    wrong: str,
    right: str,
    *,
    outside: bool = False,
    nobody: bool = True,
    more: tuple[str, ...] = (),
) -> Planted:
    """A calculation inside of a repeat, or in a group after it."""
    row, empty = f"calculate | resultat | | {wrong}", "note | merci | Merci. |"
    table = INSIDE.format(inside=empty if outside else row, outside=row if outside else empty)
    return Planted(code, table, wrong, right, nobody=nobody, more=more)


def _checked(code: str, kind: str, wrong: str, right: str, *, nobody: bool = True) -> Planted:
    """A constraint."""
    return Planted(code, CHECKED.format(kind, wrong, ""), wrong, right, nobody=nobody)


TABLES = (
    # --- numbers and texts ---
    _calculated("TYPE-NUMBER", "${blesse} * 2", "${age} * 2"),
    _calculated("TYPE-NUMBER", "number(${soigne})", "number(${age})"),
    _calculated("TYPE-NUMBER", "round(concat('env. ', ${age}))", "round(${age})"),
    _calculated("TYPE-NUMBER", "${lieu} - 1", "${age} - 1"),
    _shown("TYPE-NUMBER", "${age} > '18 ans'", "${age} > 18"),
    _shown("TYPE-NUMBER", "${age} >= ''", "${age} != ''"),
    _shown("TYPE-NUMBER", "${signes} > 2", "count-selected(${signes}) > 2"),
    _calculated("TEXT-NUMBER", "number(${nom})", "number(${age})"),
    _shown("TEXT-NUMBER", "${nom} > 5", "${age} > 5"),
    _calculated("TEXT-PLUS", "${nom} + ${prenom}", "concat(${nom}, ${prenom})"),
    _calculated("TEXT-PLUS", "'A-' + ${age}", "concat('A-', ${age})"),
    _calculated("TEXT-PLUS", "${nom} + ' ' + ${prenom}", "concat(${nom}, ' ', ${prenom})"),
    _shown("TYPE-COMPARE", "${age} = 'dix'", "${age} = 10"),
    _shown("TYPE-COMPARE", "string-length(${nom}) = 'long'", "string-length(${nom}) = 10"),
    _shown("TYPE-COMPARE", "${quand} > ${age}", "${quand} > date('2026-11-25')"),
    _shown("TYPE-COMPARE", "${quand} = 2026", "format-date(${quand}, '%Y') = 2026"),
    _shown("TYPE-COMPARE", "${quand} < ${nom}", "${quand} < today()"),
    Planted("TYPE-COMPARE", """
type | name | label | calculation | relevant
integer | age | Âge ? | | | |
calculate | majeur | | ${age} != '' and ${age} >= 18 |
text | suite | Suite ? | | ${majeur} = 'true'
""", "${majeur} = 'true'", "boolean-from-string(${majeur})", nobody=True),
    _calculated("EXPR-WORD", "${age} / ${filles}", "${age} div ${filles}", nobody=False),
    _calculated("EXPR-WORD", "(${age} + 1) / 2", "(${age} + 1) div 2", nobody=False),
    _calculated("EXPR-WORD", "${age} % 2", "${age} mod 2", nobody=False),
    _calculated("WORD-BARE", "${age} - filles-1", "${age} - ${filles} - 1"),
    _calculated("WORD-BARE", "if(${blesse} = 'yes', oui, 'non')", "if(${blesse} = 'yes', 'oui', 'non')"),
    _calculated("WORD-BARE", "concat(nom, '!')", "concat(${nom}, '!')"),
    _calculated("REF-QUOTED", "concat('Âge : ${age}', ' ans')", "concat('Âge : ', ${age}, ' ans')"),
    _shown("COND-TEXT", "${soigne} = 'yes' or 'unknown'", "${soigne} = 'yes' or ${soigne} = 'unknown'"),
    _shown("COND-TEXT", "${blesse}", "${blesse} = 'yes'"),
    _calculated("COND-TEXT", "if(${blesse}, 1, 2)", "if(${blesse} = 'yes', 1, 2)"),
    Planted("SUM-EMPTY", """
type | name | label | calculation
integer | filles | Filles ? |
integer | garcons | Garçons ? |
calculate | total | | ${filles} + ${garcons}
""", "${filles} + ${garcons}", "coalesce(${filles}, 0) + coalesce(${garcons}, 0)", nobody=True),
    # --- dates and times ---
    _shown("DATE-LITERAL", "${quand} >= 2026-11-25", "${quand} >= date('2026-11-25')"),
    _shown("DATE-LITERAL", "${quand} > 2026", "${quand} > date('2026-12-31')"),
    _calculated("DATE-LITERAL", "format-date('25/11/2026', '%Y')", "format-date('2026-11-25', '%Y')", nobody=False),
    _calculated("DATE-LITERAL", "today() - '2026-01-01'", "today() - date('2026-01-01')"),
    _shown("TIME-ORDER", "${debut} < ${fin}", "decimal-time(${debut}) < decimal-time(${fin})"),
    _calculated("TIME-ORDER", "${fin} - ${debut}", "decimal-time(${fin}) - decimal-time(${debut})"),
    _calculated("DATE-DIVIDED", "${quand} - date('2020-01-01') div 365.25", "(${quand} - date('2020-01-01')) div 365.25"),
    _calculated("HOURS-LOST", "${depart} - ${arrivee}", "decimal-date-time(${depart}) - decimal-date-time(${arrivee})"),
    _calculated("DATE-PATTERN", "format-date(${quand}, '%A %d')", "format-date(${quand}, '%a %d')"),
    _calculated("DATE-PATTERN", "format-date(${quand}, 'JJ/MM/AAAA')", "format-date(${quand}, '%d/%m/%Y')"),
    _calculated("DATE-PATTERN", "format-date-time(${arrivee}, '%I:%M')", "format-date-time(${arrivee}, '%H:%M')", nobody=False),
    _calculated("HOURS-NONE", "format-date(${quand}, '%d/%m/%Y %H:%M')", "format-date(${quand}, '%d/%m/%Y')"),
    _shown("COMPARE-CHAIN", "5 < ${age} < 18", "5 < ${age} and ${age} < 18"),
    _calculated("ARG-KIND", "format-date(${blesse}, '%Y')", "format-date(${quand}, '%Y')"),
    _calculated("ARG-KIND", "decimal-time('09:00')", "decimal-time(${debut})", nobody=False),
    # --- functions ---
    _calculated("ARG-COUNT", "if(${age} > 18, 'grand')", "if(${age} > 18, 'grand', 'petit')", nobody=False),
    _calculated("ARG-COUNT", "coalesce(${age}, ${filles}, 0)", "coalesce(${age}, 0)", nobody=False),
    _calculated("ARG-COUNT", "once()", "once(uuid())", nobody=False),
    _calculated("ARG-COUNT", "round(${age}, 1, 2)", "round(${age}, 1)", nobody=False),
    _shown("ARG-COUNT", "selected(${signes}, 'burns', 'cuts')", "selected(${signes}, 'burns') or selected(${signes}, 'cuts')",
           nobody=False),
    _shown("SELECTED-WORDS", "selected(${signes}, 'burns cuts')", "selected(${signes}, 'burns') or selected(${signes}, 'cuts')"),
    _shown("MULTI-EQUALS", "selected('burns', ${signes})", "selected(${signes}, 'burns')"),
    _shown("ARG-KIND", "selected(${age}, '5')", "${age} = 5"),
    _calculated("ARG-KIND", "count-selected(${age})", "count-selected(${signes})"),
    _repeated("ARG-KIND", "sum(${poids} + 1)", "sum(${poids}) + 1", outside=True, nobody=False),
    _calculated("ROWS-ONE", "count(${signes})", "count-selected(${signes})"),
    _calculated("ROWS-ONE", "max(${age})", "max(${age}, 18)"),
    _repeated("ROWS-ONE", "sum(${poids})", "${poids} * 1"),
    _repeated("ROWS-ONE", "count(${fin})", "count(${enfant})", outside=True),
    _calculated("LABEL-OF", "jr:choice-name(${blesse}, ${blesse})", "jr:choice-name(${blesse}, '${blesse}')", nobody=False),
    _calculated("LABEL-OF", "jr:choice-name(${blesse}, '${nom}')", "jr:choice-name(${blesse}, '${blesse}')"),
    _calculated("LABEL-OF", "jr:choice-name(${blesse}, '${signes}')", "jr:choice-name(${blesse}, '${blesse}')"),
    _calculated("LABEL-OF", "jr:choice-name(${signes}, '${signes}')", "jr:choice-name(selected-at(${signes}, 0), '${signes}')"),
    _calculated("SUBSTR-EMPTY", "substr(${nom}, 3, 1)", "substr(${nom}, 1, 3)"),
    _calculated("ONCE-INSIDE", "concat('A-', once(uuid()))", "once(concat('A-', uuid()))"),
    _repeated("REPEAT-INDEX", "indexed-repeat(${poids}, ${fin}, 1)", "indexed-repeat(${poids}, ${enfant}, 1)", outside=True,
              nobody=False),
    _repeated("REPEAT-INDEX", "indexed-repeat(${mot}, ${enfant}, 1)", "indexed-repeat(${poids}, ${enfant}, 1)", outside=True,
              nobody=False),
    _repeated("REPEAT-INDEX", "indexed-repeat(${poids}, ${enfant}, 0)", "indexed-repeat(${poids}, ${enfant}, 1)", outside=True),
    _repeated("ARG-COUNT", "indexed-repeat(${poids}, ${enfant})", "indexed-repeat(${poids}, ${enfant}, 1)", outside=True,
              nobody=False),
    # --- patterns ---
    _checked("REGEX-BROKEN", "text", "regex(., '^[0-9{9}$')", "regex(., '^[0-9]{9}$')"),
    _checked("REGEX-BROKEN", "text", "regex(., '^*[a-z]$')", "regex(., '^[a-z]*$')"),
    _checked("REGEX-BROKEN", "text", "regex(., '^\\\\d{3}$')", "regex(., '^\\d{3}$')"),
    _checked("REGEX-NEVER", "integer", "regex(., '^0[0-9]{8}$')", "regex(., '^[1-9][0-9]{8}$')"),
    _checked("REGEX-NEVER", "integer", "regex(., '^[0-9]{12}$')", "regex(., '^[0-9]{8}$')"),
    _calculated("REGEX-NEVER", "regex(${blesse}, 'oui|non')", "regex(${blesse}, 'yes|no')"),
    # --- lists and files ---
    _calculated("LOOKUP-LIST", "instance('signe')/root/item[name = 'burns']/label", "instance('signs')/root/item[name = 'burns']/label",
                nobody=False),
    _calculated("LOOKUP-COLUMN", "instance('signs')/root/item[name = 'burns']/gravite", "instance('signs')/root/item[name = 'burns']/label"),
)  # fmt: skip
"""One table a fault."""
