"""Pulls from stand-ins of Central and KoboToolbox into a real register: new, edited, late, gone, back, cut, down."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec import structs
from sqlalchemy import select

from sync_scripts.intake import pull as pulling
from sync_scripts.intake.completeness.verify import MarksShort, verify
from sync_scripts.intake.notes import BackAtServer, GoneAtServer, MoreMeanwhile, SweepShort, TooManyGone
from sync_scripts.intake.places.moved_server import ORIGIN
from sync_scripts.intake.pull import Pulled, pull
from sync_scripts.intake.receive import later
from sync_scripts.intake.report import PullReport
from sync_scripts.register.care import rebuild
from sync_scripts.servers.base import Part, Server
from sync_scripts.servers.kobo import source as kobo_source
from sync_scripts.store.schema import raw
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.intake.scene import COORDINATOR, Scene, alert, draw, edit_of, interrupted_at, story, uid

_FORM_ID = re.compile(rb'id="[^"]*"')


@dataclass
class Far:
    """A scene whose source is a stand-in server; the same words for both kinds."""

    scene: Scene
    kind: str
    world: Any

    def send(
        self, number: int, answers: str = "", files: dict[str, bytes] | None = None, *, of: int | None = None
    ) -> None:
        """Let a phone send an alert, an edit of one, or files for one."""
        xml = alert(number, answers, meta=edit_of(of) if of else "")
        if self.kind == "central":
            missing: dict[str, bytes | None] = dict.fromkeys(re.findall(r"<photo>([^<]*)</photo>", answers))
            self.world.send("alert", xml, missing | (files or {}))
        else:  # Kobo puts its own id where the form's was
            xml = _FORM_ID.sub(b'id="%s"' % kobo_world.FORM.encode(), xml.partition(b"?>")[2], count=1)
            self.world.send(xml, files)

    def delete(self, number: int) -> None:
        """Let somebody delete a submission at the server."""
        self.world.delete(*self._form, uid(number))

    def review(self, number: int, central: str, kobo: str) -> None:
        """Let somebody review it at the server."""
        if self.kind == "central":
            self.world.review("alert", uid(number), central)
        else:
            self.world.validate(uid(number), kobo)

    def word(self, central: str, kobo: str) -> str:
        """Return how a review that is given now stands here."""
        return central if self.kind == "central" else f"{kobo}@{int(self.world.now.timestamp())}"

    @property
    def _form(self) -> tuple[str, ...]:
        return ("alert",) if self.kind == "central" else ()

    @property
    def server(self) -> Server:
        """Our client of the stand-in."""
        if self.kind == "central":
            return test_central.source(self.world, page=3, wanted=("alert",))
        return test_kobo.source(self.world, wanted=(kobo_world.FORM,))

    def pull(self, *, dry_run: bool = False) -> Pulled:
        """Pull once."""
        way = replace(self.scene.way, clock=lambda: self.scene.now, draw=draw, dry_run=dry_run)
        return pull(self.scene.register, [self.server], COORDINATOR, way)

    def report(self) -> PullReport:
        """Pull once, and expect the server to be there."""
        done = self.pull()
        assert done.failure is None
        return done.report

    def wait(self, hours: float) -> None:
        """Let time pass at the server and here."""
        self.world.now += timedelta(hours=hours)
        self.scene.now += timedelta(hours=hours)

    def rows(self, *names: str) -> list[tuple[Any, ...]]:
        """Return columns of the raw versions, by instance id."""
        table = raw.submission
        asked = select(*(table.c[name] for name in names)).order_by(table.c.instance_id)
        with self.scene.register.reading() as rows:
            return [tuple(row) for row in rows.execute(asked)]


@pytest.fixture(params=["central", "kobo"])
def far(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Return a scene with an empty stand-in server, whose clock is that of the scene."""
    world: Any = (
        central_world.World(forms={"alert": []}) if request.param == "central" else kobo_world.World(cap=3)
    )
    world.now = one.now - timedelta(hours=2)
    return Far(one, request.param, world)


def states(far: Far) -> list[str]:
    """Return the states of the raw versions."""
    return [status for (status,) in far.rows("status")]


def test_everything_arrives_once(far: Far) -> None:
    """Ten submissions over small pages, with the server's own stamps; a second pull brings nothing."""
    for number in range(1, 11):
        far.send(number)
    first, second = far.report(), far.report()

    assert (first.new, second.new, second.edited, second.repeats) == (10, 0, 0, 0)
    assert {server for (server,) in far.rows("server")} == {far.server.name}
    assert len({at for (at,) in far.rows("received_at")}) == 10
    assert not first.needs_person


