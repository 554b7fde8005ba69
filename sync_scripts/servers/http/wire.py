"""The connection itself: TLS always verified, at most four, and a deadline that even a dripping server cannot pass.

A read time-out starts again with every byte that arrives, so a server that sends one byte now and then would hold us
for ever, even inside the headers of its answer. Here each single read and write is cut to what is left of the
deadline of the call, looking up the name of a host too.

Takes no proxy and no file for TLS keys from the environment. (Where the system's own authorities lie is OpenSSL's
business, which an administrator may change with ``SSL_CERT_FILE``.)

The system's own look-up of a name takes no deadline: with a name server that does not answer it can hold for minutes. Here it is
waited for as long as the call may take; what comes later is for nobody.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import certifi  # comes with httpx
import httpcore
import httpx

from sync_scripts.servers.http.errors import AuthorityUnreadable, ProxyUnusable


def addresses(host: str, port: int, timeout: float | None) -> list[str]:
    """Return the addresses of a host in the order in which the system would try them; never an empty list.

    Args:
        host: a name, or an address, which is given back as it is.
        port: of the server.
        timeout: seconds to wait; None waits as long as the system does.

    Raises:
        TimeoutError: no answer in that time.
        OSError: there is no such name, or it cannot be found out.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _looked_up(host, port, timeout)
    return [host]


def _looked_up(host: str, port: int, timeout: float | None) -> list[str]:
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def look() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            answers.put(error)
        except UnicodeError:  # of a label that is too long
            answers.put(OSError())
        else:
            answers.put(list(dict.fromkeys(str(address[0]) for *_, address in found)))

    Thread(target=look, name="dikalo-name", daemon=True).start()  # its end is not waited for at our own
    try:
        answer = answers.get(timeout=timeout)
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    if not answer:
        raise OSError
    return answer


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
    ``files_from`` are the other hosts that a download may be sent on to.
    ``clear`` allows ``http://`` beyond this machine: for a classroom's invented data only.
    """

    authority: Path | None = None
    proxy: str | None = None
    files_from: tuple[str, ...] = ()
    clear: bool = False


@contextmanager
def until(instant: float) -> Iterator[None]:
    """Let no read or write of this thread wait beyond ``instant`` (of ``time.monotonic``)."""
    token = _UNTIL.set(instant)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def transport(server: str, road: Road) -> httpx.BaseTransport:
    """Return the transport of a client. ``server`` is only for the words of errors.

    Raises:
        AuthorityUnreadable: the PEM file cannot be used.
        ProxyUnusable: the proxy cannot be used.
    """
    context = _tls(server, road.authority)
    if road.proxy is None:
        return _Transport(
            httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=CONNECTIONS,
                keepalive_expiry=_KEEPALIVE_S,
                network_backend=_Backend(),
            )
        )
    return _Transport(_through(server, road.proxy, context))


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
    if authority is None:
        return _usual()
    context = _bare()
    try:
        context.load_verify_locations(cafile=authority)
    except (OSError, ValueError):
        raise AuthorityUnreadable(server=server) from None
    return context


def _bare() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@cache
def _usual() -> ssl.SSLContext:
    """Return what knows the authorities of this machine, read once a process: there are more than a hundred of them."""
    context = _bare()
    context.load_default_certs()
    known = ssl.get_default_verify_paths()
    if sys.platform != "win32" and known.cafile is None and known.capath is None:
        context.load_verify_locations(cafile=certifi.where())  # a Python that brought no authorities along
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


class _Transport(httpx.BaseTransport):
    """httpx above, a pool of ours below. Errors pass as the pool raises them; the client words them."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(status_code=answer.status, headers=answer.headers, stream=_Stream(answer))

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

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
        options = None if socket_options is None else list(socket_options)
        try:
            known = addresses(host, port, _left(timeout, httpcore.ConnectTimeout))
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except OSError:
            raise httpcore.ConnectError from None
        for address in known[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connected(address, port, timeout, local_address, options)
        return self._connected(known[-1], port, timeout, local_address, options)

    def _connected(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        options: list[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Deadlined(self._below.connect_tcp(address, port, left, local_address, options))


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
