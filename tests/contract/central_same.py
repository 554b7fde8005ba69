"""How an answer of the stand-in is compared with a recorded one: what differs, in words. Knows no single recording.

Compared: the status, the headers that a client or a phone decides on, the members of JSON at every depth, the number of
a refusal and the members of its details, of XML the root, its namespace and the tags below it, of CSV the columns. Not compared: values,
texts of messages, order, and tags that a person's own answers bring.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import httpx
import msgspec
from lxml import etree

HERE: Final = Path(__file__).parents[1] / "recordings" / "central"
Kind = type[msgspec.Struct] | None
PRESENT: Final = (
    "location",
    "odata-version",
    "content-language",
    "x-openrosa-version",
    "x-openrosa-accept-content-length",
)
"""Headers whose presence is compared."""
_FREE: Final = {".preferences", ".details.got"}
"""Members whose own members are a person's."""


@dataclass(frozen=True)
class Recorded:
    """One recorded question and its answer."""

    name: str
    request: dict[str, Any]
    response: dict[str, Any]


def recorded(name: str) -> Recorded:
    """Return a recording."""
    said = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return Recorded(name, said["request"], said["response"])


def differences(want: dict[str, Any], got: httpx.Response, kind: Kind = None) -> list[str]:
    """Return what an answer has otherwise than a recorded one; ``kind`` = what our client reads of it."""
    if got.status_code != want["status"]:
        return [f"status {got.status_code} for {want['status']}"]
    body = want["body"]
    found = [*_headers(httpx.Headers(want["headers"]), got.headers, body)]
    if isinstance(body, dict | list):
        found += _members(body, got.json(), kind)
    elif _is_xml(want):
        found += _xml(body, got.content)
    elif httpx.Headers(want["headers"]).get("content-type", "").startswith("text/csv"):
        found += _columns(body, got.text)
    return found


def _members(body: Any, here: Any, kind: Kind) -> Iterator[str]:
    there, given = set(paths(body)), set(paths(here))
    yield from (f"invented {one}" for one in sorted(given - there))
    yield from (f"missing {one}" for one in sorted(there - given))
    read = set(reads(kind, "[]" if isinstance(body, list) else ""))
    yield from (f"read and missing {one}" for one in sorted((read & there) - given))
    if isinstance(body, dict) and "code" in body and body["code"] != here.get("code"):
        yield f"code {here.get('code')} for {body['code']}"


def paths(value: object, at: str = "") -> Iterator[str]:
    """Yield the places of all members; of a list, those of all its values together."""
    if isinstance(value, list):
        for one in value:
            yield from paths(one, f"{at}[]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{at}.{name}"
            if f"{at}.{name}" not in _FREE:
                yield from paths(inner, f"{at}.{name}")


def reads(kind: Kind, at: str) -> Iterator[str]:
    """Yield the places that our client reads, of an answer at ``at``."""
    for one in msgspec.structs.fields(kind) if kind else ():
        place = f"{at}.{one.encode_name}"
        yield place
        inner = [each for each in (one.type, *get_args(one.type)) if isinstance(each, type)]
        below = next((each for each in inner if issubclass(each, msgspec.Struct)), None)
        is_list = getattr(one.type, "__origin__", None) is tuple
        yield from reads(below, f"{place}[]" if is_list else place)


def _headers(want: httpx.Headers, got: httpx.Headers, body: object) -> Iterator[str]:
    there, here = decisive(want, body), decisive(got, body)
    yield from (
        f"header {name}: {here[name]} for {there[name]}" for name in there if there[name] != here[name]
    )
    if "x-openrosa-version" in want and "date" not in got:  # the recorder left it out, OpenRosa demands it
        yield "header date: False for True"


def decisive(headers: httpx.Headers, body: object) -> dict[str, str | bool]:
    """Return what is decided on; of ETags those of files, tables, and answers that say that nothing is new."""
    kind = headers.get("content-type", "").partition(";")[0]
    file = isinstance(body, str) and re.fullmatch(r"<[0-9]+ bytes .*>", body) is not None
    return {
        "content-type": kind,
        "content-disposition": headers.get("content-disposition", "").partition(";")[0],
        "etag": _etag(headers.get("etag", "")) if file or kind == "text/csv" else "",
        **{name: name in headers for name in PRESENT},
    }


def _etag(text: str) -> str:
    """Return what an ETag is made of: the bytes, the last change, or nothing that anybody relies on."""
    made = {"bytes": '"[0-9a-f]{32}"', "changes": 'W/"eventhash:[0-9a-f]{32}"'}
    return next((name for name, shape in made.items() if re.fullmatch(shape, text)), "")


def _is_xml(want: dict[str, Any]) -> bool:
    kind = httpx.Headers(want["headers"]).get("content-type", "").partition(";")[0]
    return kind in {"text/xml", "application/xml"} and want["body"].strip().startswith("<")


def _xml(want: str, got: bytes) -> Iterator[str]:
    there, here = etree.fromstring(want.strip().encode()), etree.fromstring(got)
    if there.tag != here.tag:
        yield f"root {here.tag} for {there.tag}"
    for tag in sorted(_tags(there) ^ _tags(here)):
        yield f"{'missing' if tag in _tags(there) else 'invented'} <{tag}>"


def _columns(want: str, got: str) -> Iterator[str]:
    there, here = (text.partition("\n")[0].split(",") for text in (want, got))
    if there != here:
        yield f"columns {here} for {there}"


def _tags(top: Any) -> set[str]:
    return {one.tag for one in top.iter(etree.Element)}
