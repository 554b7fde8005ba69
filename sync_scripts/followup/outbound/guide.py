"""The first sheet: how to use the workbook, in seven sentences, French and English side by side."""

from __future__ import annotations

from collections.abc import Iterable

from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup.outbound import style
from sync_scripts.followup.outbound.book import Book
from sync_scripts.followup.outbound.cells import put_text
from sync_scripts.followup.sheets import Sheet
from sync_scripts.followup.tiers import tier_words

TITLES = {"fr": "Mode d'emploi", "en": "How to use"}

SENTENCES: tuple[tuple[str, str], ...] = (
    (
        "Écrivez seulement dans les cellules jaunes ; le reste vient du registre et n'est pas repris.",
        "Write in yellow cells only; the rest comes from the register and is not read back.",
    ),
    (
        "N'écrivez jamais un nom, un téléphone ni un lieu exact : dites « la personne », « le service ».",
        "Never write a name, a phone number or an exact place: say “the person”, “the service”.",
    ),
    (
        "Ne supprimez pas de ligne : une ligne absente n'efface rien ; pour finir un dossier, changez son état.",
        "Do not delete rows: a missing row erases nothing; to end a case, change its state.",
    ),
    (
        "Pour une nouvelle action ou orientation, remplissez une des lignes vides déjà prêtes.",
        "For a new action or referral, fill in one of the blank rows that are ready.",
    ),
    (
        "Commencez par « À traiter » : c'est en retard ou dû dans 7 jours ; le code mène au dossier.",
        "Begin with “To do”: it is overdue or due within 7 days; the code leads to the case.",
    ),
    (
        "Enregistrez en .xlsx, sous le même nom ; n'utilisez pas Google Sheets : le fichier y serait envoyé.",
        "Save as .xlsx under the same name; do not use Google Sheets: it would upload the file.",
    ),
    (
        "Rendez le fichier au registre avant le {expires} ; après cette date, demandez un nouvel export.",
        "Give the file back to the register before {expires}; after that date ask for a new export.",
    ),
)

LEGEND: tuple[tuple[str, str, object], ...] = (
    ("À remplir", "To fill in", style.EDITABLE_CELL),
    ("Vient du registre", "From the register", style.LOCKED_CELL),
    ("▲ En retard", "▲ Overdue", style.OVERDUE),
    ("● Sous 7 jours", "● Within 7 days", style.SOON),
)


def _text(sheet: Worksheet, at: str, text: str) -> None:
    put_text(sheet[at], text, sheet=sheet.title, at=at)


def _sentences(sheet: Worksheet, book: Book) -> int:
    row = 4
    for number, (french, english) in enumerate(SENTENCES, start=1):
        for letter, text in (("A", french), ("B", english)):
            at = f"{letter}{row}"
            _text(sheet, at, f"{number}. " + text.format(expires=f"{book.expires_on:%d/%m/%Y}"))
            sheet[at].font, sheet[at].alignment = style.font(size=11), style.WRAP
        sheet.row_dimensions[row].height = 34
        row += 1
    return row + 1


def _legend(sheet: Worksheet, row: int) -> int:
    for french, english, look in LEGEND:
        for letter, text in (("A", french), ("B", english)):
            at = f"{letter}{row}"
            _text(sheet, at, text)
            sheet[at].font, sheet[at].fill = look  # type: ignore[misc]  # a pair (font, fill) of style
            sheet[at].alignment, sheet[at].border = style.WRAP, style.LINE
        sheet.row_dimensions[row].height = 20
        row += 1
    return row + 1


def _links(sheet: Worksheet, row: int, book: Book, specs: Iterable[Sheet]) -> None:
    for spec in specs:
        name = spec.title(book.lang)
        at = f"A{row}"
        _text(sheet, at, f"→ {name}")
        sheet[at].hyperlink = Hyperlink(ref=at, location="'{}'!C1".format(name.replace("'", "''")))
        sheet[at].font = style.font(colour=style.BLUE, size=11, under=True)
        row += 1


def add_guide(sheet: Worksheet, book: Book, specs: Iterable[Sheet]) -> None:
    """Write the guide into the first, empty sheet, with links to the data sheets."""
    sheet.title = TITLES[book.lang]
    sheet.sheet_view.showGridLines = False
    for letter in "AB":
        sheet.column_dimensions[letter].width = 66
    head = "Suivi des dossiers / Case follow-up"
    _text(sheet, "A1", f"{head} · {tier_words(book.tier)}")
    sheet["A1"].font = style.TITLE
    fiction = "Données fictives : classeur de démonstration. / Invented data: a demonstration workbook."
    words = (
        "Ce fichier contient des données de personnes en danger. / This file holds data of people in danger."
    )
    _text(sheet, "A2", fiction if book.demo else words)
    sheet["A2"].font = style.font(colour=style.WARNING, bold=True)
    sheet.row_dimensions[1].height = 26
    _links(sheet, _legend(sheet, _sentences(sheet, book)), book, specs)
