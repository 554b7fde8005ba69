"""A row of a KoboToolbox that is not written as Kobo writes rows: it keeps no other away, and is never lost in silence."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import cast
from unittest import mock

import httpx
import pytest

from sync_scripts.intake.followed import NoRoots
from sync_scripts.intake.report import SubmissionUnread
from sync_scripts.intake.verify import verify
from sync_scripts.servers.base import Trouble
from sync_scripts.servers.http.errors import ShapeUnknown
from sync_scripts.servers.kobo import Kobo, leniently
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.servers.kobo.source import in_batches
from tests.intake.scene import Scene, uid
from tests.intake.test_servers import Far, states
from tests.servers import kobo_world

STRANGE = ["a", "b"]


@pytest.fixture
def kobo(one: Scene) -> Far:
    """Return a scene with a stand-in of eight alerts over small pages; a second one changes."""
    world = kobo_world.World(cap=3, now=one.now - timedelta(hours=2))
    far = Far(one, "kobo", world)
    for number in range(1, 9):
        far.send(number)
    return far


def writes(far: Far, name: str, value: object, number: int = 2) -> None:
    """Let the server write something of one submission otherwise, wherever it shows its row."""
    own = far.world.find(uid(number)).number

    def knob(request: httpx.Request) -> httpx.Response | None:
        if "/data/" not in request.url.path or request.url.params.get("format") == "xml":
            return None
        with mock.patch.object(far.world, "knob", return_value=None):
            told = far.world.answer(request)
        body = json.loads(told.content)
        for row in body.get("results", [body]):
            if row.get("_id") == own and name in row:
                row[name] = value
        return httpx.Response(told.status_code, json=body)

    far.world.knob = knob


def heals(far: Far) -> None:
    """Let the server write rows as it should."""
    far.world.knob = lambda _request: None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("meta/rootUuid", None),
        ("meta/instanceID", None),
        ("_validation_status", None),
        ("_validation_status", {"uid": None, "timestamp": None, "by_whom": None}),
        ("_attachments", None),
        ("_submission_time", None),
        ("_submission_time", 1795597801),
        ("_submitted_by", 3),
    ],
)
def test_what_is_not_said_and_a_number_in_place_of_a_text_stop_nothing(
    kobo: Far, name: str, value: object
) -> None:
    """All rows come, the one that says less among them; nothing is to be looked at."""
    writes(kobo, name, value)
    first, second = kobo.report(), kobo.report()

    assert (first.new, first.unread, first.needs_person) == (8, 0, False)
    assert (second.new, second.unread, set(dict(second.notes)) - {NoRoots.code}) == (0, 0, set())
    assert states(kobo) == ["ok"] * 8
    assert verify(kobo.scene.register, [kobo.server]).not_pulled == 0


def test_a_row_without_its_present_id_is_looked_at_every_time(
    kobo: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mark shows then whether it was edited: it is asked for, and no proof says that all is here."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    writes(kobo, "_uuid", None)
    first = kobo.report()
    kobo.wait(30)
    kobo.send(9)
    kobo.report()
    kobo.wait(1)
    kobo.send(102, of=2)  # far behind what pages show again
    second = kobo.report()

    assert (first.new, first.unread, second.edited) == (8, 0, 1)
    assert [(proof.missing, proof.holds) for proof in (*first.proofs, *second.proofs)] == [(1, False)] * 2
    assert verify(kobo.scene.register, [kobo.server]).short == 0


@pytest.mark.parametrize("name", ["meta/instanceID", "_submission_time", "_submitted_by"])
def test_a_row_that_cannot_be_read_waits_and_the_others_come(kobo: Far, name: str) -> None:
    """It is counted for the walk, said at every pull, owed, and taken as soon as it can be read."""
    writes(kobo, name, STRANGE)
    first = kobo.report()
    kobo.wait(1)
    kobo.send(9)
    second = kobo.report()
    found = verify(kobo.scene.register, [kobo.server])
    heals(kobo)
    kobo.wait(1)
    third = kobo.report()

    for report, new in ((first, 7), (second, 1)):
        assert (report.new, report.unread, report.needs_person) == (new, 1, True)
        assert dict(report.notes)[SubmissionUnread.code] == 1
        assert [(proof.missing, proof.owed, proof.holds) for proof in report.proofs] == [(1, 1, False)]
    assert (found.owed, found.not_pulled, found.short, found.troubles) == (1, 1, 0, ())
    assert (third.new, third.unread, third.needs_person) == (1, 0, False)
    assert [proof.holds for proof in third.proofs] == [True]


def test_files_that_cannot_be_read_keep_their_own_row_away(kobo: Far) -> None:
    """Of a row whose files are written otherwise it is not known what belongs to it; the others are compared."""
    writes(kobo, "_attachments", "a.jpg")
    report = kobo.report()
    kobo.delete(5)
    kobo.wait(30)
    after = kobo.report()

    assert (report.new, report.unread) == (7, 1)
    assert after.unread == 1
    assert sorted(states(kobo)) == ["deleted", *["ok"] * 6]


@pytest.mark.parametrize("name", ["_uuid", "meta/rootUuid", "_validation_status"])
def test_nothing_is_told_by_absence_where_a_mark_cannot_be_read(kobo: Far, name: str) -> None:
    """The form was not compared to its end: nothing is marked, neither as gone nor as reviewed otherwise; pages go on."""
    kobo.review(2, "approved", "validation_status_approved")
    kobo.report()
    kobo.wait(1)
    writes(kobo, name, STRANGE)
    kobo.delete(5)
    kobo.send(9)
    done = kobo.pull()
    again = kobo.pull()
    reviewed = [review for (review,) in kobo.rows("review") if review]
    heals(kobo)
    kobo.wait(1)
    healed = kobo.report()

    assert (done.report.new, type(done.failure), type(again.failure)) == (1, ShapeUnknown, ShapeUnknown)
    assert reviewed == [kobo.rows("review")[1][0]]
    assert not [one for one, _count in done.report.notes if one == "DK-I55"]
    assert states(kobo).count("deleted") == 1
    assert [proof.holds for proof in healed.proofs] == [True]


@pytest.mark.parametrize("name", ["_uuid", "meta/rootUuid", "_validation_status"])
def test_a_new_row_whose_mark_cannot_be_read_waits_too(kobo: Far, name: str) -> None:
    """Nothing says that it is here, and it comes when it can be read."""
    writes(kobo, name, STRANGE)
    done = kobo.pull()
    found = verify(kobo.scene.register, [kobo.server])
    heals(kobo)
    kobo.wait(1)

    assert (done.report.new, done.report.unread, type(done.failure)) == (7, 1, ShapeUnknown)
    assert not any(proof.holds for proof in done.report.proofs)
    assert ([one.code for one in found.troubles], found.short) == ([ShapeUnknown.code], 0)
    assert kobo.report().new == 1


def test_an_edit_that_cannot_be_read_leaves_the_version_before_it(kobo: Far) -> None:
    """The version held stands; that there is a later one is said until it comes."""
    kobo.report()
    kobo.wait(1)
    kobo.send(102, of=2)
    writes(kobo, "meta/instanceID", STRANGE)
    waits = kobo.report()
    heals(kobo)
    kobo.wait(1)
    comes = kobo.report()

    assert (waits.edited, waits.unread, waits.needs_person) == (0, 1, True)
    assert set(states(kobo)) == {"ok"}
    assert (comes.edited, comes.needs_person) == (1, False)


def test_no_review_is_written_over_one_that_cannot_be_read(kobo: Far) -> None:
    """Whoever asks for the present statuses of a form is told that they are not all known."""
    writes(kobo, "_validation_status", STRANGE)
    client = cast(Kobo, kobo.server).account
    ((form, found),) = in_batches(client, [(kobo_world.FORM, uid(2)), (kobo_world.FORM, uid(3))])

    assert isinstance(found, Trouble)
    assert (form, type(found.failure)) == (kobo_world.FORM, ShapeUnknown)


def test_a_row_without_a_number_is_an_answer_of_another_shape(kobo: Far) -> None:
    """Nobody could tell where to go on."""
    writes(kobo, "_id", None, number=5)
    done = kobo.pull()

    assert (done.report.new, type(done.failure)) == (3, ShapeUnknown)


def test_a_page_of_rows_as_they_should_be_is_read_at_once(kobo: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row by row costs more: only a page that cannot be read as a whole is read so."""
    alone = mock.Mock(side_effect=leniently._alone)
    monkeypatch.setattr(leniently, "_alone", alone)
    report = kobo.report()

    assert (report.new, alone.call_count) == (8, 0)
    writes(kobo, "_submitted_by", 3)
    kobo.report()
    assert alone.call_count