def test_the_register_is_the_one_that_a_folder_gives(far: Far) -> None:
    """The road makes no difference to what the rules say."""
    for number in range(1, 6):
        far.send(number, story("Un récit inventé."))
    far.report()

    assert not rebuild.check(far.scene.register, far.scene.now).differing


def test_an_edit_fetches_no_version_that_is_held(one: Scene) -> None:
    """A Central shows every version for ever; each is fetched once, however often the submission is edited."""
    world = central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2))
    far = Far(one, "central", world)
    far.send(1)
    for number, before in ((101, 1), (102, 101), (103, 102)):
        far.report()
        far.wait(1)
        far.send(number, of=before)
    report = far.report()
    fetched = [path for _method, path, _status in world.log if path.endswith(".xml")]

    assert (report.new, report.edited) == (0, 1)
    assert len(fetched) == len(set(fetched)) == 4
    assert len(far.rows("instance_id")) == 4


def test_the_servers_own_word_of_a_deletion_is_better_than_when_it_was_noticed(one: Scene) -> None:
    """Noticed by a comparison while the form's feed failed; once it answers, the moment is the server's, and is not news."""
    world = central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2))
    far = Far(one, "central", world)
    far.send(1)
    far.send(2)
    far.report()
    far.wait(30)
    far.delete(1)
    stamp = world.forms["alert"][0].deleted
    far.wait(5)
    world.knob = lambda asked: httpx.Response(403, json={}) if "$filter" in asked.url.params else None
    assert far.pull().failure is not None
    noticed = far.rows("gone_at")[0][0]
    world.knob = lambda _request: None
    report = far.report()

    assert noticed is not None
    assert stamp is not None
    assert far.rows("gone_at")[0][0] == stamp.replace("Z", "000Z") != noticed
    assert dict(report.notes).get(GoneAtServer.code, 0) == 0
    assert not rebuild.check(one.register, one.now).differing


def test_an_edit_becomes_a_version_of_its_root(far: Far) -> None:
    """Nothing of the earlier version goes; the later one counts."""
    far.send(1)
    far.report()
    far.wait(1)
    far.send(101, of=1)
    report = far.report()

    assert (report.new, report.edited) == (0, 1)
    assert far.rows("root_id", "instance_id", "current") == [
        (uid(1), uid(1), False),
        (uid(1), uid(101), True),
    ]


def test_versions_that_nobody_saw_leave_no_gap(far: Far) -> None:
    """Kobo shows the present version alone: the one between is not known, and the root is the server's word."""
    far.send(1)
    far.report()
    far.wait(1)
    far.send(101, of=1)
    far.send(102, of=101)
    far.report()

    held = far.rows("root_id", "instance_id", "current")
    assert {root for root, _instance, _current in held} == {uid(1)}
    assert [instance for _root, instance, current in held if current] == [uid(102)]


def test_what_is_deleted_there_stays_here_marked(far: Far) -> None:
    """Marked, flagged and said; the alert stays as it is."""
    for number in range(1, 4):
        far.send(number)
    far.report()
    far.wait(1)
    far.delete(2)
    report, again = far.report(), far.report()

    assert states(far) == ["ok", "deleted", "ok"]
    assert dict(report.notes)[GoneAtServer.code] == 1
    assert report.needs_person
    assert not again.needs_person
    assert not rebuild.check(far.scene.register, far.scene.now).differing


