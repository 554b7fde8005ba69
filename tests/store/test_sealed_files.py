"""Sealed files on the disk: written whole, found by their hash, tidied after a crash."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest

from sync_scripts.store import durable
from sync_scripts.store.database import Register
from sync_scripts.store.durable import make_folder, write_whole
from sync_scripts.store.seal.erasing import ORPHANS, drop_orphans, tidy
from sync_scripts.store.seal.sealed_files import INCOMING, damaged, is_sound, path_of
from sync_scripts.store.seal.sealed_rows import keep
from tests.store.databases import NOW


def seal_file(register: Register, *, stored: bool) -> str:
    """Seal a small file; store its row, or crash before."""
    with register.sealer() as sealer, register.writing() as rows:
        made = sealer.seal_stream(io.BytesIO(b"photo"), "s", "file", "r", "v")
        if stored:
            keep(rows, sealer, NOW)
        sealer.page(NOW)
    assert made.item.file is not None
    return made.item.file


def test_the_order_of_deeds(sqlite_register: Register) -> None:
    """Bytes, then name, then folder; a new folder is known to its parent before a file is named in it."""
    heard: list[str] = []
    durable.watch(heard.append)
    try:
        seal_file(sqlite_register, stored=True)
    finally:
        durable.watch(None)

    assert heard == [
        "begin",
        "folder.make",  # sealed
        "folder.sync",
        "folder.make",  # sealed/.incoming
        "folder.sync",
        "file.create",
        "file.write",
        "file.sync",
        "folder.make",  # sealed/ab
        "folder.sync",
        "file.rename",
        "folder.sync",
        "page",
        "execute",  # are the holders still those?
        "many",
        "many",
        "execute",
        "many",
        "commit",
        "committed",
    ]


def test_folders_and_files_are_their_owners_only(sqlite_register: Register) -> None:
    """Another account of the laptop sees nothing."""
    name = seal_file(sqlite_register, stored=True)
    path = path_of(sqlite_register.folder, name)

    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert sqlite_register.folder.stat().st_mode & 0o777 == 0o700


def test_a_file_is_checked_without_any_key(sqlite_register: Register) -> None:
    """Its name is its hash, so any copy can be checked by anybody."""
    folder = sqlite_register.folder
    good, changed, lost = (seal_file(sqlite_register, stored=True) for _ in range(3))
    path = path_of(folder, changed)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    path_of(folder, lost).unlink()

    assert is_sound(folder, good)
    assert sorted(damaged(folder, iter([good, changed, lost]))) == sorted([changed, lost])


def test_what_a_crash_left_is_tidied(register: Register) -> None:
    """Temporary files go; sealed files without a row are set aside; what has a row stays."""
    held = [seal_file(register, stored=True) for _ in range(5)]
    lost = seal_file(register, stored=False)
    (register.folder / INCOMING / "part-1").write_bytes(b"half")

    with register.reading() as rows:
        found = tidy(rows, register.folder, NOW)
        again = tidy(rows, register.folder, NOW)

    assert (found.temporary, found.orphans) == (1, 1)
    assert (again.temporary, again.orphans) == (0, 0)
    assert all(is_sound(register.folder, name) for name in held)
    assert not path_of(register.folder, lost).exists()
    assert (register.folder / ORPHANS / f"{lost}.age").exists()


def test_what_was_set_aside_stays_seven_days(sqlite_register: Register) -> None:
    """Long enough for a register put back from an older copy."""
    seal_file(sqlite_register, stored=False)
    with sqlite_register.reading() as rows:
        tidy(rows, sqlite_register.folder, NOW)

    assert drop_orphans(sqlite_register.folder, NOW + timedelta(days=6)) == 0
    assert drop_orphans(sqlite_register.folder, NOW + timedelta(days=8)) == 1


def test_an_empty_workspace_is_tidy(sqlite_register: Register) -> None:
    """The first pull of all finds no folder."""
    with sqlite_register.reading() as rows:
        assert tidy(rows, sqlite_register.folder, NOW).orphans == 0
    assert drop_orphans(sqlite_register.folder, NOW) == 0


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """keys.json is never half of itself."""
    path = tmp_path / "keys.json"
    write_whole(path, b"old")

    def fail(_file: int) -> None:
        raise OSError(5, "I/O error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="I/O"):
        write_whole(path, b"new")

    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["keys.json"]


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """Its rights are its owner's business."""
    tmp_path.chmod(0o755)
    make_folder(tmp_path)
    if os.name != "nt":
        assert tmp_path.stat().st_mode & 0o777 == 0o755
