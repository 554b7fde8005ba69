"""Another server or project under a name: nothing new is missed there, and what the first one held is not taken for deleted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sync_scripts.errors import Unreachable
from sync_scripts.intake.standing import BackAtServer, GoneAtServer, ServerMoved, TooManyGone
from sync_scripts.intake.sweeping import Sweeper
from sync_scripts.intake.verify import verify
from sync_scripts.servers.central import Central
from sync_scripts.servers.kobo import Kobo
from sync_scripts.store.schema.raw import watermark
from tests.intake.scene import Scene, uid
from tests.intake.test_gone import _far, tasks
from tests.intake.test_purged import declare, held, lose, told
from tests.intake.test_servers import Far, states
from tests.servers import central_world, kobo_world


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
