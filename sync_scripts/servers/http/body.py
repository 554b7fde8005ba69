"""The body of an answer, taken in bounded pieces: unpacked here, counted twice, timed, never longer than allowed.

The library's own unpacking turns 300 kB on the wire into one piece of 67 MB, so it is never used: raw pieces are
unpacked 64 KiB at a time, and memory stays flat whatever a server sends.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpcore
import httpx

from sync_scripts.errors import Unreachable
from sync_scripts.servers.http import errors
from sync_scripts.servers.http.patience import Patience
from sync_scripts.servers.http.wire import until

PIECE = 65_536
"""Bytes of a piece after unpacking, at most."""

CAUGHT = (
    httpx.TransportError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)
"""What the libraries raise when the network, not our code, is at fault."""

_CONNECTING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ProxyError,
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.ProxyError,
)
_WAITING = (httpx.TimeoutException, httpcore.TimeoutException)
_EXPIRED = frozenset({9, 10})  # OpenSSL: not yet valid, no longer valid
_ANOTHER = frozenset({62, 64})  # OpenSSL: name, address differ
_GZIP = 31  # zlib's window for a gzip header


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much and how long a body may be: ``limit`` bytes, ``size`` exactly when known, ``budget_s`` of waiting."""

    limit: int
    budget_s: float
    size: int | None = None


class Body:
    """One answer whose body is still on the way. Read it once, by iterating or by ``read``, then close it.

    Every way of reading may raise ``AnswerCut``, ``TimedOut`` or ``TooLarge``; what was read until then is not whole.
    Time that the reader spends between two pieces counts against nothing.
    """

    def __init__(
        self,
        response: httpx.Response,
        *,
        server: str,
        bounds: Bounds,
        patience: Patience,
        hopped: bool = False,
        location: str = "",
    ) -> None:
        self.status: int = response.status_code
        self.hopped: bool = hopped
        """Another server gave it, by a redirect: its headers are not the words of the one that was asked."""
        self.location: str = location
        """Where the one that was asked led, by its own word; "" when it gave the answer itself."""
        self.headers: dict[str, str] = dict(response.headers.items())
        """Names in small letters."""
        self._response = response
        self._server = server
        self._bounds = bounds
        self._patience = patience
        self._pieces = self._counted()
        self._left = b""

    def __repr__(self) -> str:
        """Return the status alone."""
        return f"Body({self.status})"

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        """Yield the unpacked bytes, at most `PIECE` at a time."""
        if self._left:
            left, self._left = self._left, b""
            yield left
        yield from self._pieces

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, all that is left when negative; empty at the end."""
        if size < 0:
            return b"".join(self)
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = piece
        found, self._left = self._left[:size], self._left[size:]
        return found

    def close(self) -> None:
        """Give the connection back, or cut it when something was left unread. Safe to call again."""
        self._pieces.close()
        self._response.close()

    def _counted(self) -> Generator[bytes]:
        """Yield unpacked pieces while they stay within the bounds, and miss none at the end."""
        total = 0
        for piece in self._unpacked():
            total += len(piece)
            if total > self._bounds.limit:
                raise errors.TooLarge(server=self._server, limit=self._bounds.limit)
            if piece:
                yield piece
        if self._bounds.size not in {None, total}:
            raise errors.AnswerCut(server=self._server)

    def _unpacked(self) -> Iterator[bytes]:
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            yield from self._gunzipped()
        elif encoding in {"", "identity"}:
            for piece in self._raw():
                yield from (piece[at : at + PIECE] for at in range(0, len(piece), PIECE))
        else:  # we never ask for another
            raise errors.AnswerCut(server=self._server)

    def _gunzipped(self) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(_GZIP)
        begun = False
        for packed in self._raw():
            begun = True
            left = packed
            while left:
                try:
                    piece = unpacker.decompress(left, PIECE)
                except zlib.error:
                    raise errors.AnswerCut(server=self._server) from None
                yield piece
                left = unpacker.unconsumed_tail
            if unpacker.unused_data:
                raise errors.AnswerCut(server=self._server)
        if begun and not unpacker.eof:
            raise errors.AnswerCut(server=self._server)

    def _raw(self) -> Iterator[bytes]:
        """Yield what comes over the wire, timed. Without a size: a size would gather slow drops unseen."""
        announced = self.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:18]) > self._bounds.limit:
            raise errors.TooLarge(server=self._server, limit=self._bounds.limit)
        source = self._response.iter_raw()
        got, waited = 0, 0.0
        while True:
            start = time.monotonic()
            try:
                with until(start + self._bounds.budget_s - waited):
                    piece = next(source, None)
            except CAUGHT as error:
                raise trouble(error, self._server, waited + time.monotonic() - start) from None
            waited += time.monotonic() - start
            if piece is None:
                break
            got += len(piece)
            self._judge(got, waited)
            yield piece
        bodiless = self.status in {204, 304} or self._response.request.method == "HEAD"
        if announced.isdecimal() and not bodiless and int(announced[:18]) != got:
            raise errors.AnswerCut(server=self._server)

    def _judge(self, got: int, waited: float) -> None:
        if got > self._bounds.limit:
            raise errors.TooLarge(server=self._server, limit=self._bounds.limit)
        dripping = waited > self._patience.grace_s and got < self._patience.rate * waited
        if dripping or waited > self._bounds.budget_s:
            raise errors.TimedOut(server=self._server, seconds=round(waited))


def trouble(error: Exception, server: str, waited: float) -> Unreachable:
    """Return our error for one of the libraries' own, which may hold an address and is dropped.

    ``waited`` is in seconds.
    """
    if isinstance(error, _CONNECTING):
        return _unconnected(error, server)
    if isinstance(error, _WAITING):
        return errors.TimedOut(server=server, seconds=round(waited))
    return errors.AnswerCut(server=server)


def _unconnected(error: BaseException, server: str) -> Unreachable:
    """Tell a refused certificate, which no second try mends, from a connection that did not come about."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        if cause.verify_code in _EXPIRED:
            return errors.CertificateExpired(server=server)
        if cause.verify_code in _ANOTHER:
            return errors.CertificateOfAnother(server=server)
        return errors.CertificateUnknown(server=server)
    if cause is None or isinstance(cause, ssl.SSLEOFError):
        return errors.NoConnection(server=server)
    return errors.TlsRefused(server=server)
