"""``doctor`` on encrypted forms: keys that are old or lost, what waits, and what still lies at the servers, clear or not."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import delete

from sync_scripts.cli.work.waiting import waits
from sync_scripts.intake.checkup.findings import KEY_AGE, Known, known, of_forms
from sync_scripts.register.queries.today import today
from sync_scripts.store.schema import raw
from tests import clock
from tests.encrypted.conftest import Run, Worlds, drawn
from tests.encrypted.far import far
from tests.encrypted.phone import encrypt
from tests.intake.scene import Scene, alert


def said(scene: Scene, after: timedelta = timedelta()) -> list[tuple[str, str]]:
    """Return codes and levels of what is found after some time."""
    return [(one.code, one.level) for one in of_forms(scene.register, scene.now + after)]


def test_a_form_without_key_says_nothing(one: Scene) -> None:
    """Only what there is to say."""
    assert said(one) == []


def test_an_old_key_wants_to_be_changed(one: Scene) -> None:
    """Once a year; the one that replaced it counts, not those before."""
    place = far("folder", one)
    place.make_key()
    later = said(one, KEY_AGE + timedelta(days=1))
    one.now += KEY_AGE
    place.make_key()

    assert later == [("form-key", "warn")]
    assert said(one, timedelta(days=2)) == [("form-key", "ok")]


def test_a_lost_private_half_is_said(one: Scene) -> None:
    """A register put back from elsewhere: what comes waits, and the vault can open it."""
    far("folder", one).make_key()
    with one.register.writing() as rows:
        rows.execute(delete(raw.secret).where(raw.secret.c.name.startswith("form-key:")))

    assert said(one) == [("form-key", "warn"), ("form-key", "ok")]


def unopened(one: Scene) -> None:
    """Let two submissions wait: one for a key that nobody has, one for the vault."""
    place = far("folder", one)
    half = drawn(5).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    place.send(1, public=b64encode(half).decode())
    place.report()
    place.make_key("vault")
    place.send(2)
    place.report()


def test_what_waits_is_counted(one: Scene) -> None:
    """By the vault's key, and by no key at all."""
    unopened(one)

    assert ("waiting-key", "warn") in said(one)
    assert ("waiting-vault", "note") in said(one)


def test_what_nobody_has_opened_stands_on_the_page_of_the_day(one: Scene) -> None:
    """An alert may be among it, and no list shows it; also what waits for the vault: a key that nobody knows looks like it."""
    unopened(one)
    with one.register.reading() as rows:
        page = today(rows, one.now)

    assert (page.unopened, page.document()["counts"]["unopened"]) == (2, 2)
    assert [count for _words, count, command in waits(page) if command == "dikalo doctor"] == [2]


@pytest.mark.parametrize(
    ("encrypted", "there", "share"),
    [(True, 10, (3, 7)), (True, 2, (2, 0)), (False, 10, (6, 4)), (False, 3, (0, 3))],
)
def test_what_lies_there_is_shared_out_by_what_is_known(
    encrypted: bool, there: int, share: tuple[int, int]
) -> None:
    """A form that is encrypted now may hold clear ones of before, and the other way round; never more than lie there."""
    assert Known({"alert": 3}, {"alert": 4}).share("alert", there, encrypted=encrypted) == share


def test_only_old_ones_that_still_lie_there_are_known(one: Scene) -> None:
    """What is younger, or was deleted at the server, is not counted."""
    place = far("central", one)
    place.make_key()
    place.world.now = one.now - timedelta(days=40)
    place.send(1)
    place.clear(2)
    place.clear(3)
    place.world.now = one.now - timedelta(hours=1)
    place.send(4)
    place.report()
    place.world.delete("alert", place.world.forms["alert"][1].root)
    place.report()
    found = known(one.register, "bureau", one.now - timedelta(days=30))

    assert (dict(found.clear), dict(found.encrypted)) == ({"alert": 1}, {"alert": 1})


def test_as_a_person_meets_it(run: Run, root: Path, worlds: Worlds) -> None:
    """Two lie there for long, one of them clear, though the form is encrypted by now; how they are removed is said."""
    now = clock.now()
    worlds.central.now = now
    for role in ("pull", "deploy"):
        run("keys", "server", "bureau", "--role", role, login="bureau")
    run("forms", "deploy", "--server", "bureau", "--json")
    key = run("keys", "form", "alert", "--json")[1]
    run("forms", "deploy", "--server", "bureau", "--json")
    worlds.central.now = now - timedelta(days=40)
    worlds.central.send("alert", alert(1))
    sent = encrypt(key["public_key"], alert(2))
    worlds.central.send("alert", sent.manifest, dict(sent.files))
    worlds.central.now = now
    settings = root / "dikalo.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text[: text.index('name = "terrain"')].rpartition("[[server]]")[0], encoding="utf-8")
    run("pull")
    _code, document, _talk = run("doctor", "--open", "--json")
    words = {one["code"]: one["words"] for one in document["findings"]}

    assert "1 in the clear, 1 encrypted" in words["server-old"]
    assert "delete them there" in words["server-old"]
    assert "still lies there in the clear" in words["server-encryption"]
    assert "alert" in words["form-key"]


def test_files_that_never_came_need_a_person(one: Scene) -> None:
    """Opened without its photo, and two weeks later it is not here: the phone may have deleted it."""
    place = far("central", one)
    place.make_key()
    place.send(
        1,
        "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>",
        {"p.jpg": b"x"},
        late=("p.jpg",),
    )
    place.report()

    assert ("encryption-unproved", "warn") not in said(one, timedelta(days=13))
    assert ("encryption-unproved", "warn") in said(one, timedelta(days=15))
