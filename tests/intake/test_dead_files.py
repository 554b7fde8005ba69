"""Files in the clear that a server lists and never hands over, or that are larger than any photo: they stop nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sync_scripts.intake.notes import FileTooLarge, FileUnread, NotAskedFor
from sync_scripts.intake.receive.files import Files
from sync_scripts.servers import inquiry
from sync_scripts.servers.http import FILE_LIMIT
from sync_scripts.store.errors import DatabaseUnreachable
from sync_scripts.store.schema import raw
from tests.contract import central_world, kobo_world
from tests.intake.scene import Scene, uid
from tests.intake.test_servers import Far

NAMES = ("a.csv", "b.csv", "c.csv")
LARGE = {"Content-Length": str(FILE_LIMIT + 1), "Content-Type": "application/octet-stream"}


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with a stand-in that holds an alert with three files, and two alerts after it."""
    world: Any = (
        central_world.World(forms={"alert": []}) if request.param == "central" else kobo_world.World(cap=2)
    )
    world.now = one.now - timedelta(hours=2)
    made = Far(one, request.param, world)
    made.send(1, "", {name: name.encode() * 9 for name in NAMES})
    for number in (2, 3):
        made.wait(0.1)
        made.send(number, "", {"d.csv": b"d" * number})
    return made


def lose(far: Far, name: str, status: int, number: int = 1) -> list[str]:
    """Let a server list a file and not hand it over, for good (200 = announce too many bytes); return what is asked for."""
    asked: list[str] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path.rstrip("/")
        if re.search("/attachments/.", path) is None or request.method != "GET":
            return None
        asked.append(path)
        if far.kind == "central":
            hit = path.endswith(f"/{uid(number)}/attachments/{name}")
        else:
            row = far.world.find(uid(number))
            hit = any(f"/attachments/{one}" in path for one, held in row.files.items() if held[0] == name)
        if not hit:
            return None
        if status == 200:
            return httpx.Response(200, headers=LARGE, content=b"x")
        return httpx.Response(status, json={})

    far.world.knob = knob
    return asked


def states(far: Far) -> list[str]:
    """Return how the files stand here."""
    return sorted(row["state"] for row in far.scene.rows(raw.attachment))


def shown(asked: list[str]) -> int:
    """Return how many files were asked for, each counted once."""
    return len(set(asked))


