"""What an import holds back stands in its file alone: nobody is told to delete it, and it is asked about until it is settled."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sync_scripts.register.queries.today import today
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema import workbooks
from tests.followup.calling import Run, opened
from tests.followup.desk import CASE, OTHER, Desk, column_of, first_blank, labels, sheet_of
from tests.followup.test_conflicts import NOTE_FIELD, book, settled
from tests.followup.test_copies import TUESDAY, VISIT, filled
from tests.followup.test_import_command import edited, exported
from tests.register.field import dealt
from tests.store.databases import NOW

PHONES = ((CASE, "note", "Appeler le 677 00 11 22"), (OTHER, "note", "Appeler le 699 11 22 33"))
DELETE = "Delete {name} now"


def places(told: dict[str, Any]) -> list[str]:
    """Return where an import says that something is held."""
    return [one["cell"] for one in told["held"]]


def test_what_is_refused_for_good_is_kept_until_it_stands_elsewhere(run: Run, root: Path) -> None:
    """No "until then" where nothing is said of when: a case that was sealed meanwhile takes no note of a workbook."""
    path = edited(exported(run), (CASE, "note", "Rappeler sa tante."))
    with closing(opened(root)) as workspace, workspace.register.writing() as rows:
        rows.execute(tables.case.update().where(tables.case.c.case_code == CASE).values(confidentiality="C4"))
    words = run("import", str(path), "--apply", text=True)[1]

    assert f"Keep {path.name}: it alone holds what was not taken." in words
    assert "until then" not in words


def test_two_held_texts_are_asked_about_until_both_are_settled(run: Run, root: Path) -> None:
    """Applied, again, one of them accepted, then the other: 3 until the last, and only then is the file to be deleted."""
    path = edited(exported(run), *PHONES)
    code, told = run("import", str(path), "--apply")
    first, second = places(told)
    assert (code, told["counts"]["warning"], told["conflicts"]["ids"]) == (3, 2, [])

    code, told = run("import", str(path), "--apply")
    assert (code, told["status"], places(told), told["left_open"]) == (3, "already", [first, second], 2)
    words = run("import", str(path), text=True)[1]
    assert f'--accept "{first}" --accept "{second}"' in words
    assert f"Keep {path.name} until then" in words

    code, told = run("conflicts")
    held = [one["held_in"] for one in told["open"]]
    assert (code, held) == (3, [{"file": path.name, "cell": place} for place in (first, second)])
    assert f"held in {path.name}: {first}" in run("conflicts", text=True)[1]

    code, words = run("import", str(path), "--apply", "--accept", first, text=True)
    assert (code, "left open: 1" in words, DELETE.format(name=path.name) in words) == (3, True, False)
    assert f'--accept "{second}"' in words
    code, words = run("import", str(path), "--apply", "--accept", second, text=True)
    assert (code, DELETE.format(name=path.name) in words) == (0, True)
    assert (run("conflicts")[0], run("import", str(path))[0]) == (0, 0)


def test_of_what_is_held_no_word_is_kept(run: Run, root: Path) -> None:
    """Its place and the name of its file, no folder, and the page of today counts it."""
    path = edited(exported(run), *PHONES)
    run("import", str(path), "--apply")
    workspace = opened(root)
    with workspace.register.reading() as rows:
        lines = [dict(row) for row in rows.execute(workbooks.followup_conflict.select()).mappings()]
        counted = today(rows, NOW).conflicts
    workspace.close()
    assert counted == 2
    assert {(one["base"], one["register"], one["mine"].partition("/")[2]) for one in lines} == {
        (None, None, path.name)
    }
    words = (
        "Appeler",
        "677 00 11 22",
        "677001122",
        "699 11 22 33",
        "699112233",
    )  # codes may hold any three figures
    assert not any(text in repr(lines) for text in (*words, path.parent.name))


def test_sealed_once_it_is_not_sealed_again(run: Run, root: Path) -> None:
    """Whether it was accepted with the file or afterwards: to name the cell once more changes nothing."""
    path = edited(exported(run), PHONES[0])
    place = places(run("import", str(path))[1])[0]
    assert run("import", str(path), "--apply", "--accept", place)[1]["changes"] == 1
    code, told = run("import", str(path), "--apply", "--accept", place)
    assert (code, told["status"], told["changes"]) == (0, "already", 0)


def test_a_file_that_is_corrected_and_saved_leaves_nothing_open(run: Run) -> None:
    """Rewritten in one cell, emptied in the other, under the same name: what the file said before is nowhere any more."""
    path = edited(exported(run), *PHONES)
    run("import", str(path), "--apply")
    edited(path, (CASE, "note", "Rappeler sa tante."), (OTHER, "note", None)).replace(path)
    assert run("import", str(path), "--apply")[0] == 0
    assert run("conflicts")[1]["open"] == []


def test_another_copy_ends_nothing(run: Run) -> None:
    """All copies have the same cells, and one person may import everybody's: what the first file holds stays open."""
    out = exported(run)
    path = edited(out, *PHONES)
    run("import", str(path), "--apply")
    run("import", str(edited(out, (CASE, "note", "Rappeler sa tante."))), "--apply")
    assert {one["case"] for one in run("conflicts")[1]["open"]} == {CASE, OTHER}


