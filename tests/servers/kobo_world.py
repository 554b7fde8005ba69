"""A stand-in for one account of KoboToolbox: a small state of submissions, and the answers computed from it.

Behaves as a real KoboToolbox was seen to behave, traps included: pages cut silently, an empty world for strangers,
404 without a right, an edit that keeps number, root and status, an XML list without row numbers, a status that is
shown empty when it was not asked for. Never reads a recorded answer.
"""

from __future__ import annotations

import itertools
import json
import mimetypes
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

import httpx
from lxml import etree

from tests.servers.kobo_forms import Forms

TOKEN = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - invented
BASE = "https://kobo.example"
FORM = "aFormulaireInvente00001"

Knob = Callable[[httpx.Request], httpx.Response | None]


@dataclass(slots=True)
class Submission:
    """One submission; only its present version can be read."""

    number: int
    root: str
    xml: bytes
    received: str
    replaced: str | None = None
    status: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes, bool]] = field(default_factory=dict)
    """By uid: name, bytes, deleted."""
    visible: bool = True
    phantom: bool = False  # left behind by a sending that failed: listed, without any XML
    submitter: str | None = "enum1"  # None: sent without an account

    @property
    def instance(self) -> str:
        """Return the id of the present version, with its prefix."""
        return _ids(self.xml)[0] or ""


