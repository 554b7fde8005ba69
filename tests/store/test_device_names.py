"""A name that Windows keeps for a device is known as such wherever a file gets a name that came from outside."""

from __future__ import annotations

import pytest

from sync_scripts.classroom import disk
from sync_scripts.intake.receive.split import hostile
from sync_scripts.store.durable import is_device
from sync_scripts.store.vault import safe_name

DEVICES = [
    "con.txt",
    "NUL",
    "Com1.jpg",
    "lpt9",
    "aux.tar.gz",
    "COM².jpg",
    "lpt³",
    "CONIN$",
    "conout$.png",
    "con .jpg",
]
FILES = ["contrat.jpg", "com.jpg", "lpt10.jpg", "nulle.txt", "photo con.jpg", "com1-photo.jpg"]


@pytest.mark.parametrize("name", DEVICES)
def test_no_file_is_written_under_the_name_of_a_device(name: str) -> None:
    """By the classroom, by the vault, by ``decrypt``; and the register remarks on it."""
    assert is_device(name)
    assert hostile(name)
    assert not is_device(safe_name(name))
    assert not is_device(disk.safe_name(name))


@pytest.mark.parametrize("name", FILES)
def test_a_name_that_only_begins_like_one_stays(name: str) -> None:
    """Nobody's photo is renamed for nothing."""
    assert not is_device(name)
    assert not hostile(name)
    assert safe_name(name) == disk.safe_name(name) == name
