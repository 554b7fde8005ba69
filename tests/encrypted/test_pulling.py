"""Encrypted submissions in a pull: opened with the form's key, waiting without it, believed only when they are whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.encryption.unlocking import PROVISIONAL_AFTER
from sync_scripts.intake.errors import NotBelieved
from sync_scripts.intake.notes import OpenedProvisionally, WaitsForFiles, WaitsForKey
from sync_scripts.register.care import rebuild
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.store.schema import raw
from tests.encrypted.far import KINDS, Far, far
from tests.intake.scene import Scene, flags, scene, story, uid
from tests.store.databases import World, every_byte

CANARY = "CANARI-un récit que personne ne doit lire"
PHOTO = b"\xff\xd8 CANARI-PHOTO " + bytes(range(256)) * 300
WITH_PHOTO = (
    f"<story><short_text>{CANARY}</short_text><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"
)
MINUTES = PROVISIONAL_AFTER.total_seconds() / 60


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Give a source of each kind, and a key of the everyday use."""
    made = far(request.param, one)
    made.make_key()
    return made


def test_what_came_encrypted_is_what_a_clear_form_would_have_brought(
    place: Far, world_again: Callable[[], World], tmp_path: Path
) -> None:
    """Register tables and files are those of a pull in the clear; only how it came is written beside."""
    clear = far(place.kind, scene(world_again(), tmp_path / "clear"))
    for number in range(1, 6):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
        clear.clear(number, WITH_PHOTO, {"p.jpg": PHOTO})
    report, plain = place.report(), clear.report()

    assert (report.new, report.files_new, report.needs_person) == (5, 5, False)
    assert (plain.new, plain.files_new) == (5, 5)
    assert place.register() == clear.register()
    assert {state for (state,) in place.rows(raw.submission, "encryption")} == {"whole"}
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_a_second_pull_brings_nothing(place: Far) -> None:
    """Twice is once; nothing is fetched to be opened again."""
    for number in range(1, 4):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    place.report()
    place.wait(10)
    again = place.report()

    assert (again.new, again.edited, again.repeats, again.files_new) == (0, 0, 0, 0)
    assert again.notes == ()


@pytest.mark.parametrize("deep", [False, True])
def test_verify_knows_what_came_encrypted(place: Far, deep: bool) -> None:
    """Server and register agree, by light marks and read again."""
    for number in range(1, 4):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    place.report()
    found = verify(place.scene.register, [place.server], deep=deep)

    assert (found.not_pulled, found.damaged, sum(one.versions for one in found.forms)) == (0, 0, 3)
    assert sum(one.changed for one in found.forms) == 0


@pytest.mark.parametrize("name", ["p.jpg.enc", "submission.xml.enc"])
@pytest.mark.parametrize("at", [0, -1])
def test_a_tampered_byte_is_noticed_and_named(place: Far, name: str, at: int) -> None:
    """It stands in quarantine under its reason, and the others come.

    Nothing of it enters the register, but for an alert of a server whose photo alone was changed: its answers were opened
    before that was fetched, and it stays, marked, since whoever can change a photo must not silence an alert.
    """
    sent = place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    place.send(2)
    bytes_ = bytearray(sent.files[name])
    bytes_[at] ^= 1
    if place.kind == "kobo":
        one = place.world.find(uid(1))
        one.files = {
            each: (file, bytes(bytes_) if file == name else data, gone)
            for each, (file, data, gone) in one.files.items()
        }
    else:
        sent.files[name] = bytes(bytes_)
        place.lay(1, sent)
    report, again = place.report(), place.report()
    (entry,) = place.aside("problem", "place", "state", "form")

    stays = place.kind != "folder" and name == "p.jpg.enc"
    assert (report.new, report.quarantined_new, report.needs_person) == (1 + stays, 1, True)
    assert entry[0] == NotBelieved.code
    assert entry[1] in {"SIGNATURE_MISMATCH", "PADDING"}
    assert entry[2:] == ("open", place.form())
    assert (again.quarantined_new, again.quarantine_open) == (0, 1)
    here = dict(place.rows(raw.submission, "instance_id", "encryption"))
    assert here == {uid(2): "whole"} | ({uid(1): "broken"} if stays else {})


