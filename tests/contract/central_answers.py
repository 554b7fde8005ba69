"""What every room of the stand-in Central answers with: JSON, XML, and a refusal with Central's own number and details.

Numbers and details: `lib/util/problem.js` of ODK Central; the whole part of a number is the HTTP status.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from typing import Any
from urllib.parse import quote

import httpx


class Failed(Exception):
    """An error answer of Central: its number, its words, what it names beside them."""

    def __init__(self, code: float, message: str = "Something went wrong.", **details: Any) -> None:
        super().__init__(message)
        self.status, self.code = int(code), code
        self.message = message
        self.details = details

    @property
    def body(self) -> dict[str, Any]:
        """Return what is sent."""
        said = {"message": self.message, "code": self.code}
        return said | ({"details": self.details} if self.details else {})

    def response(self) -> httpx.Response:
        """Return the answer as JSON."""
        return httpx.Response(self.status, json=self.body)


def missing() -> Failed:
    """Return: there is no such thing, or it is not for you."""
    return Failed(404.1, "Could not find the resource you were looking for.")


def forbidden() -> Failed:
    """Return: you may not."""
    return Failed(403.1, "The authentication you provided does not have rights to perform that action.")


def unknown_person() -> Failed:
    """Return: wrong password, no token, an unknown or an expired one. Central tells none from another."""
    return Failed(401.2, "Could not authenticate with the provided credentials.")


def lacking(field: str) -> Failed:
    """Return: a member is missing."""
    return Failed(400.2, f"Required parameter {field} missing.", field=field)


def unexpected(field: str, value: object, reason: str) -> Failed:
    """Return: a member has a value that it cannot have."""
    return Failed(
        400.8, f"Unexpected {field} value {value}; {reason}", field=field, value=value, reason=reason
    )


def wrong_type(field: str, expected: str) -> Failed:
    """Return: a member is of the wrong kind."""
    text = f"Invalid input data type: expected ({field}) to be ({expected})"
    return Failed(400.11, text, field=field, expected=expected)


def exists(table: str, **values: Any) -> Failed:
    """Return: there is one already; ``values`` are those that must be unique together."""
    named, held = ",".join(values), ",".join(str(one) for one in values.values())
    text = f"A resource already exists with {named} value(s) of {held}."
    return Failed(409.3, text, fields=list(values), values=list(values.values()), table=table)


def sent_json(request: httpx.Request) -> Any:
    """Return what a request brings."""
    return json.loads(request.content)


def extended(request: httpx.Request) -> bool:
    """Tell whether the asker wants everything that is known."""
    return str(request.headers.get("x-extended-metadata")) == "true"


def as_json(body: object) -> httpx.Response:
    """Return an answer in JSON."""
    return httpx.Response(200, json=body)


def done() -> httpx.Response:
    """Return: it is done, and there is nothing to show."""
    return as_json({"success": True})


def as_xml(content: bytes) -> httpx.Response:
    """Return an answer in XML: a form, or a submission exactly as it was sent."""
    return httpx.Response(200, content=content, headers={"content-type": "application/xml; charset=utf-8"})


def sent_as(name: str, content: bytes, *, shown: bool = False) -> httpx.Response:
    """Return a file as a Central sends it: its kind, its name, and the MD5 of its bytes as its ETag."""
    way = "inline" if shown else "attachment"
    headers = {
        "content-type": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "content-disposition": f"{way}; filename*=UTF-8''{quote(name)}",
        "etag": f'"{md5(content)}"',
    }
    return httpx.Response(200, content=content, headers=headers)


def unless_known(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    """Return an answer, or only its ETag when the asker holds it already."""
    etag = answer.headers.get("etag")
    if not etag or request.headers.get("if-none-match") != etag:
        return answer
    return httpx.Response(304, headers={"etag": etag})


def md5(content: bytes) -> str:
    """Return the digest that Central names files and forms by."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
