"""A server that takes long keeps no other from being pulled: pages are taken in turns, and comparisons come behind all answers."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sync_scripts.intake import pull as pulling
from sync_scripts.register.care import rebuild
from sync_scripts.servers.base import Server
from sync_scripts.store.schema import raw
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.intake.scene import COORDINATOR, Scene, alert, uid
from tests.intake.test_machine import Killed
from tests.intake.test_servers import _FORM_ID


@pytest.fixture
def worlds(one: Scene) -> tuple[kobo_world.World, central_world.World]:
    """Give a KoboToolbox of seven alerts, two a page, and a Central of two."""
    kobo, central = kobo_world.World(cap=2), central_world.World(forms={"alert": []})
    kobo.now = central.now = one.now - timedelta(hours=2)
    for number in range(1, 8):
        xml = alert(number).partition(b"?>")[2]
        kobo.send(_FORM_ID.sub(b'id="%s"' % kobo_world.FORM.encode(), xml, count=1))
    for number in (8, 9):
        central.send("alert", alert(number))
    return kobo, central


def servers(kobo: kobo_world.World, central: central_world.World) -> list[Server]:
    """Return our clients, the one with the many pages first."""
    return [test_kobo.source(kobo), test_central.source(central)]


def here(one: Scene, name: str) -> set[str]:
    """Return what is here of one server."""
    return {row["root_id"] for row in one.rows(raw.submission, raw.submission.c.server == name)}


def test_the_pages_of_servers_are_taken_in_turns(
    one: Scene, worlds: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first server whose pages drip for hours: the second one's answers are here after its first turn."""
    kobo, central = worlds
    asked: list[int] = []

    def dripping(request: httpx.Request) -> None:
        if '"_submission_time"' in request.url.params.get("fields", ""):
            asked.append(len(here(one, "bureau")))
            if len(asked) == 3:
                raise Killed

    kobo.knob = dripping
    monkeypatch.setattr(pulling, "TURN_S", 0.0)
    with suppress(Killed):
        pulling.pull(one.register, servers(kobo, central), COORDINATOR, one.way)
    part = here(one, "kobo")
    kobo.knob = lambda _request: None
    pulling.pull(one.register, servers(kobo, central), COORDINATOR, one.way)

    assert (asked[:2], len(part)) == ([0, 2], 4)
    assert here(one, "bureau") == {uid(8), uid(9)}
    assert here(one, "kobo") == {uid(number) for number in range(1, 8)}
    assert not rebuild.check(one.register, one.now).differing


def test_nothing_is_compared_before_the_answers_of_all_are_here(one: Scene, worlds: tuple[Any, Any]) -> None:
    """Comparing brings few answers and may take as long as all of them."""
    kobo, central = worlds
    compared: list[int] = []

    def comparing(request: httpx.Request) -> None:
        fields = request.url.params.get("fields", "")
        if "_validation_status" in fields and "_submission_time" not in fields:
            compared.append(len(here(one, "bureau")))

    kobo.knob = comparing
    done = pulling.pull(one.register, servers(kobo, central), COORDINATOR, one.way)

    assert compared[0] == 2
    assert [proof.server for proof in done.report.proofs] == ["kobo", "bureau"]
