"""A backup: what lies at the place, what is checked, what goes, and what is refused."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from sync_scripts.backup import making, place, planning
from sync_scripts.backup.errors import (
    CopyUnsound,
    PlaceAbsent,
    PlaceFull,
    PlaceInside,
    PlaceLost,
    PlaceNewer,
    PlaceOfAnother,
    PlaceTaken,
)
from sync_scripts.backup.head import parse
from sync_scripts.config import BackupSettings, Settings
from sync_scripts.store import backups, durable
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.founding import new_id
from sync_scripts.store.schema.raw import sealed_item
from sync_scripts.store.seal import demo_keys, erasing
from sync_scripts.store.seal.sealed_files import path_of
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealed_rows import keep
from sync_scripts.store.vault import by_identity
from sync_scripts.store.workspace import open_workspace
from tests.backup.places import Desk, after
from tests.store.commands import DAY, STORY, found, store_alert
from tests.store.databases import every_byte

PERSON = Actor("coord-1", "key")


def names(desk: Desk) -> set[str]:
    """Return the names of the copies on the stick."""
    return {one.name for one in desk.place().copies()}


def test_a_second_backup_copies_only_what_is_new(at_desk: Desk) -> None:
    """The photo travels once; each copy of the register has a name that tells nothing."""
    first, second = at_desk.backup(), at_desk.backup(days=1)

    assert (first.files, second.files) == (1, 0)
    assert names(at_desk) == {first.copy.name, second.copy.name}
    assert first.copy.number < second.copy.number
    assert {path.suffix for path in at_desk.stick.rglob("*") if path.is_file()} == {"", ".age", ".bin"}


def test_nothing_at_the_place_is_in_the_clear(at_desk: Desk) -> None:
    """No answer, no form, no setting, no word of the database."""
    at_desk.backup()
    found = every_byte(at_desk.stick)

    for told in (STORY, "submission", "SQLite format", "dikalo.toml", "short_text", "recipients"):
        assert told.encode() not in found, told


@pytest.mark.parametrize("holder", ["R", "O"])
def test_the_head_opens_for_each_holder_alone(at_desk: Desk, holder: Holder) -> None:
    """And says the key of the copy, and how far it goes."""
    made = at_desk.backup()
    key = by_identity(demo_keys.IDENTITIES[holder].secret)
    head = parse(key.open(at_desk.place().head(made.copy.name).read_bytes(), "head"))

    assert (len(head.key), head.files, head.extent.arrival) == (64, 1, 2)
    assert head.size == at_desk.place().copy(made.copy.name).stat().st_size


def test_the_register_knows_how_old_its_backup_is_and_what_it_lacks(at_desk: Desk) -> None:
    """For the page of the day, without the stick."""
    register = at_desk.workspace.register
    with register.reading() as rows:
        assert backups.lack(rows, after(0)) == backups.Lack(None)
    at_desk.backup()
    fill_again(at_desk)
    with register.reading() as rows:
        assert backups.lack(rows, after(1)) == backups.Lack(made_at(at_desk), submissions=1)
        late = backups.lack(rows, after(92))
        assert late is not None
        assert late.rehearse


def made_at(desk: Desk) -> str:
    """Return when the newest backup was made."""
    with desk.workspace.register.reading() as rows:
        return backups.copies(rows)[-1].at


def fill_again(desk: Desk) -> None:
    """Let one more submission arrive."""
    with desk.workspace.register.writing() as rows:
        store_alert(rows, "uuid:9", {"s9": ""}, "AL-9Q2M4X-K", None)


def erase(desk: Desk, *, days: float) -> None:
    """Erase the one whose photo there is."""
    with desk.workspace.register.writing() as rows:
        erasing.erase(rows, ["s2"], ["person:2"], actor=PERSON, now=after(days), details={})
    erasing.finish(desk.workspace.register)


def test_what_was_erased_leaves_with_the_next_backup(at_desk: Desk) -> None:
    """The copy that held it goes once the new one is made, and so does the sealed file."""
    before = at_desk.backup()
    with at_desk.workspace.register.reading() as rows:
        (photo,) = rows.execute(select(sealed_item.c.file).where(sealed_item.c.file.is_not(None))).scalars()
    erase(at_desk, days=1)
    with at_desk.workspace.register.reading() as rows:
        lack = backups.lack(rows, after(1))
        assert lack is not None
        assert lack.holding == (before.copy.at,)

    made = at_desk.backup(days=1)

    assert names(at_desk) == {made.copy.name} != {before.copy.name}
    assert made.gone == 1
    assert not path_of(at_desk.stick, photo).exists()


def test_a_copy_that_nobody_wrote_down_goes_when_something_was_erased_since(at_desk: Desk) -> None:
    """A register put back from elsewhere does not know it; the disk says how old it is."""
    before = at_desk.backup()
    os.utime(at_desk.place().head(before.copy.name), (after(0).timestamp(),) * 2)
    with at_desk.workspace.register.writing() as rows:
        backups.write(rows, ())
    erase(at_desk, days=1)

    made = at_desk.backup(days=2)

    assert names(at_desk) == {made.copy.name}


def test_a_register_put_back_from_an_older_copy_removes_no_file_that_it_does_not_know(at_desk: Desk) -> None:
    """A newer copy of another day needs it; it goes with that copy."""
    at_desk.backup()
    fill_file(at_desk)
    newer = at_desk.backup(days=1)
    os.utime(at_desk.place().head(newer.copy.name), (after(1).timestamp(),) * 2)
    files = len(at_desk.place().files())
    register = at_desk.workspace.register
    with register.writing() as rows:
        first = backups.copies(rows)[0]
        backups.write(rows, (first,))
    older = making._shot  # as the older register would see it: without the second photo

    def shot(rows: Rows) -> making._Shot:
        made = older(rows)
        return replace(made, files=made.files[:1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "_shot", shot)
        made = at_desk.backup(days=2)
        assert (files, len(at_desk.place().files())) == (2, 2)
        assert made.copy.number > newer.copy.number
        at_desk.backup(days=36)
        at_desk.backup(days=38)
        at_desk.backup(days=40)
        assert len(at_desk.place().files()) == 1


def test_a_copy_stays_35_days_and_the_newest_always(at_desk: Desk) -> None:
    """One a week: five stay beside the newest."""
    for days in range(0, 71, 7):
        at_desk.backup(days=days)

    assert len(names(at_desk)) == 6


def test_the_backups_of_another_register_are_left_alone(at_desk: Desk, tmp_path: Path) -> None:
    """Nothing is written where another register keeps its own."""
    at_desk.backup()
    other = open_workspace(
        found(tmp_path / "o", settings=Settings(id=new_id())), secret=lambda _question: DAY
    )
    before = every_byte(at_desk.stick)
    try:
        with pytest.raises(PlaceOfAnother):
            planning.prepared(other, at_desk.stick)
        with pytest.raises(PlaceOfAnother):
            planning.plan(other, at_desk.stick)
    finally:
        other.close()
    assert every_byte(at_desk.stick) == before


def test_a_newer_program_wrote_there(at_desk: Desk) -> None:
    """An older one touches nothing."""
    at_desk.backup()
    mark = at_desk.stick / place.MARK
    mark.write_bytes(msgspec.json.encode({**msgspec.json.decode(mark.read_bytes()), "v": 2, "more": 1}))

    with pytest.raises(PlaceNewer):
        at_desk.backup()


def test_two_backups_at_once_are_one(at_desk: Desk) -> None:
    """The second is told to wait, and does nothing."""
    at_desk.backup()
    here = at_desk.place()
    with here.locked(), pytest.raises(PlaceTaken):
        at_desk.backup(days=1)

    assert len(names(at_desk)) == 1


def test_no_place_inside_the_workspace_nor_around_it(at_desk: Desk) -> None:
    """What is seized or erased with the workspace is no backup of it."""
    for folder in (at_desk.workspace.root / "out", at_desk.workspace.root.parent):
        with pytest.raises(PlaceInside):
            planning.prepared(at_desk.workspace, folder)


def test_a_folder_whose_parent_is_not_there_is_no_place(at_desk: Desk, tmp_path: Path) -> None:
    """A stick that is not plugged in is not made on the laptop's own disk."""
    with pytest.raises(PlaceAbsent):
        planning.prepared(at_desk.workspace, tmp_path / "no" / "stick")


