"""The folder server: layouts, links, hidden names, rights, disks pulled out, classrooms."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from sync_scripts.servers import folder as module
from sync_scripts.servers.base import (
    FileGone,
    Found,
    NotPossible,
    State,
    Unread,
)
from sync_scripts.servers.folder import Folder, SourceMissing, SourceUnreadable, SourceVanished
from sync_scripts.servers.plain_files import MARKER, ClassroomInside, marker
from tests.contract.contract import ServerContract, body, contents, sightings

links = pytest.mark.skipif(sys.platform == "win32", reason="links need a right on Windows")
rights = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="the system's administrator may read everything"
)


class FolderPlace:
    """A folder as a place of the contract."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root.mkdir()
        self.server = Folder(root, page_size=3)

    def put(self, name: str, content: bytes, files: dict[str, bytes]) -> None:
        """Lay one instance into the folder, the way a classroom does."""
        lay(self.root / "alert" / name / "submission.xml", content, files)

    def lose(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.root)

    def drop(self, name: str) -> None:
        """Take one instance away."""
        shutil.rmtree(self.root / "alert" / name)


def lay(xml: Path, content: bytes, files: dict[str, bytes] | None = None) -> None:
    """Write an instance and its files."""
    xml.parent.mkdir(parents=True, exist_ok=True)
    xml.write_bytes(content)
    for name, data in (files or {}).items():
        (xml.parent / name).write_bytes(data)
    os.utime(xml.parent, ns=(xml.parent.stat().st_mtime_ns + 10_000_000 * len(files or {}),) * 2)


def mark(root: Path, inbox: str = "0123456789abcdef") -> None:
    """Make a folder the inbox of a classroom."""
    root.mkdir(parents=True, exist_ok=True)
    (root / MARKER).write_text(json.dumps({"kind": "classroom", "id": inbox, "v": 1}), encoding="utf-8")


class TestServerContract(ServerContract):
    """The contract over a folder."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> FolderPlace:
        """Return an empty folder."""
        return FolderPlace(tmp_path / "source")


@pytest.mark.parametrize(
    ("path", "road", "state"),
    [
        ("alert/uuid1/submission.xml", "inbox", State.FINISHED),
        ("forms/Alerte/instances/uuid1/submission.xml", "briefcase", State.FINISHED),
        ("projects/p1/instances/A_2026-11-25_10-00-00/A_2026-11-25_10-00-00.xml", "phone", State.UNKNOWN),
        ("A_2026-11-25_10-00-00/A_2026-11-25_10-00-00.xml", "phone", State.UNKNOWN),
        ("submission.xml", "inbox", State.FINISHED),
    ],
)
def test_layouts_are_recognised(tmp_path: Path, path: str, road: str, state: State) -> None:
    """Classroom, Briefcase, phone and a single instance are found; a phone cannot tell drafts."""
    lay(tmp_path / path, body(1))
    server = Folder(tmp_path)
    (one,) = sightings(server)
    (found,) = server.fetch([one])

    assert one.road == road
    assert isinstance(found, Found)
    assert found.state is state


def test_a_blank_form_is_no_instance(tmp_path: Path) -> None:
    """Briefcase keeps the blank form in a directory of its name; other XML files lie around on phones."""
    lay(tmp_path / "forms" / "Alerte" / "Alerte.xml", b"<h:html/>")
    lay(tmp_path / "forms" / "Alerte" / "other.xml", b"<h:html/>")

    assert sightings(Folder(tmp_path)) == []


def test_hidden_names_are_left_out(tmp_path: Path) -> None:
    """What a classroom is still receiving, and what systems leave behind, is not seen."""
    lay(tmp_path / ".incoming" / "uuid1" / "submission.xml", body(1))
    lay(tmp_path / "alert" / "uuid2" / "submission.xml", body(2), {".hidden": b"x", "seen.jpg": b"y"})
    server = Folder(tmp_path)
    (one,) = sightings(server)

    assert [ref.name for ref in server.attachments(one.place)] == ["seen.jpg"]


@links
def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link on a stick cannot make us read something else of this machine."""
    secret = tmp_path / "elsewhere"
    lay(secret / "uuid1" / "submission.xml", body(1), {"secret.jpg": b"s"})
    root = tmp_path / "source"
    lay(root / "alert" / "uuid2" / "submission.xml", body(2))
    (root / "alert" / "linked").symlink_to(secret / "uuid1", target_is_directory=True)
    (root / "alert" / "uuid2" / "photo.jpg").symlink_to(secret / "uuid1" / "secret.jpg")
    (root / "alert" / "uuid3").mkdir()
    (root / "alert" / "uuid3" / "submission.xml").symlink_to(secret / "uuid1" / "submission.xml")
    server = Folder(root)

    assert contents(server) == [body(2)]
    (one,) = sightings(server)
    assert server.attachments(one.place) == ()


@links
def test_a_link_put_in_place_after_the_listing_is_refused(tmp_path: Path) -> None:
    """Between listing and reading, a file may be exchanged for a link."""
    lay(tmp_path / "s" / "alert" / "u" / "submission.xml", body(1), {"a.jpg": b"a"})
    server = Folder(tmp_path / "s")
    (one,) = sightings(server)
    (ref,) = server.attachments(one.place)
    for name in ("a.jpg", "submission.xml"):
        (tmp_path / "s" / "alert" / "u" / name).unlink()
        (tmp_path / "s" / "alert" / "u" / name).symlink_to(__file__)

    assert isinstance(next(server.fetch([one])), Unread)
    with pytest.raises(FileGone), server.open(ref):
        pass


