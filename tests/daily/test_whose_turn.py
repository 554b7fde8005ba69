"""What a round says while it goes on: each line names something else than the one before it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from sync_scripts.config import ServerSettings
from sync_scripts.store import logins
from tests import clock
from tests.contract import central_world
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT
from tests.contract.serving import serving
from tests.daily.rounds import Go, change, opened


@pytest.mark.parametrize("several", [False, True])
def test_a_source_that_is_compared_is_named_once(root: Path, go: Go, *, several: bool) -> None:
    """Before it compares everything it lets others have their turn; where there is none, nothing is said anew."""
    world = central_world.World(forms={"alert": []}, now=clock.now())
    with serving(world.answer) as url:
        names = ["office", "field"] if several else ["office"]
        change(
            root,
            server=tuple(ServerSettings(name=one, kind="central", url=url, project=PROJECT) for one in names),
        )
        workspace = opened(root)
        for one in names:
            logins.keep(workspace.register, one, "pull", logins.Kept(account=EMAIL, password=PASSWORD))
        workspace.close()
        code, _text, err = go("sync")
    said = [line.removesuffix(" ...") for line in err.splitlines() if line.endswith(" ...")]

    assert code in {0, 3}, err
    assert [one for one, other in pairwise(said) if one == other] == []
    answers = [one for one in said if one in names][: 2 * len(names)]
    assert answers == ["office", "field", "office", "field"] if several else ["office", "office"]
