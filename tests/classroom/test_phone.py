"""The simulated phone does what Collect does, also with a server that is wrong; and it knows nothing of ours."""

from __future__ import annotations

import ast
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sync_scripts.classroom import phone as phone_module
from sync_scripts.classroom import phone_wire
from sync_scripts.classroom.phone import ListRefused, NoAnswer, Phone, Sent
from sync_scripts.classroom.phone_wire import Body, Part, parts, phone_date, split
from sync_scripts.classroom.running import Classroom
from tests.classroom.conftest import CASES, tree
from tests.classroom.raw import body, filled

ACCEPTED = (
    b'<OpenRosaResponse xmlns="http://openrosa.org/http/response"><message>Merci</message></OpenRosaResponse>'
)


@dataclass(frozen=True)
class Reply:
    """What the odd server answers; None for ``status`` hangs up instead."""

    status: int | None = 200
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/xml"), ("X-OpenRosa-Version", "1.0"))


@dataclass
class OddServer:
    """A server that answers what a test says, and remembers what it was asked."""

    port: int = 0
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/x"

    def says(self, request: str, *replies: Reply) -> None:
        """Answer a request such as ``GET /formList`` so, the last reply again and again."""
        self.replies[request] = list(replies)

    def counted(self, request: str) -> int:
        """Return how often something was asked."""
        return sum(f"{method} {path}" == request for method, path, _headers, _body in self.asked)


@pytest.fixture
def odd() -> Iterator[OddServer]:
    """Return an odd server that is running."""
    told = OddServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            path = urlsplit(self.path).path.removeprefix("/x")
            content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            told.asked.append((self.command, path, dict(self.headers), content))
            waiting = told.replies.get(f"{self.command} {path}", [Reply(404)])
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            if reply.status is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.content)

        do_GET = do_HEAD = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_args: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield told
        server.shutdown()
        thread.join()


@pytest.fixture
def phone(odd: OddServer, tmp_path: Path) -> Iterator[Phone]:
    """Return a phone that is set up for the odd server."""
    with Phone(odd.url, tmp_path / "phone", sleep=lambda _seconds: None) as one:
        yield one


def listed(odd: OddServer, *, digest: str | None = None, manifest: bool = False, without: str = "") -> Reply:
    """Return a list of one form; ``without`` leaves a field out."""
    fields = {
        "formID": "a",
        "name": "A",
        "hash": "md5:" + hashlib.md5(b"<a/>", usedforsecurity=False).hexdigest()
        if digest is None
        else digest,
        "downloadUrl": f"{odd.url}/a.xml",
    } | ({"manifestUrl": f"{odd.url}/m.xml"} if manifest else {})
    rows = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items() if name != without)
    return Reply(
        200, f'<xforms xmlns="http://openrosa.org/xforms/xformsList"><xform>{rows}</xform></xforms>'.encode()
    )


# --- with our classroom ---------------------------------------------------------------------------------------------------


def test_forms_and_files_are_fetched_once_and_again_when_they_change(
    room: Classroom, media: Path, tmp_path: Path
) -> None:
    """The second update fetches nothing; a new list comes without the form being fetched again."""
    with Phone(room.base_url, tmp_path / "phone") as phone:
        first, second = phone.update_forms(), phone.update_forms()
        (media / "cases.csv").write_bytes(CASES + b"x,DK-1,CM001,2026-12-01,open\n")
        third = phone.update_forms()

    assert (first.downloaded, set(first.files)) == (("mini", "secret"), {"cases.csv"})
    assert (second.downloaded, second.files) == ((), ())
    assert (third.downloaded, set(third.files)) == ((), {"cases.csv"})
    assert (first.forms[0].media / "cases.csv").read_bytes().endswith(b"open\n")
    assert first.forms[0].path.read_bytes() == room.desk.shelf.forms[0].xform


def test_an_instance_folder_is_sent_as_collect_sends_it(room: Classroom, tmp_path: Path) -> None:
    """The XML bears the folder's name on the phone; hidden files stay there."""
    folder = tmp_path / "Alerte_2026-11-25_10-00-00"
    folder.mkdir()
    xml = filled(instance="uuid:12121212")
    (folder / f"{folder.name}.xml").write_bytes(xml)
    (folder / "photo été.jpg").write_bytes(b"\r\n\x00")
    (folder / ".trashed").write_bytes(b"CANARY")
    with Phone(room.base_url, tmp_path / "phone") as phone:
        sent = phone.send(folder)

    assert (sent.status, sent.accepted, sent.posts) == (201, True, 1)
    assert sent.message
    got = {place: content for place, content in tree(room.inbox.root).items() if place.startswith("mini/")}
    assert got == {"mini/uuid12121212/submission.xml": xml, "mini/uuid12121212/photo été.jpg": b"\r\n\x00"}


def test_a_refused_form_is_a_value_with_the_servers_sentence(room: Classroom, tmp_path: Path) -> None:
    """The demo shows it; nothing is raised."""
    with Phone(room.base_url, tmp_path / "phone") as phone:
        sent = phone.send((b"<cut", ()))

    assert not sent.accepted
    assert sent.status == 400
    assert "DK-L23" in sent.message


