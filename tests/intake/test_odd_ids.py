"""Submissions whose id cannot be asked for, which whoever sends chooses: one that failed once is never forgotten for that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from sync_scripts.intake.notes import GoneUnseen, NotByName, SweepShort
from sync_scripts.intake.places import table
from sync_scripts.intake.report import PullReport
from sync_scripts.servers.central import older
from sync_scripts.servers.inquiry import ROOTS_BYTES
from sync_scripts.store.schema import raw
from tests.contract import central_world
from tests.intake.scene import Scene, alert, uid
from tests.intake.test_servers import Far

pytestmark = pytest.mark.once

ODD = [("", "uuid:a/b"), ("", "uuid:é"), ("", "uuid:" + "a" * ROOTS_BYTES), ("2025.3", "uuid:a_b")]
"""Releases that are older than one, and an id that each cannot be asked for."""


def failing(one: Scene, release: str, odd: str) -> Far:
    """Return a scene with a Central that showed an alert of this id once, and could not hand it over."""
    lacks = central_world.BEFORE[release] if release else frozenset()
    world = central_world.World(forms={"alert": []}, lacks=lacks, now=one.now - timedelta(hours=2))
    far = Far(one, "central", world)
    far.send(1)
    far.report()
    far.wait(1)
    world.send("alert", alert(4).replace(uid(4).encode(), odd.encode()))
    break_(far)
    assert far.report().needs_person
    return far


def purged(one: Scene) -> Far:
    """Return the same of an id that can be asked for, a day after it was purged there."""
    far = failing(one, "", "uuid:a_b")
    far.wait(26)
    far.send(5)
    far.report()
    far.world.purge("alert", "uuid:a_b")
    mend(far)
    far.wait(26)
    return far


def break_(far: Far) -> None:
    """Let the server fail at what has this id, and at nothing else."""
    far.world.knob = lambda asked: (
        httpx.Response(500)
        if asked.url.path.endswith(".xml") and "/submissions/uuid:0" not in asked.url.path
        else None
    )


def mend(far: Far) -> None:
    """Let the server answer."""
    far.world.knob = lambda _asked: None


def owed(report: PullReport) -> list[int]:
    """Return how many submissions each server owes."""
    return [one.owed for one in report.proofs]


@pytest.mark.parametrize(("release", "odd"), ODD)
def test_while_a_page_shows_it_it_is_asked_for_there(one: Scene, release: str, odd: str) -> None:
    """It has no turn later: the page is where it comes from. An id that is no UUID is put aside, in sight of a person."""
    far = failing(one, release, odd)
    mend(far)
    report = far.report()

    assert (report.quarantine_open, owed(report)) == (1, [0])
    assert dict(report.notes).get(NotByName.code, 0) == 0


@pytest.mark.parametrize(("release", "odd"), ODD)
def test_once_no_page_shows_it_it_stays_owed_and_a_person_is_told(one: Scene, release: str, odd: str) -> None:
    """At every pull, until the server shows it again, as it does when somebody reviews it."""
    far = failing(one, release, odd)
    for number in (5, 6):  # which move the watermark more than a day on
        far.wait(26)
        far.send(number)
        far.report()
    mend(far)
    told = [far.report() for _twice in range(2)]
    far.wait(1)
    far.world.review("alert", odd, "hasIssues")
    came, after = far.report(), far.report()

    assert [(one.needs_person, owed(one), dict(one.notes).get(NotByName.code)) for one in told] == [
        (True, [1], 1)
    ] * 2
    assert not any(proof.holds for report in told for proof in report.proofs)
    assert (came.quarantine_open, owed(came), owed(after)) == (1, [0], [0])
    assert dict(after.notes).get(NotByName.code, 0) == 0


def test_once_it_is_deleted_there_nobody_is_told_any_more(one: Scene) -> None:
    """The page says so, without handing anything over."""
    far = failing(one, "", "uuid:a/b")
    far.wait(26)
    far.send(5)
    far.report()
    far.world.delete("alert", "uuid:a/b")
    far.wait(1)

    assert owed(far.report()) == [0]


@pytest.mark.parametrize(("release", "odd"), ODD)
def test_once_it_is_purged_there_a_comparison_ends_it_and_a_person_is_told(
    one: Scene, release: str, odd: str
) -> None:
    """No page can say so, and no question by name: only that everything was listed, and it was not among it. Told once."""
    far = failing(one, release, odd)
    far.wait(26)
    far.send(5)
    far.report()
    far.world.purge("alert", odd)
    mend(far)
    far.wait(26)
    told, after = far.report(), far.report()

    assert (told.needs_person, owed(told)) == (True, [0])
    assert [dict(one.notes).get(GoneUnseen.code, 0) for one in (told, after)] == [1, 0]
    assert not any(dict(one.notes).get(NotByName.code) for one in (told, after))
    assert all(proof.holds for proof in told.proofs)


def test_a_comparison_that_breaks_off_ends_nothing(one: Scene) -> None:
    """What it did not show may stand behind."""
    far = failing(one, "", "uuid:a/b")
    far.wait(26)
    far.send(5)
    far.report()
    far.world.purge("alert", "uuid:a/b")
    far.wait(26)
    far.world.knob = lambda asked: (
        httpx.Response(500) if asked.url.path.endswith(("/submissions", ".svc/Submissions")) else None
    )
    broken = far.pull().report
    mend(far)

    assert (owed(broken), dict(broken.notes).get(GoneUnseen.code, 0)) == ([1], 0)
    assert dict(far.report().notes).get(GoneUnseen.code, 0) == 1


def test_an_id_that_the_server_is_seen_to_look_for_is_forgotten_once_it_is_gone(one: Scene) -> None:
    """Asked for by name and not shown: a Central of now filters by such an id."""
    far = purged(one)

    assert owed(far.report()) == [0]


def test_what_was_forgotten_and_is_not_shown_again_stays_owed_until_a_comparison_says_so(one: Scene) -> None:
    """A pull in between asks for it by name and compares nothing: what it was not shown may be gone, and that must be told."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1)
    far.report()
    far.wait(1)
    with one.register.writing() as rows:
        seen = {"server": far.server.name, "tag": "t", "state": table.STORED, "size": 1, "moved_ns": 1}
        rows.many(raw.place, [seen])
        table.forget(rows, far.server.name, {"t": ("alert", "uuid:gone")}, one.now)
    between = far.report()
    far.wait(26)
    told, after = far.report(), far.report()

    assert [owed(one) for one in (between, told, after)] == [[1], [0], [0]]
    assert [dict(one.notes).get(GoneUnseen.code, 0) for one in (between, told, after)] == [0, 1, 0]


def test_a_comparison_of_a_wrong_count_ends_nothing_either(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Purged, asked for by name and not there: only a comparison that adds up says so, and it is told then."""
    far = purged(one)
    with monkeypatch.context() as patch:
        patch.setattr(type(far.server.project), "count", lambda _project, _form: 9)  # type: ignore[attr-defined]
        whole = type(far.server)._part  # type: ignore[attr-defined]
        patch.setattr(type(far.server), "_part", lambda server, form: replace(whole(server, form), count=9))
        short = far.report()
    told, after = far.report(), far.report()

    assert dict(short.notes)[SweepShort.code] > 0
    assert owed(short) == [1]
    assert [dict(one.notes).get(GoneUnseen.code, 0) for one in (short, told, after)] == [0, 1, 0]
    assert owed(told) == [0]


def test_a_filter_names_no_letter_beyond_those_of_ascii() -> None:
    """Tried with no other."""
    assert [older.nameable(one) for one in ("uuid:a_b", "uuid:é", "uuid:١", "a/b", "a'b")] == [
        True,
        *[False] * 4,
    ]
