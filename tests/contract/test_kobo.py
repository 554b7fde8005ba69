"""Our client of KoboToolbox against its stand-in: nothing cut off, nothing twice, nothing silently empty."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_scripts.errors import Unreachable
from sync_scripts.servers.base import Found, Mark, Page, Trouble, Unread
from sync_scripts.servers.http import Client, Credential, Patience
from sync_scripts.servers.http.errors import LoginRefused, NotThere, ShapeUnknown
from sync_scripts.servers.inquiry import CursorRepeated
from sync_scripts.servers.kobo import Account, Kobo, NotLoggedIn, PagesShort
from sync_scripts.servers.kobo.account import FormsMissing
from sync_scripts.servers.kobo.listing import ListUnreadable, _parsed, _plain, cut
from tests.contract.central_world import instance, uuid
from tests.contract.contract import ServerContract, marks, troubles
from tests.contract.kobo_world import BASE, FORM, TOKEN, World

FAST = Patience(tries=2, pause_s=0.0, pause_max_s=0.0)


def source(world: World, *, token: str | None = TOKEN, wanted: tuple[str, ...] = ()) -> Kobo:
    """Return our client of a world."""
    login = Credential.token(token, "Token") if token else None
    client = Client(BASE, login, below=world.transport(), patience=FAST, sleep=lambda _seconds: None)
    return Kobo("kobo", Account(client), wanted=wanted)


def shown(pages: Iterable[Page]) -> list[str]:
    """Return the versions that pages show, by instance id."""
    return [one.place.rsplit("\t", 1)[1] for page in pages for one in page.sightings]


@pytest.fixture
def world() -> World:
    """Return an account with one form of seven submissions, on a server that gives three rows at most."""
    made = World(cap=3, default=2)
    for number in range(1, 8):
        made.send(instance(number))
    return made


@pytest.mark.parametrize("cap", [1, 3, 1000, 30_000])
def test_every_submission_is_shown_whatever_the_server_cuts_pages_to(world: World, cap: int) -> None:
    """The page size is what came, never what was asked."""
    world.cap = cap

    assert shown(source(world).pages(None)) == [uuid(number) for number in range(1, 8)]


def test_a_second_look_shows_the_overlap_and_what_is_new(world: World) -> None:
    """The last 200 numbers, or ten minutes, are asked for again."""
    world.cap = 1000
    for number in range(8, 308):
        world.tick(30)
        world.send(instance(number))
    pages = list(source(world).pages(None))
    world.send(instance(308))
    again = shown(source(world).pages(pages[-1].cursor))

    assert again[-1] == uuid(308)
    assert 60 < len(again) < 80  # numbers go up by three: 200 of them are 66 rows


def test_a_row_that_becomes_visible_late_is_found(world: World) -> None:
    """A number is given before the row can be seen."""
    late = world.send(instance(8), visible=False)
    world.send(instance(9))
    pages = list(source(world).pages(None))
    late.visible = True

    assert uuid(8) in shown(source(world).pages(pages[-1].cursor))


def test_a_backdated_row_is_new_all_the_same(world: World) -> None:
    """The sender may set the submission time; it decides nothing."""
    pages = list(source(world).pages(None))
    old = instance(8).replace(b"<data ", b'<data submissionDate="2019-01-01T00:00:00Z" ')
    world.send(old)

    assert uuid(8) in shown(source(world).pages(pages[-1].cursor))


def test_the_bytes_are_those_that_were_posted(world: World) -> None:
    """Cut out of the list: not a byte is written again."""
    odd = instance(8, answer="<!-- é > --> &lt;x&gt; ").replace(b"<x>", b"<x\n a='1>2'>")
    world.send(odd)
    kobo = source(world)
    world.cap = 1000
    pages = list(kobo.pages(None))
    found = {
        one.sighting.place: one.content
        for page in pages
        for one in kobo.fetch(page.sightings)
        if isinstance(one, Found)
    }

    assert sorted(found.values()) == sorted([*(instance(number) for number in range(1, 8)), odd])


def test_what_a_short_list_leaves_out_is_asked_for_alone(world: World) -> None:
    """A server that gives three rows a page loses none of them."""
    kobo = source(world)
    sightings = [one for page in kobo.pages(None) for one in page.sightings]
    found = [one for one in kobo.fetch(sightings) if isinstance(one, Found)]

    assert len(found) == 7
    assert all(instance(number) in found[number - 1].content for number in range(1, 8))


def test_the_root_comes_from_the_row_and_the_sender_from_the_account(world: World) -> None:
    """The XML's own root may be wrong after an edit at the server; the row's is right."""
    world.send(instance(101, of=uuid(1)))
    kobo = source(world)
    world.cap = 1000
    (page,) = kobo.pages(None)
    (found,) = [one for one in kobo.fetch(page.sightings[:1]) if isinstance(one, Found)]

    assert (found.root_id, found.submitter) == (uuid(1), "enum1")
    assert found.received_at is not None
    assert found.received_at.tzinfo is not None
    assert found.content == instance(101, of=uuid(1))


def test_the_sweep_shows_edits_statuses_and_what_is_gone(world: World) -> None:
    """Neither number nor time moves with an edit; the id of the version does."""
    before = {mark.root_id: mark for mark in marks(source(world)) if isinstance(mark, Mark)}
    world.send(instance(101, of=uuid(1)))
    world.validate(uuid(2), "validation_status_approved")
    world.delete(uuid(3))
    (part,) = source(world).sweep().parts
    after = {mark.root_id: mark for mark in part.marks if isinstance(mark, Mark)}

    assert part.count == len(after) == 6
    assert uuid(3) not in after
    assert after[uuid(1)].version == uuid(101)
    assert after[uuid(2)].status == f"validation_status_approved@{int(world.now.timestamp())}"
    assert after[uuid(2)].reviewer == "coord"
    assert {root for root in after if after[root] != before[root]} == {uuid(1), uuid(2)}


def test_statuses_are_asked_for_by_name(world: World) -> None:
    """Kobo shows an empty status when it was not asked for."""
    world.validate(uuid(2), "validation_status_on_hold")
    said = {one.root_id: one.review for page in source(world).pages(None) for one in page.statuses}

    assert said[uuid(2)] == f"validation_status_on_hold@{int(world.now.timestamp())}"
    assert said[uuid(1)] is None


def test_two_rows_of_one_root_stay_two_places(world: World) -> None:
    """A resend after an error of the server makes a twin: both are shown, and both say their root."""
    world.twin(uuid(1))
    world.cap = 1000
    kobo = source(world)
    (page,) = kobo.pages(None)
    found = [one for one in kobo.fetch(page.sightings) if isinstance(one, Found)]

    assert len({one.sighting.place for one in found}) == 8
    assert [one.root_id for one in found].count(uuid(1)) == 2


def test_a_stranger_is_told_so(world: World) -> None:
    """No credentials is 200 and an empty world; a wrong token is 401."""
    with pytest.raises(NotLoggedIn):
        list(source(world, token=None).pages(None))
    with pytest.raises(LoginRefused):
        list(source(world, token="f" * 40).pages(None))


def test_a_form_without_a_right_is_an_error(world: World) -> None:
    """404 on data: no such form, or no right to see it; never "nothing new"."""
    world.foreign.add(FORM)
    assert [type(one) for one in troubles(source(world, wanted=(FORM,)))] == [NotThere]


def test_fewer_rows_than_counted_is_an_error(world: World) -> None:
    """An early end is never the end; what came before it was handed on."""

    def early(request: httpx.Request) -> httpx.Response | None:
        if '"$gt":13' not in request.url.params.get("query", ""):
            return None
        return httpx.Response(200, json={"count": 4, "next": None, "previous": None, "results": []})

    world.knob = early
    pages = list(source(world).pages(None))
    (found,) = [page.trouble.failure for page in pages if page.trouble]
    world.knob = lambda _request: None

    assert isinstance(found, PagesShort)
    assert (found.count, found.seen) == (7, 3)
    assert len(shown(pages)) == 3
    assert len(shown(source(world).pages(pages[-1].cursor))) == 7  # no telling which were left out


def test_what_is_asked_for_by_name_counted_and_not_shown_is_an_error(world: World) -> None:
    """An empty page before the count never means that nobody is there."""

    def empty(request: httpx.Request) -> httpx.Response | None:
        if "$in" not in request.url.params.get("query", ""):
            return None
        return httpx.Response(200, json={"count": 1, "next": None, "previous": None, "results": []})

    world.knob = empty
    (page,) = source(world).again([(FORM, uuid(1))])

    assert page.trouble is not None
    assert isinstance(page.trouble.failure, ShapeUnknown)


def test_a_deletion_between_two_pages_lets_no_row_slip_between_them(world: World) -> None:
    """A server that shows two rows at once: the first is deleted when they were shown, and all others are there."""
    world.cap = 2
    world.send(instance(103, of=uuid(3)))
    asked: list[str] = []

    def deleting(request: httpx.Request) -> httpx.Response | None:
        if "$in" in request.url.params.get("query", ""):
            asked.append(request.url.params.get("sort", ""))
            if len(asked) in {2, again + 2}:
                world.delete(world.forms[FORM][0].root)
        return None

    world.knob, again = deleting, 100
    numbers = [one.number for one in world.forms[FORM]]
    (page,) = source(world).again([(FORM, uuid(number)) for number in range(1, 8)])
    again = len(asked)
    by_number = source(world).account.numbered(FORM, numbers[1:], ("_id",))

    assert shown([page]) == [uuid(1), uuid(2), uuid(103), *(uuid(number) for number in range(4, 8))]
    assert [row.id for row in by_number.results] == numbers[1:]
    assert set(asked) == {'{"_id":1}'}


def test_rows_asked_for_by_name_that_come_again_and_again_are_an_error(world: World) -> None:
    """Something on the way that overlooks from which number on."""
    world.cap = 2

    def deaf(request: httpx.Request) -> httpx.Response | None:
        query = json.loads(request.url.params.get("query", "{}"))
        if not query.get("_id", {}).pop("$gt", 0):
            return None
        query = {name: rule for name, rule in query.items() if rule}
        where = request.url.copy_set_param("query", json.dumps(query))
        return world._route(httpx.Request("GET", where, headers=request.headers))

    world.knob = deaf
    (page,) = source(world).again([(FORM, uuid(number)) for number in range(1, 8)])

    assert page.trouble is not None
    assert isinstance(page.trouble.failure, ShapeUnknown)


def test_a_page_that_comes_again_and_again_is_an_error(world: World) -> None:
    """Something on the way that overlooks what is asked: neither a pull nor a list of marks goes round for ever."""

    def deaf(request: httpx.Request) -> httpx.Response | None:
        if "$gt" not in request.url.params.get("query", ""):
            return None
        return world._route(
            httpx.Request("GET", request.url.copy_remove_param("query"), headers=request.headers)
        )

    world.knob = deaf
    (part,) = source(world).sweep().parts

    assert [type(one) for one in troubles(source(world))] == [CursorRepeated]
    assert isinstance([*part.marks][-1], Trouble)


def test_a_list_of_forms_that_does_not_go_on_is_an_error(world: World) -> None:
    """Forms behind its first page would be missed without a word."""
    world.forms["aDeuxieme0000000000001"] = []

    def deaf(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/assets/"):
            return None
        first = world._route(
            httpx.Request("GET", request.url.copy_remove_param("start"), headers=request.headers)
        )
        return httpx.Response(200, json={**first.json(), "results": first.json()["results"][:1]})

    world.knob = deaf

    with pytest.raises(ShapeUnknown):
        source(world).forms()


@pytest.mark.parametrize("listed", ["deployed", "surveys"])
def test_a_list_of_forms_that_ends_early_is_an_error(world: World, listed: str) -> None:
    """Fewer forms than counted: submissions of those left out would be missed, or a form made a second time."""
    world.forms["aDeuxieme0000000000001"] = []

    def short(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/assets/"):
            return None
        start = int(request.url.params.get("start", 0))
        shown = [{"uid": uid} for uid in sorted(world.forms)][:1][start:]
        return httpx.Response(200, json={"count": len(world.forms) if start == 0 else 0, "results": shown})

    world.knob = short

    with pytest.raises(FormsMissing) as found:
        list(getattr(source(world).account, listed)())
    assert (found.value.count, found.value.seen) == (2, 1)


def test_the_forms_of_teams_are_pulled_where_the_account_sees_them(world: World) -> None:
    """Besides those of the settings; a list of forms that fails hides none that is named."""
    world.forms["aNord00000000000000001"] = []
    beside = ("followup_nord", "aNord00000000000000001")
    kobo = Kobo("kobo", source(world).account, (FORM,), beside)
    listed = kobo.forms()
    world.knob = lambda request: (
        httpx.Response(200, json={"count": 9, "results": []})
        if request.url.path.endswith("/assets/")
        else None
    )

    assert listed == [FORM, "aNord00000000000000001"]
    assert kobo.forms() == [FORM, *beside]
    with pytest.raises(FormsMissing):
        Kobo("kobo", source(world).account).forms()


@pytest.mark.parametrize("said", [{}, {"results": []}])
def test_a_list_of_forms_that_counts_nothing_is_an_error(world: World, said: dict[str, list[str]]) -> None:
    """Something on the way that answers for the server is no account without forms."""
    world.knob = lambda asked: httpx.Response(200, json=said) if asked.url.path.endswith("/assets/") else None

    with pytest.raises(ShapeUnknown):
        source(world).forms()


@pytest.mark.parametrize("listed", ["deployed", "surveys"])
def test_an_empty_list_of_forms_is_believed_of_a_known_account_alone(world: World, listed: str) -> None:
    """A stranger is shown an empty world with 200: nothing is published, deployed or pulled as nobody."""
    world.forms.clear()

    assert list(getattr(source(world).account, listed)()) == []
    with pytest.raises(NotLoggedIn):
        list(getattr(source(world, token=None).account, listed)())


def test_a_count_that_was_too_high_once_keeps_no_walk_open(world: World) -> None:
    """A row deleted while pages were read, or a wrong count: the end is the end, and the overlap goes on from there."""
    counted = [8, *[None] * 100]

    def high(request: httpx.Request) -> httpx.Response | None:
        if "$gt" not in request.url.params.get("query", "") or (count := counted.pop(0)) is None:
            return None
        return httpx.Response(200, json={**world._route(request).json(), "count": count})

    undisturbed = list(source(world).pages(None))[-1].cursor
    world.knob = high
    pages = list(source(world).pages(None))

    assert shown(pages) == [uuid(number) for number in range(1, 8)]
    assert pages[-1].cursor == undisturbed
    assert not [page for page in pages if page.trouble]


def test_an_html_page_is_an_error(world: World) -> None:
    """Kobo answers some mistakes with pages for people."""
    world.knob = lambda _request: httpx.Response(
        200, text="<html>hello</html>", headers={"content-type": "text/html"}
    )
    with pytest.raises(Unreachable):
        list(source(world).pages(None))


def test_a_gone_submission_comes_as_unread(world: World) -> None:
    """Deleted between the list and its bytes: the others come."""
    kobo = source(world)
    sightings = [one for page in kobo.pages(None) for one in page.sightings]
    world.delete(uuid(4))
    found = list(kobo.fetch(sightings))

    assert [type(one) for one in found].count(Unread) == 1
    assert len(found) == 7


def test_files_come_under_the_names_of_the_answers(world: World) -> None:
    """The stored name is another; a deleted file is not there."""
    one = world.send(instance(8), {"témoin é.png": b"\x00\x01", "b.png": b"x"})
    one.files["att00002"] = ("b.png", b"x", True)
    kobo = source(world)
    (ref,) = kobo.attachments(f"{FORM}\t{one.number}\t{uuid(8)}")
    with kobo.open(ref) as file:
        content = file.read()

    assert (ref.name, content) == ("témoin é.png", b"\x00\x01")


def test_an_empty_list_is_empty() -> None:
    """Everything that was asked for may be gone by the time it is asked for."""
    assert cut(b"<root><count>0</count><results></results></root>") == {}


A = b"<d><meta><instanceID>uuid:a</instanceID></meta></d>"
B = b"<d><orx:meta xmlns:orx='o'><orx:instanceID> uuid:b </orx:instanceID></orx:meta></d>"


def listed(*texts: bytes) -> set[str]:
    """Return what is taken out of a list of these texts."""
    return set(cut(b"<root><count>9</count><results>" + b"\n".join(texts) + b"</results></root>"))


@pytest.mark.parametrize(
    "text",
    [
        b"<d><note><instanceID>uuid:a</instanceID></note><meta><instanceID>uuid:c</instanceID></meta></d>",
        b"<d><g><meta><instanceID>uuid:a</instanceID></meta></g><meta><instanceID>uuid:c</instanceID></meta></d>",
        b"<d><instanceID>uuid:a</instanceID><meta><x><instanceID>uuid:a</instanceID></x><instanceID>uuid:c</instanceID></meta></d>",
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_an_answer_named_as_an_id_is_none(text: bytes, before: bool) -> None:
    """Only meta/instanceID right under the root says whose bytes these are."""
    texts = (text, A, B) if before else (A, B, text)

    assert listed(*texts) == {"uuid:a", "uuid:b", "uuid:c"}
    assert cut(b"<root><results>" + b"".join(texts) + b"</results></root>")["uuid:a"] == A


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ((A, A.replace(b"<d>", b"<d>x"), B), {"uuid:b"}),
        ((A.replace(b"</meta>", b"<instanceID>uuid:b</instanceID></meta>"), B), {"uuid:b"}),
        ((A.replace(b"</d>", b"<meta><instanceID>uuid:b</instanceID></meta></d>"), B), {"uuid:b"}),
        ((b"<d><meta><instanceID/></meta></d>", B), {"uuid:b"}),
        ((b"<d/>", A, B), {"uuid:b"}),
        ((A, b"<!-- said by a third -->" + B), set()),
        ((A + b"<?x y?>", B, A.replace(b":a", b":c")), {"uuid:c"}),
        ((b"<d a='>'/>", B), set()),
    ],
)
def test_what_cannot_be_told_beyond_doubt_is_asked_for_alone(
    texts: tuple[bytes, ...], told: set[str]
) -> None:
    """Two of one id, one of two ids, and the neighbours of what belongs to neither."""
    assert listed(*texts) == told


def test_a_submission_cannot_hand_its_bytes_to_another(world: World) -> None:
    """Whoever may send names another one's id in an answer, before that one in the same list: each keeps its own."""
    evil = instance(8).replace(b"<x>", b"<note><instanceID>" + uuid(9).encode() + b"</instanceID></note><x>")
    world.send(evil)
    world.send(instance(9))
    world.cap = 1000
    kobo = source(world)
    found = list(kobo.fetch([one for page in kobo.pages(None) for one in page.sightings]))
    alone = [path for _method, path, _status in world.log if re.search(r"/data/\d+/$", path)]

    assert {one.sighting.version: one.content for one in found if isinstance(one, Found)} == {
        uuid(number): instance(number) for number in (*range(1, 8), 9)
    } | {uuid(8): evil}
    assert alone == []


