"""The key goes into the copy that goes up and nowhere else; a second run writes nothing; another key is another version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sync_scripts.deploy import FormHeldBack, Package, pack
from sync_scripts.deploy.package import KeyInWorkbook, KeyUnlike, key_in, key_of, keyed, laid, lay
from tests.deploy.test_deploy import FORMS, Place, changed, place, reworded  # noqa: F401 - a fixture
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
