"""A place over time: who writes there, what rots, what is full, and what several places and computers know of each other."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import msgspec
import pytest

from sync_scripts.backup import making, place, planning
from sync_scripts.backup.errors import (
    BackupUnfinished,
    CopyUnsound,
    FileTooLarge,
    PlaceFull,
    PlaceLost,
    PlaceTaken,
)
from sync_scripts.backup.making import Made, make
from sync_scripts.config import BackupSettings
from sync_scripts.daily import round as rounds
from sync_scripts.errors import DikaloError
from sync_scripts.store import backups, durable, health
from sync_scripts.store.seal.sealed_files import is_sound, path_of
from tests.backup.places import Desk, after
from tests.backup.test_making import erase, fill_again, fill_file, names


def test_the_lock_of_a_place_outlives_its_mark(at_desk: Desk) -> None:
    """The mark is replaced while a backup is under way, just before its head is written."""
    here = at_desk.place()
    with here.locked():
        here.keep_vault(b"another")
        with pytest.raises(PlaceTaken), at_desk.place().locked():
            pass


def test_the_copy_is_of_one_moment(at_desk: Desk) -> None:
    """What is written into the register while it is copied is in the next one; each part that is copied is a sign of life."""
    came = list[int]()

    def alive(_more: int) -> None:
        if not came:
            fill_again(at_desk)
        came.append(1)

    made = make(at_desk.workspace, at_desk.place(), after(0), alive)

    assert len(came) > 1
    with at_desk.workspace.register.reading() as rows:
        assert made.copy.extent.arrival == 2 < backups.extent(rows).arrival


def test_a_round_leaves_files_to_the_next_one(at_desk: Desk) -> None:
    """Each gets on by one file at least, and says how many are left; the last one makes the copy."""
    fill_file(at_desk, b"a second photo")
    fill_file(at_desk, b"a third photo")
    left = []
    for _round in range(2):
        with pytest.raises(BackupUnfinished) as caught:
            go(at_desk)
        left.append(caught.value.words())
        assert names(at_desk) == set()

    assert go(at_desk).files == 1
    assert ["(2)" in left[0], "(1)" in left[1]] == [True, True]


def go(desk: Desk) -> Made:
    """Make the backup of a round that has no time."""
    return make(desk.workspace, desk.place(), after(0), late=lambda: True)


def test_a_place_that_still_holds_what_was_erased_is_said_whatever_another_holds(at_desk: Desk) -> None:
    """A backup to the second stick takes nothing off the first one."""
    first = at_desk.backup()
    erase(at_desk, days=1)
    second = replace(at_desk, stick=at_desk.stick.with_name("second"))
    second.backup(days=2)

    assert lack(at_desk).holding == (first.copy.at,)
    at_desk.backup(days=3)
    assert lack(at_desk).holding == ()


def lack(desk: Desk) -> backups.Lack:
    """Return what the page of the day says."""
    with desk.workspace.register.reading() as rows:
        found = backups.lack(rows, after(4))
    assert found is not None
    return found


def test_a_backup_elsewhere_does_not_stand_for_one_here(at_desk: Desk) -> None:
    """Two laptops share a register: each has its own stick."""
    at_desk.backup()
    mine = replace(at_desk, stick=at_desk.stick.with_name("mine"))
    mine.place()
    at_desk.workspace.settings = msgspec.structs.replace(
        at_desk.workspace.settings, backup=BackupSettings(path=str(mine.stick))
    )

    assert planning.due_place(at_desk.workspace, after(0.1)) == mine.stick
    mine.backup()
    assert planning.due_place(at_desk.workspace, after(0.1)) is None


def test_a_place_that_does_not_answer_in_time_may_be_due(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look before a backup waits for no stick; whoever makes one there is in a process of its own."""
    ends = threading.Event()
    at_desk.workspace.settings = msgspec.structs.replace(
        at_desk.workspace.settings, backup=BackupSettings(path=str(at_desk.stick))
    )
    at_desk.backup()
    monkeypatch.setattr(health, "LOOK_S", 0.0)
    monkeypatch.setattr(place, "is_begun", lambda _folder: ends.wait())
    found = planning.due_place(at_desk.workspace, after(0.1))
    ends.set()

    assert found == at_desk.stick


def test_the_page_of_the_day_knows_how_many_files_the_newest_backup_lacks(at_desk: Desk) -> None:
    """They are on the other laptop, or nowhere."""
    for path in at_desk.workspace.register.folder.glob("??/*.age"):
        path.unlink()
    at_desk.backup()

    assert lack(at_desk).missing == 1


def test_a_sealed_file_that_rots_at_its_place_is_copied_anew(at_desk: Desk) -> None:
    """Its size tells nothing; within a quarter somebody reads it."""
    at_desk.backup()
    (name,) = at_desk.place().files()
    path = path_of(at_desk.stick, name)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)

    assert at_desk.backup(days=91).files == 1
    assert is_sound(at_desk.stick, name)


