"""Files of which a server does not say whether they are still the same: they stop nothing else, and are not taken for the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from sync_scripts.intake.notes import FileReplaced, FileUnread
from sync_scripts.intake.places import recheck
from sync_scripts.intake.places.table import MOVED
from sync_scripts.servers import inquiry
from sync_scripts.servers.http.errors import NoRight
from sync_scripts.store.schema import raw
from tests.contract import central_world
from tests.intake.scene import Scene, interrupted_at, uid
from tests.intake.test_servers import Far

FIRST, SECOND = b"first, invented", b"second, invented"
DEAD = pytest.mark.parametrize("status", [403, 405, 500])


@pytest.fixture
def far(one: Scene) -> Far:
    """Return a scene with a stand-in that holds three alerts with two files each, all of them taken."""
    made = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    for number in (1, 2, 3):
        made.send(number, "", {"a.csv": FIRST, "b.csv": FIRST})
    assert made.report().files_new == 6
    made.wait(30)
    return made


def put(far: Far, number: int, name: str) -> None:
    """Let somebody replace a file at the server."""
    far.world.find("alert", uid(number)).files[name] = SECOND


def dead(far: Far, *ends: str, status: int = 403) -> list[str]:
    """Let a server not say what these files are, for good; return what is asked for."""
    asked: list[str] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        if request.method != "HEAD" or not request.url.path.endswith(ends):
            return None
        asked.append(request.url.path)
        return httpx.Response(status)

    far.world.knob = knob
    return asked


def whole(far: Far) -> None:
    """Let the server answer everything again."""
    far.world.knob = lambda _request: None


def moved(far: Far) -> int:
    """Return how many places are to be looked at anew."""
    return sum(row["moved_ns"] == MOVED for row in far.scene.rows(raw.place))


@DEAD
def test_the_mark_of_one_file_that_cannot_be_had_stops_nothing_else(far: Far, status: int) -> None:
    """Others that were replaced are taken, of the same submission too; it is told of once, and asked about until it is said."""
    put(far, 1, "a.csv")
    put(far, 1, "b.csv")
    put(far, 2, "a.csv")
    asked = dead(far, f"{uid(1)}/attachments/a.csv", status=status)
    first = far.pull()
    tries = len(asked)
    far.wait(1)
    again = far.pull()
    whole(far)
    far.wait(1)
    last = far.report()

    assert (first.failure, again.failure) == (None, None)
    assert dict(first.report.notes) == {FileReplaced.code: 2, FileUnread.code: 1}
    assert dict(again.report.notes) == {FileUnread.code: 1}
    assert (first.report.needs_person, again.report.needs_person) == (True, True)
    assert (first.report.files_new, again.report.files_new, last.files_new) == (2, 0, 1)
    assert len(asked) == 2 * tries  # once a run, with all its tries
    assert dict(last.notes) == {FileReplaced.code: 1}
    assert moved(far) == 0


@DEAD
def test_a_file_of_which_nothing_was_said_is_asked_about_the_next_day(
    far: Far, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Whose ever turn it is then: a file that was replaced meanwhile stays hidden no longer than its server is silent."""
    monkeypatch.setattr(recheck, "AT_ONCE", 1)
    put(far, 1, "a.csv")
    asked = dead(far, f"{uid(1)}/attachments/a.csv", status=status)
    silent = far.pull()
    tries = len(asked)
    far.wait(30)
    still = far.pull()
    twice = len(asked)
    whole(far)
    far.wait(30)
    last = far.report()
    far.wait(30)

    assert (silent.failure, still.failure) == (None, None)
    assert dict(silent.report.notes) == dict(still.report.notes) == {FileUnread.code: 1}
    assert silent.report.needs_person
    assert twice == 2 * tries > 0
    assert (last.files_new, dict(last.notes)) == (1, {FileReplaced.code: 1})
    assert not far.report().needs_person


def test_the_last_of_all_is_asked_about_the_next_day_too(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Although the turn begins anew behind it."""
    monkeypatch.setattr(recheck, "AT_ONCE", 2)
    far.report()  # asks about 1 and 2
    far.wait(30)
    put(far, 3, "a.csv")
    dead(far, f"{uid(3)}/attachments/a.csv")
    silent = far.report()
    whole(far)
    far.wait(30)

    assert dict(silent.notes) == {FileUnread.code: 1}
    assert far.report().files_new == 1


def test_what_was_found_replaced_is_not_done_with_until_its_mark_is_said(far: Far) -> None:
    """The pull that found it was cut; the next ones are not told what it is, an hour apart."""
    put(far, 1, "a.csv")
    with interrupted_at("file.create"):
        far.pull()
    dead(far, "a.csv")
    found = []
    for _hour in range(2):
        far.wait(1)
        found.append((far.report().files_new, moved(far)))
    whole(far)
    far.wait(1)

    assert found == [(0, 1), (0, 1)]
    assert (far.report().files_new, moved(far)) == (1, 0)


@pytest.mark.parametrize("status", [403, 405])
def test_a_server_that_refuses_every_mark_ends_no_pull(
    far: Far, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Something before it lets no such question through: told of each, while everything else arrives."""
    monkeypatch.setattr(inquiry, "MOST_IN_A_ROW", 1)
    dead(far, ".csv", status=status)
    far.send(4, "", {"c.csv": FIRST})
    done = far.pull()

    assert (done.failure, done.report.new, done.report.files_new) == (None, 1, 1)
    assert done.report.needs_person
    assert dict(done.report.notes)[FileUnread.code] >= 4


def test_a_server_that_fails_at_every_mark_ends_no_pull(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers everything else: each is told of once a day, all are asked about, after the first few with one try."""
    monkeypatch.setattr(inquiry, "IN_A_ROW", 1)
    monkeypatch.setattr(inquiry, "MOST_IN_A_ROW", 1)
    asked = dead(far, ".csv", status=500)
    done = far.pull()
    once = {path: asked.count(path) for path in set(asked)}
    asked.clear()
    far.wait(1)
    calm = far.pull()

    assert (done.failure, calm.failure, asked) == (None, None, [])
    assert dict(done.report.notes)[FileUnread.code] == len(once) > 2
    assert min(once.values()) == 1


def test_a_list_that_is_refused_is_told_of(far: Far) -> None:
    """Of one submission alone; what was replaced meanwhile is found once the list is there."""
    put(far, 1, "a.csv")
    far.world.knob = _refused(f"{uid(1)}/attachments")
    done = far.pull()
    whole(far)
    far.wait(30)

    assert (done.failure, dict(done.report.notes)) == (None, {FileUnread.code: 1})
    assert far.report().files_new == 1


def test_of_a_form_that_cannot_be_read_no_file_is_asked_about(far: Far) -> None:
    """It is told as a form, not file by file, and has its turn once it can be read."""
    put(far, 1, "a.csv")
    far.world.knob = _refused("/attachments", ".svc/Submissions")
    done = far.pull()
    whole(far)
    far.wait(30)

    assert FileUnread.code not in dict(done.report.notes)
    assert isinstance(done.failure, NoRight)
    assert far.report().files_new == 1


def _refused(*ends: str) -> Callable[[httpx.Request], httpx.Response | None]:
    return lambda request: httpx.Response(403, json={}) if request.url.path.endswith(ends) else None
