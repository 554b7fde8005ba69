"""Reviews at the servers: the same status given again is another one, and an approval is for the version that it was given to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.intake.notes import EditedAfterApproval
from sync_scripts.intake.places import reviewed
from sync_scripts.register.care import rebuild
from sync_scripts.register.case.flags import in_words
from sync_scripts.register.queries.event_words import told
from sync_scripts.register.queries.submissions import server_deeds
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import metadata
from tests.contract import kobo_world
from tests.intake import test_servers
from tests.intake.scene import COORDINATOR, Scene, flags, uid
from tests.intake.test_servers import Far

far = test_servers.far
"""The fixture of that module."""

APPROVED = "validation_status_approved"
FLAG = "approval_outdated"


@pytest.fixture
def kobo(one: Scene) -> Far:
    """Give a KoboToolbox with three alerts that are pulled."""
    world = kobo_world.World()
    world.now = one.now - timedelta(hours=2)
    made = Far(one, "kobo", world)
    for number in (1, 2, 3):
        made.send(number)
    made.report()
    made.wait(1)
    return made


def approve(far: Far, *, by: str = "coord") -> str:
    """Let somebody approve the first one now; return when, as we write it."""
    if far.kind == "central":
        far.review(1, "approved", APPROVED)
    else:
        far.world.validate(uid(1), APPROVED, by=by)
    return instant(far.world.now.replace(microsecond=0))


def lines(far: Far) -> list[tuple[str, ...]]:
    """Return root, status, account and time of the reviews that are written down."""
    names = ("review", "account", "when")
    with far.scene.register.reading() as rows:
        every = [one.entry for one in custody.read(rows)]
    return [
        (one["object"], *(str(one["details"][name]) for name in names))
        for one in every
        if one["details"].get("deed") == "reviewed"
    ]


def notes(report: Any) -> int:
    """Return how many approvals a report says to be those of the version before."""
    return int(dict(report.notes).get(EditedAfterApproval.code, 0))


# --- when and by whom ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("swept", [False, True])
def test_a_status_that_is_given_again_is_another_one(
    kobo: Far, monkeypatch: pytest.MonkeyPatch, *, swept: bool
) -> None:
    """By somebody else, an hour later: kept with account and time, once; a page shows it, or the sweep alone."""
    if swept:
        monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
        monkeypatch.setattr(kobo_source, "OVERLAP", timedelta(0))
    first = approve(kobo)
    kobo.report()
    kobo.wait(1)
    second = approve(kobo, by="autre")
    kobo.report()
    kobo.report()

    assert lines(kobo) == [(uid(1), APPROVED, "coord", first), (uid(1), APPROVED, "autre", second)]
    assert [review for (review,) in kobo.rows("review")] == [kobo.word("", APPROVED), None, None]
    assert FLAG not in flags(kobo.scene)


def test_a_label_is_no_status(kobo: Far) -> None:
    """The server translates it for whoever asks."""
    approve(kobo)
    kobo.report()
    before = kobo.scene.dump("run", "watermark", "place")
    kobo.world.find(uid(1)).status["label"] = "Approved"
    kobo.report()

    assert kobo.scene.dump("run", "watermark", "place") == before


def test_a_status_that_is_taken_back_is_none(kobo: Far) -> None:
    """The server does not say who did it; the line of who gave it stays."""
    approve(kobo)
    kobo.report()
    kobo.wait(1)
    kobo.world.find(uid(1)).status.clear()
    kobo.report()

    assert [review for (review,) in kobo.rows("review")] == [None, None, None]
    assert len(lines(kobo)) == 1


def test_who_reviewed_is_read_beside_what_was_decided(kobo: Far) -> None:
    """In words, in the server's time, by the code of the alert."""
    at = approve(kobo)
    kobo.report()
    (alert,) = [one for one in kobo.scene.rows(metadata.tables["alert"]) if one["alert_id"] == uid(1)]
    with kobo.scene.register.reading() as rows:
        (line,) = server_deeds(rows, alert["code"], actor=COORDINATOR)

    assert (line["op"], line["at"]) == ("server.reviewed", at)
    assert told(line["op"], line["payload"]) == "a form was reviewed at kobo with the account coord: approved"


