"""The HTTP client keeps its promises against servers that break theirs."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync_scripts.errors import DikaloError, NotAllowed, Unreachable
from sync_scripts.servers.http import Call, Client, Credential, Patience, Road, Sent, path
from sync_scripts.servers.http import body as body_of_an_answer
from sync_scripts.servers.http import errors as trouble
from sync_scripts.servers.http.patience import pause, retry_after

CANARY = "canary-4f1c9a"
QUICK = Patience(connect_s=2, read_s=2, total_s=3, stream_s=3, grace_s=30, pause_s=0.01, pause_max_s=0.02)
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class Row(msgspec.Struct):
    """What the tests' servers answer."""

    n: int


class Handler(BaseHTTPRequestHandler):
    """Gives every request to the test's own function."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes

    def do_GET(self) -> None:
        """Answer as the test says."""
        self.server.answer(self)  # type: ignore[attr-defined] # set by serving()

    do_POST = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer; an underscore in a header's name is a hyphen."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Quiet(ThreadingHTTPServer):
    """A server that prints nothing when a client goes away."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(answer: Callable[[Handler], None], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run a server on this machine; yield its address."""
    server = Quiet(("127.0.0.1", 0), Handler)
    server.answer = answer  # type: ignore[attr-defined] # read by Handler
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def mocked(answer: Callable[[httpx.Request], httpx.Response], **more: Any) -> Client:
    """Return a client of a server that is only a function; it never sleeps."""
    options: dict[str, Any] = {"sleep": lambda _: None, "dice": lambda: 1.0, **more}
    return Client("https://odk.example", below=httpx.MockTransport(answer), **options)