def test_what_is_held_can_be_let_go_in_the_workbook_of_conflicts(desk: Desk) -> None:
    """There it says where it stands, not what; any other choice is refused with the way to take it."""
    path = desk.edit(desk.export(), ("dk:cases", CASE, "note", "Appeler le 677 00 11 22"))
    assert desk.apply(path).attention
    asked = book(desk)
    cells = [cell.value for cell in openpyxl.load_workbook(asked)["Conflits"][6]]
    assert any("Dossiers!" in str(value) for value in cells)
    assert "677" not in repr(cells)
    for choice in ("Fichier", "Les deux", "Autre"):
        other = "Vue." if choice == "Autre" else None
        done = desk.apply(settled(desk, asked, (CASE, NOTE_FIELD, choice, other)))
        assert (done.status, done.items[0].decision.why) == ("blocked", "in_file_alone")
    done = desk.apply(settled(desk, asked, (CASE, NOTE_FIELD, "Registre", None)))
    assert (done.status, done.attention, done.items[0].file) == ("applied", False, None)
    assert not desk.bring(path).attention


@pytest.mark.parametrize(("name", "shown"), [("suivi.xlsx", True), ("677001122.xlsx", False)])
def test_where_it_stands_is_said_whatever_its_file_is_called(desk: Desk, name: str, shown: bool) -> None:
    """A name that looks like a telephone number leaves in no workbook; the cell is said all the same."""
    path = desk.edit(desk.export(), ("dk:cases", CASE, "note", "Appeler le 677 00 11 22"))
    desk.apply(path, place=f"{'0' * 64}/{name}")
    said = [str(cell.value) for cell in openpyxl.load_workbook(book(desk))["Conflits"][6]]
    assert any("Dossiers!" in one for one in said)
    assert any(name in one for one in said) is shown


def test_a_referral_that_is_under_way_is_not_forgotten(run: Run) -> None:
    """It exists in the file alone: the command that takes it is said, and again when the file is imported again."""
    out = exported(run)
    book = openpyxl.load_workbook(out)
    sheet, at = sheet_of(book, "dk:referrals"), first_blank(out, "dk:referrals")
    for key, value in {"code": CASE, "provider": "PRE-01", "comment": "Vue sur place."}.items():
        sheet.cell(at, column_of(sheet, key)).value = value
    path = out.with_name("g1.xlsx")
    book.save(path)
    code, words = run("import", str(path), "--apply", text=True)
    place = words.rpartition("--accept ")[2].splitlines()[0].strip('"')
    assert (code, DELETE.format(name="g1.xlsx") in words, place.endswith(str(at))) == (3, False, True)
    assert run("import", str(path))[0] == 3
    assert "held in g1.xlsx" in run("conflicts", text=True)[1]
    code, told = run("import", str(path), "--apply", "--accept", place)
    assert (code, told["counts"]["new"]) == (0, 1)
    assert run("conflicts")[0] == 0


