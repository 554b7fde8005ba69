"""The connection itself: TLS always verified, at most four, and a deadline that even a dripping server cannot pass.

A read time-out starts again with every byte that arrives, so a server that sends one byte now and then would hold us
for ever, even inside the headers of its answer. Here each single read and write is cut to what is left of the
deadline of the call. Looking up the name of a host is the one step that the system bounds, not we.

Takes no proxy and no file for TLS keys from the environment. (Where the system's own authorities lie is OpenSSL's
business, which an administrator may change with ``SSL_CERT_FILE``.)
"""

from __future__ import annotations

import logging
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import certifi  # comes with httpx
import httpcore
import httpx

from sync_scripts.servers.http.errors import AuthorityUnreadable, ProxyUnusable

CONNECTIONS = 4
"""How many connections a client opens to its server, at most."""

_PIECE = 65_536  # bytes written before the deadline is looked at again
_KEEPALIVE_S = 20.0
_UNTIL: ContextVar[float | None] = ContextVar("dikalo_http_until", default=None)


@dataclass(frozen=True, slots=True, repr=False)
class Road:
    """How a server is reached, from the settings alone.

    ``authority`` is a PEM file with the only certificate authorities believed; ``None`` = those of the system.
    ``proxy`` is ``http://``, ``https://`` or ``socks5h://`` (names are then looked up by the proxy, as Tor needs).
    ``clear`` allows ``http://`` beyond this machine: for a classroom's invented data only.
    """

    authority: Path | None = None
    proxy: str | None = None
    clear: bool = False


@contextmanager
def until(instant: float) -> Iterator[None]:
    """Let no read or write of this thread wait beyond ``instant`` (of ``time.monotonic``)."""
    token = _UNTIL.set(instant)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def wire(server: str, road: Road) -> httpcore.ConnectionPool:
    """Return what carries the requests of a client. ``server`` is only for the words of errors.

    The layer of httpx above it costs as much again as all of this, for each of the small answers that a pull asks for
    one by one; nothing of it is needed here.

    Raises:
        AuthorityUnreadable: the PEM file cannot be used.
        ProxyUnusable: the proxy cannot be used.
    """
    context = _tls(server, road.authority)
    if road.proxy is not None:
        return _through(server, road.proxy, context)
    return httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=CONNECTIONS,
        keepalive_expiry=_KEEPALIVE_S,
        network_backend=_Backend(),
    )


def hush() -> None:
    """Keep what the HTTP libraries log below a warning away from every log: it holds full URLs and headers.

    Safe to call again. A filter stays even when somebody later sets these loggers to ``DEBUG``.
    """
    for name in ("httpx", "httpcore", *(f"httpcore.{part}" for part in _PARTS)):
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.addFilter(_quiet)


_PARTS = ("connection", "http11", "http2", "proxy", "socks")


def _quiet(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _tls(server: str, authority: Path | None) -> ssl.SSLContext:
    """Return what verifies a server: TLS 1.2 or later, name and chain checked, no keys written to a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authority is None:
        context.load_default_certs()
        known = ssl.get_default_verify_paths()
        if sys.platform != "win32" and known.cafile is None and known.capath is None:
            context.load_verify_locations(
                cafile=certifi.where()
            )  # a Python that brought no authorities along
        return context
    try:
        context.load_verify_locations(cafile=authority)
    except (OSError, ValueError):
        raise AuthorityUnreadable(server=server) from None
    return context


def _through(server: str, proxy: str, context: ssl.SSLContext) -> httpcore.ConnectionPool:
    try:
        known = httpx.Proxy(proxy)
    except (httpx.InvalidURL, ValueError):
        raise ProxyUnusable(server=server) from None
    if not known.url.host or (known.url.scheme == "socks5h" and find_spec("socksio") is None):
        raise ProxyUnusable(server=server)
    url = httpcore.URL(
        scheme=known.url.raw_scheme, host=known.url.raw_host, port=known.url.port, target=known.url.raw_path
    )
    if known.url.scheme == "socks5h":
        return httpcore.SOCKSProxy(
            proxy_url=url,
            proxy_auth=known.raw_auth,
            ssl_context=context,
            max_connections=CONNECTIONS,
            keepalive_expiry=_KEEPALIVE_S,
            network_backend=_Backend(),
        )
    if known.url.scheme not in {"http", "https"}:
        raise ProxyUnusable(server=server)  # socks5:// would look names up here, in the clear
    return httpcore.HTTPProxy(
        proxy_url=url,
        proxy_auth=known.raw_auth,
        ssl_context=context,
        proxy_ssl_context=_tls(server, None) if known.url.scheme == "https" else None,
        max_connections=CONNECTIONS,
        keepalive_expiry=_KEEPALIVE_S,
        network_backend=_Backend(),
    )


class Below:
    """Another transport in the place of the wire, such as a function that plays the server."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        """Stand on a transport of httpx."""
        self._transport = transport

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Hand a request on, and return the answer as the wire does."""
        url = request.url
        target = httpx.URL(scheme=url.scheme.decode(), host=url.host.decode(), port=url.port)
        answer = self._transport.handle_request(
            httpx.Request(
                request.method.decode(),
                target.copy_with(raw_path=url.target),
                headers=request.headers,
                stream=_Sent(request.stream),
                extensions=request.extensions,
            )
        )
        return httpcore.Response(answer.status_code, headers=answer.headers.raw, content=_Answered(answer))

    def close(self) -> None:
        """Close it."""
        self._transport.close()


class _Sent(httpx.SyncByteStream):
    def __init__(self, content: Any) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield from self._content


class _Answered:
    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_raw()

    def close(self) -> None:
        self._answer.close()


class _Backend(httpcore.NetworkBackend):
    """TCP whose every step ends with the deadline."""

    def __init__(self) -> None:
        self._below = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Deadlined(self._below.connect_tcp(host, port, left, local_address, socket_options))


class _Deadlined(httpcore.NetworkStream):
    def __init__(self, below: httpcore.NetworkStream) -> None:
        self._below = below

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._below.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._below.write(buffer[start : start + _PIECE], _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._below.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Deadlined(self._below.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # httpcore's own signature
        return self._below.get_extra_info(info)


def _left(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    """Return how long one step may wait; raise when the deadline has passed."""
    instant = _UNTIL.get()
    if instant is None:
        return timeout
    left = instant - time.monotonic()
    if left <= 0:
        raise error
    return left if timeout is None else min(timeout, left)
