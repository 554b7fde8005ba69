"""What comes in the clear though phones encrypt it: an alert is taken and alarmed, anything else is put aside and alarmed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sync_scripts.deploy.keyed import keyed
from sync_scripts.deploy.package import pack
from sync_scripts.intake.refusals import ClearOnEncrypted
from sync_scripts.intake.secrecy import ClearCame, PlainBeside
from sync_scripts.register import rebuild
from sync_scripts.store.schema import metadata, raw
from tests.encrypted.far import KINDS, Far, far
from tests.intake.scene import FORMS, VERSION, Scene, flags, story, uid

CANARY = "CANARI-un récit que personne ne doit lire"


def deployed(place: Far, form: str = "alert", *, key: bool = True, version: str = "") -> None:
    """Remember a version of a form as our deployment does, with the key or without."""
    package = pack(FORMS / f"{form}.xlsx", FORMS / "media")
    public = place.key.public if place.key and key else None
    place.deploy(keyed(package, public).workbook, form=form, version=version)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Give a source whose form is deployed with a key."""
    made = far(request.param, one)
    made.make_key()
    deployed(made)
    return made


def test_a_clear_alert_is_sealed_triaged_flagged_and_alarmed(place: Far) -> None:
    """Somebody may be in danger: it is acted on, its story is sealed, and a person learns how it came."""
    place.clear(1, story(CANARY))
    report, again = place.report(), place.report()
    with place.scene.register.reading() as rows:
        (row,) = rows.execute(select(metadata.tables["alert"])).mappings().all()

    assert (report.new, report.quarantined_new, report.needs_person) == (1, 0, True)
    assert place.notes(report)[ClearCame.code] == 1
    assert again.notes == ()
    assert (row["danger_now"], row["state"], row["urgency"] is not None) == ("yes", "received", True)
    assert "clear_on_encrypted_form" in flags(place.scene)
    assert CANARY not in str(place.scene.dump("sealed_item", "key_page"))
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_an_encrypted_one_is_not_alarmed(place: Far) -> None:
    """The same alert as it should come."""
    place.send(1, story(CANARY))
    report = place.report()

    assert (report.new, report.notes) == (1, ())
    assert "clear_on_encrypted_form" not in flags(place.scene)


@pytest.mark.parametrize("kind", ["folder", "central"])
def test_anything_else_in_the_clear_is_put_aside_until_a_person_takes_it(kind: str, one: Scene) -> None:
    """Nothing of it enters the register by itself; named by a person it is taken, and stays flagged."""
    place = far(kind, one)
    place.make_key("day", "case")
    deployed(place, "case")
    place.clear(1, form="case")
    report = place.report()
    entries = place.rows(raw.quarantine, "problem", "state", "form")
    again = place.report()
    tags = frozenset(tag for (tag,) in place.rows(raw.quarantine, "source_tag"))
    taken = place.report(only=tags, take_clear=True)

    assert (report.new, report.quarantined_new, report.needs_person) == (0, 1, True)
    assert place.notes(report) == {ClearCame.code: 1}
    assert entries == [(ClearOnEncrypted.code, "open", "case")]
    assert (again.new, again.notes, again.quarantined_new) == (0, (), 0)
    assert (taken.new, taken.solved) == (1, 1)
    assert place.rows(raw.submission, "encryption") == [("clear",)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_version_that_was_deployed_clear_is_no_alarm(kind: str, one: Scene) -> None:
    """Phones that have not fetched the new form yet do nothing wrong."""
    place = far(kind, one)
    place.make_key()
    deployed(place, key=False)
    deployed(place, version=f"{VERSION}-abc123")
    place.clear(1)
    report = place.report()

    assert (report.new, report.needs_person) == (1, False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_without_any_key_is_no_alarm(kind: str, one: Scene) -> None:
    """Nobody asked phones to encrypt it."""
    place = far(kind, one)
    deployed(place)
    place.clear(1)

    assert place.report().notes == ()


@pytest.mark.parametrize("kind", ["folder", "kobo"])
def test_plain_files_beside_an_encrypted_submission_are_alarmed(kind: str, one: Scene) -> None:
    """A phone was cut off between encrypting and cleaning up: the server holds both."""
    place = far(kind, one)
    place.make_key()
    sent = place.send(
        1, "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>", {"p.jpg": b"x" * 50}
    )
    if kind == "kobo":
        place.world.send(sent.manifest, {"p.jpg": b"x" * 50})
    else:
        place.scene.lay("uuid1", sent.manifest, {**sent.files, "p.jpg": b"x" * 50})
    report = place.report()

    assert (report.new, report.needs_person) == (1, True)
    assert place.notes(report)[PlainBeside.code] == 1
    assert "plain_beside_encrypted" in flags(place.scene)
    assert place.rows(raw.submission, "instance_id") == [(uid(1),)]
