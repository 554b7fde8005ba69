"""What the organisation deletes at a server itself: told, declared by a person, and never a cloak for the next deletion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync_scripts.intake.completeness.sweeping import Sweeper
from sync_scripts.intake.notes import BackAtServer, GoneAtServer, TooManyGone
from sync_scripts.intake.places import purged
from sync_scripts.intake.places.purged import NothingGone, PurgeChanged, ReasonForPurge
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.register.model.errors import OwnHandMissing
from sync_scripts.register.queries.submissions import at_servers, unanswered
from sync_scripts.store import events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.schema.raw import place
from tests.contract import kobo_world
from tests.intake.scene import COORDINATOR, Scene, draw, flags, uid
from tests.intake.test_gone import _far, tasks
from tests.intake.test_servers import Far, states

PROVED = Actor(COORDINATOR.code, "key")


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with an empty stand-in server."""
    return _far(one, request.param)


def held(far: Far, count: int) -> None:
    """Let that many be sent and pulled, and a day pass."""
    for number in range(1, count + 1):
        far.send(number)
    far.report()
    far.wait(24)


def lose(far: Far, *numbers: int) -> None:
    """Let some vanish from the server without a word of it: a KoboToolbox never says one, a purged trash neither."""
    form = "alert" if far.kind == "central" else kobo_world.FORM
    gone = {uid(number) for number in numbers}
    far.world.forms[form][:] = [one for one in far.world.forms[form] if root(one) not in gone]


def root(one: Any) -> str:
    """Return the root of what a stand-in holds."""
    return str(one.root)


@contextmanager
def decides(far: Far, actor: Actor = PROVED) -> Iterator[By]:
    """Give a transaction to decide in."""
    with deciding(far.scene.register, actor, far.scene.now, draw=draw) as by:
        yield by


def shown(far: Far, before: datetime | None = None) -> purged.Gone:
    """Return what is shown as gone."""
    with far.scene.register.reading() as rows:
        return purged.plan(
            rows, Tagger(far.scene.register.match_key), far.server.name, before or far.scene.now
        )


def declare(far: Far, name: str = "", actor: Actor = PROVED, reason: str = "of November") -> purged.Gone:
    """Declare what is gone as deleted by us."""
    with decides(far, actor) as by:
        return purged.confirm(
            by,
            Tagger(far.scene.register.match_key),
            far.server.name,
            far.scene.now,
            name=name or shown(far).id,
            reason=reason,
        )


def told(far: Far) -> dict[str, int]:
    """Pull after a day; return what was noted."""
    far.wait(24)
    return {code: count for code, count in far.report().notes if count}


def test_what_was_told_once_trips_the_fuse_no_more_and_hides_no_later_deletion(far: Far) -> None:
    """Thirty are purged and told of; one more is deleted afterwards: that one is marked, with a task of its own."""
    held(far, 60)
    lose(far, *range(1, 31))
    assert told(far) == {TooManyGone.code: 30}
    lose(far, 40)

    assert told(far) == {TooManyGone.code: 30, GoneAtServer.code: 1}
    assert states(far).count("deleted") == 1
    assert tasks(far.scene) == [(f"alert:alert/{uid(40)}", True)]
    assert told(far) == {TooManyGone.code: 30}


def test_as_many_again_are_not_believed_either(far: Far) -> None:
    """The fuse guards what is gone since it was told last."""
    held(far, 60)
    lose(far, *range(1, 31))
    told(far)
    lose(far, *range(31, 56))

    assert told(far) == {TooManyGone.code: 55}
    assert "deleted" not in states(far)


