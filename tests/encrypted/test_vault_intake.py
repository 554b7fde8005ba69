"""Forms whose key only the vault opens: everything waits sealed, and once opened is what a clear form would have brought."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from sync_scripts.cli.opening.vault_reading import every_key, take
from sync_scripts.deploy.package import keyed, pack
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.encryption.unparking import parked
from sync_scripts.intake.notes import FileTooLarge, GoneAtServer, SealedGone, WaitsForVault
from sync_scripts.intake.receive.file_choice import FILE_LIMIT
from sync_scripts.register.care import rebuild
from sync_scripts.register.queries.today import today
from sync_scripts.secrets.login_file import LoginFile
from sync_scripts.store import custody
from sync_scripts.store.schema import metadata, raw
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.form_keys import KeyOfVault
from sync_scripts.store.vault import Vault, by_identity
from tests import clock
from tests.encrypted.conftest import Run, Worlds
from tests.encrypted.far import KINDS, Far, far
from tests.encrypted.phone import encrypt
from tests.intake.scene import COORDINATOR, FORMS, Scene, alert, draw, flags, scene, uid
from tests.intake.test_commands import opened
from tests.store.databases import KEY, WORKSPACE, World, every_byte

CANARY = "CANARI-un récit que personne ne doit lire"
PHOTO = b"\xff\xd8 CANARI-PHOTO " + bytes(range(256)) * 300
WITH_PHOTO = (
    f"<story><short_text>{CANARY}</short_text><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"
)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Give a source whose form is deployed with a key of the vault."""
    made = far(request.param, one)
    made.make_key("vault")
    assert made.key is not None
    package = keyed(pack(FORMS / "alert.xlsx", FORMS / "media"), made.key.public)
    made.deploy(package.workbook)
    return made


