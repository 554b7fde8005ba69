"""How a stand-in KoboToolbox words its answers, and how it reads what is sent to it."""

from __future__ import annotations

import mimetypes
import re
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

import httpx

OPENROSA = {"x-openrosa-version": "1.0", "x-openrosa-accept-content-length": "10000000"}
"""What every answer at the phones' address bears, refusals of the login excepted."""
DIGEST = (
    'Digest realm="DJANGO", qop="auth", nonce="invented", opaque="invented", algorithm="MD5", stale="false"'
)
RESPONSE = "http://openrosa.org/http/response"


def said(body: object, status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer in JSON."""
    return httpx.Response(status, json=body, headers=headers)


def gone() -> httpx.Response:
    """Return the answer that has nothing to say: what was asked for is deleted."""
    return httpx.Response(204)


def missing(kind: str = "") -> httpx.Response:
    """Return what is said of what is not there, and of what may not be seen; of some kinds of things it is named."""
    return said({"detail": f"No {kind} matches the given query." if kind else "Not found."}, 404)


def forbidden() -> httpx.Response:
    """Return what is said to an account without the right."""
    return said({"detail": "You do not have permission to perform this action."}, 403)


def page(status: int, text: str = "<!doctype html>\n<html></html>") -> httpx.Response:
    """Return an answer for people: errors of the server, and old addresses, are HTML."""
    return httpx.Response(status, html=text)


def nameless(answer: httpx.Response) -> httpx.Response:
    """Mark an answer that is given before anybody looked who asks: it names no account."""
    answer.extensions["nameless"] = True
    return answer


def xml(content: bytes, status: int = 200) -> httpx.Response:
    """Return an answer of the data in XML."""
    return httpx.Response(status, content=content, headers={"content-type": "application/xml; charset=utf-8"})


def rosa(text: str, at: datetime, status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer at the phones' address, with the headers that OpenRosa demands, the hour among them."""
    told = {"content-type": "text/xml; charset=utf-8", "date": format_datetime(at, usegmt=True)}
    content = f'<?xml version="1.0" encoding="utf-8"?>\n{text}' if text else ""
    return httpx.Response(status, content=content.encode(), headers=told | OPENROSA | headers)


def message(text: str, at: datetime, status: int, **headers: str) -> httpx.Response:
    """Return a sentence for a phone."""
    inner = f'<message nature="">{escape(text)}</message>'
    return rosa(f'<OpenRosaResponse xmlns="{RESPONSE}">{inner}</OpenRosaResponse>', at, status, **headers)


def stranger(text: str, root: str = "root") -> httpx.Response:
    """Return what phones are told without a login that counts: no header of OpenRosa, and a challenge."""
    headers = {"content-type": "text/xml; charset=utf-8", "www-authenticate": DIGEST}
    content = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<{root}><detail>{text}</detail></{root.partition(" ")[0]}>'
    )
    return httpx.Response(401, content=content.encode(), headers=headers)


def file(name: str, content: bytes, kind: str | None = None) -> httpx.Response:
    """Return a file as it is sent: its kind, and its name; what is neither picture nor sound is to be kept, not shown."""
    told = kind or kind_of(name)
    way = "inline" if told.startswith(("image/", "audio/", "video/")) else "attachment"
    headers = {"content-type": told, "content-disposition": f"{way}; filename={quote(name)}"}
    return httpx.Response(200, content=content, headers=headers)


def kind_of(name: str) -> str:
    """Return the kind of a file by its name."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def link(request: httpx.Request, start: int) -> str:
    """Return the address of the page that begins at ``start``; the first one needs no number unless it had one as an alias."""
    asked = {name: value for name, value in request.url.params.items() if name != "start"}
    if start > 0:
        asked["start"] = str(start)
    where = f"{base(request)}{request.url.path}"
    return f"{where}?{urlencode(sorted(asked.items()))}"


def base(request: httpx.Request) -> str:
    """Return the server's own address, as the question named it."""
    return f"{request.url.scheme}://{request.url.netloc.decode()}"


def parts(request: httpx.Request) -> dict[str, bytes]:
    """Return the parts of a form that was sent, by name; the name of a file may be any letters."""
    found: dict[str, bytes] = {}
    border = re.search(r'boundary="?([^";]+)', request.headers.get("content-type", ""))
    for part in request.content.split(f"--{border[1]}".encode())[1:-1] if border else ():
        head, _blank, content = part.partition(b"\r\n\r\n")
        name = re.search(r'[ ;]name="((?:[^"\\]|\\.)*)"', head.decode("utf-8", "replace"))
        if name:
            found[name[1]] = content.removesuffix(b"\r\n")
    return found
