"""A computer whose clock was ahead for one pull, and was put right: nothing waits for the day that it said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.places import in_waiting
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import form_keys
from tests.contract import central_world, kobo_world
from tests.encrypted import far as encrypted
from tests.intake.scene import COORDINATOR, Scene, uid
from tests.intake.test_files_again import FIRST, SECOND, held, photo, put
from tests.intake.test_servers import Far

AHEAD = timedelta(days=40)


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene that was pulled once, by a clock that was forty days ahead, and never since."""
    world: Any = (
        central_world.World(forms={"alert": []}) if request.param == "central" else kobo_world.World(cap=3)
    )
    world.now = one.now - timedelta(hours=2)
    made = Far(one, request.param, world)
    made.send(1, photo("p.jpg"), {"p.jpg": FIRST})
    for number in range(2, 6):
        made.send(number)
    right = one.now
    one.now = right + AHEAD
    made.report()
    one.now = right
    made.wait(1)
    return made


def test_the_next_pull_compares_everything(far: Far) -> None:
    """So what is deleted and put back is seen, and the proof names no day that has not come."""
    proof = far.report().proofs[0]
    at = {row["form"]: row["at"] for row in far.scene.rows(raw.watermark) if row["form"] in {"*", "*files"}}

    assert proof.count == 5
    assert max(at.values()) <= instant(far.scene.now)


def test_what_comes_back_at_the_server_comes_back_here(far: Far) -> None:
    """A restored alert must not stay deleted until that day."""
    for day in range(5):  # what is asked again because it is new lies behind
        far.wait(24)
        far.send(10 + day)
        far.report()
    far.delete(3)
    far.report()
    gone = {row["root_id"]: row["status"] for row in far.scene.rows(raw.submission)}[uid(3)]
    if far.kind == "central":
        far.world.restore("alert", uid(3))
    else:
        far.send(3)
    for day in range(3):
        far.send(20 + day)
        far.wait(24)
        far.report()
    now = {row["root_id"]: row["status"] for row in far.scene.rows(raw.submission)}[uid(3)]

    assert (gone, now) == ("deleted", "restored")


def test_a_file_that_is_replaced_is_noticed_by_the_next_pull(far: Far) -> None:
    """Both kinds of look at files go by a mark of their own."""
    put(far, SECOND)
    far.report()

    assert len(held(far)) == 2


def test_what_waits_for_a_key_is_tried_again(one: Scene) -> None:
    """It was tried last on a day that has not come, so nobody knows which key came after that."""
    place = encrypted.far("central", one)
    place.make_key()
    place.send(1)
    right = one.now
    one.now = right + AHEAD
    first = place.report(keys=Keyring())
    waits = [row["waits"] for row in one.waits()]
    one.now = right
    place.wait(30)
    with one.register.reading() as rows:
        again = in_waiting.openable(rows, place.name, "", one.now)
    second = place.report()

    assert (first.new, waits, len(again), second.new) == (0, ["key"], 1, 1)


def test_a_key_made_anew_is_the_one_in_use(one: Scene) -> None:
    """Else whoever took the old one goes on reading everything until that day."""
    first = form_keys.make(one.register, "alert", "day", COORDINATOR, one.now + AHEAD)
    second = form_keys.make(one.register, "alert", "day", COORDINATOR, one.now)
    with one.register.reading() as rows:
        now = form_keys.current(rows, "alert")

    assert now == second != first


def test_what_waits_for_its_files_is_told_of_in_time(one: Scene) -> None:
    """It waits since it came to its server, not since a day that has not come; doctor says so."""
    place = encrypted.far("central", one)
    place.make_key()
    place.send(1, photo("p.jpg"), {"p.jpg": FIRST}, late=("submission.xml",))
    right = one.now
    one.now = right + AHEAD
    place.report()
    reasons = [row["waits"] for row in one.waits()]
    with one.register.reading() as rows:
        (count, since), (none, _since) = (
            in_waiting.overdue(rows, right + timedelta(hours=hours), timedelta(hours=2)) for hours in (3, 0)
        )

    assert reasons == ["files"]
    assert (count, none, since <= instant(right)) == (1, 0, True)
