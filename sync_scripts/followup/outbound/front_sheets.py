"""The sheets around the data: how to use the workbook in seven sentences, figures with native charts, lists to choose from, what it says of itself.

French and English side by side. No formula, no row a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from math import ceil
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup.columns import Sheet, tier_words
from sync_scripts.followup.outbound import cells
from sync_scripts.followup.outbound.cells import cell_at, put_text
from sync_scripts.followup.outbound.data_sheet import FINAL_STATUSES, LISTS, META
from sync_scripts.followup.outbound.planning import FORMAT, Book, Figure
from xlsform.workbooks.openpyxl_private import Stream

GUIDE_TITLES = {"fr": "Mode d'emploi", "en": "How to use"}

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
    ("À remplir", "To fill in", cells.EDITABLE_CELL),
    ("Vient du registre", "From the register", cells.LOCKED_CELL),
    ("▲ En retard", "▲ Overdue", cells.OVERDUE),
    ("● Sous 7 jours", "● Within 7 days", cells.SOON),
)


def _text(sheet: Worksheet, at: str, text: str) -> None:
    put_text(sheet[at], text, sheet=sheet.title, at=at)


def _sentences(sheet: Worksheet, book: Book) -> int:
    row = 4
    for number, (french, english) in enumerate(SENTENCES, start=1):
        for letter, text in (("A", french), ("B", english)):
            at = f"{letter}{row}"
            _text(sheet, at, f"{number}. " + text.format(expires=f"{book.expires_on:%d/%m/%Y}"))
            sheet[at].font, sheet[at].alignment = cells.font(size=11), cells.WRAP
        sheet.row_dimensions[row].height = 34
        row += 1
    return row + 1


def _legend(sheet: Worksheet, row: int) -> int:
    for french, english, look in LEGEND:
        for letter, text in (("A", french), ("B", english)):
            at = f"{letter}{row}"
            _text(sheet, at, text)
            sheet[at].font, sheet[at].fill = look  # type: ignore[misc]  # a pair (font, fill) of style
            sheet[at].alignment, sheet[at].border = cells.WRAP, cells.LINE
        sheet.row_dimensions[row].height = 20
        row += 1
    return row + 1


def _links(sheet: Worksheet, row: int, book: Book, specs: Iterable[Sheet]) -> None:
    for spec in specs:
        name = spec.title(book.lang)
        at = f"A{row}"
        _text(sheet, at, f"→ {name}")
        sheet[at].hyperlink = Hyperlink(ref=at, location="'{}'!C1".format(name.replace("'", "''")))
        sheet[at].font = cells.font(colour=cells.BLUE, size=11, under=True)
        row += 1


def add_guide(sheet: Worksheet, book: Book, specs: Iterable[Sheet]) -> None:
    """Write the guide into the first, empty sheet, with links to the data sheets."""
    sheet.title = GUIDE_TITLES[book.lang]
    sheet.sheet_view.showGridLines = False
    for letter in "AB":
        sheet.column_dimensions[letter].width = 66
    head = "Suivi des dossiers / Case follow-up"
    _text(sheet, "A1", f"{head} · {tier_words(book.tier)}")
    sheet["A1"].font = cells.TITLE
    fiction = "Données fictives : classeur de démonstration. / Invented data: a demonstration workbook."
    words = (
        "Ce fichier contient des données de personnes en danger. / This file holds data of people in danger."
    )
    _text(sheet, "A2", fiction if book.demo else words)
    sheet["A2"].font = cells.font(colour=cells.WARNING, bold=True)
    sheet.row_dimensions[1].height = 26
    _links(sheet, _legend(sheet, _sentences(sheet, book)), book, specs)


DASHBOARD_TITLES = {"fr": "Tableau de bord", "en": "Dashboard"}
WIDE, LOW, BAR = 17, 2.6, 0.8
"""Of a chart in centimetres: its width, its height without a bar, the height of a bar."""
ROW = 0.53
"""Height of a row of the sheet, in centimetres."""


def _series(sheet: Worksheet, figure: Figure, row: int) -> None:
    put_text(cell_at(sheet, row, 1), figure.title, sheet=sheet.title, at=f"A{row}")
    cell_at(sheet, row, 1).font = cells.font(colour=cells.NAVY, size=12, bold=True)
    for at, (label, count) in enumerate(figure.bars, start=row + 1):
        name, number = cell_at(sheet, at, 1), cell_at(sheet, at, 2)
        put_text(name, label, sheet=sheet.title, at=f"A{at}")
        number.value = count
        for cell in (name, number):
            cell.font, cell.fill, cell.border = *cells.LOCKED_CELL, cells.LINE


def _height(figure: Figure) -> float:
    """Return the height of a chart: one bar fills no page."""
    return LOW + BAR * len(figure.bars)


def _chart(figure: Figure, sheet: Worksheet, row: int, colour: str) -> BarChart:
    chart = BarChart()
    chart.type, chart.style, chart.legend, chart.title = "bar", 10, None, figure.title
    last = row + len(figure.bars)
    chart.add_data(Reference(sheet, min_col=2, min_row=row + 1, max_row=last))
    chart.set_categories(Reference(sheet, min_col=1, min_row=row + 1, max_row=last))
    chart.series[0].graphicalProperties.solidFill = colour
    chart.dataLabels = DataLabelList()
    chart.dataLabels.showVal = True
    for name in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
        setattr(chart.dataLabels, name, False)
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete, chart.y_axis.delete = False, True
    chart.y_axis.majorGridlines = None
    chart.gapWidth, chart.width = 60, WIDE
    chart.height = _height(figure)
    return chart


def add_dashboard(workbook: Workbook, book: Book) -> Worksheet:
    """Add the dashboard; return its sheet."""
    sheet: Worksheet = workbook.create_sheet(DASHBOARD_TITLES[book.lang])
    sheet.sheet_view.showGridLines = False
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 9
    put_text(sheet["A1"], DASHBOARD_TITLES[book.lang], sheet=sheet.title, at="A1")
    sheet["A1"].font = cells.TITLE
    on = (
        f"Au {book.today:%d/%m/%Y}, chiffres fixes"
        if book.lang == "fr"
        else f"On {book.today:%d/%m/%Y}, fixed figures"
    )
    put_text(sheet["A2"], on, sheet=sheet.title, at="A2")
    sheet["A2"].font = cells.HELP
    row = 4
    for number, figure in enumerate(book.figures):
        _series(sheet, figure, row)
        if figure.bars:
            sheet.add_chart(_chart(figure, sheet, row, (cells.BLUE, cells.GREEN)[number % 2]), f"D{row}")
        row += max(ceil(_height(figure) / ROW), len(figure.bars) + 1) + 2
    return sheet


def choice_lists(book: Book) -> Iterator[tuple[str, Sequence[tuple[str, str]]]]:
    """Yield the name of each list that a column checks against, with its codes and their labels."""
    final = tuple(code for code in book.lists.get("status", ()) if code in FINAL_STATUSES)
    for name, codes in (*book.lists.items(), ("status_final", final)):
        known = book.labels.get("status" if name == "status_final" else name, {})
        yield name, [(code, known.get(code, code)) for code in codes]


def list_name(workbook: Any, name: str, number: int, count: int) -> None:
    """Give the labels of the list that stands in two columns, the code first, the name that validations use."""
    letter = get_column_letter(2 * number + 2)
    place = f"'{LISTS}'!${letter}$2:${letter}${max(2, count + 1)}"
    workbook.defined_names[f"l_{name}"] = DefinedName(f"l_{name}", attr_text=place)


def meta(book: Book, counts: Iterator[tuple[str, int]]) -> dict[str, str]:
    """Return what the workbook says of itself, for the way back; ``counts`` are the rows of each sheet by marker."""
    return {
        "format": FORMAT,
        "export_id": book.export_id,
        "register_id": book.register_id,
        "exported_at": book.exported_at.isoformat().replace("+00:00", "Z"),
        "level": book.tier,
        "scope": book.scope,
        "lang": book.lang,
        "expires": book.expires_on.isoformat(),
        **{f"rows.{marker}": str(count) for marker, count in counts},
    }


def add_lists(workbook: Workbook, book: Book) -> None:
    """Add the hidden sheet of the lists that cells choose from."""
    sheet = Stream.in_book(workbook, LISTS)
    named = list(choice_lists(book))
    sheet.append([_listed(sheet, text) for name, _choices in named for text in (name, None)])
    for row in zip_longest(*(choices for _name, choices in named), fillvalue=(None, None)):
        sheet.append([_listed(sheet, text) for pair in row for text in pair])
    for number, (name, choices) in enumerate(named):
        list_name(workbook, name, number, len(choices))
    sheet.sheet_state = "veryHidden"


def _listed(sheet: Stream, text: str | None) -> Cell | None:
    if text is None:
        return None
    cell = WriteOnlyCell(cast("Worksheet", sheet))
    put_text(cell, text, sheet=LISTS, at=text)
    return cell


def add_meta(workbook: Workbook, said: dict[str, str]) -> None:
    """Add the hidden sheet that says what the workbook is."""
    sheet = workbook.create_sheet(META)
    for row, (key, value) in enumerate(said.items(), start=1):
        put_text(cell_at(sheet, row, 1), key, sheet=META, at=f"A{row}")
        put_text(cell_at(sheet, row, 2), value, sheet=META, at=f"B{row}")
    sheet.sheet_state = "veryHidden"
