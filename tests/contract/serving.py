"""A stand-in behind a real socket of this machine, for tests of whole commands: one event loop in a thread of its own."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import uvicorn

_OWN: Final = frozenset({b"content-length", b"content-encoding", b"transfer-encoding", b"connection"})
"""Headers of an answer that the socket sets: its body goes out as it is, whole."""


@contextmanager
def serving(
    answer: Callable[[httpx.Request], httpx.Response], context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Give the address of a server that answers as this function does; over TLS with a ``context``. A proxy too.

    The function is asked for one answer at a time, as a world is no place for two at once.
    """

    async def app(
        scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[dict[str, Any]], Any]
    ) -> None:
        said = answer(_request(scope, await _body(receive)))
        content = said.read()
        headers = [(name.lower(), value) for name, value in said.headers.raw if name.lower() not in _OWN]
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": said.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    config.load()
    config.ssl = context
    server = uvicorn.Server(config)
    with _listener() as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _listener() -> socket.socket:
    """Return a listening socket. The protocol is named: else asyncio leaves Nagle's algorithm on, 40 ms an answer."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.bind(("127.0.0.1", 0))
    found.listen(128)
    return found


async def _body(receive: Callable[[], Any]) -> bytes:
    parts, more = [], True
    while more:
        said = await receive()
        parts.append(said.get("body", b""))
        more = said.get("more_body", False)
    return b"".join(parts)


def _request(scope: dict[str, Any], body: bytes) -> httpx.Request:
    """Return what was asked; of a proxy the target is a whole address."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    asked = scope["raw_path"].decode("latin-1") + (
        f"?{query.decode('latin-1')}" if (query := scope["query_string"]) else ""
    )
    target = asked if "://" in asked else f"http://{dict(headers)['host']}{asked}"
    return httpx.Request(scope["method"], target, headers=headers, content=body)