def test_files_are_compared_once_a_day_while_something_stands_told(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison with everybody's files at every pull would be what a purge costs for ever."""
    held(far, 60)
    lose(far, *range(1, 31))
    told(far)
    told(far)
    done: list[tuple[str, bool]] = []
    swept = Sweeper._due

    def due(self: Sweeper, what: str) -> bool:
        done.append((what, swept(self, what)))
        return done[-1][1]

    monkeypatch.setattr(Sweeper, "_due", due)
    far.wait(1)
    far.report()

    assert done
    assert not any(is_due for _what, is_due in done)


def test_what_we_deleted_is_declared_in_one_decision(far: Far) -> None:
    """No task, no flag, no alarm any more; an event with who, how many and why; a rebuild comes to the same."""
    held(far, 60)
    lose(far, *range(1, 31))
    told(far)
    done = declare(far)

    assert len(done.held) == 30
    assert states(far).count("deleted") == 30
    assert (tasks(far.scene), "gone_at_server" in flags(far.scene)) == ([], False)
    assert told(far) == {}
    (event,) = [one for one in _events(far) if one.op == purged.OP]
    assert event.subject == f"server:{far.server.name}"
    assert (event.actor.code, event.payload["count"], event.payload["reason"]) == (
        PROVED.code,
        30,
        "of November",
    )
    assert not rebuild.check(far.scene.register, far.scene.now).differing
    lose(far, 40)
    assert told(far) == {GoneAtServer.code: 1}
    assert tasks(far.scene) == [(f"alert:alert/{uid(40)}", True)]


def _events(far: Far) -> list[events.Event]:
    with far.scene.register.reading() as rows:
        return list(events.read(rows))


def test_what_a_server_dates_itself_is_declared_like_it(one: Scene) -> None:
    """A Central tells of each deletion, again within its overlap; declared, thirty tasks are one decision."""
    far = _far(one, "central")
    held(far, 60)
    for number in range(1, 31):
        far.delete(number)
    assert told(far) == {GoneAtServer.code: 30}
    assert len(tasks(far.scene)) == 30
    declare(far)

    assert [open_ for _subject, open_ in tasks(far.scene)].count(True) == 0
    far.wait(0.01)
    assert dict(far.report().notes).get(GoneAtServer.code, 0) == 0
    assert [open_ for _subject, open_ in tasks(far.scene)].count(True) == 0
    assert not rebuild.check(far.scene.register, far.scene.now).differing
    far.world.restore("alert", uid(1))
    assert told(far)[BackAtServer.code] == 1
    far.delete(1)
    assert told(far) == {GoneAtServer.code: 1}
    assert tasks(far.scene)[-1] == (f"alert:alert/{uid(1)}", True)


def test_nothing_is_declared_that_was_not_shown(far: Far) -> None:
    """One more is deleted between the look and the word: the word is refused, and so it is without a reason or a proof."""
    held(far, 60)
    lose(far, *range(1, 31))
    told(far)
    name = shown(far).id
    lose(far, 40)
    told(far)

    with pytest.raises(PurgeChanged) as changed:
        declare(far, name)
    assert changed.value.now == shown(far).id != name
    with pytest.raises(ReasonForPurge):
        declare(far, reason=" ")
    with pytest.raises(OwnHandMissing):
        declare(far, actor=Actor(PROVED.code, "claimed"))
    assert states(far).count("deleted") == 1


def test_only_what_came_before_a_day_is_shown(far: Far) -> None:
    """Who purges what is old declares what is old: of what came later each stands as it is."""
    far.send(1)
    far.report()
    far.wait(24 * 40)
    far.send(2)
    far.report()
    far.wait(24)
    lose(far, 1, 2)
    told(far)
    found = shown(far, far.scene.now - timedelta(days=30))

    assert [one.root_id for one in found.held] == [uid(1)]
    assert found.later == 1
    assert [(one.form, one.count) for one in found.forms] == [(found.held[0].form, 1)]


def test_without_anything_gone_nothing_is_declared(far: Far) -> None:
    """Nobody silences what has not happened."""
    held(far, 2)
    with pytest.raises(NothingGone):
        declare(far)


def test_what_a_source_owed_that_was_taken_out_of_the_settings_can_be_answered_for(one: Scene) -> None:
    """Nothing can come of it any more; a person says so by its name, and it is asked for no more. Of one in the settings it may come."""
    seen = {"server": "old", "state": "owed", "size": 0, "moved_ns": 0, "first_at": instant(one.now)}
    owes = [
        seen | {"tag": f"t{why}", "reason": why, "form": "alert", "root_id": why}
        for why in ("refused", "not_asked")
    ]
    with one.register.writing() as rows:
        rows.many(
            place,
            [
                *owes,
                seen
                | {"tag": "gone", "state": "gone", "reason": "unanswered", "form": "case", "root_id": None},
            ],
        )
    asked = {state: n for (_server, state), n in _unanswered(one, "old").items()}
    assert (asked, _unanswered(one)) == ({"gone": 1}, {("old", "gone"): 1, ("old", "owed"): 2})
    tags, day = Tagger(one.register.match_key), one.now + timedelta(days=1)
    with deciding(one.register, PROVED, one.now, draw=draw) as by:
        assert purged.plan(by.rows, tags, "old", day).count == 1
        name = purged.plan(by.rows, tags, "old", day, taken_out=True).id
        done = purged.confirm(by, tags, "old", day, name=name, reason="lost laptop", taken_out=True)
        assert (done.count, at_servers(by.rows), purged.is_known(by.rows, "old")) == (3, 0, True)
    assert not _unanswered(one)


def _unanswered(one: Scene, *sources: str) -> Counter[tuple[str, str]]:
    with one.register.reading() as rows:
        return unanswered(rows, sources)


def test_what_two_servers_held_and_one_deletes_later_is_told(one: Scene) -> None:
    """Our purge of one road says nothing of the other: once nobody shows it any more, somebody is asked."""
    central, kobo = _far(one, "central"), _far(one, "kobo")
    central.send(1)
    kobo.send(1)
    central.report()
    kobo.report()
    lose(kobo, 1)
    told(kobo)
    declare(kobo)
    assert tasks(one) == []
    central.world.now += timedelta(hours=24)
    central.delete(1)
    assert told(central) == {GoneAtServer.code: 1}

    assert tasks(one) == [(f"alert:alert/{uid(1)}", True)]
