"""``dikalo pull`` while things go wrong around it: what the person reads, and that nothing is lost by it."""

from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from sync_scripts import cli
from sync_scripts.intake import pull
from sync_scripts.servers.base import Found, Sighting, Unread
from sync_scripts.servers.folder import Folder
from sync_scripts.store import durable
from sync_scripts.store.errors import DiskFull, StoreLocked
from sync_scripts.store.lock import HOLDER, LOCK, hold
from tests.faults import fulldisk
from tests.faults.harness import Bench, Tell

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of forks beside threads

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(short_pull: Bench) -> Iterator[Path]:
    """Give a demonstration ``w`` with a full inbox beside it."""
    with short_pull.copy() as folder:
        yield folder


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command in that workspace; returns the exit code, what was printed and what was said."""

    def go(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(["-C", str(folder / "w"), *words])
        return code, *capsys.readouterr()

    return go


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork")
def test_a_pull_beside_a_running_one_is_told_who_holds_the_lock(folder: Path, run: Run) -> None:
    """The running one stands in the middle of a page; the second says so and changes nothing; the first goes on."""
    ear, mouth = os.pipe()
    wait, go_on = os.pipe()
    first = os.fork()
    if first == 0:
        os.close(go_on)
        durable.watch(partial(stand, mouth, wait))
        os._exit(cli.main(["-C", str(folder / "w"), "pull", "--quiet"]))
    os.close(wait)
    assert os.read(ear, 1) == b"x"
    code, _out, said = run("pull")
    os.close(go_on)  # from now on nothing waits any more
    ended = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
    os.close(ear)
    os.close(mouth)

    assert code == 1
    assert "DK-S01" in said
    assert f"process {first}" in said
    assert "pull" in said.partition("DK-S01")[2]
    assert ended == 3  # something was put aside
    code, document, _said = run("pull", "--json")
    assert (code, json.loads(document)["new"]) == (0, 0)


def stand(mouth: int, wait: int, name: str) -> None:
    """Say that a page is about to be stored, and wait there."""
    if name == "page":
        os.write(mouth, b"x")
        os.read(wait, 1)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL")
def test_a_pull_after_a_killed_one_is_not_locked_out(folder: Path, run: Run) -> None:
    """The lock ends with its holder, however it ended."""
    first = os.fork()
    if first == 0:
        durable.watch(lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == "page" else None)
        os._exit(cli.main(["-C", str(folder / "w"), "pull", "--quiet"]))
    assert os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) == -signal.SIGKILL

    assert run("pull")[0] == 3
    assert run("verify")[0] == 0
    assert run("rebuild", "--check")[0] == 0


def test_an_inbox_that_vanishes_while_it_is_read_ends_with_5(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stick is pulled out in the second page: said as such, what was read stays, and with the stick the rest comes."""
    inbox, gone = folder / "inbox", folder / "gone"
    real = Folder.fetch

    def cut(self: Folder, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        for found in real(self, sightings):
            if "b01/" in found.sighting.place:
                inbox.rename(gone)
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(pull, "Folder", partial(Folder, page_size=3))
        patch.setattr(Folder, "fetch", cut)
        code, _out, said = run("pull")
    assert code == 5
    assert "DK-I03" in said
    assert "New: 2. Edited: 1. Already known: 0. Put aside: 1." in said
    gone.rename(inbox)

    code, document, _said = run("pull", "--json")
    pulled = json.loads(document)
    assert code == 0
    assert (pulled["new"], pulled["edited"], pulled["quarantined_new"], pulled["unchanged"]) == (3, 1, 0, 3)
    assert pulled["quarantine_open"] == 1
    assert run("verify")[0] == 0


@pytest.mark.skipif(os.name == "nt", reason="rights of folders are others there")
def test_an_inbox_that_may_not_be_read_ends_with_5(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never taken for an empty one."""
    real = os.scandir

    def refused(path: object = ".") -> object:
        if Path(str(path)).name == "inbox":
            raise PermissionError(errno.EACCES, "refused")
        return real(path)  # type: ignore[call-overload] # whatever it was called with

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refused)
        code, _out, said = run("pull")
    assert code == 5
    assert "DK-I02" in said


# --- full disks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "words"), [("en", "The disk is full"), ("fr", "Le disque est plein")])
def test_a_full_disk_is_said(run: Run, monkeypatch: pytest.MonkeyPatch, lang: str, words: str) -> None:
    """No room for the first sealed file: the sentence under its code, in the person's language; later it goes on."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fulldisk.stingy(0))
        code, _out, said = run("--lang", lang, "pull")
    assert code == 1
    assert "DK-S03" in said
    assert words in said

    assert run("pull")[0] in {0, 3}
    assert run("verify")[0] == 0


def test_the_lock_needs_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for the holder's name the lock is held all the same; without room for its file, that is said."""

    def full(*_given: object, **_named: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with hold(tmp_path, "pull"), pytest.raises(StoreLocked) as caught, hold(tmp_path, "verify"):
            pass
    assert caught.value.command == "?"
    assert not (tmp_path / HOLDER).exists()
    (tmp_path / LOCK).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        with pytest.raises(DiskFull), hold(tmp_path, "pull"):
            pass


@pytest.mark.slow
def test_pulls_on_small_disks_say_so_and_go_on(
    tmp_path: Path, short_pull: Bench, capsys: pytest.CaptureFixture[str], tell: Tell
) -> None:
    """The command itself on twenty real file systems, from not one free block to nearly enough."""
    if not fulldisk.can_mount(tmp_path):
        pytest.skip("small file systems may not be mounted here (it needs root)")

    def run(folder: Path, *words: str) -> int:
        return cli.main(["-C", str(folder / "w"), *words])

    needed_kb = fulldisk.room_needed_kb(short_pull, lambda folder: run(folder, "pull"))
    for room_kb in (number * needed_kb // 20 for number in range(20)):
        with fulldisk.on_disk(short_pull, room_kb) as folder:
            capsys.readouterr()
            assert run(folder, "pull") == 1, room_kb
            assert "DK-S03" in capsys.readouterr().err
            short_pull.check(folder, complete=False)
            fulldisk.enlarge(folder)
            assert run(folder, "pull") in {0, 3}
            assert run(folder, "verify") == run(folder, "rebuild", "--check") == 0
    tell("dikalo pull, full disk", f"20 of 20 sizes below {needed_kb} kB: DK-S03, 0 damaged")
