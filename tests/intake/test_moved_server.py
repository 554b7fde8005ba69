"""Another server or project under a name: nothing new is missed there, and what the first one held is not taken for deleted."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from sync_scripts.config.settings import ServerNameTaken
from sync_scripts.errors import Unreachable
from sync_scripts.intake.completeness.sweeping import Sweeper
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import BackAtServer, GoneAtServer, ServerMoved, TooManyGone
from sync_scripts.intake.places import moved_server
from sync_scripts.intake.pull import pull
from sync_scripts.servers.base import Server
from sync_scripts.servers.central import Central
from sync_scripts.servers.kobo import Kobo
from sync_scripts.store.schema.raw import watermark
from tests.contract import central_world, kobo_world, test_central
from tests.intake.scene import COORDINATOR, Scene, alert, draw, uid
from tests.intake.test_gone import _far, tasks
from tests.intake.test_purged import declare, held, lose, shown, told
from tests.intake.test_servers import Far, states


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with an empty stand-in server."""
    return _far(one, request.param)


def move(far: Far, monkeypatch: pytest.MonkeyPatch, place: str = "elsewhere", *, empty: bool = True) -> None:
    """Let another server answer under the name, with nothing in it; the clock goes on, its numbers begin anew."""
    if empty:
        made: Any = (
            central_world.World(forms={"alert": []}) if far.kind == "central" else kobo_world.World(cap=3)
        )
        made.now = far.world.now
        far.world = made
    client = Central if far.kind == "central" else Kobo
    monkeypatch.setattr(client, "origin", property(lambda _self: f"{far.kind}:{place}"))


