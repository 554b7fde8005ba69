"""One address of a server that answers with an error, for once or for good, while all others answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from unittest import mock

import httpx
import pytest

from sync_scripts.cli.inflow.pull import verify_lines
from sync_scripts.errors import DikaloError
from sync_scripts.intake.completeness.proof import words
from sync_scripts.intake.completeness.sweeping import Sweeper
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import NotAskedFor
from sync_scripts.intake.places.owed import owed
from sync_scripts.intake.report import words as note_words
from sync_scripts.servers import inquiry
from sync_scripts.servers.central import source as central_source
from sync_scripts.servers.http.errors import AskedToWait, NoConnection, ServerDown
from sync_scripts.servers.http.patience import Patience, hurried, pause
from tests.contract import central_world, kobo_world
from tests.intake.scene import Scene, uid
from tests.intake.test_servers import Far

Knob = Callable[[httpx.Request], httpx.Response | None]


def central(one: Scene) -> Far:
    """Return a scene with an empty Central."""
    return Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))


def held(far: Far) -> set[str]:
    """Return the instance ids of the versions that are here."""
    return {instance for (instance,) in far.rows("instance_id")}


def failing(part: str, status: int) -> Knob:
    """Answer every address that ends so with an error."""
    return lambda request: (
        httpx.Response(status, json={"code": status}) if request.url.path.endswith(part) else None
    )


@pytest.mark.parametrize("status", [404, 500, 503])
def test_the_cursor_passes_no_page_whose_versions_could_not_be_asked_for(one: Scene, status: int) -> None:
    """What stood in that page is here after the next pull, long before everything is compared again."""
    far = central(one)
    far.send(1)
    far.report()
    far.wait(1)
    for number, before in ((2, None), (101, 1), (102, 101)):
        far.send(number, of=before)
    far.wait(0.5)
    far.send(5)
    far.world.knob = failing("/versions", status)
    first = far.pull()
    far.world.knob = lambda _request: None
    far.wait(0.5)
    far.pull()

    assert first.failure is not None or first.report.needs_person
    assert held(far) == {uid(number) for number in (1, 2, 5, 101, 102)}
    assert not verify(one.register, [far.server]).not_pulled


def make(one: Scene, kind: str, count: int = 7) -> Far:
    """Return a scene with a stand-in of some alerts, whose pages are of three."""
    world: Any = central_world.World(forms={"alert": []}) if kind == "central" else kobo_world.World(cap=3)
    world.now = one.now - timedelta(hours=2)
    far = Far(one, kind, world)
    for number in range(1, count + 1):
        far.send(number)
    return far


def broken(far: Far, number: int, status: int = 500) -> Knob:
    """Let the content of one submission be out of reach for good, at a Kobo also in every list that it is in."""
    if far.kind == "central":
        return failing(f"/{uid(number)}.xml", status)
    row = str(far.world.find(uid(number)).number)

    def knob(request: httpx.Request) -> httpx.Response | None:
        alone = request.url.path.endswith(f"/data/{row}/")
        named = row in request.url.params.get("query", "")
        asked = "xml" in request.url.params.get("format", "") and (alone or named)
        return httpx.Response(status, json={}) if asked else None

    return knob


def dying(far: Far, numbers: Iterable[int], *, slow: bool = False) -> list[str]:
    """Let the content of many submissions be out of reach; return what is asked for of each alone, as it grows."""
    dead = set(numbers)
    rows = {str(far.world.find(uid(one)).number) for one in dead} if far.kind == "kobo" else set()
    asked: list[str] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        path, params = request.url.path, request.url.params
        if far.kind == "central":
            alone = path.endswith(tuple(f"/{uid(one)}.xml" for one in dead))
            named = False
        else:
            xml = params.get("format") == "xml"
            alone = xml and path.endswith(tuple(f"/data/{row}/" for row in rows))
            named = xml and bool(rows & set(re.findall("[0-9]+", params.get("query", ""))))
        if not alone and not named:
            return None
        asked.extend([path] if alone else [])
        if slow:
            raise httpx.ReadTimeout("slow", request=request)
        return httpx.Response(500, json={})

    far.world.knob = knob
    return asked


KINDS = pytest.mark.parametrize("kind", ["central", "kobo"])


@KINDS
@pytest.mark.parametrize("status", [403, 414, 500, 503])
def test_a_submission_that_is_out_of_reach_for_good_waits_and_stops_nothing_else(
    one: Scene, kind: str, status: int
) -> None:
    """All others arrive and are compared, in this pull and in later ones; it is told of at each of them."""
    far = make(one, kind)
    far.world.knob = broken(far, 4, status)
    for arrives in (8, 9):
        done = far.pull()
        assert (done.failure, done.report.unread, done.report.needs_person) == (None, 1, True)
        (found,) = done.report.proofs
        assert (found.owed, found.holds) == (1, False)
        assert "does not hand over as they are: 1." in words(found)
        far.wait(3)
        far.send(arrives)
    far.delete(2)
    far.wait(30)
    far.pull()

    assert held(far) == {uid(number) for number in (1, 2, 3, 5, 6, 7, 8, 9)}
    assert dict(far.rows("instance_id", "status"))[uid(2)] == "deleted"
    checked = verify(one.register, [far.server])
    assert (checked.not_pulled, checked.owed, checked.short) == (1, 1, 0)


@KINDS
def test_what_waited_comes_when_the_server_hands_it_over(one: Scene, kind: str) -> None:
    """Asked for by name, and forgotten once it is here."""
    far = make(one, kind)
    far.world.knob = broken(far, 4)
    far.pull()
    assert [root for _form, root in remembered(far)] == [uid(4)]
    far.world.knob = lambda _request: None
    far.wait(3)
    report = far.report()

    assert (report.new, report.needs_person, report.proofs[0].holds) == (1, False, True)
    assert not remembered(far)


def test_what_waits_behind_the_cursor_is_asked_for_by_name(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page shows it any more, and nothing is compared."""
    far = make(one, "central")
    far.world.knob = broken(far, 4)
    far.pull()
    far.wait(30)
    far.send(9)
    far.pull()
    far.world.knob = lambda _request: None
    far.wait(30)
    monkeypatch.setattr(Sweeper, "due", lambda _self: False)

    assert far.report().new == 1
    assert not remembered(far)


