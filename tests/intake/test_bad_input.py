"""Servers that are wrong, old, late or broken: each a clear sentence and code, and the next run completes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import httpx
import pytest

from sync_scripts.intake.notes import EditedAfterApproval, GoneAtServer, NoRoots, Twins, VersionMissed
from sync_scripts.intake.pull import pull
from sync_scripts.register.care import rebuild
from sync_scripts.servers.central import Central, Project, shapes
from sync_scripts.servers.http.errors import (
    JsonBroken,
    LoginRefused,
    NotThere,
    PageForPeople,
    Redirected,
    RedirectedElsewhere,
)
from sync_scripts.servers.inquiry import ROOTS_AT_ONCE
from sync_scripts.servers.kobo import NotLoggedIn
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.store.schema import raw
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.intake.scene import COORDINATOR, VERSION, Scene, interrupted_at, uid
from tests.intake.test_files_again import photo
from tests.intake.test_servers import Far, states

Answer = Callable[[httpx.Request], httpx.Response]
pytestmark = pytest.mark.once

HTML = {"content-type": "text/html"}
ELSEWHERE = {"location": "https://autre.example/"}


def make(one: Scene, kind: str) -> Far:
    """Return a scene with a stand-in that holds three alerts, not yet pulled."""
    world: Any = central_world.World(forms={"alert": []}) if kind == "central" else kobo_world.World(cap=2)
    world.now = one.now - timedelta(hours=2)
    far = Far(one, kind, world)
    for number in (1, 2, 3):
        far.send(number)
    return far


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with a stand-in that holds three alerts, not yet pulled."""
    return make(one, request.param)


@pytest.fixture
def kobo(one: Scene) -> Far:
    """Return the same with a KoboToolbox."""
    return make(one, "kobo")


@pytest.fixture
def central(one: Scene) -> Far:
    """Return the same with a Central."""
    return make(one, "central")


def honest(far: Far, request: httpx.Request) -> httpx.Response:
    """Return what the server would answer undisturbed."""
    with mock.patch.object(far.world, "knob", return_value=None):
        said: httpx.Response = far.world.answer(request)
    return said


def rows_of(request: httpx.Request) -> bool:
    """Tell whether rows of submissions are asked for."""
    return "$filter" in request.url.params or "$gt" in request.url.params.get("query", "")


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (httpx.Response(401, json={}), LoginRefused, 4),
        (httpx.Response(200, text="<html>portail</html>", headers=HTML), PageForPeople, 5),
        (httpx.Response(200, content=b'{"value": [{"__id": "u'), JsonBroken, 5),
        (httpx.Response(302, headers=ELSEWHERE), RedirectedElsewhere, 5),
    ],
)
def test_what_is_no_data_is_said_and_the_next_run_completes(
    far: Far, answer: httpx.Response, error: type[Exception], code: int
) -> None:
    """A wrong or expired login, a page for people, a JSON that breaks off, a redirect to another host."""
    far.world.knob = lambda request: answer if rows_of(request) else None
    done = far.pull()
    far.world.knob = lambda _request: None

    assert isinstance(done.failure, error)
    assert done.failure.exit_code == code
    assert far.report().new == 3


def test_a_redirect_on_the_same_host_is_not_followed(far: Far) -> None:
    """It is said, with the remedy."""
    base = central_world.BASE if far.kind == "central" else kobo_world.BASE
    moved = httpx.Response(302, headers={"location": f"{base}/login"})
    far.world.knob = lambda request: moved if rows_of(request) else None

    assert isinstance(far.pull().failure, Redirected)


def test_a_wrong_token_of_a_kobo_is_no_empty_world(kobo: Far) -> None:
    """401 for a wrong one; 200 and nothing for none at all."""
    wrong = test_kobo.source(kobo.world, token="f" * 40)
    none = test_kobo.source(kobo.world, token=None)
    found = [pull(kobo.scene.register, [each], COORDINATOR).failure for each in (wrong, none)]

    assert [type(one) for one in found] == [LoginRefused, NotLoggedIn]


def test_a_wrong_project_is_said(central: Far) -> None:
    """Exit code 4, and nothing is taken for nothing new."""
    right = test_central.source(central.world).project
    wrong = Central("bureau", Project(right.client, 99), wanted=("alert",))
    done = pull(central.scene.register, [wrong], COORDINATOR)

    assert isinstance(done.failure, NotThere)
    assert done.report.troubles == ()


def test_a_laptop_asleep_for_a_week_goes_on(far: Far) -> None:
    """Cut after its first page and woken a week later, when everything has moved on."""
    for number in range(4, 9):
        far.send(number)
    with interrupted_at("pull.page", time=2):
        far.pull()
    far.wait(7 * 24)
    far.delete(8)
    far.send(9)
    far.report()
    far.wait(26)
    far.report()

    held = {instance for (instance,) in far.rows("instance_id")}
    assert held >= {uid(number) for number in (1, 2, 3, 4, 5, 6, 7, 9)}
    assert not rebuild.check(far.scene.register, far.scene.now).differing


