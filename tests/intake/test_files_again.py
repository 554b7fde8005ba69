"""Files that somebody replaced or removed at the server after they were taken: noticed, kept, said, never lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sync_scripts.intake.notes import FileCleared, FileReplaced, FileUnread
from sync_scripts.intake.places import recheck
from sync_scripts.intake.places.table import MOVED
from sync_scripts.servers.central.shapes import Proved
from sync_scripts.servers.http.errors import AnswerCut
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.store import custody
from sync_scripts.store.schema import raw
from tests.contract import central_world, kobo_world
from tests.intake.scene import Scene, interrupted_at, uid
from tests.intake.test_servers import Far

FIRST, SECOND = b"\xff\xd8 first", b"\xff\xd8 second"


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with a stand-in that holds one alert with a photo, which is pulled already."""
    world: Any = (
        central_world.World(forms={"alert": []}) if request.param == "central" else kobo_world.World(cap=3)
    )
    world.now = one.now - timedelta(hours=2)
    made = Far(one, request.param, world)
    made.send(1, photo("p.jpg"), {"p.jpg": FIRST})
    assert made.report().files_new == 1
    made.wait(30)
    return made


def photo(name: str) -> str:
    """Return answers that announce a photo."""
    return f"<story><safe_to_photo>yes</safe_to_photo><photo>{name}</photo></story>"


def put(far: Far, content: bytes | None) -> None:
    """Let somebody replace the photo at the server, or remove it."""
    if far.kind == "central":
        far.world.find("alert", uid(1)).files["p.jpg"] = content
        return
    files = far.world.find(uid(1)).files
    for key, (name, data, _gone) in list(files.items()):
        files[key] = (name, data, True)
    if content is not None:
        files[f"att9{len(files)}"] = ("p.jpg", content, False)


def held(far: Far) -> list[tuple[Any, ...]]:
    """Return state, whether it follows another, and whether the server has it no more, of each file here."""
    return [
        (row["state"], row["follows"] is not None, (row["mark"] or "").startswith("gone:"))
        for row in sorted(far.scene.rows(raw.attachment), key=lambda row: row["follows"] or "")
    ]


def lines(far: Far, key: str) -> list[Any]:
    """Return what the chain says under a key."""
    with far.scene.register.reading() as rows:
        details = [line.entry["details"] for line in custody.read(rows)]
    return [one[key] for one in details if key in one]


def test_a_file_replaced_at_the_server_is_kept_beside_the_first(far: Far) -> None:
    """Both are here, in the chain, and a person is told once."""
    put(far, SECOND)
    report = far.report()
    far.wait(30)
    again = far.report()

    assert dict(report.notes)[FileReplaced.code] == 1
    assert report.needs_person
    assert sorted(far.scene.opened("file")) == [FIRST, SECOND]
    assert held(far) == [("held", False, False), ("held", True, False)]
    assert len(lines(far, "replaced")) == 1
    assert (again.files_new, again.needs_person) == (0, False)


def test_a_file_that_goes_back_to_what_it_was_brings_nothing(far: Far) -> None:
    """What is held already is not taken again."""
    put(far, SECOND)
    far.report()
    far.wait(30)
    put(far, FIRST)
    report = far.report()

    if far.kind == "central":
        assert report.files_new == 0
    assert sorted({*far.scene.opened("file")}) == [FIRST, SECOND]


def test_a_file_removed_at_the_server_stays_here(far: Far) -> None:
    """Marked, in the chain, and a person is told once."""
    put(far, None)
    report = far.report()
    far.wait(30)
    again = far.report()

    assert dict(report.notes)[FileCleared.code] == 1
    assert report.needs_person
    assert far.scene.opened("file") == [FIRST]
    assert held(far) == [("held", False, True)]
    assert lines(far, "problem") == [FileCleared.code]
    assert not again.needs_person


def test_a_file_that_is_back_loses_its_mark(far: Far) -> None:
    """Central knows the bytes by their own mark; nothing is taken twice."""
    put(far, None)
    far.report()
    far.wait(30)
    if far.kind == "central":
        put(far, FIRST)
    else:
        files = far.world.find(uid(1)).files
        for key, (name, data, _gone) in list(files.items()):
            files[key] = (name, data, False)
    report = far.report()

    assert report.files_new == 0
    assert held(far) == [("held", False, False)]


def test_a_file_that_was_found_replaced_is_taken_although_the_pull_was_cut_before_it(far: Far) -> None:
    """By the very next pull, an hour later, not by the comparison of the next day."""
    put(far, SECOND)
    with interrupted_at("file.create"):
        far.pull()
    far.wait(1)

    assert far.report().files_new == 1
    assert sorted(far.scene.opened("file")) == sorted([FIRST, SECOND])
    assert MOVED not in {row["moved_ns"] for row in far.scene.rows(raw.place)}


