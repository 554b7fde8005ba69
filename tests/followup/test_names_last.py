"""``followup import --check-names`` opens no sealed name for a file that does not come in anyway."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_scripts.cli.opening.vault_reading import _NAMES
from sync_scripts.followup.files import encrypted
from sync_scripts.store.seal.sealed_rows import keep
from tests.followup.calling import VAULT, Run, opened
from tests.followup.desk import CASE, Desk
from tests.followup.test_command import openings
from tests.followup.test_import_command import edited, exported
from tests.store.databases import NOW
from xlsform import pack

WORDS = ("--check-names", "--reason", "Retour du vendredi")
SECRET = "alpha bravo charlie delta echo"  # noqa: S105 - invented


def test_every_sealed_name_of_somebody_is_searched_for() -> None:
    """A place has a name, too, and says nobody's."""
    sealed = {
        (field.entity, field.field)
        for field in pack.register_fields().values()
        if field.owner == "collected" and field.level == 3 and "name" in field.field
    }
    searched = {(entity, field) for entity, fields in _NAMES.items() for field in fields}
    assert sealed - {("facility", "name")} <= searched


@pytest.fixture
def root(root: Path) -> Path:
    """Seal somebody's name in the workspace: otherwise there would be nothing to open."""
    workspace = opened(root)
    with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
        part = {"entity": "person", "fields": {"full_name": "Éloundou Inventé-Personne"}, "v": 1}
        sealer.seal_part(part, "s1", "row", "person:1", "uuid:1")
        keep(rows, sealer, NOW)
    workspace.close()
    return root


def broken(path: Path, _desk: Desk) -> None:
    """Cut the file off in the middle."""
    path.write_bytes(path.read_bytes()[:-3000])


def no_workbook(path: Path, _desk: Desk) -> None:
    """Save it as something else."""
    path.write_bytes(b"DK;note\n")


def locked(path: Path, _desk: Desk) -> None:
    """Lock it with a password that nobody hands over."""
    path.write_bytes(encrypted(path.read_bytes(), SECRET))


def foreign(path: Path, desk: Desk) -> None:
    """Bring one of another register."""
    path.write_bytes(desk.export().read_bytes())


def faulty(path: Path, _desk: Desk) -> None:
    """Write a state that is not in the list."""
    edited(path, (CASE, "state", "N'importe quoi")).replace(path)


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (broken, (1, "DK-W13")),
        (no_workbook, (1, "DK-W11")),
        (locked, (4, "DK-C04")),
        (foreign, (1, "DK-W22")),
        (faulty, (1, None)),
    ],
)
@pytest.mark.parametrize("apply", [(), ("--apply",)])
def test_a_file_that_is_refused_anyway_opens_no_name(  # noqa: PLR0917 - what a run needs
    run: Run,
    root: Path,
    desk: Desk,
    spoil: Callable[[Path, Desk], None],
    refusal: tuple[int, str | None],
    apply: tuple[str, ...],
) -> None:
    """Damaged, another kind of file, locked, of another register, with an error in it: said as without the check."""
    path = edited(exported(run), (CASE, "note", "Vu au centre."))
    spoil(path, desk)
    code, told = run("import", str(path), *WORDS, *apply, vault=VAULT)

    assert (code, told.get("code")) == refusal
    assert openings(root) == []


def test_a_file_that_was_imported_already_opens_no_name(run: Run, root: Path) -> None:
    """There is nothing in it to hold back; the document says that no name was looked for."""
    path = edited(exported(run), (CASE, "note", "Vu au centre."))
    assert run("import", str(path), "--apply")[0] == 0
    code, told = run("import", str(path), *WORDS, "--apply", vault=VAULT)

    assert (code, told["status"], told["dry_run"], told["names_checked"]) == (0, "already", False, False)
    assert openings(root) == []


def test_names_are_opened_once_where_one_of_several_files_comes_in(run: Run, root: Path) -> None:
    """After all of them were read: a damaged one beside it is refused, the other is checked, written and locked out no more."""
    out = exported(run)
    good, bad = edited(out, (CASE, "note", "Vu au centre.")), edited(out)
    bad.write_bytes(b"PK\x03\x04")
    code, told = run("import", str(bad), str(good), *WORDS, "--apply", vault=VAULT)

    assert (code, told["names_checked"]) == (1, True)
    assert [one["status"] for one in told["files"]] == ["refused", "applied"]
    assert openings(root)


def test_the_password_of_the_file_is_asked_for_before_the_vault(run: Run, root: Path) -> None:
    """And only once, though the file is looked at before it is imported."""
    path = edited(exported(run), (CASE, "note", "Vu au centre."))
    path.write_bytes(encrypted(path.read_bytes(), SECRET))
    code, told = run("import", str(path), *WORDS, "--apply", vault=VAULT, workbook=SECRET)

    assert (code, told["status"], told["names_checked"]) == (0, "applied", True)
    assert openings(root)


def test_without_a_reason_not_even_the_file_is_read(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody types the password of a workbook only to hear that a word is missing on the command line."""

    def read(*_given: Any, **_more: Any) -> Any:
        raise AssertionError

    path = exported(run)
    monkeypatch.setattr("sync_scripts.followup.files.unlocked", read)
    code, told = run("import", str(path), "--check-names", "--reason", " ", vault=VAULT)

    assert (code, told["code"], openings(root)) == (2, "DK-S34", [])
