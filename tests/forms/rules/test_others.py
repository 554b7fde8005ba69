"""Forms as other people write them get the findings that they deserve, and none beyond.

Each file holds the sheets of one workbook and, under ``[expect]``, the code and path of every finding it must have.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.forms.rules.faults.planted import Sheets, parsed, typed
from xlsform.engine.jvm import JavaMissing, engine
from xlsform.findings.depth import Deep
from xlsform.findings.inspection import inspect

HERE = Path(__file__).parent
FORMS = sorted((HERE / "others").glob("*.txt"))
OURS = ("register", "sensitivity")


def sheets_of(path: Path) -> Sheets:
    """Return the sheets of a form of others."""
    return parsed(path.read_text(encoding="utf-8"))


def written(sheets: Sheets, folder: Path) -> Path:
    """Write the workbook and its lists into a folder."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        if name not in {"media", "expect"}:
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append([typed(cell) for cell in row])
    (folder / "media").mkdir()
    for name, *lines in sheets.get("media", []):
        (folder / "media" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = folder / "form.xlsx"
    made.save(path)
    return path


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_of_others_gets_what_it_deserves(path: Path, tmp_path: Path) -> None:
    """One remark that it is not ours, the rules that hold for everybody, and nothing else."""
    sheets = sheets_of(path)
    done = inspect(written(sheets, tmp_path))
    found = [(one.code, one.path) for one in done.findings]

    assert done.failure is None
    assert found[0][0] == "NOT-OURS" or ("NOT-OURS", "") in found
    expected = [tuple((*row, "")[:2]) for row in sheets.get("expect", [])]
    assert Counter(found) - Counter([("NOT-OURS", "")]) == Counter(expected)


def test_there_are_many_styles() -> None:
    """Fifteen forms at least; with one language, several, and none; with old and new names of columns."""
    headers = {path.stem: " ".join(sheets_of(path)["survey"][0]) for path in FORMS}

    assert len(FORMS) >= 15
    assert any(header.count("label::") == 3 for header in headers.values())
    assert any("label:English" in header and "relevance" in header for header in headers.values())
    assert any("$kuid" in header for header in headers.values())
    assert not any(name in header for header in headers.values() for name in OURS)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_protection_can_be_asked_for(path: Path, tmp_path: Path) -> None:
    """With --profile ours, and at deploy, a form of others is held to the rules on consent and secrecy too."""
    done = inspect(written(sheets_of(path), tmp_path), profile="ours")

    assert {one.code for one in done.findings} & {"NO-GATE", "CONSENT-GATE", "SENS-MISSING"}


@pytest.mark.java
@pytest.mark.slow
@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_the_engine_agrees(path: Path, tmp_path: Path) -> None:
    """What we are silent about, ODK Collect's engine can open, fill and finish: forty times."""
    try:
        with engine():
            pass
    except JavaMissing:
        pytest.skip("no Java runtime")
    done = inspect(written(sheets_of(path), tmp_path), deep=Deep(40))
    said = {one.code for one in done.findings}
    assert not {code for code in said if code.startswith("JR-")} | (said & {"DEAD", "STUCK", "LEAK"})