@links
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    """What is no plain file is not read."""
    (tmp_path / "alert" / "u").mkdir(parents=True)
    os.mkfifo(tmp_path / "alert" / "u" / "submission.xml")

    assert sightings(Folder(tmp_path)) == []


@links
def test_a_name_that_is_no_text_is_survived(tmp_path: Path) -> None:
    """File names of old systems are bytes, not text."""
    odd = tmp_path / "alert" / os.fsdecode(b"\xff\xfe")
    lay(odd / "submission.xml", body(1), {os.fsdecode(b"\xe9.jpg"): b"x"})
    server = Folder(tmp_path)

    assert contents(server) == [body(1)]
    (ref,) = server.attachments(sightings(server)[0].place)
    assert ref.name == "\ufffd.jpg"
    with server.open(ref) as file:
        assert file.read() == b"x"


def test_a_handle_cannot_leave_the_folder(tmp_path: Path) -> None:
    """A handle with a path in it opens nothing outside the instance."""
    lay(tmp_path / "s" / "alert" / "u" / "submission.xml", body(1), {"a.jpg": b"a"})
    (tmp_path / "outside").write_bytes(b"secret")
    server = Folder(tmp_path / "s")
    (ref,) = server.attachments(sightings(server)[0].place)
    bad = type(ref)(place=ref.place, name="x", handle="../../../outside")

    with pytest.raises(FileGone), server.open(bad):
        pass


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A disk that was not plugged in is said, with the folder's name only in the sentence."""
    with pytest.raises(SourceMissing) as caught:
        sightings(Folder(tmp_path / "nowhere"))

    assert "nowhere" in caught.value.words()
    assert str(caught.value) == "DK-I01"


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    """A file is no source."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(SourceMissing):
        sightings(Folder(tmp_path / "file"))


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No right to read is an error with its own code, never an empty folder."""
    real = os.scandir

    def refuse(path: object) -> object:
        if Path(str(path)) == tmp_path:
            raise PermissionError(13, "no")
        return real(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceUnreadable):
        sightings(Folder(tmp_path))


def test_one_folder_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory inside that cannot be listed comes back as unread; the others are read."""
    lay(tmp_path / "alert" / "bad" / "submission.xml", body(1))
    lay(tmp_path / "alert" / "good" / "submission.xml", body(2))
    real = os.scandir

    def refuse(path: object) -> object:
        if Path(str(path)).name == "bad":
            raise PermissionError(13, "no")
        return real(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    server = Folder(tmp_path)
    found = list(server.fetch(sightings(server)))

    assert [type(one) for one in found] == [Unread, Found]
    assert server.count() == 2


def test_a_disk_pulled_out_while_reading(tmp_path: Path) -> None:
    """Another, empty folder under the same name is a disk pulled out, not an empty source."""
    for number in range(5):
        lay(tmp_path / "s" / "alert" / f"u{number}" / "submission.xml", body(number))
    server = Folder(tmp_path / "s", page_size=2)
    pages = server.pages(None)
    next(pages)
    (tmp_path / "s").rename(tmp_path / "gone")
    (tmp_path / "s").mkdir()

    with pytest.raises(SourceVanished):
        list(pages)


def test_an_instance_longer_than_the_limit_is_cut_where_the_reader_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A huge file is read up to one byte over the limit, so that it is known to be too long."""
    monkeypatch.setattr(module, "XML_LIMIT", 100)
    lay(tmp_path / "alert" / "u" / "submission.xml", b"x" * 1000)

    assert [len(one) for one in contents(Folder(tmp_path))] == [101]


def test_a_real_workspace_refuses_a_classroom(tmp_path: Path) -> None:
    """Invented data never enters a real register: not by the inbox, not by a folder in it or around it."""
    mark(tmp_path / "stick" / "inbox")
    lay(tmp_path / "stick" / "inbox" / "alert" / "u" / "submission.xml", body(1))

    for source in ("stick/inbox", "stick/inbox/alert", "stick"):
        with pytest.raises(ClassroomInside) as caught:
            sightings(Folder(tmp_path / source))
        assert caught.value.code == "DK-I06"
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": 3}', "[" * 100_000, "{}"])
def test_a_marker_that_cannot_be_read_still_marks(tmp_path: Path, text: str) -> None:
    """Damaging the marker does not make a classroom real."""
    (tmp_path / MARKER).write_text(text, encoding="utf-8")

    found = marker(tmp_path)
    assert found is not None
    assert found.id == ""
    with pytest.raises(ClassroomInside):
        sightings(Folder(tmp_path))


def test_a_demonstration_reads_a_classroom_and_its_times(tmp_path: Path) -> None:
    """The classroom's own server wrote the file, so its time is the time of arrival; a copy's is not."""
    mark(tmp_path)
    lay(tmp_path / "alert" / "u" / "submission.xml", body(1))
    lay(tmp_path / "p/instances/A_2026-11-25_10-00-00/A_2026-11-25_10-00-00.xml", body(2))
    server = Folder(tmp_path, classroom=True)
    found = [one for one in server.fetch(sightings(server)) if isinstance(one, Found)]

    assert [one.received_at is not None for one in found] == [True, False]
    assert server.origin == "inbox:0123456789abcdef"


def test_what_a_folder_cannot_do_is_said(tmp_path: Path) -> None:
    """A folder knows no roots."""
    with pytest.raises(NotPossible):
        Folder(tmp_path).again([("alert", "uuid:1")])