def test_files_that_the_register_could_not_take_are_taken_by_the_next_pull(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its database went away between the photos and their rows: nothing says that they are here."""
    with monkeypatch.context() as patch:
        patch.setattr(Files, "_row", gone)
        failed = far.pull()
    after = far.pull()

    assert isinstance(failed.failure, DatabaseUnreachable)
    assert failed.report.files_new == 0
    assert after.failure is None
    assert states(far) == ["held"] * 5


def gone(*_anything: object) -> None:
    """Fail as a PostgreSQL does that is no longer there."""
    raise DatabaseUnreachable(state="-")


@pytest.mark.parametrize("status", [403, 404, 414, 500])
def test_a_file_that_is_never_handed_over_stops_nothing_else(far: Far, status: int) -> None:
    """The others are kept at once and not fetched again; each pull tells of it once; what comes later is taken."""
    asked = lose(far, "b.csv", status)
    first = far.pull()
    once = shown(asked)
    for number in (4, 5):
        far.send(number, "", {"d.csv": b"d" * number})
    far.wait(25)
    asked.clear()
    second = far.pull()
    again = shown(asked)
    far.world.knob = lambda _request: None
    far.wait(25)
    last = far.report()

    assert (first.failure, second.failure) == (None, None)
    assert first.report.needs_person
    assert second.report.needs_person
    assert dict(first.report.notes) == dict(second.report.notes) == {FileUnread.code: 1}
    assert (once, first.report.files_new) == (5, 4)
    assert (again, second.report.files_new) == (3, 2)
    assert (last.files_new, last.needs_person) == (1, False)
    assert states(far) == ["held"] * 7


def test_a_file_announced_larger_than_any_answer_stops_nothing_else(far: Far) -> None:
    """Said in words, once, as of any file over the limit; it stands as refused, and no pull reads it again."""
    asked = lose(far, "b.csv", 200)
    first = far.pull()
    far.send(4, "", {"d.csv": b"dddd"})
    far.wait(25)
    asked.clear()
    second = far.pull()

    assert (first.failure, second.failure) == (None, None)
    assert dict(first.report.notes) == {FileTooLarge.code: 1}
    assert (first.report.needs_person, first.report.files_new) == (True, 4)
    assert (dict(second.report.notes), second.report.files_new, shown(asked)) == ({}, 1, 1)
    assert states(far) == ["held"] * 5 + ["refused"]


def test_a_list_of_files_that_cannot_be_had_stops_nothing_else(one: Scene) -> None:
    """Of one submission alone, at a Central; asked for at each pull, and told of."""
    made = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    made.send(1, "", {"a.csv": b"a"})
    made.wait(0.1)
    made.send(2, "", {"d.csv": b"d"})
    made.world.knob = lambda request: (
        httpx.Response(403, json={}) if request.url.path.endswith(f"/{uid(1)}/attachments") else None
    )
    first = made.pull()
    made.world.knob = lambda _request: None
    made.wait(25)
    last = made.report()

    assert (first.failure, first.report.files_new) == (None, 1)
    assert dict(first.report.notes) == {FileUnread.code: 1}
    assert last.files_new == 1


def test_many_dead_files_keep_no_submission_away(far: Far) -> None:
    """The store of the files is out of reach, everything else answers: all submissions come, and all files once it is back."""
    for number in range(4, 34):
        far.send(number, "", {"d.csv": b"d" * number})
    asked: list[str] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        if re.search("/attachments/.", request.url.path) is None:
            return None
        asked.append(request.url.path)
        return httpx.Response(500, json={})

    far.world.knob = knob
    done = far.pull()
    far.world.knob = lambda _request: None
    far.wait(25)

    assert (done.failure, done.report.new, done.report.needs_person) == (None, 33, True)
    assert len(asked) <= 20 * 5 + 3 * 40
    assert far.report().files_new == 35


def test_of_files_that_are_not_handed_over_no_more_are_asked_for_than_bearable(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait, the pull says how many and ends with 3; what stands behind comes in one of the next pulls."""
    monkeypatch.setattr(inquiry, "MOST_IN_A_ROW", 2)
    if far.kind == "kobo":
        far.world.cap = 100
    for number in range(4, 9):
        far.send(number, "", {"d.csv": b"d" * number})
    dead = {uid(number) for number in (1, 2, 3, 4)}

    def knob(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path
        if re.search("/attachments/.", path) is None or request.method != "GET":
            return None
        if far.kind == "central":
            hit = any(f"/{one}/" in path for one in dead)
        else:
            hit = any(f"/data/{far.world.find(one).number}/" in path for one in dead)
        return httpx.Response(500, json={}) if hit else None

    far.world.knob = knob
    first = far.pull()
    found = [first.report.files_new]
    for _time in range(12):
        far.wait(25)
        found.append(far.report().files_new)
    far.world.knob = lambda _request: None
    far.wait(25)
    last = far.report().files_new

    assert (first.failure, first.report.new, first.report.needs_person) == (None, 8, True)
    assert dict(first.report.notes)[NotAskedFor.code] > 0
    assert sum(found) == 4
    assert last == 6


def test_a_server_that_goes_down_keeps_what_came(far: Far) -> None:
    """From the third file on it answers nothing any more: the two before are not fetched again."""
    far.delete(2)
    far.delete(3)
    down: list[str] = []
    asked: list[str] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        if re.search("/attachments/.", request.url.path) is not None and request.method == "GET":
            asked.append(request.url.path)
            if len(set(asked)) == 3:
                down.append(request.url.path)
        return httpx.Response(502) if down else None

    far.world.knob = knob
    done = far.pull()
    far.world.knob = lambda _request: None
    held = states(far)

    assert done.failure is not None
    assert done.failure.exit_code == 5
    assert (held, shown(asked)) == (["held", "held"], 3)
    assert far.report().files_new == 1
