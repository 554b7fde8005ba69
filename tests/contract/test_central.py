"""Our client of ODK Central against its stand-in: nothing missed, nothing twice, nothing silently empty."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import httpx
import pytest

from sync_scripts.errors import Unreachable
from sync_scripts.servers import inquiry
from sync_scripts.servers.base import Found, Mark, Page, Trouble, Unread
from sync_scripts.servers.central import Central, Project, RowsMissing, feed, visiting
from sync_scripts.servers.http import Client, Patience, Road
from sync_scripts.servers.http.errors import LoginRefused, NotThere, Refused, ServerDown, ShapeUnknown
from sync_scripts.servers.inquiry import CursorRepeated
from tests.contract.central_contract import CentralContract
from tests.contract.central_drafts import drafted
from tests.contract.central_world import BASE, EMAIL, PASSWORD, PROJECT, STORE, World, instance, uuid
from tests.contract.contract import ServerContract, troubles

SMALL = 3
FAST = Patience(tries=2, pause_s=0.0, pause_max_s=0.0)


def source(
    world: World, *, page: int = SMALL, password: str = PASSWORD, wanted: tuple[str, ...] = ()
) -> Central:
    """Return our client of a world."""
    client, _visit = visiting(
        lambda login: Client(
            BASE,
            login,
            below=world.transport(),
            patience=FAST,
            sleep=lambda _seconds: None,
            road=Road(files_from=(STORE,)),
        ),
        EMAIL,
        password,
    )
    return Central("bureau", Project(client, PROJECT), wanted=wanted, page=page)


def roots(pages: Iterator[Page]) -> list[str]:
    """Return the versions that pages show, by instance id."""
    return [one.place.rsplit("\t", 1)[1] for page in pages for one in page.sightings]


@pytest.fixture
def world() -> World:
    """Return a project with one form of seven submissions."""
    made = World(forms={"alert": []})
    for number in range(1, 8):
        made.send("alert", instance(number))
    return made


def last(pages: list[Page]) -> str | None:
    """Return the cursor to go on from."""
    return pages[-1].cursor


def test_every_submission_is_shown_in_bounded_pages(world: World) -> None:
    """Pages follow the token to the end; the address in the server's link is not used."""
    pages = list(source(world).pages(None))

    assert sorted(roots(iter(pages))) == [uuid(number) for number in range(1, 8)]
    assert [len(page.sightings) for page in pages] == [3, 3, 1, 0]


def test_a_second_look_shows_only_what_lies_in_the_overlap(world: World) -> None:
    """The watermark is the server's latest stamp; ten minutes before it are asked for again."""
    world.tick(3600)
    world.send("alert", instance(8))
    first = last(list(source(world).pages(None)))
    world.tick(60)
    world.send("alert", instance(9))

    assert sorted(roots(source(world).pages(first))) == [uuid(8), uuid(9)]


def test_the_first_look_of_a_day_goes_a_day_back(world: World) -> None:
    """What became visible late over night is found in the morning."""
    first = last(list(source(world).pages(None)))
    world.tick(20 * 3600)  # the next day by the server's clock, less than 24 hours later

    assert len(roots(source(world).pages(first))) == 7


def test_a_row_that_becomes_visible_late_is_found(world: World) -> None:
    """A row whose stamp is earlier than rows already served is not lost."""
    late = world.send("alert", instance(8), visible=False)
    world.send("alert", instance(9))
    first = last(list(source(world).pages(None)))
    late.visible = True

    assert uuid(8) in roots(source(world).pages(first))


def test_a_cut_after_the_first_page_loses_nothing(world: World) -> None:
    """Newest come first, so the watermark stays until the last page; the walk goes on where it was cut."""
    pages = source(world).pages(None)
    begun = next(pages)
    world.send("alert", instance(8))
    rest = list(source(world).pages(begun.cursor))
    shown = roots(iter([begun])) + roots(iter(rest))

    assert {uuid(number) for number in range(1, 8)} <= set(shown)
    assert uuid(8) in roots(source(world).pages(last(rest)))


