"""The addresses that ODK Collect asks for, under one secret path; answers exactly as Collect checks them.

    GET  <base>                              the start page, for people
    GET  <base>/received.json                how many came in, and the last ones by form and time
    GET  <base>/formList                     Collect's list of forms
    GET  <base>/forms/<id>/form.xml          a form
    GET  <base>/forms/<id>/manifest          the files beside it
    GET  <base>/forms/<id>/media/<name>      one of them
    HEAD <base>/submission                   204, and how much a post may hold
    POST <base>/submission                   201 when the disk has it, else a sentence that the phone shows

Query parameters are not read, except ``formID`` and ``lang``: Collect appends a ``deviceID`` to everything, which is
nobody's business here. Nothing is logged but the class of an unforeseen fault.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync_scripts.classroom import errors, page, protocol
from sync_scripts.classroom.desk import Arrival, Desk
from sync_scripts.classroom.errors import (
    BodyTooLarge,
    FormNotServed,
    HostUnknown,
    NotFound,
    OwnFault,
    Refused,
    Unkept,
)
from sync_scripts.classroom.inbox import XML_NAME, Kept
from sync_scripts.classroom.multipart import Post
from sync_scripts.classroom.page import SlowDoor
from sync_scripts.classroom.protocol import ServedForm, open_envelope
from sync_scripts.clock import machine
from sync_scripts.errors import N_, DikaloError

ACCEPTED: Final = 50_000_000
"""Bytes of form and files that a phone is told to put into one post."""
LARGEST: Final = 50 * 1024 * 1024
"""Bytes of a whole body: more than `ACCEPTED` by what the boundaries and headers of the parts need."""
_DRAINED: Final = 2 * LARGEST
"""Bytes read and thrown away so that a phone gets to read why it was refused, instead of a broken connection."""
_XML: Final = "text/xml; charset=utf-8"
_STATIC: Final = Path(__file__).with_name("static")
_STATIC_TYPES: Final = {
    "page.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_HOST: Final = re.compile(r"([0-9.]{7,15}|\[[0-9A-Fa-f:.]{2,45}\]|localhost)(:[0-9]{1,5})?")
_THANKS: Final = N_("Thank you, the form has arrived.")
_THANKS_AGAIN: Final = N_("Thank you, this form had already arrived.")
_GO_ON: Final = N_("Received; the rest is still to come.")
_HEADERS: Final = {
    "X-OpenRosa-Version": "1.0",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": page.POLICY,
}

_log = logging.getLogger(__name__)


def make_app(desk: Desk) -> ASGIApp:
    """Return the classroom as an application that a web server runs."""
    ask, base = _Addresses(desk), desk.path
    door = SlowDoor(desk.path, desk.short_path)
    routes = [
        Route(base, ask.start_page),
        Route(f"{base}/received.json", ask.received),
        Route(f"{base}/static/{{name}}", ask.static),
        Route(f"{base}/formList", ask.form_list),
        Route(f"{base}/forms/{{form}}/form.xml", ask.form),
        Route(f"{base}/forms/{{form}}/manifest", ask.manifest),
        Route(f"{base}/forms/{{form}}/media/{{name}}", ask.media),
        Route(f"{base}/submission", ask.before_submission, methods=["HEAD"]),
        Route(f"{base}/submission", ask.submission, methods=["POST"]),
    ]
    return _Door(Router(routes, redirect_slashes=False, default=_nothing_here), door)


class _Addresses:
    """One method an address. Those that only read are run in threads by the router."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def start_page(self, request: Request) -> Response:
        """Show the page for people, in the language of ``?lang=`` or of the browser."""
        language = page.choose_language(
            request.query_params.get("lang"), request.headers.get("accept-language", "")
        )
        content = page.render(self._desk, language)
        headers = {"Content-Language": language, "Vary": "Accept-Language"}
        return Response(content, media_type="text/html; charset=utf-8", headers=headers)

    def received(self, request: Request) -> Response:
        """Tell the start page's script what came in."""
        return JSONResponse(page.live(self._desk, page.choose_language(request.query_params.get("lang"), "")))

    def static(self, request: Request) -> Response:
        """Hand out the look, the script and the sign of the start page."""
        name = request.path_params["name"]
        if name not in _STATIC_TYPES:
            raise NotFound
        return Response((_STATIC / name).read_bytes(), headers={"Content-Type": _STATIC_TYPES[name]})

    def form_list(self, request: Request) -> Response:
        """Return the forms of this class, or the one asked for by ``formID``."""
        wanted = request.query_params.get("formID")
        shelf = self._desk.shelf
        rows = [
            (form, bool(shelf.media(form)))
            for form in shelf.forms
            if wanted is None or form.form_id == wanted
        ]
        return Response(protocol.form_list(self._base(request), rows), headers={"Content-Type": _XML})

    def form(self, request: Request) -> Response:
        """Return the exact bytes of a form."""
        return Response(self._asked_form(request).xform, headers={"Content-Type": _XML})

    def manifest(self, request: Request) -> Response:
        """Return which files lie beside a form now."""
        form = self._asked_form(request)
        text = protocol.manifest(self._base(request), form, self._desk.shelf.media(form))
        return Response(text, headers={"Content-Type": _XML})

    def media(self, request: Request) -> Response:
        """Return the exact bytes of one of those files."""
        found = self._desk.shelf.media(self._asked_form(request))
        content = next((file.content for file in found if file.name == request.path_params["name"]), None)
        if content is None:
            raise NotFound
        return Response(content, headers={"Content-Type": "application/octet-stream"})

    def before_submission(self, _request: Request) -> Response:
        """Tell a phone that it may post, and how much at once: 204 and no body, or Collect gives up."""
        return Response(status_code=204, headers={"X-OpenRosa-Accept-Content-Length": str(ACCEPTED)})

    async def submission(self, request: Request) -> Response:
        """Keep what a phone sends; the answer 201 goes out after the disk has it."""
        body = _Body(request)
        try:
            kept = await self._take(body, request.headers.get("content-type", ""))
        except Refused as refused:
            return _refusal(refused, close=not await body.drain())
        except OSError:
            return _refusal(Unkept(), close=not await body.drain())
        message = _GO_ON if not kept.complete else _THANKS if kept.new else _THANKS_AGAIN
        return _said(errors.on_one_line(message), 201)

    async def _take(self, body: _Body, content_type: str) -> Kept:
        with self._desk.inbox.receiving() as folder:
            post = Post(folder, content_type)
            try:
                async for piece in body.pieces():
                    self._desk.inbox.take_room(folder, len(piece))
                    post.feed(piece)
                post.finish()
            finally:
                post.close()
            return await run_in_threadpool(self._settle, folder, last=post.last)

    def _settle(self, folder: Path, *, last: bool) -> Kept:
        envelope = open_envelope((folder / XML_NAME).read_bytes())
        form = self._desk.shelf.form(envelope.form_id)
        if form is None:
            raise FormNotServed
        readable = not envelope.encrypted or any(_is_readable(path) for path in folder.iterdir())
        kept = self._desk.inbox.keep(folder, envelope, last=last)
        if kept.new:
            self._desk.arrived(Arrival(form.title, machine(), in_clear=form.encrypts and readable))
        return kept

    def _asked_form(self, request: Request) -> ServedForm:
        form = self._desk.shelf.form(request.path_params["form"])
        if form is None:
            raise FormNotServed
        return form

    def _base(self, request: Request) -> str:
        """Return the base address by which this phone came, so that the links work for it too."""
        return f"http://{request.headers['host']}{self._desk.path}"


