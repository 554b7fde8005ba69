"""A row of a KoboToolbox that is not written as Kobo writes rows: it keeps no other away, and is never lost in silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import cast
from unittest import mock

import httpx
import pytest

from sync_scripts.cli.inflow.pull import verify_lines
from sync_scripts.intake.completeness.proof import words
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import NoRoots, SubmissionUnread
from sync_scripts.servers.base import Trouble
from sync_scripts.servers.http.errors import ShapeUnknown
from sync_scripts.servers.inquiry import CursorRepeated
from sync_scripts.servers.kobo import Kobo, rows
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.servers.kobo.source import in_batches
from tests.contract import kobo_world
from tests.intake.scene import Scene, uid
from tests.intake.test_servers import Far, states

STRANGE = ["a", "b"]
Knob = Callable[[httpx.Request], httpx.Response | None]


@pytest.fixture
def kobo(one: Scene) -> Far:
    """Return a scene with a stand-in of eight alerts over small pages; a second one changes."""
    world = kobo_world.World(cap=3, now=one.now - timedelta(hours=2))
    far = Far(one, "kobo", world)
    for number in range(1, 9):
        far.send(number)
    return far


def writes(far: Far, name: str, value: object, number: int = 2) -> None:
    """Let the server write something of one submission otherwise, wherever it shows its row; "" = the row itself."""
    own = far.world.find(uid(number)).number

    def knob(request: httpx.Request) -> httpx.Response | None:
        if "/data/" not in request.url.path or request.url.params.get("format") == "xml":
            return None
        with mock.patch.object(far.world, "knob", return_value=None):
            told = far.world.answer(request)
        body = json.loads(told.content)
        if not name and "results" in body:
            body["results"] = [value if row["_id"] == own else row for row in body["results"]]
        for row in body.get("results", [body]):
            if isinstance(row, dict) and row.get("_id") == own and name in row:
                row[name] = value
        return httpx.Response(told.status_code, json=body)

    far.world.knob = knob


def writes_too(far: Far, name: str, value: object, number: int = 2) -> None:
    """Let it write one thing more of it otherwise."""
    before: Knob = far.world.knob
    writes(far, name, value, number)
    own = far.world.find(uid(number)).number
    further: Knob = far.world.knob

    def knob(request: httpx.Request) -> httpx.Response | None:
        told = before(request)
        if told is None:
            return further(request)
        body = json.loads(told.content)
        for row in body.get("results", [body]):
            if row.get("_id") == own and name in row:
                row[name] = value
        return httpx.Response(told.status_code, json=body)

    far.world.knob = knob


def heals(far: Far) -> None:
    """Let the server write rows as it should."""
    far.world.knob = lambda _request: None


@pytest.mark.spread(4)
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


def test_a_row_without_its_present_id_is_known_by_what_its_phone_wrote(
    kobo: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is proved to be here, an edit of it far behind what pages show again is found, and nothing is asked for twice."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    writes(kobo, "_uuid", None)
    first = kobo.report()
    kobo.wait(30)
    kobo.send(9)
    kobo.report()
    kobo.wait(1)
    kobo.send(102, of=2)
    second = kobo.report()
    knob: Knob = kobo.world.knob
    asked: list[str] = []

    def noting(request: httpx.Request) -> httpx.Response | None:
        asked.append(request.url.params.get("format", ""))
        return knob(request)

    kobo.world.knob = noting
    third = kobo.report()
    found = verify(kobo.scene.register, [kobo.server])

    assert (first.new, first.unread, second.edited, third.edited) == (8, 0, 1, 0)
    assert [proof.holds for report in (first, second, third) for proof in report.proofs] == [True] * 3
    assert asked
    assert "xml" not in asked
    assert (found.not_pulled, found.short, [each.unreadable for each in found.forms]) == (0, 0, [0])


def test_a_row_that_says_no_version_at_all_is_counted_as_unreadable(kobo: Far) -> None:
    """Neither the server's id nor the phone's is there: what is here of it stays, and the proof says so in words."""
    kobo.report()
    kobo.wait(1)
    for one in ("_uuid", "meta/instanceID"):
        writes_too(kobo, one, None)
    told = [kobo.report() for _time in range(2)]
    found = verify(kobo.scene.register, [kobo.server])

    for report in told:
        assert (report.new, report.unread, report.needs_person) == (0, 1, True)
        assert words(report.proofs[0]) == (
            "No proof, kobo: 8 at the server = 7 here + 1 that cannot be read, but not all of them as they are there."
        )
    assert states(kobo) == ["ok"] * 8
    assert (found.not_pulled, found.elsewhere, [one.unreadable for one in found.forms]) == (0, 0, [1])


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
def test_a_mark_that_cannot_be_read_is_counted_and_told(kobo: Far, name: str) -> None:
    """By whatever id it says it is there; all others are compared, what is gone is marked, and no review is written over."""
    kobo.review(2, "approved", "validation_status_approved")
    kobo.report()
    kobo.wait(1)
    writes(kobo, name, STRANGE)
    kobo.delete(5)
    kobo.send(9)
    told = [kobo.report() for _time in range(2)]
    found = verify(kobo.scene.register, [kobo.server])
    reviewed = [review for (review,) in kobo.rows("review") if review]
    heals(kobo)
    kobo.wait(1)
    healed = kobo.report()

    assert [report.new for report in told] == [1, 0]
    for report in told:
        assert (report.unread, report.needs_person) == (1, True)
        assert dict(report.notes)[SubmissionUnread.code] == 1
        assert [(proof.missing, proof.unreadable, proof.holds) for proof in report.proofs] == [(0, 1, False)]
        assert "7 here + 1 that cannot be read" in words(report.proofs[0])
    assert (found.not_pulled, found.short, found.troubles) == (0, 0, ())
    assert (found.elsewhere, [one.unreadable for one in found.forms]) == (1, [1])
    assert "that cannot be read 1" in " ".join(verify_lines(found))
    assert reviewed == [kobo.rows("review")[1][0]]
    assert states(kobo).count("deleted") == 1
    assert [proof.holds for proof in healed.proofs] == [True]


def test_nothing_is_told_by_absence_where_a_row_may_be_any(kobo: Far) -> None:
    """Its root cannot be read, and its version is not here: it may be any of those that are not shown."""
    kobo.report()
    kobo.wait(1)
    writes(kobo, "meta/rootUuid", STRANGE)
    kobo.send(102, of=2)
    kobo.delete(5)
    told = kobo.report()
    before = states(kobo)
    heals(kobo)
    kobo.wait(1)
    healed = kobo.report()

    assert (told.edited, told.unread, told.proofs[0].unreadable) == (0, 1, 1)
    assert before == ["ok"] * 8
    assert sorted(states(kobo)) == ["deleted", *["ok"] * 8]
    assert (healed.edited, healed.proofs[0].holds) == (1, True)


@pytest.mark.parametrize("name", ["_uuid", "meta/rootUuid", "_validation_status"])
def test_a_new_row_whose_mark_cannot_be_read_waits_too(kobo: Far, name: str) -> None:
    """Nothing says that it is here, and it comes when it can be read."""
    writes(kobo, name, STRANGE)
    done = kobo.report()
    found = verify(kobo.scene.register, [kobo.server])
    heals(kobo)
    kobo.wait(1)

    assert (done.new, done.unread, done.needs_person) == (7, 1, True)
    assert not any(proof.holds for proof in done.proofs)
    assert (found.troubles, found.short, [one.unreadable for one in found.forms]) == ((), 0, [1])
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


@pytest.mark.spread(4)
@pytest.mark.parametrize(
    ("cap", "number", "value"),
    [
        (cap, number, (None, STRANGE)[(row + column) % 2])
        for row, cap in enumerate((1, 3, 10))
        for column, number in enumerate((1, 3, 5, 8))
    ],
)
def test_a_row_whose_number_cannot_be_read_keeps_no_other_away(
    kobo: Far, cap: int, number: int, value: object
) -> None:
    """Wherever it stands in its page: all others come, it waits and is told, and comes once it has its number."""
    kobo.world.cap = cap
    writes(kobo, "_id", value, number=number)
    first = kobo.report()
    kobo.wait(1)
    kobo.send(9)
    second = kobo.report()
    heals(kobo)
    kobo.wait(1)
    third = kobo.report()

    assert [one.new for one in (first, second, third)] == [7, 1, 1]
    assert [one.unread for one in (first, second, third)] == [1, 1, 0]
    assert [one.proofs[0].count for one in (first, second, third)] == [8, 9, 9]
    assert [one.proofs[0].holds for one in (first, second, third)] == [False, False, True]


def test_what_is_here_stays_when_its_number_cannot_be_read(kobo: Far) -> None:
    """Its root and its version tell that it is there."""
    kobo.report()
    kobo.wait(1)
    writes(kobo, "_id", STRANGE)
    kobo.delete(5)
    report = kobo.report()

    assert sorted(states(kobo)) == ["deleted", *["ok"] * 7]
    assert report.unread == 1


def test_a_number_that_is_written_as_text_is_that_number(kobo: Far) -> None:
    """All rows come."""
    writes(kobo, "_id", str(kobo.world.find(uid(2)).number))

    assert kobo.report().new == 8


@pytest.mark.parametrize("value", [None, 7, "row"])
def test_a_row_that_is_none_keeps_no_other_away(kobo: Far, value: object) -> None:
    """It is counted, and told at each pull; while it is there nothing is said to be gone."""
    writes(kobo, "", value)
    told = [kobo.report() for _time in range(2)]
    kobo.delete(5)
    kobo.report()

    assert [(one.new, one.unread) for one in told] == [(7, 1), (0, 1)]
    assert [(one.proofs[0].missing, one.proofs[0].unreadable) for one in told] == [(0, 1)] * 2
    assert states(kobo) == ["ok"] * 7


def test_a_page_of_rows_without_a_number_that_comes_again_and_again_ends(kobo: Far) -> None:
    """A server that does not know how to leave rows out is asked no further."""
    kobo.world.cap = 1
    writes(kobo, "_id", STRANGE, number=1)
    knob: Knob = kobo.world.knob

    def first(request: httpx.Request) -> httpx.Response | None:
        return knob(
            httpx.Request(request.method, request.url.copy_remove_param("start"), headers=request.headers)
        )

    kobo.world.knob = first
    done = kobo.pull()

    assert isinstance(done.failure, CursorRepeated)


def test_a_page_of_rows_as_they_should_be_is_read_at_once(kobo: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row by row costs more: only a page that cannot be read as a whole is read so."""
    alone = mock.Mock(side_effect=rows._alone)
    monkeypatch.setattr(rows, "_alone", alone)
    report = kobo.report()

    assert (report.new, alone.call_count) == (8, 0)
    writes(kobo, "_submitted_by", 3)
    kobo.report()
    assert alone.call_count
