"""A version that phones get is known to the register, wherever its deployment was cut: nothing is read under no map."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
from sqlalchemy import delete, select

from sync_scripts.store.schema import raw
from tests.encrypted.conftest import Run, Worlds
from tests.intake.test_commands import opened


def known(root: Path) -> list[tuple[str, str, str | None]]:
    """Return server, version and key of what is noted."""
    with opened(root) as register, register.reading() as rows:
        return [(row.server, row.version, row.public_key) for row in rows.execute(select(raw.deployed_form))]


def forget(root: Path) -> None:
    """Forget it, as a laptop that never heard of it."""
    with opened(root) as register, register.writing() as rows:
        rows.execute(delete(raw.deployed_form))


def at_the_last_call(world: Any, part: str, *, done: bool) -> None:
    """Let the server fail at the call that gives the form to phones, before or after it did so."""
    whole = world.answer

    def fails(request: httpx.Request) -> httpx.Response | None:
        if request.method == "GET" or not request.url.path.rstrip("/").endswith(part):
            return None
        if done:
            with mock.patch.object(world, "knob", return_value=None):
                whole(request)
        return httpx.Response(501, text="<html></html>", headers={"content-type": "text/html"})

    world.knob = fails


@pytest.mark.parametrize("server", ["bureau", "terrain"])
def test_a_version_is_known_that_phones_got_although_the_run_was_cut(
    run: Run, root: Path, worlds: Worlds, server: str
) -> None:
    """At a KoboToolbox before they get it; at a Central by the next run, which finds it there and sends nothing."""
    run("keys", "form", "alert")
    world, part = (worlds.central, "publish") if server == "bureau" else (worlds.kobo, "deployment")
    at_the_last_call(world, part, done=True)
    cut = run("forms", "deploy", "alert", "--server", server, "--json", login=server)
    before = known(root)
    world.knob = lambda _request: None
    again = run("forms", "deploy", "alert", "--server", server, "--json", login=server)
    ((name, version, key),) = known(root)

    assert (cut[0], again[0]) == (5, 0), again[2]
    assert again[1]["forms"][0]["unchanged"]
    assert (name, key is not None) == (server, True)
    assert before == ([] if server == "bureau" else [(name, version, key)])


def test_a_form_that_lay_at_the_server_is_known_before_phones_get_it(
    run: Run, root: Path, worlds: Worlds
) -> None:
    """KoboToolbox: it was imported and never deployed, so nothing is imported again; the deployment is cut once more."""
    at_the_last_call(worlds.kobo, "deployment", done=False)
    run("forms", "deploy", "alert", "--server", "terrain", login="terrain")
    forget(root)
    at_the_last_call(worlds.kobo, "deployment", done=True)
    code, _out, _talk = run("forms", "deploy", "alert", "--server", "terrain", login="terrain")
    (asset,) = worlds.kobo.deployed.assets.values()

    assert code == 5
    assert [(server, version) for server, version, _key in known(root)] == [("terrain", asset.version)]


def test_what_is_known_keeps_the_day_on_which_it_was_seen_first(run: Run, root: Path) -> None:
    """By that day a pull tells whether a version had to be encrypted."""
    run("forms", "deploy", "alert", "--server", "bureau", login="bureau")
    with opened(root) as register, register.writing() as rows:
        rows.execute(raw.deployed_form.update().values(at="2026-01-01T00:00:00.000000Z"))
    run("forms", "deploy", "alert", "--server", "bureau", login="bureau")
    with opened(root) as register, register.reading() as rows:
        (at,) = rows.execute(select(raw.deployed_form.c.at)).scalars()

    assert at == "2026-01-01T00:00:00.000000Z"
