"""The files beside submissions: taken once, sealed, awaited, refused; whatever their names."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from unicodedata import normalize

import msgspec
import pytest

from sync_scripts.intake.receive.split import hostile
from sync_scripts.servers.folder import Folder
from sync_scripts.store.schema import raw
from sync_scripts.store.seal.sealed_files import path_of
from tests.intake.scene import VERSION, Scene, alert, uid

PHOTO = "<story><safe_to_photo>yes</safe_to_photo><photo>{name}</photo></story>"


def states(scene: Scene) -> list[str]:
    """Return the state of every file."""
    return sorted(row["state"] for row in scene.rows(raw.attachment))


def notes(scene: Scene) -> dict[str, int]:
    """Pull and return what was noted."""
    return dict(scene.pull().notes)


def test_a_file_is_sealed_under_the_hash_of_its_sealed_bytes(both: Scene) -> None:
    """The photo opens again with the vault, its name is sealed, nothing of it lies in the clear."""
    blob = bytes(range(256)) * 2000
    both.lay("a", alert(1, PHOTO.format(name="IMG_secret.jpg")), {"IMG_secret.jpg": blob})
    report = both.pull()
    (row,) = both.rows(raw.attachment)

    assert (report.files_new, report.files_waiting) == (1, 0)
    assert (row["state"], row["size"], row["question"]) == ("held", len(blob), "story/photo")
    assert hashlib.sha256(path_of(both.register.folder, row["file"]).read_bytes()).hexdigest() == row["file"]
    assert "IMG_secret" not in str(both.dump("sealed_item", "key_page"))
    assert both.opened("file") == [blob]
    (part,) = both.opened("filepart")
    assert msgspec.json.decode(part)["name"] == "IMG_secret.jpg"
    assert sum('"RECEIVED"' in line["line"] for line in both.rows(raw.custody)) == 2


def test_a_late_file_is_taken_at_the_next_pull(both: Scene) -> None:
    """A phone sends its photo in a second post; nothing else about the submission moves."""
    folder = both.lay("a", alert(1, PHOTO.format(name="p.jpg")))
    first = both.pull()
    still = both.pull()
    (folder / "p.jpg").write_bytes(b"photo")
    late = both.pull()

    assert (first.files_new, first.files_waiting, dict(first.notes)) == (0, 1, {"DK-I30": 1})
    assert not first.needs_person
    assert (still.files_waiting, dict(still.notes), still.repeats) == (1, {}, 0)
    assert (late.files_new, late.files_waiting, late.new, late.repeats) == (1, 0, 0, 0)
    assert both.opened("file") == [b"photo"]
    assert both.pull().unchanged == 1


def test_a_late_file_on_a_system_that_moves_no_stamp_is_taken_too(one: Scene) -> None:
    """A stick in an old format does not move the time of a folder; what is awaited is looked for anyway."""
    folder = one.lay("a", alert(1, PHOTO.format(name="p.jpg")))
    before = folder.stat().st_mtime_ns
    one.pull()
    (folder / "p.jpg").write_bytes(b"photo")
    os.utime(folder, ns=(before, before))

    assert one.pull().files_new == 1


def test_an_empty_file_is_said_once_and_taken_when_it_has_grown(both: Scene) -> None:
    """A copy that was cut off is no photo."""
    folder = both.lay("a", alert(1, PHOTO.format(name="p.jpg")), {"p.jpg": b""})
    first = both.pull()
    second = both.pull()

    assert (dict(first.notes), first.needs_person, states(both)) == ({"DK-I31": 1}, True, ["empty"])
    assert (dict(second.notes), second.needs_person, second.files_waiting) == ({}, False, 1)
    (folder / "p.jpg").write_bytes(b"photo")
    assert both.pull().files_new == 1
    assert states(both) == ["held"]


def test_a_file_over_the_limit_stays_where_it_is(both: Scene) -> None:
    """It is written down as refused, said once, and everything else comes in."""
    both.lay("a", alert(1, PHOTO.format(name="p.jpg")), {"p.jpg": b"x" * 1001, "q.jpg": b"x" * 1000})
    first = both.pull(file_limit=1000)
    second = both.pull(file_limit=1000)

    assert (dict(first.notes), first.files_new, first.needs_person) == ({"DK-I32": 1}, 1, True)
    assert states(both) == ["held", "refused"]
    assert (dict(second.notes), second.needs_person, second.files_waiting) == ({}, False, 0)


def test_a_file_that_grows_while_it_is_read_is_stopped(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the source says of the size is not believed."""
    real = Folder.attachments
    monkeypatch.setattr(
        Folder,
        "attachments",
        lambda self, place: tuple(replace(ref, size=10) for ref in real(self, place)),
    )
    one.lay("a", alert(1, PHOTO.format(name="p.jpg")), {"p.jpg": b"x" * 5000})

    assert dict(one.pull(file_limit=1000).notes) == {"DK-I32": 1}
    assert states(one) == ["refused"]
    assert one.count(raw.sealed_item, raw.sealed_item.c.file.is_not(None)) == 0
    assert not list(one.register.folder.rglob("*.age"))


