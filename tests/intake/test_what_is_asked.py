"""What our clients ask of a server over whole pulls: read in the requests themselves, whatever comes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.errors import NoInstanceId
from sync_scripts.servers.base import Found
from tests.contract import central_world, kobo_world, test_central
from tests.contract.central_world import instance, uuid
from tests.intake.scene import Scene, alert, story, uid
from tests.intake.test_machine import PHOTO
from tests.intake.test_servers import Far

CODE = Path(__file__).parents[2] / "sync_scripts"
PICTURE = b"\xff\xd8 invented"


def story_of(kind: str, one: Scene, *, submissions: int = 6) -> tuple[Far, list[httpx.Request]]:
    """Let a server live through some days: a first pull, an edit, a late file, a review, a deletion, a verification."""
    world: Any = central_world.World(forms={"alert": []}) if kind == "central" else kobo_world.World()
    world.now = one.now - timedelta(hours=2)
    far = Far(one, kind, world)
    asked: list[httpx.Request] = []

    def knob(request: httpx.Request) -> None:
        asked.append(request)

    world.knob = knob
    for number in range(1, submissions + 1):
        far.send(number, PHOTO if number == 2 else "")
    far.report()
    far.wait(1)
    far.send(101, of=1)
    far.review(3, "approved", "validation_status_approved")
    far.report()
    far.wait(26)
    if kind == "central":
        world.late_file("alert", uid(2), "p.jpg", PICTURE)
    else:
        world.send(world.find(uid(2)).xml, {"p.jpg": PICTURE})
    far.delete(4)
    far.report()
    verify(one.register, [far.server])
    return far, asked


@pytest.fixture(params=["central", "kobo"])
def told(request: pytest.FixtureRequest, one: Scene) -> tuple[str, list[httpx.Request]]:
    """Give the kind of a server, and everything that was asked of it over some days."""
    return request.param, story_of(request.param, one)[1]


def said(request: httpx.Request) -> str:
    """Return a request's address as it was sent."""
    return str(request.url)


def test_nothing_but_logins_is_written(told: tuple[str, list[httpx.Request]]) -> None:
    """Whatever happened there: pulls and verifications read."""
    kind, asked = told
    writing = [one for one in asked if one.method not in {"GET", "HEAD"}]

    assert {one.url.path for one in writing} == ({"/v1/sessions"} if kind == "central" else set())


def test_no_answer_is_left_to_a_cache(told: tuple[str, list[httpx.Request]]) -> None:
    """A 304 of a list would hide late files and restored rows; no request offers the server to give one."""
    _kind, asked = told

    assert [said(one) for one in asked if one.headers.keys() & {"if-none-match", "if-modified-since"}] == []


def test_every_address_is_short(told: tuple[str, list[httpx.Request]]) -> None:
    """With its headers far below the 16 kB that servers take."""
    _kind, asked = told
    longest = max(len(said(one)) + sum(len(k) + len(v) for k, v in one.headers.items()) for one in asked)

    assert longest < 8_000


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_what_is_sealed_here_is_what_was_sent_version_by_version(kind: str, one: Scene) -> None:
    """The first one too, which a KoboToolbox shows no more; of one with a prolog the bytes behind it."""
    far, _asked = story_of(kind, one)
    kept = one.opened("raw")
    (shown,) = far.world.forms.values()
    there = [each.present.xml if kind == "central" else each.xml for each in shown]

    assert len(kept) == len(set(kept)) == 7
    assert {each for each in there if uid(4).encode() not in each} <= set(kept)
    first = alert(1)
    if kind == "kobo":
        first = first.partition(b"?>")[2].replace(b'id="alert"', f'id="{kobo_world.FORM}"'.encode(), 1)
    assert first in kept


# --- ODK Central -----------------------------------------------------------------------------------------------------


@pytest.fixture
def central(one: Scene) -> list[httpx.Request]:
    """Give everything that was asked of a Central."""
    return story_of("central", one)[1]


def feeds(asked: list[httpx.Request]) -> list[httpx.URL]:
    """Return the addresses of OData."""
    return [one.url for one in asked if ".svc" in one.url.path]


def test_a_central_is_asked_by_three_stamps_and_by_tokens_alone(central: list[httpx.Request]) -> None:
    """Never by place in the list: under load that shows rows twice and leaves others out. No table of a repetition."""
    filters = [url.params["$filter"] for url in feeds(central) if " ge " in url.params.get("$filter", "")]

    assert filters
    for text in filters:
        assert re.findall(r"__system/(\w+) ge", text) == ["submissionDate", "updatedAt", "deletedAt"]
    assert [url for url in feeds(central) if "$skip" in url.params] == []
    assert {url.path.rpartition("/")[2] for url in feeds(central)} == {"Submissions"}