def said(status: int, body: bytes = b"", **headers: str) -> httpx.Response:
    """Return an answer whose body is still to be read, as from a wire."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, content=iter([body] if body else []))


@pytest.mark.parametrize(
    ("answer", "error", "exit_code"),
    [
        (said(403), trouble.NoRight, 4),
        (said(404, b"<html>", content_type="text/html"), trouble.NotThere, 4),
        (said(401), trouble.LoginRefused, 4),
        (said(500, b"<html>"), trouble.ServerDown, 5),
        (said(501), trouble.Refused, 5),
        (said(409, b'{"code":409.3,"message":"Eve"}'), trouble.Refused, 5),
        (said(429), trouble.AskedToWait, 5),
        (said(200, b"<!doctype html>"), trouble.PageForPeople, 5),
        (said(200, b"plain", content_type="text/html; charset=utf-8"), trouble.PageForPeople, 5),
        (said(200, b'{"n": 1'), trouble.JsonBroken, 5),
        (said(200, b"[" * 100_000 + b"]" * 100_000), trouble.JsonBroken, 5),
        (said(200, b'{"n": "Eve"}'), trouble.ShapeUnknown, 5),
        (said(200, b'{"n": 1}', content_length="9"), trouble.AnswerCut, 5),
        (said(200, b"no gzip", content_encoding="gzip"), trouble.AnswerCut, 5),
        (said(200, gzip.compress(b'{"n": 1}')[:-3], content_encoding="gzip"), trouble.AnswerCut, 5),
        (said(200, b'{"n": 1}', content_encoding="br"), trouble.AnswerCut, 5),
        (said(302, location="/login"), trouble.Redirected, 5),
        (said(302, location="https://else.example/"), trouble.RedirectedElsewhere, 5),
    ],
)
def test_each_failure_has_its_own_error(
    answer: httpx.Response, error: type[DikaloError], exit_code: int
) -> None:
    """No permission, server down, a login page and broken data are never alike, and never "nothing new"."""
    patience = Patience(tries=1)

    with mocked(lambda _: answer, patience=patience) as client, pytest.raises(error) as caught:
        client.json(Call("/v1/x"), Row if error is not trouble.JsonBroken else Any)

    assert type(caught.value) is error
    assert caught.value.exit_code == exit_code
    assert "odk.example" in caught.value.words()
    assert "Eve" not in caught.value.words()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(200, b"<html>", content_type="text/html"), trouble.PageForPeople),
        (said(200, b"\n<!DOCTYPE html><p>", content_type="application/xml"), trouble.PageForPeople),
        (said(200, b'{"detail": "x"}', content_type="application/json"), trouble.ShapeUnknown),
        (said(200, b"<data/>", content_type="text/xml; charset=utf-8"), None),
        (said(200, b"<data/>"), None),
    ],
)
def test_a_page_is_no_submission(answer: httpx.Response, error: type[DikaloError] | None) -> None:
    """A login page of the Wi-Fi would else be kept for what a phone sent, and never asked for again."""
    with mocked(lambda _: answer) as client:
        if error is None:
            assert client.answer(Call("/v1/x")).xml() == b"<data/>"
        else:
            with pytest.raises(error):
                client.answer(Call("/v1/x")).xml()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(200, b"<html>", content_type="text/html"), trouble.PageForPeople),
        (said(200, b"{}", content_type="application/json"), trouble.ShapeUnknown),
        (said(200, b"bytes", content_type="text/html", content_disposition="attachment"), None),
        (said(200, b"bytes", content_type="image/jpeg"), None),
    ],
)
def test_a_page_is_no_photo(answer: httpx.Response, error: type[DikaloError] | None) -> None:
    """Unless the server says that it hands over a file: somebody may have added one that is a page."""
    with mocked(lambda _: answer) as client:
        if error is None:
            with client.download("/v1/x") as body:
                assert body.read() == b"bytes"
        else:
            with pytest.raises(error):
                client.download("/v1/x")


def test_the_number_of_central_is_kept() -> None:
    """A caller can tell "form exists" from "same version published", without reading the body."""
    with (
        mocked(lambda _: said(409, b'{"code":409.15,"message":"x"}')) as client,
        pytest.raises(trouble.Refused) as caught,
    ):
        client.answer(Call("/x"))

    assert (caught.value.status, caught.value.server_code) == (409, "409.15")


def test_what_may_pass_is_asked_again_and_nothing_twice_that_acts() -> None:
    """A GET survives two failures; a POST that may have acted is not repeated, unless the caller says it may."""
    for call, asked in (
        (Call("/x"), 3),
        (Call("/x", method="POST", sent=Sent.json([])), 1),
        (Call("/x", method="POST", repeatable=True), 3),
        (Call("/x", at_once=(502,)), 1),
    ):
        answers = iter([said(502), said(200, b'{"n"'), said(200, b'{"n": 7}')])
        requests: list[httpx.Request] = []

        def answer(
            request: httpx.Request, answers: Iterator[httpx.Response] = answers, seen: Any = requests
        ) -> httpx.Response:
            seen.append(request)
            return next(answers)

        with mocked(answer) as client:
            if asked == 3:
                assert client.json(call, Row).n == 7
            else:
                with pytest.raises(trouble.ServerDown):
                    client.json(call, Row)
        assert len(requests) == asked


def test_a_server_that_asks_to_wait_is_obeyed() -> None:
    """Never earlier than it says; and when it says longer than the deadline, a person is told at once."""
    slept: list[float] = []
    answers = iter([said(503, retry_after="20"), said(429, retry_after="9999"), said(200)])

    with (
        mocked(lambda _: next(answers), sleep=slept.append) as client,
        pytest.raises(trouble.AskedToWait) as caught,
    ):
        client.answer(Call("/x"))

    assert [round(one) for one in slept] == [21]
    assert (caught.value.status, caught.value.wait_s, caught.value.minutes) == (429, 9999, 167)


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("7", None, 7),
        ("Mon, 05 Jan 2026 12:01:00 GMT", None, 60),
        ("Mon, 05 Jan 2026 12:01:00 GMT", "Mon, 05 Jan 2026 12:00:30 GMT", 30),
        ("Mon, 05 Jan 2026 11:00:00 GMT", None, 0),
        ("9" * 20, None, 1e9),
        ("-5", None, None),
        ("soon", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_both_forms_of_retry_after_are_read(
    value: str | None, date: str | None, seconds: float | None
) -> None:
    """Seconds, or a date measured by the server's own clock; nonsense says nothing."""
    assert retry_after(value, date=date, now=NOW) == seconds


def test_no_pause_crosses_the_deadline() -> None:
    """What cannot be mended in the time left is reported now."""
    down = trouble.ServerDown(server="s", status=502)

    def wait(left_s: float, tried: int) -> float | None:
        return pause(
            down,
            tried=tried,
            left_s=left_s,
            repeatable=True,
            at_once=(),
            patience=Patience(),
            dice=lambda: 1.0,
        )

    assert [wait(100, tried) for tried in (1, 2, 3, 4, 5)] == [1, 2, 4, 8, None]
    assert wait(0.5, 1) is None


