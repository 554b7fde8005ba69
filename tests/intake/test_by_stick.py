"""A photo that its phone never sent, and that a stick with the phone's copy brings: nobody is asked for it any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.pull import pull
from sync_scripts.intake.report import PullReport
from tests.contract import central_world, kobo_world
from tests.intake.scene import COORDINATOR, Scene, alert, draw
from tests.intake.test_files import PHOTO
from tests.intake.test_servers import Far

SAID = PHOTO.format(name="p.jpg")


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with a stand-in that never got the photo of its one alert."""
    world: Any = (
        central_world.World(forms={"alert": []}) if request.param == "central" else kobo_world.World(cap=3)
    )
    world.now = one.now - timedelta(hours=2)
    made = Far(one, request.param, world)
    made.send(1, SAID)
    assert made.report().files_waiting == 1
    made.wait(1)
    return made


def both(far: Far) -> PullReport:
    """Pull from the server and from the stick."""
    way = replace(far.scene.way, clock=lambda: far.scene.now, draw=draw)
    return pull(far.scene.register, [far.server, far.scene.server], COORDINATOR, way).report


def test_what_a_stick_brought_is_not_awaited(far: Far) -> None:
    """Neither by the pull, which would send somebody to the focal point, nor by verify."""
    far.scene.lay("a", alert(1, SAID), {"p.jpg": b"\xff\xd8 photo"})
    report = both(far)
    found = verify(far.scene.register, [far.server, far.scene.server])

    assert (report.files_new, report.files_waiting, report.lacking, found.files_waiting) == (1, 0, (), 0)


def test_another_file_of_it_still_is(far: Far) -> None:
    """Only the file of that name."""
    far.scene.lay("a", alert(1, SAID), {"q.jpg": b"\xff\xd8 photo"})
    report = both(far)

    assert (report.files_waiting, [one.count for one in report.lacking]) == (2, [2])


def test_a_form_that_says_something_else_takes_nothing_off(far: Far) -> None:
    """Whoever has the blank form can write another's number into it."""
    other = f"<known><reporter_code>F99</reporter_code></known>{SAID}"
    far.scene.lay("a", alert(1, other), {"p.jpg": b"\xff\xd8 photo"})
    report = both(far)

    assert report.files_waiting == 1
    assert [one.count for one in report.lacking] == [1]


def test_it_is_still_taken_when_it_comes_after_all(far: Far) -> None:
    """The server is asked as before: what it gets late is a copy more."""
    far.scene.lay("a", alert(1, SAID), {"p.jpg": b"\xff\xd8 photo"})
    both(far)
    far.send(1, SAID, {"p.jpg": b"\xff\xd8 photo"})
    far.wait(1)

    assert both(far).files_new == 1
