"""What waits for its files and is deleted at its server meanwhile: what came is here, a person is told, the vault opens it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sync_scripts.cli.opening.vault_reading import take
from sync_scripts.intake.checkup.findings import of_forms
from sync_scripts.intake.encryption.unparking import Parked, parked
from sync_scripts.intake.notes import GoneUnseen, OpenedProvisionally, TextKept, WaitsForFiles
from sync_scripts.register.care import rebuild
from sync_scripts.register.model.build_backlog import FILES_AFTER
from sync_scripts.register.queries.submissions import unopened
from sync_scripts.store.schema import metadata, raw
from sync_scripts.store.vault import Vault, by_identity
from tests.encrypted.far import Far, far
from tests.intake.scene import COORDINATOR, Scene, flags, scene, uid
from tests.store.databases import World

CANARY = "CANARI-un récit que personne ne doit lire"
PHOTO = b"\xff\xd8 CANARI-PHOTO " + bytes(range(256)) * 30
ANSWERS = (
    f"<story><short_text>{CANARY}</short_text><safe_to_photo>yes</safe_to_photo>"
    "<photo>p.jpg</photo><photo_2>q.jpg</photo_2></story>"
)
MEDIA = {"p.jpg": PHOTO, "q.jpg": PHOTO}


@pytest.fixture(params=["central", "kobo"])
def place(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Give a server to which an alert of two photos came a moment ago, of which one is late."""
    made = far(request.param, one)
    made.make_key()
    made.world.now = one.now - timedelta(minutes=5)
    made.send(2)
    return made


def delete(place: Far, number: int) -> None:
    """Let somebody delete a submission at the server."""
    place.world.delete(*(("alert",) if place.kind == "central" else ()), uid(number))


def legible(place: Far) -> list[Parked]:
    """Return what the vault would open."""
    register = place.scene.register
    with register.reading() as rows:
        return parked(rows)


def by_vault(place: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a person with the vault take in what waits."""
    from sync_scripts.intake import way

    monkeypatch.setattr(way.Way.__dataclass_fields__["clock"], "default", lambda: place.scene.now)
    register = place.scene.register
    key = by_identity(place.scene.world.holders["V"].secret)
    with Vault(register, key, COORDINATOR, now=lambda: place.scene.now) as vault:
        done = take(register, vault, legible(place), "supprimée au serveur")
    assert done.failure is None


def test_what_has_come_is_taken_although_a_photo_is_late(place: Far) -> None:
    """Sealed, the answers among it; taken once; and opened by a pull half an hour later, as ever."""
    place.send(1, ANSWERS, MEDIA, late=("q.jpg",))
    report = place.report()
    taken = place.rows(raw.waiting_file, "tag")
    place.wait(5)
    place.report()
    assert place.rows(raw.waiting_file, "tag") == taken
    place.wait(31)
    later = place.report()

    assert (report.new, place.notes(report)) == (1, {WaitsForFiles.code: 1})
    assert len(taken) == 2
    assert CANARY not in str(place.scene.dump("sealed_item", "key_page"))
    assert (later.new, place.notes(later)[OpenedProvisionally.code]) == (1, 1)
    assert legible(place) == []


def test_an_alert_that_is_deleted_before_its_photo_came_is_opened_by_the_vault(
    place: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is at the server any more: every pull that compares says so until it is opened, and nothing is lost."""
    place.send(1, ANSWERS, MEDIA, late=("q.jpg",))
    place.report()
    place.wait(10)
    delete(place, 1)
    place.wait(1)
    told = place.report()
    place.wait(60 * 25)
    again = place.report()
    assert [one.root_id for one in legible(place)] == [uid(1)]
    by_vault(place, monkeypatch)
    place.wait(60 * 25)
    after = place.report()
    with place.scene.register.reading() as rows:
        states = dict(rows.execute(metadata.tables["alert"].select()).mappings().first() or {})

    assert (told.new, told.needs_person, place.notes(told)) == (0, True, {TextKept.code: 1})
    assert place.notes(again)[TextKept.code] == 1
    assert (after.new, TextKept.code in place.notes(after)) == (0, False)
    assert place.rows(raw.submission, "instance_id") == [(uid(1),), (uid(2),)]
    assert dict(place.rows(raw.submission, "instance_id", "encryption"))[uid(1)] == "provisional"
    assert "encryption_provisional" in flags(place.scene)
    assert states
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_one_whose_answers_never_came_is_lost_and_that_is_said_once(place: Far) -> None:
    """Only a photo of it is here: that is nothing, and a person learns that it was there."""
    place.send(1, ANSWERS, MEDIA, late=("q.jpg", "submission.xml"))
    place.report()
    place.wait(10)
    delete(place, 1)
    place.wait(1)
    told = place.report()
    place.wait(60 * 25)
    again = place.report()

    assert len(place.rows(raw.waiting_file, "tag")) == 1
    assert (told.needs_person, place.notes(told)) == (True, {GoneUnseen.code: 1})
    assert GoneUnseen.code not in place.notes(again)
    assert legible(place) == []


def test_a_form_that_broke_off_proves_nothing_gone(place: Far) -> None:
    """What a form in trouble does not show may be there."""
    import httpx

    place.send(1, ANSWERS, MEDIA, late=("q.jpg", "submission.xml"))
    place.report()
    place.wait(60 * 25)
    part = "/forms/alert" if place.kind == "central" else "/data"
    place.world.knob = lambda request: httpx.Response(404, json={}) if part in request.url.path else None
    report = place.pull().report

    assert {TextKept.code, GoneUnseen.code} & place.notes(report).keys() == set()


def test_the_doctor_says_what_has_waited_for_its_files_too_long(place: Far) -> None:
    """Since when, so that somebody asks the phone or opens it; not what came a moment ago."""
    place.send(1, ANSWERS, MEDIA, late=("q.jpg", "submission.xml"))
    place.report()
    now = place.scene.now
    early = [one.code for one in of_forms(place.scene.register, now)]
    (late,) = [
        one for one in of_forms(place.scene.register, now + 2 * FILES_AFTER) if one.code == "waiting-files"
    ]

    with place.scene.register.reading() as rows:
        page = [unopened(rows, now), unopened(rows, now + 2 * FILES_AFTER)]

    assert "waiting-files" not in early
    assert page == [0, 1], "on the page of the day as well"
    assert late.level == "warn"
    assert f"since {now:%Y-%m-%d %H:%M}" in late.words


def test_what_came_late_all_the_same_is_what_a_clear_form_would_have_brought(
    place: Far, world_again: Callable[[], World], tmp_path: Path
) -> None:
    """What was taken meanwhile changes nothing of the register."""
    clear = far(place.kind, scene(world_again(), tmp_path / "clear"))
    clear.world.now = place.world.now - timedelta(seconds=2)
    place.send(1, ANSWERS, MEDIA, late=("q.jpg",))
    clear.clear(2)
    clear.clear(1, ANSWERS, MEDIA)
    place.report()
    place.wait(31)
    place.report()
    place.arrive(1, "q.jpg")
    place.report()
    place.wait(60 * 25)
    clear.wait(31 + 60 * 25)
    place.report()
    clear.report()

    assert {one for (one,) in place.rows(raw.submission, "encryption")} == {"whole"}
    assert [row[4] for row in place.register()["attachment"]] == [
        row[4] for row in clear.register()["attachment"]
    ]
