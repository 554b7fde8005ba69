"""Evidence brought to the desk: sealed into a case, numbered, counted once, rebuilt."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest

from sync_scripts.intake.evidence import (
    Brought,
    FileNotTaken,
    FileUnusable,
    TakenLater,
    ToldOtherwise,
    add,
)
from sync_scripts.intake.pull import Way
from sync_scripts.register.care import rebuild
from sync_scripts.register.case_decisions.facts import correct, move_evidence
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.consents.errors import NothingToWithdraw
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.model.errors import CaseStopped
from sync_scripts.register.queries.pages import case_view
from sync_scripts.servers.desk import Desk
from sync_scripts.store.schema import register as tables
from tests.intake.scene import COORDINATOR, FORMS, NOW, Scene

CANARY = b"\xff\xd8\xff\xe0" + b"CANARI-PHOTO" * 40


def way(*, dry_run: bool = False) -> Way:
    """Return a pull whose clock stands."""
    return Way(clock=lambda: NOW, dry_run=dry_run)


@pytest.fixture
def opened(one: Scene) -> tuple[Scene, str]:
    """Give a register with one documented case, and the case's code."""
    one.lay("c", next(iter(sorted(FORMS.glob("samples/case/*/submission.xml")))).read_bytes(), form="case")
    one.pull()
    (row,) = one.rows(tables.case)
    return one, row["case_code"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Give a file as it came from a phone."""
    path = tmp_path / "Zogbedji.JPG"
    path.write_bytes(CANARY)
    return path


def test_a_file_becomes_evidence_of_the_case(opened: tuple[Scene, str], photo: Path) -> None:
    """It stands under the case's incident with what was said of it, and a rebuild gives the same bytes."""
    made, code_ = opened
    brought = Brought(code_, photo, "photo", {"taken_by": "witness", "faces_visible": "yes"})
    done = add(made.register, brought, COORDINATOR, way())
    rows = made.rows(tables.evidence, tables.evidence.c.type == "photo")
    mine = next(row for row in rows if row["pseudonym"] == done["number"])
    (incident,) = made.rows(tables.incident)

    assert done["new"] is True
    assert (mine["case_code"], mine["taken_by"], mine["faces_visible"]) == (code_, "witness", "yes")
    assert mine["incident_id"] == incident["incident_id"]
    assert mine["state"] == "received"
    assert [row["uid"] for row in made.rows(tables.evidence) if row["filing_no"] == mine["filing_no"]] == [
        mine["uid"]
    ], "one file is one piece"
    assert rebuild.check(made.register, NOW).differing == ()


def test_the_file_is_sealed_and_opens_with_the_vault_only(opened: tuple[Scene, str], photo: Path) -> None:
    """Neither its bytes nor its name lie in the clear; the vault gives the same bytes back; the file stays."""
    made, code_ = opened
    add(made.register, Brought(code_, photo, "photo"), COORDINATOR, way())
    lying = b"".join(path.read_bytes() for path in made.register.folder.rglob("*") if path.is_file())
    dumped = repr(made.dump()).encode()

    assert CANARY in made.opened("file")
    assert photo.read_bytes() == CANARY
    for secret in (b"CANARI", b"Zogbedji"):
        assert secret not in lying
        assert secret not in dumped


def test_no_file_is_sealed_into_a_case_in_which_everybody_withdrew(
    opened: tuple[Scene, str], photo: Path
) -> None:
    """Neither a new one nor the same again, in a trial neither; before that, it is."""
    made, code_ = opened
    assert add(made.register, Brought(code_, photo, "photo"), COORDINATOR, way())["new"]
    later = NOW + timedelta(minutes=1)
    with deciding(made.register, COORDINATOR, later) as by:
        for person in sorted({row["pseudonym"] for row in made.rows(tables.person)}):
            with contextlib.suppress(NothingToWithdraw):
                withdraw(by, code_, person=person, reason="asked")
    after = made.dump()
    for dry_run in (True, False):
        at = Way(clock=lambda: later + timedelta(minutes=1), dry_run=dry_run)
        photo.write_bytes(CANARY + bytes([dry_run]))
        with pytest.raises(CaseStopped) as refused:
            add(made.register, Brought(code_, photo, "photo"), COORDINATOR, at)
        assert "file" in refused.value.words()

    assert made.dump() == after


def test_the_same_file_twice_is_one_piece(opened: tuple[Scene, str], photo: Path) -> None:
    """Adding again says so and changes nothing; another file is another piece."""
    made, code_ = opened
    first = add(made.register, Brought(code_, photo, "photo"), COORDINATOR, way())
    again = add(made.register, Brought(code_, photo, "photo"), COORDINATOR, way())
    photo.write_bytes(CANARY + b"!")
    later = Way(clock=lambda: NOW + timedelta(minutes=1))
    other = add(made.register, Brought(code_, photo, "photo"), COORDINATOR, later)

    assert again == {"number": first["number"], "new": False}
    assert other["number"] != first["number"]


TAKEN = {"taken_at": "2026-11-20T14:30:00+01:00", "taken_by": "witness"}


@pytest.mark.parametrize(
    ("type_", "about", "options"),
    [
        ("letter", TAKEN, "--type"),
        ("photo", {"taken_by": "witness"}, "--taken-at"),
        ("photo", {**TAKEN, "taken_by": "victim", "faces_visible": "no"}, "--taken-by, --faces"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_the_same_file_of_which_something_else_is_said_is_refused_before_anything_is_written(
    opened: tuple[Scene, str],
    photo: Path,
    type_: str,
    about: dict[str, str],
    options: str,
    *,
    dry_run: bool,
) -> None:
    """The refusal says under which number it is there, since when, and what differs; nothing is put aside."""
    made, code_ = opened
    done = add(made.register, Brought(code_, photo, "photo", TAKEN), COORDINATOR, way())
    before = made.dump()
    with pytest.raises(ToldOtherwise) as caught:
        add(made.register, Brought(code_, photo, type_, about), COORDINATOR, way(dry_run=dry_run))
    refused = caught.value

    assert (refused.exit_code, refused.number, refused.options) == (1, done["number"], options)
    assert refused.day == "2026-11-25"
    assert made.dump() == before


def test_the_same_instant_written_otherwise_is_the_same(opened: tuple[Scene, str], photo: Path) -> None:
    """What counts is when it was taken, not in which zone it was written; a trial names the number as well."""
    made, code_ = opened
    done = add(made.register, Brought(code_, photo, "photo", TAKEN), COORDINATOR, way())
    before = made.dump()
    utc = {**TAKEN, "taken_at": "2026-11-20T13:30:00+00:00"}
    for trial in (True, False):
        again = add(made.register, Brought(code_, photo, "photo", utc), COORDINATOR, way(dry_run=trial))
        assert again == {"number": done["number"], "new": False}
    assert made.dump() == before


def test_what_was_said_wrongly_is_corrected_as_the_refusal_says(
    opened: tuple[Scene, str], photo: Path
) -> None:
    """After the correction the file with the right options is there already, and nothing is put aside."""
    made, code_ = opened
    add(made.register, Brought(code_, photo, "photo"), COORDINATOR, way())
    with pytest.raises(ToldOtherwise) as caught:
        add(made.register, Brought(code_, photo, "letter"), COORDINATOR, way())
    with deciding(made.register, COORDINATOR, NOW) as by:
        correct(by, code_, caught.value.field, "letter", reason="Erreur de saisie.")

    assert add(made.register, Brought(code_, photo, "letter"), COORDINATOR, way())["new"] is False
    assert rebuild.check(made.register, NOW).differing == ()
    assert [row["value"] for row in made.rows(tables.correction)] == ["letter"]


def test_the_correction_stands_in_the_history_of_the_case(one: Scene, photo: Path) -> None:
    """Of a case that is not C4, its page says so, and so does the log."""
    sample = next(
        path
        for path in sorted(FORMS.glob("samples/case/*/submission.xml"))
        if b"<confidentiality>C4" not in path.read_bytes()
    )
    one.lay("c", sample.read_bytes(), form="case")
    one.pull()
    (case,) = one.rows(tables.case)
    done = add(one.register, Brought(case["case_code"], photo, "photo"), COORDINATOR, way())
    with deciding(one.register, COORDINATOR, NOW) as by:
        correct(by, case["case_code"], f"evidence.{done['number']}.type", "letter", reason="Erreur.")
        page = case_view(by.rows, case["case_code"], COORDINATOR)

    assert "value.correct" in [event["op"] for event in page["history"]]


@pytest.mark.parametrize("dry_run", [False, True])
def test_nothing_was_taken_on_a_day_to_come(opened: tuple[Scene, str], photo: Path, *, dry_run: bool) -> None:
    """A slip in the year is refused before anything is written."""
    made, code_ = opened
    before = made.dump()
    late = {"taken_at": "2030-01-01T00:00:00+01:00"}
    with pytest.raises(TakenLater) as caught:
        add(made.register, Brought(code_, photo, "photo", late), COORDINATOR, way(dry_run=dry_run))

    assert "2030-01-01" in caught.value.words()
    assert made.dump() == before


def test_a_trial_keeps_nothing(opened: tuple[Scene, str], photo: Path) -> None:
    """With a dry run no row, no form and no sealed file is made."""
    made, code_ = opened
    before = made.dump()
    assert add(made.register, Brought(code_, photo, "photo"), COORDINATOR, way(dry_run=True))["new"]
    assert made.dump() == before


@pytest.mark.parametrize("content", [None, b""])
def test_a_file_that_is_not_there_or_empty_is_refused(
    opened: tuple[Scene, str], tmp_path: Path, content: bytes | None
) -> None:
    """Nothing is kept of it."""
    made, code_ = opened
    path = tmp_path / "empty.pdf"
    if content is not None:
        path.write_bytes(content)
    before = made.dump()
    with pytest.raises(FileUnusable):
        add(made.register, Brought(code_, path, "letter"), COORDINATOR, way())
    assert made.dump() == before


def test_a_cut_between_record_and_file_is_mended_by_the_same_command(
    opened: tuple[Scene, str], photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record without its file is not called done; running the command again seals the file."""
    made, code_ = opened
    with monkeypatch.context() as cut:
        cut.setattr(Desk, "attachments", lambda _self, _place: ())
        with pytest.raises(FileNotTaken):
            add(made.register, Brought(code_, photo, "photo"), COORDINATOR, way())
    done = add(made.register, Brought(code_, photo, "photo"), COORDINATOR, way())
    assert done["number"] is not None
    assert CANARY in made.opened("file")


def test_a_file_of_the_desk_goes_its_way(opened: tuple[Scene, str], photo: Path) -> None:
    """Its commitment is in the chain as it is sealed, so it can be sealed, worked on, retained; a rebuild agrees."""
    made, code_ = opened
    number = add(made.register, Brought(code_, photo, "photo"), COORDINATOR, way())["number"]
    for state in ("sealed", "working_copy", "retained"):
        assert move(made, code_, number, state) == state
    assert rebuild.check(made.register, NOW).differing == ()


def test_what_the_phone_sent_is_sealed_once_all_its_files_are_here(opened: tuple[Scene, str]) -> None:
    """A form says that there is a photo; as long as the photo is missing there is nothing to commit to."""
    made, code_ = opened
    (row,) = made.rows(tables.evidence)
    with pytest.raises(GuardFails):
        move(made, code_, row["pseudonym"], "sealed")
    sample = next(iter(sorted(FORMS.glob("samples/case/*/submission.xml")))).parent
    files = {path.name: path.read_bytes() for path in sample.iterdir() if path.suffix != ".xml"}
    made.lay("c", (sample / "submission.xml").read_bytes(), files, form="case")
    made.pull()
    assert move(made, code_, row["pseudonym"], "sealed") == "sealed"


def move(made: Scene, case: str, number: str, state: str) -> str:
    """Decide where a piece of evidence is by now."""
    with deciding(made.register, COORDINATOR, NOW + timedelta(hours=1)) as by:
        return str(move_evidence(by, case, number, state).now)
