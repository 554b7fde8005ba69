"""A stand-in behind a real socket of this machine, for tests of whole commands."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


class _Quiet(ThreadingHTTPServer):
    """A server that prints nothing when a client goes away."""

    daemon_threads = True

    def handle_error(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def serving(
    answer: Callable[[httpx.Request], httpx.Response], context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Give the address of a server that answers as this function does; over TLS with a ``context``. A proxy too."""
    lock = threading.Lock()  # a world is no place for two at once

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes: 40 ms an answer otherwise

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = httpx.Request(
                self.command,
                self.path if "://" in self.path else f"http://{self.headers['Host']}{self.path}",
                headers=dict(self.headers),
                content=body,
            )
            with lock:
                said = answer(request)
                content = said.read()
            self.send_response(said.status_code)
            for name in ("content-type", "date", "etag", "retry-after"):
                if name in said.headers:
                    self.send_header(name, said.headers[name])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do_HEAD = _any  # noqa: N815 - the base class's names

        def log_message(self, format: str, *_words: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

        def send_response(self, code: int, message: str | None = None) -> None:
            self.send_response_only(code, message)

    server = _Quiet(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