def test_a_walk_that_goes_on_shows_what_came_meanwhile(world: World) -> None:
    """No page of the old walk shows it, and nobody should wait for one more pull."""
    first = next(source(world).pages(None))
    world.now += timedelta(hours=2)
    world.send("alert", instance(8))
    pages = [*source(world).pages(first.cursor)]

    assert {uuid(number) for number in range(1, 9)} == {*roots(iter([first])), *roots(iter(pages))}
    assert troubles(source(world)) == []
    assert roots(source(world).pages(last(pages))) == [uuid(8)]


def test_what_happens_to_later_pages_moves_no_watermark_past_what_came_meanwhile(world: World) -> None:
    """Cut after a page; something new comes; a row of the next page is reviewed; cut again behind them: it is found then."""
    world.cap = 3
    begun = next(source(world).pages(None))
    world.now += timedelta(minutes=5)
    world.send("alert", instance(8))
    world.now += timedelta(minutes=15)
    world.review("alert", uuid(1), "approved")
    world.now += timedelta(minutes=10)
    rest = list(islice(source(world).pages(begun.cursor), 2))

    assert uuid(8) not in roots(iter(rest))
    assert uuid(8) in roots(source(world).pages(last(rest)))


def test_what_happened_before_the_walk_moves_the_watermark_from_any_page(world: World) -> None:
    """An edit of an old row, seen on a later page, is not asked for again by every run until something new comes."""
    world.now += timedelta(hours=30)
    world.review("alert", uuid(1), "approved")
    world.now += timedelta(minutes=1)
    world.cap = 3
    first = last(list(source(world).pages(None)))
    again = [one for page in source(world).pages(first) for one in page.statuses]

    assert [one.root_id for one in again] == [uuid(1)]


def test_pages_that_nothing_counts_end_with_an_error(world: World) -> None:
    """Nothing would bound two that name each other, nothing would prove that all came, and no rows would look like no form's."""

    def uncounted(request: httpx.Request) -> httpx.Response | None:
        if "$top" not in request.url.params:
            return None
        ahead = "B" if request.url.params.get("$skiptoken") == "A" else "A"
        said = json.loads(world._route(request).content)
        said.pop("@odata.count", None)
        return httpx.Response(
            200, json=said | {"@odata.nextLink": f"https://x.example/S?%24skiptoken={ahead}"}
        )

    world.cap = 2
    world.knob = uncounted
    here = source(world)
    (part,) = here.sweep().parts

    assert [type(one) for one in troubles(here)] == [ShapeUnknown]
    assert [type(one.failure) for one in part.marks if isinstance(one, Trouble)] == [ShapeUnknown]
    with pytest.raises(ShapeUnknown):
        here.count()


def test_a_dead_token_is_never_the_end(world: World) -> None:
    """It gives an empty page and no error: a shortfall against the count tells."""
    pages = source(world).pages(None)
    next(pages)
    world.purge("alert", uuid(5))  # the row that the token names
    (found,) = [page.trouble.failure for page in pages if page.trouble]

    assert isinstance(found, RowsMissing)
    assert (found.count, found.seen) == (7, 3)


TWICE = ["token", "token"]
"""What is refused with 400 is asked once more without the light columns, which a form with a key of its own does not know."""


def _refusing(world: World, *, begun: bool) -> list[str]:
    """Let the world refuse tokens: for good, or until a walk is ``begun`` anew; return the list of what it was asked for."""
    asked: list[str] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/Submissions"):
            return None
        asked.append("token" if "$skiptoken" in request.url.params else "begin")
        if asked[-1] == "begin" or (begun and "begin" in asked):
            return None
        return httpx.Response(400, json={"code": 400.35, "message": "Invalid skiptoken"})

    world.knob = knob
    return asked


def test_a_server_that_refuses_every_token_is_asked_twice_a_run(world: World) -> None:
    """Nothing goes round for ever; its refusal is told, the first page is there, and no token is kept."""
    begun = next(source(world).pages(None))
    asked = _refusing(world, begun=False)
    pages = list(source(world).pages(begun.cursor))
    (found,) = [page.trouble.failure for page in pages if page.trouble]

    assert asked == [*TWICE, "begin", *TWICE]
    assert isinstance(found, Refused)
    assert found.server_code == "400.35"
    assert sorted(roots(iter(pages))) == [uuid(5), uuid(6), uuid(7)]
    assert feed.Cursor.read(last(pages)).at("alert") == feed.Position()


