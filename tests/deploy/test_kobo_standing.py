"""What somebody changed, or closed, at a KoboToolbox is neither replaced nor opened by sending a form there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from sync_scripts.deploy import DraftOfOthers, FormArchived, Package, plan
from sync_scripts.errors import DikaloError
from tests.contract import kobo_world
from tests.contract.kobo_forms import Asset
from tests.deploy.test_deploy import NOBODY, Place, at_kobo, changed, reworded, without


@pytest.fixture
def kobo(alert: Package) -> Place:
    """Give a KoboToolbox with the form, sent by this folder."""
    place = at_kobo(kobo_world.World(forms={}))
    place.deploy(alert)
    return place


def asset_of(place: Place) -> Asset:
    """Return the form at the server."""
    found: Asset
    (found,) = place.world.deployed.assets.values()
    return found


def save(place: Place, workbook: bytes, version: str = "vTheirs") -> None:
    """Let somebody save another content in the browser, without deploying it."""
    asset = asset_of(place)
    asset.version, asset.workbook = version, workbook


def unwritten(place: Place, package: Package, kind: type[DikaloError]) -> bool:
    """Send a form and be refused; tell whether nothing was written."""
    before = len(place.world.log)
    with pytest.raises(kind):
        place.deploy(package)
    return all(method == "GET" for method, _path, _status in place.world.log[before:])


@pytest.mark.parametrize("remembered", [True, False])
def test_a_change_that_somebody_saved_is_not_replaced(kobo: Place, alert: Package, remembered: bool) -> None:
    """Whether this folder remembers what it sent or not; deployed or undone there, ours goes."""
    theirs = changed(alert, without("place_hint"), version="2030020202")
    before = asset_of(kobo).deployed
    save(kobo, theirs.workbook)
    if not remembered:
        kobo.forms.known.clear()
        kobo.forms.sent.clear()
    other = changed(alert, reworded)

    assert unwritten(kobo, other, DraftOfOthers)
    assert unwritten(kobo, alert, DraftOfOthers)
    assert (asset_of(kobo).workbook, asset_of(kobo).deployed) == (theirs.workbook, before)
    asset_of(kobo).workbook, asset_of(kobo).version = alert.workbook, str(before)
    assert kobo.deploy(other) > 0


def test_a_form_that_somebody_is_still_at_work_on_is_not_replaced(kobo: Place, alert: Package) -> None:
    """Not even one that nobody can read yet."""
    save(kobo, changed(alert, reworded).workbook)
    kobo.world.knob = lambda asked: (
        httpx.Response(200, content=b"PK") if asked.url.path.endswith(".xls") else None
    )

    assert unwritten(kobo, changed(alert, reworded), DraftOfOthers)


def test_a_form_that_somebody_only_drafted_there_is_left_alone(alert: Package) -> None:
    """It was never deployed: sending would replace it."""
    place = at_kobo(kobo_world.World(forms={}))
    theirs = changed(alert, without("place_hint"), version="2030020202")
    place.world.deployed.assets["aDraft"] = Asset("aDraft", theirs.workbook, "alert", "v1")

    assert unwritten(place, alert, DraftOfOthers)


def test_a_new_name_is_no_change_of_the_form(kobo: Place, alert: Package) -> None:
    """A project that is renamed has another version with the same content: phones get ours."""
    asset_of(kobo).version = "vRenamed"

    assert not kobo.forms.look(alert).drafted
    assert kobo.deploy(changed(alert, reworded)) > 0


def test_what_a_cut_run_of_ours_left_is_known_however_the_server_writes_it(
    kobo: Place, alert: Package
) -> None:
    """What was begun is told as soon as the server has it; the next run completes it."""
    other, told = changed(alert, reworded), {}

    def begun(package: Package, uid: str, version: str) -> None:
        told[package.form] = (uid, version, package.workbook)

    kobo.forms = replace(kobo.forms, begun=begun)
    kobo.world.knob = lambda asked: httpx.Response(502) if asked.method == "PATCH" else None
    with suppress(DikaloError):
        kobo.deploy(other)
    uid, version, workbook = told["alert"]
    elsewhere = changed(alert, without("place_hint"), version="2030030303").workbook
    kobo.world.knob = lambda asked: (
        httpx.Response(200, content=elsewhere) if asked.url.path.endswith(".xls") else None
    )
    kobo.forms.known["alert"], kobo.forms.sent["alert"] = uid, (version, workbook)

    assert (uid, version) == (asset_of(kobo).uid, asset_of(kobo).version)
    assert asset_of(kobo).deployed != version
    assert kobo.deploy(other) > 0
    assert asset_of(kobo).deployed == version


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_change_that_somebody_saves_meanwhile_is_not_given_to_phones(
    kobo: Place, alert: Package, when: str
) -> None:
    """After the look it is left alone; after the import it is not deployed in place of ours."""
    other = changed(alert, reworded)
    theirs = changed(alert, without("place_hint"), version="2030020202").workbook
    made = plan(other, kobo.forms.look(other), NOBODY)
    if when == "before":
        save(kobo, theirs)
    else:
        kobo.forms = replace(kobo.forms, begun=lambda _package, _uid, _version: save(kobo, theirs))
    with pytest.raises(DraftOfOthers):
        kobo.forms.carry_out(other, made)

    assert asset_of(kobo).workbook == theirs
    assert asset_of(kobo).deployed != "vTheirs"


def test_an_archived_form_is_not_opened(kobo: Place, alert: Package) -> None:
    """Somebody closed it: it is named, and stays closed; where there is nothing to send nothing is said."""
    asset_of(kobo).active = False

    assert kobo.deploy(alert) == 0
    assert unwritten(kobo, changed(alert, reworded), FormArchived)
    assert asset_of(kobo).active is False


def test_a_form_that_is_archived_after_it_was_looked_at_is_not_opened(kobo: Place, alert: Package) -> None:
    """It is looked at once more before anything is written."""
    other = changed(alert, reworded)
    made = plan(other, kobo.forms.look(other), NOBODY)
    asset_of(kobo).active = False
    with pytest.raises(FormArchived):
        kobo.forms.carry_out(other, made)

    assert asset_of(kobo).active is False