def test_an_expired_login_is_made_anew_once() -> None:
    """A run longer than a token's life goes on; a second 401 is for a person."""
    made = iter(["old", "new", "newer"])
    spare = iter(["first", "second"])
    requests: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request.headers["authorization"])
        return said(401 if request.headers["authorization"] != "Bearer new" else 204)

    with mocked(answer, login=lambda: Credential.token(next(made))) as client:
        assert client.answer(Call("/x")).status == 204
        assert client.answer(Call("/x")).status == 204
        assert requests == ["Bearer old", "Bearer new", "Bearer new"]

    with (
        mocked(lambda _: said(401), login=lambda: Credential.token(next(spare))) as client,
        pytest.raises(NotAllowed),
    ):
        client.answer(Call("/x"))
    with mocked(lambda request: said(200 if "authorization" not in request.headers else 500)) as client:
        assert client.answer(Call("/x", anonymous=True)).status == 200


def test_a_download_follows_one_redirect_without_the_token() -> None:
    """Storage elsewhere gets no credential and no cookie; an unprotected or second hop is not followed."""
    seen: list[tuple[str, str | None, str | None]] = []
    places = {
        "/a": "https://store.example/file",
        "/b": "/file",
        "/c": "http://store.example/file",
        "/d": "https://u:p@store.example/",
        "/e": "https://store.example/a",
        "/f": "https://store.example/denied",
        "/g": "https://thief.example/file",
    }

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("authorization"), request.headers.get("cookie")))
        where = places.get(request.url.path)
        if where:
            return said(302, location=where, set_cookie=f"s={CANARY}")
        return said(401) if request.url.path == "/denied" else said(200, b"photo")

    road = Road(files_from=(" Store.Example",))  # as somebody types it
    with mocked(answer, login=Credential.token(CANARY), road=road) as client:
        for place in ("/a", "/b"):
            with client.download(place, size=5) as body:
                assert (body.read(2), body.read()) == (b"ph", b"oto")
        for place, error in (
            ("/c", trouble.RedirectedElsewhere),
            ("/d", trouble.RedirectedElsewhere),
            ("/e", trouble.Refused),
            ("/f", trouble.Refused),
            ("/g", trouble.FilesElsewhere),
        ):
            with pytest.raises(error):
                client.download(place)
        with client.download("/a", size=6) as body, pytest.raises(trouble.AnswerCut):
            body.read()
        with client.download("/a", size=4) as body, pytest.raises(trouble.TooLarge):
            body.read()

    assert {one for one in seen if one[1]} == {("odk.example", f"Bearer {CANARY}", None)}
    assert {one for one in seen if not one[1]} == {("store.example", None, None), ("odk.example", None, None)}


def test_a_gzip_bomb_is_stopped_with_little_memory() -> None:
    """300 kB on the wire that unpack to 300 MB never become more than pieces."""
    bomb = gzip.compress(bytes(300_000_000), 9)
    assert len(bomb) < 400_000

    with (
        serving(lambda one: one.reply(200, bomb, Content_Encoding="gzip")) as address,
        Client(address, patience=Patience(tries=1)) as client,
    ):
        tracemalloc.start()
        with client.open(Call("/x", limit=20_000_000)) as body, pytest.raises(trouble.TooLarge):
            max(map(len, body))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak < 8_000_000


def test_gzip_is_asked_for_and_unpacked_to_the_last_byte() -> None:
    """Sizes around the border of a piece come whole; downloads are asked for unpacked by nobody."""
    seen: list[str] = []

    def answer(one: Handler) -> None:
        seen.append(one.headers["Accept-Encoding"])
        size = int(one.path[1:])
        one.reply(200, gzip.compress(b"a" * size), Content_Encoding="gzip")

    with serving(answer) as address, Client(address) as client:
        for size in (0, 1, 65_535, 65_536, 65_537, 200_000):
            assert client.answer(Call(f"/{size}")).content == b"a" * size
        with client.download("/3") as body:
            assert body.read() == b"aaa"

    assert seen == ["gzip"] * 6 + ["identity"]


