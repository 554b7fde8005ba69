"""A clear submission whose edit waits for the vault, deleted at its server: its own mark tells, and nothing is told twice."""

from __future__ import annotations

import pytest

from sync_scripts.intake.notes import GoneAtServer, SealedGone
from sync_scripts.register.consents import unread_forms
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import erasing
from tests.encrypted.far import far
from tests.encrypted.phone import Sent, encrypt
from tests.intake.scene import Scene, edit_of, uid


def edited(sent: Sent, number: int) -> Sent:
    """Return what was sent, as an edit of another submission."""
    meta = edit_of(number).replace("deprecatedID", "orx:deprecatedID").encode()
    return Sent(sent.manifest.replace(b"</orx:meta>", meta + b"</orx:meta>"), sent.files)


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_what_is_held_tells_by_its_own_mark_that_it_was_deleted(kind: str, one: Scene) -> None:
    """It is here in the clear and marked: to say "waits for the vault, and is gone" besides would be a second alarm of one deed."""
    place = far(kind, one)
    place.clear(1)
    place.clear(2)
    place.report()
    key = place.make_key("vault")
    place.lay(11, edited(encrypt(key.public, place.xml(11)), 1))
    place.wait(5)
    place.report()
    waits = place.waits("root_id", "waits", "state")
    place.world.delete(*(("alert",) if kind == "central" else ()), uid(1))
    place.wait(60 * 25)
    told = place.report()

    assert waits == [(uid(1), "vault", "waiting")]
    assert dict(place.rows(raw.submission, "root_id", "status")) == {uid(1): "deleted", uid(2): "ok"}
    assert place.notes(told) == {GoneAtServer.code: 1}


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_one_whose_edit_waits_as_well_is_told_once(kind: str, one: Scene) -> None:
    """It is one submission that somebody deleted, whichever way the server says so."""
    place = far(kind, one)
    key = place.make_key("vault")
    place.send(1)
    place.send(2)
    place.report()
    place.lay(11, edited(encrypt(key.public, place.xml(11)), 1))
    place.wait(5)
    place.report()
    place.world.delete(*(("alert",) if kind == "central" else ()), uid(1))
    place.wait(60 * 25)
    told = place.report()
    place.wait(60 * 25)
    again = place.report()

    assert len(place.waits("instance_id")) == 3
    assert place.notes(told) == {SealedGone.code: 1}
    assert again.notes == ()


def test_an_edit_that_is_erased_unopened_goes_on_holding_names_back(one: Scene) -> None:
    """It may say no, and nobody can look any more; what was opened before it was erased holds nothing back."""
    place = far("central", one)
    place.clear(1)
    place.report()
    key = place.make_key("vault")
    place.lay(11, edited(encrypt(key.public, place.xml(11)), 1))
    place.wait(5)
    place.report()
    ((scope,),) = place.waits("scope")
    with one.register.writing() as rows:
        waits = unread_forms.of_alert(rows, ("alert", uid(1)), "")
        erasing.let_go(rows, [scope], one.now)
        erased = unread_forms.of_alert(rows, ("alert", uid(1)), "")

    assert [(one.cause, one.form) for one in (*waits, *erased)] == [("sealed", "alert"), ("erased", "alert")]
    assert waits[0].received_at == erased[0].received_at