def open_all(place: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a person with the vault take in what waits; codes are drawn as in the other tests."""
    monkeypatch.setattr(
        "sync_scripts.cli.opening.vault_reading.Way",
        lambda **handed: replace(
            place.scene.way, **(handed | {"draw": draw, "clock": lambda: place.scene.now})
        ),
    )
    register = place.scene.register
    key = by_identity(place.scene.world.holders["V"].secret)
    with register.reading() as rows:
        waits = parked(rows)
    with Vault(register, key, COORDINATOR, now=lambda: place.scene.now) as vault:
        done = take(register, vault, waits, "lecture du dossier")
    assert (done.failure, "DK-I36" in dict(done.report.notes)) == (None, False)


def test_what_waited_is_what_a_clear_form_would_have_brought(
    place: Far, world_again: Callable[[], World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is known before; afterwards register tables and files are those of a pull in the clear."""
    clear = far(place.kind, scene(world_again(), tmp_path / "clear"))
    for number in range(1, 4):
        place.send(number, WITH_PHOTO, {"p.jpg": PHOTO})
        clear.clear(number, WITH_PHOTO, {"p.jpg": PHOTO})
    report, again = place.report(), place.report()
    clear.report()
    found = verify(place.scene.register, [place.server])
    before = (
        place.rows(raw.submission, "root_id"),
        sum(one.waiting for one in found.forms),
        found.not_pulled,
    )
    open_all(place, monkeypatch)
    after = verify(place.scene.register, [place.server])

    assert (report.new, place.notes(report), report.needs_person) == (0, {WaitsForVault.code: 3}, False)
    assert again.notes == ()
    assert before == ([], 3, 0)
    assert place.register() == clear.register()
    assert {one for (one,) in place.rows(raw.submission, "encryption")} == {"whole"}
    assert (sum(one.versions for one in after.forms), after.not_pulled, after.damaged) == (3, 0, 0)
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_a_pull_after_the_opening_brings_nothing(place: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays opened, and nothing waits again."""
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    place.report()
    open_all(place, monkeypatch)
    place.wait(60 * 25)
    report = place.report()

    assert (report.new, report.edited, report.repeats, report.notes) == (0, 0, 0, ())
    assert place.waits("state") == [("stored",)]


def test_what_the_vault_took_in_is_missed_at_no_source(place: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deep look cannot open it again, and yet counts it as shown by its source."""
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    place.report()
    open_all(place, monkeypatch)
    found = verify(place.scene.register, [place.server], deep=True)

    assert (sum(one.versions for one in found.forms), found.not_pulled, found.elsewhere) == (1, 0, 0)


def test_the_opening_is_written_down_with_its_reason(place: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who, why and which items; the files that came stay here as they came."""
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    place.report()
    open_all(place, monkeypatch)
    with place.scene.register.reading() as rows:
        lines = [line.entry for line in custody.read(rows) if line.entry["action"] == "OPENED"]

    assert len(lines) == 2  # the key, then the handful
    assert {(line["actor"], line["details"]["reason"]) for line in lines} == {
        ("coord-1", "lecture du dossier")
    }
    assert len(place.rows(raw.waiting_file, "tag")) == 2


def test_nothing_is_known_of_what_waits(place: Far, tmp_path: Path) -> None:
    """Form, account, time and size; no answer in any row, no plain byte on the disk, and no key that opens it."""
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    place.report()
    (row,) = place.waits("form", "form_version", "waits", "state", "root_id")

    assert row[2:] == ("vault", "waiting", uid(1))
    assert b"CANARI" not in every_byte(tmp_path)
    assert "CANARI" not in str(place.scene.dump("sealed_item", "key_page"))
    with place.scene.register.reading() as rows:
        assert rows.execute(select(metadata.tables["alert"])).all() == []


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_what_the_server_deletes_while_it_waits_is_told_once_and_still_opened(
    kind: str, one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bytes and files are here: a stranger's deletion takes nothing, and nobody waits for the opening to hear of it."""
    place = far(kind, one)
    place.make_key("vault")
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    place.send(2)
    place.report()
    place.world.delete(*(("alert",) if place.kind == "central" else ()), uid(1))
    place.wait(60 * 25)
    told = place.report()
    place.wait(60 * 25)
    again = place.report()
    open_all(place, monkeypatch)
    place.wait(60 * 25)
    after = place.report()

    assert (place.notes(told), told.needs_person) == ({SealedGone.code: 1}, True)
    assert again.notes == ()
    assert sorted(root for (root,) in place.rows(raw.submission, "root_id")) == [uid(1), uid(2)]
    assert {state for (state,) in place.rows(raw.attachment, "state")} == {"held"}
    assert dict(place.rows(raw.submission, "root_id", "status")) == {uid(1): "deleted", uid(2): "ok"}
    assert place.notes(after) == {GoneAtServer.code: 1}


def test_a_damaged_submission_is_put_aside_at_the_opening(
    place: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its signature does not prove is not believed by this way either."""
    sent = place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    wrong = bytearray(sent.files["p.jpg.enc"])
    wrong[3] ^= 1
    if place.kind == "kobo":
        one = place.world.find(uid(1))
        one.files = {
            each: (file, bytes(wrong) if file == "p.jpg.enc" else data, gone)
            for each, (file, data, gone) in one.files.items()
        }
    else:
        sent.files["p.jpg.enc"] = bytes(wrong)
        place.lay(1, sent)
    place.send(2)
    place.report()
    open_all(place, monkeypatch)

    assert [root for (root,) in place.rows(raw.submission, "root_id")] == [uid(2)]
    assert place.aside("problem", "place") == [("DK-E08", "SIGNATURE_MISMATCH")]


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_the_same_on_a_shared_database(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL holds no private half, and nothing of what waits."""
    world.register.login_file = LoginFile(tmp_path / "logins.json", WORKSPACE, KEY)
    place = far("folder", scene(world, tmp_path))
    place.make_key("vault")
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    place.make_key("day")
    place.send(2, WITH_PHOTO, {"p.jpg": PHOTO})
    first = place.report()
    open_all(place, monkeypatch)

    assert first.new == 1
    assert [root for (root,) in place.rows(raw.submission, "root_id")] == [uid(1), uid(2)]
    assert not rebuild.check(world.register, place.scene.now).differing


def test_as_a_person_meets_it(run: Run, root: Path, worlds: Worlds) -> None:
    """Key, deployment, pull, opening: over real sockets, in words; without a reason nothing is opened."""
    run("keys", "server", "bureau", login="bureau")
    run("keys", "server", "bureau", "--role", "deploy", login="bureau")
    key = run("keys", "form", "alert", "--use", "vault", "--json")[1]
    sent_up, _said, talk = run("forms", "deploy", "--server", "bureau", "--json")
    assert sent_up == 0, talk
    version = worlds.central.published.published["alert"].version
    for number in (1, 2):
        xml = alert(number, WITH_PHOTO).replace(b'version="2026120202"', f'version="{version}"'.encode(), 1)
        sent = encrypt(key["public_key"], xml, {"p.jpg": PHOTO})
        worlds.central.send("alert", sent.manifest, dict(sent.files))
    settings = root / "dikalo.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text[: text.index('name = "terrain"')].rpartition("[[server]]")[0], encoding="utf-8")
    pulled = run("pull")
    proof = run("verify")
    counted = run("vault", "intake", "--reason", "lecture", "--form", "alert", "--dry-run", "--json")
    refused = run("vault", "intake", "--reason", " ", vault=True)
    code, done, talk = run("vault", "intake", "--reason", "lecture du dossier", "--json", vault=True)
    nothing = run("vault", "intake", "--reason", "encore", vault=True)
    alerts = run("alerts", "list", "--json")[1]

    assert (pulled[0], "DK-E10" in pulled[1]) == (0, True)
    assert "= stored 0 + sealed and waiting 2" in proof[1]
    assert (counted[0], counted[1]["dry_run"], counted[1]["opened"], counted[1]["waiting"]) == (
        0,
        True,
        2,
        {"vault": 2},
    )
    assert (refused[0], code, done["opened"], done["waiting"]) == (2, 0, 2, {})
    assert (nothing[0], "Nothing waits" in nothing[1]) == (0, True)
    assert len(alerts["alerts"]) == 2
    assert "CANARI" not in str((pulled, proof, done, talk, alerts))
    with opened(root) as register, register.reading() as rows:
        assert {
            row.state for row in rows.execute(select(raw.place).where(raw.place.c.waits.is_not(None)))
        } == {"stored"}


def test_another_laptop_of_the_office_gets_the_key_by_the_vault(world: World, tmp_path: Path) -> None:
    """The half that lies on one computer is kept on a second one when a person with the vault says so; a vault's key never."""
    world.register.login_file = LoginFile(tmp_path / "logins.json", WORKSPACE, KEY)
    place = far("folder", scene(world, tmp_path))
    day, vaulted = place.make_key("day"), place.make_key("vault", "case")
    forget(world, tmp_path)
    place.key = day
    place.send(1)
    waits = place.report()
    key = by_identity(world.holders["R"].secret)
    with Vault(world.register, key, COORDINATOR, now=clock.now) as vault:
        every_key(world.register, vault, "nouvel ordinateur", keep=True)
    opened_now = place.report()

    assert (waits.new, opened_now.new) == (0, 1)
    assert list(form_keys.private(world.register, [day, vaulted])) == [day.fingerprint]
    with pytest.raises(KeyOfVault):
        form_keys.put_back(world.register, vaulted, b"x")


def forget(world: World, folder: Path) -> None:
    """Be another computer: private halves lie elsewhere."""
    if world.register.dialect == "sqlite":
        with world.register.writing() as rows:
            rows.execute(delete(raw.secret).where(raw.secret.c.name.startswith("form-key:")))
    else:
        (folder / form_keys.FILE).unlink()


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_what_lacks_a_file_is_opened_all_the_same_and_proved_once_it_is_here(
    kind: str, one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone that is lost must not keep an alert shut: it waits half an hour, is provisional, then whole."""
    place = far(kind, one)
    place.make_key("vault")
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg",))
    if kind == "kobo":  # it says whole seconds only
        place.wait(1)
    place.world.now = place.scene.now - timedelta(minutes=5)
    place.sent.clear()
    place.send(2, WITH_PHOTO, {"p.jpg": PHOTO}, late=("p.jpg",))
    place.report()
    open_all(place, monkeypatch)
    early = dict(place.rows(raw.submission, "root_id", "encryption"))
    place.wait(60)
    open_all(place, monkeypatch)
    later = dict(place.rows(raw.submission, "root_id", "encryption"))
    shown = flags(place.scene)
    place.arrive(2, "p.jpg")
    place.report()
    open_all(place, monkeypatch)
    whole = dict(place.rows(raw.submission, "root_id", "encryption"))

    assert early == {uid(1): "provisional"}
    assert later == {uid(1): "provisional", uid(2): "provisional"}
    assert "encryption_provisional" in shown
    assert whole == {uid(1): "provisional", uid(2): "whole"}
    assert place.scene.opened("file") == [PHOTO]
    assert not verify(place.scene.register, [place.server]).damaged
    assert not rebuild.check(place.scene.register, place.scene.now).differing


@pytest.mark.parametrize("kind", ["folder", "central"])
def test_an_encrypted_file_beyond_all_measure_is_left_where_it_is(kind: str, one: Scene) -> None:
    """Said once; neither memory nor disk grows with it, and everything else of it waits sealed."""
    place = far(kind, one)
    place.make_key("vault")
    place.send(2)
    place.report()
    sent = place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    sent.files["p.jpg.enc"] = bytes(30_000_000)
    place.lay(1, sent)
    tracemalloc.start()
    report = place.report(file_limit=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    again = place.report(file_limit=1_000_000)

    assert place.notes(report)[FileTooLarge.code] == 1
    assert FileTooLarge.code not in place.notes(again)
    assert [(left.form, left.count) for left in (*report.left, *again.left)] == [("alert", 1)] * 2
    with one.register.reading() as rows:
        counts = today(rows, one.now).document()["counts"]
    assert counts["files_left"] == 1
    assert len(place.rows(raw.waiting_file, "tag")) == 2  # their XML
    assert peak < 4_000_000
    lying = sum(path.stat().st_size for path in one.register.folder.rglob("*") if path.is_file())
    assert lying < 1_000_000

    place.wait(60 * 24)
    taken = place.report(file_limit=FILE_LIMIT + 1)
    assert taken.left == ()
    assert len(place.rows(raw.waiting_file, "tag")) == 3
    assert place.report().left == ()