@dataclass(slots=True)
class World:
    """One account with its forms and faults.

    Attributes:
        forms: submissions of each form, by uid.
        cap: rows of a page at most, whatever was asked; ``default`` when nothing was asked.
        knob: looks at a request first and may answer it in Kobo's place.
        log: method, path and status of every request.
        foreign: forms that the account may not see.
        phones: the address that phones use; "" = this one.
        manages: the account may manage its forms, and so read their history.
        history: lines of all forms, the oldest first.
    """

    forms: dict[str, list[Submission]] = field(default_factory=lambda: {FORM: []})
    cap: int = 1000
    default: int = 100
    knob: Knob = lambda _request: None
    log: list[tuple[str, str, int]] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)
    deployed: Forms = field(default_factory=Forms)
    phones: str = ""
    manages: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    _present: dict[tuple[str, str], Submission] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(7, 3))
    _files: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    # --- what happens in the world ---

    def tick(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def send(
        self,
        xml: bytes,
        files: dict[str, bytes] | None = None,
        *,
        form: str = FORM,
        visible: bool = True,
        by: str = "enum1",
    ) -> Submission:
        """Let a phone send a submission: a new one, an edit of one, or more files for one."""
        self.tick()
        instance, deprecated = _ids(xml)
        here = self.forms[form]
        found = self._sent(form, instance) or self._sent(form, deprecated)
        if found is None:
            stamp = re.search(rb'submissionDate="([^"]*)"', xml)
            at = stamp[1].decode()[:19] if stamp else self.now.strftime("%Y-%m-%dT%H:%M:%S")
            found = Submission(next(self._numbers), instance or "", xml, at, visible=visible)
            here.append(found)
            self._note(form, "add-submission", by, found)
        elif deprecated and found.instance == deprecated:
            found.xml, found.replaced = xml, deprecated
            self._note(form, "modify-submission", by, found)
        self._present[form, instance or ""] = found
        for name, content in (files or {}).items():
            found.files[f"att{next(self._files):05d}"] = (name, content, False)
        return found

    def _sent(self, form: str, instance: str | None) -> Submission | None:
        """Return the submission whose present version has an id; remembered, since ten thousand are many to look through."""
        one = self._present.get((form, instance or ""))
        return (
            one
            if one is not None and one.instance == instance and any(each is one for each in self.forms[form])
            else None
        )

    def twin(self, root: str, *, form: str = FORM) -> Submission:
        """Let a resend after a 500 make a second row with the same root."""
        one = self.find(root, form=form)
        made = Submission(next(self._numbers), one.root, one.xml, one.received)
        self.forms[form].append(made)
        return made

    def delete(self, root: str, *, form: str = FORM, by: str = "coord") -> None:
        """Let somebody delete a submission: nothing says so afterwards but the history."""
        found = self.find(root, form=form)
        self.forms[form].remove(found)
        self._note(form, "delete-submission", by, found)

    def _note(self, form: str, action: str, by: str, about: Submission | None = None, **more: str) -> None:
        """Write a line of the history; roots stand there without their prefix."""
        told = {"root_uuid": about.root.removeprefix("uuid:"), "submitted_by": "enum1"} if about else {}
        self.history.append(
            {
                "asset": form,
                "username": by,
                "action": action,
                "metadata": {"ip_address": "192.0.2.10", **({"submission": told | more} if about else {})},
                "date_created": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )

    def validate(self, root: str, uid: str, *, form: str = FORM, by: str = "coord") -> None:
        """Let somebody give a status."""
        self._note(form, "modify-submission", by, self.find(root, form=form), status="Approved")
        self.find(root, form=form).status = {
            "uid": uid,
            "timestamp": int(self.now.timestamp()),
            "by_whom": by,
            "label": "Approuvé",
        }

    def find(self, root: str, *, form: str = FORM) -> Submission:
        """Return one submission."""
        return next(one for one in self.forms[form] if one.root == root)

    # --- what a client sees ---

    def transport(self) -> httpx.MockTransport:
        """Return what our client speaks to; bodies come as a stream, as they do from a socket."""

        def streamed(request: httpx.Request) -> httpx.Response:
            said = self.answer(request)
            return httpx.Response(
                said.status_code, headers=said.headers, stream=httpx.ByteStream(said.content)
            )

        return httpx.MockTransport(streamed)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        said = self.knob(request) or self._route(request)
        self.log.append((request.method, request.url.path, said.status_code))
        return said

    def _route(self, request: httpx.Request) -> httpx.Response:  # noqa: PLR0911 - a table of addresses
        given = request.headers.get("authorization")
        if given is not None and given != f"Token {TOKEN}":
            return httpx.Response(401, json={"detail": "Invalid token."})
        parts = [
            unquote(one) for one in request.url.raw_path.decode().partition("?")[0].strip("/").split("/")
        ]
        base = f"{request.url.scheme}://{request.url.netloc.decode()}"
        if given is not None and (said := self.deployed.door(request.url.path, base)) is not None:
            return said
        match parts:
            case ["formList"]:
                refused = b'<?xml version="1.0"?><xforms xmlns="http://openrosa.org/xforms/xformsList"><detail/></xforms>'
                return httpx.Response(
                    401, content=refused, headers={"content-type": "text/xml; charset=utf-8"}
                )
            case ["me"]:
                return _json(
                    {"username": "coord", "server_time": self.now.isoformat()} if given else {"message": "x"}
                )
            case ["api", "v2", "environment"]:
                return _json({"open_rosa_server": self.phones or base, "project_history_log_lifespan": 744})
            case ["api", "v2", *_rest] if (
                given is not None and (said := self.deployed.answer(request, parts)) is not None
            ):
                return said
            case ["api", "v2", "assets"]:
                return self._assets(request.url.params, known=given is not None)
            case ["api", "v2", "assets", uid, *rest]:
                if (
                    rest and given is not None and uid not in self.forms
                ):  # what lies below an unknown form is no JSON
                    return httpx.Response(404, html="No Asset matches the given query.")
                seen = given is not None and uid in self.forms and uid not in self.foreign
                return self._asset(request, uid, rest) if seen else _missing()
        return httpx.Response(404, text="<html>not found</html>", headers={"content-type": "text/html"})

    def _assets(self, params: httpx.QueryParams, *, known: bool) -> httpx.Response:
        found = [uid for uid in sorted(self.forms) if uid not in self.foreign] if known else []
        start = int(params.get("start", 0))
        shown = [{"uid": uid, "name": "Alerte", "deployment_status": "deployed"} for uid in found[start:]]
        return _json({"count": len(found), "next": None, "previous": None, "results": shown})

    def _asset(  # noqa: PLR0911 - a table of addresses
        self, request: httpx.Request, uid: str, rest: list[str]
    ) -> httpx.Response:
        params = request.url.params
        match rest:
            case []:
                return _json({"uid": uid, "name": "Alerte", "deployment_status": "deployed"})
            case ["history"]:
                return self._told(uid, params)
            case ["data"]:
                self._note(uid, "view-data", "coord")
                return (
                    self._xml_list(uid, params) if params.get("format") == "xml" else self._data(uid, params)
                )
            case ["data", number]:
                one = next((one for one in self._shown(uid) if str(one.number) == number), None)
                if one is not None and not (one.phantom and params.get("format") == "xml"):
                    as_posted = b"<?xml version='1.0' ?>" + one.xml
                    return _xml(as_posted) if params.get("format") == "xml" else _json(_row(one, None))
            case ["data", number, "validation_status"] if request.method == "PATCH":
                return self._validated(uid, number, json.loads(request.content).get("validation_status.uid"))
            case ["data", number, "attachments", name]:
                held = [one.files.get(name) for one in self._shown(uid) if str(one.number) == number]
                if held and held[0] and not held[0][2]:
                    return _sent_as(held[0][0], held[0][1])
        return _missing()

    def _told(self, uid: str, params: httpx.QueryParams) -> httpx.Response:
        if not self.manages:
            detail = {"detail": "You do not have permission to perform this action."}
            return httpx.Response(403, json=detail)
        wanted = _asked(params.get("q", ""))
        found = [one for one in reversed(self.history) if one["asset"] == uid and wanted(one)]
        shown = [{name: one[name] for name in one if name != "asset"} for one in found]
        limit = int(params.get("limit", 100))
        return _json({"count": len(found), "next": None, "previous": None, "results": shown[:limit]})

    def _validated(self, uid: str, number: str, status: str | None) -> httpx.Response:
        one = next((one for one in self._shown(uid) if str(one.number) == number), None)
        if one is None:
            return _missing()
        if status not in _STATUSES:
            return httpx.Response(400, json={"detail": "unknown"})
        self.validate(one.root, status, form=uid)
        return _json(one.status)

    def _shown(self, uid: str) -> list[Submission]:
        return sorted((one for one in self.forms[uid] if one.visible), key=lambda one: one.number)

    def _matching(self, uid: str, params: httpx.QueryParams) -> list[Submission]:
        wanted = json.loads(params.get("query", "{}"))
        return [
            one for one in self._shown(uid) if all(_fits(one, name, rule) for name, rule in wanted.items())
        ]

    def _limit(self, params: httpx.QueryParams) -> int:
        return min(int(params.get("limit", self.default)), self.cap)

    def _data(self, uid: str, params: httpx.QueryParams) -> httpx.Response:
        found = self._matching(uid, params)
        fields = json.loads(params["fields"]) if "fields" in params else None
        shown = [_row(one, fields) for one in found[: self._limit(params)]]
        more = f"{BASE}/next" if len(shown) < len(found) else None
        return _json({"count": len(found), "next": more, "previous": None, "results": shown})

    def _xml_list(self, uid: str, params: httpx.QueryParams) -> httpx.Response:
        if "fields" in params or "sort" in params:
            said = _xml(b"<root><detail/></root>")
            return httpx.Response(400, content=said.content, headers=said.headers)
        found = self._matching(uid, params)
        shown = b"".join(one.xml for one in found[: self._limit(params)] if not one.phantom)
        head = f'<?xml version="1.0" encoding="utf-8"?><root><count>{len(found)}</count>'.encode()
        return _xml(
            head + b"<next>None</next><previous>None</previous><results>" + shown + b"</results></root>"
        )


def _asked(text: str) -> Callable[[dict[str, Any]], bool]:
    """Return the rule of a question to the history; a field that it does not know is met by nothing, without an error."""
    parts = re.findall(r'\(|\)|AND|OR|[a-z_]+:"[^"]*"|[a-z_]+:[a-z0-9-]+', text)

    def either() -> Callable[[dict[str, Any]], bool]:
        rules = [both()]
        while parts and parts[0] == "OR":
            parts.pop(0)
            rules.append(both())
        return lambda one: any(rule(one) for rule in rules)

    def both() -> Callable[[dict[str, Any]], bool]:
        rules = [single()]
        while parts and parts[0] == "AND":
            parts.pop(0)
            rules.append(single())
        return lambda one: all(rule(one) for rule in rules)

    def single() -> Callable[[dict[str, Any]], bool]:
        part = parts.pop(0)
        if part == "(":
            inner = either()
            parts.pop(0)
            return inner
        name, _colon, value = part.partition(":")
        if name.endswith("__gte"):
            return lambda one: str(_member(one, name.removesuffix("__gte")) or "") >= value.strip('"')
        return lambda one: _member(one, name) == value.strip('"')

    return either() if parts else lambda _one: True


def _member(one: dict[str, Any], name: str) -> Any:
    found: Any = one
    for part in name.split("__"):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _fits(one: Submission, name: str, rule: Any) -> bool:
    """Tell whether a row matches one rule; an unknown name matches nothing, without an error."""
    known = {"_id": one.number, "meta/rootUuid": one.root, "_submission_time": one.received}
    value: Any = known.get(name)
    if value is None:
        return False
    if not isinstance(rule, dict):
        return bool(value == rule)
    return all(_SIGNS[sign](value, bound) for sign, bound in rule.items())


_STATUSES = frozenset(f"validation_status_{word}" for word in ("approved", "not_approved", "on_hold"))
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$lt": operator.lt,
    "$lte": operator.le,
    "$in": lambda value, bounds: value in bounds,
}


def _row(one: Submission, fields: list[str] | None) -> dict[str, Any]:
    bare = one.instance.removeprefix("uuid:")
    attachments = [
        {
            "uid": uid,
            "media_file_basename": name,
            "filename": f"coord/attachments/x/{name}",
            "is_deleted": gone,
        }
        for uid, (name, _content, gone) in one.files.items()
    ]
    row: dict[str, Any] = {
        "_id": one.number,
        "meta/instanceID": one.instance,
        "_submission_time": one.received,
        "_submitted_by": one.submitter,
        "_validation_status": one.status,
        "_attachments": attachments,
    }
    row |= {"meta/deprecatedID": one.replaced} if one.replaced else {}
    if b"encryptedXmlFile" in one.xml:  # nothing of the answers, and the names of the files as text
        row |= {"base64EncryptedKey": "x", "encryptedXmlFile": "submission.xml.enc", "media/file": "x"}
    if fields is not None:
        row = {name: value for name, value in row.items() if name in fields}
        row.setdefault("_validation_status", {})
    return row | {"_uuid": bare, "meta/rootUuid": one.root}


@lru_cache(maxsize=50_000)
def _ids(xml: bytes) -> tuple[str | None, str | None]:
    root = etree.fromstring(xml)
    here = [one for one in root.iterchildren(tag=etree.Element) if etree.QName(one).localname == "meta"]
    found = {
        etree.QName(one).localname: one.text for meta in here for one in meta.iterchildren(tag=etree.Element)
    }
    return found.get("instanceID"), found.get("deprecatedID")


def _json(body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


def _xml(content: bytes) -> httpx.Response:
    return httpx.Response(200, content=content, headers={"content-type": "application/xml; charset=utf-8"})


def _sent_as(name: str, content: bytes) -> httpx.Response:
    """Return a file as it is sent: its kind, and its name; what is neither picture nor sound is to be kept, not shown."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    way = "inline" if kind.startswith(("image/", "audio/", "video/")) else "attachment"
    headers = {"content-type": kind, "content-disposition": f"{way}; filename={quote(name)}"}
    return httpx.Response(200, content=content, headers=headers)


def _missing() -> httpx.Response:
    return httpx.Response(404, json={"detail": "Not found."})