def _failing(world: World, status: int, *, at: str = "", all_of_them: bool = False) -> list[str]:
    """Let the world answer this to the page behind a token, to every page, or to none; return the list of what it was asked for."""
    asked: list[str] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/Submissions"):
            return None
        token = request.url.params.get("$skiptoken", "")
        asked.append("token" if token else "begin")
        return httpx.Response(status) if all_of_them or (at and token == at) else None

    world.knob = knob
    return asked


def _stored(cursor: str | None) -> str:
    walk = feed.Cursor.read(cursor).at("alert").walk
    assert walk is not None
    return walk.token


@pytest.mark.parametrize("how", ["refuses", "fails"])
def test_a_stored_token_that_serves_no_more_is_given_up_and_the_form_begun_again(
    world: World, how: str
) -> None:
    """A server that was replaced does not know the tokens of the one before; what was held is asked for from the watermark.

    Up to 2024.2 a token that it cannot read is a 500 there: each run failed at it, and no alert came any more.
    """
    begun = next(source(world).pages(None))
    asked = (
        _refusing(world, begun=True) if how == "refuses" else _failing(world, 500, at=_stored(begun.cursor))
    )
    world.now += timedelta(minutes=30)
    world.send("alert", instance(8))
    pages = list(source(world).pages(begun.cursor))

    assert asked == [*TWICE, "begin", "token", "token"]
    assert {uuid(number) for number in range(1, 9)} == set(roots(iter(pages)))
    assert not [page.trouble for page in pages if page.trouble]
    assert feed.Cursor.read(last(pages)).at("alert").walk is None


def test_a_token_at_which_a_server_fails_again_is_no_reason_to_go_round(world: World) -> None:
    """Begun again once a run, the walk that reached it a second time is kept, and the failure told."""
    begun = next(source(world).pages(None))
    asked = _failing(world, 500, at=_stored(begun.cursor))
    pages = list(source(world).pages(begun.cursor))

    assert asked == [*TWICE, "begin", *TWICE]
    assert [type(page.trouble.failure) for page in pages if page.trouble] == [ServerDown]
    assert _stored(last(pages)) == _stored(begun.cursor)


def test_a_server_that_fails_at_every_page_keeps_the_walk(world: World) -> None:
    """It says nothing of the token: what a first pull has behind it is not asked for twice."""
    begun = next(source(world).pages(None))
    asked = _failing(world, 500, all_of_them=True)
    pages = list(source(world).pages(begun.cursor))

    assert asked == [*TWICE, "begin", "begin"]
    assert feed.Cursor.read(last(pages)).at("alert") == feed.Cursor.read(begun.cursor).at("alert")


def test_a_failure_at_a_token_of_this_run_is_no_reason_to_begin_again(world: World) -> None:
    """The server gave it a moment ago."""
    ahead = _stored([page.cursor for page in islice(source(world).pages(None), 2)][-1])
    asked = _failing(world, 500, at=ahead)
    pages = list(source(world).pages(None))

    assert asked == ["begin", "token", *TWICE]
    assert _stored(last(pages)) == ahead


@pytest.mark.parametrize("status", [413, 414, 451])
def test_a_refusal_of_what_stands_before_the_server_keeps_the_walk(world: World, status: int) -> None:
    """A proxy says nothing of a token, and a first walk may be hours long."""
    begun = next(source(world).pages(None))
    asked = _failing(world, status, at=_stored(begun.cursor))
    pages = list(source(world).pages(begun.cursor))

    assert asked == ["token"]
    assert feed.Cursor.read(last(pages)).at("alert") == feed.Cursor.read(begun.cursor).at("alert")


def test_a_refusal_of_the_account_keeps_the_walk(world: World) -> None:
    """Who may not look today goes on where it was, once it may again."""
    begun = next(source(world).pages(None))
    world.knob = lambda request: (
        httpx.Response(403, json={"code": 403.1}) if "$skiptoken" in request.url.params else None
    )
    pages = list(source(world).pages(begun.cursor))

    assert feed.Cursor.read(last(pages)).at("alert") == feed.Cursor.read(begun.cursor).at("alert")