def test_a_version_that_an_edit_left_behind_waits_too(one: Scene) -> None:
    """No comparison would find it, since the present one is here."""
    far = make(one, "central", 3)
    far.send(101, of=1)
    far.send(102, of=101)
    far.world.knob = broken(far, 101)
    first = far.pull().report
    assert held(far) == {uid(number) for number in (1, 2, 3, 102)}
    assert words(first.proofs[0]).startswith(
        f"No proof, {far.server.name}: 3 at the server = 3 here, but not all"
    )
    far.world.knob = lambda _request: None
    far.wait(3)
    far.report()

    assert uid(101) in held(far)
    assert not remembered(far)


def test_a_version_that_comes_late_stands_as_its_submission_does(one: Scene) -> None:
    """What the server said of the submission meanwhile was written on what was here; it said it once."""
    far = make(one, "central", 3)
    far.report()
    far.wait(1)
    far.send(101, of=1)
    far.send(102, of=101)
    far.world.knob = broken(far, 101)
    far.pull()
    before = dict(far.rows("instance_id", "review"))
    far.world.knob = lambda _request: None
    far.wait(3)
    far.report()

    late = dict(far.rows("instance_id", "review"))
    assert before == {uid(1): "edited", uid(2): None, uid(3): None, uid(102): "edited"}
    assert late == before | {uid(101): "edited"}


def test_what_waited_and_is_gone_is_forgotten(one: Scene) -> None:
    """Nobody asks for ever."""
    far = make(one, "central")
    far.world.knob = broken(far, 4)
    far.pull()
    far.delete(4)
    far.pull()

    assert not remembered(far)


def test_what_waits_is_kept_while_its_form_is_out_of_reach(one: Scene) -> None:
    """Nothing was asked, so nothing was learnt."""
    far = make(one, "central")
    far.world.knob = broken(far, 4)
    far.pull()
    far.world.knob = lambda request: (
        httpx.Response(403, json={}) if "/forms/alert" in request.url.path else None
    )
    far.pull()

    assert [root for _form, root in remembered(far)] == [uid(4)]


@KINDS
def test_a_server_that_is_down_is_not_one_address(one: Scene, kind: str) -> None:
    """Whatever is asked beside answers no better: the pull ends, and nothing is remembered of what was not asked for."""
    far = make(one, kind)
    far.report()
    far.wait(1)
    far.send(8)
    down: list[bool] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        down.append(request.url.path.endswith(".xml") or "xml" in request.url.params.get("format", ""))
        return httpx.Response(502) if any(down) else None

    far.world.knob = knob
    done = far.pull()

    assert done.failure is not None
    assert (done.failure.exit_code, done.report.unread, remembered(far)) == (5, 0, [])


@KINDS
def test_many_dead_addresses_in_a_row_keep_nothing_away_that_stands_behind_them(
    one: Scene, kind: str
) -> None:
    """A lost page of the server's database; what it answers beside shows that it is not down. Each is asked for once."""
    far = make(one, kind, 32)
    dead = range(4, 29)
    asked = dying(far, dead)
    done = far.pull()
    tries = Counter(Counter(asked).values())
    again = far.pull()
    far.world.knob = lambda _request: None

    assert [(each.failure, each.report.unread, each.report.needs_person) for each in (done, again)] == [
        (None, 25, True)
    ] * 2
    assert done.report.new == 7
    assert len(remembered(far)) == 25
    assert len(tries) == 2  # all, or one
    assert 1 <= tries[1] <= 12
    assert far.report().new == 25


