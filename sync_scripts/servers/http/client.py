"""A client bound to one server. It never says aloud what it asks or hears: only method, status, bytes and seconds.

What it promises: the credential goes to the configured host alone and no redirect carries it; every call ends within
its deadline; what may pass by itself is tried again, never a call that would act twice; a failure is a typed error,
never an empty answer.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from ipaddress import ip_address
from types import TracebackType
from typing import Self, TypeVar

import httpx
import msgspec

from sync_scripts.clock import machine
from sync_scripts.errors import DikaloError
from sync_scripts.servers.http import errors
from sync_scripts.servers.http.body import CAUGHT, Body, Bounds, trouble
from sync_scripts.servers.http.call import FILE_LIMIT, Answer, Call
from sync_scripts.servers.http.credentials import Credential, Login, Logins
from sync_scripts.servers.http.patience import Lanes, Patience, pause, retry_after
from sync_scripts.servers.http.wire import Road, hush, transport, until

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_HOST = re.compile(r"[a-z0-9:][a-z0-9.:_-]{0,252}")
_SERVER_CODE = re.compile(rb"[0-9]{3}(?:\.[0-9]{1,2})?")
_CODE_LIMIT = 65_536  # bytes of a refusal that are looked at for the server's own number
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Client:
    """Speaks with one server; to be closed, or used in a ``with``. Threads may share it.

    Args:
        address: ``https://host`` or ``https://host:port``; ``http://`` only to this machine, or as ``road`` allows.
        login: the credential, or what makes one; that is then called again, once per call, when the server says 401.
        road: proxy and certificate authority, from the settings.
        patience: all waiting.
        below: another transport (tests).
        sleep: waits so many seconds (tests).
        dice: gives a number from 0 to 1 (tests).

    Raises:
        AddressUnusable: the address cannot be used as it is written.
        ClearAddress: the address begins with ``http://`` and leads out of this machine.
        AuthorityUnreadable: the file of the certificate authority cannot be used.
        ProxyUnusable: the proxy cannot be used.
    """

    def __init__(
        self,
        address: str,
        login: Credential | Login | None = None,
        *,
        road: Road | None = None,
        patience: Patience | None = None,
        below: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        hush()
        road = road or Road()
        self._base = _origin(address, clear=road.clear)
        self.server: str = self._base.netloc.decode("ascii")
        """The host, with its port when the address names one: the most that a message may say of an address."""
        self.file_limit = FILE_LIMIT
        """Bytes of a file to download; more only where a person asked for it."""
        self.lanes: Lanes = Lanes()
        """Asks for many things, in their order."""
        self._logins = Logins(login)
        self._patience = patience or Patience()
        self._sleep = sleep
        self._dice = dice
        self._files_from = tuple(host.strip().lower() for host in road.files_from)
        self._wire = below or transport(self.server, road)
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Connection": "keep-alive",
            "User-Agent": f"dikalo/{version('dikalo')}",
        }

    def __repr__(self) -> str:
        """Return the class and the host."""
        return f"Client({self.server})"

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close all connections. Safe to call again."""
        self._wire.close()

    def json(self, call: Call, kind: type[_T]) -> _T:
        """Return the answer as a value of this kind; a JSON that arrives broken is asked for again.

        Raises:
            NotAllowed: ``LoginRefused``, ``NoRight``, ``NotThere``.
            Unreachable: everything else of `sync_scripts.servers.http.errors`.
        """
        return self.read(call, lambda answer: answer.json(kind))

    def read(self, call: Call, reader: Callable[[Answer], _T]) -> _T:
        """Return what a reader makes of the whole answer; where it says that it is broken, it is asked for again.

        Raises as `json`.
        """
        return self._tried(call, lambda body: reader(self._whole(body)))

    def answer(self, call: Call) -> Answer:
        """Return the whole answer; one whose body is cut is asked for again. Raises as `json`."""
        return self._tried(call, self._whole)

    def open(self, call: Call) -> Body:
        """Return an answer to read piece by piece; close it. Tried again only until its body begins.

        A stream has ``stream_s`` of waiting for its body instead of what is left of ``total_s``. Raises as `json`.
        """
        return self._tried(call, lambda body: body, stream=True)

    def download(self, path: str, *, size: int | None = None, limit: int = 0) -> Body:
        """Return a file to read piece by piece, unpacked by nobody; close it.

        At most one redirect is followed, always without the credential, and from https only to https. When ``size``
        (bytes) is known, a byte more or less is an error at the end of reading. Raises as `json`; a page in place of
        the file is one of its errors, unless the server says that it is handed over as a file.
        """
        call = Call(
            path,
            headers={"Accept": "*/*", "Accept-Encoding": "identity"},
            limit=(limit or self.file_limit) if size is None else size,
        )
        return self._tried(call, self._file, stream=True, follow=True, size=size)

    def path_of(self, url: str) -> str:
        """Return path and query of an absolute URL that this server gave, for a further `Call`.

        Raises:
            RedirectedElsewhere: it points to another server.
        """
        try:
            found = self._base.join(url)
        except (httpx.InvalidURL, ValueError):
            found = None
        if found is None or not _same(found, self._base) or found.userinfo:
            raise errors.RedirectedElsewhere(server=self.server)
        return found.raw_path.decode("ascii")

    def url_of(self, path: str) -> str:
        """Return the whole address of a path of this server, for a server that wants it inside a body."""
        return str(self._base.copy_with(raw_path=path.encode("ascii")))

    def _tried(
        self,
        call: Call,
        finish: Callable[[Body], _T],
        *,
        stream: bool = False,
        follow: bool = False,
        size: int | None = None,
    ) -> _T:
        """Ask until it is answered, refused for good, or no longer worth waiting for."""
        renewable = not call.anonymous
        tried = 1
        until_s = time.monotonic() + self._patience.total_s
        while True:
            credential = None if call.anonymous else self._logins.current()
            try:
                left_s = until_s - time.monotonic()
                return finish(self._once(call, credential, left_s, stream=stream, follow=follow, size=size))
            except errors.LoginRefused:
                if not renewable or not self._logins.renew(credential):
                    raise
                renewable = False
            except DikaloError as error:
                wait_s = pause(
                    error,
                    tried=tried,
                    left_s=until_s - time.monotonic(),
                    repeatable=call.again,
                    at_once=call.at_once,
                    patience=self._patience,
                    dice=self._dice,
                )
                if wait_s is None:
                    raise
                _log.debug("%s %s: again in %.1f s", call.method, error.code, wait_s)
                self._sleep(wait_s)
                tried += 1

    def _once(
        self,
        call: Call,
        credential: Credential | None,
        left_s: float,
        *,
        stream: bool,
        follow: bool,
        size: int | None,
    ) -> Body:
        """Ask once, follow at most one redirect of a download, and return an answer that is none of the errors."""
        until_s = time.monotonic() + left_s
        response = self._send(self._request(call, credential), until_s)
        hopped, location = False, ""
        if response.status_code in _REDIRECTS and response.status_code not in call.accept:
            response.close()
            target = self._target(response, follow=follow)
            response = self._send(self._request(call, None, target), until_s)
            hopped, location = True, str(target)
        budget_s = self._patience.stream_s if stream else until_s - time.monotonic()
        bounds = Bounds(limit=call.limit, budget_s=budget_s, size=size)
        body = Body(
            response,
            server=self.server,
            bounds=bounds,
            patience=self._patience,
            hopped=hopped,
            location=location,
        )
        if response.is_success or response.status_code in call.accept:
            return body
        with closing(body):
            raise self._refusal(response, until_s, hopped=hopped)

    def _request(
        self, call: Call, credential: Credential | None, target: httpx.URL | None = None
    ) -> httpx.Request:
        url = target or self._base.copy_with(raw_path=call.path.encode("ascii"))
        if call.params and target is None:
            url = url.copy_merge_params(dict(call.params))
        headers = {**self._headers, **call.headers}
        if call.sent is not None and target is None:
            headers["Content-Type"] = call.sent.kind
        if credential is not None:
            headers["Authorization"] = credential.header()
        content = call.sent.content if call.sent is not None and target is None else None
        return httpx.Request(call.method, url, headers=headers, content=content)

    def _send(self, request: httpx.Request, until_s: float) -> httpx.Response:
        """Send, and return when the headers of the answer are there."""
        start = time.monotonic()
        left_s = until_s - start
        if left_s <= 0:
            raise errors.TimedOut(server=self.server, seconds=round(self._patience.total_s))
        read_s = min(self._patience.read_s, left_s)
        request.extensions["timeout"] = httpx.Timeout(
            connect=min(self._patience.connect_s, left_s), read=read_s, write=read_s, pool=left_s
        ).as_dict()
        try:
            with until(until_s):
                response = self._wire.handle_request(request)
        except CAUGHT as error:
            raise trouble(error, self.server, time.monotonic() - start) from None
        response.request = request
        _log.debug("%s %d in %.2f s", request.method, response.status_code, time.monotonic() - start)
        return response

    def _target(self, response: httpx.Response, *, follow: bool) -> httpx.URL:
        """Return where a redirect leads, if it may be followed.

        Raises:
            Redirected: it leads elsewhere on the same server and this is no download.
            FilesElsewhere: a download leads to a host that the settings do not name.
            RedirectedElsewhere: it leads to another server, and this is no download or the way is not protected.
        """
        try:
            target = self._base.join(response.headers.get("location", ""))
        except (httpx.InvalidURL, ValueError):
            raise errors.RedirectedElsewhere(server=self.server) from None
        sound = bool(target.host) and not target.userinfo
        protected = target.scheme == "https" or (target.scheme == "http" and self._base.scheme == "http")
        if follow and sound and protected:
            if target.host not in {self._base.host, *self._files_from}:
                raise errors.FilesElsewhere(server=self.server, host=target.host[:100])
            return target
        if target.host == self._base.host:
            raise errors.Redirected(server=self.server)
        raise errors.RedirectedElsewhere(server=self.server)

    def _refusal(self, response: httpx.Response, until_s: float, *, hopped: bool) -> DikaloError:
        """Return the error that an answer outside 2xx stands for."""
        status = response.status_code
        if hopped and status in {*_REDIRECTS, 401, 403, 404}:
            return errors.Refused(server=self.server, status=status)  # says nothing about our account
        named = {401: errors.LoginRefused, 403: errors.NoRight, 404: errors.NotThere}
        if status in named:
            return named[status](server=self.server)
        wait_s = retry_after(
            response.headers.get("retry-after"), date=response.headers.get("date"), now=machine()
        )
        if status in {423, 429} or (status == 503 and wait_s is not None):
            minutes = 5 if wait_s is None else max(1, round(wait_s / 60 + 0.5))
            return errors.AskedToWait(server=self.server, status=status, minutes=minutes, wait_s=wait_s or 0)
        if status >= 500 and status != 501:
            return errors.ServerDown(server=self.server, status=status)
        return errors.Refused(
            server=self.server, status=status, server_code=self._server_code(response, until_s)
        )

    def _server_code(self, response: httpx.Response, until_s: float) -> str:
        """Return ODK Central's own number of a refusal, empty when there is none; nothing else of the body."""
        bounds = Bounds(limit=_CODE_LIMIT, budget_s=until_s - time.monotonic())
        body = Body(response, server=self.server, bounds=bounds, patience=self._patience)
        try:
            found = self._whole(body).json(_Numbered).code
        except DikaloError:
            return ""
        return bytes(found).decode("ascii") if _SERVER_CODE.fullmatch(bytes(found)) else ""

    def _file(self, body: Body) -> Body:
        """Return a body that is a file, and no page or message that came in its place."""
        kind = body.headers.get("content-type", "").lower()
        if "content-disposition" in body.headers or not ("html" in kind or "json" in kind):
            return body
        with closing(body):
            raise (
                errors.PageForPeople(server=self.server)
                if "html" in kind
                else errors.ShapeUnknown(server=self.server)
            )

    def _whole(self, body: Body) -> Answer:
        with closing(body):
            content = body.read()
        _log.debug("%d: %d bytes", body.status, len(content))
        return Answer(server=self.server, status=body.status, headers=body.headers, content=content)


class _Numbered(msgspec.Struct):
    code: msgspec.Raw = msgspec.Raw(b"")


def _origin(address: str, *, clear: bool) -> httpx.URL:
    """Return the address of a server, checked: nothing of it is repeated in an error unless it is a plain host."""
    try:
        url = httpx.URL(address.strip())
    except (httpx.InvalidURL, ValueError):
        raise errors.AddressUnusable from None
    plain = url.path in {"", "/"} and not (url.userinfo or url.query or url.fragment)
    if url.scheme not in {"http", "https"} or not plain or not _HOST.fullmatch(url.raw_host.decode("ascii")):
        raise errors.AddressUnusable
    if url.scheme == "http" and not clear and not _here(url.host):
        raise errors.ClearAddress(server=url.netloc.decode("ascii"))
    return url


def _here(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _same(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.host, _port(one)) == (other.scheme, other.host, _port(other))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)