@pytest.mark.parametrize("every", [1, 7, 100])
def test_all_files_are_read_again_within_a_quarter(every: int) -> None:
    """However often there is a backup; each file once."""
    held = [f"{number:064x}".replace("0" * 8, f"{number:08x}", 1) for number in range(300)]
    last, seen = after(0), list[str]()
    while last < after(90):
        now = last + timedelta(days=min(every, 90 - (last - after(0)).days))
        seen += planning.read_again(held, last, now)
        last = now

    assert sorted(seen) == sorted(held)
    assert list(planning.read_again(held, None, after(0))) == []


@contextmanager
def stepping(hear: Callable[[str], None]) -> Iterator[None]:
    """Hear each step."""
    durable.watch(hear)
    try:
        yield
    finally:
        durable.watch(None)


def full_with(desk: Desk, copies: int) -> Callable[[str], None]:
    """Return what lets the stick be full as long as so many copies lie there."""

    def hear(step: str) -> None:
        if step == "copy.pages" and len(list(desk.stick.glob("*.bin"))) >= copies:
            raise OSError(28, "No space left on device")

    return hear


@pytest.mark.parametrize(("room", "fits"), [(3, True), (2, False)])
def test_a_full_place_lets_go_of_the_oldest_but_never_of_the_newest_two(
    at_desk: Desk, room: int, *, fits: bool
) -> None:
    """Then it is tried again; only a place that is full even so is said to be."""
    made = [at_desk.backup(days=days).copy.name for days in range(4)]
    with stepping(full_with(at_desk, room)):
        if fits:
            last = at_desk.backup(days=4)
            assert last.gone == 2
            made.append(last.copy.name)
        else:
            with pytest.raises(PlaceFull) as full:
                at_desk.backup(days=4)
            assert "removed now: 2" in full.value.words()

    assert names(at_desk) == set(made[2:])


@pytest.mark.parametrize(
    ("need", "free", "said"), [(2**40, 0, PlaceFull), (2**33, 2**40, FileTooLarge), (1, 0, None)]
)
def test_what_no_removal_would_cure_removes_nothing(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch, need: int, free: int, said: type[DikaloError] | None
) -> None:
    """Larger than all that could be made free, or than any file of such a stick: the history stays, and nothing half written."""
    made = {at_desk.backup(days=days).copy.name for days in range(4)}
    monkeypatch.setattr(making, "size_of", lambda _rows: need)
    monkeypatch.setattr(place, "disk_usage", lambda _folder: SimpleNamespace(free=free))

    with stepping(full_with(at_desk, 4)):
        if said is None:
            assert at_desk.backup(days=4).gone == 1
            return
        with pytest.raises(said) as refused:
            at_desk.backup(days=4)

    assert names(at_desk) == made
    assert "removed now: 0" in refused.value.words() or said is FileTooLarge
    assert not list(at_desk.stick.glob("part-*"))


def test_a_file_larger_than_the_format_of_the_stick_allows_removes_nothing(at_desk: Desk) -> None:
    """FAT32 takes no file of 4 GB, however much room there is."""
    made = {at_desk.backup(days=days).copy.name for days in range(4)}
    fill_file(at_desk, b"a film")

    def too_large(step: str) -> None:
        if step == "file.write":
            raise OSError(errno.EFBIG, "File too large")

    with stepping(too_large), pytest.raises(FileTooLarge):
        at_desk.backup(days=4)

    assert names(at_desk) == made


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ETIMEDOUT, 117, 121, 123])
def test_whatever_a_stick_that_fails_says_it_is_the_place_that_is_lost(at_desk: Desk, number: int) -> None:
    """Structure needs cleaning, remote I/O error, no medium: each system has words of its own."""
    with pytest.raises(PlaceLost), at_desk.place().watched():
        raise OSError(number, "of a system")


def test_whoever_waits_is_heard_between_checks_and_removals(at_desk: Desk) -> None:
    """A slow stick takes minutes for each: an alarm must not wait for all of them."""
    at_desk.backup()
    erase(at_desk, days=1)
    heard = list[str]()
    with stepping(heard.append):
        making.make(at_desk.workspace, at_desk.place(), after(2), lambda more: heard.append(f"told {more}"))

    check, head = heard.index("backup.check"), heard.index("backup.head")
    assert heard[check:head].count("told 0") == 6
    removals = [at for at, one in enumerate(heard) if one in {"backup.drop.age", "backup.drop"}]
    assert [heard[at - 1] for at in removals] == ["told 0"] * 2


def test_a_stick_that_fails_is_the_failure_of_a_round_and_one_that_is_full_is_not() -> None:
    """Damage is nobody's ordinary day."""

    def raising(error: Exception) -> Callable[[], None]:
        def deed() -> None:
            raise error

        return deed

    damaged, full = (
        rounds._part(rounds.BACKUP, raising(error)) for error in (CopyUnsound(what="x"), PlaceFull())
    )
    assert (damaged.skipped, damaged.exit_code, full.skipped, full.exit_code) == (False, 6, True, 0)
