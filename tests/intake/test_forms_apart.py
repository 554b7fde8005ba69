"""One form of a server is no other: what happens to one says nothing about the rest, and stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import httpx
import pytest

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import GoneUnseen
from sync_scripts.intake.places import purged
from sync_scripts.intake.pull import Pulled, pull
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.queries.submissions import at_servers
from sync_scripts.servers.base import Server
from sync_scripts.servers.http.errors import NotThere
from sync_scripts.servers.kobo import PagesShort
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.store import custody
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import raw
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.intake.scene import COORDINATOR, Scene, draw, interrupted_at, uid
from tests.intake.test_servers import Far, states

OTHER = "aFormulaireInvente00002"
PROVED = Actor(COORDINATOR.code, "key")


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with a stand-in server of two forms, three alerts in the first one."""
    world: Any = (
        central_world.World(forms={"alert": [], OTHER: []})
        if request.param == "central"
        else kobo_world.World(cap=2, forms={kobo_world.FORM: [], OTHER: []})
    )
    world.now = one.now - timedelta(hours=2)
    made = Far(one, request.param, world)
    for number in (1, 2, 3):
        made.send(number)
    return made


def form(far: Far) -> str:
    """Return the id of the first form at the server."""
    return "alert" if far.kind == "central" else kobo_world.FORM


def server(far: Far, *wanted: str) -> Server:
    """Return our client with these forms in the settings; none = every form that the server shows."""
    if far.kind == "central":
        return test_central.source(far.world, page=2, wanted=wanted)
    return test_kobo.source(far.world, wanted=wanted)


def pulled(far: Far, *wanted: str) -> Pulled:
    """Pull these forms."""
    way = replace(far.scene.way, clock=lambda: far.scene.now, draw=draw)
    return pull(far.scene.register, [server(far, *wanted)], COORDINATOR, way)