def test_a_submission_without_signature_is_not_believed(place: Far) -> None:
    """Whoever can change a byte can leave out the signature."""
    sent = place.send(1)
    start = sent.manifest.index(b"<base64EncryptedElementSignature>")
    end = sent.manifest.index(b"</data>")
    bare = sent.manifest[:start] + sent.manifest[end:]
    if place.kind == "folder":
        place.scene.lay("uuid1", bare, sent.files)
    elif place.kind == "central":
        place.world.find("alert", uid(1)).versions[0].xml = bare
    else:
        place.world.find(uid(1)).xml = bare
    place.report()

    assert place.aside("problem", "place") == [(NotBelieved.code, "SIGNATURE_MISSING")]


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_late_files_wait_then_open_provisionally_then_prove(
    kind: str, one: Scene, world_again: Callable[[], World], tmp_path: Path
) -> None:
    """An alert is acted on after half an hour, marked; complete it is one submission, as if it had come whole."""
    place = far(kind, one)
    place.make_key()
    clear = far(kind, scene(world_again(), tmp_path / "clear"))
    place.world.now = clear.world.now = place.scene.now - timedelta(minutes=5)
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg",))
    clear.clear(1, WITH_PHOTO, {"p.jpg": PHOTO})
    early = place.report()
    place.wait(MINUTES + 1)
    provisional = place.report()
    shown = flags(place.scene)
    again = place.report()
    place.arrive(1, "p.jpg")
    place.wait(MINUTES)
    whole = place.report()
    clear.report()

    assert (early.new, place.notes(early)) == (0, {WaitsForFiles.code: 1})
    assert (provisional.new, OpenedProvisionally.code in place.notes(provisional)) == (1, True)
    assert "encryption_provisional" in shown
    assert (again.new, again.repeats) == (0, 0)
    assert (whole.new, whole.edited, whole.files_new) == (0, 0, 1)
    assert "encryption_provisional" not in flags(place.scene)
    assert place.rows(raw.submission, "encryption") == [("whole",)]
    assert place.register() == clear.register()
    assert not rebuild.check(place.scene.register, place.scene.now).differing


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_a_server_whose_clock_is_days_ahead_makes_no_alert_wait_for_days(kind: str, one: Scene) -> None:
    """Its stamp says nothing of how long the photo has been awaited."""
    place = far(kind, one)
    place.make_key()
    place.world.now = place.scene.now + timedelta(days=3)
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg",))

    assert place.report().new == 1
    assert "encryption_provisional" in flags(place.scene)


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_what_waits_is_asked_for_although_later_ones_have_come(
    kind: str, one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor is past it and no stamp of it moves: it is asked for by name until it is whole."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    place = far(kind, one)
    place.make_key()
    place.world.now = place.scene.now - timedelta(minutes=5)
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg", "submission.xml"))
    place.report()
    for number in (2, 3):
        place.wait(20)
        place.send(number)
        place.report()
    assert [name for (name,) in place.rows(raw.submission, "instance_id")] == [uid(2), uid(3)]
    place.arrive(1, "submission.xml")
    provisional = place.report()
    place.wait(20)
    place.arrive(1, "p.jpg")
    whole = place.report()

    assert (provisional.new, whole.new, whole.files_new) == (1, 0, 1)
    assert {state for (state,) in place.rows(raw.submission, "encryption")} == {"whole"}


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_what_turns_out_to_be_something_else_is_flagged(kind: str, one: Scene) -> None:
    """Opened provisionally, then its photo does not fit the signature: it stays, marked, and a person is told."""
    place = far(kind, one)
    place.make_key()
    place.world.now = place.scene.now
    sent = place.send(1, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg",))
    place.wait(MINUTES + 1)
    place.report()
    bytes_ = bytearray(sent.files["p.jpg.enc"])
    bytes_[5] ^= 1
    sent.files["p.jpg.enc"] = bytes(bytes_)
    place.arrive(1, "p.jpg")
    place.wait(10)
    report = place.report()

    assert (report.quarantined_new, report.needs_person) == (1, True)
    assert place.rows(raw.submission, "encryption") == [("broken",)]
    assert "encryption_broken" in flags(place.scene)
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_what_lies_in_a_folder_is_opened_as_it_is(one: Scene) -> None:
    """Nothing comes later by itself there; what is copied later proves it."""
    place = far("folder", one)
    place.make_key()
    sent = place.send(1, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg",))
    first = place.report()
    place.lay(1, sent)
    place.wait(10)
    second = place.report()

    assert (first.new, place.notes(first)[OpenedProvisionally.code]) == (1, 1)
    assert (second.new, second.files_new) == (0, 1)
    assert place.rows(raw.submission, "encryption") == [("whole",)]


def test_an_unknown_key_makes_it_wait(place: Far) -> None:
    """Sealed and counted, said once, asked about again; with the key it comes in like any other."""
    key = place.key
    assert key is not None
    for number in (1, 2, 3):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    nothing = Keyring()
    first = place.report(keys=nothing)
    again = place.report(keys=nothing)
    found = verify(place.scene.register, [place.server])
    waits = place.waits("waits", "state", "form")
    parked = place.rows(raw.waiting_file, "size")
    with_key = place.report()

    assert (first.new, place.notes(first), first.needs_person) == (0, {WaitsForKey.code: 3}, True)
    assert (again.notes, again.needs_person) == ((), False)
    assert waits == [("key", "waiting", place.form())] * 3
    assert len(parked) == 6
    assert (sum(one.waiting for one in found.forms), found.not_pulled) == (
        (0, 3) if place.kind == "folder" else (3, 0)
    )
    assert (with_key.new, with_key.files_new) == (3, 3)
    assert {state for (state,) in place.waits("state")} == {"stored"}


def test_keys_of_other_forms_and_of_earlier_years_are_tried(place: Far) -> None:
    """A phone that has not fetched the new form still encrypts with the old key."""
    old = place.key
    assert old is not None
    place.wait(60 * 24 * 365)
    place.make_key()
    place.make_key("day", "case")
    place.send(1, story("ancien"), public=old.public)
    place.send(2, story("autre"))

    assert place.report().new == 2


def test_nothing_plain_ever_lies_on_the_disk(place: Far, tmp_path: Path) -> None:
    """Neither in the register's folder nor in the waiting room, also when it is cut in the middle."""
    for number in range(1, 4):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    seen: list[bytes] = []

    def look(_more: int) -> None:
        seen.append(every_byte(tmp_path))

    place.pull(progress=look)
    seen.append(every_byte(tmp_path))

    assert len(seen) > 1
    assert not any(b"CANARI" in some for some in seen)
    assert not [*(place.scene.register.folder / ".incoming").glob("*")]


def test_a_dry_run_says_the_same_and_writes_nothing(place: Far) -> None:
    """Counts are those of the real run."""
    for number in range(1, 4):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
    before = place.scene.dump()
    shown = place.report(dry_run=True)

    assert place.scene.dump() == before
    done = place.report()
    assert (shown.new, shown.files_new) == (done.new, done.files_new) == (3, 3)


@pytest.mark.parametrize("encrypted", [b"base64EncryptedKey", b'encrypted="yes"'])
def test_a_clear_submission_that_speaks_of_encryption_is_clear(one: Scene, encrypted: bytes) -> None:
    """Words of a narrative decide nothing."""
    place = far("folder", one)
    place.clear(1, story(encrypted.decode().replace('"', "&quot;")))

    assert place.report().new == 1
