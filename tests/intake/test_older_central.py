"""A Central of before: what it does not know is asked in the words of its time, and said; new reports come at every pull."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import httpx
import pytest

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import DeletionsLate, GoneAtServer
from sync_scripts.servers.central import CentralTooOld, Project
from sync_scripts.servers.central.older import BY_ID, DELETED_AT, lacking
from tests.contract import central_world
from tests.intake.scene import Scene, alert, uid
from tests.intake.test_files_again import photo
from tests.intake.test_servers import Far, states

pytestmark = pytest.mark.once


def before(one: Scene, release: str) -> Far:
    """Return a scene with a Central before this release, that holds three alerts."""
    world = central_world.World(forms={"alert": []}, lacks=central_world.BEFORE[release])
    world.now = one.now - timedelta(hours=2)
    far = Far(one, "central", world)
    for number in (1, 2, 3):
        far.send(number)
    return far


@pytest.fixture(params=["2025.3", "2024.3"])
def older(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return the same, of two ages."""
    return before(one, request.param)


def refusals(far: Far) -> int:
    """Return how often the server said that it does not know something."""
    return Counter(status for _method, _path, status in far.world.log)[501]


def test_new_alerts_and_edits_come_at_every_pull(older: Far) -> None:
    """Not with the daily comparison alone; what the server does not know is asked for once a run."""
    first = older.report()
    older.wait(1)
    older.send(4)
    older.send(101, of=1)
    said = refusals(older)
    second = older.report()

    assert (first.new, second.new, second.edited) == (3, 1, 1)
    assert refusals(older) - said <= 2
    assert not second.needs_person


def test_files_come_also_late_ones(older: Far) -> None:
    """Their submissions are asked for by name, one by one where no filter does that."""
    older.send(4, photo("p.jpg"), {"p.jpg": b"\xff\xd8 one"})
    older.send(5, photo("p.jpg"))
    first = older.report()
    older.world.late_file("alert", uid(5), "p.jpg", b"\xff\xd8 two")
    second = older.report()

    assert (first.new, first.files_new, first.files_waiting) == (5, 1, 1)
    assert (second.files_new, second.files_waiting) == (1, 0)
    assert refusals(older) <= 4


def test_an_id_without_an_address_is_not_asked_for(one: Scene) -> None:
    """At a slash in one, a Central 2024.2.0 ended for everybody; whoever sends chooses the id. The others come."""
    far = before(one, "2025.3")
    asked = [("alert", uid(2)), ("alert", "uuid:a/b"), ("alert", "é (1)"), ("alert", "..")]
    (page,) = far.server.again(asked)
    paths = [path for _method, path, _status in far.world.log if "Submissions(" in path]

    assert [each.root_id for each in page.sightings] == [uid(2)]
    assert paths == [f"/v1/projects/7/forms/alert.svc/Submissions('{uid(2)}')"]


@pytest.mark.parametrize("release", ["", "2025.3"])
def test_an_id_that_no_filter_can_name_keeps_no_file_of_another(one: Scene, release: str) -> None:
    """A filter with a slash in a value is refused as a whole: one false submission kept the photos of all others away."""
    far = before(one, release or "2025.3")
    far.world.lacks = central_world.BEFORE[release] if release else frozenset()
    wrong = alert(4, photo("p.jpg")).replace(uid(4).encode(), b"uuid:a/b")
    far.world.send("alert", wrong, {"p.jpg": None})
    far.send(5, photo("p.jpg"))
    far.report()
    far.world.late_file("alert", uid(5), "p.jpg", b"\xff\xd8 late")
    report = far.report()

    assert report.troubles == ()
    assert report.files_new == 1


def test_a_deletion_is_seen_by_the_daily_comparison_and_that_is_said(one: Scene) -> None:
    """At every pull, as long as the server is that old; no reason for exit code 3."""
    far = before(one, "2024.3")
    first = far.report()
    far.wait(1)
    far.delete(2)
    between = far.report()
    states_between = states(far)
    far.wait(24)
    later = far.report()

    assert [dict(one.notes).get(DeletionsLate.code) for one in (first, between, later)] == [1, 1, 1]
    assert not between.needs_person
    assert states_between == ["ok", "ok", "ok"]
    assert states(far) == ["ok", "deleted", "ok"]
    assert dict(later.notes)[GoneAtServer.code] == 1


def test_a_central_of_now_says_nothing_of_it(one: Scene) -> None:
    """Nor one between the two."""
    assert DeletionsLate.code not in {code for code, count in before(one, "2025.3").report().notes if count}


def test_verify_finds_everything(older: Far) -> None:
    """Each as it is now, with its files."""
    older.send(4, photo("p.jpg"), {"p.jpg": b"\xff\xd8 one"})
    older.send(101, of=1)
    older.report()
    found = verify(older.scene.register, [older.server])

    assert (found.offline, found.troubles, found.awaited, found.files_waiting) == ((), (), (), 0)
    assert [(one.versions, one.not_pulled) for one in found.forms] == [(4, 0)]


def test_one_that_cannot_go_on_behind_a_page_is_too_old_and_says_so(one: Scene) -> None:
    """Its newest submissions come all the same; nothing looks whole."""
    far = before(one, "2023.4")
    few = far.report()
    for number in range(4, 8):
        far.send(number)
    done = far.pull()

    assert (few.new, few.needs_person) == (3, False)
    assert [one.code for one in done.report.troubles] == [CentralTooOld.code]
    assert done.report.new > 0
    assert "2023.4" in done.report.troubles[0].words


def test_a_form_that_is_closed_to_the_login_says_nothing_of_the_age_of_a_server(one: Scene) -> None:
    """The next one does."""
    far = before(one, "2024.3")
    far.world.knob = lambda asked: httpx.Response(403) if "/secret.svc" in asked.url.path else None
    project: Project = far.server.project  # type: ignore[attr-defined]

    assert lacking(project, ["gone", "secret"]) == frozenset()
    assert lacking(project, ["gone", "secret", "alert"]) == {DELETED_AT, BY_ID}
