"""Faults that the converter names first, under our codes."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted


def _said(code: str, table: str, wrong: str, right: str) -> Planted:
    """A fault that the converter finds; the check may have said it before, in better words."""
    return Planted(code, table, wrong, right, by="converter")


ONE = "type | name | label\ntext | lieu | Où ?"
DAYS = "type | name | label\nselect_one jour | quand | Quand ?\n[choices]\nlist_name | name | label\njour | lundi | Lundi\njour | mardi | Mardi"

TABLES = (
    _said("PX-NAMES_001", ONE + "\ntext | lieu | Où encore ?", "lieu | Où encore", "lieu2 | Où encore"),
    _said("PX-NAMES_002", ONE + "\ntext | Lieu | Où encore ?", "Lieu |", "lieu2 |"),
    _said("PX-NAMES_003", "type | name | label\nbegin_repeat | data | Un fait\ntext | lieu | Où ?\nend_repeat | |", "data", "fait"),
    _said("PX-NAMES_004", "type | name | label\nbegin_repeat | fait | Un fait\ntext | lieu | Où ?\nend_repeat | |\n"
          "begin_group | g | Autres\nbegin_repeat | fait | Un fait\ntext | lieu2 | Où ?\nend_repeat | |\nend_group | |",
          "Autres\nbegin_repeat | fait", "Autres\nbegin_repeat | autre_fait"),
    _said("PX-NAMES_005", "type | name | label\nbegin_group | meta | Début\ntext | lieu | Où ?\nend_group | |", "meta", "debut"),
    _said("PX-NAMES_006", DAYS.replace("| mardi", "|"), "jour | | Mardi", "jour | mardi | Mardi"),
    _said("PX-NAMES_007", DAYS.replace("| mardi", "| lundi"), "lundi | Mardi", "mardi | Mardi"),
    _said("PX-NAMES_008", ONE.replace("lieu", "le lieu"), "le lieu", "le_lieu"),
    _said("PX-NAMES_013", "type | name | label\ntext | lieu | Où ?\n[setings]\nform_title\nEssai", "[setings]", "[settings]"),
    _said("PX-HEADER_002", "type | name | label | caption\ntext | lieu | Où ? | Où ?", "| caption", "| _caption"),
    _said("PX-HEADER_003", DAYS.replace("list_name | name | label", "list_name | nom | label"), "| nom |", "| name |"),
    _said("PX-HEADER_004", DAYS.replace("name | label", "name | label | ma note").replace("Lundi", "Lundi | x"), "ma note", "_note"),
    _said("PX-LABEL_001", DAYS.replace("| Mardi", "|"), "mardi |", "mardi | Mardi"),
    _said("PX-PYREF_001", "type | name | label | relevant\ntext | lieu | Où ? |\ntext | suite | Et ensuite ? | ${lieu = ''", "${lieu =", "${lieu} ="),
    _said("PX-PYREF_002", "type | name | label | calculation | trigger\ntext | a | A ? | |\ntext | b | B ? | |\ncalculate | c | | now() | ${a} ${b}",
          "${a} ${b}", "${a}, ${b}"),
    _said("PX-PYREF_003", "type | name | label | relevant\ntext | lieu | Où ? |\ntext | suite | Et ensuite ? | ${leiu} != ''", "${leiu}", "${lieu}"),
    _said("PX-PYREF_004", "type | name | label | relevant\nbegin_group | a | A |\ntext | lieu | Où ? |\nend_group | | |\n"
          "begin_group | b | B |\ntext | lieu | Où ? |\nend_group | | |\ntext | suite | Et ensuite ? | ${lieu} != ''",
          "B |\ntext | lieu", "B |\ntext | lieu2"),
    _said("PX-SURVEY_001", ONE + "\nend_group | |", "\nend_group | |", ""),
    _said("PX-SURVEY_002", "type | name | label\nbegin_group | g | Début\ntext | lieu | Où ?", "Où ?", "Où ?\nend_group | |"),
    _said("PX-PARAMETERS", "type | name | label | parameters\ntext | lieu | Où ? | couleur=rouge", "couleur=rouge", ""),
    _said("PX-ENTITY", "type | name | label | save_to\ntext | lieu | Où ? | lieu", "| lieu | Où ? | lieu", "| lieu | Où ? |"),
    _said("PX-TYPE", ONE.replace("text", "texte"), "texte", "text"),
    _said("PX-LIST", DAYS.replace("select_one jour", "select_one jours"), "jours", "jour"),
    _said("PX-NO-CHOICES", "type | name | label\nselect_one jour | quand | Quand ?", "select_one jour", "date"),
    _said("PX-OR-OTHER", "type | name | label::Français (fr)\nselect_one jour or_other | quand | Quand ?\n[choices]\n"
          "list_name | name | label::Français (fr)\njour | lundi | Lundi", " or_other", ""),
    _said("PX-LANGUAGE-CODE", "type | name | label::Français\ntext | lieu | Où ?", "Français", "Français (fr)"),
    _said("PX-FILE", "type | name | label\nselect_one_from_file villages | lieu | Où ?", "villages", "villages.csv"),
    _said("PX-NO-NAME", "type | name | label\ntext | | Où ?", "| | Où", "| lieu | Où"),
    _said("PX-NO-TYPE", ONE + "\n | suite | Et ensuite ?", "\n | suite", "\ntext | suite"),
    _said("PX-NO-LABEL", "type | name | label\ntext | lieu |", "lieu |", "lieu | Où ?"),
    _said("PX-NO-CALCULATION", "type | name | label | calculation\ncalculate | total | |", "total | |", "total | | 1 + 1"),
    _said("PX-BLANK-CHOICE", DAYS.replace("select_one", "select_multiple").replace("| mardi", "| mardi soir"), "mardi soir", "mardi_soir"),
    _said("PX-PIXELS", "type | name | label | parameters\nimage | photo | Photo ? |", "Photo ? |", "Photo ? | max-pixels=1600"),
    _said("PX-TRANSLATION", "type | name | label::Français (fr) | label::English (en) | hint::Français (fr)\ntext | lieu | Où ? | Where? | Le village",
          " | hint::Français (fr)\ntext | lieu | Où ? | Where? | Le village", "\ntext | lieu | Où ? | Where?"),
    _said("PX-OTHER", "type | name | label | parameters\nselect_one_external jour | quand | Quand ? |", "select_one_external jour", "date"),
    _said("PX-WARNING", "type | name | label | disabled\ntext | lieu | Où ? | yes\ntext | suite | Et ensuite ? |", " | disabled", " | _disabled"),
)  # fmt: skip
"""One table a fault."""
