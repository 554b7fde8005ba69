"""Submissions that only a Central itself can open: known as such, kept sealed, counted apart; and what a person allows for one run."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sync_scripts.intake import pull as pulling
from sync_scripts.intake.checkup.central import CentralCheck
from sync_scripts.intake.checkup.findings import of_forms
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.encryption.ciphertext import managed
from sync_scripts.intake.notes import WaitsForKey, WaitsForServer, WaitsForVault
from sync_scripts.intake.places import in_waiting
from sync_scripts.servers.central import Central
from sync_scripts.servers.central.lists import Lists
from sync_scripts.servers.http import FILE_LIMIT
from sync_scripts.store.schema import raw
from sync_scripts.store.schema.register import TABLES
from tests.encrypted.conftest import Run, Worlds, drawn
from tests.encrypted.far import Far, far
from tests.encrypted.phone import encrypt
from tests.intake.scene import VERSION, Scene

PHOTO = b"\xff\xd8 photo " * 50
ANSWERS = "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"


@pytest.fixture
def place(one: Scene) -> Far:
    """Give a Central."""
    return far("central", one)


def send(place: Far, number: int, *, by_server: bool = True) -> None:
    """Let a phone send one encrypted with a key that is nowhere here: the server's own, or some other."""
    half = drawn(5).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    xml = place.xml(number, ANSWERS)
    mark = b"[encrypted:AaIR7U95]" if by_server else b""
    version = b' version="' + VERSION.encode()
    sent = encrypt(b64encode(half).decode(), xml.replace(version, version + mark, 1), {"p.jpg": PHOTO})
    place.sent[number] = sent
    place.lay(number, sent)


def test_what_only_the_server_opens_is_said_in_its_own_words(place: Far) -> None:
    """Once, and it needs a person; beside it, what another key encrypted is said as before. No row of the register comes of it."""
    send(place, 1)
    send(place, 2)
    send(place, 3, by_server=False)
    first = place.report()
    again = place.report()

    assert (first.new, first.needs_person) == (0, True)
    assert place.notes(first) == {WaitsForServer.code: 2, WaitsForKey.code: 1}
    assert (again.notes, again.needs_person) == ((), False)
    assert not any(place.rows(table, *list(table.c.keys())[:1]) for table in TABLES)


def test_the_vault_is_not_offered_for_what_it_cannot_open(place: Far) -> None:
    """A key of the vault for this form does not make the server's key its own."""
    place.make_key("vault")
    send(place, 1)
    place.send(2)
    report = place.report()

    assert place.notes(report) == {WaitsForServer.code: 1, WaitsForVault.code: 1}
    assert sorted(place.waits("waits")) == [("key",), ("vault",)]


def test_it_is_counted_apart_and_loses_nothing(place: Far) -> None:
    """Verify: as many as the server shows, all of them waiting, none missing; bytes and files are here, sealed."""
    send(place, 1)
    send(place, 2, by_server=False)
    report = place.report()
    found = verify(place.scene.register, [place.server])
    with place.scene.register.reading() as rows:
        waits = in_waiting.count(rows)

    assert waits == {"key": 1, "server": 1}
    assert (sum(one.waiting for one in found.forms), found.not_pulled, found.short) == (2, 0, 0)
    assert found.by_server == 1
    assert (report.proofs[0].waiting, report.proofs[0].missing) == (2, 0)
    assert len(place.rows(raw.waiting_file, "size")) == 4


def test_doctor_says_what_waits_and_at_which_form(place: Far) -> None:
    """Here by what waits, at the server by the keys that it names."""
    send(place, 1)
    place.report()
    here = {one.code: one.level for one in of_forms(place.scene.register, place.scene.now)}
    source = place.server
    assert isinstance(source, Central)
    check = CentralCheck("bureau", Lists(source.project), "pull", place.scene.now, frozenset())
    forms = list(check.lists.project.forms())
    there = list(check._unreadable(forms))
    send(place, 2, by_server=False)
    place.world.delete("alert", place.world.forms["alert"][0].root)
    place.world.purge("alert", place.world.forms["alert"][0].root)

    assert here == {"waiting-server": "warn"}
    assert [(one.code, one.level) for one in there] == [("server-managed-data", "warn")]
    assert "alert" in there[0].words
    assert list(check._unreadable(forms)) == []


def test_the_mark_of_the_server_is_told_from_anything_else() -> None:
    """Base64 with its signs, at the end."""
    assert managed("1[encrypted:AaIR7U95]")
    assert managed("1[encrypted:Aa+/7U9=]")
    assert not managed("[encrypted]")
    assert not managed("1[encrypted:AaIR7U95]-2")
    assert not managed("")


@pytest.mark.parametrize(
    ("said", "most"), [("", (100_000_000, FILE_LIMIT)), ("300", (300_000_000, 300_000_000))]
)
def test_the_option_reaches_the_pull_and_the_client(
    run: Run, worlds: Worlds, monkeypatch: pytest.MonkeyPatch, said: str, most: tuple[int, int]
) -> None:
    """Nothing else is larger than it was, and the next run is as always."""
    worlds.central.forms["alert"] = []
    run("keys", "server", "bureau", login="bureau")
    real, seen = pulling.pull, list[tuple[int, int]]()

    def look(register: Any, servers: Sequence[Any], actor: Any, way: Any) -> Any:
        seen.append((way.file_limit, servers[0].project.client.file_limit))
        return real(register, servers, actor, way)

    monkeypatch.setattr("sync_scripts.cli.inflow.pull.fetch", look)
    run("pull", *(["--largest-file", said] if said else []))

    assert seen == [most]
