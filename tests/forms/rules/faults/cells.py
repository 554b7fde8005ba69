"""Faults of cells, columns and sheets."""

from __future__ import annotations

from openpyxl import Workbook

from tests.forms.rules.faults.planted import Planted


def _hide(book: Workbook) -> None:
    book["survey"].row_dimensions[3].hidden = True


def _hide_filtered(book: Workbook) -> None:
    book["survey"].auto_filter.ref = "A1:C3"
    _hide(book)


def _merge(book: Workbook) -> None:
    book["survey"].merge_cells("C2:C3")


TWO_ROWS = """
type | name | label
text | lieu | Où ?
text | suite | Et ensuite ?
"""

TABLES = (
    Planted("COL-UNKNOWN", """
type | name | label | relevent
select_one yes_no | blesse | Blessé ? |
text | soins | Quels soins ? | ${blesse} = 'yes'
""", "relevent", "relevant", nobody=True),
    Planted("COL-UNKNOWN", """
type | name | label
text | lieu | Où ?
[settings]
instance_nane
concat('a', 'b')
""", "instance_nane", "instance_name"),
    Planted("COL-UNKNOWN", """
type | name | label
select_one mois | quand | Quand ?
[choices]
list_name | name | label | imaje
mois | jan | Janvier | jan.png
""", "imaje", "image", media=({}, {"jan.png": 9})),
    Planted("COL-NOTE", """
type | name | label | remarque
text | lieu | Où ? | à revoir
""", "remarque", "_remarque"),
    Planted("COL-NAME", """
type | name | label
select_one mois | quand | Quand ?
[choices]
list_name | name | label | $kuid
mois | jan | Janvier | aB3
""", "$kuid", "_kuid"),
    Planted("COL-TWICE", """
type | name | label | relevant | relevance
select_one yes_no | blesse | Blessé ? | |
text | soins | Quels soins ? | ${blesse} = 'yes' | ${blesse} = 'yes'
""", "| relevance", "| _relevance"),
    Planted("CELL-TYPE", """
type | name | label | default
date | quand | Quand ? | @2026-11-25
""", "@2026-11-25", "2026-11-25"),
    Planted("CELL-TYPE", """
type | name | label
text | lieu | Où ?
[settings]
version
#2026.10
""", "#2026.10", "2026101001", more=("VERSION-FORM",)),
    Planted("FORMULA-CELL", """
type | name | label | hint
text | lieu | Où ? | ="Le "&"lieu"
""", '="Le "&"lieu"', "Le lieu", nobody=True),
    Planted("MERGED-CELL", TWO_ROWS.replace("Et ensuite ?", ""), "text | suite |", "text | suite | Et ensuite ?",
            spoil=_merge, more=("PX-NO-LABEL",), remark=("Les cellules C2 et C3 sont fusionnées.", "The cells C2 and C3 are merged.")),
    Planted("HIDDEN-ROW", TWO_ROWS, spoil=_hide, nobody=True, remark=("La ligne 3 est masquée.", "Row 3 is hidden.")),
    Planted("HIDDEN-ROW", TWO_ROWS, spoil=_hide_filtered, nobody=True,
            remark=("Un filtre masque la ligne 3.", "A filter hides row 3.")),
    Planted("SHEET-NAME", """
[Survey]
type | name | label
text | lieu | Où ?
""", "[Survey]", "[survey]"),
    Planted("SHEET-NAME", """
[Enquête]
type | name | label
text | lieu | Où ?
""", "[Enquête]", "[survey]", settings={}, also=("FORM-ID", "NO-VERSION")),
    Planted("SHEET-OTHER", """
type | name | label
text | lieu | Où ?
[notes]
À discuter avec l'équipe
""", "[notes]\nÀ discuter avec l'équipe", ""),
    Planted("HEADER-CASE", """
type | name | label
text | lieu | Où ?
[settings]
Version
2026112501
""", "Version", "version", settings={"form_title": "Essai", "form_id": "essai"}),
    Planted("ROW-TYPE", """
type | name | label
text | lieu | Où ?
 | suite | Et ensuite ?
""", "\n | suite", "\ntext | suite"),
    Planted("TOO-LONG", """
type | name | label
text | lieu | Où ?
""", rows=5001, remark=("La feuille survey a 5 001 lignes remplies.", "The sheet survey has 5,001 filled rows.")),
    Planted("NOT-OURS", """
type | name | label
text | lieu | Où ?
""", "type | name | label\ntext | lieu | Où ?",
            "type | name | label | register | sensitivity\nnote | lieu | Bonjour | | 0"),
    Planted("COL-MISSING", "type | name | label | register\nnote | lieu | Bonjour |", "register\n", "register | sensitivity\n"),
    Planted("COL-MISSING", "type | name | label | sensitivity\nnote | lieu | Bonjour | 0", "label | sensitivity\nnote | lieu | Bonjour |",
            "label | register | sensitivity\nnote | lieu | Bonjour | |"),
)  # fmt: skip
"""One table a fault."""
