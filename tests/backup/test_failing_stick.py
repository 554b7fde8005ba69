"""A stick of which some sectors cannot be read any more: what can be read is put back, and what cannot is said."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sync_scripts.backup import finding
from sync_scripts.backup.errors import KeyOpensNothing, NoCopySound, PlaceLost
from sync_scripts.backup.place import MARK
from sync_scripts.backup.restoring import restore
from sync_scripts.intake.completeness.soundness import faults
from sync_scripts.secrets import slots
from sync_scripts.store.database import Rows
from sync_scripts.store.errors import DatabaseFailed
from sync_scripts.store.schema.raw import submission
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.workspace import open_workspace
from tests.backup.places import Desk
from tests.backup.test_making import fill_again
from tests.backup.test_restoring import NEW_DAY, back, key_of, wish

Break = Callable[[Callable[[Path], bool]], None]


class Unreadable(io.RawIOBase):
    """What a file is whose sector fails: it opens, and cannot be read."""

    def readable(self) -> bool:
        """Say that it is open to be read."""
        return True

    def readinto(self, _buffer: Any) -> int:
        """Fail as the disk does."""
        raise OSError(errno.EIO, "Input/output error")


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Let the reading of some files fail from now on."""
    whole = Path.open

    def breaks(which: Callable[[Path], bool]) -> None:
        def opened(path: Path, mode: str = "r", *more: Any, **others: Any) -> Any:
            return Unreadable() if mode == "rb" and which(path) else whole(path, mode, *more, **others)

        monkeypatch.setattr(Path, "open", opened)

    return breaks


def arrivals(folder: Path) -> int:
    """Return how many submissions a workspace that was put back holds."""
    workspace = open_workspace(folder, secret=lambda _question: NEW_DAY)
    try:
        with workspace.register.reading() as rows:
            return len(rows.execute(select(submission.c.arrival)).all())
    finally:
        workspace.close()


def test_a_photo_that_cannot_be_read_is_missing_and_all_else_is_back(
    at_desk: Desk, tmp_path: Path, broken: Break
) -> None:
    """One bad sector must not keep a whole register away."""
    at_desk.backup()
    broken(lambda path: path.is_relative_to(at_desk.stick) and len(path.parent.name) == 2)

    done = back(at_desk, tmp_path / "new")

    assert (done.files, len(done.missing)) == (0, 1)
    assert arrivals(tmp_path / "new") == 2


def test_a_stick_that_went_away_is_no_missing_file(at_desk: Desk, tmp_path: Path, broken: Break) -> None:
    """Then nothing is put back, and the next run goes on."""
    at_desk.backup()
    new = tmp_path / "new"

    def lost(path: Path) -> bool:
        return path.is_relative_to(at_desk.stick) and (len(path.parent.name) == 2 or path.name == MARK)

    source, key = at_desk.place(), key_of("R", at_desk)
    found = finding.opened(source, key)
    broken(lost)
    with pytest.raises(PlaceLost):
        restore(new, source, found, key, wish())
    assert not (new / "dikalo.toml").exists()


def test_a_head_that_cannot_be_read_leads_to_an_older_copy(
    at_desk: Desk, tmp_path: Path, broken: Break
) -> None:
    """And where none can be read it is said as of a key that opens none."""
    at_desk.backup()
    fill_again(at_desk)
    newest = at_desk.backup(days=1).copy.name
    source, key = at_desk.place(), key_of("R", at_desk)
    broken(lambda path: path == source.head(newest))

    found = finding.opened(source, key)

    assert [one.name for one in found] == [one.name for one in source.copies() if one.name != newest]
    assert finding.unopened(source, found, found[0]) == 1
    assert back(at_desk, tmp_path / "new").found == found[0]
    assert arrivals(tmp_path / "new") == 2
    broken(lambda path: path.parent == at_desk.stick and path.suffix == ".age")
    with pytest.raises(KeyOpensNothing):
        finding.opened(source, key)


def test_a_head_of_which_the_disk_says_nothing_at_all_keeps_no_other_away(
    at_desk: Desk, tmp_path: Path, broken: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its inode is in a bad sector: it counts as one that may be newer. Whoever makes backups is told so before anything is made."""
    at_desk.backup()
    fill_again(at_desk)
    newest = at_desk.backup(days=1).copy.name
    bad, whole = at_desk.place().head(newest), Path.stat

    def stat(path: Path, **more: Any) -> Any:
        if path == bad:
            raise OSError(errno.EIO, "Input/output error")
        return whole(path, **more)

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(PlaceLost):
        at_desk.backup(days=2)
    assert len(list(at_desk.stick.glob("*.bin"))) == 2
    broken(lambda path: path == bad)

    assert back(at_desk, tmp_path / "new").unopened == 1
    assert arrivals(tmp_path / "new") == 2


def test_a_copy_that_cannot_be_read_leads_to_an_older_one(
    at_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database says so in words of its own; where no copy can be read, none is whole."""
    at_desk.backup()
    fill_again(at_desk)
    at_desk.backup(days=1)
    bad = 1

    def failing(rows: Rows) -> Iterator[str]:
        nonlocal bad
        bad -= 1
        if bad >= 0:
            raise DatabaseFailed(kind="OperationalError", state="SQLITE_IOERR_READ", rule="-")
        return faults(rows)

    monkeypatch.setattr(finding, "faults", failing)

    assert back(at_desk, tmp_path / "new").skipped == 1
    assert arrivals(tmp_path / "new") == 2
    bad = 2
    with pytest.raises(NoCopySound):
        back(at_desk, tmp_path / "other")
