"""What is the same in an answer of the stand-in of KoboToolbox and in a recorded one: status, headers, members, nodes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from lxml import etree

from tests.contract.central_same import reads

Kind = type[msgspec.Struct] | None
OMITTED: Final = re.compile(
    r"(\.asset|\.results\[\])?\.(settings|summary|downloads|export_settings|exports|map_|report_|hooks_link|xls_link|xform_link"
    r"|assignable_permissions)"  # of a form
    r"|\.(asset|results\[\])\.(files\[\]|data_sharing)\."  # the recorder's form had some by then
    r"|\.messages\.(audit_logs|created\[\]\.summary|updated\[\]\.summary)"  # of an import
    r"|\.metadata"  # of a list of forms, when it is asked for
    r"|\.(accepted_tos|date_joined|extra_details|first_name|last_name|git_rev|gravatar|last_login|organization"
    r"|social_accounts|validated_password)"  # of an account
    r"|\.(allow_self_account_deletion|frontend_|mfa_enabled|submission_placeholder|usage_limit)"  # of the server
)
"""What the stand-in leaves out because only the server's own pages read it. Nothing else may lack, and nothing be added."""
PRESENT: Final = ("location", "www-authenticate", "x-kobonaut", "etag")
"""Headers that are there or not; what they say is the server's own."""


def compare(said: dict[str, Any], got: httpx.Response, kind: Kind) -> None:
    """Compare an answer with a recorded one: status, the headers that a client may decide on, members, nodes of XML."""
    want = said["response"]
    assert got.status_code == want["status"]
    assert decisive(got.headers) == decisive(httpx.Headers(want["headers"]))
    assert (
        "date" in got.headers or "x-openrosa-version" not in got.headers
    )  # the recorder removed it; the protocol asks for it
    if isinstance(want["body"], str) and "xml" in want["headers"].get("Content-Type", "") and want["body"]:
        assert nodes(got.content) == nodes(want["body"].encode())
        if want["status"] > 201:  # a refusal, or that it was there already
            assert words(got.content) == words(want["body"].encode())
    if not isinstance(want["body"], dict | list):
        return
    if want["status"] >= 400 or "detail" in want["body"]:
        assert got.json() == want["body"]
    there, here = whole(want["body"], said), whole(got.json(), said)
    read = set(reads(kind, "[]" if isinstance(want["body"], list) else ""))

    assert here - there == set()
    assert {one for one in there - here if want["status"] >= 400 or not OMITTED.match(one)} == set()
    assert (read & there) - here == set()
    if kind is not None and isinstance(want["body"], dict):
        msgspec.json.decode(got.content, type=kind, strict=False)


def cut(said: dict[str, Any]) -> tuple[str, ...]:
    """Return the places of which a recording tells nothing: what was trimmed, and below what is empty in it."""
    there = set(paths(said["response"]["body"]))
    bare = [f"{place}{sign}" for place in there for sign in ("[]", ".") if not below(place, sign, there)]
    trimmed = (one.removeprefix("/response/body") for one in said.get("trimmed", ()))
    bare += [re.sub(r"/(\*|[0-9]+)", "[]", one).replace("/", ".") for one in trimmed]
    return tuple(one for one in bare if one)


def whole(body: object, said: dict[str, Any]) -> set[str]:
    """Return the places of all members that a recording shows."""
    bare = cut(said)
    return {one for one in paths(body) if not one.startswith(bare)}


def answers(body: Any) -> list[Any]:
    """Return what rows say: their answers, and of each file its name, its place and whether it is deleted."""
    rows = body.get("results", [body]) if isinstance(body, dict) else []
    told = []
    for row in rows:
        if "meta/rootUuid" in row:
            files = (
                [
                    (one["media_file_basename"], one["question_xpath"], one["is_deleted"])
                    for one in row["_attachments"]
                ]
                if "_attachments" in row
                else []
            )
            own = {
                name: row[name]
                for name in row
                if not name.startswith(("_", "meta/", "formhub/", "start", "end", "base64"))
            }
            told.append((own, sorted(files), row.get("_geolocation"), row["_validation_status"].get("uid")))
    return told


def nodes(content: bytes) -> set[tuple[str, ...]]:
    """Return the tags of an XML, namespaces included, down to the third; rows in a list are not looked into."""
    found = set[tuple[str, ...]]()
    root = etree.fromstring(content)
    for one in root.iter(tag=etree.Element):
        path = tuple(each.tag for each in (*reversed(list(one.iterancestors())), one))
        if len(path) <= (2 if root.tag == "root" and root.find("results") is not None else 3):
            found.add(path)
    return found


def words(content: bytes) -> list[str]:
    """Return the texts of an XML."""
    return [text.strip() for text in map(str, etree.fromstring(content).itertext()) if text.strip()]


def decisive(headers: httpx.Headers) -> dict[str, str | bool]:
    """Return what a client decides on: the kind of the content, whether it is a file, who it is for, whose protocol."""
    kinds = {
        name: headers.get(name, "").partition(";")[0] for name in ("content-type", "content-disposition")
    }
    return (
        kinds
        | {name: name in headers for name in PRESENT}
        | {name: headers.get(name, "") for name in ("x-openrosa-version", "x-openrosa-accept-content-length")}
    )


def paths(value: object, at: str = "") -> Iterator[str]:
    """Yield the places of all members, of all values of a list."""
    if isinstance(value, list):
        for one in value:
            yield from paths(one, f"{at}[]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{at}.{name}"
            yield from paths(inner, f"{at}.{name}")


def below(place: str, sign: str, there: set[str]) -> bool:
    """Tell whether a recorded member has members; of an empty one it shows nothing."""
    return any(one.startswith(f"{place}{sign}") for one in there)


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))
