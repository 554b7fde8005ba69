"""A trainer in Excel: opens a workbook, changes cells and rows, saves. Knows nothing of the toolchain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

FR, EN, FUB = "label::Français (fr)", "label::English (en)", "label::Fulfulde (fub)"


class Excel:
    """One open workbook."""

    def __init__(self, path: Path) -> None:
        self.book = load_workbook(path)
        self.headers: dict[str, dict[str, int]] = {}

    def column(self, sheet: str, header: str) -> int:
        """Return the number of a column by its header; a new one is added at the end."""
        known = self._headers(sheet)
        if header not in known:
            known[header] = len(known) + 1
            self.book[sheet].cell(1, known[header], header)
        return known[header]

    def _headers(self, sheet: str) -> dict[str, int]:
        if sheet not in self.headers:
            row = self.book[sheet][1]
            self.headers[sheet] = {str(cell.value): index for index, cell in enumerate(row, start=1)}
        return self.headers[sheet]

    def headers_of(self, sheet: str) -> list[str]:
        """Return the headers of a sheet."""
        return list(self._headers(sheet))

    def row(self, sheet: str, name: str, list_name: str = "") -> int:
        """Return the number of a row by its name."""
        names = [(self.get(sheet, number, "name"), number) for number in self.rows(sheet)]
        for number in (number for found, number in names if found == name):
            if list_name in {"", self.get(sheet, number, "list_name")}:
                return number
        raise AssertionError(name)

    def get(self, sheet: str, row: int, header: str) -> Any:
        """Return a cell."""
        index = self._headers(sheet).get(header)
        return self.book[sheet].cell(row, index).value if index else None

    def write(self, sheet: str, row: int, cells: dict[str, str | None]) -> None:
        """Write cells by header."""
        for header, text in cells.items():
            self.book[sheet].cell(row, self.column(sheet, header)).value = text

    def insert(self, sheet: str, after: int, cells: dict[str, str | None]) -> int:
        """Insert a row below another one."""
        self.book[sheet].insert_rows(after + 1)
        self.write(sheet, after + 1, cells)
        return after + 1

    def delete(self, sheet: str, row: int) -> None:
        """Delete a row."""
        self.book[sheet].delete_rows(row)

    def move(self, sheet: str, row: int, after: int) -> None:
        """Cut a row and insert it below another one further up."""
        width = self.book[sheet].max_column
        texts = [self.book[sheet].cell(row, index).value for index in range(1, width + 1)]
        self.delete(sheet, row)
        self.book[sheet].insert_rows(after + 1)
        for index, text in enumerate(texts, start=1):
            self.book[sheet].cell(after + 1, index).value = text

    def rows(self, sheet: str) -> range:
        """Return the numbers of the filled rows."""
        return range(2, self.book[sheet].max_row + 1)


@contextmanager
def excel(path: Path) -> Iterator[Excel]:
    """Open a workbook, let it be changed, save it."""
    opened = Excel(path)
    yield opened
    opened.book.save(path)


def quarter(**more: str) -> dict[str, str | None]:
    """The cells of a question of the organisation's own."""
    return {
        "type": "text",
        "name": "org_quartier",
        FR: "Quartier ou village (facultatif)",
        EN: "Neighbourhood or village (optional)",
        "sensitivity": "3",
        **more,
    }


def ghost_town() -> dict[str, str | None]:
    """The cells of a choice of the organisation's own."""
    return {"list_name": "alert_icon", "name": "org_ghost_town", FR: "Ville morte", EN: "Ghost town"}
