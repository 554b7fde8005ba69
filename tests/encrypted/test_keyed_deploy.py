"""The key goes into the copy that goes up and nowhere else; a version that phones get is known to the register, wherever its deployment was cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
from sqlalchemy import delete, select

from sync_scripts.deploy import FormHeldBack, Package, pack
from sync_scripts.deploy.package import KeyInWorkbook, KeyUnlike, key_in, key_of, keyed, laid, lay
from sync_scripts.store.schema import raw
from tests.deploy.test_deploy import FORMS, Place, changed, place, reworded  # noqa: F401 - a fixture
from tests.encrypted.conftest import Run, Worlds
from tests.intake.test_commands import opened
from xlsform.compare.change import accept
from xlsform.workbooks import workbook

ONE, OTHER = "QUJD" * 98, "REVG" * 98
"""Two texts that stand for public keys."""


@pytest.fixture(scope="module")
def alert() -> Package:
    """Give the alert form as it ships."""
    return pack(FORMS / "alert.xlsx", FORMS / "media")


def test_the_copy_holds_the_key_and_nothing_else_is_different(alert: Package) -> None:
    """What is asked is the same; the workbook on the disk stays without a key."""
    made = keyed(alert, ONE)
    here, there = (workbook.read(one.workbook, file="x.xlsx").form for one in (alert, made))

    assert there.settings == {**here.settings, "public_key": ONE}
    assert (there.survey, there.choices, there.languages) == (here.survey, here.choices, here.languages)
    assert key_in((FORMS / "alert.xlsx").read_bytes()) == ""
    assert keyed(alert, None) is alert
    assert keyed(alert, ONE).workbook == made.workbook


def test_a_keyed_form_goes_up_once(place: Place, alert: Package) -> None:  # noqa: F811
    """Unchanged compares the keyed bytes: the second run holds no writing call."""
    made = keyed(alert, ONE)
    first, second = place.deploy(made), place.deploy(made)

    assert first > 0
    assert second == 0
    assert key_in(place.on_phones("alert")[0]) == ONE


def test_a_form_that_was_clear_becomes_a_version_of_its_own(place: Place, alert: Package) -> None:  # noqa: F811
    """Nobody has to change the form for it: phones fetch it, and it can be told from the clear one."""
    place.deploy(alert)
    made = keyed(alert, ONE)
    written, again = place.deploy(made), place.deploy(made)

    assert (written > 0, again) == (True, 0)
    assert key_in(place.on_phones("alert")[0]) == ONE
    if place.kind == "central":
        assert place.world.published.published["alert"].version.startswith(f"{alert.version}-")


def test_another_key_goes_up(place: Place, alert: Package) -> None:  # noqa: F811
    """Once a year, or after a laptop was lost."""
    place.deploy(keyed(alert, ONE))
    made = keyed(alert, OTHER)

    assert place.deploy(made) > 0
    assert place.deploy(made) == 0
    assert key_in(place.on_phones("alert")[0]) == OTHER


def test_a_changed_form_keeps_its_key_and_its_version(place: Place, alert: Package) -> None:  # noqa: F811
    """A new wording under the same key is an ordinary new version."""
    place.deploy(keyed(alert, ONE))
    place.deploy(keyed(changed(alert, reworded), ONE))

    assert key_in(place.on_phones("alert")[0]) == ONE
    if place.kind == "central":
        assert place.world.published.published["alert"].version == "2030010101"


def test_encryption_is_not_switched_off_by_the_way(place: Place, alert: Package) -> None:  # noqa: F811
    """A folder that does not know the key cannot send the form in the clear again: somebody must say so by name."""
    place.deploy(keyed(alert, ONE))
    with pytest.raises(FormHeldBack) as found:
        place.deploy(alert)

    assert "ENCRYPTION-CHANGED" in found.value.changes
    assert key_in(place.on_phones("alert")[0]) == ONE
    words = found.value.changes.split(", ")
    assert place.deploy(alert, accept(words, "formatrice", "fin de la formation")) > 0


def test_a_workbook_with_another_key_is_refused(alert: Package) -> None:
    """Whose key would it be?"""
    with pytest.raises(KeyInWorkbook):
        keyed(replace(alert, workbook=keyed(alert, OTHER).workbook), ONE)


def test_the_key_beside_the_forms_must_be_that_of_the_register(tmp_path: Path) -> None:
    """A file that somebody exchanged is noticed before anything is sent; a trainer without a register uses it."""
    assert key_of("alert", tmp_path, None) is None
    assert key_of("alert", tmp_path, ONE) == ONE
    lay(tmp_path, "alert", ONE)

    assert laid(tmp_path, "alert") == key_of("alert", tmp_path, None) == key_of("alert", tmp_path, ONE) == ONE
    with pytest.raises(KeyUnlike):
        key_of("alert", tmp_path, OTHER)


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