def failing(step: str, deed: Callable[[], object]) -> Callable[[str], None]:
    """Return what does something when a step comes."""

    def hear(name: str) -> None:
        if name == step:
            deed()

    return hear


@pytest.mark.parametrize(
    "step", ["backup.file", "copy.begin", "copy.pages", "copy.files", "backup.check", "backup.head"]
)
def test_a_stick_that_goes_away_in_the_middle_is_said(at_desk: Desk, step: str) -> None:
    """The workspace is as it was; with the stick back, the next backup is whole and the only new one."""
    at_desk.backup()
    fill_file(at_desk)
    here, gone = at_desk.place(), at_desk.stick.with_name("gone")

    def pull_out() -> None:
        if not gone.exists():
            at_desk.stick.rename(gone)

    durable.watch(failing(step, pull_out))
    try:
        with pytest.raises(PlaceLost):
            making.make(at_desk.workspace, here, after(1))
    finally:
        durable.watch(None)
    if at_desk.stick.exists():
        pytest.fail("something was made where the stick had been")
    gone.rename(at_desk.stick)

    made = at_desk.backup(days=2)

    assert len(names(at_desk)) == 2
    assert {path.name for path in at_desk.stick.iterdir() if path.name.startswith("part-")} == set()
    assert made.missing == ()


