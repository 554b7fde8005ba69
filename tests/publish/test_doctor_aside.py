"""A form that cannot be looked at hides nothing that ``dikalo doctor`` sees at the others, and is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.publish.scene import Run
from tests.publish.test_doctor import UID, at, central, kobo, root, run, workbook
from tests.publish.test_phones import named
from tests.servers import kobo_world

__all__ = ["central", "kobo", "root", "run", "workbook"]
GONE = "aGone"
FAILS: dict[str, Callable[[httpx.Request], httpx.Response | None]] = {
    "not there": lambda _request: None,
    "fails": lambda request: httpx.Response(500, text="x") if GONE in request.url.path else None,
}


@pytest.mark.parametrize("name", FAILS)
def test_a_form_that_cannot_be_looked_at_hides_no_open_door(
    name: str, run: Run, root: Path, kobo: kobo_world.World
) -> None:
    """At a KoboToolbox: misnamed in the settings, taken away, or one at which the server fails."""
    kobo.deployed.assets[UID].rights = {"p1": ("AnonymousUser", "add_submissions")}
    named(root, server=f'["{GONE}", "{UID}"]', team="[]")
    kobo.knob = FAILS[name]
    code, said, _talk = run("doctor", "--open", "--json")
    found = at(said, "terrain")
    words = [one["words"] for one in said["findings"] if one["code"] == "server-form"]

    assert (code, found["server-anonymous"], found["server-old"]) == (3, "bad", "ok")
    assert (found["server-form"], len(words)) == ("bad", 1)
    assert GONE in words[0]
    assert "server-reach" not in found
