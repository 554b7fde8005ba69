"""Lists onto forms of KoboToolbox that a team names and its server does not: they come, and leave, as on all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from sync_scripts.config import TeamSettings
from sync_scripts.publish.kobo_forms import FormsOutOfReach
from sync_scripts.store.schema import register as tables
from tests.contract.kobo_forms import Asset
from tests.publish.places import CASES, NOW, TEAMS, Terrain, followup, terrain
from tests.publish.scene import Run, with_register
from tests.publish.test_phones import FORMS, named, root, run, workbook, worlds

__all__ = ["followup", "root", "run", "terrain", "workbook", "worlds"]

OWN = "b2"
"""The form of the team."""


@pytest.fixture
def apart(terrain: Terrain) -> Terrain:
    """Give a server whose settings name its first form, and the team both."""
    terrain.world.deployed.assets[OWN] = Asset(OWN, terrain.asset.workbook, "followup", "v1", "v1")
    terrain.forms, terrain.beside = (terrain.uid,), (OWN,)
    places = TEAMS[0].departments
    terrain.teams = (TeamSettings(name="nord", departments=places, people=("F12",), forms=(OWN,)),)
    return terrain


def on_phones(terrain: Terrain, uid: str) -> set[str]:
    """Return the codes in the list that phones see with a form."""
    asset = terrain.world.deployed.assets[uid]
    held = {name: data for name, data in asset.media.values() if name in asset.on_phones}
    return {line.split(",")[1] for line in held["cases.csv"].decode().splitlines()[1:]}


def test_a_case_that_left_leaves_the_form_of_the_team_too(apart: Terrain) -> None:
    """Whether the server names other forms or none; a second run writes nothing."""
    apart.send()
    both = on_phones(apart, apart.uid), on_phones(apart, OWN)
    again, rewritten = apart.send()
    apart.send(CASES[1:], NOW)
    left = on_phones(apart, apart.uid), on_phones(apart, OWN)

    assert both == ({"DK-A", "DK-B"},) * 2
    assert (rewritten, again.changed, again.failure) == ([], False, None)
    assert left == ({"DK-B"},) * 2


@pytest.mark.parametrize("forms", ["one", "all"])
def test_a_form_of_another_server_is_no_failure_and_one_that_got_a_list_here_is(
    apart: Terrain, forms: str
) -> None:
    """Of the second, phones may still hold what should have left: it is named."""
    apart.forms = apart.forms if forms == "one" else ()
    apart.beside = (OWN, "b9")
    done, _written = apart.send()
    del apart.world.deployed.assets[OWN]
    gone, _written = apart.send(CASES[1:], NOW)

    assert done.failure is None
    assert isinstance(gone.failure, FormsOutOfReach)
    assert gone.failure.forms == OWN
    assert on_phones(apart, apart.uid) == {"DK-B"}


@pytest.mark.parametrize("status", [403, 500])
def test_a_form_of_the_team_that_is_there_and_not_served_is_named(apart: Terrain, status: int) -> None:
    """Only what the server does not know at all can be another's."""
    apart.world.knob = lambda asked: (
        httpx.Response(status, json={}) if f"/assets/{OWN}/" in asked.url.path else None
    )
    done, _written = apart.send()

    assert isinstance(done.failure, FormsOutOfReach)
    assert done.failure.forms == OWN


def test_the_command_sends_to_the_forms_of_the_settings(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """After the server was told of one form alone, a closed case still leaves the team's."""
    world = worlds["terrain"][0]
    book = (FORMS / "followup.xlsx").read_bytes()
    for uid in ("a1", OWN):
        world.deployed.assets[uid] = Asset(uid, book, "followup", "v1", "v1")
    named(root, server="[]", team=f'["a1", "{OWN}"]')
    run("publish", "--server", "terrain")
    before = [dict(asset.media.values())["cases.csv"] for asset in world.deployed.assets.values()]
    named(root, server='["a1"]', team=f'["a1", "{OWN}", "followup_nord"]')
    with_register(root, _close)
    code, said, _talk = run("publish", "--server", "terrain", "--json")
    after = [dict(asset.media.values())["cases.csv"] for asset in world.deployed.assets.values()]

    assert all(b"DK-A" in one for one in before)
    assert not any(b"DK-" in one for one in after)
    assert (code, said["places"][0]["failure"]) == (0, None)


def _close(register: Any) -> None:
    with register.writing() as rows:
        rows.execute(update(tables.case).values(state="closed"))
