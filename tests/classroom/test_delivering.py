"""A filled form is sent until it is taken, always the same one; what is refused for good is sent once and shown."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sync_scripts.classroom.phone import Phone, Sent
from sync_scripts.classroom.running import TRIES, deliver

XML = b'<data id="alert"><meta><instanceID>uuid:un</instanceID></meta></data>'
THANKS = '<OpenRosaResponse xmlns="http://openrosa.org/http/response"><message nature="">{}</message></OpenRosaResponse>'


@dataclass
class Server:
    """Answers posts by a script; what is behind its end is answered like the last."""

    script: list[tuple[int, dict[str, str]]]
    posted: list[str] = field(default_factory=list)
    port: int = 0

    def answer(self) -> tuple[int, dict[str, str]]:
        """Return status and headers of the next answer."""
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@pytest.fixture
def server() -> Iterator[Server]:
    """Give a server on this machine."""
    made = Server([(201, {})])

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(204)
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            made.posted += re.findall("<instanceID>([^<]*)</instanceID>", body)
            status, headers = made.answer()
            text = THANKS.format(f"answer {status}").encode()
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_said: object) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    made.port = http.server_port
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    http.shutdown()
    http.server_close()
    thread.join()


@dataclass
class Pushed:
    """What became of a form, and how long was waited between the tries."""

    sent: Sent
    waits: list[float]


def push(server: Server, folder: Path) -> Pushed:
    """Push one form."""
    waits: list[float] = []
    with Phone(f"http://127.0.0.1:{server.port}", folder, tries=1, sleep=lambda _s: None) as phone:
        return Pushed(deliver(phone, (XML, ()), sleep=waits.append, dice=lambda: 1.0), waits)


@pytest.mark.parametrize("taken", [201, 202])
@pytest.mark.parametrize("before", [423, 429, 500, 502, 503, 504])
def test_the_same_form_is_sent_until_it_is_taken(
    server: Server, tmp_path: Path, before: int, taken: int
) -> None:
    """A deadlock inside KoboToolbox, a form that it is still busy with, a server that is full: the same instanceID again."""
    server.script = [(before, {}), (before, {}), (taken, {})]
    done = push(server, tmp_path)

    assert done.sent.accepted
    assert server.posted == ["uuid:un"] * 3
    assert done.waits == [1.0, 2.0]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410])
def test_a_refusal_is_final_and_shown(server: Server, tmp_path: Path, status: int) -> None:
    """Sent once; the status and what the server said of it are handed on."""
    server.script = [(status, {})]
    done = push(server, tmp_path)

    assert (done.sent.status, done.sent.accepted) == (status, False)
    assert done.sent.message == f"answer {status}"
    assert server.posted == ["uuid:un"]
    assert done.waits == []


def test_a_server_that_asks_a_phone_to_wait_is_obeyed(server: Server, tmp_path: Path) -> None:
    """In seconds and as a date by the server's own clock; one that asks for too long is left for now."""
    date = {"Date": "Wed, 25 Nov 2026 08:00:00 GMT", "Retry-After": "Wed, 25 Nov 2026 08:00:30 GMT"}
    server.script = [(503, {"Retry-After": "7"}), (429, date), (201, {})]
    done = push(server, tmp_path)
    server.script = [(503, {"Retry-After": "86400"})]
    left = push(server, tmp_path)

    assert done.sent.accepted
    assert done.waits[0] == 8.0
    assert done.waits[1] >= 30.0
    assert (left.sent.status, left.waits) == (503, [])


def test_nobody_there_is_tried_a_few_times(server: Server, tmp_path: Path) -> None:
    """And a server that fails for good ends it too; nothing is sent for ever."""
    server.script = [(500, {})]
    failed = push(server, tmp_path)
    gone = Server([(201, {})], port=9)
    nobody = push(gone, tmp_path)

    assert (failed.sent.status, len(server.posted)) == (500, TRIES)
    assert (nobody.sent.status, len(nobody.waits)) == (0, TRIES - 1)