@KINDS
def test_a_server_that_hands_over_nothing_is_asked_no_further(
    one: Scene, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers everything else: the others wait, the pull says how many and ends with 3, and nothing is lost."""
    monkeypatch.setattr(inquiry, "MOST_IN_A_ROW", 2)
    far = make(one, kind, 12)
    asked = dying(far, range(1, 13))
    done = far.pull()
    far.world.knob = lambda _request: None

    assert (done.failure, done.report.unread, done.report.needs_person) == (None, 12, True)
    assert len(set(asked)) <= 2 + 4  # four are on the way at once
    assert dict(done.report.notes)[NotAskedFor.code] >= 12 - 2 - 4
    assert "go on with them" in note_words(NotAskedFor.code, 1)
    assert not done.report.proofs[0].holds
    assert far.report().new == 12
    assert not remembered(far)


@KINDS
def test_what_always_fails_keeps_nothing_away_for_ever(
    one: Scene, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them in a row than are asked for in one run: what stands behind is asked for before them the next time."""
    monkeypatch.setattr(inquiry, "MOST_IN_A_ROW", 6)
    far = make(one, kind, 20)
    dying(far, range(1, 13))
    found = [far.pull().report.new for _time in range(5)]
    far.world.knob = lambda _request: None

    assert sum(found) == 8
    assert far.report().new == 12


@KINDS
def test_one_slow_address_after_the_other_does_not_take_all_night(
    one: Scene, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three that let us wait until the end the others wait; those after the first have one try."""
    monkeypatch.setattr(inquiry, "SLOW_IN_A_ROW", 3)
    far = make(one, kind, 20)
    asked = dying(far, range(1, 21), slow=True)
    done = far.pull()

    assert (done.failure, done.report.unread) == (None, 20)
    assert len(asked) <= 4 * 5 + 6
    assert len(set(asked)) <= 3 + 4


def test_who_is_in_a_hurry_waits_only_where_that_helps() -> None:
    """One try, but for a connection that is not there and a server that asks for time."""

    def again(error: DikaloError) -> bool:
        told = pause(
            error, tried=1, left_s=99, repeatable=True, at_once=(), patience=Patience(), dice=lambda: 0.5
        )
        return told is not None

    down, busy = ServerDown(server="x", status=500), AskedToWait(server="x", status=429)
    assert [again(one) for one in (down, busy, NoConnection(server="x"))] == [True] * 3
    with hurried():
        assert [again(one) for one in (down, busy, NoConnection(server="x"))] == [False, True, True]
    assert again(down)


def test_a_form_that_hands_over_nothing_keeps_no_other_away(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each form is counted alone."""
    monkeypatch.setattr(inquiry, "MOST_IN_A_ROW", 1)
    addresses = central(one).server
    assert isinstance(addresses, central_source.Central)
    first, other = addresses._addresses("xml", "alert"), addresses._addresses("xml", "case")
    first.aside(ServerDown(server="x", status=500))

    assert (first.enough, other.enough) == (True, False)
    first.answered()
    assert not first.enough


def test_a_page_is_stored_with_what_it_lacks(one: Scene) -> None:
    """Killed right behind the page: what was not handed over is remembered with the cursor that passed it."""
    far = make(one, "central", 3)
    far.world.knob = broken(far, 2)
    with (
        mock.patch.object(central_source.Central, "again", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        far.pull()

    assert held(far) == {uid(1), uid(3)}
    assert [root for _form, root in remembered(far)] == [uid(2)]


def test_what_waits_is_no_damage(one: Scene) -> None:
    """A pull that goes past it and is then cut: it lies behind the cursor, and is not lost."""
    far = make(one, "central", 3)
    far.report()
    far.wait(1)
    far.send(4)
    far.wait(1)
    far.send(5)
    far.world.knob = broken(far, 4)
    with (
        mock.patch.object(central_source.Central, "again", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        far.pull()
    found = verify(one.register, [far.server])

    assert (found.short, found.not_pulled, found.owed) == (0, 1, 1)
    assert "Shown by a server and not handed over when they were asked for: 1." in list(verify_lines(found))


@KINDS
@pytest.mark.parametrize("status", [404, 500, 504])
def test_a_server_that_falters_while_it_is_verified_damages_nothing(
    one: Scene, kind: str, status: int
) -> None:
    """The list of everything is whole, the list of what is new breaks off: nothing is known, and nothing is lost."""
    far = make(one, kind, 3)
    far.report()
    far.wait(1)
    far.report()
    far.wait(1)
    far.send(4)

    def knob(request: httpx.Request) -> httpx.Response | None:
        asked = request.url.params
        new = "$filter" in asked or "_submission_time" in asked.get("fields", "")  # no list of marks names it
        return httpx.Response(status, json={}) if new else None

    far.world.knob = knob
    found = verify(one.register, [far.server])

    assert (found.short, found.not_pulled, len(found.troubles)) == (0, 1, 1)


def remembered(far: Far) -> list[tuple[str, str]]:
    """Return what waits, by form and root."""
    with far.scene.register.reading() as rows:
        return [*owed(rows, far.server.name)]