def test_an_edit_between_the_list_and_the_bytes_is_left_for_the_next_pull(world: World) -> None:
    """What is there by now is another version than the one that was shown."""
    kobo = source(world)
    world.cap = 1000
    (page,) = kobo.pages(None)
    world.send(instance(101, of=uuid(1)))
    first, *others = kobo.fetch(page.sightings)

    assert isinstance(first, Unread)
    assert first.code == NotThere.code
    assert all(isinstance(one, Found) for one in others)


_PIECES = (
    b"<o>1</o> <o x='<d>'>1</o><o x='>'/> <d>1</d> <g><d/></g> <dd>1</dd> </d> <d> y </results> <results> <!--</d>--> <d/> <d\ta='>'/>"
    b" <meta/> <g><meta><instanceID>uuid:c</instanceID></meta></g> <instanceID>uuid:c</instanceID> <![CDATA[</d>]]> <?x?>"
    b" <meta><instanceID>uuid:c</instanceID></meta> <d><meta><instanceID>uuid:c</instanceID></meta></d>"
    b" <!--<meta><instanceID>uuid:c</instanceID></meta></d><d>-->"
).split(b" ")
_META = (
    b"<meta><instanceID>uuid:%s</instanceID></meta>",
    b"<x:meta a=''><b/><x:instanceID> uuid:%s </x:instanceID></x:meta>",
)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Make a submission as a phone writes it, with one or two things in it or around it that make it another."""
    inside, around = (draw(st.lists(st.sampled_from(_PIECES), max_size=most)) for most in (2, 1))
    own = draw(st.sampled_from(_META)) % draw(st.sampled_from((b"a", b"b")))
    return b"".join((b"<d>", *inside, own, b"</d>", *around))


@given(st.lists(texts(), max_size=2))
@settings(max_examples=300)
def test_a_list_that_is_cut_without_a_parser_is_cut_as_a_parser_would(made: list[bytes]) -> None:
    """Only what is certain is found by its signs; all else is left to the parser."""
    text = b"<root><count>9</count><results>" + b"".join(made) + b"</results></root>"
    try:
        parsed = _parsed(text)
    except ListUnreadable:  # each of its texts is read, and refused, by itself
        return
    assert _plain(text) in (None, parsed)


def test_what_phones_write_needs_no_parser() -> None:
    """A list of two hundred is cut at a quarter of the cost."""
    assert _plain(b"<root><next/><results>" + A + b"\n" + B + b"</results></root>") is not None


def test_a_list_with_a_document_type_is_not_taken_apart() -> None:
    """No entity is ever expanded."""
    with pytest.raises(ListUnreadable):
        cut(
            b'<!DOCTYPE root [<!ENTITY a "b">]><root><results><d><instanceID>&a;</instanceID></d></results></root>'
        )
    with pytest.raises(ListUnreadable):
        cut(b"<root><results><d>")


class KoboPlace:
    """An account with one form, as the contract's tests want it."""

    def __init__(self) -> None:
        self.world = World(cap=3)
        self.server = source(self.world)
        self._roots: dict[str, str] = {}

    def put(self, name: str, content: bytes, files: dict[str, bytes]) -> None:
        """Let a phone send it, or more files for it."""
        self._roots[name] = self.world.send(content, files).root

    def lose(self) -> None:
        """Let the server go away."""
        self.world.knob = lambda _request: httpx.Response(503)

    def drop(self, name: str) -> None:
        """Let one submission be deleted."""
        self.world.delete(self._roots[name])


class TestServerContract(ServerContract):
    """What holds for every server holds for KoboToolbox."""

    @pytest.fixture
    def place(self) -> KoboPlace:
        """Return an empty account."""
        return KoboPlace()


def test_a_tab_in_an_id_stops_nothing(world: World) -> None:
    """An id is what a phone says, and a hostile one says anything; the others still come."""
    world.send(instance(8).replace(uuid(8).encode(), uuid(8).encode() + b"&#9;x"))
    kobo = source(world)
    found = list(kobo.fetch([one for page in kobo.pages(None) for one in page.sightings]))

    assert len(found) == 8
    assert sum(isinstance(one, Found) for one in found) >= 7
