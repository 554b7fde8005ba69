"""Workbooks that went through LibreOffice, as people's do: nothing appears, nothing is lost, one edit stays one edit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from sync_scripts.followup import refusals
from sync_scripts.followup.conflicts import open_conflicts
from sync_scripts.followup.handing import hand_out
from sync_scripts.followup.incoming import incoming
from sync_scripts.register.decisions.case_values import set_note
from tests.followup.desk import Desk, column_of, outcomes
from tests.register.field import COORDINATOR, dealt

SOFFICE = shutil.which("soffice")
pytestmark = [pytest.mark.office, pytest.mark.skipif(not SOFFICE, reason="needs LibreOffice")]

CASE = dealt(0, "DK")


def through(path: Path, *kinds: str) -> Path:
    """Return a file after LibreOffice wrote it in one format after another, under a profile of its own."""
    for number, kind in enumerate(kinds):
        folder = path.parent / f"as-{number}-{kind}"
        profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
        command = [
            str(SOFFICE),
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(folder),
            str(path),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        path = folder / f"{path.stem}.{kind}"
    return path


@pytest.mark.parametrize("road", [("xlsx",), ("ods", "xlsx")], ids=["xlsx", "ods"])
def test_unedited_it_asks_for_nothing_after_libreoffice(desk: Desk, road: tuple[str, ...]) -> None:
    """Saved as xlsx, or by way of ods: an empty plan; one cell edited before is exactly one field afterwards."""
    path = desk.export()
    assert desk.bring(through(path, *road)).items == ()
    edited = desk.edit(path, ("dk:cases", CASE, "note", "=1+1 n'est pas une formule ici"))
    book = openpyxl.load_workbook(edited)
    sheet = book["Dossiers"]
    sheet.cell(6, column_of(sheet, "note")).data_type = "s"
    done = desk.apply(through(desk.saved(book), *road))
    assert outcomes(done) == [("apply", "2", "note")]
    assert desk.case()["work_note"] == "=1+1 n'est pas une formule ici"


def test_a_workbook_of_conflicts_comes_back_from_libreoffice(desk: Desk) -> None:
    """Its hidden ids and choices survive."""
    edited = desk.edit(desk.export(), ("dk:cases", CASE, "note", "Du fichier."))
    desk.decide(set_note, CASE, "Du registre.")
    desk.apply(edited)
    handed = hand_out(
        desk.register,
        desk.new_file,
        actor=COORDINATOR,
        now=desk.field.later(minutes=1),
        lang="fr",
        demo=False,
        password=None,
    )
    assert handed.path is not None
    book = openpyxl.load_workbook(handed.path)
    sheet = book["Conflits"]
    sheet.cell(6, column_of(sheet, "keep")).value = "Fichier"
    assert desk.apply(through(desk.saved(book), "ods", "xlsx")).changes == 1
    with desk.register.reading() as rows:
        assert open_conflicts(rows) == []


@pytest.mark.parametrize(("kind", "said"), [("ods", "(.ods)"), ("xls", "(.xls)"), ("csv", "(.csv)")])
def test_other_formats_are_refused_with_a_sentence(desk: Desk, kind: str, said: str) -> None:
    """What LibreOffice writes as a spreadsheet of another kind is named for what it is."""
    with pytest.raises(refusals.OtherFormat) as caught:
        incoming(through(desk.export(), kind), lambda: "")
    assert said in caught.value.words()
