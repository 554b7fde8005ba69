"""Faults of the columns register and sensitivity."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

ROW = "type | name | label | register | sensitivity\n"
REPEAT = (
    "type | name | label | register | sensitivity | calculation\n"
    "begin_repeat | victime | Une victime | person | 1 |\n"
    "calculate | numero | | uid | 0 | once(uuid())\n"
    "end_repeat | | | | |"
)


def _row(code: str, row: str, wrong: str, right: str, *also: str) -> Planted:
    """A row behind the consent."""
    return Planted(code, ROW + row, wrong, right, ours=True, also=also)


TABLES = (
    _row("UNMAPPED", "text | recit | Que s'est-il passé ? | | 3", "| | 3", "| short_text | 3"),
    _row("REGISTER-UNKNOWN", "text | recit | Que s'est-il passé ? | short_txt | 3", "short_txt", "short_text"),
    _row("REGISTER-TYPE", "text | message | Message vocal | voice | 3", "text |", "audio |"),
    _row("REGISTER-TWICE", "text | recit | Que s'est-il passé ? | short_text | 3\ntext | suite | Et ensuite ? | short_text | 3",
         "suite | Et ensuite ? | short_text", "suite | Et ensuite ? | place_hint"),
    Planted("REPEAT-UID", REPEAT.replace("| uid |", "| |"), "numero | | |", "numero | | uid |", ours=True),
    Planted("UID-UNSTABLE", REPEAT.replace("once(uuid())", "uuid()"), "| uuid()", "| once(uuid())", ours=True),
    Planted("SENS-VALUE", """
type | name | label | relevant | register | sensitivity
select_one consent_alert | consent | D'accord ? | | alert.consent_state | 1
begin_group | faits | Les faits | ${consent} = 'given' | alert |
text | recit | Que s'est-il passé ? | | short_text | haut
end_group | | | | |
""", "short_text | haut", "short_text | 3", nobody=True),
    Planted("SENS-MISSING", """
type | name | label | relevant | register | sensitivity
select_one consent_alert | consent | D'accord ? | | alert.consent_state | 1
begin_group | faits | Les faits | ${consent} = 'given' | alert |
text | recit | Que s'est-il passé ? | | short_text |
end_group | | | | |
""", "short_text |", "short_text | 3"),
    _row("SENS-LOW", "text | nom_complet | Nom et prénom | | 2", "| 2", "| 3", "UNMAPPED"),
    _row("SENS-LOW", "text | x | Numéro de la carte d'identité | | 1", "| 1", "| 3", "UNMAPPED"),
    _row("SENS-BELOW", "select_one yes_no_unknown | heures | Moins de 72 heures ? | hours_since | 1", "| 1", "| 2"),
    _row("RULE-SEALED", "select_one yes_no_unknown | heures | Moins de 72 heures ? | hours_since | 3", "| 3", "| 2"),
)  # fmt: skip
"""One table a fault."""
