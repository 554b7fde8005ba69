"""The inbox: where it may be, what marks it, and that no cut leaves anything half."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync_scripts.classroom import disk
from sync_scripts.classroom.errors import InboxBusy, InboxForeign, InboxInsideWorkspace, InboxUnusable
from sync_scripts.classroom.inbox import MARKER, NOTICE, Inbox, Kept, open_inbox
from sync_scripts.classroom.protocol import Envelope
from sync_scripts.classroom.running import Classroom
from sync_scripts.servers.base import Found, State
from sync_scripts.servers.folder import Folder
from sync_scripts.servers.plain_files import marker
from tests.classroom.conftest import tree
from tests.classroom.raw import Wire, body, filled

ONE = Envelope("mini", "uuid:11111111")


def put(inbox: Inbox, envelope: Envelope, files: dict[str, bytes], *, last: bool = True) -> Kept:
    """Keep one post with these files."""
    with inbox.receiving() as folder:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return inbox.keep(folder, envelope, last=last)


# --- where and what -----------------------------------------------------------------------------------------------------


def test_a_new_inbox_says_what_it_is_in_two_languages(tmp_path: Path) -> None:
    """A person who finds the folder learns that it is clear text; a program learns who made it."""
    inbox = open_inbox(tmp_path / "a" / "inbox")
    marker = json.loads((inbox.root / MARKER).read_text("utf-8"))
    notice = (inbox.root / NOTICE).read_text("utf-8-sig")

    assert marker == {"id": inbox.id, "kind": "classroom", "v": 1}
    assert len(inbox.id) == 32
    assert "clear text" in notice
    assert "en clair" in notice


def test_an_inbox_is_opened_again_with_what_it_holds(tmp_path: Path) -> None:
    """Its identity and its submissions outlast the day."""
    first = open_inbox(tmp_path / "inbox")
    put(first, ONE, {"submission.xml": b"<a/>"})
    second = open_inbox(tmp_path / "inbox")

    assert second.id == first.id
    assert [one.form for one in second.received()] == ["mini"]


@pytest.mark.parametrize("sign", ["dikalo.toml", "keys.json", "register.db"])
@pytest.mark.parametrize("below", [".", "inbox", "out/deep/inbox"])
def test_an_inbox_is_never_in_a_workspace(tmp_path: Path, sign: str, below: str) -> None:
    """Clear text does not lie beside the register, at any depth, whatever is left of the workspace."""
    (tmp_path / sign).touch()

    with pytest.raises(InboxInsideWorkspace) as refused:
        open_inbox(tmp_path / below)
    assert refused.value.workspace == str(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [sign]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_does_not_lead_into_a_workspace(tmp_path: Path) -> None:
    """The place that counts is the real one."""
    (tmp_path / "work" / "out").mkdir(parents=True)
    (tmp_path / "work" / "dikalo.toml").touch()
    (tmp_path / "link").symlink_to(tmp_path / "work" / "out")

    with pytest.raises(InboxInsideWorkspace):
        open_inbox(tmp_path / "link" / "inbox")


@pytest.mark.parametrize(
    "marker", [None, b"", b"{}", b"[]", b'{"kind":"other","id":"x"}', b'{"kind":"classroom","id":7}']
)
def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, marker: bytes | None) -> None:
    """Nothing is written into a folder that holds other things or another marker."""
    (tmp_path / "photo.jpg").write_bytes(b"x")
    if marker is not None:
        (tmp_path / MARKER).write_bytes(marker)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(InboxForeign):
        open_inbox(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    """The number of the system's error helps whoever is asked for help."""
    (tmp_path / "file").touch()

    with pytest.raises(InboxUnusable) as refused:
        open_inbox(tmp_path / "file" / "inbox")
    assert refused.value.errno == errno.ENOTDIR


def test_two_classrooms_never_share_an_inbox(tmp_path: Path) -> None:
    """The second one would throw away what the first is receiving."""
    first, second = open_inbox(tmp_path / "inbox"), open_inbox(tmp_path / "inbox")

    with first.in_use(), first.receiving() as arriving:
        with pytest.raises(InboxBusy), second.in_use():
            pass
        assert arriving.is_dir()
    with second.in_use():
        pass