@pytest.mark.parametrize("where", ["headers", "body", "rate"])
def test_a_dripping_server_is_left_at_the_deadline(where: str) -> None:
    """One byte now and then keeps every read time-out alive, and us no longer than we said."""

    def answer(one: Handler) -> None:
        one.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if where != "headers":
            one.wfile.write(b"Content-Length: 1000\r\n\r\n")
        for _ in range(300):
            one.wfile.write(b"x")
            time.sleep(0.1)

    patience = Patience(read_s=1, total_s=1, stream_s=1)
    if where == "rate":
        patience = Patience(read_s=1, total_s=60, grace_s=0.5, rate=100, tries=1)
    with serving(answer) as address, Client(address, patience=patience) as client:
        start = time.monotonic()
        with pytest.raises(trouble.TimedOut):
            client.answer(Call("/x"))
        taken = time.monotonic() - start

    assert taken < 15


def test_a_slow_reader_is_no_slow_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time spent storing a page between two pieces counts against nothing."""
    patience = Patience(stream_s=30, grace_s=30, rate=1e9)
    stored_s = iter((0, 0, *[60] * 10_000))
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + next(stored_s))
    monkeypatch.setattr(body_of_an_answer, "time", clock)

    with (
        serving(lambda one: one.reply(200, b"a" * 3_000_000)) as address,
        Client(address, patience=patience) as client,
        client.open(Call("/x")) as body,
    ):
        first = body.read(10)
        assert len(first) + len(body.read()) == 3_000_000


def test_a_cut_connection_is_tried_again_and_then_named() -> None:
    """Half a page is never a page."""
    count = iter(range(100))

    def answer(one: Handler) -> None:
        if one.path == "/never" or next(count) == 0:
            one.send_response(200)
            one.send_header("Content-Length", "8")
            one.end_headers()
            one.wfile.write(b'{"n"')
            one.wfile.flush()
            one.connection.shutdown(socket.SHUT_RDWR)
            one.close_connection = True
        else:
            one.reply(200, b'{"n": 1}')

    with serving(answer) as address, Client(address, patience=QUICK) as client:
        assert client.json(Call("/once"), Row).n == 1
        with pytest.raises(trouble.AnswerCut):
            client.json(Call("/never"), Row)


def test_no_server_at_all_is_no_connection() -> None:
    """A closed port is told apart from a server out of order, also for a POST, which is tried again."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]

    with (
        Client(f"http://127.0.0.1:{port}", patience=QUICK) as client,
        pytest.raises(trouble.NoConnection),
    ):
        client.answer(Call("/x", method="POST"))


