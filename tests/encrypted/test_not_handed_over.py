"""Files of encrypted submissions that a server lists and does not hand over: they wait, are told, and stop nothing else."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import update

from sync_scripts.intake.encryption.ciphertext import TEXT
from sync_scripts.intake.notes import (
    FileCleared,
    FileTooLarge,
    FileUnread,
    NotAskedFor,
    OpenedProvisionally,
    TextKept,
    WaitsForKey,
)
from sync_scripts.intake.places.missing_files import lacking, words
from sync_scripts.intake.storing import NewPages
from sync_scripts.register.care import rebuild
from sync_scripts.servers import inquiry
from sync_scripts.servers.http.call import FILE_LIMIT
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.schema import raw, register
from tests.encrypted.conftest import drawn
from tests.encrypted.far import Far, far
from tests.encrypted.test_deleted_waiting import by_vault, delete
from tests.intake.scene import Scene, flags, uid

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
        large = {"Content-Length": str(FILE_LIMIT + 1), "Content-Type": "application/octet-stream"}
        return (
            httpx.Response(status, json={})
            if status != 200
            else httpx.Response(200, headers=large, content=b"x")
        )

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
    assert place.waits("instance_id", "waits") == [(uid(1), "key")]


def test_a_server_that_goes_down_meanwhile_ends_the_pull(place: Far) -> None:
    """What is asked for beside is not handed over either: that is no matter of one file, and what came stays."""
    place.send(1, ANSWERS, MEDIA, public=strangers(place))
    down: list[bool] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        down.append("/attachments/" in request.url.path)
        return httpx.Response(502, json={}) if any(down) else None

    place.world.knob = knob
    done = place.pull()
    kept = place.waits("instance_id")
    place.world.knob = lambda _request: None
    place.report()

    assert done.failure is not None
    assert done.failure.exit_code == 5
    assert kept == [(uid(1),)]
    assert len(place.rows(raw.waiting_file, "tag")) == 3


# --- its key is here -----------------------------------------------------------------------------------------------

GONE_FOR_GOOD = pytest.mark.parametrize("status", [404, 500, 200])
"""200 = larger than is read of any file."""


def asks_whom(place: Far) -> str:
    """Return what is said of files that have not come."""
    with place.scene.register.reading() as rows:
        return " ".join(words(one) for one in lacking(rows, place.scene.now))


@GONE_FOR_GOOD
def test_an_alert_is_opened_without_a_file_that_is_not_handed_over(place: Far, status: int) -> None:
    """At once, marked; each pull tells of the file, the others arrive; handed over later, it is proved."""
    place.send(1, ANSWERS, MEDIA)
    place.send(2)
    asked = lose(place, "q.jpg.enc", status)
    early = place.pull()
    place.wait(31)
    opened = place.pull()
    shown, whom, once = flags(place.scene), asks_whom(place), len(asked)
    place.send(3)
    place.wait(60)
    again = place.pull()
    asked_again = len(asked) - once
    place.world.knob = lambda _request: None
    place.wait(60)
    whole = place.report()
    code = FileTooLarge.code if status == 200 else FileUnread.code

    for done in (early, opened, again):
        assert (done.failure, done.report.unread, done.report.needs_person) == (None, 0, True)
    assert early.report.proofs[0].holds
    assert early.report.proofs[0].waiting == 0
    assert place.notes(early.report) == {OpenedProvisionally.code: 1, code: 1}
    assert (early.report.new, opened.report.new, again.report.new) == (2, 0, 1)
    assert place.notes(opened.report) == place.notes(again.report) == {code: 1}
    assert asked_again <= 5  # with all its tries once, although a pull comes to it more than once
    assert "encryption_provisional" in shown
    assert "announced and not arrived" in whom
    assert (whole.new, whole.edited, whole.files_new) == (0, 0, 2)
    assert {state for (state,) in place.rows(raw.submission, "encryption")} == {"whole"}
    assert {state for (state,) in place.rows(raw.attachment, "state")} == {"held"}
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def asked_for(place: Far) -> list[tuple[str, bool]]:
    """Return when somebody is to have asked for files that did not come, and whether that is open."""
    rows = place.scene.rows(register.task, register.task.c.kind == "files_ask")
    return [(row["due_at"], row["done_at"] is None) for row in rows]


def test_somebody_asks_for_the_phone_until_the_files_have_come(place: Far) -> None:
    """A task of whoever has the alert, due two weeks after it reached the server; none once it is proved."""
    place.send(1, ANSWERS, MEDIA)
    lose(place, "q.jpg.enc")
    place.pull()
    early = asked_for(place)
    place.wait(31)
    place.pull()
    ((received,),) = place.rows(raw.submission, "received_at")
    opened, right = asked_for(place), rebuild.check(place.scene.register, place.scene.now)
    place.world.knob = lambda _request: None
    place.wait(60)
    place.report()

    assert early == [(instant(moment(received) + timedelta(days=14)), True)]
    assert opened == [(instant(moment(received) + timedelta(days=14)), True)]
    assert not right.differing
    assert asked_for(place) == []
    assert not rebuild.check(place.scene.register, place.scene.now).differing


@GONE_FOR_GOOD
def test_what_is_deleted_before_its_time_is_opened_by_the_vault(
    place: Far, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could be had was taken at once: the server's deletion loses nothing of it, and a person is told.

    It is no alert, which would be open by then.
    """
    monkeypatch.setattr(NewPages, "urgent", lambda _self, _form: False)
    place.send(1, ANSWERS, MEDIA)
    place.send(2)
    lose(place, "q.jpg.enc", status)
    place.pull()
    place.world.knob = lambda _request: None
    place.wait(10)
    delete(place, 1)
    place.wait(60 * 25)
    told = place.report()
    by_vault(place, monkeypatch)

    assert place.notes(told)[TextKept.code] == 1
    assert here(place) == [uid(1), uid(2)]
    assert dict(place.rows(raw.submission, "instance_id", "encryption"))[uid(1)] == "provisional"