def test_no_submission_is_read_alone_by_odata(one: Scene) -> None:
    """20 a second at a real server: as many requests for twice as many submissions, where one page holds them."""
    first = story_of("central", one, submissions=4)[1]
    counted = []
    for count in (20, 40):
        world = central_world.World(forms={"alert": []})
        for number in range(1, count + 1):
            world.send("alert", instance(number))
        source = test_central.source(world, page=100, wanted=("alert",))
        found = [each for page in source.pages(None) for each in source.fetch(page.sightings)]
        assert len([each for each in found if isinstance(each, Found)]) == count
        counted.append(sum(".svc" in path for _method, path, _status in world.log))

    assert counted[0] == counted[1]
    assert [said(each) for each in first if "Submissions(" in said(each)] == []


def test_rows_of_one_millisecond_all_arrive(one: Scene) -> None:
    """Also the one that becomes visible after others of its stamp were shown."""
    world = central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2))
    far = Far(one, "central", world)
    for number in range(1, 8):
        far.send(number)
    sent = world.forms["alert"]
    for each in sent:
        each.created = sent[0].created
    sent[5].visible = False
    first = far.report()
    sent[5].visible = True
    far.wait(0.1)
    second = far.report()

    assert (first.new, second.new) == (6, 1)
    assert len({at for (at,) in far.rows("received_at")}) == 1


def test_what_has_no_id_of_its_own_goes_to_quarantine_and_the_rest_arrives(one: Scene) -> None:
    """A Central takes it and makes an id, without ``uuid:`` before it."""
    world = central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2))
    far = Far(one, "central", world)
    far.send(1)
    world.send("alert", re.sub(rb"<instanceID>.*?</instanceID>", b"", alert(2, story("Un récit inventé."))))
    far.send(3)
    report, again = far.report(), far.report()
    (entry,) = one.aside()

    assert (report.new, report.quarantined_new, again.quarantined_new) == (2, 1, 0)
    assert entry.problem == NoInstanceId.code
    assert entry.size


def test_a_row_without_an_id_hides_no_other() -> None:
    """The source shows it in its place."""
    world = central_world.World(forms={"alert": []})
    world.send("alert", instance(1))
    world.send("alert", b'<data id="alert"><a>1</a></data>')
    world.send("alert", instance(2))
    shown = [each for page in test_central.source(world).pages(None) for each in page.sightings]

    assert len(shown) == 3
    assert {uuid(1), uuid(2)} <= {each.root_id for each in shown}


# --- KoboToolbox -----------------------------------------------------------------------------------------------------


@pytest.fixture
def kobo(one: Scene) -> list[httpx.Request]:
    """Give everything that was asked of a KoboToolbox."""
    return story_of("kobo", one)[1]


def lists(asked: list[httpx.Request]) -> Iterator[httpx.QueryParams]:
    """Yield what is asked of lists of rows."""
    for one in asked:
        if re.fullmatch(r"/api/v2/assets/\w+/data/", one.url.path) and one.url.params.get("format") != "xml":
            yield one.url.params


def test_kobotoolbox_is_asked_for_json_by_its_header(kobo: list[httpx.Request]) -> None:
    """Never by ``format=json``, which addresses in the answer inherit; XML alone is asked for in the address."""
    assert {one.url.params.get("format") for one in kobo} == {None, "xml"}
    listed = [one for one in kobo if "format" not in one.url.params and "attachments" not in one.url.path]
    assert {one.headers["accept"] for one in listed} == {"application/json"}


def test_every_pull_of_a_kobotoolbox_begins_with_whose_token_it_is(kobo: list[httpx.Request]) -> None:
    """Nobody's is 200 and an empty world."""
    paths = [one.url.path for one in kobo]

    assert paths[0] == "/me/"
    assert paths.count("/me/") >= 4


def test_rows_of_a_kobotoolbox_come_by_number_and_no_time_decides(kobo: list[httpx.Request]) -> None:
    """A thousand at once, lowest number first, never by place; every list of members names the status."""
    asked = list(lists(kobo))
    questions = [json.loads(one["query"]) for one in asked if "query" in one]

    assert asked
    assert {one.get("limit") for one in asked} <= {"1000", "1"}
    assert [one for one in asked if "start" in one or "offset" in one] == []
    assert {name for one in questions for name in one} <= {"_id", "meta/rootUuid"}
    assert all("_validation_status" in json.loads(one["fields"]) for one in asked if one["limit"] != "1")


# --- the code --------------------------------------------------------------------------------------------------------


def test_no_server_stands_in_the_code() -> None:
    """Neither a public one nor one of ours: addresses come from the settings, and from the servers themselves."""
    named = re.compile(r"https?://(?!\{)[\w.-]+|\b[\w.-]*(?:kobotoolbox\.org|getodk\.org|getodk\.cloud)\b")
    allowed = re.compile(
        r"//host$|//localhost$|example|www\.opendatakit\.org/xforms|openrosa\.org|www\.w3\.org|schemas\."
    )
    found = {
        f"{path.relative_to(CODE)}: {name}"
        for path in CODE.rglob("*.py")
        for name in named.findall(path.read_text(encoding="utf-8"))
        if not allowed.search(name)
    }

    assert found == set()
