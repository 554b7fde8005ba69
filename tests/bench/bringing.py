"""Measure a workbook that comes back: ``python -m tests.bench.bringing [--cases N ...] [--edits N]``.

Cases are written straight into the register's tables, two interventions each; a workbook of them goes out, and the preview
of its return is measured in a process of its own: unedited, and with notes and owners edited.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import openpyxl

from sync_scripts.followup.outbound.planning import MOST_ROWS
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.store.database import Actor
from sync_scripts.store.workspace import open_workspace
from tests.bench import export, make
from tests.bench.__main__ import measured
from tests.bench.export import START


def edited(path: Path, count: int) -> Path:
    """Return a copy with the notes of the first cases changed."""
    book = openpyxl.load_workbook(path)
    sheet = next(one for one in book.worksheets if one["A1"].value == "dk:cases")
    column = next(int(cell.column) for cell in sheet[3] if cell.value == "note" and cell.column)
    for row in range(6, 6 + count):
        sheet.cell(row, column).value = f"Rappel fait, visite {row}."
    target = path.with_stem("edited")
    book.save(target)
    return target


def main() -> None:
    """Measure the preview of each size asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[1_000, 5_000])
    parser.add_argument("--edits", type=int, default=50)
    asked = parser.parse_args()
    for count in asked.cases:
        with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
            root, source = Path(folder) / "workspace", Path(folder) / "source"
            source.mkdir()
            make.workspace(root, source)
            workspace = open_workspace(root, secret=lambda _question: make.DAY)
            with deciding(workspace.register, Actor("CO-01", "key"), START) as by:
                for number in range(20):
                    name_worker(by, f"RD-{number:02d}", "case_owner")
                export.fill(by.rows, count)
            workspace.close()
            dikalo = (sys.executable, "-m", "sync_scripts", "-C", str(root), "followup")
            path = Path(folder) / "suivi.xlsx"
            more = ("--all",) if count > MOST_ROWS else ()
            measured(
                f"export {count}", *dikalo, "export", "--no-password", "--to", str(path), *more, key=make.DAY
            )
            measured(f"preview {count}, unedited", *dikalo, "import", str(path), "--json", key=make.DAY)
            if count <= MOST_ROWS:
                again = edited(path, asked.edits)
                measured(
                    f"preview {count}, {asked.edits} notes",
                    *dikalo,
                    "import",
                    str(again),
                    "--json",
                    key=make.DAY,
                )


if __name__ == "__main__":
    main()
