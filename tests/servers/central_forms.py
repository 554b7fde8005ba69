"""The forms of a stand-in Central: published ones, drafts, files, phones. Computes from state; never reads a recording."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import mimetypes
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

import httpx

from tests.servers.central_lists import Lists
from xlsform import workbook
from xlsform.convert import convert
from xlsform.errors import FormError
from xlsform.model import Form, media

_LINK: Final = {"id": 9, "token": "x" * 64}
_KEY: Final = '<submission base64RsaPublicKey="MIIBinvented"/>'


@dataclass(slots=True)
class Copy:
    """One version of a form: the workbook, and its files, ``None`` = asked for and not there."""

    workbook: bytes
    version: str
    files: dict[str, bytes | None]
    linked: set[str] = field(default_factory=set)
    """Names of files that an entity list fills."""


@dataclass(slots=True)
class Forms:
    """All forms of a project.

    Attributes:
        published: the version that phones get, by form id.
        drafts: by form id.
        ever: every version that was ever published.
        phones: app users by number: name, token, forms.
        broken: names of files that the server loses on the way.
        encrypts: by a key of its own, all but forms that have one: to their versions it adds, and it gives no workbook
            of them back, nor of a draft.
        at: since when phones have what is published.
        public: forms to which anybody may send.
    """

    published: dict[str, Copy] = field(default_factory=dict)
    drafts: dict[str, Copy] = field(default_factory=dict)
    ever: set[tuple[str, str]] = field(default_factory=set)
    books: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """The workbooks of all of them."""
    phones: dict[int, dict[str, Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    encrypts: bool = False
    at: str | None = "2026-11-20T08:00:00.000Z"
    public: set[str] = field(default_factory=set)
    lists: Lists = field(default_factory=lambda: Lists({}))
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(11))

    def __post_init__(self) -> None:
        """Let the lists know the phones."""
        self.lists.phones = self.phones

    def answer(  # noqa: C901, PLR0911, PLR0912 - a table of addresses
        self, request: httpx.Request, rest: list[str]
    ) -> httpx.Response | None:
        """Answer what is about forms and phones; None = it is about something else."""
        if (said := self.lists.answer(request, rest)) is not None:
            return said
        match request.method, rest:
            case "POST", ["forms"]:
                return self._create(request)
            case "POST", ["forms", form, "draft"]:
                return self._draft(request, form)
            case "DELETE", ["forms", form, "draft"]:
                return self._drop(form)
            case "GET", ["forms", form, "draft"]:
                return self._shown_draft(form)
            case "GET", ["forms", form, "draft.xlsx"]:
                drawn = self.drafts.get(form)
                kept = drawn is not None and not self.seals(drawn)
                return _sheet(form, drawn.workbook) if drawn and kept else _error(404, 404.1)
            case "GET", ["forms", form, "draft.xml"] if form in self.drafts:
                return _xform(self.drafts[form], sealed=self.seals(self.drafts[form]))
            case "GET", ["forms", form, "draft", "attachments"] if form in self.drafts:
                return _json(_files(self.drafts[form]))
            case "POST", ["forms", form, "draft", "attachments", name] if form in self.drafts:
                return self._file(request, self.drafts[form], name)
            case "PATCH", ["forms", form, "draft", "attachments", name] if form in self.drafts:
                return self._link(self.drafts[form], name, fill=json.loads(request.content)["dataset"])
            case "DELETE", ["forms", form, "draft", "attachments", name] if form in self.drafts:
                there = self.drafts[form].files.get(name) is not None and name not in self.drafts[form].linked
                return self._file(None, self.drafts[form], name) if there else _error(404, 404.1)
            case "GET", ["assignments", "forms", "app-user"]:
                shown = [
                    {"actorId": number, "roleId": 2, "xmlFormId": form}
                    for number, one in self.phones.items()
                    for form in one["forms"]
                ]
                return _json(shown)
            case "GET", ["forms"] if self.published:
                return _json([self._described(form) for form in self.published])
            case "POST", ["forms", form, "draft", "publish"]:
                return self._publish(form, request.url.params.get("version"))
            case "GET", ["forms", form, "versions"] if form in self.published:
                versions = sorted((each for name, each in self.ever if name == form), reverse=True)
                return _json([{**self._described(form), "version": each} for each in versions])
            case "GET", ["forms", form, "versions", name] if (form, name) in self.ever:
                return _json({**self._described(form), "version": name})
            case "GET", ["forms", form, "versions", name] if (form, name.removesuffix(".xlsx")) in self.ever:
                held = self.books.get((form, name.removesuffix(".xlsx")))
                return _sheet(form, held) if held else _error(404, 404.1)
            case "GET", ["forms", form, "attachments", name] if form in self.published:
                data = self._served(self.published[form], name, None)
                return sent_as(name, data) if data is not None else _error(404, 404.1)
            case "GET", ["forms", form, "attachments"] if form in self.published:
                return _json(_files(self.published[form]))
            case "GET", ["forms", name] if name.removesuffix(".xlsx") in {*self.published, *self.drafts}:
                return self._one(name)
            case "GET", ["forms", name] if (
                name.endswith(".xml") and name.removesuffix(".xml") in self.published
            ):
                held_copy = self.published[name.removesuffix(".xml")]
                return _xform(held_copy, sealed=self.seals(held_copy))
            case "GET", ["forms", form, "public-links"]:
                return _json([_LINK] if form in self.public else [{"id": 8, "token": None}])
            case "POST", ["forms", form, "public-links"]:
                self.public.add(form)
                return _json(_LINK)
            case _, ["app-users", *_below]:
                return self._phones(request, rest[1:])
            case "POST", ["forms", form, "assignments", "app-user", number]:
                self.phones[int(number)]["forms"].append(form)
                return _json({"success": True})
        return None

    def encrypt(self) -> None:
        """Turn the encryption of the project on: every form gets a version of its own, and a draft the key, too."""
        self.encrypts = True
        for form, copy in self.published.items():
            self.seal(copy)
            self.ever.add((form, copy.version))
        for copy in self.drafts.values():
            self.seal(copy)

    def seals(self, copy: Copy) -> bool:
        """Tell whether the server writes its own key into a form."""
        return self.encrypts and not _read(copy.workbook).settings.get("public_key")

    def seal(self, copy: Copy) -> Copy:
        """Add to the version, where it does."""
        copy.version += f"[encrypted:AaI{len(self.ever):05}]" if self.seals(copy) else ""
        return copy

    def carried(self, phone: int, name: str) -> dict[str, set[str]]:
        """Return the labels of a list that a phone downloads with each of the forms that it may fill."""
        found = {}
        for form in self.phones[phone]["forms"] if self.phones[phone]["token"] else ():
            data = self._served(self.published[form], name, phone) if form in self.published else None
            found[form] = {row["label"] for row in csv.DictReader(io.StringIO((data or b"").decode()))}
        return found

    def _served(self, copy: Copy, name: str, phone: int | None) -> bytes | None:
        """Return a file as it is downloaded; one that a list fills holds what the asker may see of it."""
        if name not in copy.linked:
            return copy.files.get(name)
        held = self.lists.lists.get(name.removesuffix(".csv"))
        shown = held.rows.values() if held else ()
        labels = {row.label for row in shown if not row.deleted}
        if phone is not None:
            labels &= self.lists.seen_by(phone, name.removesuffix(".csv"))
        return "".join(f"{one}\n" for one in ("label", *sorted(labels))).encode()

    def _one(self, name: str) -> httpx.Response:
        form = name.removesuffix(".xlsx")
        held = self.published.get(form)
        if name != form:
            kept = held is not None and not self.seals(held)
            return _sheet(form, held.workbook) if held and kept else _error(404, 404.1)
        return _json(self._described(form))

    def _described(self, form: str) -> dict[str, Any]:
        """Return what a Central says of a form."""
        held = self.published.get(form)
        return self._said(form, held or self.drafts[form], since=self.at if held else None, draft=not held)

    def _said(self, form: str, shown: Copy, *, since: str | None, draft: bool = True) -> dict[str, Any]:
        return {
            "xmlFormId": form,
            "version": shown.version,
            "state": "open",
            "hash": hashlib.md5(shown.workbook, usedforsecurity=False).hexdigest(),
            "sha256": hashlib.sha256(shown.workbook).hexdigest(),
            "keyId": 1 if self.encrypts or _read(shown.workbook).settings.get("public_key") else None,
            "publishedAt": since,
            "draftToken": "brouillon" if draft else None,
        }

    def _create(self, request: httpx.Request) -> httpx.Response:
        made = _copy(request.content, {})
        if made is None:
            return _error(400, 400.15)
        form = request.headers["x-xlsform-formid-fallback"]
        if form in self.published or form in self.drafts:
            return _error(409, 409.3)
        self.drafts[form] = self.seal(made)
        return self._one(form)

    def _draft(self, request: httpx.Request, form: str) -> httpx.Response:
        before = self.published.get(form)
        if before is None and form not in self.drafts:
            return _error(404, 404.1)
        held = self.drafts.get(form, before)  # files come from the draft before, else from what is published
        assert held is not None
        if not request.content and before:
            self.drafts[form] = Copy(before.workbook, before.version, dict(held.files), set(held.linked))
            return _json({"success": True})
        made = _copy(request.content, held.files)
        if made is None:
            return _error(400, 400.15)
        self.drafts[form] = self.seal(made)
        return _json({"success": True})

    def _drop(self, form: str) -> httpx.Response:
        """Remove a draft, unless it is all there is of the form."""
        if form not in self.drafts:
            return _error(404, 404.1)
        if form not in self.published:
            return _error(409, 409.7)
        del self.drafts[form]
        return _json({"success": True})

    def _file(self, request: httpx.Request | None, draft: Copy, name: str) -> httpx.Response:
        """Keep the file that is sent, or none."""
        if name not in draft.files:
            return _error(404, 404.1)
        if name not in self.broken:
            draft.files[name] = request.content if request else None
            draft.linked.discard(name)
        return _json({"name": name, "exists": True} if request else {"success": True})

    def _shown_draft(self, form: str) -> httpx.Response:
        if form not in self.drafts:
            return _error(404, 404.1)
        return _json(self._said(form, self.drafts[form], since=None))

    def _link(self, draft: Copy, name: str, *, fill: bool) -> httpx.Response:
        """Fill a file from the list of its name; the file of before is lost, also when the list is let go again."""
        if name in draft.files and not fill:
            draft.linked.discard(name)
            draft.files[name] = None
            return _json({"name": name, "exists": False, "datasetExists": False})
        if name not in draft.files or name.removesuffix(".csv") not in self.lists.lists:
            return _error(404, 404.1)
        draft.linked.add(name)
        draft.files[name] = b"(list)"
        return _json({"name": name, "exists": True, "datasetExists": True})

    def _publish(self, form: str, version: str | None) -> httpx.Response:
        draft = self.drafts.get(form)
        if draft is None:
            return _error(404, 404.1)
        draft.version = version or draft.version  # with nothing behind it, also where the server encrypts
        if (form, draft.version) in self.ever:
            return _error(409, 409.6)
        self.published[form] = self.drafts.pop(form)
        self.ever.add((form, draft.version))
        if not self.seals(draft):
            self.books[form, draft.version] = draft.workbook
        return _json({"success": True})

    def _phones(self, request: httpx.Request, rest: list[str]) -> httpx.Response:
        if request.method == "POST":
            number = next(self._numbers)
            name = json.loads(request.content)["displayName"]
            self.phones[number] = {"name": name, "token": f"telephone{number}" + "x" * 53, "forms": []}
        extended = request.headers.get("x-extended-metadata") == "true"
        shown = [
            {"id": number, "displayName": one["name"], "token": one["token"]}
            | ({"properties": one.get("properties")} if extended else {})
            for number, one in self.phones.items()
        ]
        return _json(shown[-1] if request.method == "POST" else shown) if not rest else _error(404, 404.1)

    def revoke(self, token: str) -> bool:
        """End a phone's account or the public links; tell whether there was one of this token."""
        if token == _LINK["token"] and self.public:
            self.public.clear()
            return True
        found = [one for one in self.phones.values() if one["token"] == token]
        for one in found:
            one["token"] = None
        return bool(found)


