"""What is deleted at a server: nothing goes here, a person is asked, and only a person decides. And two roads, one row."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import ErasedEdited
from sync_scripts.intake.pull import pull
from sync_scripts.register.care import rebuild
from sync_scripts.register.queries.submissions import at_servers
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal import erasing
from tests.contract import central_world, kobo_world
from tests.intake.scene import COORDINATOR, FORMS, Scene, draw, flags, uid
from tests.intake.test_servers import Far, states

_ID = re.compile(rb"<instanceID>([^<]*)</instanceID>")


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with an empty stand-in server."""
    return _far(one, request.param)


def _far(one: Scene, kind: str) -> Far:
    world: Any = central_world.World(forms={"alert": []}) if kind == "central" else kobo_world.World(cap=3)
    world.now = one.now - timedelta(hours=2)
    return Far(one, kind, world)


def tasks(one: Scene) -> list[tuple[str, bool]]:
    """Return subject, and whether it is open, of each task that a deletion raised."""
    return [
        (row["subject"], row["done_at"] is None)
        for row in one.rows(tables.task, tables.task.c.kind == "server_deleted")
    ]


@pytest.mark.parametrize("deep", [False, True])
def test_a_look_at_every_version_counts_what_is_gone_as_the_light_one_does(far: Far, *, deep: bool) -> None:
    """Versions of before, which only the deep look meets, make up for nothing that is at no source any more."""
    for number in (1, 2, 3):
        far.send(number)
    far.report()
    far.send(11, of=1)
    far.delete(2)
    far.report()

    assert verify(far.scene.register, [far.server], deep=deep).elsewhere == 1


def test_a_deleted_alert_stays_as_it_is_and_asks_for_a_person(far: Far) -> None:
    """State, urgency and deadlines are those of before; one task and one flag are new, and go when it is back."""
    far.send(1)
    far.report()
    (before,) = far.scene.rows(tables.alert)
    far.wait(1)
    far.delete(1)
    far.report()
    (after,) = far.scene.rows(tables.alert)

    assert after == before
    assert states(far) == ["deleted"]
    assert "gone_at_server" in flags(far.scene)
    assert tasks(far.scene) == [(f"alert:alert/{uid(1)}", True)]
    assert not rebuild.check(far.scene.register, far.scene.now).differing

    if far.kind == "central":
        far.world.restore("alert", uid(1))
    else:
        far.send(1)
    far.wait(26)
    far.report()

    assert states(far) == ["restored"]
    assert tasks(far.scene) == []


def test_a_deleted_case_form_closes_no_case(one: Scene) -> None:
    """A stolen account must not erase cases: the case stays open, with a task under its own code."""
    far = _far(one, "central")
    sample = next(path for path in sorted((FORMS / "samples" / "case").rglob("submission.xml")))
    root = _root_of(sample)
    far.world.forms["case"] = []
    far.world.send("case", sample.read_bytes())
    server = replace(far.server, wanted=("case",))  # type: ignore[type-var]
    way = replace(one.way, draw=draw, clock=lambda: one.now)
    pull(one.register, [server], COORDINATOR, way)
    (before,) = one.rows(tables.case)
    far.wait(1)
    far.world.delete("case", root)
    report = pull(one.register, [server], COORDINATOR, way).report
    (after,) = one.rows(tables.case)

    assert report.needs_person
    assert after == before
    assert tasks(one) == [(f"case:{before['case_code']}", True)]
    assert [row["status"] for row in one.rows(raw.submission)] == ["deleted"]


def _root_of(path: Path) -> str:
    found = _ID.search(path.read_bytes())
    assert found is not None
    return found[1].decode()


def test_an_edit_of_what_was_erased_is_seen_however_the_server_shows_it(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A KoboToolbox shows it where everything is compared, a Central among what is new; each new version once, the old one never."""
    for name, none in (("OVERLAP_ROWS", 0), ("OVERLAP", timedelta()), ("RECENT", 1)):
        monkeypatch.setattr(kobo_source, name, none)  # it came long ago
    for number in range(1, 9):
        far.send(number)
    far.report()
    ((scope,),) = {(row["scope"],) for row in far.scene.rows(raw.submission) if row["root_id"] == uid(1)}
    with far.scene.register.writing() as rows:
        erasing.erase(rows, [scope], [uid(1)], actor=COORDINATOR, now=far.scene.now, details={})
        gone = update(raw.submission).where(raw.submission.c.scope == scope)
        rows.execute(gone.values(erasing.emptied(None)))
    noted = []
    for edit in (0, 101, 0, 201):
        far.wait(25)
        if edit:
            far.send(edit, of=1)
        noted.append(dict(far.report().notes).get(ErasedEdited.code, 0))
    with far.scene.register.reading() as rows:
        open_still = at_servers(rows)

    assert (noted, open_still) == ([0, 1, 0, 1], 2)
    assert far.scene.count(raw.submission, raw.submission.c.root_id == uid(1)) == 1


def test_one_submission_by_two_servers_is_one_alert(one: Scene) -> None:
    """A form that moved: both raw rows are kept, the register has one row and says so, and no second code is drawn."""
    central, kobo = _far(one, "central"), _far(one, "kobo")
    central.send(1)
    kobo.send(1)
    central.report()
    kobo.wait(1)
    report = kobo.report()

    assert {row["server"] for row in one.rows(raw.submission)} == {central.server.name, kobo.server.name}
    assert one.count(tables.alert) == 1
    assert "two_roads" in flags(one)
    assert one.count(raw.event, raw.event.c.op == "alert.code") == 1
    assert report.quarantined_new == 0
    assert not rebuild.check(one.register, one.now).differing


def test_what_one_of_two_servers_deletes_is_still_there(one: Scene) -> None:
    """The other one shows it, so nobody is asked."""
    central, kobo = _far(one, "central"), _far(one, "kobo")
    central.send(1)
    kobo.send(1)
    central.report()
    kobo.report()
    kobo.delete(1)
    kobo.wait(1)
    kobo.report()

    assert sorted(row["status"] for row in one.rows(raw.submission)) == ["deleted", "ok"]
    assert "gone_at_server" not in flags(one)
    assert tasks(one) == []