def test_a_page_that_names_itself_is_an_error(world: World) -> None:
    """Going round in a circle ends with a typed error."""
    answers: list[httpx.Response] = []

    def circle(request: httpx.Request) -> httpx.Response | None:
        if "skiptoken" not in str(request.url):
            return None
        if not answers:
            answers.append(world._route(request))
        return httpx.Response(200, content=answers[0].content, headers={"content-type": "application/json"})

    world.cap = 2
    world.knob = circle

    assert [type(one) for one in troubles(source(world))] == [CursorRepeated]


def test_two_pages_that_name_each_other_are_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer circle is known by its rows: far more of them come than there are."""
    for module in (feed, inquiry):
        monkeypatch.setattr(module, "too_many", lambda seen, count: seen > 2 * count)
    pages: list[bytes] = []

    def circle(request: httpx.Request) -> httpx.Response | None:
        if "$top" not in request.url.params:
            return None
        pages.append(world._route(request).content if not pages else pages[0])
        ahead = "B" if request.url.params.get("$skiptoken") == "A" else "A"
        link = {"@odata.nextLink": f"https://x.example/S?%24skiptoken={ahead}"}
        return httpx.Response(200, json=json.loads(pages[0]) | link)

    world.cap = 2
    world.knob = circle
    (part,) = source(world).sweep().parts
    *marks, end = part.marks

    assert len(marks) > 2 * part.count
    assert isinstance(end, Trouble)
    assert isinstance(end.failure, CursorRepeated)
    assert [type(one) for one in troubles(source(world))] == [CursorRepeated]


def test_a_page_that_is_too_much_is_halved(world: World) -> None:
    """A gateway that gives up on a large page gets smaller ones."""

    def slow(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(504) if int(request.url.params.get("$top", 0)) > 2 else None

    world.knob = slow

    assert len(roots(source(world, page=6).pages(None))) == 7


def test_an_edit_shows_every_version_with_its_own_bytes(world: World) -> None:
    """Root, versions between and the present one; the root never changes."""
    world.send("alert", instance(101, of=uuid(1)))
    world.send("alert", instance(102, of=uuid(101)))
    world.send("alert", instance(201, of=uuid(2)))
    central = source(world, page=100)
    (page, _end) = central.pages(None)
    found = {
        one.sighting.place.rsplit("\t", 1)[1]: one
        for one in central.fetch(page.sightings)
        if isinstance(one, Found)
    }

    assert {uuid(one) for one in (1, 101, 102, 2, 201)} <= found.keys()
    assert {one.root_id for key, one in found.items() if key in {uuid(1), uuid(101), uuid(102)}} == {uuid(1)}
    assert found[uuid(101)].content == instance(101, of=uuid(1))
    assert found[uuid(1)].content == instance(1)


def test_broken_xml_without_an_id_comes_as_it_is(world: World) -> None:
    """Central takes it with an id of its own; we fetch the bytes for quarantine."""
    world.send("alert", b"<data id='alert'><a></data>")
    central = source(world, page=100)
    (page, _end) = central.pages(None)

    assert b"<data id='alert'><a></data>" in [
        one.content for one in central.fetch(page.sightings) if isinstance(one, Found)
    ]


def test_a_deleted_submission_is_said_and_not_fetched(world: World) -> None:
    """It has no bytes to fetch any more, and a status with the server's stamp."""
    world.delete("alert", uuid(3))
    (page, _end) = source(world, page=100).pages(None)
    said = {one.root_id: one for one in page.statuses}

    assert uuid(3) not in roots(iter([page]))
    assert said[uuid(3)].deleted_at == world.now
    assert said[uuid(4)].deleted_at is None


def test_a_deletion_after_the_watermark_is_seen(world: World) -> None:
    """Naming deletedAt in the filter is what makes it appear."""
    world.tick(7200)
    world.send("alert", instance(8))
    first = last(list(source(world).pages(None)))
    world.tick(7200)
    world.delete("alert", uuid(1))
    pages = list(source(world).pages(first))

    assert [one.root_id for page in pages for one in page.statuses if one.deleted_at] == [uuid(1)]