def test_at_most_four_connections_are_open() -> None:
    """Ten threads share one client, and the server sees some of them at once, never five."""
    lock = threading.Lock()
    now, most = 0, 0
    two = threading.Event()

    def answer(one: Handler) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
            if most > 1:
                two.set()
        two.wait(60)  # the first one for the second
        time.sleep(0.05)
        with lock:
            now -= 1
        one.reply(200)

    with serving(answer) as address, Client(address) as client:
        threads = [threading.Thread(target=client.answer, args=(Call("/x"),)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert 2 <= most <= 4


def certificate(folder: Path, *, until: int = 2120, name: str = "127.0.0.1") -> Path:
    """Write a self-signed certificate with its key, which ends with the beginning of a year; return the PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dikalo test")])
    address = x509.DNSName(name)
    built = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(until, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = folder / "both.pem"
    pem.write_bytes(built.public_bytes(serialization.Encoding.PEM) + secret)
    return pem


@pytest.mark.parametrize(
    ("until", "name", "trusted", "error"),
    [
        (2120, "localhost", False, trouble.CertificateUnknown),
        (2021, "localhost", True, trouble.CertificateExpired),
        (2120, "else.example", True, trouble.CertificateOfAnother),
        (2120, "localhost", True, None),
    ],
)
def test_tls_is_verified_before_the_token_leaves(
    tmp_path: Path, until: int, name: str, trusted: bool, error: type[Unreachable] | None
) -> None:
    """A certificate that nobody vouches for is refused, with its remedy; an authority of the settings is believed."""
    pem = certificate(tmp_path, until=until, name=name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    seen: list[str | None] = []

    def answer(one: Handler) -> None:
        seen.append(one.headers["Authorization"])
        one.reply(204)

    road = Road(authority=pem if trusted else None)
    with serving(answer, context) as address:
        there = address.replace("127.0.0.1", "localhost")
        with Client(there, Credential.token(CANARY), road=road, patience=QUICK) as client:
            if error is None:
                assert client.answer(Call("/x")).status == 204
            else:
                with pytest.raises(error):
                    client.answer(Call("/x"))

    assert seen == ([f"Bearer {CANARY}"] if error is None else [])


def test_the_environment_chooses_no_road(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy comes from the settings alone, and then everything goes through it."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    seen: list[str] = []

    def answer(one: Handler) -> None:
        seen.append(one.path)
        one.reply(204)

    with serving(answer) as address:
        with Client(address) as client:
            client.answer(Call("/direct"))
        with Client("http://odk.example", road=Road(proxy=address, clear=True)) as client:
            client.answer(Call("/through"))

    assert seen == ["/direct", "http://odk.example/through"]


@pytest.mark.parametrize(
    ("address", "error"),
    [
        (f"https://user:{CANARY}@odk.example", trouble.AddressUnusable),
        (f"https://odk.example/{CANARY}", trouble.AddressUnusable),
        (f"https://odk.example?{CANARY}", trouble.AddressUnusable),
        ("ftp://odk.example", trouble.AddressUnusable),
        ("odk.example", trouble.AddressUnusable),
        ("https://", trouble.AddressUnusable),
        ("http://odk.example", trouble.ClearAddress),
        ("http://127.0.0.1.odk.example", trouble.ClearAddress),
    ],
)
def test_an_unsafe_address_is_refused(address: str, error: type[DikaloError]) -> None:
    """Nothing travels in the clear beyond this machine, and a secret in an address is not repeated."""
    with pytest.raises(error) as caught:
        Client(address)

    assert CANARY not in caught.value.words()


def test_roads_and_credentials_that_cannot_work_are_refused(tmp_path: Path) -> None:
    """A wrong setting is named before anything is sent."""
    for road, error in (
        (Road(authority=tmp_path / "none.pem"), trouble.AuthorityUnreadable),
        (Road(proxy="ftp://x"), trouble.ProxyUnusable),
        (Road(proxy="socks5://x:1"), trouble.ProxyUnusable),
    ):
        with pytest.raises(error):
            Client("https://odk.example", road=road)
    for token in ("", "a b", "a\nb", "é"):
        with pytest.raises(trouble.CredentialUnusable):
            Credential.token(token)


@pytest.mark.parametrize("wrong", ["x", "//else.example/x", "/a b", "/é", "/a#b", ""])
def test_a_path_stays_on_the_server(wrong: str) -> None:
    """No path leads to another host, and no name climbs out of its folder."""
    with pytest.raises(trouble.AddressUnusable):
        Call(wrong)
    with pytest.raises(trouble.AddressUnusable):
        path("v1", "..", "x")
    with mocked(lambda _: said(200)) as client:
        assert client.path_of("https://odk.example:443/f?x=1") == "/f?x=1"
        for url in ("https://else.example/f", "http://odk.example/f", "https://a@odk.example/f"):
            with pytest.raises(trouble.RedirectedElsewhere):
                client.path_of(url)


def test_a_canary_is_in_no_log_no_error_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    """Token, path, parameters, bodies and headers of both sides stay unsaid, with every logger at DEBUG."""
    shown: list[str] = []

    def answer(one: Handler) -> None:
        places = {"/r": "https://else.example/", "/s": "/"}
        where = next((to for start, to in places.items() if one.path.startswith(start)), None)
        if where:
            one.reply(302, Location=where + CANARY)
        else:
            status = int(one.path[1:4])
            one.reply(status, f'{{"code": "{CANARY}", "n": "{CANARY}"}}'.encode(), X_Trace=CANARY)

    def call(start: str) -> Call:
        sent = Sent.json({"answer": CANARY})
        return Call(f"{start}/{CANARY}", params={"q": CANARY}, sent=sent, headers={"X-Name": CANARY})

    with serving(answer) as address, Client(address, Credential.token(CANARY), patience=QUICK) as client:
        caplog.set_level(logging.DEBUG)
        for name in ("httpx", "httpcore", "httpcore.connection", "httpcore.http11"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        for start in ("/200", "/401", "/403", "/404", "/400", "/429", "/500", "/r", "/s"):
            with pytest.raises(DikaloError) as caught:
                client.json(call(start), Row)
            shown += [str(caught.getrepr(style="short")), caught.value.words(), repr(caught.value)]
            shown.append(str(caught.value.fields()))
        whole = client.answer(call("/200"))
        assert CANARY.encode() in whole.content
        shown += [repr(whole), repr(client), repr(call("/200")), repr(Credential.token(CANARY))]
        shown.append(repr(Road(proxy=f"http://u:{CANARY}@p")))

    assert "GET 200 in" in caplog.text
    assert CANARY not in caplog.text
    assert not [one for one in shown if CANARY in one]
