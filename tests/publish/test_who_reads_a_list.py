"""A form of a KoboToolbox whose list anybody could read, or of which it is not shown who would get it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from sync_scripts.config import TeamSettings
from sync_scripts.publish.kobo_forms import FillersHidden, FormTakesAnybody
from tests.publish.places import NOW, TEAMS, Terrain, followup, terrain

__all__ = ["followup", "terrain"]


@pytest.mark.parametrize("right", ["view_asset", "discover_asset", "view_submissions", "add_submissions"])
def test_a_form_that_is_shared_with_everybody_gets_an_empty_list(terrain: Terrain, right: str) -> None:
    """Who may view a form may read its files, at the server's own address, without an account."""
    terrain.send()
    terrain.asset.rights |= {"p9": ("AnonymousUser", right), "p8": ("AnonymousUser", "view_asset")}
    open_to_all = read_without_account(terrain)
    dry, _written = terrain.send(at=NOW + timedelta(minutes=1), dry_run=True)
    still = terrain.on_phones()
    done, _written = terrain.send(at=NOW + timedelta(minutes=1))

    assert isinstance(dry.failure, FormTakesAnybody)
    assert ("DK-A" in still, "They got" in dry.failure.words()) == (True, False)
    assert "DK-A" in open_to_all
    assert isinstance(done.failure, FormTakesAnybody)
    assert (done.failure.forms, done.failure.exit_code) == (terrain.uid, 3)
    assert "DK-" not in read_without_account(terrain) + terrain.on_phones()


def read_without_account(terrain: Terrain) -> str:
    """Return the list of a form as anybody may read it who knows the form's address; "" where the server refuses."""
    where = f"https://kobo.example/api/v2/assets/{terrain.uid}/files/"
    with httpx.Client(transport=terrain.world.transport()) as anybody:
        told = anybody.get(where)
        if told.status_code != 200:
            return ""
        uids = [one["uid"] for one in told.json()["results"] if one["metadata"]["filename"] == "cases.csv"]
        return "".join(anybody.get(f"{where}{uid}/content/").text for uid in uids)


@pytest.mark.parametrize("answer", ["own", 403, 404])
def test_a_login_that_may_not_see_who_fills_a_form_sends_an_empty_list(
    terrain: Terrain, answer: str | int
) -> None:
    """It is shown the owner, the public and itself: that nobody else is named does not mean that nobody is there."""
    terrain.teams = tuple(
        TeamSettings(name=one.name, departments=one.departments, people=one.people, forms=forms)
        for one, forms in zip(TEAMS[:2], ((terrain.uid,), ("aAutre",)), strict=True)
    )
    terrain.asset.rights["p9"] = ("f20", "add_submissions")
    terrain.asset.own_rights = ("view_asset", "change_asset", "view_submissions")
    if isinstance(answer, int):
        terrain.world.knob = lambda asked: (
            httpx.Response(answer, json={}) if "permission-assignments" in asked.url.path else None
        )
    done, _written = terrain.send()

    assert "DK-" not in terrain.on_phones()
    assert isinstance(done.failure, FillersHidden)
    assert (done.failure.forms, done.failure.exit_code, done.cases) == (terrain.uid, 3, 0)


def test_a_login_that_loses_the_right_to_see_who_fills_a_form_takes_its_list_away(terrain: Terrain) -> None:
    """At once; and given back with the right."""
    terrain.send()
    terrain.asset.own_rights = ("view_asset", "change_asset", "view_submissions")
    terrain.send(at=NOW + timedelta(minutes=1))
    emptied = terrain.on_phones()
    terrain.asset.own_rights = ("view_asset", "change_asset", "view_submissions", "manage_asset")
    terrain.send(at=NOW + timedelta(hours=7))

    assert emptied.startswith("name,")
    assert "DK-" not in emptied
    assert "DK-A" in terrain.on_phones()
