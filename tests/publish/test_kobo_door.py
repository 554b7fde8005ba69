"""Lists onto forms of KoboToolbox are looked for at the address that phones use, until they are there."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from sync_scripts.publish.lists import NotOnPhones, NotSeen
from sync_scripts.servers.http.errors import RedirectedElsewhere, ShapeUnknown
from sync_scripts.servers.kobo.door import Door
from tests.publish.places import (
    NOW,
    Terrain,
    followup,
    terrain,
)
from tests.publish.test_team_forms import apart

__all__ = ["apart", "followup", "terrain"]


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


def blind(terrain: Terrain, times: int = 1_000) -> None:
    """Let the list of forms be empty so many times."""
    left = [None] * times

    def knob(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/formList" or not left:
            return None
        left.pop()
        return httpx.Response(200, content=b'<xforms xmlns="http://openrosa.org/xforms/xformsList"></xforms>')

    terrain.world.knob = knob


def test_a_door_that_never_lists_the_form_is_said_and_makes_no_version_after_version(
    watched: Terrain,
) -> None:
    """The account of the role publish may not be among those that fill the form in."""
    blind(watched)
    done, written = watched.send()
    again, rewritten = watched.send(at=NOW + timedelta(minutes=5))

    assert [type(one) for one in done.failures] == [NotSeen]
    assert (len(watched.slept), bool(written), done.unfinished) == (30, True, False)
    assert (again.failures, rewritten) == ([], [])


def test_a_form_that_is_not_listed_yet_is_waited_for(watched: Terrain) -> None:
    """One that was just deployed."""
    blind(watched, 3)
    watched.world.deployed.slow = 2
    done, _written = watched.send()

    assert (done.failures, len(watched.slept)) == ([], 4)
    assert "DK-A" in watched.on_phones()


def test_lists_that_were_not_on_phones_are_no_more_so_for_a_form_that_is_not_listed(watched: Terrain) -> None:
    """They are sent out again: nothing says that they came."""
    watched.world.deployed.slow = 1_000
    watched.send()
    blind(watched)
    _done, written = watched.send(at=NOW + timedelta(minutes=5))

    assert [method for method, _path in written] == ["PATCH"]


@pytest.mark.parametrize("at", ["/formList", "/xformsManifest/"])
def test_a_page_that_is_no_list_is_an_error(watched: Terrain, at: str) -> None:
    """A page to log in is well-formed XML too: nothing of it says that phones have the lists."""
    page = b'<html xmlns="http://www.w3.org/1999/xhtml"><body><xforms/><manifest/></body></html>'
    watched.world.knob = lambda request: (
        httpx.Response(200, content=page, headers={"content-type": "text/xml"})
        if request.url.path.startswith(at)
        else None
    )
    done, _written = watched.send()

    assert [type(one) for one in done.failures] == [ShapeUnknown]
    assert watched.notes[watched.uid].begun


def test_a_door_that_fails_keeps_no_form_from_its_list(apart: Terrain) -> None:
    """It is said once, and asked once; the next run looks again."""
    apart.door = Door(apart.account.client, apart.slept.append)
    asked: list[str] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/formList":
            return None
        asked.append(request.url.path)
        return httpx.Response(200, content=b"<html></html>")

    apart.world.knob = knob
    done, written = apart.send()

    assert len({path.split("/")[4] for method, path in written if path.endswith("/deployment/")}) == 2
    assert ([type(one) for one in done.failures], len(asked)) == ([ShapeUnknown], 1)


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


@pytest.mark.parametrize("door", ["never hands them on", "fails"])
def test_lists_that_are_never_seen_on_phones_make_no_version_after_version(
    watched: Terrain, door: str
) -> None:
    """One more deployment at once, in case the server forgot; then one in six hours, unless somebody wants it now."""
    watched.world.deployed.slow = 1_000_000
    if door == "fails":
        watched.world.knob = lambda request: (
            httpx.Response(200, content=b"<html></html>") if request.url.path == "/formList" else None
        )
    written = [watched.send(at=NOW + timedelta(minutes=15 * turn))[1] for turn in range(8)]
    said = watched.send(at=NOW + timedelta(hours=3))[0].failures

    assert [bool(one) for one in written] == [True, True, *[False] * 6]
    assert [type(one) for one in said] == [ShapeUnknown if door == "fails" else NotOnPhones]
    assert watched.notes[watched.uid].begun
    assert [method for method, _path in watched.send(at=NOW + timedelta(hours=7))[1]] == ["PATCH"]
    assert watched.send(at=NOW + timedelta(hours=8))[1] == []
    assert [method for method, _p in watched.send(at=NOW + timedelta(hours=8), hurry=True)[1]] == ["PATCH"]

    watched.world.knob, watched.world.deployed.slow = (lambda _request: None), 0
    done, wrote = watched.send(at=NOW + timedelta(hours=9))
    assert (done.failures, wrote, watched.notes[watched.uid].begun) == ([], [], False)
