"""What comes in the clear though phones encrypt it: an alert is taken and alarmed, anything else is put aside and alarmed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sync_scripts.deploy.package import keyed, pack
from sync_scripts.intake.errors import ClearOnEncrypted
from sync_scripts.intake.notes import ClearCame, KeyTakenOut, PlainBeside
from sync_scripts.register.care import rebuild
from sync_scripts.store.schema import metadata, raw
from tests.contract import kobo_world
from tests.encrypted.far import KINDS, Far, far
from tests.encrypted.test_strictness import send, serve
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
    entries = place.aside("problem", "state", "form")
    again = place.report()
    tags = frozenset(tag for (tag,) in place.aside("tag"))
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


# --- a form published again without its key -------------------------------------------------------------------------

REMOTE = ("central", "kobo")


def taken_out(place: Far) -> None:
    """Let somebody publish the form at its server without the key, as a version of his own."""
    serve(place, lambda form: form)
    place.published(place.scene.now)


@pytest.mark.parametrize("kind", REMOTE)
def test_a_form_published_without_its_key_had_to_be_encrypted_all_the_same(kind: str, one: Scene) -> None:
    """Whoever may edit a form at the server does not decide what lies here in the clear."""
    place = far(kind, one)
    place.make_key()
    deployed(place)
    place.send(1)
    place.report()
    place.wait(60)
    taken_out(place)
    send(place, 2, story(CANARY))
    report, again = place.report(), place.report()

    assert (report.new, report.needs_person) == (1, True)
    assert place.notes(report) == {KeyTakenOut.code: 1, ClearCame.code: 1}
    assert "clear_on_encrypted_form" in flags(place.scene)
    assert dict(place.rows(raw.submission, "instance_id", "encryption"))[uid(2)] == "clear"
    assert again.notes == ()


@pytest.mark.parametrize("kind", REMOTE)
def test_a_version_that_was_published_before_the_key_is_no_alarm(kind: str, one: Scene) -> None:
    """Met here only afterwards: the server says since when phones have it."""
    place = far(kind, one)
    serve(place, lambda form: form)
    place.published(place.scene.now)
    place.wait(60)
    place.make_key()
    place.wait(60)
    send(place, 2, "")
    report = place.report()

    assert (report.new, report.notes) == (1, ())
    place.wait(60)
    send(place, 3, "")
    before = len(place.world.log)
    assert place.report().notes == ()
    asked = [path for _method, path, _status in place.world.log[before:]]
    assert not [
        path for path in asked if path.endswith(("/forms/alert/versions", f"/assets/{kobo_world.FORM}/"))
    ]


@pytest.mark.parametrize("kind", REMOTE)
@pytest.mark.parametrize("known", [True, False])
def test_where_nobody_says_when_it_was_published_the_alarm_is_raised(
    kind: str, known: bool, one: Scene
) -> None:
    """A server that does not say it, or does not answer the question, takes no alarm away."""
    place = far(kind, one)
    serve(place, lambda form: form)
    place.published(None)
    if known:  # met when the form had no key yet: that is date enough
        send(place, 2, "")
        place.report()
    place.wait(60)
    place.make_key()
    place.wait(60)
    send(place, 3, "")

    assert place.notes(place.report()).get(ClearCame.code, 0) == (0 if known else 1)


def test_a_copied_phone_is_told_by_the_same_rule(one: Scene) -> None:
    """What comes by a folder is of the versions that the servers serve."""
    place = far("central", one)
    place.make_key()
    deployed(place)
    place.wait(60)
    taken_out(place)
    send(place, 2, "")
    place.report()
    copied = far("folder", one)
    copied.scene.lay("uuid3", place.xml(3).replace(f'version="{VERSION}"'.encode(), b'version="edite-1"', 1))

    assert copied.notes(copied.report())[ClearCame.code] == 1
