"""A mail server and a webhook on this computer that keep what they get, headers and all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Sink:
    """What arrived, as bytes; ``url`` is the address as Apprise writes it."""

    url: str = ""
    got: list[bytes] = field(default_factory=list)
    status: int = 200

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        """Keep one mail."""
        self.got.append(envelope.content)
        return "250 OK"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def mail() -> Iterator[Sink]:
    """Serve SMTP on a free port."""
    sink = Sink()
    port = _free_port()
    server = Controller(sink, hostname="127.0.0.1", port=port)
    server.start()
    try:
        sink.url = f"mailto://127.0.0.1:{port}/?from=dikalo@example.org&to=night@example.org&mode=insecure"
        yield sink
    finally:
        server.stop()


@contextmanager
def webhook() -> Iterator[Sink]:
    """Serve HTTP on a free port; answers with ``sink.status``."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            sink.got.append(str(self.headers).encode() + self.path.encode() + self.rfile.read(length))
            self.send_response(sink.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    sink.url = f"json://127.0.0.1:{server.server_port}/hook"
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