def test_a_late_file_moves_the_sighting(world: World) -> None:
    """No stamp moves, but what the feed shows of the files does."""
    world.send("alert", instance(8), {"photo.jpg": None})
    before = {one.place: one.moved_ns for page in source(world).pages(None) for one in page.sightings}
    world.late_file("alert", uuid(8), "photo.jpg", b"x")
    after = {one.place: one.moved_ns for page in source(world).pages(None) for one in page.sightings}

    assert {key for key in after if after[key] != before[key]} == {f"alert\t{uuid(8)}\t{uuid(8)}"}


def test_files_are_listed_and_read_exactly(world: World) -> None:
    """Only what arrived is listed; a name with accents and blanks comes through."""
    blob = bytes(range(256)) * 300
    world.send("alert", instance(8), {"photo été n°1.png": blob, "absent.png": None})
    central = source(world)
    (ref,) = central.attachments(f"alert\t{uuid(8)}\t{uuid(8)}")
    with central.open(ref) as file:
        content = b"".join(iter(lambda: file.read(1000), b""))

    assert (ref.name, content) == ("photo été n°1.png", blob)


def test_one_submission_gone_does_not_stop_the_others(world: World) -> None:
    """Deleted between the feed and its bytes: unread, and the others come."""
    central = source(world, page=100)
    (page, _end) = central.pages(None)
    world.delete("alert", uuid(4))
    found = list(central.fetch(page.sightings))

    assert [isinstance(one, Unread) for one in found].count(True) == 1
    assert len(found) == 7


def test_a_login_that_the_server_forgot_is_made_again_once(world: World) -> None:
    """A run longer than 24 hours survives; a password that is wrong is an error at once."""
    central = source(world)
    pages = central.pages(None)
    next(pages)
    world.tokens.clear()

    assert len(roots(pages)) == 4
    assert world.logins == 2
    with pytest.raises(LoginRefused):
        list(source(world, password="autre-phrase-99").pages(None))  # noqa: S106 - invented


def test_a_form_that_is_not_there_is_an_error(world: World) -> None:
    """A wrong form id never looks like a form without submissions."""
    assert [type(one) for one in troubles(source(world, wanted=("alerte",)))] == [NotThere]


def test_a_form_that_is_only_a_draft_is_none_to_pull(world: World) -> None:
    """A Project Manager is shown it; without names in the settings it made every pull end with an error.

    Named in the settings it is asked for and is one, as is a form of which the list says nothing.
    """
    before = roots(source(world).pages(None))
    world.knob = drafted(world, "aaa")
    central = source(world)

    assert central.forms() == ["alert"]
    assert (troubles(central), roots(central.pages(None))) == ([], before)
    assert [type(one) for one in troubles(source(world, wanted=("aaa",)))] == [NotThere]
    world.knob = drafted(world, "aaa", said={})
    assert source(world).forms() == ["aaa", "alert"]
    assert [type(one) for one in troubles(source(world))] == [NotThere]


def test_a_draft_is_pulled_once_it_is_published(world: World) -> None:
    """The list is asked for anew at each run; closing a form takes it from nobody who pulls."""
    world.knob = drafted(world, "alert")
    central = source(world)
    assert (central.forms(), roots(central.pages(None))) == ([], [])
    assert central.unseen({"alert"}, None) == ["alert"]
    world.knob = lambda _asked: None

    assert central.forms() == ["alert"]
    assert roots(central.pages(None)) != []


def test_a_server_that_is_down_is_an_error(world: World) -> None:
    """Neither the feed, nor the bytes, nor the count, nor the sweep come back empty."""
    central = source(world, page=100)
    (page, _end) = central.pages(None)
    world.knob = lambda _request: httpx.Response(503)

    for ask in (
        lambda: list(central.pages(None)),
        central.count,
        lambda: list(central.sweep().parts),
        lambda: list(central.fetch(page.sightings)),
    ):
        with pytest.raises(Unreachable):
            ask()


