"""A stand-in for one project of ODK Central: a small state of submissions, and the answers computed from it.

Behaves as a real Central was seen to behave, traps included: newest first, deleted rows only when the filter names
``deletedAt``, an edit keeps its root, a late file and a restore move no stamp, an unknown page token ends the list
silently. Never reads a recorded answer. ``World.transport`` hands it to our client without a socket.
"""

from __future__ import annotations

import base64
import hashlib
import json
import mimetypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx
from lxml import etree

from tests.servers.central_forms import Forms, sent_as

PROJECT = 7
EMAIL, PASSWORD = "lecture@example.org", "phrase-inventee-12"
BASE = "https://central.example"
STORE = "s3.example"


@dataclass(slots=True)
class Version:
    """One version of a submission, exactly as it was sent."""

    instance_id: str
    xml: bytes
    created: str


@dataclass(slots=True)
class Submission:
    """One submission; ``files`` are those announced, ``None`` = not arrived."""

    root: str
    created: str
    submitter: str
    versions: list[Version]
    updated: str | None = None
    deleted: str | None = None
    review: str | None = None
    files: dict[str, bytes | None] = field(default_factory=dict)
    visible: bool = True

    @property
    def present(self) -> Version:
        """Return the version that counts."""
        return self.versions[-1]


class Failed(Exception):
    """An error answer of Central."""

    def __init__(self, status: int, code: float, message: str = "Something went wrong.") -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "code": code}


_MISSING = (404, 404.1, "Could not find the resource you were looking for.")
_REFUSED = (401, 401.2, "Could not authenticate with the provided credentials.")

Knob = Callable[[httpx.Request], httpx.Response | None]


