"""A trial says what a real run does: the same counts, notes and proof, of what came encrypted too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync_scripts.intake.pull import Pulled
from tests.encrypted.far import KINDS, Far, far
from tests.encrypted.test_pulling import PHOTO, WITH_PHOTO
from tests.encrypted.test_texts_first import SERVERS, every_row, together
from tests.intake.scene import Scene, edit_of

LATER = ("dry_run", "files_waiting", "lacking", "left")
"""What is asked of the register after a run: a trial leaves it as it was."""


def told(done: Pulled) -> dict[str, Any]:
    """Return all that a report says of a run."""
    assert done.failure is None
    return {name: value for name, value in done.report.document().items() if name not in LATER}


def alike(pull: Callable[[bool], Pulled]) -> dict[str, Any]:
    """Try, then pull; return what both said."""
    trial, real = told(pull(True)), told(pull(False))
    assert trial == real
    return real


def both(place: Far) -> dict[str, Any]:
    """Do so at one source; nothing is written by the trial."""
    before = every_row(place.scene)

    def pull(dry_run: bool) -> Pulled:
        done = place.pull(dry_run=dry_run)
        assert not dry_run or every_row(place.scene) == before
        return done

    return alike(pull)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_counts_what_a_real_run_counts(one: Scene, kind: str) -> None:
    """First pull, photos that come late, alerts opened without theirs; each submission is seen once."""
    place = far(kind, one)
    place.make_key()
    for number in range(1, 8):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    place.clear(20, WITH_PHOTO, {"p.jpg": PHOTO})
    place.send(21, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg",))
    if place.world is not None:
        place.world.now = place.scene.now
    place.send(22, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg",))
    first = both(place)
    place.wait(1)
    second = both(place)
    place.arrive(21, "p.jpg")
    for number in range(30, 33):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    both(place)
    place.wait(31)
    both(place)
    place.arrive(22, "p.jpg")
    both(place)
    place.wait(60 * 21)
    last = both(place)

    assert (first["seen"], first["repeats"], second["new"], last["new"]) == (10, 0, 0, 0)


@pytest.mark.parametrize("kind", SERVERS)
def test_a_trial_counts_edits_and_what_is_put_aside(one: Scene, kind: str) -> None:
    """Also where a comparison shows them once more."""
    place = far(kind, one)
    place.make_key()
    for number in range(1, 4):
        place.clear(number, WITH_PHOTO, {"p.jpg": PHOTO})
    both(place)
    place.wait(60 * 21)
    place.send(4, WITH_PHOTO, {"p.jpg": PHOTO}, public=far(kind, one).make_key("vault", "case").public)
    edit = place.xml(101, meta=edit_of(1))
    strange = place.xml(5).replace(b"2026120202", b"2020010101")
    for xml in (edit, strange):
        _ = place.world.send("alert", xml) if kind == "central" else place.world.send(xml)
    said = both(place)

    assert (said["edited"], said["quarantined_new"]) == (1, 1)


def test_a_trial_takes_one_submission_of_two_servers_as_a_real_run_does(one: Scene) -> None:
    """Each keeps its own row, in one run and in two."""
    places = [far(kind, one) for kind in SERVERS]
    for place in places:
        place.clear(1, WITH_PHOTO, {"p.jpg": PHOTO})
    said = alike(lambda dry_run: together(one, [place.server for place in places], dry_run=dry_run))

    assert (said["new"], said["repeats"]) == (2, 0)