def test_a_row_that_was_copied_stays_in_its_file(run: Run) -> None:
    """R6: neither is taken, so the file is kept, and said again."""
    out = exported(run)
    book = openpyxl.load_workbook(out)
    sheet = sheet_of(book, "dk:cases")
    for column in range(1, sheet.max_column + 1):
        sheet.cell(40, column).value = sheet.cell(6, column).value
    for row, note in ((6, "Vue lundi."), (40, "Vue mardi.")):
        sheet.cell(row, column_of(sheet, "note")).value = note
    path = out.with_name("d1.xlsx")
    book.save(path)
    for _time in range(2):
        code, words = run("import", str(path), "--apply", text=True)
        assert (code, DELETE.format(name="d1.xlsx") in words) == (3, False)
        assert words.count("REFUSED") == 2
        assert "Keep d1.xlsx: it alone holds what was not taken." in words


def test_a_second_action_of_one_ready_row_waits_until_it_is_answered(desk: Desk) -> None:
    """R3: whoever brought both is asked, and asked again with the same bytes."""
    path = desk.export()
    desk.apply(filled(desk, path, **TUESDAY))
    legal = {**VISIT, "service": labels("service", "legal")[0]}
    other = filled(desk, path, **legal)
    assert [one.kind for one in desk.apply(other).held] == ["row"]
    (asked,) = desk.bring(other).held_before
    assert desk.bring(other).attention
    done = desk.apply(other, accepted=[asked.place])
    assert (done.held_before, done.attention) == ((), False), done.items
    assert not desk.bring(other).attention


def test_a_held_text_of_a_case_that_was_left_is_no_question(desk: Desk) -> None:
    """As any other question of it; and what a person withdraws takes the place with it."""
    from sync_scripts.register.consent_decisions.decide import withdraw

    edited_ = desk.edit(desk.export(), ("dk:cases", dealt(2, "DK"), "note", "Appeler le 677 00 11 22"))
    assert len(desk.apply(edited_).held) == 1
    desk.decide(withdraw, dealt(2, "DK"), reason="Elle a appelé.")
    assert desk.bring(edited_).held_before == ()
    assert desk.field.rows(workbooks.followup_conflict) == []


def test_a_blocked_file_says_all_its_errors_and_what_would_be_written(run: Run) -> None:
    """Before --apply and with it alike: what the table refuses, and what the register does."""
    step = labels("case_state", "follow_up")[0]
    path = edited(
        exported(run), (CASE, "urgency", "n'importe"), (OTHER, "state", step), (dealt(2, "DK"), "note", "x")
    )
    told = [run("import", str(path), *apply)[1] for apply in ((), ("--apply",))]
    assert [one["counts"]["error"] for one in told] == [2, 2]
    assert told[0]["items"] == told[1]["items"]
    for apply in ((), ("--apply",)):
        words = run("import", str(path), *apply, text=True)[1]
        assert ("would be written\t" in words, "to write" in words.lower()) == (True, False)


@pytest.fixture
def two(run: Run) -> tuple[Path, Path]:
    """Hold a text in one file, and give it with a colleague's copy that says something else in its cell."""
    out = exported(run)
    path = edited(out, *PHONES)
    run("import", str(path), "--apply")
    return path, edited(out, (CASE, "note", "Rappeler sa tante."))


@pytest.mark.parametrize("worker", ["CO-01", "RD-01"])
def test_whoever_writes_beside_it_hears_what_another_file_holds(
    run: Run, two: tuple[Path, Path], worker: str
) -> None:
    """Before it is written and when it is: which file holds it, who imported that and when; it stays open, whoever imported either."""
    path, other = two
    first, second = places(run("import", str(path))[1])
    for apply in ((), ("--apply",)):
        code, words = run("import", str(other), "--as", worker, *apply, text=True)
        assert f"holds something that was not taken: held in {path.name}: {first} (CO-01 · " in words
        assert (code, "stays open" in words) == (3, True)
    assert run("import", str(other), "--as", worker)[0] == 0  # nothing of this file is open

    code, told = run("conflicts")
    assert (code, {one["held_in"]["cell"] for one in told["open"]}) == (3, {first, second})
    assert places(run("import", str(path))[1]) == [first, second]
    code, words = run("import", str(path), text=True)
    assert (code, f'--accept "{first}"' in words, f"Keep {path.name} until then" in words) == (3, True, True)


