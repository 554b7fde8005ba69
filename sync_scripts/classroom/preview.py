"""The preview of a form: addresses for a browser on this computer alone. It only hands out; nothing that is answered comes back.

GET  /                     the form in a phone's frame, once in each language, what the check says, what is unlike a phone
GET  /saved                a value that changes when the form is saved
GET  /phone/<n>            what stands in a frame: ODK Web Forms, opened in the form's n-th language
GET  /phone/<n>/form.xml   the form for it
GET  /media/<name>         a picture, sound or list beside the form
GET  /static/<name>, /library/<name>
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sync_scripts import texts
from sync_scripts.classroom.running import HERE, listen, serving
from xlsform import pages
from xlsform.preview import library, saves
from xlsform.preview.seen import BUTTONS, Seen, see

_STATIC: Final = Path(__file__).with_name("static")
_STATIC_TYPES: Final = {
    "icon.svg": "image/svg+xml",
    "phone.js": "text/javascript; charset=utf-8",
    "preview.css": "text/css; charset=utf-8",
    "preview.js": "text/javascript; charset=utf-8",
}
_IMPORTS: Final = json.dumps(
    {"imports": {"vue": "/library/vue.js", "@getodk/web-forms": "/library/index.js"}}
)
_IMPORTS_HASH: Final = base64.b64encode(hashlib.sha256(_IMPORTS.encode()).digest()).decode()
_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; "
_POLICY: Final = _NOTHING + (
    "script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; frame-ancestors 'none'"
)
_PHONE_POLICY: Final = _NOTHING + (
    # the library reads expressions by WebAssembly that lies in its own script, and writes its looks into the page
    f"script-src 'self' 'wasm-unsafe-eval' 'sha256-{_IMPORTS_HASH}'; style-src 'self' 'unsafe-inline'; connect-src 'self' data:; "
    "img-src 'self' blob: data:; media-src 'self' blob:; font-src data:; frame-ancestors 'self'"
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Preview:
    """One form as it stands now: read again when it was saved since it was read last."""

    def __init__(self, path: Path, root: Path, only: tuple[str, ...] = (), words: str = "fr") -> None:
        """Preview a form; ``only`` are the languages to show, ``words`` is the language of the page around them."""
        self.words = words
        self._path, self._root, self._only = path, root, only
        self._lock = threading.Lock()
        self._stamp: saves.Stamp | None = None
        self._seen: Seen | None = None

    def stamp(self) -> str:
        """Return a value that changes when the form is saved."""
        return hashlib.sha256(repr(saves.stamp(self._path, self._root)).encode()).hexdigest()[:16]

    def seen(self) -> Seen:
        """Return the form as it was saved last."""
        with self._lock:
            stamp = saves.stamp(self._path, self._root)
            if self._seen is None or stamp != self._stamp:
                self._stamp, self._seen = stamp, see(self._path, self._root)
            return self._seen

    def languages(self) -> list[str]:
        """Return the codes of the languages to show side by side: those asked for, else the first two."""
        spoken = list(self.seen().languages)
        return [one for one in spoken if one in self._only] or spoken[:2]


@contextmanager
def showing(preview: Preview, files: Path, *, port: int = 0) -> Iterator[str]:
    """Serve a preview until the block ends, to this computer only; give its address.

    Args:
        preview: what is shown.
        files: where the library lies.
        port: 0 for any free one.

    Raises:
        PortTaken: the port cannot be listened on.
    """
    with closing(listen(port, lan=False)) as listener, serving(make_app(preview, files), listener):
        yield f"http://{HERE}:{listener.getsockname()[1]}/"


def make_app(preview: Preview, files: Path) -> ASGIApp:
    """Return the preview as an application that a web server runs."""
    ask = _Addresses(preview, files)
    routes = [
        Route("/", ask.start),
        Route("/saved", ask.saved),
        Route("/phone/{number:int}", ask.phone),
        Route("/phone/{number:int}/form.xml", ask.form),
        Route("/media/{name}", ask.media),
        Route("/static/{name}", ask.static),
        Route("/library/{name}", ask.library),
    ]
    # a page elsewhere could give this computer a name of its own, and read the form through somebody's browser
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HERE, "localhost"], www_redirect=False)
    return Starlette(routes=routes, middleware=[hosts])


class _Addresses:
    """One method an address; run in threads."""

    def __init__(self, preview: Preview, files: Path) -> None:
        self._preview, self._files = preview, files

    def start(self, _request: Request) -> Response:
        """Show the frames side by side, what the check says and what is unlike a phone."""
        stamp, seen = self._preview.stamp(), self._preview.seen()
        names = [seen.languages[code] for code in self._preview.languages()]
        words = self._preview.words
        text = pages.page("sync_scripts", "preview.html", seen=seen, stamp=stamp, names=names, words=words)
        return _page(text, _POLICY)

    def saved(self, _request: Request) -> Response:
        """Tell the page's script whether the form was saved."""
        return JSONResponse({"stamp": self._preview.stamp()}, headers=_HEADERS)

    def phone(self, request: Request) -> Response:
        """Return what stands in a frame; the library does the rest."""
        code = self._language(request)
        language = code if code in texts.LANGUAGES else self._preview.words
        shown = {
            "imports": pages.Markup(_IMPORTS),  # noqa: S704 - a constant of this module
            "places": json.dumps(dict(self._preview.seen().places)),
            "language": language,
            "buttons": json.dumps({words: texts.said_in(language, words) for words in BUTTONS}),
        }
        return _page(pages.page("sync_scripts", "preview_phone.html", **shown), _PHONE_POLICY)

    def form(self, request: Request) -> Response:
        """Return the form, opened in the language of this frame."""
        return _file(self._preview.seen().xform(self._language(request)), "text/xml; charset=utf-8")

    def media(self, request: Request) -> Response:
        """Return one file beside the form."""
        return _file(self._preview.seen().file(request.path_params["name"]), "application/octet-stream")

    def static(self, request: Request) -> Response:
        """Return the look or a script of ours."""
        name = request.path_params["name"]
        known = name in _STATIC_TYPES
        return _file((_STATIC / name).read_bytes() if known else None, _STATIC_TYPES.get(name, ""))

    def library(self, request: Request) -> Response:
        """Return a file of the library, from this person's cache."""
        name = request.path_params["name"]
        known = name in library.FILES
        return _file((self._files / name).read_bytes() if known else None, "text/javascript; charset=utf-8")

    def _language(self, request: Request) -> str:
        codes = self._preview.languages()
        number: int = request.path_params["number"]
        return codes[min(number, len(codes) - 1)]


def _page(text: str, policy: str) -> Response:
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


def _file(content: bytes | None, kind: str) -> Response:
    if content is None:
        return PlainTextResponse("404\n", 404, headers=_HEADERS)
    return Response(content, headers={**_HEADERS, "Content-Type": kind})
