"""Of several things that go wrong at one server each is said: none hides another, and the weightiest decides how it ends."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from sync_scripts.cli.inflow.publish import publish_lines
from sync_scripts.publish.central_files import FormOpenToAll
from sync_scripts.publish.kobo_forms import FormOfOthers, ListsLeftBehind
from sync_scripts.publish.lists import Done, NotOnPhones
from sync_scripts.servers.http.errors import LoginRefused
from sync_scripts.servers.kobo.door import Door
from tests.contract.kobo_forms import Asset
from tests.publish.places import CASES, NOW, Office, Terrain, followup, office, terrain
from tests.publish.test_changes_not_deployed import edit
from tests.publish.test_left_behind import forgotten
from tests.publish.test_older_central import NORD, SUD, carried, older
from tests.publish.test_team_forms import OWN, apart

__all__ = ["apart", "followup", "forgotten", "office", "older", "terrain"]


def test_what_is_said_once_is_not_hidden_by_what_is_said_each_time(forgotten: Terrain) -> None:
    """Lists that are not on phones yet, a form that is gone, and one of somebody else: all of them, the weightiest for the end."""
    forgotten.world.deployed.assets.pop(OWN)
    forgotten.world.deployed.assets["c3"] = Asset(
        "c3", forgotten.asset.workbook, "followup", "v1", "v1", owner="inconnu"
    )
    forgotten.beside, forgotten.forms = (), ()
    forgotten.door = Door(forgotten.account.client, forgotten.slept.append)
    forgotten.world.deployed.slow = 1_000
    done, _written = forgotten.send(CASES[1:], NOW + timedelta(minutes=1))

    kinds = [NotOnPhones.code, ListsLeftBehind.code, FormOfOthers.code]
    assert [one.code for one in done.failures] == kinds
    assert isinstance(done.failure, NotOnPhones)
    assert done.document()["failures"] == kinds
    assert all(f"{one.code} ·" in "\n".join(publish_lines(done, dry_run=False)) for one in done.failures)


def test_what_stops_a_server_on_the_way_hides_nothing_that_was_met_before(apart: Terrain) -> None:
    """A draft that keeps a case on phones, and then a token that is refused: the case is told of."""
    apart.send()
    edit(apart)

    def refused(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(401, json={}) if f"/assets/{OWN}/" in request.url.path else None

    apart.world.knob = refused
    done, _written = apart.send(CASES[1:], NOW + timedelta(minutes=1))

    assert (done.stuck, [type(one) for one in done.failures]) == ([apart.uid], [LoginRefused])
    assert (done.cases, done.kept) == (0, {})  # who would have got what is known in part alone


def test_what_was_not_sent_is_not_called_done(terrain: Terrain) -> None:
    """The server fails while the file goes up."""
    terrain.world.knob = lambda request: httpx.Response(401, json={}) if request.method == "POST" else None
    done, _written = terrain.send()

    assert (done.deeds, isinstance(done.failure, LoginRefused)) == ([], True)


def test_a_form_of_an_older_central_that_fails_keeps_no_other_from_its_list(older: Office) -> None:
    """And a link that is open to all is said, though the server fails later on."""
    older.send(CASES)
    broken = older.world.published.broken
    older.world.knob = lambda request: (
        broken.clear() if "followup_sud" in request.url.path else broken.add("cases.csv")
    )
    done, _written = older.send([CASES[1]], NOW + timedelta(hours=7))

    assert [type(one) for one in done.failures] == [NotOnPhones]
    assert (carried(older, NORD), carried(older, SUD)) == ({"DK-A", "DK-B"}, set())


@pytest.mark.parametrize(("dry_run", "held"), [(False, False), (True, False), (False, True)])
def test_nothing_is_called_exchanged_or_emptied_that_was_not_sent(dry_run: bool, held: bool) -> None:
    """A dry run sends nothing, and beside another command a KoboToolbox gets nothing."""
    deeds = [("replace", "a1", 1)]
    done = Done("terrain", "kobo", deeds=deeds, held=held, strangers=["a1"], emptied=["a2"])
    said = "\n".join(publish_lines(done, dry_run=dry_run))

    unsent = dry_run or held
    assert ("it is exchanged whole" in said, "it would be exchanged whole" in said) == (not unsent, unsent)
    assert ("phones get an empty" in said, "phones would get an empty" in said) == (not unsent, unsent)


@pytest.mark.parametrize("changed", [True, False])
def test_no_headline_says_that_lists_are_written_above_what_could_not_be_done(changed: bool) -> None:
    """What a person must settle there is another thing: then the lists are written."""
    deeds = [("replace", "a1", 1)] if changed else []
    settle = FormOpenToAll(server="bureau", forms="a2")
    broken, asks = Done("bureau", "central", deeds=deeds), Done("bureau", "central", deeds=deeds)
    broken.failures += [settle, NotOnPhones(server="bureau", form="a1")]
    asks.failures.append(settle)
    said = "\n".join(publish_lines(broken, dry_run=False)), "\n".join(publish_lines(asks, dry_run=False))

    assert ["not all of it could be done" in one for one in said] == [changed, False]
    assert ["the lists are written" in one for one in said] == [False, changed]