@pytest.mark.parametrize("days", [-400, 3])
def test_a_server_whose_clock_is_wrong_loses_nothing(far: Far, days: int) -> None:
    """Its own stamps are the cursor; ours plays no part, and nothing has arrived in the future."""
    far.report()
    far.world.now += timedelta(days=days)
    far.send(4)
    far.wait(26)
    far.world.now -= timedelta(days=days)
    far.send(5)
    far.wait(26)
    far.report()

    assert {instance for (instance,) in far.rows("instance_id")} == {uid(number) for number in range(1, 6)}
    now = far.scene.now.strftime("%Y-%m-%dT%H:%M:%S")
    assert all(at[:19] <= now for (at,) in far.rows("received_at"))


def test_what_comes_after_a_clock_was_put_right_comes_with_the_next_pull(far: Far) -> None:
    """No alert waits for the comparison of the day because its server was a month ahead."""
    far.world.now += timedelta(days=30)
    far.send(4)
    first = far.report()
    far.world.now -= timedelta(days=30)
    reports = []
    for number in (5, 6, 7):
        far.send(number)
        far.wait(1)
        reports.append(far.report())

    assert (first.new, [one.new for one in reports]) == (4, [1, 1, 1])
    assert [one.edited for one in reports] == [0, 0, 0]


# --- what Central does ---------------------------------------------------------------------------------------------


def test_an_edit_is_read_with_the_form_version_it_was_made_with(central: Far) -> None:
    """Central says the version of the first one for ever; the XML says its own."""
    central.scene.know("alert", "2026112502")
    central.report()
    central.wait(1)
    from tests.intake.scene import alert, edit_of

    central.world.send("alert", alert(101, meta=edit_of(1), version="2026112502"))
    central.report()

    versions = dict(central.rows("instance_id", "form_version"))
    assert (versions[uid(1)], versions[uid(101)]) == (VERSION, "2026112502")


def test_deleted_and_restored_between_two_pulls_is_nothing(central: Far) -> None:
    """No stamp tells of it, and nothing happened."""
    central.report()
    central.wait(30)
    central.world.delete("alert", uid(1))
    central.world.restore("alert", uid(1))
    report = central.report()

    assert states(central) == ["ok", "ok", "ok"]
    assert not report.needs_person


def test_purged_without_ever_being_seen_deleted_is_marked(central: Far) -> None:
    """The daily comparison finds it; the bytes stay here."""
    central.report()
    central.wait(30)
    central.world.purge("alert", uid(2))
    report = central.report()

    assert states(central) == ["ok", "deleted", "ok"]
    assert dict(report.notes)[GoneAtServer.code] == 1


def test_two_submissions_with_one_file_name_keep_both(far: Far) -> None:
    """A name is not a place."""
    far.send(11, photo("photo1.png"), {"photo1.png": b"one"})
    far.send(12, photo("photo1.png"), {"photo1.png": b"two"})
    far.report()

    assert sorted(far.scene.opened("file")) == [b"one", b"two"]


def test_late_files_are_asked_for_a_bounded_number_at_once(far: Far) -> None:
    """Three hundred ids would be more than a URL bears."""
    for number in range(100, 270):
        far.send(number, photo("p.jpg"))
    far.report()
    far.wait(2)
    asked: list[int] = []

    def count(request: httpx.Request) -> None:
        assert len(request.url.raw_path) < 8_000
        params = request.url.params
        named = params.get("$filter", "").count("__id eq") or params.get("query", "").count("uuid:")
        asked.extend([named] if named else [])

    far.world.knob = count
    far.report()

    assert sum(asked) >= 170
    assert max(asked) <= ROOTS_AT_ONCE


@pytest.mark.parametrize(
    ("shape", "least"),
    [
        (shapes.FormSaid, {"xmlFormId": "f"}),
        (shapes.ProjectSaid, {"id": 7}),
        (shapes.Row, {"__id": "u", "__system": {"submissionDate": "2026-11-20T08:00:00.000Z"}}),
        (shapes.FileSaid, {"name": "p.jpg"}),
        (shapes.FormFile, {"name": "p.jpg"}),
        (shapes.Version, {"instanceId": "u"}),
        (shapes.PublicKey, {"id": 1}),
    ],
)
def test_an_older_central_that_says_less_is_understood(shape: type[Any], least: dict[str, Any]) -> None:
    """No ETag, no size, no managed keys, no sha256: what is not said is not known, never an error."""
    import msgspec

    assert msgspec.json.decode(json.dumps(least), type=shape)


# --- what KoboToolbox does ------------------------------------------------------------------------------------------