def test_a_file_that_seemed_to_be_gone_for_a_moment_leaves_no_doubt(one: Scene) -> None:
    """The server answers 404 about its files while they are compared, and then no more: the next pull looks again."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1, photo("p.jpg"), {"p.jpg": FIRST})
    far.report()
    far.wait(30)
    far.world.knob = lambda asked: httpx.Response(404) if "/attachments" in asked.url.path else None
    far.pull()
    far.world.knob = lambda _asked: None
    far.wait(1)
    far.report()

    assert held(far) == [("held", False, False)]
    assert {row["moved_ns"] for row in far.scene.rows(raw.place)}.isdisjoint({MOVED})


def test_a_submission_that_went_away_while_its_files_were_compared_ends_no_pull(one: Scene) -> None:
    """Its form deleted or closed at the server, or it alone since the list was read: 404 at its files, at every pull."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1, photo("p.jpg"), {"p.jpg": FIRST})
    far.report()
    far.world.knob = lambda asked: httpx.Response(404) if "/attachments" in asked.url.path else None
    far.wait(30)

    assert far.pull().failure is None
    assert held(far) == [("held", False, False)]


def test_one_answer_that_is_out_of_order_keeps_no_other_from_its_turn(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said, tried again in its turn; a file that was replaced at the server is found the next day although the other stays broken."""
    monkeypatch.setattr(recheck, "AT_ONCE", 1)
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    for number in (1, 2):
        far.send(number, photo("p.jpg"), {"p.jpg": FIRST})
    far.report()
    broken = f"{uid(2)}/attachments"
    far.world.knob = lambda asked: httpx.Response(500) if broken in asked.url.path else None
    far.wait(30)
    second = far.pull()  # the first pull had asked about the first submission
    far.world.find("alert", uid(1)).files["p.jpg"] = SECOND
    found = 0
    for _day in range(2):
        far.wait(30)
        found += far.report().files_new

    assert second.failure is None
    assert dict(second.report.notes)[FileUnread.code] == 1
    assert found == 1


def test_a_server_that_lists_no_files_ends_no_pull(one: Scene) -> None:
    """It answers everything else: told once a day of each, and what comes otherwise still comes."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    for number in (1, 2):
        far.send(number, photo("p.jpg"), {"p.jpg": FIRST})
    far.report()
    far.world.knob = lambda asked: httpx.Response(500) if "/attachments" in asked.url.path else None
    far.wait(30)
    far.send(3)
    done = far.pull()
    far.wait(1)
    later = far.pull()

    assert (done.failure, done.report.new) == (None, 1)
    assert dict(done.report.notes)[FileUnread.code] >= 2
    assert later.failure is None


def test_a_dry_run_says_it_once_and_writes_nothing(far: Far) -> None:
    """Although it looks at the submission twice."""
    put(far, None)
    before = far.scene.dump()
    notes = dict(far.pull(dry_run=True).report.notes)

    assert far.scene.dump() == before
    assert notes[FileCleared.code] == 1


def test_every_submission_has_its_turn(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two a day: the third is asked about on the second day, and a replaced file there is found."""
    monkeypatch.setattr(recheck, "AT_ONCE", 2)
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    for number in (1, 2, 3):
        far.send(number, photo("p.jpg"), {"p.jpg": FIRST})
    far.report()  # asks about 1 and 2
    far.world.find("alert", uid(3)).files["p.jpg"] = SECOND
    far.wait(30)
    second = far.report()  # 3
    far.world.find("alert", uid(1)).files["p.jpg"] = SECOND
    far.wait(30)
    third = far.report()  # 1 and 2

    assert dict(second.notes)[FileReplaced.code] == dict(third.notes)[FileReplaced.code] == 1


def test_a_server_that_says_nothing_of_its_files_is_no_alarm(one: Scene) -> None:
    """One of before, without ETag: nothing is noticed, nothing is wrong."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    real = far.world._route

    def bare(request: httpx.Request) -> httpx.Response | None:
        if "/attachments/" not in request.url.path:
            return None
        said: httpx.Response = real(request)
        said.headers.pop("etag", None)
        return said

    far.world.knob = bare
    far.send(1, photo("p.jpg"), {"p.jpg": FIRST})
    far.report()
    far.wait(30)
    put(far, SECOND)

    assert not far.report().needs_person


def test_the_marks_tell_nothing_of_the_bytes(far: Far) -> None:
    """What a server says of a file is a hash of it; four signs of a keyed one are kept."""
    (row,) = far.scene.rows(raw.attachment)

    assert len(row["mark"]) == 4


class Pieces:
    """A body of some bytes."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def read(self, size: int = -1, /) -> bytes:
        """Return some of it."""
        size = len(self._left) if size < 0 else size
        found, self._left = self._left[:size], self._left[size:]
        return found


def test_bytes_that_are_not_those_announced_are_refused() -> None:
    """One wrong byte on the way is noticed at the end, however it is read."""
    good = "900150983cd24fb0d6963f7d28e17f72"

    assert Proved(Pieces(b"abc"), good, "s").read() == b"abc"
    assert Proved(Pieces(b"abd"), "", "s").read() == b"abd"
    with pytest.raises(AnswerCut):
        Proved(Pieces(b"abd"), good, "s").read()
    cut = Proved(Pieces(b"ab"), good, "s")
    assert cut.read(2) == b"ab"
    with pytest.raises(AnswerCut):
        cut.read(2)


def test_a_file_that_no_answer_announces_is_taken_although_the_pull_was_cut_before_it(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the cursor by now, and nothing awaits it by name: the next comparison finds that nobody looked."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    monkeypatch.setattr(kobo_source, "OVERLAP", timedelta(seconds=-1))
    far.world.cap = 1
    for number in (3, 2):
        far.send(number, "", {"audit.csv": b"event,node"})
        far.wait(1)
    with interrupted_at("file.create"):
        far.pull()
    far.wait(30)
    far.report()
    outcomes = {(row["state"], row["reason"]) for row in far.scene.rows(raw.place)}

    assert far.scene.opened("file").count(b"event,node") == 2
    assert outcomes == {("stored", None)}


def test_what_came_before_a_cut_is_not_fetched_again(far: Far) -> None:
    """Three files of one batch, the server gone at the third: two are held, and only the third is asked for again."""
    names = ("a.csv", "b.csv", "c.csv")
    far.send(2, "", {name: name.encode() * 9 for name in names})
    asked: list[str] = []
    gone = [True]

    def ends(request: httpx.Request) -> httpx.Response | None:
        if request.method == "GET" and re.search("/attachments/.", request.url.path) is not None:
            asked.append(request.url.path)
        return httpx.Response(502) if gone[0] and len(set(asked)) == 3 else None

    far.world.knob = ends
    assert far.pull().failure is not None
    third = list(dict.fromkeys(asked))[2:]
    asked.clear()
    gone[0] = False

    assert far.report().files_new == 1
    assert asked == third
    assert sorted(far.scene.opened("file")) == sorted([FIRST, *(name.encode() * 9 for name in names)])


def test_a_central_that_keeps_its_files_in_a_store_shows_a_replaced_one(one: Scene) -> None:
    """It leads there without an ETag, and by a name that ends with the SHA-1 of the bytes: as good."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.world.store = True
    far.send(1, photo("p.jpg"), {"p.jpg": FIRST})
    far.report()
    far.wait(30)
    same = far.report()
    put(far, SECOND)
    far.wait(30)
    replaced = far.report()
    far.wait(30)
    again = far.report()

    assert (dict(same.notes), same.files_new) == ({}, 0)
    assert dict(replaced.notes)[FileReplaced.code] == 1
    assert sorted(far.scene.opened("file")) == [FIRST, SECOND]
    assert (dict(again.notes), again.files_new) == ({}, 0)


def test_a_file_that_was_moved_to_a_store_is_known_by_its_new_name_from_then_on(one: Scene) -> None:
    """The first look after the move learns it and alarms nobody; a file replaced after that is found."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1, photo("p.jpg"), {"p.jpg": FIRST})
    far.report()
    far.world.store = True
    far.wait(30)
    moved = far.report()
    (mark,) = [row["mark"] for row in far.scene.rows(raw.attachment)]
    put(far, SECOND)
    far.wait(30)
    replaced = far.report()

    assert (dict(moved.notes), moved.files_new) == ({}, 0)
    assert mark.startswith("s:")
    assert len(mark) == len("s:") + 4
    assert dict(replaced.notes)[FileReplaced.code] == 1
    assert sorted(far.scene.opened("file")) == [FIRST, SECOND]


def test_bytes_of_a_store_that_are_others_are_refused(one: Scene) -> None:
    """Their SHA-1 is not the one that the server names: not taken, asked for again."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.world.store = True
    far.send(1, photo("p.jpg"), {"p.jpg": FIRST})
    far.world.knob = lambda request: (
        httpx.Response(200, content=SECOND) if request.url.host == central_world.STORE else None
    )
    first = far.report()
    far.world.knob = lambda _request: None
    second = far.report()

    assert (first.files_new, second.files_new) == (0, 1)
    assert far.scene.opened("file") == [FIRST]
