"""One planted fault: a table, what is wrong in it and what is right, and the workbook that it becomes.

A table has one row a line, cells parted by bars, headers first. A line ``[choices]`` begins another sheet; the first one
is survey. ``#1.5`` is a number, ``@2026-11-25`` a date, ``=1+1`` a formula; everything else is text. What every form
needs besides is added: settings, lists named yes_no and the like, and, for a form of ours, the question of consent.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from openpyxl import Workbook

Sheets = dict[str, list[list[str]]]
Side = Literal["check", "converter", "engine", "fills"]

SETTINGS = {"form_title": "Essai", "form_id": "essai", "version": "2026112501"}
LISTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "yes_no": (("yes", "Oui"), ("no", "Non")),
    "yes_no_unknown": (("yes", "Oui"), ("no", "Non"), ("unknown", "Ne sait pas")),
    "consent_alert": (("given", "Oui"), ("refused", "Non")),
    "signs": (("bites", "Morsures"), ("burns", "Brûlures"), ("cuts", "Coupures")),
}
GATE = [
    {
        "type": "select_one consent_alert",
        "name": "consent",
        "label": "D'accord ?",
        "register": "alert.consent_state",
        "sensitivity": "1",
    },
    {
        "type": "begin_group",
        "name": "facts",
        "label": "Les faits",
        "relevant": "${consent} = 'given'",
        "register": "alert",
        "sensitivity": "1",
    },
]

_BAR = re.compile(r"(?<=\s)\|(?=\s|$)|^\|")

REST = [{"type": "note", "name": "merci", "label": "Merci."}, {"type": "end_group"}]


@dataclass(frozen=True)
class Planted:
    """A fault and its remedy.

    Attributes:
        code: what finds it.
        table: the form, or the rows of it that matter.
        wrong: what is written in the faulty form, everywhere in the table.
        right: what the mended form has instead.
        ours: whether the rows stand behind the consent of a form of ours.
        also: codes that both forms have; ``more`` those that the fault brings besides its own.
        nobody: neither the converter nor ODK Validate says a word.
        by: who finds it: the check, or what only the converter, the engine or simulated fillings know.
        media: files beside the form and their bytes, or how many, for the faulty and the mended form.
        spoil: what is done to the faulty workbook besides, with ``remark`` (French, English) for people.
        rows: how often the last row is repeated in the faulty form.
    """

    code: str
    table: str
    wrong: str = ""
    right: str = ""
    ours: bool = False
    also: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    nobody: bool = False
    by: Side = "check"
    target: Literal["any", "central", "kobo"] = "any"
    media: tuple[Mapping[str, int | bytes], Mapping[str, int | bytes]] = ({}, {})
    spoil: Callable[[Workbook], None] | None = None
    remark: tuple[str, str] = ("", "")
    rows: int = 1
    real: Callable[[str], str] = str
    """Puts what a page cannot show into the table: a key."""
    settings: Mapping[str, str] = field(default_factory=lambda: SETTINGS)

    @property
    def faulty(self) -> str:
        """The table with the fault."""
        return self.table.strip()

    @property
    def mended(self) -> str:
        """The table without it."""
        return self.table.strip().replace(self.wrong, self.right) if self.wrong else self.table.strip()

    def write(self, folder: Path, *, mended: bool) -> Path:
        """Write the workbook and its media into a folder of its own."""
        folder.mkdir()
        for name, kept in self.media[mended].items():
            (folder / "media").mkdir(exist_ok=True)
            (folder / "media" / name).write_bytes(b"x" * kept if isinstance(kept, int) else kept)
        path = folder / "essai.xlsx"
        path.write_bytes(self.workbook(mended=mended))
        return path

    def workbook(self, *, mended: bool) -> bytes:
        """Return the workbook."""
        sheets = whole(self.real(self.mended if mended else self.faulty), self)
        made = Workbook()
        made.remove(made.worksheets[0])
        for name, rows in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append([typed(cell) for cell in row])
        if not mended:
            self._lengthen(made)
            if self.spoil is not None:
                self.spoil(made)
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()

    def _lengthen(self, made: Workbook) -> None:
        sheet = made.worksheets[0]
        last = [cell.value for cell in sheet[sheet.max_row]]
        for number in range(1, self.rows):
            sheet.append([*last[:1], f"{last[1]}_{number}", *last[2:]])


def parsed(table: str) -> Sheets:
    """Return the sheets of a table: rows of cells, headers first."""
    sheets: Sheets = {}
    name = "survey"
    for line in (line.strip() for line in table.strip().splitlines()):
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1]
        elif line:
            sheets.setdefault(name, []).append([cell.strip() for cell in _BAR.split(line)])
    return sheets


def whole(table: str, planted: Planted) -> Sheets:
    """Return the sheets of a form: the table and what every form needs besides."""
    sheets = parsed(table)
    survey = next(iter(sheets))
    if planted.ours:
        sheets[survey] = _behind_consent(sheets[survey])
    if "choices" not in sheets and (lists := _lists(sheets[survey])):
        sheets["choices"] = [["list_name", "name", "label"], *lists]
    if planted.settings and "setings" not in sheets:
        said = sheets.get("settings", [[], []])
        given = dict(zip(said[0], said[1], strict=False))
        known = {name: value for name, value in planted.settings.items() if name not in given}
        sheets["settings"] = [[*known, *given], [*known.values(), *given.values()]]
    return sheets


def _behind_consent(rows: list[list[str]]) -> list[list[str]]:
    header = list(dict.fromkeys([*rows[0], *(name for row in GATE for name in row)]))
    body = [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]
    return [
        header,
        *([row.get(name, "") for name in header] for row in [*GATE, *body, *REST]),
    ]


def _lists(rows: list[list[str]]) -> list[list[str]]:
    used = [name for name in LISTS if any(name in row[0].split() for row in rows if row)]
    return [[name, code, label] for name in used for code, label in LISTS[name]]


def typed(cell: str) -> str | float | datetime | None:
    """Return the value of a cell."""
    if cell.startswith("#"):
        return float(cell[1:])
    if cell.startswith("@"):
        return datetime.fromisoformat(cell[1:])
    return cell or None
