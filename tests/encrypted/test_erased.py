"""What was erased stays gone on every kind of source: folder, Central and Kobo; encrypted for the vault, or in the clear."""

from __future__ import annotations

import pytest

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.encryption.unparking import parked
from sync_scripts.intake.notes import GoneAtServer
from sync_scripts.register.care import rebuild
from sync_scripts.register.purging.carrying import purge
from sync_scripts.register.purging.confirming import Confirmed
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal import erasing
from tests import every_decision
from tests.encrypted.far import KINDS, Far, far
from tests.encrypted.test_vault_intake import CANARY, PHOTO, WITH_PHOTO, open_all
from tests.encrypted.test_vault_intake import place as place  # noqa: PLC0414 - the fixture of a form with a key of the vault
from tests.intake.scene import COORDINATOR, Scene, edit_of, uid
from tests.store.databases import every_byte


def erase(at: Far, number: int) -> None:
    """Erase the alert of a number, as a run would."""
    scene = at.scene
    unit = f"alert:alert/{uid(number)}"
    (row,) = [row for row in scene.rows(tables.alert) if row["alert_id"] == uid(number)]
    one = Confirmed("p", instant(scene.now), "coord-1", unit, row["code"], "alert_ended", "identity", "")
    with every_decision.deciding(scene.register, COORDINATOR, scene.now) as by:
        purge(by, one)
    erasing.finish(scene.register)


def left(at: Far) -> bytes:
    """Return all that V can read, and every file."""
    scene = at.scene
    opened = scene.opened("raw", "row", "file", "filepart", "manifest", "encfile", "quarantine", "version")
    return b"\n".join([repr(scene.dump()).encode(), *opened, every_byte(scene.register.folder)])


def whole(at: Far) -> None:
    """See the register sound, with nothing short and what was erased counted apart."""
    found = verify(at.scene.register, [at.server])
    assert (found.damaged, found.short, found.not_pulled) == (0, 0, 0)
    assert sum(one.erased for one in found.forms) == 1
    assert sum(one.versions for one in found.forms) == 1
    assert found.elsewhere == 0
    assert not rebuild.check(at.scene.register, at.scene.now).differing


def test_what_came_encrypted_for_the_vault_is_erased_with_what_waited(
    place: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest, the encrypted files and what was read of them; nothing waits, and no later pull brings it."""
    place.send(1, WITH_PHOTO, {"p.jpg": PHOTO})
    place.send(2)
    place.report()
    open_all(place, monkeypatch)
    erase(place, 1)
    whole(place)
    with place.scene.register.reading() as rows:
        assert parked(rows) == []
    for _day in range(3):
        place.wait(60 * 25)
        report = place.report()
        assert (report.new, report.edited, report.files_new, report.quarantined_new) == (0, 0, 0, 0)
    assert CANARY.encode() not in left(place)
    assert PHOTO not in left(place)
    whole(place)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_shows_it_every_day_brings_nothing(kind: str, one: Scene) -> None:
    """The sweep of everything sees it, asks for none of it, and the proof adds up."""
    at = far(kind, one)
    at.clear(1, WITH_PHOTO, {"p.jpg": PHOTO})
    at.clear(2)
    at.report()
    erase(at, 1)
    for _day in range(3):
        at.wait(60 * 25)
        report = at.report()
        assert (report.new, report.edited, report.files_new, report.quarantined_new) == (0, 0, 0, 0)
        assert all(proof.holds for proof in report.proofs if proof.count is not None)
        assert not report.needs_person
    assert CANARY.encode() not in left(at)
    assert PHOTO not in left(at)
    assert {row["state"] for row in one.rows(raw.attachment)} == {"erased"}
    whole(at)


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_an_edit_at_the_server_and_its_deletion_there_change_nothing(kind: str, one: Scene) -> None:
    """An edit is asked for by nobody or left where it is; that it is gone there is no news and raises no task."""
    at = far(kind, one)
    at.clear(1, WITH_PHOTO, {"p.jpg": PHOTO})
    at.clear(2)
    at.report()
    erase(at, 1)
    edited = at.xml(11, WITH_PHOTO, meta=edit_of(1))
    at.world.send("alert", edited) if kind == "central" else at.world.send(edited)
    for _day in range(2):
        at.wait(60 * 25)
        report = at.report()
        assert (report.new, report.edited, report.files_new, report.quarantined_new) == (0, 0, 0, 0)
        assert all(proof.holds for proof in report.proofs if proof.count is not None)
    whole(at)
    at.world.delete("alert", uid(1)) if kind == "central" else at.world.delete(uid(1))
    at.wait(60 * 25)
    report = at.report()
    assert GoneAtServer.code not in dict(report.notes)
    assert not [task for task in one.rows(tables.task) if task["kind"] == "server_deleted"]
    assert CANARY.encode() not in left(at)
    assert PHOTO not in left(at)
    assert not rebuild.check(one.register, one.now).differing
