"""The name of a server is looked up with an end, and each of its addresses is tried."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sync_scripts.servers.http import Call, Client, Patience, Road
from sync_scripts.servers.http import errors as trouble
from sync_scripts.servers.http.wire import addresses

NAME = "odk.example"
QUICK = Patience(connect_s=1, read_s=2, total_s=3, stream_s=3, pause_s=0.01, pause_max_s=0.02)
Look = Callable[..., list[Any]]


@pytest.fixture
def answered_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Look], None]:
    """Give what lets a function answer for that name, and the system for all others."""
    system = socket.getaddrinfo

    def answer(look: Look) -> None:
        def known(host: Any, port: Any, *words: Any, **more: Any) -> list[Any]:
            return look(port) if host == NAME else system(host, port, *words, **more)

        monkeypatch.setattr(socket, "getaddrinfo", known)

    return answer


@contextmanager
def serving() -> Iterator[int]:
    """Run a server on 127.0.0.1 that says yes to everything; give its port."""

    class Yes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"yes")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Yes) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def standing_for(*found: str) -> Look:
    """Return what answers with these addresses."""
    return lambda port: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]


def client(port: int) -> Client:
    """Return a client of that name."""
    return Client(f"http://{NAME}:{port}", road=Road(clear=True), patience=QUICK)


def test_a_name_server_that_does_not_answer_holds_nobody(answered_by: Callable[[Look], None]) -> None:
    """The deadline of the call is its end too."""
    over = threading.Event()

    def never(_port: int) -> list[Any]:
        over.wait(60)
        raise socket.gaierror

    answered_by(never)
    start = time.monotonic()
    try:
        with client(9) as asked, pytest.raises(trouble.NoConnection):
            asked.answer(Call("/x"))
        assert time.monotonic() - start < 30
    finally:
        over.set()


@pytest.mark.parametrize("error", [socket.gaierror(-2, NAME), UnicodeError("label too long")])
def test_a_name_that_nobody_knows_is_no_connection(
    answered_by: Callable[[Look], None], error: Exception
) -> None:
    """Told as any server that cannot be reached."""

    def unknown(_port: int) -> list[Any]:
        raise error

    answered_by(unknown)
    with client(9) as asked, pytest.raises(trouble.NoConnection):
        asked.answer(Call("/x"))


def test_every_address_of_a_name_is_tried(answered_by: Callable[[Look], None]) -> None:
    """The first one is closed, as the one of IPv6 is on many networks."""
    answered_by(standing_for("127.0.0.2", "127.0.0.1"))
    with serving() as port, client(port) as asked:
        assert asked.answer(Call("/x")).content == b"yes"


def test_none_of_them_answers(answered_by: Callable[[Look], None]) -> None:
    """That is no connection."""
    answered_by(standing_for("127.0.0.2", "127.0.0.1"))
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with client(port) as asked, pytest.raises(trouble.NoConnection):
        asked.answer(Call("/x"))


def test_an_address_is_looked_up_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one already, of either kind."""
    monkeypatch.delattr(socket, "getaddrinfo")
    assert addresses("127.0.0.1", 80, 1) == ["127.0.0.1"]
    assert addresses("::1", 80, 1) == ["::1"]
