"""One address of a server that answers with an error, for once or for good, while all others answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from sync_scripts.intake.verify import verify
from tests.intake.scene import Scene, uid
from tests.intake.test_servers import Far
from tests.servers import central_world

Knob = Callable[[httpx.Request], httpx.Response | None]


def central(one: Scene) -> Far:
    """Return a scene with an empty Central."""
    return Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))


def held(far: Far) -> set[str]:
    """Return the instance ids of the versions that are here."""
    return {instance for (instance,) in far.rows("instance_id")}


def failing(part: str, status: int) -> Knob:
    """Answer every address that ends so with an error."""
    return lambda request: (
        httpx.Response(status, json={"code": status}) if request.url.path.endswith(part) else None
    )


@pytest.mark.parametrize("status", [404, 500, 503])
def test_the_cursor_passes_no_page_whose_versions_could_not_be_asked_for(one: Scene, status: int) -> None:
    """What stood in that page is here after the next pull, long before everything is compared again."""
    far = central(one)
    far.send(1)
    far.report()
    far.wait(1)
    for number, before in ((2, None), (101, 1), (102, 101)):
        far.send(number, of=before)
    far.wait(0.5)
    far.send(5)
    far.world.knob = failing("/versions", status)
    first = far.pull()
    far.world.knob = lambda _request: None
    far.wait(0.5)
    far.pull()

    assert first.failure is not None or first.report.needs_person
    assert held(far) == {uid(number) for number in (1, 2, 5, 101, 102)}
    assert not verify(one.register, [far.server]).not_pulled
