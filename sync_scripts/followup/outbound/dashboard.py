"""The dashboard sheet: figures at the time of export, as numbers with native bar charts. No formula, no row a case."""

from __future__ import annotations

from math import ceil

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup.outbound import style
from sync_scripts.followup.outbound.book import Book, Figure
from sync_scripts.followup.outbound.cells import cell_at, put_text

TITLES = {"fr": "Tableau de bord", "en": "Dashboard"}
WIDE, LOW, BAR = 17, 2.6, 0.8
"""Of a chart in centimetres: its width, its height without a bar, the height of a bar."""
ROW = 0.53
"""Height of a row of the sheet, in centimetres."""


def _series(sheet: Worksheet, figure: Figure, row: int) -> None:
    put_text(cell_at(sheet, row, 1), figure.title, sheet=sheet.title, at=f"A{row}")
    cell_at(sheet, row, 1).font = style.font(colour=style.NAVY, size=12, bold=True)
    for at, (label, count) in enumerate(figure.bars, start=row + 1):
        name, number = cell_at(sheet, at, 1), cell_at(sheet, at, 2)
        put_text(name, label, sheet=sheet.title, at=f"A{at}")
        number.value = count
        for cell in (name, number):
            cell.font, cell.fill, cell.border = *style.LOCKED_CELL, style.LINE


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
    sheet: Worksheet = workbook.create_sheet(TITLES[book.lang])
    sheet.sheet_view.showGridLines = False
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 9
    put_text(sheet["A1"], TITLES[book.lang], sheet=sheet.title, at="A1")
    sheet["A1"].font = style.TITLE
    on = (
        f"Au {book.today:%d/%m/%Y}, chiffres fixes"
        if book.lang == "fr"
        else f"On {book.today:%d/%m/%Y}, fixed figures"
    )
    put_text(sheet["A2"], on, sheet=sheet.title, at="A2")
    sheet["A2"].font = style.HELP
    row = 4
    for number, figure in enumerate(book.figures):
        _series(sheet, figure, row)
        if figure.bars:
            sheet.add_chart(_chart(figure, sheet, row, (style.BLUE, style.GREEN)[number % 2]), f"D{row}")
        row += max(ceil(_height(figure) / ROW), len(figure.bars) + 1) + 2
    return sheet