def test_what_is_back_there_loses_its_mark(one: Scene) -> None:
    """Central stamps no restore: the daily comparison finds it."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1)
    far.report()
    far.wait(1)
    far.delete(1)
    far.report()
    far.world.restore("alert", uid(1))
    far.wait(1)
    before = states(far), dict(far.report().notes).get(BackAtServer.code)
    far.wait(24)
    report = far.report()

    assert before == (["deleted"], None)
    assert states(far) == ["restored"]
    assert dict(report.notes)[BackAtServer.code] == 1


def test_too_many_gone_at_once_are_not_believed(far: Far) -> None:
    """A server that suddenly shows nothing marks nothing; a person is asked."""
    for number in range(1, 31):
        far.send(number)
    far.report()
    far.wait(24)
    form = "alert" if far.kind == "central" else kobo_world.FORM
    del far.world.forms[form][:25]
    report = far.report()

    assert dict(report.notes)[TooManyGone.code] == 25
    assert set(states(far)) == {"ok"}
    assert report.needs_person


def test_a_sweep_that_does_not_agree_with_the_count_concludes_nothing(far: Far) -> None:
    """Absence proves something only when everything was shown."""
    far.send(1)
    far.send(2)
    far.report()
    far.wait(24)
    far.delete(2)
    with pytest.MonkeyPatch.context() as patch:
        if far.kind == "kobo":
            patch.setattr(type(far.server.account), "count", lambda _account, _form: 2)  # type: ignore[attr-defined]
        else:
            far.world.purge("alert", uid(2))
            project = type(far.server.project)  # type: ignore[attr-defined]
            true_rows = project.rows

            def rows(self: Any, form: str, asked: dict[str, Any]) -> Any:
                said = true_rows(self, form, asked)
                return said if "$filter" in asked else structs.replace(said, count=2)

            patch.setattr(project, "rows", rows)
            patch.setattr(project, "count", lambda _project, _form: 2)
        report = far.report()

    assert states(far) == ["ok", "ok"]
    assert dict(report.notes)[SweepShort.code] >= 1


def test_a_list_that_ends_early_proves_nothing(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verification says so, instead of finding everything in order."""
    far.send(1)
    far.send(2)
    far.report()
    assert verify(far.scene.register, [far.server]).offline == ()
    whole = type(far.server)._part  # type: ignore[attr-defined]

    def short(server: Any, form: str) -> Part:
        said: Part = whole(server, form)
        return replace(said, marks=iter(list(said.marks)[1:]))

    monkeypatch.setattr(type(far.server), "_part", short)

    assert [one.code for one in verify(far.scene.register, [far.server]).troubles] == [MarksShort.code]