def test_two_forms_may_use_one_identity(tmp_path: Path) -> None:
    """The form is part of the place, also while a submission waits for its last post."""
    inbox = open_inbox(tmp_path / "inbox")
    other = Envelope("other", ONE.instance_id)
    put(inbox, ONE, {"submission.xml": b"<a/>"}, last=False)

    assert put(inbox, other, {"submission.xml": b"<b/>"}) == Kept(new=True, complete=True)
    assert put(inbox, ONE, {"submission.xml": b"<a/>"}) == Kept(new=True, complete=True)


@pytest.mark.parametrize("form", ["../outside", "a/b", "con", ".hidden", "x" * 300, "a:b"])
def test_a_hostile_form_id_stays_in_the_inbox(tmp_path: Path, form: str) -> None:
    """A form brought by somebody may be called anything."""
    inbox = open_inbox(tmp_path / "inbox")
    put(inbox, Envelope(form, ONE.instance_id), {"submission.xml": b"<a/>"})

    assert [path.name for path in tmp_path.iterdir()] == ["inbox"]
    assert len(inbox.received()) == 1


# --- cuts -----------------------------------------------------------------------------------------------------------------


class Cut(BaseException):
    """The power goes; nothing that is written for errors may catch it."""


Step = Callable[[str, Path], None]


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch, step: Step) -> Iterator[None]:
    """Call ``step`` before every flush, rename, making and removing of a folder."""
    fsync, rename, mkdir, rmtree = os.fsync, Path.rename, Path.mkdir, shutil.rmtree

    def watched_fsync(descriptor: int) -> None:
        step("flush", Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    def watched_rename(self: Path, target: Path) -> Path:
        step("rename", target)
        return rename(self, target)

    def watched_mkdir(
        self: Path, mode: int = 0o777, *, parents: bool = False, exist_ok: bool = False
    ) -> None:
        step("mkdir", self)
        mkdir(self, mode, parents, exist_ok)

    def watched_rmtree(folder: Path, *, ignore_errors: bool) -> None:
        step("remove", folder)
        rmtree(folder, ignore_errors=ignore_errors)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", watched_fsync)
        patch.setattr(Path, "rename", watched_rename)
        patch.setattr(Path, "mkdir", watched_mkdir)
        patch.setattr(shutil, "rmtree", watched_rmtree)
        yield


linux = pytest.mark.skipif(sys.platform != "linux", reason="names of descriptors are read from /proc")
POSTS = (
    ({"1.jpg": b"one"}, False),
    ({"2.jpg": b"two"}, False),
    ({"3.jpg": b"three"}, True),
    ({"4.jpg": b"late"}, True),
)
XML = {"submission.xml": b"<a/>"}
WHOLE = XML | {name: content for files, _last in POSTS for name, content in files.items()}


def send_all(inbox: Inbox) -> None:
    """Send one submission in four posts, the last one late."""
    for files, last in POSTS:
        put(inbox, ONE, XML | files, last=last)


@linux
def test_a_cut_at_any_step_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each cut readers see a whole submission or none, and sending again completes it."""
    steps: list[str] = []
    with watched(monkeypatch, lambda what, _path: steps.append(what)):
        send_all(open_inbox(tmp_path / "undisturbed"))
    assert len(steps) > 25

    for stop in range(len(steps)):
        root = tmp_path / f"cut-{stop}"
        with watched(monkeypatch, _cutter(stop)), pytest.raises(Cut):
            send_all(open_inbox(root))
        seen = _submission(root)
        assert seen in ({}, WHOLE) or seen == {k: v for k, v in WHOLE.items() if k != "4.jpg"}, stop
        again = open_inbox(root)
        with again.in_use():
            send_all(again)
        assert _submission(root) == WHOLE
        assert not list((root / ".incoming").glob("[!.]*"))


def _cutter(stop: int) -> Step:
    """Return a step that cuts at the given one, and at every one after it, as a computer without power does."""
    left = stop

    def step(_what: str, _path: Path) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Cut

    return step


def _submission(root: Path) -> dict[str, bytes]:
    folder = root / "mini" / "uuid11111111"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


@linux
def test_bytes_are_on_the_disk_before_their_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file and its folder are flushed before the rename; both parents, and a new one's own parent, after it."""
    inbox = open_inbox(tmp_path / "inbox")
    done: list[tuple[str, str]] = []
    with watched(monkeypatch, lambda what, path: done.append((what, _plain(path, inbox.root)))):
        put(inbox, ONE, {"submission.xml": b"<a/>", "1.jpg": b"x"})
    rename = done.index(("rename", "mini/uuid11111111"))

    assert set(done[:rename]) >= {
        ("flush", "post/submission.xml"),
        ("flush", "post/1.jpg"),
        ("flush", "post"),
    }
    assert done.index(("mkdir", "mini")) < done.index(("flush", ".")) < rename
    assert done[rename + 1 :] == [("flush", "mini"), ("flush", ".incoming"), ("remove", "post")]


def _plain(path: Path, root: Path) -> str:
    """Name a place without what is drawn by lot."""
    parts = path.relative_to(root).parts
    return "/".join(("post", *parts[2:]) if parts[:1] == (".incoming",) and len(parts) > 1 else parts) or "."


@linux
def test_a_late_file_is_flushed_where_it_lands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a file that was added is made to last as well."""
    inbox = open_inbox(tmp_path / "inbox")
    put(inbox, ONE, XML)
    done: list[tuple[str, str]] = []
    with watched(monkeypatch, lambda what, path: done.append((what, _plain(path, inbox.root)))):
        put(inbox, ONE, XML | {"1.jpg": b"x"})

    place = "mini/uuid11111111"
    assert done[-3:] == [("rename", f"{place}/1.jpg"), ("flush", place), ("remove", "post")]


def test_unfinished_submissions_outlast_a_restart_and_broken_posts_do_not(tmp_path: Path) -> None:
    """Collect may go on with the next post; what broke off inside a post is sent again anyway."""
    inbox = open_inbox(tmp_path / "inbox")
    put(inbox, ONE, XML | {"1.jpg": b"one"}, last=False)
    (inbox.root / ".incoming" / "post-0").mkdir()
    (inbox.root / ".incoming" / "post-0" / "half").write_bytes(b"x")
    again = open_inbox(tmp_path / "inbox")
    with again.in_use():
        put(again, ONE, XML | {"2.jpg": b"two"})

    assert sorted(_submission(again.root)) == ["1.jpg", "2.jpg", "submission.xml"]
    assert not list((again.root / ".incoming").glob("[!.]*"))


# --- no space ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_full_disk_is_said_to_the_phone(
    room: Classroom, wire: Wire, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """The form stays on the phone, nothing is half, and sending again works once there is space."""
    content = body(filled(), ("film.mp4", bytes(size)))
    with monkeypatch.context() as patch:
        patch.setattr(disk, "new_file", lambda _path: os.open("/dev/full", os.O_WRONLY))
        answer = wire.post(content)

    assert answer.status == 507
    assert "DK-L31" in answer.text
    assert list(tree(room.inbox.root)) == [NOTICE]
    assert wire.post(content).status == 201


def test_a_disk_that_fails_to_flush_is_not_thanked_for(
    room: Classroom, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """201 means that the disk has it."""

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "CANARY")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        answer = wire.post(body(filled()))

    assert answer.status == 507
    assert "CANARY" not in answer.text
    assert list(tree(room.inbox.root)) == [NOTICE]


# --- who reads it -----------------------------------------------------------------------------------------------------------


def test_the_folder_server_reads_exactly_what_was_kept(room: Classroom, wire: Wire) -> None:
    """Whole submissions with their files and the marker's identity; nothing that is still arriving."""
    whole, waiting = filled(instance="uuid:11111111"), filled(instance="uuid:22222222")
    wire.post(body(whole, ("photo été.jpg", b"photo"), ("empty.amr", b"")))
    wire.post(body(waiting, ("1.jpg", b"x"), incomplete=True))
    source = Folder(room.inbox.root, classroom=True)
    (found,) = source.fetch(one for page in source.pages(None) for one in page.sightings)

    assert isinstance(found, Found)
    assert found.content == whole
    assert found.state is State.FINISHED
    assert {ref.name: ref.size for ref in source.attachments(found.sighting.place)} == {
        "photo été.jpg": 5,
        "empty.amr": 0,
    }
    assert source.count() == 1
    found_marker = marker(room.inbox.root)
    assert found_marker is not None
    assert found_marker.id == room.inbox.id
