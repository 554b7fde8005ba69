"""``followup export --for``, ``import`` and ``conflicts`` as a person meets them: words, documents, exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sync_scripts.cli.frame import handed
from sync_scripts.cli.work.workbook_preview import short
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store.database import Actor
from sync_scripts.store.seal.sealed_rows import keep
from tests import clock
from tests.followup.calling import VAULT, Run, opened
from tests.followup.desk import CASE, OTHER, column_of, row_of, sheet_of
from tests.store.databases import NOW


def exported(run: Run, *more: str) -> Path:
    """Hand out a workbook without a password."""
    code, told = run("export", "--no-password", *more)
    assert code == 0, told
    return Path(told["file"])


def edited(path: Path, *edits: tuple[str, str, Any], marker: str = "dk:cases") -> Path:
    """Write into cells of the cases, under another name."""
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, marker)
    for case, key, value in edits:
        sheet.cell(row_of(sheet, case), column_of(sheet, key)).value = value
    target = path.with_name(f"rendu-{len(list(path.parent.iterdir()))}.xlsx")
    book.save(target)
    return target


def meanwhile(root: Path, note: str) -> None:
    """Let a colleague write another note."""
    workspace = opened(root)
    with deciding(workspace.register, Actor("CO-02", "key"), clock.now()) as by:
        set_note(by, CASE, note)
    workspace.close()


def test_preview_apply_again(run: Run) -> None:
    """A preview writes nothing and says what it would; --apply does; the same file again is a no-op. Codes 0."""
    path = edited(exported(run), (CASE, "note", "Rappel fait."))
    code, told = run("import", str(path))
    assert (code, told["schema"], told["dry_run"], told["status"]) == (
        0,
        "dikalo.followup.import/1",
        True,
        "preview",
    )
    assert (told["counts"]["apply"], told["changes"]) == (1, 1)
    (item,) = told["items"]
    assert {key: item[key] for key in ("decision", "sheet", "case", "field", "base", "register", "file")} == {
        "decision": "apply",
        "sheet": "cases",
        "case": CASE,
        "field": "note",
        "base": None,
        "register": None,
        "file": "Rappel fait.",
    }
    assert run("import", str(path), "--apply", "--dry-run")[1]["dry_run"] is True
    assert "to write" in run("import", str(path), text=True)[1]
    code, told = run("import", str(path), "--apply")
    assert (code, told["dry_run"], told["status"], told["changes"]) == (0, False, "applied", 1)
    code, told = run("import", str(path), "--apply")
    assert (code, told["status"]) == (0, "already")


def test_a_conflict_is_3_until_it_is_settled(run: Run, root: Path) -> None:
    """Preview, apply, list: 3. The workbook of conflicts is beside; imported with a choice, the list is empty and 0."""
    path = edited(exported(run), (CASE, "note", "Du fichier."), (OTHER, "owner", "RD-01"))
    meanwhile(root, "Du registre.")
    assert run("import", str(path))[0] == 3
    code, told = run("import", str(path), "--apply")
    assert (code, told["changes"], told["counts"]["conflict"]) == (3, 1, 1)
    conflicts = Path(told["conflicts"]["file"])
    assert conflicts.parent == root / "out"
    code, told = run("conflicts")
    assert (code, told["schema"], len(told["open"])) == (3, "dikalo.followup.conflicts/1", 1)
    assert (told["open"][0]["register"], told["open"][0]["file"]) == ("Du registre.", "Du fichier.")
    book = openpyxl.load_workbook(conflicts)
    sheet = sheet_of(book, "dk:conflicts")
    sheet.cell(6, column_of(sheet, "keep")).value = "File"
    book.save(conflicts)
    code, told = run("import", str(conflicts), "--apply")
    assert (code, told["changes"]) == (0, 1)
    assert run("conflicts") == (
        0,
        {
            "schema": "dikalo.followup.conflicts/1",
            "open": [],
            "ended": [],
            "file": None,
            "withheld": 0,
            "dry_run": False,
        },
    )


def test_only_a_locked_workbook_s_questions_have_its_password(run: Run, root: Path) -> None:
    """Of one without a password nothing is said of any; the export names the command that takes it back."""
    said = run("export", "--no-password", text=True)[1]
    path = edited(exported(run), (CASE, "note", "From the file."))
    meanwhile(root, "From the register.")
    told = run("import", str(path), "--apply", text=True)[1]

    assert "Next, once it is filled in: dikalo followup import " in said
    assert "1 question is open" in told
    assert "It has the same password." not in told


def test_each_screen_with_an_open_question_says_the_command_that_settles_it(run: Run, root: Path) -> None:
    """Whoever sees a conflict for the first time knows the column and what to type: at the import, in the list, in a workbook."""
    path = edited(exported(run), (CASE, "note", "From the file."))
    meanwhile(root, "From the register.")
    applied = run("import", str(path), "--apply", text=True)[1]
    listed = run("conflicts", text=True)[1]
    again = root / "out" / "questions.xlsx"
    written = run("conflicts", "--to", str(again), text=True)[1]
    (conflicts,) = (root / "out").glob("conflict*.xlsx")
    keep = 'Choose in its column "Keep", save, then: dikalo followup import '

    assert keep in applied
    assert f"{conflicts.name} --apply" in applied
    assert f"{keep}FILE --apply" in listed
    assert f"{keep}{again} --apply" in written


def test_two_notes_of_a_line_can_be_told_apart_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short sentence stands whole where it is to be compared; a long one ends in one sign that says so."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    assert short("The visit went well, call  her back.") == "The visit went well, call her back."
    assert short("x" * 61) == "x" * 59 + "…"


def test_an_error_is_1_and_nothing_is_written(run: Run) -> None:
    """The document holds the line, the cell and the reason."""
    path = edited(exported(run), (CASE, "state", "N'importe quoi"), (OTHER, "note", "x"))
    code, told = run("import", str(path), "--apply")
    assert (code, told["status"], told["changes"]) == (1, "blocked", 0)
    error = next(item for item in told["items"] if item["decision"] == "error")
    assert (error["rule"], error["field"], error["cell"][0].isalpha()) == ("8", "state", True)


def test_a_refused_file_is_1_with_a_sentence(run: Run, tmp_path: Path) -> None:
    """Not an .xlsx: the code and the sentence, no trace of a program."""
    path = tmp_path / "liste.csv"
    path.write_text("a;b\n", encoding="utf-8")
    code, told = run("import", str(path))
    assert (code, told["code"]) == (1, "DK-W11")


def test_several_files_stand_on_their_own(run: Run, tmp_path: Path) -> None:
    """One that is refused stops no other; the run is 1."""
    good = edited(exported(run), (CASE, "note", "Rappel fait."))
    bad = tmp_path / "x.xlsx"
    bad.write_bytes(b"")
    code, told = run("import", str(bad), str(good), "--apply")
    assert code == 1
    assert [one["status"] for one in told["files"]] == ["refused", "applied"]


def test_a_workbook_that_is_open_is_read_as_it_was_saved_and_its_lock_file_is_left_out(run: Run) -> None:
    """``import out/*.xlsx`` names the small file of Excel, too: said once, and it refuses nothing."""
    path = edited(exported(run), (CASE, "note", "Rappel fait."))
    beside = path.with_name(f"~${path.name}")
    beside.write_bytes(b"\x08Someone" + b" " * 150)
    code, told = run("import", str(beside), str(path), text=True, errors="yes")
    assert code == 0
    assert f"{path.name} seems to be open" in told
    assert beside.name not in told
    code, told = run("import", str(beside))
    assert (code, told["code"]) == (2, "DK-W18")


@pytest.mark.parametrize("right", [True, False])
def test_a_mistyped_password_is_asked_for_again(
    run: Run, monkeypatch: pytest.MonkeyPatch, right: bool
) -> None:
    """At a terminal, three times in all; the reason is said each time."""
    told = run("export")[1]
    typed = iter(["de travers", "encore de travers", told["password"] if right else "et encore"])
    monkeypatch.setattr(handed, "somebody_types", lambda: True)
    monkeypatch.setattr(handed, "typed", lambda _prompt, **_more: next(typed))
    code, words = run("import", told["file"], text=True, errors="yes")
    assert code == (0 if right else 1)
    assert words.count("DK-W14") == (2 if right else 3)


def test_a_locked_workbook_comes_back_with_its_password(run: Run, root: Path) -> None:
    """Drawn at the export, given on a descriptor; its conflicts are locked with it, too. A wrong one says so."""
    code, told = run("export")
    words, path = told["password"], Path(told["file"])
    assert run("import", str(path), workbook="tout autre chose du tout")[1]["code"] == "DK-W14"
    code, told = run("import", str(path), workbook=words)
    assert (code, told["items"]) == (0, [])


def test_what_was_written_is_told_as_written(run: Run) -> None:
    """The same table after --apply speaks of the past."""
    path = edited(exported(run), (CASE, "note", "Rappel fait."))
    told = run("import", str(path), "--apply", text=True)[1]
    assert ("to write" in told.lower(), "written\t" in told, "Written: 1\n" in told) == (False, True, True)


def test_the_summary_says_only_what_is_there(run: Run) -> None:
    """No zero to read past; and a file in which nothing changed says that in one sentence, written or not."""
    path = exported(run)
    code, told = run("import", str(path), text=True)
    assert (code, told) == (0, "Nothing to change.\n")

    told = run("import", str(edited(path, (CASE, "note", "Rappel fait."))), text=True)[1]
    assert "To write: 1\n" in told
    assert ": 0" not in told


def test_a_choice_for_the_register_is_shown_as_one_that_has_to_be_applied(run: Run, root: Path) -> None:
    """It changes no value, so its preview could be taken for a file without effect, and the question would stay open."""
    path = edited(exported(run), (CASE, "note", "Du fichier."))
    meanwhile(root, "Du registre.")
    book = Path(run("import", str(path), "--apply")[1]["conflicts"]["file"])
    answered(book, "Registre")

    code, told = run("import", str(book), text=True)
    assert code == 0
    assert "The register's value stays: 1\n" in told
    assert "which settles the question" in told
    assert "To write it: dikalo followup import" in told
    assert run("conflicts")[0] == 3
    assert run("import", str(book), "--apply")[0] == 0
    assert run("conflicts")[0] == 0


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_preview_reads_as_a_table(run: Run, root: Path, lang: str) -> None:
    """Words before colours: outcome, cell, case, column, the three values, and what to do next."""
    path = edited(exported(run), (CASE, "note", "Du fichier."), (OTHER, "owner", "RD-01"))
    meanwhile(root, "Du registre.")
    code, text = run("import", str(path), text=True, lang=lang)
    assert code == 3
    line = next(one for one in text.splitlines() if CASE in one)
    assert "Du registre. (CO-02 · " in line
    assert "Du fichier." in line
    assert "--apply" in text
    text.encode("cp1252")


def test_what_is_gone_is_named_as_people_read_it(run: Run) -> None:
    """F6: a locked column by its heading, in the language of the run."""
    path = exported(run)
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    sheet.delete_cols(column_of(sheet, "region"))
    book.save(path.with_stem("rendu"))
    for lang, name in (("fr", "Région"), ("en", "Region")):
        code, told = run("import", str(path.with_stem("rendu")), text=True, lang=lang)
        assert (code, f": {name}." in told or f"\u00a0: {name}." in told) == (0, True)


def test_somebody_else_s_copy_holds_her_cases_only(run: Run) -> None:
    """--for: only the cases she is in charge of, named and marked after her; an unknown code is refused with the nearest."""
    path = exported(run, "--for", "rd-02")
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    codes = [cell.value for cell in sheet.iter_rows(min_row=6, min_col=3, max_col=3) for cell in cell]
    assert codes == [OTHER]
    assert path.name.startswith("RD-02-")
    assert "RD-02" in sheet.oddFooter.center.text
    code, told = run("export", "--no-password", "--for", "RD-0")
    assert (code, told["code"], "RD-0" in told["message"], "--new" in told["message"]) == (
        2,
        "DK-W35",
        True,
        False,
    )
    assert "RD-01" in run("export", "--no-password", "--for", "RD-001")[1]["message"]
    assert run("export", "--no-password", "--department", "CM999")[1]["code"] == "DK-W09"


def test_an_emptied_cell_waits_and_is_accepted_by_its_name(run: Run, root: Path) -> None:
    """--accept names one cell, --allow-erase all of them."""
    meanwhile(root, "À effacer ?")
    path = edited(exported(run), (CASE, "note", None))
    code, told = run("import", str(path), "--apply")
    assert (code, told["counts"]["erase"], told["changes"]) == (3, 1, 0)
    cell = told["items"][0]
    code, told = run("import", str(path), "--apply", "--accept", f"{cell['title']}!{cell['cell']}")
    assert (code, told["changes"]) == (0, 1)


@pytest.mark.parametrize("apply", [(), ("--apply",)])
def test_a_text_that_identifies_says_how_it_is_taken_in(run: Run, apply: tuple[str, ...]) -> None:
    """It is in no workbook of conflicts: the preview and the import both say the command, ready to be typed."""
    path = edited(exported(run), (CASE, "note", "Appeler le 677 00 11 22"))
    path = path.rename(path.with_name("rendu (2).xlsx"))
    code, told = run("import", str(path), *apply, text=True)
    assert code == 3
    assert f'followup import "{path}" --apply --accept "' in told

    place = told.rpartition("--accept ")[2].splitlines()[0].strip('"')
    code, told = run("import", str(path), "--apply", "--accept", place)
    assert (code, told["counts"]["seal"]) == (0, 1)


def test_a_known_name_is_held_with_the_vault_open(run: Run, root: Path) -> None:
    """--check-names opens the vault with a reason, and a note that names a sealed person waits."""
    workspace = opened(root)
    with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
        part = {"entity": "person", "fields": {"full_name": "Éloundou Inventé-Personne"}, "v": 1}
        sealer.seal_part(part, "s1", "row", "person:1", "uuid:1")
        keep(rows, sealer, NOW)
    workspace.close()
    path = edited(exported(run), (CASE, "note", "Vu avec eloundou INVENTE."))
    assert run("import", str(path))[1]["counts"]["apply"] == 1
    code, told = run("import", str(path), "--check-names", "--reason", "Retour du vendredi", vault=VAULT)
    assert (code, told["items"][0]["why"], told["items"][0]["file"]) == (3, "name", None)
    assert run("import", str(path), "--check-names")[1]["code"] == "DK-S34"


def answered(path: Path, choice: str) -> None:
    """Choose in a workbook of conflicts."""
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:conflicts")
    sheet.cell(6, column_of(sheet, "keep")).value = choice
    book.save(path)


def late_choice(run: Run, root: Path) -> tuple[Path, Path]:
    """Raise a conflict and answer it, after which the register changes again; return the file and the workbook."""
    path = edited(exported(run), (CASE, "note", "Du fichier."))
    meanwhile(root, "Du registre.")
    asked = Path(run("import", str(path), "--apply")[1]["conflicts"]["file"])
    answered(asked, "File")
    meanwhile(root, "Encore autre chose.")
    return path, asked


def test_a_choice_that_comes_too_late_says_so_and_where_it_is_asked_anew(run: Run, root: Path) -> None:
    """Preview and --apply say what changed since; --apply hands out the new question, which settles it. Code 3."""
    _path, asked = late_choice(run, root)
    since = "the register changed since (Du registre. -> Encore autre chose.): the question is asked anew"
    code, told = run("import", str(asked), text=True)
    assert (code, since in told) == (3, True)
    assert "1 choice is not taken, because the register changed since" in told
    assert "dikalo followup conflicts --to FILE" in told

    code, document = run("import", str(asked), "--apply")

    assert (code, document["changes"], document["items"][0]["message"]) == (3, 0, since)
    anew = Path(document["conflicts"]["file"])
    assert anew != asked
    answered(anew, "File")
    assert run("import", str(anew), "--apply")[1]["changes"] == 1
    assert run("conflicts")[1]["open"] == []


def test_a_choice_is_late_too_where_the_questions_were_handed_out_anew_meanwhile(
    run: Run, root: Path, tmp_path: Path
) -> None:
    """The older workbook says that its choice is not taken, and asks no second question."""
    _path, asked = late_choice(run, root)
    assert run("conflicts", "--to", str(tmp_path / "anew.xlsx"))[0] == 3

    code, told = run("import", str(asked), "--apply", text=True)

    assert (code, "asked anew" in told, "1 choice is not taken" in told) == (3, True, True)
    assert len(run("conflicts")[1]["open"]) == 1


def test_a_file_that_was_imported_already_says_what_of_it_is_open(run: Run, root: Path) -> None:
    """The file and its workbook of conflicts: 3 as long as the question is open, 0 when it is settled."""
    path, asked = late_choice(run, root)
    anew = Path(run("import", str(asked), "--apply")[1]["conflicts"]["file"])
    for file in (path, asked):
        code, document = run("import", str(file), "--apply")
        assert (code, document["status"], document["left_open"]) == (3, "already", 1)
        assert "1 question of it is open still" in run("import", str(file), text=True)[1]
    answered(anew, "Register")
    assert run("import", str(anew), "--apply")[0] == 0
    assert [run("import", str(file))[0] for file in (path, asked, anew)] == [0, 0, 0]


def test_accepting_one_cell_of_it_does_not_settle_the_others(run: Run, root: Path) -> None:
    """3 as long as a question of the file is open: that a cell was named beside it answers nothing."""
    path, _asked = late_choice(run, root)

    code, document = run("import", str(path), "--apply", "--accept", "B2")
    told = run("import", str(path), "--apply", "--accept", "B2", text=True)[1]

    assert (code, document["status"], document["left_open"]) == (3, "applied", 1)
    assert "1 question of it is open still" in told
    assert run("import", str(path), "--accept", "B2")[0] == 3