HOSTILE = [
    "../../etc/passwd",
    "..\\x.jpg",
    "C:x.jpg",
    "con.txt",
    "LPT1.jpg",
    "COM².jpg",
    "conin$.jpg",
    "a\u202egpj.exe",
    "x" * 300,
    ".hidden",
    "a. ",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_in_an_answer_is_said_and_not_waited_for(one: Scene, name: str) -> None:
    """No name is ever a path; such a one is noted, the submission is taken."""
    one.lay("a", alert(1, PHOTO.format(name=name)))
    report = one.pull()

    assert hostile(name.strip())
    assert (report.new, report.files_waiting, dict(report.notes)) == (1, 0, {"DK-I33": 1})


@pytest.mark.parametrize("name", ["con.txt", "a\u202egpj.exe", "x:y.jpg"])
def test_a_file_with_a_hostile_name_is_kept_under_its_hash(one: Scene, name: str) -> None:
    """Where the system allows such a name, the file is evidence like any other."""
    one.lay("a", alert(1), {name: b"photo"})
    report = one.pull()

    assert dict(report.notes) == {"DK-I33": 1}
    assert one.opened("file") == [b"photo"]
    assert all(len(path.stem) == 64 for path in one.register.folder.rglob("*.age"))


@pytest.mark.parametrize("name", ["photo.jpg", "1795066921111.amr", "é à.png", "signature (2).png", "a.b.c"])
def test_an_ordinary_name_is_not_hostile(name: str) -> None:
    """What phones give is not complained about."""
    assert not hostile(name)


def test_two_files_of_one_name_are_said_and_the_first_is_taken(one: Scene) -> None:
    """One accent, written in two ways, makes two files of the same name."""
    name = "é.jpg"
    one.lay("a", alert(1), {normalize("NFC", name): b"1", normalize("NFD", name): b"2"})
    report = one.pull()

    assert (report.files_new, dict(report.notes), report.needs_person) == (1, {"DK-I34": 1}, True)


def test_two_answers_that_name_one_file_are_said(one: Scene) -> None:
    """Two questions cannot share a file."""
    story = "<story><voice>a.amr</voice><photo>a.amr</photo></story>"
    one.lay("a", alert(1, story), {"a.amr": b"1"})
    report = one.pull()

    assert (report.files_new, dict(report.notes)) == (1, {"DK-I34": 1})
    assert states(one) == ["held"]


def test_a_file_that_no_answer_names_is_kept_too(both: Scene) -> None:
    """The file of timings and what somebody laid beside are sealed like everything."""
    both.lay("a", alert(1, meta="<audit>audit.csv</audit>"), {"audit.csv": b"t", "extra.txt": b"e"})
    report = both.pull()

    assert (report.files_new, report.files_waiting) == (2, 0)
    assert {row["question"] for row in both.rows(raw.attachment)} == {"meta/audit", None}


def test_a_copy_of_the_phone_brings_the_missing_file(both: Scene) -> None:
    """The classroom got no photo; the phone, copied later, still has it. It is taken once."""
    content = alert(1, PHOTO.format(name="p.jpg"))
    both.lay("a", content)
    both.pull()
    both.phone("A_2026-11-24_10-00-00", content, {"p.jpg": b"photo"})
    report = both.pull()

    assert (report.repeats, report.files_new, report.files_waiting) == (1, 1, 0)
    assert both.opened("file") == [b"photo"]


def test_the_same_file_at_two_places_of_one_pull_is_taken_once(one: Scene) -> None:
    """Two copies on one page do not seal the photo twice."""
    content = alert(1, PHOTO.format(name="p.jpg"))
    one.lay("a", content, {"p.jpg": b"photo"})
    one.phone("A_2026-11-24_10-00-00", content, {"p.jpg": b"photo"})

    assert one.pull().files_new == 1
    assert len(one.opened("file")) == 1


def test_a_photo_of_a_victim_goes_with_the_victim(one: Scene) -> None:
    """What is asked inside a person's repetition is opened and erased with that person."""
    one.know_media()
    answers = (
        f"<victims><victim_uid>u1</victim_uid><victim_sex>f</victim_sex><face>f.jpg</face></victims>"
        f"<dikalo_form>case</dikalo_form><dikalo_version>{VERSION}m</dikalo_version>"
    )
    content = f'<data id="case" version="1">{answers}<meta><instanceID>{uid(5)}</instanceID></meta></data>'
    one.lay("c", content.encode(), {"f.jpg": b"photo"}, form="case")
    one.pull()
    (row,) = one.rows(raw.attachment)
    (scope,) = one.rows(raw.scope, raw.scope.c.id == row["scope"])

    assert (scope["kind"], scope["row"], row["state"]) == ("person", "person:u1", "held")


def test_a_file_that_goes_away_is_tried_again(both: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between listing and reading a file may vanish: said, the rest is stored, the next pull takes it."""
    folder = both.lay("a", alert(1, PHOTO.format(name="p.jpg")), {"p.jpg": b"photo", "q.jpg": b"other"})
    real = Folder.attachments

    def vanish(self: Folder, place: str) -> object:
        refs = real(self, place)
        (folder / "p.jpg").unlink(missing_ok=True)
        return refs

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "attachments", vanish)
        first = both.pull()
    (folder / "p.jpg").write_bytes(b"photo")
    second = both.pull()

    assert (first.files_new, dict(first.notes), first.needs_person) == (1, {"DK-I35": 1}, True)
    assert (second.files_new, second.files_waiting) == (1, 0)
    assert sorted(both.opened("file")) == [b"other", b"photo"]


def test_files_are_stored_a_few_at_a_time(one: Scene) -> None:
    """A cut costs at most one small batch."""
    one.lay("a", alert(1), {f"f{number:02}.jpg": bytes([number]) for number in range(40)})
    report = one.pull()

    assert report.files_new == 40
    assert one.count(raw.key_page) == 1 + 3
