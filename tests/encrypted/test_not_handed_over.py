"""Files of encrypted submissions that a server lists and does not hand over: they wait, are told, and stop nothing else."""

from __future__ import annotations

import base64
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sync_scripts.intake.report import FileUnread
from sync_scripts.intake.secrecy import WaitsForKey
from sync_scripts.store.schema import raw
from tests.encrypted.conftest import drawn
from tests.encrypted.far import Far, far
from tests.intake.scene import Scene, uid

PHOTO = b"\xff\xd8 " + bytes(range(256)) * 30
ANSWERS = "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo><photo_2>q.jpg</photo_2></story>"
MEDIA = {"p.jpg": PHOTO, "q.jpg": PHOTO}


@pytest.fixture(params=["central", "kobo"])
def place(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Give a server whose clock is a little behind, and a key of the everyday use."""
    made = far(request.param, one)
    made.make_key()
    made.world.now = one.now - timedelta(minutes=5)
    return made


def lose(place: Far, name: str, status: int = 500, number: int = 1) -> list[str]:
    """Let a server list a file of a submission and not hand it over, for good; return the paths asked for, as they come."""
    asked: list[str] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path.rstrip("/")
        if place.kind == "central":
            hit = path.endswith(f"/{uid(number)}/attachments/{name}")
        else:
            row = place.world.find(uid(number))
            hit = any(f"/attachments/{one}" in path for one, held in row.files.items() if held[0] == name)
        if not hit:
            return None
        asked.append(path)
        return httpx.Response(status, json={})

    place.world.knob = knob
    return asked


def here(place: Far) -> list[str]:
    """Return the submissions that are in the register."""
    return [one for (one,) in place.rows(raw.submission, "instance_id")]


def strangers(place: Far) -> str:
    """Return the public half of a key that is nowhere in the register."""
    der = drawn(3).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_file_of_what_waits_for_a_key_stops_nothing_else(place: Far, status: int) -> None:
    """Its other files are taken, the other submissions arrive and are compared, and each pull tells of the one file."""
    place.send(1, ANSWERS, MEDIA, public=strangers(place))
    for number in (2, 3, 4, 5, 6):
        place.send(number)
    lose(place, "p.jpg.enc", status)
    first = place.pull()
    place.wait(60)
    second = place.pull()
    place.world.knob = lambda _request: None
    place.wait(60)
    place.report()

    for done in (first, second):
        assert (done.failure, done.report.needs_person) == (None, True)
        assert place.notes(done.report)[FileUnread.code] == 1
    assert place.notes(first.report)[WaitsForKey.code] == 1
    assert first.report.proofs[0].holds
    assert here(place) == [uid(number) for number in (2, 3, 4, 5, 6)]
    assert len(place.rows(raw.waiting_file, "tag")) == 3


def test_a_list_of_files_that_cannot_be_had_stops_nothing_else(place: Far) -> None:
    """What was sent is kept; its files are asked for at each pull."""
    place.send(1, ANSWERS, MEDIA, public=strangers(place))
    place.send(2)
    number = "" if place.kind == "central" else str(place.world.find(uid(1)).number)

    def knob(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path.rstrip("/")
        listed = path.endswith((f"/{uid(1)}/attachments", f"/data/{number or '-'}"))
        return httpx.Response(500, json={}) if listed and "format" not in request.url.params else None

    place.world.knob = knob
    done = place.pull()

    assert (done.failure, place.notes(done.report)[FileUnread.code]) == (None, 1)
    assert here(place) == [uid(2)]
    assert place.rows(raw.waiting, "instance_id", "reason") == [(uid(1), "key")]


def test_a_server_that_goes_down_meanwhile_ends_the_pull(place: Far) -> None:
    """What is asked for beside is not handed over either: that is no matter of one file, and what came stays."""
    place.send(1, ANSWERS, MEDIA, public=strangers(place))
    down: list[bool] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        down.append("/attachments/" in request.url.path)
        return httpx.Response(502, json={}) if any(down) else None

    place.world.knob = knob
    done = place.pull()
    kept = place.rows(raw.waiting, "instance_id")
    place.world.knob = lambda _request: None
    place.report()

    assert done.failure is not None
    assert done.failure.exit_code == 5
    assert kept == [(uid(1),)]
    assert len(place.rows(raw.waiting_file, "tag")) == 3
