"""What somebody changed of a form at a KoboToolbox and did not give to phones: the list neither takes it along nor waits in silence."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.contract.kobo_forms import Asset
from tests.publish.places import CASES, NOW, Terrain, followup, terrain
from tests.publish.test_phones import FORMS
from tests.publish.test_team_forms import on_phones

__all__ = ["followup", "terrain"]


def test_what_comes_waits_for_a_change_that_somebody_began(terrain: Terrain) -> None:
    """To deploy the form would give phones that change, which nobody has checked."""
    terrain.send([CASES[1]])
    edit(terrain)
    done, written = terrain.send(CASES, NOW + timedelta(hours=7))
    deploy(terrain)
    after, _written = terrain.send(CASES, NOW + timedelta(hours=7))

    assert (done.drafts, written) == ([terrain.uid], [])
    assert (after.drafts, on_phones(terrain, terrain.uid)) == ([], {"DK-A", "DK-B"})


def edit(terrain: Terrain) -> None:
    """Let somebody save a change of the form in the browser, without deploying it."""
    terrain.asset.version = "v-edited"
    terrain.asset.workbook = (FORMS / "situation.xlsx").read_bytes()


def deploy(terrain: Terrain) -> None:
    """Let somebody give that change to phones, in the browser."""
    terrain.account.deploy(terrain.uid, "v-edited", again=True)


@pytest.mark.parametrize("ending", ["deployed", "undone"])
def test_what_must_leave_is_told_loudly_while_a_change_keeps_it(terrain: Terrain, ending: str) -> None:
    """The server gives phones the newest version or nothing: the file leaves the server, and whoever deploys takes it away."""
    terrain.send()
    before = terrain.asset.deployed, terrain.asset.workbook
    edit(terrain)
    done, _written = terrain.send(CASES[1:], NOW + timedelta(minutes=1))
    again, rewritten = terrain.send(CASES[1:], NOW + timedelta(minutes=2))
    shown = dict(terrain.asset.media.values())["cases.csv"].decode()

    assert (done.stuck, done.drafts, done.failure) == ([terrain.uid], [], None)
    assert (again.stuck, rewritten) == ([terrain.uid], [])
    assert (terrain.asset.deployed, terrain.notes[terrain.uid].begun) == (before[0], True)
    assert ("DK-A" in shown, "DK-B" in shown) == (False, True)
    if ending == "deployed":
        deploy(terrain)
        assert on_phones(terrain, terrain.uid) == {"DK-B"}
    else:
        terrain.asset.version, terrain.asset.workbook = str(before[0]), before[1]
    after, _written = terrain.send(CASES[1:], NOW + timedelta(minutes=3))
    last, unwritten = terrain.send(CASES[1:], NOW + timedelta(minutes=4))

    assert (after.stuck, on_phones(terrain, terrain.uid)) == ([], {"DK-B"})
    assert (last.asks, unwritten) == (False, [])


def test_a_change_that_is_saved_while_the_list_goes_up_does_not_go_out(terrain: Terrain) -> None:
    """The version is looked at once more before phones get it."""
    terrain.send([CASES[1]])
    before = terrain.asset.deployed

    def save(request: httpx.Request) -> None:
        if request.method == "POST":
            edit(terrain)

    terrain.world.knob = save
    done, _written = terrain.send(CASES, NOW + timedelta(hours=7))

    assert (done.drafts, done.stuck, terrain.asset.deployed) == ([terrain.uid], [], before)


def test_a_project_that_is_only_renamed_holds_nothing_up(terrain: Terrain) -> None:
    """It has another version with the same content."""
    terrain.send([CASES[1]])
    terrain.asset.version = "v-renamed"
    done, _written = terrain.send(CASES, NOW + timedelta(hours=7))

    assert (done.asks, on_phones(terrain, terrain.uid)) == (False, {"DK-A", "DK-B"})


def test_a_dry_run_tells_what_a_change_keeps_and_writes_nothing(terrain: Terrain) -> None:
    """As the real run would."""
    terrain.send()
    edit(terrain)
    done, written = terrain.send(CASES[1:], NOW + timedelta(minutes=1), dry_run=True)

    assert (done.stuck, written) == ([terrain.uid], [])


def test_an_archived_form_that_the_settings_name_is_named(terrain: Terrain) -> None:
    """It stays closed, and its list as it is; where nothing is to be sent nothing is said."""
    terrain.forms = (terrain.uid,)
    terrain.send()
    terrain.asset.active = False
    same, _written = terrain.send(at=NOW + timedelta(hours=7))
    done, written = terrain.send(CASES[1:], NOW + timedelta(hours=8))

    assert same.archived == []
    assert (done.archived, written, terrain.asset.active) == ([terrain.uid], [], False)


def test_a_form_that_phones_never_had_is_left_to_who_makes_it(terrain: Terrain) -> None:
    """A list is no reason to give it to them."""
    terrain.world.deployed.assets["b7"] = Asset("b7", terrain.asset.workbook, "followup", "v1")
    terrain.forms = ("b7",)
    done, written = terrain.send()

    assert (done.drafts, written) == (["b7"], [])