def fails(far: Far, named: str, status: int) -> Callable[[httpx.Request], httpx.Response | None]:
    """Return what lets one form of the server answer with a status, whatever is asked of it."""
    part = f"/forms/{named}" if far.kind == "central" else f"/assets/{named}/data"

    def knob(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(status, json={}) if part in request.url.path else None

    return knob


def whole(far: Far, request: httpx.Request) -> dict[str, Any]:
    """Return what the server would answer undisturbed."""
    with mock.patch.object(far.world, "knob", return_value=None):
        said: dict[str, Any] = far.world.answer(request).json()
    return said


def test_a_form_taken_out_of_the_settings_loses_nothing(far: Far) -> None:
    """What is no longer asked for is not looked at, so its absence proves nothing."""
    pulled(far, form(far))
    far.wait(30)
    done = pulled(far, OTHER)

    assert done.failure is None
    assert states(far) == ["ok", "ok", "ok"]
    assert not done.report.needs_person


def test_a_form_that_the_server_hides_loses_nothing(far: Far) -> None:
    """Undeployed, closed to the account, or gone from the list of forms: nothing is marked."""
    assert pulled(far).report.new == 3
    far.wait(30)
    hidden = far.world.forms.pop(form(far))
    done = pulled(far)
    far.world.forms[form(far)] = hidden

    assert done.failure is None
    assert states(far) == ["ok", "ok", "ok"]
    assert pulled(far).report.new == 0


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_form_out_of_reach_marks_nothing_and_stops_nothing(far: Far, status: int) -> None:
    """The other form is pulled and compared; the failure is said with its form and ends the run with its code."""
    pulled(far, form(far), OTHER)
    far.wait(30)
    far.send(4)
    far.delete(2)
    far.world.knob = fails(far, OTHER, status)
    done = pulled(far, OTHER, form(far))

    assert done.report.new == 1
    assert states(far) == ["ok", "deleted", "ok", "ok"]
    (trouble,) = done.report.troubles
    assert done.failure is not None
    assert (trouble.server, trouble.form, trouble.code) == (
        server(far).name,
        OTHER,
        done.failure.code,
    )
    assert isinstance(done.failure, Unreachable if status == 500 else NotAllowed)


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("held", [1, 3])
def test_nothing_of_the_form_out_of_reach_is_marked(far: Far, status: int, held: int) -> None:
    """Its submissions stay as they are, and the next pull that reaches it goes on; of several the last ones would not be marked anyway."""
    del far.world.forms[form(far)][held:]
    pulled(far)
    far.wait(30)
    far.send(4)
    far.world.knob = fails(far, form(far), status)
    done = pulled(far)
    far.world.knob = lambda _request: None
    far.wait(1)

    assert [one.form for one in done.report.troubles] == [form(far)]
    assert set(states(far)) == {"ok"}
    assert pulled(far).report.new == 1


@pytest.mark.parametrize("status", [403, 500])
def test_a_comparison_that_broke_off_is_made_by_the_next_pull(
    far: Far, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form that was not compared to its end was not compared: what only a comparison finds does not wait a day."""

    def breaks(request: httpx.Request) -> httpx.Response | None:
        """Let the comparison of the form fail, while its pages come."""
        asked = request.url.params
        fields = asked.get("fields", "")
        marks = (
            "$filter" not in asked
            and asked.get("$top") != "0"
            and request.url.path.endswith(".svc/Submissions")
        )
        with_files = "_attachments" in fields and "_submission_time" not in fields
        return httpx.Response(status, json={}) if marks or with_files else None

    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    if far.kind == "central":
        far.delete(2)
    pulled(far, form(far))
    for time in range(2):  # far enough for no page to show it again
        far.wait(30)
        far.send(4 + time)
        pulled(far, form(far))
    if far.kind == "central":  # neither moves a stamp
        far.world.restore("alert", uid(2))
    else:
        far.world.find(uid(2)).files["att00001"] = ("a.jpg", b"invented", False)
    far.wait(30)
    far.world.knob = breaks
    broken = pulled(far, form(far))
    far.world.knob = lambda _request: None
    far.wait(1)
    done = pulled(far, form(far)).report

    assert [one.form for one in broken.report.troubles] == [form(far)]
    assert (broken.report.new, broken.report.files_new) == (0, 0)
    assert (done.new, done.files_new) == ((1, 0) if far.kind == "central" else (0, 1))
    assert [one.holds for one in done.proofs] == [True]


def test_a_misnamed_form_is_said_and_the_others_come(far: Far) -> None:
    """A typing error in the settings costs that form alone, and exit code 4."""
    done = pulled(far, "alertes", form(far))

    assert (done.report.new, type(done.failure)) == (3, NotThere)
    assert [(one.form, one.code) for one in done.report.troubles] == [("alertes", NotThere.code)]


def test_a_form_that_falls_short_keeps_its_place(far: Far) -> None:
    """Fewer rows than counted: what came is stored, and the next pull asks for everything again."""

    def short(request: httpx.Request) -> httpx.Response | None:
        asked = request.url.params
        if not ("$filter" in asked or "$gt" in asked.get("query", "")) or form(far) not in request.url.path:
            return None
        body = whole(far, request)
        name, count = ("value", "@odata.count") if far.kind == "central" else ("results", "count")
        few = body[name][:1] if far.kind == "central" or '"$gt":0' in asked["query"] else []
        return httpx.Response(200, json={**body, name: few, count: 3, "@odata.nextLink": None})

    far.world.knob = short
    far.send(5)
    done = pulled(far)
    far.world.knob = lambda _request: None
    far.wait(20)
    again = pulled(far)

    assert done.failure is not None
    assert done.failure.exit_code == 5
    assert again.failure is None
    assert len(far.rows("instance_id")) == 4


def test_a_row_deleted_between_two_pages_is_no_shortfall(one: Scene) -> None:
    """Kobo counted it before; a second count tells."""
    world = kobo_world.World(cap=2, now=one.now - timedelta(hours=2))
    far = Far(one, "kobo", world)
    for number in (1, 2, 3):
        far.send(number)
    asked: list[str] = []

    def vanish(request: httpx.Request) -> None:
        asked.append(request.url.path)
        if len(asked) == 3:
            far.delete(3)

    world.knob = vanish

    assert far.report().new == 2


def test_a_shortfall_that_stays_is_said_every_time(one: Scene) -> None:
    """Nothing that was counted and not shown is ever taken for held."""
    world = kobo_world.World(cap=2, now=one.now - timedelta(hours=2))
    far = Far(one, "kobo", world)
    for number in (1, 2, 3):
        far.send(number)

    def more(request: httpx.Request) -> httpx.Response | None:
        if '"$gt"' not in request.url.params.get("query", ""):
            return None
        body = whole(far, request)
        return httpx.Response(200, json={**body, "count": body["count"] + 1})

    world.knob = more
    for _time in range(2):
        failure = far.pull().failure
        assert isinstance(failure, PagesShort)
        assert failure.count == failure.seen + 1
    assert '"after":0' not in str(far.scene.rows(raw.watermark)[0]["value"])
    world.knob = lambda _request: None
    assert far.pull().failure is None


def test_what_is_deleted_before_it_was_pulled_is_told_once(one: Scene) -> None:
    """Counted, said in words and written into the chain, and on the page of the day until a person says what became of it."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1)
    far.send(2)
    far.delete(2)
    shown = far.pull(dry_run=True).report
    first, second = far.report(), far.report()
    with one.register.reading() as rows:
        lines = [line.entry for line in custody.read(rows)]
        assert at_servers(rows) == 1

    assert dict(shown.notes)[GoneUnseen.code] == dict(first.notes)[GoneUnseen.code] == 1
    assert first.needs_person
    assert GoneUnseen.code not in dict(second.notes)
    assert [line["details"]["form"] for line in lines if line["details"].get("problem") == "DK-H01"] == [
        "alert"
    ]
    assert uid(2) not in str(lines)
    assert verify(one.register, [far.server]).gone_unseen == 1
    found = [gone(far), gone(far, timedelta(days=1))]
    assert [(one.count, one.later) for one in found] == [(0, 1), (1, 0)]
    with deciding(one.register, PROVED, one.now, draw=draw) as by:
        tags, day = Tagger(one.register.match_key), one.now + timedelta(days=1)
        done = purged.confirm(by, tags, far.server.name, day, name=found[1].id, reason="she sent it again")
        assert (done.forms[0].count, at_servers(by.rows)) == (1, 0)
    assert verify(one.register, [far.server]).gone_unseen == 1
    assert (GoneUnseen.code in dict(far.report().notes), gone(far, timedelta(days=1)).count) == (False, 0)


def gone(far: Far, later: timedelta = timedelta()) -> purged.Gone:
    """Return what stands there as gone, of what came, or was noticed, before an instant."""
    tags, before = Tagger(far.scene.register.match_key), far.scene.now - timedelta(hours=2) + later
    with far.scene.register.reading() as rows:
        return purged.plan(rows, tags, far.server.name, before)


def test_what_a_pull_noted_and_was_cut_before_it_said_so_is_told_by_the_next(one: Scene) -> None:
    """Else nobody would ever be asked who deleted it: a power cut comes between the page and the report."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1)
    far.send(2)
    far.delete(2)
    with interrupted_at("pull.build", time=2):
        far.pull()
    far.wait(1)
    first = far.report()
    far.wait(1)

    assert dict(first.notes)[GoneUnseen.code] == 1
    assert GoneUnseen.code not in dict(far.report().notes)


def test_an_edit_deleted_before_it_was_pulled_is_told_once(one: Scene) -> None:
    """The first version is here and marked; that there was a second is known."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1)
    far.send(2)
    far.report()
    far.wait(1)
    far.send(101, of=1)
    far.delete(1)
    far.delete(2)
    first, second = far.report(), far.report()

    assert states(far) == ["deleted", "deleted"]
    assert dict(first.notes)[GoneUnseen.code] == 1
    assert GoneUnseen.code not in dict(second.notes)


def test_what_was_put_aside_and_is_deleted_is_not_lost(one: Scene) -> None:
    """Its bytes are in quarantine."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    broken = far.world.send("alert", b"<data id='alert'><a></data>")
    other = far.world.send("alert", b"<data id='alert'><meta><instanceID>uuid:x</instanceID></meta></data>")
    assert far.report().quarantined_new == 2
    far.world.delete("alert", broken.root)
    far.world.delete("alert", other.root)

    assert GoneUnseen.code not in dict(far.report().notes)


def test_what_was_lost_and_comes_back_is_taken(one: Scene) -> None:
    """Restored from the server's trash, it arrives like any other."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1)
    far.delete(1)
    far.report()
    far.world.restore("alert", uid(1))
    far.wait(30)

    assert far.report().new == 1
    with one.register.reading() as rows:
        assert at_servers(rows) == 0
    assert gone(far, timedelta(days=9)).count == 0


def test_a_verification_names_the_form_it_could_not_compare(far: Far) -> None:
    """The others are compared; the failure is never "all is there"."""
    pulled(far)
    far.send(4)
    far.world.knob = fails(far, OTHER, 404)
    found = verify(far.scene.register, [server(far)])

    assert [one.form for one in found.troubles] == [OTHER]
    assert (found.not_pulled, found.short) == (1, 0)


def test_what_earlier_pulls_went_past_is_a_loss(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row behind the cursor that is not here is no news; what came since the last pull is."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    far.send(4)
    late = far.world.forms[form(far)][-1]
    late.visible = False
    for number in (5, 6):
        far.wait(1)
        far.send(number)
    pulled(far)
    far.wait(1)
    late.visible = True
    far.send(7)
    found = verify(far.scene.register, [server(far)])

    assert (found.not_pulled, found.short) == (1, 1)
    assert not found.document()["ok"]