def test_what_is_at_the_other_server_comes_at_the_next_pull(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers and stamps lie behind the cursor of the first one: it has a cursor of its own, without any comparison."""
    held(far, 9)
    far.report()
    move(far, monkeypatch)
    _long_ago(far, 21, 22)
    far.wait(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sweeper, "due", lambda _self: False)

        assert far.report().new == 2
    assert {uid(21), uid(22)} <= {root for (root,) in far.rows("root_id")}


def test_the_other_server_is_compared_at_once(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """And once alone: an hour later a Central is not, as ever."""
    held(far, 9)
    far.report()
    move(far, monkeypatch)
    _long_ago(far, 21, 22)
    far.wait(1)

    assert [one.count for one in far.report().proofs] == [2]
    far.wait(1)
    assert [one.count for one in far.report().proofs] == [None if far.kind == "central" else 2]


def _long_ago(far: Far, *numbers: int) -> None:
    """Let submissions have come to the server a year ago."""
    now = far.world.now
    far.world.now = now.replace(year=now.year - 1)
    for number in numbers:
        far.send(number)
    far.world.now = now


def test_what_the_first_one_held_is_not_taken_for_deleted(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three would trip no fuse: they are told of, marked none, at every pull; the one of both is here, and its deletion is seen."""
    held(far, 4)
    move(far, monkeypatch)
    far.send(4)
    far.send(21)
    far.send(22)

    assert told(far) == {ServerMoved.code: 3}
    assert told(far) == {ServerMoved.code: 3}
    assert "deleted" not in states(far)
    lose(far, 4, 21)
    assert told(far) == {ServerMoved.code: 3, GoneAtServer.code: 2}
    assert {subject for subject, _open in tasks(far.scene)} == {f"alert:alert/{uid(n)}" for n in (4, 21)}


def test_a_person_says_that_they_stayed_where_they_were(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """One decision, as with a purge; afterwards nothing is told, and what comes back is back."""
    held(far, 4)
    move(far, monkeypatch)
    far.send(21)
    told(far)
    declare(far, reason="new server")

    assert told(far) == {}
    assert (states(far).count("deleted"), tasks(far.scene)) == (4, [])
    far.send(1)
    assert told(far)[BackAtServer.code] == 1


def test_a_wrong_address_that_is_put_right_costs_nothing(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another project answers for a day: of what is not there nothing is marked, and afterwards all of it is here again."""
    held(far, 4)
    first = far.world
    move(far, monkeypatch)
    assert told(far) == {ServerMoved.code: 4}
    far.world, first.now = first, far.world.now
    monkeypatch.undo()

    assert told(far) == {}
    assert states(far) == ["ok"] * 4
    lose(far, 1)
    assert told(far) == {GoneAtServer.code: 1}


def test_a_server_that_does_not_answer_is_no_other_server(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address with a fault in it costs neither cursor nor comparison."""
    held(far, 4)
    before = far.scene.rows(watermark, watermark.c.form != "*files")
    monkeypatch.setattr(
        Central if far.kind == "central" else Kobo,
        "origin",
        property(lambda _self: f"{far.kind}:elsewhere"),
    )
    far.world.knob = lambda _request: httpx.Response(503)
    assert isinstance(far.pull().failure, Unreachable)

    assert far.scene.rows(watermark, watermark.c.form != "*files") == before


def test_a_dry_run_says_the_same_and_writes_nothing(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a server that is another one."""
    held(far, 4)
    move(far, monkeypatch)
    far.send(21)
    before = far.scene.rows(watermark)
    tried = far.pull(dry_run=True).report

    assert (tried.new, dict(tried.notes)[ServerMoved.code]) == (1, 4)
    assert far.scene.rows(watermark) == before


def test_verify_before_the_next_pull_raises_no_false_alarm(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor is the first server's: what lies behind it was never passed at this one."""
    held(far, 4)
    move(far, monkeypatch)
    _long_ago(far, 21)
    found = verify(far.scene.register, [far.server])

    assert sum(one.short for one in found.forms) == 0
    assert sum(one.not_pulled for one in found.forms) == 1


def test_the_origin_is_kept_as_a_tag_alone(far: Far) -> None:
    """No host and no project in the register's watermarks."""
    held(far, 1)
    values = [str(row["value"]) for row in far.scene.rows(watermark)]

    assert not [one for one in values if far.server.origin in one or "example" in one]


def test_many_that_were_told_before_a_move_stay_told(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty gone at the first server are no more of the second."""
    held(far, 60)
    lose(far, *range(1, 31))
    assert told(far) == {TooManyGone.code: 30}
    move(far, monkeypatch)

    assert told(far) == {TooManyGone.code: 30, ServerMoved.code: 30}


@dataclass
class AllForms(Far):
    """The same with no form named in the settings: what the account does not see is in no comparison."""

    @property
    def server(self) -> Server:
        """Our client of the stand-in."""
        return test_central.source(self.world, page=3)


@pytest.fixture
def every(one: Scene) -> Far:
    """Return a scene with an empty Central of which all forms are pulled."""
    return AllForms(one, "central", _far(one, "central").world)


def _later(far: Far) -> dict[str, int]:
    """Pull after a day, also where nothing of a form is seen; return what was noted of what is gone."""
    far.wait(24)
    done = far.pull()
    assert done.failure is None
    return {
        code: count
        for code, count in done.report.notes
        if count and code in {ServerMoved.code, GoneAtServer.code, TooManyGone.code}
    }


def test_a_server_that_is_pulled_before_its_forms_are_deployed_was_not_compared(
    every: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison that had nothing to compare says nothing of the form that comes a day later, and its first row."""
    held(every, 4)
    move(every, monkeypatch)
    every.world.forms.clear()
    assert _later(every) == {}
    every.world.forms["alert"] = []
    every.send(21)

    assert _later(every) == {ServerMoved.code: 4}
    assert "deleted" not in states(every)
    lose(every, 21)
    assert _later(every) == {ServerMoved.code: 4, GoneAtServer.code: 1}
    assert tasks(every.scene) == [(f"alert:alert/{uid(21)}", True)]


def test_one_form_that_was_compared_says_nothing_of_the_next_one(
    every: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second form is deployed at the new server when the first one was compared long ago."""
    held(every, 4)
    move(every, monkeypatch)
    every.world.forms = {"other": []}
    assert _later(every) == {}
    every.world.forms["alert"] = []

    assert _later(every) == {ServerMoved.code: 4}
    assert tasks(every.scene) == []


def test_a_form_that_is_hidden_for_a_day_stays_told(every: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the trash, or the right taken away: what was told of it is told still, and nothing is marked when it is back."""
    held(every, 4)
    move(every, monkeypatch)
    every.send(21)
    assert _later(every) == {ServerMoved.code: 4}
    kept = every.world.forms.pop("alert")
    assert _later(every) == {ServerMoved.code: 4}
    assert len(shown(every, every.scene.now).held) == 4
    every.world.forms["alert"] = kept

    assert _later(every) == {ServerMoved.code: 4}
    assert "deleted" not in states(every)


def test_what_was_told_of_a_form_that_is_hidden_for_a_day_can_be_declared(every: Far) -> None:
    """And once it is back, one more deletion is one, and not one of thirty-one."""
    held(every, 60)
    lose(every, *range(1, 31))
    assert _later(every) == {TooManyGone.code: 30}
    kept = every.world.forms.pop("alert")
    assert _later(every) == {TooManyGone.code: 30}
    assert len(shown(every, every.scene.now).held) == 30
    every.world.forms["alert"] = kept
    lose(every, 40)

    assert _later(every) == {TooManyGone.code: 30, GoneAtServer.code: 1}
    assert tasks(every.scene) == [(f"alert:alert/{uid(40)}", True)]


def test_two_addresses_of_one_server_in_turn(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the office by the one, on the road by the other: a deletion is seen by each, and nothing is walked through again."""
    held(far, 4)
    asked: list[int] = []
    notes: list[dict[str, int]] = []
    for turn in range(4):
        with monkeypatch.context() as road:
            move(far, road, f"road{turn % 2}", empty=False)
            far.send(10 + turn)
            if turn == 3:
                lose(far, 1)
            before = len(far.world.log)
            notes.append(told(far))
            asked.append(len(far.world.log) - before)

    assert notes == [{}, {}, {}, {GoneAtServer.code: 1}]
    assert states(far).count("deleted") == 1
    assert len(tasks(far.scene)) == 1
    if far.kind == "central":  # the overlap of a KoboToolbox is more than there is here
        assert max(asked[2:]) < min(asked[:2])


def test_a_copy_that_went_on_by_itself_hides_nothing(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server is restored from a backup beside the first one, and pulled for a while.

    What came to the first one meanwhile comes with the first pull that is back there, though it lies before how far the copy was read.
    """
    held(far, 12)
    first, copy = far.world, deepcopy(far.world)
    with monkeypatch.context() as beside:
        move(far, beside, "copy", empty=False)
        far.world = copy
        assert far.report().new == 0
        first.now = copy.now + timedelta(minutes=5)
        far.world = first
        far.send(30)
        far.world = copy
        far.wait(1)
        far.send(31)
        assert far.report().new == 1
    far.world, first.now = first, copy.now

    assert (far.report().new, ("ok",) in far.rows("status")) == (1, True)
    assert uid(30) in {root for (root,) in far.rows("root_id")}


def test_a_copy_that_is_recognised_calls_nothing_gone_that_it_never_had(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made before the last one came: that is told of, not marked, and is no alarm once the right server is back.

    What somebody deletes at the copy is marked, with its server's own date too; the mark comes off where the right server shows it.
    """
    held(far, 12)
    copy = deepcopy(far.world)
    far.send(30)
    far.report()
    first, copy.now = far.world, far.world.now
    with monkeypatch.context() as beside:
        move(far, beside, "copy", empty=False)
        far.world = copy
        there = told(far)
        assert told(far) == there
        lose(far, 3)
        far.delete(4)
        later = told(far)
    far.world, first.now = first, copy.now

    assert there == {ServerMoved.code: 1}
    assert later == {ServerMoved.code: 1, GoneAtServer.code: 2}
    assert ("alert:alert/" + uid(30)) not in {subject for subject, _open in tasks(far.scene)}
    assert told(far) == {BackAtServer.code: 2}
    assert tasks(far.scene) == []


def test_a_server_that_was_put_back_from_a_copy_calls_nothing_gone(far: Far) -> None:
    """What had come last is missing, all of it and nothing else; what comes later, or goes by itself, is told as ever."""
    held(far, 12)
    copy = deepcopy(far.world)
    for number in (30, 31):
        far.send(number)
    far.report()
    copy.now, far.world = far.world.now, copy
    far.send(32)
    there = told(far)
    far.send(33)
    lose(far, 3)

    assert there == {TooManyGone.code: 2}
    assert told(far) == {TooManyGone.code: 2, GoneAtServer.code: 1}
    assert [subject for subject, _open in tasks(far.scene)] == [f"alert:alert/{uid(3)}"]
    assert [one.root_id for one in shown(far, far.scene.now + timedelta(days=1)).held] == [
        uid(3),
        uid(30),
        uid(31),
    ]


def test_one_server_under_another_address_is_recognised(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fetched a second time, nothing put aside twice, and its next deletion is one."""
    held(far, 12)
    unreadable = alert(40, version="1")
    if far.kind == "central":
        far.world.send("alert", unreadable)
    else:
        far.world.send(
            unreadable.partition(b"?>")[2].replace(b'id="alert"', b'id="%s"' % kobo_world.FORM.encode())
        )
    assert far.report().quarantined_new == 1
    move(far, monkeypatch, "road", empty=False)
    far.wait(1)
    before = len(far.world.log)
    moved = far.report()
    texts = [path for _method, path, _status in far.world.log[before:] if ".xml" in path or "format" in path]
    far.wait(1)
    far.send(21)
    new = far.report().new
    lose(far, 1)

    assert (moved.new, moved.repeats, moved.quarantined_new, moved.quarantine_open) == (0, 0, 0, 1)
    assert not texts
    assert ServerMoved.code not in dict(moved.notes)
    assert (new, told(far)) == (1, {GoneAtServer.code: 1})
    assert states(far).count("deleted") == 1


def test_a_server_with_the_same_numbers_and_other_stamps_is_another_one(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends everything again to a new server gives it other times and rows: it is read as a whole."""
    held(far, 12)
    move(far, monkeypatch)
    for number in range(1, 13):
        far.send(number)
    far.wait(1)

    assert far.report().repeats == 12


def test_what_only_the_other_one_showed_is_not_taken_for_deleted(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong project answers for a day, with submissions of its own: put right, those are told of and not marked."""
    held(far, 4)
    first = far.world
    with monkeypatch.context() as wrong:
        move(far, wrong)
        far.send(21)
        assert told(far) == {ServerMoved.code: 4}
        there = far.world
    far.world, first.now = first, there.now

    assert told(far) == {ServerMoved.code: 1}
    lose(far, 2)
    assert told(far) == {ServerMoved.code: 1, GoneAtServer.code: 1}
    assert [subject for subject, _open in tasks(far.scene)] == [f"alert:alert/{uid(2)}"]
    assert [one.root_id for one in shown(far, far.scene.now).held] == sorted([uid(2), uid(21)])


def test_a_wrong_number_of_a_project_moves_no_cursor(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers, and has none of the forms: that is no page of another server."""
    held(far, 4)
    kept = watermark.c.form.in_(("", "*", "*origin"))
    before = far.scene.rows(watermark, kept)
    move(far, monkeypatch)
    far.world.forms.clear()
    assert far.pull().report.troubles

    assert far.scene.rows(watermark, kept) == before


@pytest.mark.parametrize("empty", [False, True], ids=["one server", "another one each day"])
def test_so_many_addresses_are_remembered_and_no_more(
    far: Far, monkeypatch: pytest.MonkeyPatch, empty: bool
) -> None:
    """Another address every day for a fortnight; the first ones are forgotten, and nothing is marked by that."""
    held(far, 3)
    first = far.world
    for day in range(12):
        with monkeypatch.context() as road:
            move(far, road, f"road{day}", empty=empty)
            assert told(far) == ({ServerMoved.code: 3} if empty else {})
    with far.scene.register.reading() as rows:
        found = moved_server.stood(rows, far.server.name)
    far.world, first.now = first, far.world.now

    assert found is not None
    assert (len(found.places), len(found.names)) == (
        moved_server.MOST,
        0 if empty else moved_server.MOST,
    )
    assert told(far) == {}
    assert states(far) == ["ok"] * 3


def test_two_servers_of_one_name_are_taken_apart(one: Scene) -> None:
    """What DK-C16 says to do raises alarms under the old name; what it says of those ends them, and nothing is lost."""
    first, second = _far(one, "central"), _far(one, "central")
    first.send(1)
    second.send(2)
    first.report()
    second.report()  # an earlier version pulled both under one name
    with one.register.writing() as rows:
        rows.execute(delete(watermark).where(watermark.c.server == first.server.name))
    second.world.now += timedelta(hours=24)
    assert told(first) == {GoneAtServer.code: 1}
    way = replace(one.way, clock=lambda: one.now, draw=draw)
    named = replace(test_central.source(second.world, wanted=("alert",)), name="terrain")
    assert pull(one.register, [named], COORDINATOR, way).report.new == 1
    declare(first, reason="of the other one")

    assert [open_ for _subject, open_ in tasks(one)].count(True) == 0
    assert ("terrain", uid(2), "ok") in first.rows("server", "root_id", "status")
    assert told(first) == {}
    assert "retention purged bureau" in ServerNameTaken(name="bureau").words()