def fill_file(desk: Desk, photo: bytes = b"another photo") -> None:
    """Store one more sealed file."""
    register = desk.workspace.register
    with register.sealer() as sealer, register.writing() as rows:
        sealer.seal_stream(io.BytesIO(photo), "s1", "file", "alert:1", "uuid:1", name="b.jpg")
        keep(rows, sealer, after(0))


@pytest.mark.parametrize("step", ["file.write", "copy.pages", "copy.files"])
def test_a_full_place_is_said(at_desk: Desk, step: str) -> None:
    """In words that are about the place, and everything made before is there."""
    first = at_desk.backup()
    fill_file(at_desk)

    def full() -> None:
        raise OSError(28, "No space left on device")

    durable.watch(failing(step, full))
    try:
        with pytest.raises(PlaceFull):
            at_desk.backup(days=1)
    finally:
        durable.watch(None)

    assert names(at_desk) == {first.copy.name}
    assert len(at_desk.backup(days=1).problems) == 0


def test_a_stick_that_keeps_something_else_is_found_out(at_desk: Desk) -> None:
    """A flipped bit in the copy: it does not count, and what was there before stays."""
    first = at_desk.backup()
    here = at_desk.place()

    def flip() -> None:
        (copy,) = [one for one in at_desk.stick.glob("*.bin") if one.stem != first.copy.name]
        data = bytearray(copy.read_bytes())
        data[len(data) // 2] ^= 1
        copy.write_bytes(data)

    durable.watch(failing("backup.check", flip))
    try:
        with pytest.raises(CopyUnsound):
            making.make(at_desk.workspace, here, after(1))
    finally:
        durable.watch(None)

    assert names(at_desk) == {first.copy.name}


def test_a_clock_that_is_behind_is_said_and_removes_nothing(at_desk: Desk) -> None:
    """The backup is made all the same."""
    at_desk.backup(days=-50)
    at_desk.backup(days=-20)
    at_desk.backup()

    made = at_desk.backup(days=-300)

    assert [code for code, _words in made.problems] == ["DK-V11"]
    assert made.gone == 0


def test_a_sealed_file_that_is_missing_here_is_said(at_desk: Desk) -> None:
    """Everything else is backed up."""
    for path in at_desk.workspace.register.folder.glob("??/*.age"):
        path.unlink()

    made = at_desk.backup()

    assert [code for code, _words in made.problems] == ["DK-V12"]
    assert len(made.missing) == 1


def test_a_round_makes_one_a_day_where_the_place_was_begun(at_desk: Desk) -> None:
    """Never where no person began it: that may be another stick, or the laptop's own disk."""
    settings = msgspec.structs.replace(
        at_desk.workspace.settings, backup=BackupSettings(path=str(at_desk.stick))
    )
    at_desk.workspace.settings = settings

    def due(at: datetime) -> bool:
        return planning.due_place(at_desk.workspace, at) is not None

    assert not due(after(0))
    at_desk.backup()
    assert [due(after(days)) for days in (0.5, 0.9, 3)] == [False, True, True]
    erase(at_desk, days=0.1)
    assert due(after(0.2))
