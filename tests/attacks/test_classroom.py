"""Somebody in the room of a training, or on a page that a trainer has open, and what they get of the classroom.

They guess the address, give the laptop a name of their own (so that a page of theirs reads the classroom through a browser), and
fill its disk.
"""

from __future__ import annotations

import os
from itertools import islice
from itertools import product as pairs

import pytest

from sync_scripts.classroom.desk import LONG, SHORT
from sync_scripts.classroom.errors import CodeRests, NotFound
from sync_scripts.classroom.inbox import INCOMING
from sync_scripts.classroom.page import ADDRESSES, PER_MINUTE, SlowDoor
from sync_scripts.classroom.running import Classroom
from sync_scripts.clock import machine
from tests.classroom.conftest import media, room, small_shelf, stage, tree, wire
from tests.classroom.raw import Wire, body, filled

__all__ = ["media", "room", "small_shelf", "stage", "wire"]

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def test_the_address_that_is_scanned_cannot_be_guessed(room: Classroom) -> None:
    """Thirteen signs of thirty-two: 65 bits. The one that is typed is no part of it."""
    code = room.desk.path.removeprefix("/t/")
    assert len(code) * 5 >= 60
    assert set(code) <= set(ALPHABET)
    assert room.desk.short_path.removeprefix("/t/") not in code
    assert all(room.desk.path in address for address in room.addresses)


def test_the_short_address_serves_as_the_long_one(wire: Wire, room: Classroom) -> None:
    """What is typed on a phone without a camera: forms, files, and a filled form that arrives."""
    wire.path = room.desk.short_path
    assert wire.ask("GET", "/formList").text.count(f"{room.desk.path}/forms/") == 4
    assert wire.ask("HEAD", "/submission").status == 204
    assert wire.post(body(filled())).status == 201


def test_guessing_the_short_address_is_slow_and_disturbs_no_scanned_phone(
    wire: Wire, room: Classroom
) -> None:
    """After twenty wrong ones the short addresses rest for whoever guessed, the right one too; who scanned notices nothing."""
    wire.path = ""
    guesses = ("".join(signs) for signs in pairs(ALPHABET, repeat=SHORT))
    statuses = [wire.ask("GET", f"/t/{guess}/formList").status for guess in islice(guesses, 3 * PER_MINUTE)]
    typed, scanned = (wire.ask("GET", f"{path}/formList") for path in (room.desk.short_path, room.desk.path))

    assert statuses == [404] * PER_MINUTE + [429] * 2 * PER_MINUTE
    assert (typed.status, scanned.status) == (429, 200)


def test_the_door_opens_again_after_a_minute() -> None:
    """By a clock that only goes forward; and a right code counts for nothing."""
    at = [0.0]
    door = SlowDoor("/t/" + "l" * LONG, "/t/" + "s" * SHORT, beat=lambda: at[0])
    for _guess in range(PER_MINUTE):
        assert door.straight("/t/ssssss/formList", "a") == f"{door.path}/formList"
        with pytest.raises(NotFound):
            door.straight("/t/aaaaaa", "a")
    with pytest.raises(CodeRests):
        door.straight("/t/ssssss/formList", "a")
    at[0] = 59.9
    with pytest.raises(CodeRests):
        door.straight("/t/ssssss", "a")
    at[0] = 60.0
    assert door.straight("/t/ssssss", "a") == door.path


def test_who_guesses_keeps_nobody_else_out() -> None:
    """One telephone of the Wi-Fi could let the typed address rest for the whole room; addresses that are made up rest together."""
    door = SlowDoor("/t/" + "l" * LONG, "/t/" + "s" * SHORT, beat=lambda: 0.0)
    for guesser in ("b", *(f"made up {number}" for number in range(2 * ADDRESSES))):
        for _guess in range(PER_MINUTE):
            with pytest.raises((NotFound, CodeRests)):
                door.straight("/t/aaaaaa", guesser)
    with pytest.raises(CodeRests):
        door.straight("/t/ssssss", "b")
    with pytest.raises(CodeRests):
        door.straight("/t/ssssss", "made up too late")
    again = SlowDoor(door.path, door.short_path, beat=lambda: 0.0)
    for _guess in range(PER_MINUTE):
        with pytest.raises(NotFound):
            again.straight("/t/aaaaaa", "b")
    assert again.straight("/t/ssssss", "a") == again.path


def test_what_broke_off_makes_room_again(wire: Wire, room: Classroom) -> None:
    """First posts of submissions whose last one never comes: after an hour they give their room to others, after a day at the start."""
    first = body(
        filled(instance="uuid:22222222-2222-4222-8222-222222222222"),
        ("photo.jpg", bytes(50_000)),
        incomplete=True,
    )
    room.inbox.quota = room.inbox._kept + 60_000
    assert wire.post(first).status == 201
    assert wire.post(body(filled(), ("photo.jpg", bytes(25_000)))).status == 507
    (waiting,) = (one for one in (room.inbox.root / INCOMING).iterdir() if one.name.startswith("wait-"))
    hours_ago = machine().timestamp() - 2 * 3600
    os.utime(waiting, (hours_ago, hours_ago))
    assert wire.post(body(filled(), ("photo.jpg", bytes(25_000)))).status == 201
    assert not waiting.exists()


def test_a_page_elsewhere_reads_nothing_through_a_name_of_its_own(wire: Wire) -> None:
    """A name that leads to this laptop for the browser of somebody here (DNS rebinding): it is not ours, so it gets nothing."""
    wire.host = "rebound.attacker.example:8000"
    for method, path in (
        ("GET", ""),
        ("GET", "/formList"),
        ("GET", "/received.json"),
        ("HEAD", "/submission"),
    ):
        assert wire.ask(method, path).status == 421
    assert wire.post(body(filled())).status == 421


def test_nobody_fills_the_disk(wire: Wire, room: Classroom) -> None:
    """A training keeps so much and no more: what is over is refused with words, leaves nothing, and the trainer is told."""
    room.inbox.quota = room.inbox._kept + 60_000
    answers = [wire.post(body(filled(), ("photo.jpg", bytes(25_000)))) for _post in range(4)]
    kept = tree(room.inbox.root)

    assert [one.status for one in answers] == [201, 201, 507, 507]
    assert len([name for name in kept if name.endswith("photo.jpg")]) == 2
    assert wire.ask("GET", "/received.json").text.count('"full":true') == 1
    assert "hidden" not in wire.ask("GET", "?lang=en").text.partition('id="full"')[2].partition(">")[0]
    assert wire.post(body(filled())).status == 201, "a small one still fits"


def test_a_post_that_was_sent_again_counts_once(wire: Wire, room: Classroom) -> None:
    """A phone on a bad line sends the same form ten times."""
    once = body(filled(instance="uuid:11111111-1111-4111-8111-111111111111"), ("photo.jpg", bytes(20_000)))
    room.inbox.quota = room.inbox._kept + 45_000
    assert {wire.post(once).status for _again in range(10)} == {201}