@GONE_FOR_GOOD
def test_answers_that_are_not_handed_over_wait(place: Far, status: int) -> None:
    """Nothing can be read; what is there is kept, no photo is fetched twice for it, and it is opened once it comes."""
    place.send(1, ANSWERS, MEDIA)
    place.send(2)
    lose(place, "submission.xml.enc", status)
    place.wait(31)
    first, second = place.pull(), place.pull()
    waits = place.waits("instance_id", "waits")
    place.world.knob = lambda _request: None
    place.wait(10)
    whole = place.report()

    for done in (first, second):
        assert (done.failure, done.report.needs_person) == (None, True)
    assert waits == [(uid(1), "files")]
    assert (whole.new, whole.files_new) == (1, 2)
    assert here(place) == [uid(1), uid(2)]


def test_what_is_here_whole_is_not_called_removed(place: Far) -> None:
    """Looked at again while one of its photos is not handed over: what is held stays held, and nothing is said to be gone."""
    place.send(1, ANSWERS, MEDIA)
    place.report()
    files = place.rows(raw.attachment, "tag", "state", "mark")
    with place.scene.register.writing() as rows:
        rows.execute(update(raw.place).values(moved_ns=7))
    lose(place, "q.jpg.enc")
    place.wait(5)
    done = place.pull()

    assert done.failure is None
    assert FileCleared.code not in place.notes(done.report)
    assert place.rows(raw.attachment, "tag", "state", "mark") == files
    assert place.rows(raw.submission, "encryption") == [("whole",)]


def test_photos_that_are_out_of_reach_keep_no_answers_away(
    place: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No photo comes, and no more are asked for than bearable: every alert is opened all the same, at once."""
    monkeypatch.setattr(inquiry, "MOST_IN_A_ROW", 1)
    for number in range(1, 6):
        place.send(number, ANSWERS, MEDIA)
    texts = (
        {
            one
            for number in range(1, 6)
            for one, held in place.world.find(uid(number)).files.items()
            if held[0] == TEXT
        }
        if place.kind == "kobo"
        else {TEXT}
    )
    place.world.knob = lambda request: (
        httpx.Response(500, json={})
        if re.search("/attachments/.", request.url.path) and not any(one in request.url.path for one in texts)
        else None
    )
    first = place.pull()
    place.wait(31)
    second = place.pull()
    place.world.knob = lambda _request: None
    place.wait(1)

    assert [(done.failure, done.report.needs_person) for done in (first, second)] == [(None, True)] * 2
    assert place.notes(first.report)[NotAskedFor.code] > 0
    assert (first.report.new, second.report.new) == (5, 0)
    place.report()
    assert {state for (state,) in place.rows(raw.submission, "encryption")} == {"whole"}