def test_the_sweep_marks_what_it_counts(world: World) -> None:
    """A mark moves with an edit and goes with a deletion."""
    world.send("alert", instance(101, of=uuid(1)))
    world.delete("alert", uuid(2))
    (part,) = source(world).sweep().parts
    marks = {mark.root_id: mark.version for mark in part.marks if isinstance(mark, Mark)}

    assert part.count == len(marks) == source(world).count() == 6
    assert marks[uuid(1)] == uuid(101)


def test_answers_do_not_travel_twice(world: World) -> None:
    """The feed is asked for everything but the answers; a form that knows no ``meta`` is asked for whole rows."""
    world.forms["alert"] = [world.send("chiffre", instance(1))]
    asked: list[str] = []

    def without_meta(request: httpx.Request) -> httpx.Response | None:
        asked.append(request.url.params.get("$select", ""))
        return httpx.Response(400, json={"code": 400.23, "message": "x"}) if asked[-1] else None

    assert roots(source(world, wanted=("alert",)).pages(None)) == [uuid(1)]
    world.knob = without_meta

    assert roots(source(world, wanted=("alert",)).pages(None)) == [uuid(1)]
    assert "__id,__system,meta/instanceID" in asked


def test_nothing_new_writes_nothing_at_the_server(world: World) -> None:
    """A pull reads; the login apart it sends nothing."""
    list(source(world).pages(None))

    assert {method for method, path, _status in world.log if path != "/v1/sessions"} == {"GET"}


class CentralPlace:
    """A world with one form, as the contract's tests want it."""

    def __init__(self) -> None:
        self.world = World(forms={"alert": []})
        self.server = source(self.world)
        self._roots: dict[str, str] = {}

    def put(self, name: str, content: bytes, files: dict[str, bytes]) -> None:
        """Let a phone send it, or more files for it."""
        self._roots[name] = self.world.send("alert", content, dict(files)).root

    def lose(self) -> None:
        """Let the server go away."""
        self.world.knob = lambda _request: httpx.Response(503)

    def drop(self, name: str) -> None:
        """Let one submission go into the trash."""
        self.world.delete("alert", self._roots[name])


class TestServerContract(ServerContract):
    """What holds for every server holds for Central."""

    @pytest.fixture
    def place(self) -> CentralPlace:
        """Return an empty project."""
        return CentralPlace()


class StandInOffice:
    """The stand-in, as the contract of Central wants it; refuses a submission as the real one does."""

    def __init__(self) -> None:
        self.world = World(forms={"alert": []})
        client, self.visit = visiting(
            lambda login: Client(BASE, login, below=self.world.transport(), patience=FAST), EMAIL, PASSWORD
        )
        self.server = Central("bureau", Project(client, PROJECT), page=SMALL)
        for number in range(1, 8):
            self.send(instance(number))

    def send(self, xml: bytes, files: dict[str, bytes] | None = None) -> None:
        """Let a phone send it."""
        self.world.submit("alert", xml, files or {})

    def delete(self, root: str) -> None:
        """Put it into the trash."""
        self.world.delete("alert", root)

    def restore(self, root: str) -> None:
        """Take it out again."""
        self.world.restore("alert", root)

    def review(self, root: str, state: str | None) -> None:
        """Review it."""
        self.world.review("alert", root, state)

    def encrypt(self) -> None:
        """Give the project a key."""
        self.world.published.encrypt()


class TestCentralContract(CentralContract):
    """What our client relies on holds at the stand-in as it does at a real Central."""

    @pytest.fixture
    def office(self) -> StandInOffice:
        """Return a project with seven submissions."""
        return StandInOffice()


@pytest.mark.parametrize("hostile", ["..", ".", "uuid:1&#9;2"])
def test_no_id_stops_the_others(world: World, hostile: str) -> None:
    """An id is what a phone says: one that climbs, or holds a tab, is no submission that can be asked for, and no more."""
    before = len(_all(source(world)))
    world.send("alert", instance(8).replace(uuid(8).encode(), hostile.encode()))
    found = _all(source(world))

    assert len(found) == before + 1
    assert sum(isinstance(one, Found) for one in found) >= before


def _all(central: Central) -> list[Found | Unread]:
    return list(central.fetch([one for page in central.pages(None) for one in page.sightings]))
