"""Lists onto forms of KoboToolbox are looked for at the address that phones use, until they are there."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from sync_scripts.publish.outcome import NotOnPhones
from sync_scripts.servers.http.errors import RedirectedElsewhere, ShapeUnknown
from sync_scripts.servers.kobo.door import Door
from tests.publish.places import (
    NOW,
    Terrain,
    followup,
    terrain,
)

__all__ = ["followup", "terrain"]


@pytest.fixture
def watched(terrain: Terrain) -> Terrain:
    """Give the server, with the address that phones use in the settings."""
    terrain.door = Door(terrain.account.client, terrain.slept.append)
    return terrain


def test_the_lists_are_watched_until_phones_have_them(watched: Terrain) -> None:
    """The server hands them on a while after it took them; until then the publication is not over."""
    watched.world.deployed.slow = 4
    done, _written = watched.send()

    assert done.failure is None
    assert len(watched.slept) == 3
    assert "DK-A" in watched.on_phones()
    assert not watched.notes[watched.uid].begun


def test_lists_that_do_not_arrive_are_said_and_looked_for_by_the_next_run(watched: Terrain) -> None:
    """No new version of the form is made when they came after all."""
    watched.world.deployed.slow = 1_000
    done, _written = watched.send()
    assert isinstance(done.failure, NotOnPhones)
    assert watched.notes[watched.uid].begun

    watched.world.deployed.slow = 0
    again, written = watched.send(at=NOW + timedelta(minutes=5))
    assert (again.failure, written) == (None, [])
    assert not watched.notes[watched.uid].begun
    assert watched.send(at=NOW + timedelta(minutes=6))[1] == []


def test_lists_that_never_arrived_are_sent_out_again(watched: Terrain) -> None:
    """The form is deployed once more, without waiting six hours."""
    watched.world.deployed.slow = 1_000
    watched.send()
    watched.world.deployed.slow = 3
    done, written = watched.send(at=NOW + timedelta(minutes=5))

    assert done.failure is None
    assert [method for method, _path in written] == ["PATCH"]
    assert "DK-A" in watched.on_phones()


def test_a_door_that_does_not_show_the_form_stops_nothing(watched: Terrain) -> None:
    """The account of the role publish may not be among those that fill the form in."""

    def blind(request: httpx.Request) -> httpx.Response | None:
        empty = b'<xforms xmlns="http://openrosa.org/xforms/xformsList"></xforms>'
        return httpx.Response(200, content=empty) if request.url.path == "/formList" else None

    watched.world.knob = blind

    assert watched.send()[0].failure is None


def test_a_door_that_leads_elsewhere_is_refused(watched: Terrain) -> None:
    """The token goes to no other host."""
    text = f"<xforms><xform><formID>{watched.uid}</formID><manifestUrl>https://x.example/m</manifestUrl></xform></xforms>"
    watched.world.knob = lambda request: (
        httpx.Response(200, content=text.encode()) if request.url.path == "/formList" else None
    )
    assert isinstance(watched.send()[0].failure, RedirectedElsewhere)


@pytest.mark.parametrize("text", ["<xforms>", '<!DOCTYPE x [<!ENTITY a "b">]><xforms>&a;</xforms>', "no"])
def test_a_door_that_shows_something_else_is_an_error(watched: Terrain, text: str) -> None:
    """Never an empty list."""
    watched.world.knob = lambda request: (
        httpx.Response(200, content=text.encode()) if request.url.path == "/formList" else None
    )
    assert isinstance(watched.send()[0].failure, ShapeUnknown)