def test_a_file_that_comes_late_is_fetched(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stamp of the submission moves, and later ones have come: it is asked for again until it is there."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    photo = "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"
    far.send(1, photo)
    first = far.report()
    far.wait(30)
    far.send(2)
    nothing = far.report()
    far.send(1, photo, {"p.jpg": b"\xff\xd8 invented"})
    far.wait(1)
    second = far.report()

    assert (first.files_new, nothing.files_new, second.files_new) == (0, 0, 1)
    assert second.files_waiting == 0


def test_a_late_file_need_not_wait_for_the_daily_comparison(far: Far) -> None:
    """Within the hour, although no stamp moved and nothing is compared yet."""
    photo = "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"
    far.send(1, photo)
    far.wait(30)
    far.send(2)
    far.report()
    far.wait(1)
    far.send(1, photo, {"p.jpg": b"\xff\xd8 invented"})

    assert far.report().files_new == 1


def test_what_could_not_be_read_is_read_at_the_next_pull(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor is past it and later ones have come: the next pull compares everything, whatever the hour."""
    monkeypatch.setattr(kobo_source, "OVERLAP_ROWS", 0)
    far.send(1)
    far.report()
    far.wait(2)
    far.send(2)
    far.wait(1)
    far.send(3)

    place = "" if far.kind == "central" else f"/{far.world.find(uid(2)).number}/"

    def lose(request: httpx.Request) -> httpx.Response | None:
        path, xml = request.url.path, request.url.params.get("format") == "xml"
        if xml and path.endswith("/data/"):
            return httpx.Response(200, content=b"<root><results></results></root>")
        return (
            httpx.Response(404) if (xml and path.endswith(place)) or path.endswith(f"{uid(2)}.xml") else None
        )

    far.world.knob = lose
    lost = far.report()
    far.world.knob = lambda _request: None
    far.wait(1)

    assert (lost.unread > 0, lost.needs_person) == (True, True)
    assert (lost.new, far.report().new) == (1, 1)
    assert [instance for (instance,) in far.rows("instance_id")] == [uid(1), uid(2), uid(3)]


def test_the_cursor_moves_only_with_its_rows(far: Far) -> None:
    """Killed before a page is stored, the next pull begins before that page."""
    far.send(1)

    with interrupted_at("pull.page"):
        far.pull()

    assert [row for row in far.scene.rows(raw.watermark) if row["form"] != ORIGIN] == []
    assert far.report().new == 1


def test_a_review_at_the_server_is_kept_beside_the_submission(far: Far) -> None:
    """The server's own word, also when it changes without any edit."""
    far.send(1)
    far.report()
    far.wait(1)
    far.review(1, "approved", "validation_status_approved")
    far.report()

    assert far.rows("review") == [(far.word("approved", "validation_status_approved"),)]


def test_an_edit_stands_as_reviewed_in_the_pull_that_brings_it(far: Far) -> None:
    """No sweep is due, and the row that the server reviews is stored only now: what it says of it is heard then."""
    far.send(1)
    far.report()
    far.wait(1)
    far.send(2, of=1)
    far.send(3)
    far.review(1, "hasIssues", "validation_status_on_hold")
    far.review(3, "approved", "validation_status_approved")
    far.report()
    said = ("hasIssues", "validation_status_on_hold"), ("approved", "validation_status_approved")

    found = [review for review, current in far.rows("review", "current") if current]
    assert found == [far.word(*one) for one in said]


def test_a_server_that_goes_down_stops_nothing_that_is_stored(far: Far) -> None:
    """The failure is said with its code; the next run goes on and gets the rest."""
    for number in range(1, 11):
        far.send(number)
    asked: list[None] = []

    def fails(request: httpx.Request) -> httpx.Response | None:
        asked.append(None)
        return httpx.Response(502) if len(asked) > 7 else None

    far.world.knob = fails
    cut = far.pull()
    far.world.knob = lambda _request: None
    report = far.report()

    assert cut.failure is not None
    assert 0 < cut.report.new < 10
    assert cut.report.new + report.new == 10


def test_a_dry_run_says_the_same_and_writes_nothing(far: Far) -> None:
    """Counts are those of the real run; no row and no cursor moves."""
    for number in range(1, 5):
        far.send(number)
    shown = far.pull(dry_run=True).report
    written = far.rows("instance_id")

    assert written == []
    assert shown.new == far.report().new == 4


def test_broken_xml_goes_to_quarantine_and_the_rest_arrives(one: Scene) -> None:
    """Central takes anything that begins like a form; Kobo refuses it itself."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1)
    far.world.send("alert", b"<data id='alert'><a></data>")
    far.send(2)
    report, again = far.report(), far.report()

    assert (report.new, report.quarantined_new) == (2, 1)
    assert (again.quarantined_new, again.quarantine_open) == (0, 1)


@pytest.mark.parametrize("cap", [1, 100, 1000])
def test_the_register_does_not_depend_on_how_the_server_cuts_its_pages(one: Scene, cap: int) -> None:
    """Whatever the cap, the same rows."""
    world = kobo_world.World(cap=cap, now=one.now - timedelta(hours=2))
    far = Far(one, "kobo", world)
    for number in range(1, 41):
        far.send(number)
    far.report()

    assert len(far.rows("instance_id")) == 40


def test_a_form_that_never_rests_ends_a_pull_all_the_same(one: Scene) -> None:
    """What it had when it was asked is taken; what comes meanwhile is said, and the next pull takes it."""
    world = kobo_world.World(cap=3)
    world.now = one.now - timedelta(hours=2)
    far = Far(one, "kobo", world)
    for number in range(1, 5):
        far.send(number)
    sent = iter(range(5, 60))

    def busy(request: httpx.Request) -> None:
        if request.url.path.endswith("/data/") and (number := next(sent, 0)):
            far.send(number)

    world.knob = busy
    first = far.report()
    held = len(world.forms[kobo_world.FORM])
    world.knob = lambda _request: None
    second = far.report()

    assert held < 20
    assert dict(first.notes)[MoreMeanwhile.code] > 0
    assert not first.needs_person
    assert (first.new < held, first.new + second.new) == (True, held)
    assert MoreMeanwhile.code not in dict(second.notes)


def test_only_alerts_are_asked_for_again_while_photos_come(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come first, too, and nothing else is asked for a second time."""
    monkeypatch.setattr(pulling, "SLICE_S", 0.0)
    monkeypatch.setattr(later, "AT_ONCE", 1)
    world = central_world.World(forms={"closure": [], "alert": []}, now=one.now - timedelta(hours=2))
    far = Far(one, "central", world)
    for number in range(1, 4):
        far.send(number, "<story><photo>p.jpg</photo></story>", {"p.jpg": b"x"})
    asked: list[str] = []
    world.knob = lambda request: asked.append(re.sub(r".*/forms/", "", request.url.path))
    done = pull(
        one.register,
        [test_central.source(world, page=3, wanted=())],
        COORDINATOR,
        replace(one.way, clock=lambda: one.now),
    )
    lists = [path for path in asked if path.endswith("Submissions")]
    photos = [place for place, path in enumerate(asked) if "attachments" in path]

    assert (done.report.new, done.report.files_new) == (3, 3)
    assert lists[:2] == ["alert.svc/Submissions", "closure.svc/Submissions"]
    assert "closure.svc/Submissions" not in asked[photos[0] : photos[-1]]
    assert "alert.svc/Submissions" in asked[photos[0] : photos[-1]]
