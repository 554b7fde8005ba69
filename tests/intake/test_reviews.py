"""Decisions as review states of a server: compared first, written once, never over the word of somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sync_scripts.config import ServerSettings
from sync_scripts.publish import reviews
from sync_scripts.publish.reviews import CENTRAL, KOBO, Decided, Order, Pushed, ReviewsOff, Shown, plan
from sync_scripts.servers.http import Client
from sync_scripts.servers.http.errors import NoRight, NotThere
from sync_scripts.store.logins import Kept
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.contract import central_world, kobo_world, test_central
from tests.intake.scene import COORDINATOR, Scene, alert, draw, uid
from tests.intake.test_servers import Far

WRITES = {"PATCH", "POST", "PUT", "DELETE"}


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene, monkeypatch: pytest.MonkeyPatch) -> Far:
    """Return a scene with a stand-in that holds three alerts, pulled; a case was opened from the first."""
    world: Any = (
        central_world.World(forms={"alert": []}) if request.param == "central" else kobo_world.World(cap=3)
    )
    world.now = one.now - timedelta(hours=2)
    made = Far(one, request.param, world)
    for number in (1, 2, 3):
        made.send(number)
    made.report()
    made.wait(1)
    codes = {row["alert_id"]: row["code"] for row in one.rows(tables.alert)}
    with every_decision.deciding(one.register, COORDINATOR, one.now, draw=draw) as by:
        every_decision.triage(by, codes[uid(1)])
        every_decision.open_case(by, codes[uid(1)], owner="M1", new=True)

    @contextmanager
    def near(*_given: object, **_named: object) -> Iterator[Client]:
        server: Any = made.server
        yield (server.project if made.kind == "central" else server.account).client

    monkeypatch.setattr(reviews, "reached", near)
    monkeypatch.setattr(reviews, "login_for", lambda *_given: Kept())
    return made


def settings(far: Far, **named: Any) -> ServerSettings:
    """Return what dikalo.toml says of the server."""
    kind: Any = far.kind
    form = "alert" if far.kind == "central" else kobo_world.FORM
    given: dict[str, Any] = {"project": central_world.PROJECT, "forms": (form,), "reviews": True}
    given |= {"name": far.server.name, "kind": kind, "url": "https://x.example"}
    return ServerSettings(**(given | named))


def push(far: Far, **named: Any) -> Pushed:
    """Push once."""
    order = Order(far.scene.root, COORDINATOR, far.scene.now, **named)
    (done,) = reviews.push(far.scene.register, [settings(far)], order)
    return done


def word(far: Far, number: int) -> str:
    """Return what the server says of a submission."""
    form = ("alert",) if far.kind == "central" else ()
    one = far.world.find(*form, uid(number))
    return (one.review or "") if far.kind == "central" else str(one.status.get("uid", ""))


def written(far: Far) -> int:
    """Return how many requests wrote something, logins apart."""
    return sum(method in WRITES and "sessions" not in path for method, path, _status in far.world.log)


def test_what_was_decided_is_written_once(far: Far) -> None:
    """Only what was decided; the second run writes nothing, and the next pull brings nothing new."""
    before = written(far)
    first, second = push(far), push(far)
    words = CENTRAL if far.kind == "central" else KOBO

    assert (first.counts["write"], second.counts["write"], second.counts["same"]) == (1, 0, 1)
    assert written(far) - before == 1
    assert [word(far, number) for number in (1, 2, 3)] == [words["approved"], "", ""]
    assert far.report().new == 0
    assert written(far) - before == 1


def test_a_dry_run_writes_nothing(far: Far) -> None:
    """Neither there nor here."""
    before, dump = written(far), far.scene.dump()

    assert push(far, dry_run=True).counts["write"] == 1
    assert written(far) == before
    assert far.scene.dump() == dump


def test_the_word_of_somebody_else_stays(far: Far) -> None:
    """A person at the server may think otherwise; that is said, not overwritten."""
    far.review(1, "rejected", "validation_status_not_approved")
    before = written(far)
    done = push(far)

    assert (done.counts["others"], done.counts["write"]) == (1, 0)
    assert written(far) == before


def test_our_own_word_may_be_changed(far: Far) -> None:
    """What was written here before is ours to change."""
    push(far)
    words = CENTRAL if far.kind == "central" else KOBO
    with far.scene.register.writing() as rows:
        row = {
            "server": far.server.name,
            "form": settings(far).forms[0],
            "root_id": uid(1),
            "state": words["issues"],
            "at": "",
        }
        rows.upsert(raw.pushed_review, [row])
    far.review(1, words["issues"], words["issues"])

    assert push(far).counts["write"] == 1
    assert word(far, 1) == words["approved"]


def test_a_cut_between_there_and_here_writes_no_second_time(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word is there already: nothing is written."""
    with monkeypatch.context() as patch:
        patch.setattr(type(far.scene.register), "writing", lambda _register: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            push(far)
    before = written(far)

    assert push(far).counts["same"] == 1
    assert written(far) == before


def test_a_gone_submission_is_counted(far: Far) -> None:
    """It was deleted since the last pull."""
    far.delete(1)

    assert push(far).counts["absent"] == 1


def test_a_login_without_the_right_says_so(far: Far) -> None:
    """Exit code 4; the register is as it was."""
    far.world.knob = lambda request: httpx.Response(403, json={}) if request.method == "PATCH" else None

    assert isinstance(push(far).failure, NoRight)
    assert far.scene.rows(raw.pushed_review) == []


def test_a_form_out_of_reach_is_said_and_nothing_is_written_blindly(far: Far) -> None:
    """What cannot be compared is not written."""
    part = "/forms/" if far.kind == "central" else "/data/"
    far.world.knob = lambda request: (
        httpx.Response(404, json={}) if part in request.url.path and request.method == "GET" else None
    )
    before = written(far)
    done = push(far)

    assert isinstance(done.failure, NotThere)
    assert [form for form, _code in done.troubles] == [settings(far).forms[0]]
    assert written(far) == before


def test_it_is_off_by_default(far: Far) -> None:
    """Without the setting nothing is asked of any server."""
    asked = len(far.world.log)
    with pytest.raises(ReviewsOff):
        reviews.push(
            far.scene.register,
            [settings(far, reviews=False)],
            Order(far.scene.root, COORDINATOR, far.scene.now),
        )

    assert len(far.world.log) == asked


def test_an_edit_after_the_decision_is_to_be_looked_at_again(far: Far) -> None:
    """Central says by itself that it was edited; no approval is laid over that. KoboToolbox says nothing."""
    push(far)
    far.wait(3)
    far.send(101, of=1)
    far.report()

    assert push(far).counts["edited" if far.kind == "central" else "same"] == 1


def test_what_came_by_a_team_s_copy_is_reviewed_too(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name the form alone; without its team's copies beside it, the submission would not be found."""
    world = central_world.World(forms={"alert": [], "alert_nord": []})
    world.now = one.now - timedelta(hours=2)
    copied = Far(one, "central", world)
    world.send("alert_nord", alert(1).replace(b'id="alert"', b'id="alert_nord"', 1))
    monkeypatch.setattr(Far, "server", test_central.source(world, wanted=("alert", "alert_nord")))
    copied.report()
    (row,) = one.rows(tables.alert)
    with every_decision.deciding(one.register, COORDINATOR, one.now, draw=draw) as by:
        every_decision.triage(by, row["code"])
        every_decision.open_case(by, row["code"], owner="M1", new=True)

    @contextmanager
    def near(*_given: object, **_named: object) -> Iterator[Client]:
        yield test_central.source(world).project.client

    monkeypatch.setattr(reviews, "reached", near)
    monkeypatch.setattr(reviews, "login_for", lambda *_given: Kept())
    alone = push(copied, dry_run=True)
    beside = push(copied, beside=("alert_nord", "autre"))

    assert (alone.counts["absent"], beside.counts["write"], beside.failure) == (1, 1, None)
    assert world.find("alert_nord", uid(1)).review == CENTRAL["approved"]


def decision(**named: Any) -> Decided:
    """Return a decision on one submission."""
    given = {"form": "f", "root_id": "r", "state": "approved", "version": "v1", "edited": False}
    return Decided(**{**given, "after_edit": False, **named})


@pytest.mark.parametrize(
    ("word", "wrote", "said", "verdict"),
    [
        ("", None, {}, "write"),
        ("approved", None, {}, "same"),
        ("hasIssues", None, {}, "others"),
        ("hasIssues", None, {"edited": True}, "others"),
        ("hasIssues", "hasIssues", {}, "write"),
        ("hasIssues", "hasIssues", {"edited": True}, "edited"),
        ("edited", None, {}, "edited"),
        ("edited", "approved", {}, "edited"),
        ("edited", None, {"after_edit": True}, "write"),
        ("edited", None, {"after_edit": True, "version": "v0"}, "edited"),
        ("", None, {"edited": True}, "edited"),
        ("", None, {"edited": True, "after_edit": True}, "write"),
        ("", None, {"version": "v0"}, "edited"),
        ("approved", None, {"version": "v0"}, "same"),
    ],
)
def test_the_verdict_follows_from_what_is_there(
    word: str, wrote: str | None, said: dict[str, Any], verdict: str
) -> None:
    """As a table."""
    one = decision(**said)
    shown = {one.key: Shown("f", "r", word, "v1")}
    before = {one.key: wrote} if wrote else {}

    assert [found for _one, found in plan([one], shown, before, CENTRAL)] == [verdict]
    assert [found for _one, found in plan([one], {}, before, CENTRAL)] == ["absent"]
