"""Two rows of a KoboToolbox, each with a root of its own, that bear one number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from sync_scripts.intake.completeness.proof import words
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.errors import ContentChanged
from sync_scripts.intake.notes import BackAtServer, GoneAtServer
from sync_scripts.register.care import rebuild
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.store.schema import raw
from tests.contract import kobo_world, test_kobo
from tests.intake.scene import Scene, story, uid
from tests.intake.test_machine import PHOTO
from tests.intake.test_servers import Far


def test_the_second_of_two_with_one_number_is_put_aside_and_counted_as_such(one: Scene) -> None:
    """Nobody's answers take the place of others; the proof says where each row is, and a person what to do."""
    world = kobo_world.World(cap=10)
    world.now = one.now - timedelta(hours=2)
    far = Far(one, "kobo", world)
    far.send(1)
    far.send(2, story("une autre histoire"))
    row = world.find(uid(2))
    row.xml = row.xml.replace(uid(2).encode(), uid(1).encode())
    first, again = far.report(), far.report()

    assert [(each.problem, each.state) for each in one.aside()] == [(ContentChanged.code, "open")]
    assert (first.new, first.quarantined_new, first.needs_person) == (1, 1, True)
    assert words(again.proofs[0]) == "Proof, kobo: 2 at the server = 1 here + 1 put aside."
    assert verify(one.register, [far.server]).not_pulled == 0
    assert "dikalo alerts new" in ContentChanged().words()


def test_the_same_submission_under_two_roots_is_one_and_counted_as_shown_twice(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rows, the same bytes: the proof says so, and neither the next pulls nor verify miss the second, however old."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    monkeypatch.setattr(kobo_source, "OVERLAP", timedelta(seconds=-1))
    world = kobo_world.World(cap=10)
    world.now = one.now - timedelta(hours=2)
    far = Far(one, "kobo", world)
    far.send(1)
    far.send(2)
    world.find(uid(2)).xml = world.find(uid(1)).xml
    proofs, found = [], []
    for _time in range(2):
        proofs.append(words(far.report().proofs[0]))
        found.append(verify(one.register, [far.server]))
        far.wait(30)
        far.send(3)
    far.report()
    last = verify(one.register, [far.server])

    assert proofs == [
        "Proof, kobo: 2 at the server = 1 here + 1 shown twice.",
        "Proof, kobo: 3 at the server = 2 here + 1 shown twice.",
    ]
    assert [(each.not_pulled, each.short, each.elsewhere) for each in (*found, last)] == [(0, 0, 0)] * 3
    assert [sum(each.repeats for each in done.forms) for done in (*found, last)] == [1, 1, 1]
    assert not last.awaited


def twice(one: Scene) -> Far:
    """Return a scene with a stand-in where two rows, each with a root of its own, hold the same bytes, which are here."""
    far = Far(one, "kobo", kobo_world.World(cap=10, now=one.now - timedelta(hours=2)))
    for number in (1, 2, 3):
        far.send(number)
    far.world.find(uid(2)).xml = far.world.find(uid(1)).xml
    assert far.report().new == 2
    far.wait(1)
    return far


def states(far: Far) -> dict[str, str]:
    """Return how each version stands here."""
    return dict(far.rows("instance_id", "status"))


def test_a_submission_stays_here_while_any_row_shows_it(one: Scene) -> None:
    """The row by which it came is deleted at the server, the other one shows the same bytes: nothing is gone."""
    far = twice(one)
    far.delete(1)
    reports = []
    for _time in range(2):
        reports.append(far.report())
        far.wait(30)
    found = verify(one.register, [far.server])

    assert (found.elsewhere, found.not_pulled) == (0, 0)
    assert [(each.versions, each.repeats) for each in found.forms] == [(2, 0)]
    assert [dict(each.notes) for each in reports] == [{}, {}]
    assert [each.proofs[0].holds for each in reports] == [True, True]
    assert states(far) == {uid(1): "ok", uid(3): "ok"}


def test_it_is_gone_with_the_last_row_that_shows_it(one: Scene) -> None:
    """Whichever goes first."""
    far = twice(one)
    far.delete(2)
    far.report()
    first = states(far)
    far.wait(1)
    far.delete(1)
    last = far.report()

    assert first == {uid(1): "ok", uid(3): "ok"}
    assert dict(last.notes) == {GoneAtServer.code: 1}
    assert states(far) == {uid(1): "deleted", uid(3): "ok"}


def test_it_is_back_with_a_row_that_shows_it(one: Scene) -> None:
    """Marked by an earlier pull, while no row showed it, or by a program that did not look at the other row."""
    far = twice(one)
    with one.register.writing() as rows:
        mine = raw.submission.c.instance_id == uid(1)
        rows.execute(
            update(raw.submission).where(mine).values(status="deleted", gone_at="2026-11-25T00:00:00.000000Z")
        )
    far.delete(1)
    report = far.report()
    far.wait(30)
    again = far.report()

    assert dict(report.notes) == {BackAtServer.code: 1}
    assert dict(again.notes) == {}
    assert states(far) == {uid(1): "restored", uid(3): "ok"}
    assert not rebuild.check(one.register, one.now).differing


def test_an_edited_submission_stays_here_while_a_row_shows_its_first_version(one: Scene) -> None:
    """Nobody sees at the server what the edit said, so it stays, too."""
    far = twice(one)
    far.send(101, of=1)
    far.report()
    far.wait(1)
    far.delete(1)
    report = far.report()

    assert GoneAtServer.code not in dict(report.notes)
    assert set(states(far).values()) == {"ok"}


def test_a_number_that_a_server_gives_twice_hides_neither(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put back from a copy, a server counts on from where the copy stood: far behind what was pulled, another one bears a number."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    monkeypatch.setattr(kobo_source, "OVERLAP", timedelta(seconds=-1))
    far = Far(one, "kobo", kobo_world.World(cap=10, now=one.now - timedelta(hours=2)))
    for number in range(1, 6):
        far.send(number)
    far.report()
    given = far.world.find(uid(2)).number
    far.delete(2)
    far.wait(1)
    far.send(9)
    far.world.find(uid(9)).number = given
    far.world.forms[kobo_world.FORM].sort(key=lambda row: row.number)
    far.wait(30)
    report = far.report()

    assert states(far) == {uid(1): "ok", uid(2): "deleted"} | {uid(number): "ok" for number in (3, 4, 5, 9)}
    assert dict(report.notes)[GoneAtServer.code] == 1
    assert verify(one.register, [far.server]).not_pulled == 0
    assert not rebuild.check(one.register, one.now).differing


def test_two_servers_that_give_one_number_give_two_submissions(one: Scene) -> None:
    """A number is a server's own; what two of them call alike stands apart here, with a photo of its own each."""
    worlds = [kobo_world.World(cap=10, now=one.now - timedelta(hours=2)) for _server in range(2)]
    for place, world in enumerate(worlds):
        Far(one, "kobo", world).send(place + 1, PHOTO, {"p.jpg": b"photo %d" % place})
    servers = [
        replace(test_kobo.source(world), name=name)
        for world, name in zip(worlds, ("kobo", "antenne"), strict=True)
    ]
    report = one.pull(*servers)
    files = {(row["server"], row["instance_id"]): row["state"] for row in one.rows(raw.attachment)}

    assert len({world.forms[kobo_world.FORM][0].number for world in worlds}) == 1
    assert (report.new, report.quarantined_new, report.files_new) == (2, 0, 2)
    assert files == {("kobo", uid(1)): "held", ("antenne", uid(2)): "held"}
    assert [proof.holds for proof in report.proofs] == [True, True]
