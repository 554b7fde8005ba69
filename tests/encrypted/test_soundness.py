"""Verify looks at what waits encrypted and at the keys of forms too: with or without the servers, light or deep."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.store.database import Register
from tests.encrypted.far import Far, far
from tests.intake.scene import Scene
from tests.intake.test_verify import flip_file, lose_file, without_guards, wrong

PHOTO = "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"


@pytest.fixture
def place(one: Scene) -> Far:
    """Give a source of which two submissions with a photo wait for the vault."""
    made = far("central", one)
    made.make_key("vault")
    for number in (1, 2):
        made.send(number, PHOTO, {"p.jpg": b"\xff\xd8 invented"})
    made.report()
    return made


def lose(kind: str) -> Callable[[Scene], None]:
    """Return what takes the sealed items of a kind away, as if they had never been."""
    return lambda scene: without_guards(scene, f"DELETE FROM sealed_item WHERE kind = '{kind}'")  # noqa: S608


def swap(kind: str) -> Callable[[Scene], None]:
    """Return what changes the sealed bytes of a kind."""
    changed = "UPDATE sealed_item SET blob = zeroblob(length(blob))"
    return lambda scene: without_guards(scene, f"{changed} WHERE kind = '{kind}'")


FAULTS: dict[str, tuple[Callable[[Scene], None], str]] = {
    "manifest lost": (lose("manifest"), "waiting"),
    "manifest changed": (swap("manifest"), "received"),
    "name of an encrypted file lost": (lose("filepart"), "waiting"),
    "encrypted file lost": (lose("encfile"), "waiting"),
    "an encrypted file of another": (
        lambda scene: without_guards(scene, "UPDATE waiting_file SET file = 'x' WHERE rowid = 1"),
        "waiting",
    ),
    "a byte of an .enc changed": (flip_file, "sealed_files"),
    "an .enc gone from the disk": (lose_file, "sealed_files"),
    "key of a form lost": (lose("formkey"), "form_keys"),
}


def looks(register: Register, place: Far) -> list[set[str]]:
    """Return what is found without servers, with them, and by a deep look."""
    return [
        wrong(verify(register, servers, deep=deep))
        for servers, deep in (([], False), ([], True), ([place.server], False), ([place.server], True))
    ]


def test_what_waits_is_whole(place: Far) -> None:
    """Nothing is found where nothing is wrong, and everything was looked at."""
    counted = {one.name: one.looked_at for one in verify(place.scene.register, []).checks}

    assert looks(place.scene.register, place) == [set()] * 4
    assert (counted["waiting"], counted["received"], counted["form_keys"]) == (2 + 4, 2, 1)


@pytest.mark.parametrize("name", FAULTS)
def test_every_planted_fault_is_found(place: Far, name: str) -> None:
    """By each way of verifying."""
    deed, check = FAULTS[name]
    deed(place.scene)

    assert all(check in found for found in looks(place.scene.register, place))


@pytest.mark.parametrize("kind", ["raw", "quarantine"])
def test_changed_bytes_of_a_clear_form_are_found(one: Scene, kind: str) -> None:
    """What is sealed is compared with what the chain says came, also where the database itself is sound."""
    from tests.intake.scene import alert

    one.lay("a", alert(1))
    one.lay("b", alert(2)[:-20])
    one.pull()
    assert not verify(one.register, []).damaged
    swap(kind)(one)

    assert wrong(verify(one.register, [])) == {"received"}
