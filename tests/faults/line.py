"""The line between a client and a stand-in server: a real socket that can cut, drip, answer in the server's place.

The stand-in computes what is answered; the line decides what comes of it. It counts the requests of a run, so that a
fault strikes the same one each time.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx

Answer = Callable[[httpx.Request], httpx.Response]
WHOLE: Final = 10**12
PASSED: Final = ("content-type", "date", "etag", "retry-after", "location", "content-encoding")
"""Headers that are passed on."""


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, and what of it reaches the client.

    Attributes:
        status: of HTTP.
        content: the body.
        headers: beside its length.
        until: bytes of head and body after which the line is cut; None = none.
        pause_s: time between two bytes of the body.
    """

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    until: int | None = None
    pause_s: float = 0.0


Act = Callable[[httpx.Request, Answer], Said]
"""What is done in place of one answer."""
Trouble = Callable[[int, httpx.Request], "Act | None"]
"""Chooses what happens to the request of this number, counted from 0; None = nothing."""


def calm(_number: int, _request: httpx.Request) -> None:
    """Let everything pass."""


def passed(request: httpx.Request, answer: Answer) -> Said:
    """Return what the stand-in says."""
    said = answer(request)
    content = said.read()
    return Said(
        said.status_code, content, {name: said.headers[name] for name in PASSED if name in said.headers}
    )


@dataclass
class Line:
    """A server at an address of this machine.

    Attributes:
        answer: the stand-in.
        trouble: what goes wrong.
        asked: method, path with its query, and status of every request since `calmed`.
    """

    answer: Answer
    trouble: Trouble = calm
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _number: int = 0

    def calmed(self, trouble: Trouble = calm) -> None:
        """Begin to count anew, with another trouble."""
        with self._lock:
            self.trouble, self._number = trouble, 0
            self.asked = []

    def say(self, request: httpx.Request) -> Said:
        """Return what reaches the client; one request after the other, for a world is no place for two at once."""
        with self._lock:
            number, self._number = self._number, self._number + 1
            act = self.trouble(number, request) or passed
            said = act(request, self.answer)
            self.asked.append((request.method, request.url.raw_path.decode(), said.status))
            return said


@contextmanager
def lying(line: Line) -> Iterator[str]:
    """Give the address under which a line can be reached."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = f"http://{self.headers['Host']}{self.path}"
            request = httpx.Request(self.command, url, headers=dict(self.headers), content=body)
            self.close_connection |= not _written(self.wfile, line.say(request), head=self.command == "HEAD")

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do_HEAD = _any  # noqa: N815 - the base class's names

        def handle(self) -> None:
            """Take it that a client may be gone: killed, or tired of waiting."""
            with suppress(OSError):
                super().handle()

        def log_message(self, format: str, *_words: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _written(out: Any, said: Said, *, head: bool) -> bool:
    """Write an answer as far as it goes; return whether the connection may be used again."""
    lines = [f"HTTP/1.1 {said.status} x", f"Content-Length: {len(said.content)}"]
    lines += [f"{name}: {value}" for name, value in said.headers.items()]
    raw = "\r\n".join([*lines, "", ""]).encode() + (b"" if head else said.content)
    if not said.pause_s:
        out.write(raw if said.until is None else raw[: said.until])
        return said.until is None
    for at in range(len(raw)):
        out.write(raw[at : at + 1])
        out.flush()
        time.sleep(said.pause_s)
    return True


# --- what can go wrong ----------------------------------------------------------------------------------------------


def once(act: Act) -> Callable[[int], Trouble]:
    """Return what strikes one request."""
    return lambda at: lambda number, _request: act if number == at else None


def from_then_on(act: Act) -> Callable[[int], Trouble]:
    """Return what strikes a request and every one after it."""
    return lambda at: lambda number, _request: act if number >= at else None


def cut(until: int) -> Act:
    """Cut the line after so many bytes; before the last so many when negative."""

    def act(request: httpx.Request, answer: Answer) -> Said:
        said = passed(request, answer)
        whole = len(said.content) + until if until < 0 else until
        return Said(said.status, said.content, said.headers, until=max(whole, 0))

    return act


def drip(pause_s: float) -> Act:
    """Let every byte take its time."""

    def act(request: httpx.Request, answer: Answer) -> Said:
        said = passed(request, answer)
        return Said(said.status, said.content, said.headers, pause_s=pause_s)

    return act


def stall(pause_s: float) -> Act:
    """Let the body take this long as a whole, as when a machine has other things to do."""

    def act(request: httpx.Request, answer: Answer) -> Said:
        said = passed(request, answer)
        return Said(said.status, said.content, said.headers, pause_s=pause_s / max(len(said.content), 1))

    return act


def instead(status: int, content: bytes = b"", **headers: str) -> Act:
    """Answer in the server's place; a ``_`` in a header's name stands for a hyphen."""
    said = Said(status, content, {name.replace("_", "-"): value for name, value in headers.items()})
    return lambda _request, _answer: said


def changed(change: Callable[[dict[str, Any]], object]) -> Act:
    """Change the document of a list; what is none passes."""

    def act(request: httpx.Request, answer: Answer) -> Said:
        said = passed(request, answer)
        if not said.content.startswith(b"{") or said.status != 200:
            return said
        document = json.loads(said.content)
        change(document)
        return Said(said.status, json.dumps(document).encode(), said.headers)

    return act


def meanwhile(deed: Callable[[], object]) -> Act:
    """Let something happen at the server before it answers."""

    def act(request: httpx.Request, answer: Answer) -> Said:
        deed()
        return passed(request, answer)

    return act
