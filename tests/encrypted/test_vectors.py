"""Every frozen vector through the opening that a pull uses: the valid ones come out plain, each of the others is not believed or waits."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.encryption.unlocking import Unlocking, unlocking
from sync_scripts.servers.base import Found, Unread
from sync_scripts.servers.folder import Folder
from sync_scripts.store.seal.form_keys import FormKey
from tests import clock
from tests.intake.test_encrypted import FOLDER, INDEX, REFUSED, VALID

WAITS = {"KEY_MISMATCH", "MISSING_FILE"}
"""What a pull does not put aside: a key may still be found, a file may still come."""


def ring(name: str) -> Keyring:
    """Return one key of the vectors."""
    (key,) = (one for one in INDEX["keys"] if one["name"] == name)
    known = FormKey(fingerprint=name, form="x", use="day", public="", made_at="2026", made_by="x")
    return Keyring([known], {name: base64.b64decode(key["test_only_private_key_der_b64"])})


def opening(vector: dict[str, Any], folder: Path) -> Unlocking:
    """Lay a vector into a folder, and return what opens it."""
    (folder / "source").mkdir()
    lay(vector, folder)
    source = Folder(folder / "source")
    return unlocking(source, ring(vector["key"]), clock.now, folder / "sealed", 10**8)


def lay(vector: dict[str, Any], folder: Path) -> None:
    """Lay a vector into a folder as a server hands it over; names that no disk takes stay away."""
    home = folder / "source" / "instance"
    home.mkdir()
    (home / "submission.xml").write_bytes((FOLDER / vector["name"] / "submission.xml").read_bytes())
    for file in vector["files"]:
        stored = FOLDER / vector["name"] / file["stored_as"]
        if stored.is_file() and "/" not in file["enc_name"] and "\\" not in file["enc_name"]:
            (home / file["enc_name"]).write_bytes(stored.read_bytes())


def opened(server: Unlocking) -> tuple[str, Found]:
    """Return the one place, and what was found there."""
    (one,) = [each for page in server.pages(None) for each in page.sightings]
    (found,) = server.fetch([one])
    assert not isinstance(found, Unread)
    return one.place, found


@pytest.mark.parametrize("vector", VALID, ids=lambda vector: vector["name"])
def test_a_valid_one_comes_out_plain(vector: dict[str, Any], tmp_path: Path) -> None:
    """Whole, with every file under its plain name and of its plain length."""
    server = opening(vector, tmp_path)
    place, found = opened(server)
    wrapped = server.wrapped(place)
    refs = server.attachments(place)

    assert wrapped is not None
    assert wrapped.state == "whole"
    assert found.content.decode() == vector["xml_text"]
    assert len(refs) == len(vector["files"]) - 1
    for ref in refs:
        with server.open(ref) as file:
            assert len(file.read()) == ref.size


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector["name"])
def test_any_other_is_not_believed_or_waits(vector: dict[str, Any], tmp_path: Path) -> None:
    """Never opened as whole; by the reason that its index names."""
    server = opening(vector, tmp_path)
    place, found = opened(server)
    wrong, locked, wrapped = server.disbelieved(place), server.locked(place), server.wrapped(place)
    expected = vector["code"]

    assert wrapped is None or wrapped.state == "provisional"
    if expected in WAITS:
        assert locked is not None or wrapped is not None
    elif expected == "NOT_ENCRYPTED":
        assert (wrong, locked, wrapped) == (None, None, None)
        assert found.content == (tmp_path / "source" / "instance" / "submission.xml").read_bytes()
    else:
        assert wrong is not None
        assert wrong.refusal == expected