def test_one_person_brings_the_copies_of_three(run: Run) -> None:
    """Each copy holds a text in the same cell, a fourth one says what can be taken: three texts are open, and none is lost."""
    out = exported(run)
    texts = ("Appeler le 677 00 11 22", "Appeler le 699 11 22 33", "Appeler le 655 44 33 22")
    files = [edited(out, (CASE, "note", words)) for words in texts]
    for path in (*files, edited(out, (CASE, "note", "Rappeler sa tante."))):
        assert run("import", str(path), "--apply")[0] == 3
    code, told = run("conflicts")
    assert (code, {one["held_in"]["file"] for one in told["open"]}) == (3, {path.name for path in files})
    for path in files:
        place = places(run("import", str(path))[1])[0]
        assert run("import", str(path), "--apply", "--accept", place)[1]["counts"]["seal"] == 1
    assert run("conflicts")[0] == 0


def test_it_ends_when_it_is_taken_or_its_file_is_saved_over(run: Run, two: tuple[Path, Path]) -> None:
    """By whoever has the file, also after another one wrote there."""
    path, other = two
    run("import", str(other), "--apply")
    first, second = places(run("import", str(path))[1])
    code, told = run("import", str(path), "--apply", "--accept", first)
    assert (code, told["counts"]["seal"]) == (3, 1)
    assert [one["held_in"]["cell"] for one in run("conflicts")[1]["open"]] == [second]

    # words of its own: saved in the same second, a copy that says what the other file says has the other file's bytes
    edited(path, (CASE, "note", "Rappeler sa tante demain."), (OTHER, "note", None)).replace(path)
    assert run("import", str(path), "--apply")[1]["status"] == "applied"
    assert not any(one["held_in"] for one in run("conflicts")[1]["open"])


def test_what_another_file_wrote_beside_can_be_let_go(desk: Desk) -> None:
    """In the workbook of conflicts, as anything that is held."""
    out = desk.export()
    path = desk.edit(out, ("dk:cases", CASE, "note", "Appeler le 677 00 11 22"))
    desk.apply(path)
    done = desk.apply(desk.edit(out, ("dk:cases", CASE, "note", "Rappeler sa tante.")))
    assert ([one.case_code for one in done.beside], done.attention) == ([CASE], True)
    done = desk.apply(settled(desk, book(desk), (CASE, NOTE_FIELD, "Registre", None)))
    assert (done.status, done.attention, desk.case()["work_note"]) == ("applied", False, "Rappeler sa tante.")
    assert not desk.bring(path).attention


def test_what_an_earlier_version_ended_is_open_again(desk: Desk) -> None:
    """It took the same importer's hand for a correction, and nobody had said so."""
    path = desk.edit(desk.export(), ("dk:cases", CASE, "note", "Appeler le 677 00 11 22"))
    desk.apply(path)
    asked = workbooks.followup_conflict
    with desk.register.writing() as rows:
        said = {"settled_at": "2026-11-20T12:00:00.000000Z", "settled_by": "CO-01", "choice": "rewritten"}
        rows.execute(asked.update().values(**said))
    with desk.register.reading() as rows:
        assert today(rows, desk.now).conflicts == 1
    assert [one.kind for one in desk.bring(path).held_before] == ["held"]


def test_a_dry_run_of_the_open_questions_writes_neither_a_workbook_nor_a_line(run: Run, root: Path) -> None:
    """It names the file that would be; no password is drawn, no export is remembered, and in earnest it is as ever."""
    run("import", str(edited(exported(run), *PHONES)), "--apply")
    target = root / "out" / "questions.xlsx"
    with closing(opened(root)) as workspace, workspace.register.reading() as rows:
        before = len(rows.execute(workbooks.followup_export.select()).all())
    code, told = run("conflicts", "--to", str(target), "--dry-run")
    with closing(opened(root)) as workspace, workspace.register.reading() as rows:
        after = len(rows.execute(workbooks.followup_export.select()).all())

    assert (code, told["dry_run"], told["file"], "password" in told) == (3, True, str(target), False)
    assert (before, target.exists()) == (after, False)
    assert run("conflicts", "--to", str(target))[0] == 3
    assert target.exists()