# --- with an odd server ---------------------------------------------------------------------------------------------------


def test_every_request_looks_like_collects(odd: OddServer, phone: Phone) -> None:
    """Version, agent, the date with its 12-hour clock, and the device in every address."""
    odd.says("GET /formList", listed(odd, manifest=True))
    odd.says("GET /a.xml", Reply(200, b"<a/>"))
    odd.says("GET /m.xml", Reply(200, b'<manifest xmlns="http://openrosa.org/xforms/xformsManifest"/>'))
    odd.says("HEAD /submission", Reply(204))
    odd.says("POST /submission", Reply(201, ACCEPTED))
    phone.update_forms()
    phone.send((filled(), ()))

    assert [f"{method} {path}" for method, path, _headers, _body in odd.asked] == [
        "GET /formList", "GET /a.xml", "GET /m.xml", "HEAD /submission", "POST /submission",
    ]  # fmt: skip
    for _method, _path, headers, _body in odd.asked:
        assert headers["X-OpenRosa-Version"] == "1.0"
        assert headers["User-Agent"].startswith("org.odk.collect.android/")
        assert headers["Date"].endswith(" GMT")


def test_the_device_is_in_every_address(
    phone: Phone, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that puts it into a log has a list of phones."""
    seen: list[str] = []
    monkeypatch.setattr(
        phone._session,
        "request",
        lambda _method, _address, *, params, **_more: seen.append(params["deviceID"]),
    )
    phone._ask("GET", f"{odd.url}/formList")

    assert seen == ["collect:simulated0001"]


@pytest.mark.parametrize("without", ["formID", "name", "downloadUrl"])
def test_one_missing_field_refuses_the_whole_list(odd: OddServer, phone: Phone, without: str) -> None:
    """As Collect does."""
    odd.says("GET /formList", listed(odd, without=without))

    with pytest.raises(ListRefused):
        phone.update_forms()


@pytest.mark.parametrize("digest", ["", "sha1:x", "0123"])
def test_a_form_without_a_usable_digest_is_not_fetched(odd: OddServer, phone: Phone, digest: str) -> None:
    """Collect cannot download it."""
    odd.says("GET /formList", listed(odd, digest=digest))

    with pytest.raises(ListRefused, match="DK-L51"):
        phone.update_forms()
    assert odd.counted("GET /a.xml") == 0


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404), Reply(500), Reply(401),
        Reply(200, b"<html/>", (("Content-Type", "text/html"), ("X-OpenRosa-Version", "1.0"))),
        Reply(200, b"<xforms/>"), Reply(200, b"not xml"),
        Reply(200, b'<xforms xmlns="http://openrosa.org/xforms/xformsList"/>', (("Content-Type", "text/xml"),)),
    ],
)  # fmt: skip
def test_a_list_that_collect_would_not_believe_is_refused(odd: OddServer, phone: Phone, reply: Reply) -> None:
    """Wrong status, wrong type, wrong namespace, no protocol header."""
    odd.says("GET /formList", reply)

    with pytest.raises(ListRefused):
        phone.update_forms()


@pytest.mark.parametrize(
    "manifest",
    [
        Reply(404), Reply(200, b"<manifest/>"),
        Reply(200, b'<manifest xmlns="http://openrosa.org/xforms/xformsManifest"><mediaFile>'
                   b"<filename>a</filename></mediaFile></manifest>"),
    ],
)  # fmt: skip
def test_a_bad_manifest_installs_the_form_without_its_files(
    odd: OddServer, phone: Phone, manifest: Reply
) -> None:
    """Collect only logs it; the simulated phone says it."""
    odd.says("GET /formList", listed(odd, manifest=True))
    odd.says("GET /a.xml", Reply(200, b"<a/>"))
    odd.says("GET /m.xml", manifest)
    updated = phone.update_forms()

    assert updated.downloaded == ("a",)
    assert updated.without_media == ("a",)


@pytest.mark.parametrize(
    ("status", "posts"), [(204, 1), (404, 1), (405, 1), (500, 1), (200, 0), (202, 0), (401, 0)]
)
def test_what_the_answer_before_decides(odd: OddServer, phone: Phone, status: int, posts: int) -> None:
    """204 posts, 401 and any other 2xx stop, everything else is ignored and it posts anyway."""
    odd.says("HEAD /submission", Reply(status))
    odd.says("POST /submission", Reply(201, ACCEPTED))
    sent = phone.send((filled(), ()))

    assert sent.posts == posts == odd.counted("POST /submission")
    assert sent.accepted == bool(posts)


@pytest.mark.parametrize(
    ("status", "accepted"),
    [(201, True), (202, True), (200, False), (204, False), (400, False), (413, False), (500, False)],
)
def test_only_201_and_202_count_as_sent(odd: OddServer, phone: Phone, status: int, accepted: bool) -> None:
    """200 is a network that wants a login."""
    odd.says("HEAD /submission", Reply(204))
    odd.says("POST /submission", Reply(status, b"" if status == 204 else ACCEPTED))

    assert phone.send((filled(), ())).accepted == accepted


def test_the_first_post_that_is_not_taken_ends_the_sending(
    odd: OddServer, phone: Phone, tmp_path: Path
) -> None:
    """The rest is not sent."""
    files = [tmp_path / name for name in ("1", "2", "3")]
    for file in files:
        file.write_bytes(b"x")
    odd.says("HEAD /submission", Reply(204))
    odd.says("POST /submission", Reply(201, ACCEPTED), Reply(409, ACCEPTED))

    assert phone.send((filled(), files), split_after=1) == Sent(409, "Merci", 2)
    assert odd.counted("POST /submission") == 2
    contents = [content for method, _path, _headers, content in odd.asked if method == "POST"]
    assert all(
        b'name="*isIncomplete*"\r\n' in content and b"xml_submission_file" in content for content in contents
    )


def test_a_broken_connection_is_tried_again(odd: OddServer, phone: Phone) -> None:
    """The network of a training drops now and then."""
    odd.says("HEAD /submission", Reply(None), Reply(204))
    odd.says("POST /submission", Reply(None), Reply(None), Reply(201, ACCEPTED))

    assert phone.send((filled(), ())) == Sent(201, "Merci", 1)
    assert odd.counted("POST /submission") == 3


def test_a_server_that_is_gone_is_a_value_when_sending_and_an_error_when_updating(tmp_path: Path) -> None:
    """A form that could not be sent stays on the phone; a list that could not be fetched stops the update."""
    with Phone("http://127.0.0.1:9/x", tmp_path, tries=2, sleep=lambda _seconds: None) as phone:
        assert phone.send((filled(), ())) == Sent(0, "", 0)
        with pytest.raises(NoAnswer):
            phone.update_forms()


# --- on the wire ------------------------------------------------------------------------------------------------------------


def test_the_body_is_the_one_that_collect_writes() -> None:
    """Compared with one written by hand, byte for byte."""
    xml = filled()
    first, _none = parts((xml, ()))
    files = [Part(name, b"\r\n\x00", name, "image/jpeg") for name in ("1.jpg", "photo été.jpg")]
    made = Body((first, *files, phone_wire.STILL_MORE))
    written = b"".join(made)

    by_hand = body(xml, *((file.filename, b"\r\n\x00") for file in files), incomplete=True)
    boundary = made.kind.partition("boundary=")[2].encode()
    assert written.replace(boundary, b"B") == by_hand.replace(
        b"6b9d2a3e-8d0f-4a51-9f5e-2b7f0c1d9e44", b"B"
    ).replace(b"Alerte_2026-11-25.xml", b"submission.xml")
    assert len(written) == len(made)


@pytest.mark.parametrize(
    ("sizes", "limit", "most", "posts"),
    [
        ([], 100, None, [[]]),
        ([10, 10], 100, None, [[10, 10]]),
        ([40, 40, 40], 100, None, [[40, 40], [40]]),
        ([40, 50, 40], 100, None, [[40, 50], [40]]),
        ([40, 51, 40], 100, None, [[40], [51], [40]]),
        ([500, 1], 100, None, [[500], [1]]),
        ([1, 500], 100, None, [[1], [500]]),
        ([0] * 101, 100, None, [[0] * 101]),
        ([0] * 102, 100, None, [[0] * 101, [0]]),
        ([1, 1, 1], 100, 2, [[1, 1], [1]]),
    ],
)  # fmt: skip
def test_a_large_submission_is_cut_as_collect_cuts_it(
    sizes: list[int], limit: int, most: int | None, posts: list[list[int]]
) -> None:
    """The XML (10 bytes here) counts in each post; one file larger than the limit goes alone; at most 101 files."""
    files = [Part(str(number), bytes(size), "f") for number, size in enumerate(sizes)]
    made = split(Part("xml_submission_file", bytes(10)), files, limit, most)

    assert [[file.size for file in post] for post in made] == posts


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "Thu, 01 Jan 1970 12:00:00 GMT"), (13 * 3600 + 61, "Thu, 01 Jan 1970 01:01:01 GMT"), (12 * 3600, "Thu, 01 Jan 1970 12:00:00 GMT")],
)  # fmt: skip
def test_the_date_of_a_phone_has_a_twelve_hour_clock(seconds: float, text: str) -> None:
    """Collect's own mistake, kept: a server that trusts it is half a day wrong."""
    assert phone_date(seconds) == text


@pytest.mark.parametrize("module", [phone_module, phone_wire])
def test_the_phone_shares_no_code_with_the_server(module: object) -> None:
    """A mistake made on both sides would hide itself."""
    source = Path(str(getattr(module, "__file__", ""))).read_text("utf-8")
    imported = {
        name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        and (name := node.module or "").startswith(("sync_scripts", "xlsform"))
    }

    assert imported <= {"sync_scripts.clock", "sync_scripts.errors", "sync_scripts.classroom.phone_wire"}