def sent_as(name: str, content: bytes, *, shown: bool = False) -> httpx.Response:
    """Return a file as a Central sends it: its kind, its name, and the MD5 of its bytes as its ETag."""
    way = "inline" if shown else "attachment"
    headers = {
        "content-type": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "content-disposition": f"{way}; filename*=UTF-8''{quote(name)}",
        "etag": f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"',
    }
    return httpx.Response(200, content=content, headers=headers)


def _sheet(form: str, content: bytes) -> httpx.Response:
    said = sent_as(f"{form}.xlsx", content)
    said.headers["content-type"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return said


def _xform(copy: Copy, *, sealed: bool) -> httpx.Response:
    """Return a form as phones get it, with the key that the server writes into it."""
    text = convert(copy.workbook).xform
    text = re.sub(r'(<data [^>]*\bversion=")[^"]*', lambda found: found[1] + copy.version, text, count=1)
    text = text.replace("</model>", f"{_KEY}</model>", 1) if sealed else text
    return httpx.Response(200, content=text.encode(), headers={"content-type": "application/xml"})


@lru_cache(maxsize=32)
def _read(raw: bytes) -> Form:
    return workbook.read(raw, file="x.xlsx").form


def _copy(raw: bytes, before: dict[str, bytes | None]) -> Copy | None:
    """Return what an upload makes, None when it is no form; files carry over by name."""
    try:
        form = _read(raw)
    except FormError:
        return None
    return Copy(raw, form.version, {name: before.get(name) for name in media(form)})


def _files(copy: Copy) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "exists": data is not None,
            "datasetExists": name in copy.linked,
            "hash": None
            if data is None or name in copy.linked
            else hashlib.md5(data, usedforsecurity=False).hexdigest(),
        }
        for name, data in sorted(copy.files.items())
    ]


def _json(body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


def _error(status: int, code: float) -> httpx.Response:
    return httpx.Response(status, json={"message": "Something went wrong.", "code": code})