@dataclass(slots=True)
class World:
    """One project with its forms, accounts and faults.

    Attributes:
        forms: submissions of each form, in the order of their arrival.
        knob: looks at a request first and may answer it in Central's place.
        log: method, path and status of every request.
        cap: the largest page the server gives, whatever was asked.
        views: the account may read, and nothing more.
        store: files of submissions lie in a store elsewhere, to which the server leads.
    """

    forms: dict[str, list[Submission]] = field(default_factory=dict)
    knob: Knob = lambda _request: None
    log: list[tuple[str, str, int]] = field(default_factory=list)
    cap: int = 1_000_000
    store: bool = False
    views: bool = False
    logins: int = 0
    now: datetime = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    tokens: set[str] = field(default_factory=set)
    published: Forms = field(default_factory=Forms)

    # --- what happens in the world ---

    def tick(self, seconds: float = 0.001) -> str:
        """Let time pass and return the new stamp."""
        self.now += timedelta(seconds=seconds)
        return self.stamp()

    def stamp(self) -> str:
        """Return the server's clock as it writes it."""
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def send(
        self, form: str, xml: bytes, files: dict[str, bytes | None] | None = None, *, visible: bool = True
    ) -> Submission:
        """Let a phone send a submission: a new one, an edit of one, or more files for one."""
        instance, deprecated = _ids(xml)
        here = self.forms.setdefault(form, [])
        for one in here:
            if deprecated and one.present.instance_id == deprecated:
                one.updated = self.tick()
                one.versions.append(Version(instance or "", xml, one.updated))
                one.review = "edited"
                one.files.update(files or {})
                return one
            if instance and one.present.instance_id == instance:
                one.files.update(files or {})
                return one
        at = self.tick()
        root = instance or hashlib.md5(xml + at.encode(), usedforsecurity=False).hexdigest()
        made = Submission(root, at, "Enquêteur 1", [Version(instance or root, xml, at)], visible=visible)
        made.files.update(files or {})
        here.append(made)
        return made

    def submit(self, form: str, xml: bytes, files: dict[str, bytes]) -> None:
        """Take what a phone sends as a Central does: only files that fields ``f0``, ``f1`` … name, no stale edit.

        Raises:
            ValueError: it is refused; the text is the status.
        """
        instance, deprecated = _ids(xml)
        held = {each.instance_id: (one, each) for one in self.forms.get(form, []) for each in one.versions}
        if instance in held and held[instance][1].xml != xml:
            raise ValueError("409")
        if deprecated and instance not in held:
            if deprecated not in held:
                raise ValueError("404")
            if held[deprecated][0].present.instance_id != deprecated:
                raise ValueError("409")
        named = [name.decode() for name in re.findall(rb"<f[0-9]>([^<]+)", xml)]
        named += announced(xml)
        there = held[instance][0].files if instance in held else {}
        self.send(form, xml, {name: files.get(name, there.get(name)) for name in named})

    def late_file(self, form: str, root: str, name: str, content: bytes) -> None:
        """Let a file arrive; no stamp moves."""
        self.find(form, root).files[name] = content

    def delete(self, form: str, root: str) -> None:
        """Let somebody put a submission into the trash."""
        self.find(form, root).deleted = self.tick()

    def restore(self, form: str, root: str) -> None:
        """Let somebody take it out again; no stamp moves."""
        self.find(form, root).deleted = None

    def purge(self, form: str, root: str) -> None:
        """Let the nightly purge take it."""
        self.forms[form].remove(self.find(form, root))

    def review(self, form: str, root: str, state: str | None) -> None:
        """Let somebody review it."""
        one = self.find(form, root)
        one.review, one.updated = state, self.tick()

    def find(self, form: str, root: str) -> Submission:
        """Return one submission."""
        return next(one for one in self.forms[form] if one.root == root)

    # --- what a client sees ---

    def transport(self) -> httpx.MockTransport:
        """Return what our client speaks to; bodies come as a stream, as they do from a socket."""

        def streamed(request: httpx.Request) -> httpx.Response:
            said = self.answer(request)
            body = b"" if request.method == "HEAD" else said.content
            return httpx.Response(said.status_code, headers=said.headers, stream=httpx.ByteStream(body))

        return httpx.MockTransport(streamed)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        response = self.knob(request)
        if response is None:
            try:
                response = self._route(request)
            except Failed as failed:
                response = httpx.Response(failed.status, json=failed.body)
        response.headers["date"] = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        self.log.append((request.method, request.url.path, response.status_code))
        return response

    def _route(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == STORE:
            return self._stored(request)
        parts = [unquote(one) for one in request.url.raw_path.decode().partition("?")[0].split("/")[1:]]
        if parts[:1] != ["v1"]:
            raise Failed(404, 404.3 if re.fullmatch("v[0-9]+", parts[0]) else 404.2)
        if parts[1:] == ["sessions"] and request.method == "POST":
            return self._login(request)
        if parts[1:2] == ["sessions"] and request.method == "DELETE":
            known = parts[2] in self.tokens or self.published.revoke(parts[2])
            self.tokens.discard(parts[2])
            return _json({"success": True}) if known else httpx.Response(403, json={"code": 403.1})
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Failed(*_REFUSED)
        if parts[1:] == ["users", "current"]:
            rights: dict[str, list[str]] = {"verbs": []} if _extended(request) else {}
            return _json({"id": 5, "type": "user", "displayName": "Lecture", **rights})
        if parts[1:] == ["projects"]:  # the rights come with the list also unasked
            verbs = ["form.read", "submission.read"]
            shown = {"id": PROJECT, "name": "Essai", "archived": False, "keyId": None, "verbs": verbs}
            return _json([shown])
        if parts[1:3] != ["projects", str(PROJECT)]:
            raise Failed(*_MISSING)
        return self._project(request, parts[3:])

    def _login(self, request: httpx.Request) -> httpx.Response:
        said = json.loads(request.content)
        if not {"email", "password"} <= said.keys():
            raise Failed(400, 400.3)
        if (said.get("email"), said.get("password")) != (EMAIL, PASSWORD):
            raise Failed(*_REFUSED)
        self.logins += 1
        token = f"jeton{self.logins}"
        self.tokens.add(token)
        day = (self.now + timedelta(days=1)).isoformat()
        return _json({"token": token, "csrf": "c", "expiresAt": day, "createdAt": self.stamp()})

    def _project(self, request: httpx.Request, rest: list[str]) -> httpx.Response:
        if self.views and (request.method != "GET" or rest[:1] == ["app-users"]):
            raise Failed(403, 403.1)
        if (said := self.published.answer(request, rest)) is not None:
            return said
        match rest:
            case []:
                rights = {"verbs": ["form.read", "submission.read"]} if _extended(request) else {}
                return _json({"id": PROJECT, "name": "Essai", "archived": False, "keyId": None, **rights})
            case ["forms"]:
                return _json([self._form(name) for name in self.forms])
            case ["forms", name, *below] if name.removesuffix(".svc") in self.forms:
                return self._below(request, name, below)
        raise Failed(*_MISSING)

    def _form(self, name: str) -> dict[str, Any]:
        return {"projectId": PROJECT, "xmlFormId": name, "version": "2026110101", "state": "open"}

    def _below(  # noqa: PLR0911 - a table of addresses
        self, request: httpx.Request, name: str, rest: list[str]
    ) -> httpx.Response:
        form = name.removesuffix(".svc")
        match rest:
            case ["Submissions"] if name != form:
                return self._feed(form, request.url.params)
            case ["submissions"]:
                trash = request.url.params.get("deleted") == "true"
                shown = [one for one in self._shown(form) if (one.deleted is not None) == trash]
                return _json([_listed(one) for one in shown])
            case ["submissions", "keys"]:
                sealed = [one.present.xml for one in self._shown(form) if announced(one.present.xml)]
                by_server = {"[encrypted:" in _form_version(xml) for xml in sealed}
                common = {"public": "x", "hint": None, "createdAt": self.stamp()}
                return _json([{"id": 2 + one, "managed": one or None, **common} for one in sorted(by_server)])
            case ["submissions", root] if request.method == "DELETE":
                self.delete(form, root)
                return _json({"success": True})
            case ["submissions", root, "restore"] if request.method == "POST":
                self.restore(form, root)
                return _json({"success": True})
            case ["submissions", root] if request.method == "PATCH":
                return self._reviewed(form, root, json.loads(request.content).get("reviewState"))
            case ["submissions", root, *below]:
                return self._one(form, root, below, extended=_extended(request))
            case [] if name == form:
                return _json(self._form(form))
        raise Failed(*_MISSING)

    def _shown(self, form: str) -> list[Submission]:
        """Return the committed submissions, newest first."""
        return sorted(
            (one for one in self.forms[form] if one.visible),
            key=lambda one: (one.created, one.root),
            reverse=True,
        )

    def _reviewed(self, form: str, root: str, state: str | None) -> httpx.Response:
        if state not in {None, "hasIssues", "approved", "rejected"}:
            raise Failed(400, 400.8)
        self.review(form, root, state)
        said = _listed(self.find(form, root))
        return _json({name: value for name, value in said.items() if name != "currentVersion"})

    def _one(self, form: str, root: str, rest: list[str], *, extended: bool = False) -> httpx.Response:
        root, xml = (root.removesuffix(".xml"), True) if not rest and root.endswith(".xml") else (root, False)
        one = next((one for one in self._shown(form) if one.root == root and not one.deleted), None)
        if one is None:
            raise Failed(*_MISSING)
        match rest:
            case []:
                return _xml(one.present.xml) if xml else _json(_listed(one))
            case ["versions"]:
                return _json([_version(one, each, extended=extended) for each in reversed(one.versions)])
            case ["versions", name]:
                found = [each.xml for each in one.versions if each.instance_id == name.removesuffix(".xml")]
                if found and name.endswith(".xml"):
                    return _xml(found[0])
            case ["attachments"]:
                return _json(
                    [{"name": name, "exists": data is not None} for name, data in sorted(one.files.items())]
                )
            case ["attachments", name] if (content := one.files.get(name)) is not None:
                if self.store:
                    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
                    where = f"https://{STORE}/seau/blob-{len(content)}-{digest}?X-Amz-Signature=x"
                    return httpx.Response(307, headers={"location": where})
                return sent_as(
                    name, content, shown=(mimetypes.guess_type(name)[0] or "").startswith("image/")
                )
        raise Failed(*_MISSING)

    def _stored(self, request: httpx.Request) -> httpx.Response:
        """Answer in the store's place: by name, to whoever brings no credential of ours, and only the whole file."""
        asked = request.url.path.rpartition("-")[2]
        every = [data for some in self.forms.values() for one in some for data in one.files.values() if data]
        found = [data for data in every if hashlib.sha1(data, usedforsecurity=False).hexdigest() == asked]
        if "authorization" in request.headers or request.method != "GET" or not found:
            return httpx.Response(403)
        return httpx.Response(200, content=found[0], headers={"etag": '"of the store"'})

    # --- the feed ---

    def _feed(self, form: str, params: httpx.QueryParams) -> httpx.Response:
        if "$select" in params and "$expand" in params:
            raise Failed(501, 501.11)
        if "$orderby" in params and "$skiptoken" in params:
            raise Failed(501, 501.1)
        wanted = params.get("$filter", "")
        rule = _filter(wanted)
        trash = "deletedAt" in wanted
        every = [one for one in self._shown(form) if (trash or not one.deleted) and rule(one)]
        rows, last = every, False
        if token := params.get("$skiptoken"):
            rows = _after(every, token)
        top = min(int(params.get("$top", self.cap)), self.cap)
        page, last = rows[:top], len(rows) <= top
        body: dict[str, Any] = {"value": [_selected(_row(one), params.get("$select", "")) for one in page]}
        if params.get("$count") == "true":
            body["@odata.count"] = len(every)
        if page and not last:
            packed = base64.b64encode(json.dumps({"instanceId": page[-1].root}).encode()).decode()
            body["@odata.nextLink"] = (
                f"http://ailleurs.example/v1/projects/1/forms/x.svc/Submissions?%24skiptoken=01{_quoted(packed)}"
            )
        return _json(body)


def _selected(row: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Return what was asked of a row: whole members, and members of them."""
    if not wanted:
        return row
    shown: dict[str, Any] = {}
    for one in wanted.split(","):
        name, _slash, inner = one.partition("/")
        if name in row and inner:
            shown.setdefault(name, {})[inner] = row[name].get(inner)
        elif name in row:
            shown[name] = row[name]
    return shown


def _after(every: list[Submission], token: str) -> list[Submission]:
    """Return the rows after the one that a token names; nothing, and no error, when there is no such row."""
    if not token.startswith("01"):
        raise Failed(400, 400.35, "Invalid $skiptoken")
    named = json.loads(base64.b64decode(token[2:]))["instanceId"]
    roots = [one.root for one in every]
    return every[roots.index(named) + 1 :] if named in roots else []


def _filter(text: str) -> Callable[[Submission], bool]:
    """Return the rule of the filters that our client writes; Central's own error for every other."""
    rules = []
    for part in re.split(r"\s+or\s+", text) if text else []:
        if found := re.fullmatch(r"__system/(submissionDate|updatedAt|deletedAt) (ge|gt) (\S+)", part):
            rules.append(_since(found[1], datetime.fromisoformat(found[3]), itself=found[2] == "ge"))
        elif found := re.fullmatch(r"__system/reviewState eq (null|'[A-Za-z]+')", part):
            rules.append(_reviewed_as(None if found[1] == "null" else found[1].strip("'")))
        elif part == "not __system/deletedAt eq null":
            rules.append(lambda one: one.deleted is not None)
        elif found := re.fullmatch(r"__id eq '([^']*)'", part):
            rules.append(_named(found[1]))
        elif not re.search(r" (?:eq|ne|gt|ge|lt|le) ", part):
            raise Failed(400, 400.18, "The OData filter expression you provided could not be parsed")
        else:
            raise Failed(
                501, 501.5, "The given OData filter expression references fields not supported by this server"
            )
    return lambda one: any(rule(one) for rule in rules) if rules else True


def _named(root: str) -> Callable[[Submission], bool]:
    return lambda one: one.root == root


def _reviewed_as(state: str | None) -> Callable[[Submission], bool]:
    return lambda one: one.review == state


def _since(name: str, at: datetime, *, itself: bool) -> Callable[[Submission], bool]:
    attribute = {"submissionDate": "created", "updatedAt": "updated", "deletedAt": "deleted"}[name]

    def rule(one: Submission) -> bool:
        stamp = getattr(one, attribute)
        if stamp is None:
            return False
        here = datetime.fromisoformat(stamp)
        return here > at or (itself and here == at)

    return rule


def announced(xml: bytes) -> list[str]:
    """Return the files that the manifest of an encrypted submission names, nothing for one in the clear."""
    try:
        root = etree.fromstring(xml)
    except etree.XMLSyntaxError:
        return []
    if root.get("encrypted") != "yes":
        return []
    wanted = {"file", "encryptedXmlFile"}
    return [one.text or "" for one in root.iter(etree.Element) if etree.QName(one).localname in wanted]


def _row(one: Submission) -> dict[str, Any]:
    """Return a row of the feed; of an encrypted submission nothing but what the server itself says."""
    instance, _deprecated = _ids(one.present.xml)
    sealed = announced(one.present.xml)
    there = bool(sealed) and one.files.get(sealed[-1]) is not None
    return {
        **({} if sealed else {"meta": {"instanceID": instance}}),
        "__id": one.root,
        "__system": {
            "submissionDate": one.created,
            "updatedAt": one.updated,
            "submitterId": "5",
            "submitterName": one.submitter,
            "attachmentsPresent": sum(data is not None for data in one.files.values()),
            "attachmentsExpected": len(one.files),
            "status": ("notDecrypted" if there else "missingEncryptedFormData") if sealed else None,
            "reviewState": one.review,
            "deviceId": None,
            "edits": len(one.versions) - 1,
            "formVersion": "2026110101",
            "deletedAt": one.deleted,
        },
    }


def _listed(one: Submission) -> dict[str, Any]:
    return {
        "instanceId": one.root,
        "createdAt": one.created,
        "updatedAt": one.updated,
        "reviewState": one.review,
        "deletedAt": one.deleted,
        "currentVersion": _version(one, one.present),
    }


def _version(one: Submission, each: Version, *, extended: bool = False) -> dict[str, Any]:
    said = {
        "instanceId": each.instance_id,
        "createdAt": each.created,
        "current": each is one.present,
    }
    return said | ({"formVersion": _form_version(each.xml)} if extended else {})


def _extended(request: httpx.Request) -> bool:
    return str(request.headers.get("x-extended-metadata")) == "true"


def _form_version(xml: bytes) -> str:
    found = re.search(rb' version="([^"]*)"', xml)
    return found[1].decode() if found else ""


def _ids(xml: bytes) -> tuple[str | None, str | None]:
    """Return instance id and deprecated id as Central reads them; broken XML has neither."""
    try:
        root = etree.fromstring(xml)
    except etree.XMLSyntaxError:
        return None, None
    found = {etree.QName(one).localname: one.text for one in root.iter() if isinstance(one.tag, str)}
    return found.get("instanceID"), found.get("deprecatedID")


def _json(body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


def _xml(content: bytes) -> httpx.Response:
    return httpx.Response(200, content=content, headers={"content-type": "application/xml"})


def _quoted(text: str) -> str:
    return text.replace("=", "%3D").replace("+", "%2B").replace("/", "%2F")


def instance(number: int, *, of: str | None = None, answer: str = "") -> bytes:
    """Return the XML of an invented submission; ``of`` = the instance id that it edits."""
    deprecated = f"<deprecatedID>{of}</deprecatedID>" if of else ""
    return (
        f'<data id="alert" version="2026110101"><x>{answer or number}</x>'
        f"<meta><instanceID>{uuid(number)}</instanceID>{deprecated}</meta></data>"
    ).encode()


def uuid(number: int) -> str:
    """Return an instance id that no other number gives."""
    return f"uuid:{number:08d}-0000-4000-8000-000000000000"


def numbers() -> Iterator[int]:
    """Yield numbers from 1."""
    number = 0
    while True:
        number += 1
        yield number