class _Body:
    """The bytes of a request, counted; over `LARGEST` it refuses."""

    def __init__(self, request: Request) -> None:
        self._stream = request.stream()
        self._read = 0
        declared = request.headers.get("content-length", "")
        self._declared = int(declared) if declared.isdecimal() else 0

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield what comes.

        Raises:
            BodyTooLarge: more was announced or came than may.
        """
        if self._declared > LARGEST:
            raise BodyTooLarge(megabytes=ACCEPTED // 1_000_000)
        async for piece in self._stream:
            self._read += len(piece)
            if self._read > LARGEST:
                raise BodyTooLarge(megabytes=ACCEPTED // 1_000_000)
            yield piece

    async def drain(self) -> bool:
        """Read on without keeping: a phone hears the answer only after it has said all. False: that was too much."""
        if self._declared > _DRAINED:
            return False
        async for piece in self._stream:
            self._read += len(piece)
            if self._read > _DRAINED:
                return False
        return True


class _Door:
    """What every request passes: one spelling of the path, the headers of the protocol, no fault let out."""

    def __init__(self, inside: ASGIApp, codes: SlowDoor) -> None:
        self._inside = inside
        self._codes = codes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a person who hung up gets none."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_RAW_HEADERS]
            await send(message)

        try:
            if scope["type"] == "http":
                _require_host(scope)
                scope = {**scope, "path": self._codes.straight(scope["path"].rstrip("/"), _client(scope))}
            await self._inside(scope, receive, send_with_headers)
        except ClientDisconnect:
            return
        except Refused as refused:
            await _plain(refused)(scope, receive, send_with_headers)
        except Exception as fault:  # noqa: BLE001 - whatever it is, a phone gets a sentence and no log gets a value
            _log.error("%s %s", OwnFault.code, type(fault).__name__)
            await _refusal(OwnFault())(scope, receive, send_with_headers)


def _client(scope: Scope) -> str:
    """Return the address that a request comes from; "" where the system does not say."""
    found = scope.get("client")
    return str(found[0]) if found else ""


def _require_host(scope: Scope) -> None:
    """Refuse a request to a name: a page elsewhere could give this computer one, and read it through somebody's browser.

    Raises:
        HostUnknown: the host is no address in numbers.
    """
    found = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    if len(found) != 1 or not (given := _HOST.fullmatch(found[0])):
        raise HostUnknown
    if given[1] != "localhost":
        try:
            ipaddress.ip_address(given[1].strip("[]"))
        except ValueError:
            raise HostUnknown from None


_RAW_HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]


async def _nothing_here(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise NotFound


def _refusal(refused: DikaloError, *, close: bool = False) -> Response:
    response = _said(errors.of_error(refused), refused.status)
    if close:
        response.headers["Connection"] = "close"
    return response


def _said(message: str, status: int) -> Response:
    text = protocol.response(message, success=status < 400)
    return Response(text, status_code=status, headers={"Content-Type": _XML})


def _plain(refused: DikaloError) -> Response:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    return Response(errors.of_error(refused) + "\n", status_code=refused.status, headers=headers)


def _is_readable(path: Path) -> bool:
    return path.name != XML_NAME and path.suffix != ".enc"
