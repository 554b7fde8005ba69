"""Faults that only ODK Collect's engine finds: its own verdict, and what simulated fillings show."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

REPEAT = "type | name | label | calculation\nbegin_repeat | enfant | Un enfant |\ninteger | age | Âge |\nend_repeat | | |\n"


def _said(code: str, table: str, wrong: str, right: str) -> Planted:
    """A fault in the engine's own words; the check may have said it before, without Java."""
    return Planted(code, table, wrong, right, by="engine")


TABLES = (
    _said("JR-CYCLE", "type | name | label | calculation\ncalculate | a | | ${b} + 1\ncalculate | b | | ${a} + 1", "${b} + 1", "1"),
    _said("JR-FUNCTION", "type | name | label | calculation\ninteger | age | Âge ? |\ncalculate | b | | arrondi(${age})", "arrondi(", "round("),
    _said("JR-BRACKETS", "type | name | label | calculation\ninteger | age | Âge ? |\ncalculate | b | | (${age} + 1", "(${age}", "${age}"),
    _said("JR-SYNTAX", "type | name | label | calculation\ninteger | age | Âge ? |\ncalculate | b | | ${age} plus 1", "plus", "+"),
    _said("JR-REPEAT-REF", REPEAT + "calculate | b | | ${age} + 1", "${age} + 1", "max(${age}) + 1"),
    _said("JR-TYPE", "type | name | label | calculation\ntext | age | Âge ? |\ncalculate | b | | date('hier')", "date('hier')", "today()"),
    _said("JR-OTHER", "type | name | label | calculation\nbegin_group | g | Calculs |\ncalculate | b | | 1 + 1\nend_group | | |",
          "begin_group | g | Calculs |\ncalculate | b | | 1 + 1\nend_group | | |", "calculate | b | | 1 + 1"),
    Planted("DEAD", "type | name | label | relevant\ninteger | age | Âge ? |\ntext | suite | Et ensuite ? | ${age} != '' and ${age} > 5 and ${age} < 3",
            "> 5 and ${age} < 3", "> 5 and ${age} < 80", by="fills"),
    Planted("STUCK", "type | name | label | constraint | constraint_message | required | required_message\n"
            "integer | age | Âge ? | . mod 2 = 0 and . mod 4 = 1 | Un nombre pair. | yes | Répondez.", " and . mod 4 = 1", "", by="fills"),
    Planted("LEAK", "type | name | label | relevant | calculation | register | sensitivity\n"
            "select_one consent_alert | consent | D'accord ? | | | alert.consent_state | 1\n"
            "calculate | heure | | | now() | | 1\n", "| 1\ncalculate | heure | | |", "| 1\ncalculate | heure | | ${consent} = 'given' |",
            by="fills"),
)  # fmt: skip
"""One table a fault."""