def test_a_dry_run_writes_no_review(kobo: Far) -> None:
    """Neither the word nor the line."""
    approve(kobo)
    before = kobo.scene.dump()
    kobo.pull(dry_run=True)

    assert kobo.scene.dump() == before


def test_of_a_twin_the_first_row_counts(kobo: Far) -> None:
    """A row that a failed sending left has a status of its own; no pull turns the word back and forth."""
    kobo.world.twin(uid(1))
    approve(kobo)
    kobo.report()
    before = kobo.scene.dump("run", "watermark", "place")
    kobo.report()
    kobo.report()

    assert len(lines(kobo)) == 1
    assert kobo.scene.dump("run", "watermark", "place") == before


def test_a_time_that_cannot_be_one_is_not_said() -> None:
    """A server's mistake fails no pull."""
    assert reviewed.given(f"{APPROVED}@999999999999999999") is None
    assert reviewed.given(f"{APPROVED}@x") is None
    assert reviewed.given("approved") is None
    assert reviewed.given(None) is None


# --- for which version -----------------------------------------------------------------------------------------------


def test_an_edit_after_an_approval_stays_to_be_looked_at_until_it_is_approved_again(far: Far) -> None:
    """Said once by the pull, flagged until somebody reviews it there; a rebuild says the same."""
    for number in (1, 2, 3):
        far.send(number)
    far.report()
    far.wait(1)
    approve(far)
    far.report()
    far.wait(1)
    far.send(101, of=1)
    said, again = far.report(), far.report()
    flagged = [one for one in far.scene.rows(metadata.tables["flag"]) if one["code"] == FLAG]
    same = not rebuild.check(far.scene.register, far.scene.now).differing
    far.wait(1)
    approve(far, by="autre")
    far.report()

    assert (notes(said), notes(again)) == (1, 0)
    assert [(one["subject"], in_words(one).partition(":")[0]) for one in flagged] == [
        (f"alert:alert/{uid(1)}", "It was changed after it had been approved at the server (version 2)")
    ]
    assert same
    assert FLAG not in flags(far.scene)
    assert not rebuild.check(far.scene.register, far.scene.now).differing


def test_a_second_edit_leaves_it_as_it_is(far: Far) -> None:
    """Nobody reviewed the first one either."""
    far.send(1)
    far.report()
    far.wait(1)
    approve(far)
    far.report()
    for number, before in ((101, 1), (102, 101)):
        far.wait(1)
        far.send(number, of=before)
        far.report()
    far.report()

    assert FLAG in flags(far.scene)
    assert not rebuild.check(far.scene.register, far.scene.now).differing


def test_what_was_never_approved_is_no_matter(far: Far) -> None:
    """An edit of what was put on hold, or of what nobody reviewed."""
    far.send(1)
    far.send(2)
    far.report()
    far.wait(1)
    far.review(1, "hasIssues", "validation_status_on_hold")
    far.report()
    far.wait(1)
    far.send(101, of=1)
    far.send(102, of=2)
    report = far.report()

    assert notes(report) == 0
    assert FLAG not in flags(far.scene)


def test_a_deletion_and_a_return_leave_it_to_be_looked_at(far: Far) -> None:
    """The mark of the version before is not lost on the way."""
    far.send(1)
    far.report()
    far.wait(1)
    approve(far)
    far.report()
    far.wait(1)
    far.send(101, of=1)
    far.report()
    far.wait(25)
    held = far.world.find(*far._form, uid(1))
    (rows,) = far.world.forms.values()
    rows.remove(held)
    far.report()
    far.wait(25)
    rows.append(held)
    far.report()

    assert FLAG in flags(far.scene)


def test_an_approval_after_the_edit_is_one(one: Scene) -> None:
    """A Central says "edited" by itself, so what it calls approved was approved after the edit."""
    from tests.contract import central_world

    world = central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2))
    central = Far(one, "central", world)
    central.send(1)
    central.report()
    central.wait(1)
    approve(central)
    central.report()
    central.wait(1)
    central.send(101, of=1)
    approve(central)
    report = central.report()

    assert notes(report) == 0
    assert FLAG not in flags(one)
