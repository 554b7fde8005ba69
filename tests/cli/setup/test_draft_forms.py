"""A login to which a Central shows what was never published: it is none that pulls less for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_scripts.config import ServerSettings, Settings
from sync_scripts.intake.checkup.servers import look
from sync_scripts.store.logins import Kept, Role
from tests import clock
from tests.contract import central_world
from tests.contract.central_drafts import drafted
from tests.contract.serving import serving

ROLES: list[Role] = ["pull", "deploy"]


@pytest.mark.parametrize("role", ROLES)
def test_a_mere_draft_is_not_asked_for_and_is_none_of_the_forms(tmp_path: Path, role: Role) -> None:
    """Nothing can be sent with it; its address of submissions answers 404, which refused the login."""
    world = central_world.World(forms={"alert": []}, now=clock.now())
    world.knob = drafted(world, "aaa")
    login = Kept(account=central_world.EMAIL, password=central_world.PASSWORD)
    with serving(world.answer) as url:
        server = ServerSettings(name="bureau", kind="central", url=url, project=central_world.PROJECT)
        seen = look(server, Settings(id="0" * 16), login, role=role, root=tmp_path, now=clock.now())

    assert [one.id for one in seen.forms] == ["alert"]
    assert not [path for _method, path, _status in world.log if "aaa" in path]