def test_a_version_that_nobody_saw_is_said(kobo: Far) -> None:
    """Two edits between two pulls: the one between is gone at the server; nothing is invented."""
    kobo.report()
    kobo.wait(1)
    kobo.send(101, of=1)
    kobo.send(102, of=101)
    report = kobo.report()

    assert dict(report.notes)[VersionMissed.code] == 1
    assert not report.needs_person


def test_a_central_misses_no_version(central: Far) -> None:
    """It gives every version, so nothing is said."""
    central.report()
    central.wait(1)
    central.send(101, of=1)
    central.send(102, of=101)

    assert VersionMissed.code not in dict(central.report().notes)


def test_a_twin_is_one_submission_and_is_said_once(kobo: Far) -> None:
    """A resend after a fault of the server: another number, the same root."""
    kobo.report()
    kobo.world.twin(uid(1))
    report, again = kobo.report(), kobo.report()

    assert len(kobo.rows("instance_id")) == 3
    assert dict(report.notes)[Twins.code] == 1
    assert Twins.code not in dict(again.notes)
    assert not report.needs_person


def test_an_edit_after_approval_is_to_be_looked_at_again(far: Far) -> None:
    """KoboToolbox keeps showing it as approved."""
    far.report()
    far.review(1, "approved", "validation_status_approved")
    far.wait(1)
    far.report()
    far.wait(1)
    far.send(101, of=1)
    report = far.report()

    assert dict(report.notes)[EditedAfterApproval.code] == 1
    assert report.needs_person


def old(far: Far, *some: str) -> None:
    """Make the server one of years ago: no root, no uid of a file; of ``some`` roots alone, when they are named."""

    def knob(request: httpx.Request) -> httpx.Response | None:
        said = honest(far, request)
        if "/data" not in request.url.path or said.headers.get("content-type") != "application/json":
            return said
        body = said.json()
        for row in body.get("results", [body]):
            if some and row.get("meta/rootUuid") not in some:
                continue
            row.pop("meta/rootUuid", None)
            for number, one in enumerate(row.get("_attachments", [])):
                one.pop("uid", None)
                one["id"] = number
        if "meta/rootUuid" in request.url.params.get("query", ""):
            rows = [row for row in body["results"] if "meta/rootUuid" in row]
            body = {**body, "count": len(rows), "results": rows}
        return httpx.Response(200, json=body)

    far.world.knob = knob


def test_an_old_kobo_without_roots_loses_nothing_and_marks_nothing_falsely(
    kobo: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit there looks like one that is gone and another that is new: it is neither."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    old(kobo)
    first = kobo.report()
    kobo.wait(1)
    kobo.send(101, of=1)
    kobo.delete(3)
    kobo.wait(1)
    report = kobo.report()

    assert (first.new, report.new, report.edited) == (3, 0, 1)
    assert dict(first.notes)[NoRoots.code] == 3
    assert kobo.rows("root_id", "instance_id", "status", "current") == [
        (uid(1), uid(1), "ok", False),
        (uid(2), uid(2), "ok", True),
        (uid(3), uid(3), "deleted", True),
        (uid(1), uid(101), "ok", True),
    ]
    assert dict(report.notes)[GoneAtServer.code] == 1


def test_one_row_without_a_root_says_nothing_of_those_with_one(kobo: Far) -> None:
    """A server that was brought up to date shows old rows without a root among new ones: only what is gone is gone."""
    old(kobo, uid(1))
    reports = [kobo.report()]
    for edited, deleted in ((0, 0), (101, 0), (0, 3)):
        kobo.wait(1)
        if edited:
            kobo.send(edited, of=1)
        if deleted:
            kobo.delete(deleted)
        reports.append(kobo.report())

    assert [dict(one.notes).get(GoneAtServer.code, 0) for one in reports] == [0, 0, 0, 1]
    assert kobo.rows("root_id", "status", "current") == [
        (uid(1), "ok", False),
        (uid(2), "ok", True),
        (uid(3), "deleted", True),
        (uid(1), "ok", True),
    ]


def test_an_edit_without_a_root_is_asked_for_beside_one_with_a_root(
    kobo: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its root does not find is asked for by its present id, whatever else was found."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    old(kobo, uid(1))
    kobo.report()
    kobo.wait(30)
    kobo.send(4)
    kobo.report()
    kobo.wait(1)
    kobo.send(101, of=1)
    kobo.send(102, of=2)
    report = kobo.report()

    assert (report.edited, report.needs_person) == (2, False)
    assert [proof.holds for proof in report.proofs] == [True]


def test_a_file_without_a_uid_is_taken(kobo: Far) -> None:
    """Older servers give it a number."""
    kobo.world.knob = lambda _request: None
    kobo.send(11, photo("p.jpg"), {"p.jpg": b"x"})
    one = kobo.world.find(uid(11))
    one.files = {"0": next(iter(one.files.values()))}
    old(kobo)

    assert kobo.report().files_new == 1
    assert kobo.scene.count(raw.attachment, raw.attachment.c.state == "held") == 1
