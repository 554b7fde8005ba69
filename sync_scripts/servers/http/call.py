"""What a client is asked for and what it answers, as values whose ``repr`` shows neither address nor content."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from sync_scripts.servers.http.errors import AddressUnusable, JsonBroken, PageForPeople, ShapeUnknown
from sync_scripts.servers.nesting import too_deep

JSON_LIMIT = 64_000_000
XML_LIMIT = 10_000_000
FILE_LIMIT = 200_000_000

_T = TypeVar("_T")
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_PATH = re.compile(r"/(?!/)[!-~]*")
_DOTS = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)
_SENDABLE = re.compile(r"[ -~]*")
_HTML = re.compile(rb"\s*<(?:!doctype\s+)?html\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class Sent:
    """A body to send and its media type."""

    content: bytes
    kind: str

    @classmethod
    def json(cls, value: Any) -> Sent:  # whatever msgspec can encode
        """Return a JSON body."""
        return cls(msgspec.json.encode(value), "application/json")

    @classmethod
    def parts(cls, fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes, str]]) -> Sent:
        """Return a multipart body; a file is its name, its bytes and its media type."""
        made = httpx.Request("POST", "http://localhost", data=dict(fields), files=dict(files))
        return cls(made.read(), made.headers["content-type"])


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One thing to ask of a server.

    ``path`` begins with ``/`` and is already quoted, see `path`; ``params`` are quoted here. ``accept`` are statuses
    beyond 2xx that are an answer, not an error (404 = "not there yet"). ``at_once`` are statuses never tried again
    (504 = "ask for less"). ``repeatable`` says that asking twice does no more than once; ``None`` = the method says.
    ``anonymous`` sends no credential. ``limit`` bounds the body in bytes, packed and unpacked.
    """

    path: str
    method: str = "GET"
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: Sent | None = None
    accept: Collection[int] = ()
    at_once: Collection[int] = ()
    repeatable: bool | None = None
    anonymous: bool = False
    limit: int = JSON_LIMIT

    def __post_init__(self) -> None:
        """Refuse what cannot be sent, before a library quotes it in an error."""
        whole = _PATH.fullmatch(self.path) and "#" not in self.path
        if not whole or not all(_SENDABLE.fullmatch(value) for value in self.headers.values()):
            raise AddressUnusable

    @property
    def again(self) -> bool:
        """Tell whether asking twice does no more than once."""
        return self.method in _REPEATABLE if self.repeatable is None else self.repeatable


def path(*segments: str | int) -> str:
    """Return an absolute path, each segment quoted whole: a slash in a name stays in the name.

    Raises:
        AddressUnusable: a segment is empty, or made of dots and would climb.

    >>> path("v1", "projects", 3, "forms", "alerte été/1")
    '/v1/projects/3/forms/alerte%20%C3%A9t%C3%A9%2F1'
    """
    texts = [str(segment) for segment in segments]
    if not texts or any(not text or _DOTS.fullmatch(text) for text in texts):
        raise AddressUnusable
    return "".join(f"/{quote(text, safe='')}" for text in texts)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. ``headers`` have their names in small letters; ``content`` is unpacked."""

    server: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    def xml(self) -> bytes:
        """Return the content, of which the server says that it is XML, or nothing.

        A page of the network in place of a submission would else be kept for what a phone sent.

        Raises:
            PageForPeople: it is an HTML page.
            ShapeUnknown: it is something else.
        """
        kind = self.headers.get("content-type", "").lower()
        if "html" in kind or _HTML.match(self.content):
            raise PageForPeople(server=self.server)
        if kind and "xml" not in kind:
            raise ShapeUnknown(server=self.server)
        return self.content

    def json(self, kind: type[_T]) -> _T:
        """Return the content as a value of this kind.

        Raises:
            PageForPeople: it is an HTML page.
            JsonBroken: it is no whole JSON.
            ShapeUnknown: it is JSON of another shape.
        """
        html = "html" in self.headers.get("content-type", "").lower()
        if html or self.content[:64].lstrip().startswith(b"<"):
            raise PageForPeople(server=self.server)
        if too_deep(self.content):
            raise JsonBroken(server=self.server)
        try:
            return msgspec.json.decode(self.content, type=kind)
        except msgspec.ValidationError:
            raise ShapeUnknown(server=self.server) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise JsonBroken(server=self.server) from None
