"""The forms of a stand-in KoboToolbox: assets, imports, deployments, media. Computes from state."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from functools import lru_cache
from typing import Any

import httpx

from sync_scripts.deploy.keyed import plain
from xlsform import workbook
from xlsform.errors import FormError
from xlsform.model import Form, media


@dataclass(slots=True)
class Asset:
    """One form: content now and content deployed are two things."""

    uid: str
    workbook: bytes
    form: str
    version: str
    deployed: str | None = None
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """By uid: name, bytes."""
    on_phones: dict[str, str] = field(default_factory=dict)
    """MD5 of the files as phones see them: since the last deployment."""
    coming: dict[str, str] = field(default_factory=dict)
    """The same of the last deployment, which reaches phones a while later."""
    rights: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By assignment: account, right."""
    hooks: list[dict[str, Any]] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)
    sharing: dict[str, Any] = field(default_factory=dict)
    date: str | None = "2026-11-20T08:00:00.000000Z"
    """Of the last deployment."""
    shows_key: bool = True
    """Whether the workbook that the server writes bears the key."""
    active: bool = True
    """Whether phones may send; only of a deployed form."""
    owner: str = "coord"
    own_rights: tuple[str, ...] = ("view_asset", "view_submissions", "change_asset", "manage_asset")


@dataclass(slots=True)
class Forms:
    """All forms of an account."""

    assets: dict[str, Asset] = field(default_factory=dict)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    page: int = 100
    """Accounts that exist."""
    slow: int = 0
    """How often phones ask for the files of a form before those of its last deployment are there."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def answer(  # noqa: C901, PLR0911 - a table of addresses
        self, request: httpx.Request, parts: list[str]
    ) -> httpx.Response | None:
        """Answer what is about forms; None = it is about something else."""
        match request.method, parts[2:]:
            case "POST", ["imports"]:
                return self._import(request)
            case "GET", ["imports", task]:
                return _json(self.imports[task])
            case "GET", ["assets", name] if name.removesuffix(".xls") in self.assets:
                return self._one(name)
            case "GET", ["assets"] if "_deployment_status" not in request.url.params.get("q", ""):
                start = int(request.url.params.get("start", 0))
                shown = [self._listed(uid) for uid in sorted(self.assets)][start:]
                return _json({"count": len(self.assets), "results": shown})
            case "GET", ["assets"] if self.assets:
                start = int(request.url.params.get("start", 0))
                shown = [self._listed(uid) for uid in sorted(self.assets) if self.assets[uid].deployed][
                    start:
                ]
                return _json({"count": len(shown), "results": shown})
            case "GET", ["users"]:
                return httpx.Response(
                    403, json={"detail": "You do not have permission to perform this action."}
                )
            case "GET", ["users", name]:
                return _json({"username": name}) if name in self.users else httpx.Response(404, json={})
            case method, ["assets", uid, "permission-assignments", *rest] if uid in self.assets:
                return self._rights(method, self.assets[uid], rest, request)
            case "GET", ["assets", uid, "hooks"] if uid in self.assets:
                return _json({"count": 0, "results": self.assets[uid].hooks})
            case "GET", ["assets", uid, "paired-data"] if uid in self.assets:
                return _json({"count": 0, "results": [{"filename": name} for name in self.assets[uid].pairs]})
            case method, ["assets", uid, "deployment"] if uid in self.assets:
                return self._deploy(method, self.assets[uid], json.loads(request.content))
            case method, ["assets", uid, "files", *rest] if uid in self.assets:
                return self._files(method, self.assets[uid], rest, request)
        return None

    def _listed(self, uid: str) -> dict[str, str]:
        status = "deployed" if self.assets[uid].deployed else "draft"
        return {"uid": uid, "name": "Alerte", "deployment_status": status}

    def _one(self, name: str) -> httpx.Response:
        asset = self.assets[name.removesuffix(".xls")]
        if name.endswith(".xls"):
            return _sheet(asset.uid, asset.workbook if asset.shows_key else plain(asset.workbook))
        form = _read(asset.workbook)
        return _json(
            {
                "uid": asset.uid,
                "name": "Alerte",
                "version_id": asset.version,
                "deployed_version_id": asset.deployed,
                "deployed_versions": {
                    "count": 1,
                    "results": [{"uid": asset.deployed, "date_deployed": asset.date}]
                    if asset.deployed
                    else [],
                },
                "deployment_status": "deployed" if asset.deployed else "draft",
                "has_deployment": asset.deployed is not None,
                "deployment__active": asset.deployed is not None and asset.active,
                "deployment__encrypted": "public_key" in form.settings,
                "owner__username": asset.owner,
                "data_sharing": asset.sharing,
                "effective_permissions": [{"codename": one} for one in asset.own_rights],
                "content": {
                    "settings": {"id_string": asset.form},
                    "survey": [{"type": "select_one_from_file", "file": name} for name in media(form)],
                },
            }
        )

    def _import(self, request: httpx.Request) -> httpx.Response:
        fields = _parts(request)
        task = f"i{next(self._numbers):05d}"
        destination = fields.get("destination", b"").decode().rstrip("/").rpartition("/")[2]
        try:
            form = _read(fields["file"])
        except FormError:
            self.imports[task] = {
                "uid": task,
                "status": "error",
                "messages": {"error_type": "XlsFormatException"},
            }
            return httpx.Response(201, json={"uid": task, "status": "processing"})
        version = f"v{next(self._numbers):05d}"
        asset = self.assets.get(destination)
        kind = "updated" if asset else "created"
        if asset is None:
            uid = f"a{next(self._numbers):05d}"
            asset = self.assets[uid] = Asset(uid, fields["file"], form.form_id, version)
        asset.workbook, asset.form, asset.version = fields["file"], form.form_id, version
        self.imports[task] = {"uid": task, "status": "complete", "messages": {kind: [{"uid": asset.uid}]}}
        return httpx.Response(201, json={"uid": task, "status": "processing"})

    def _deploy(self, method: str, asset: Asset, body: dict[str, Any]) -> httpx.Response:
        if (method == "POST") != (asset.deployed is None):
            return httpx.Response(405, json={"detail": "Method not allowed."})
        if body.get("version_id", asset.version) != asset.version:
            return httpx.Response(500, text="<html></html>", headers={"content-type": "text/html"})
        asset.active = body.get("active", asset.active)
        # To switch it on or off leaves deployed what was deployed.
        if method == "PATCH" and "active" in body and "version_id" not in body:
            return _json({"active": asset.active, "version_id": asset.deployed})
        asset.deployed = asset.version
        asset.coming = {name: _md5(data) for name, data in asset.media.values()}
        if not self.slow:
            asset.on_phones = asset.coming
        return _json({"active": asset.active, "version_id": asset.version})

    def door(self, path: str, base: str) -> httpx.Response | None:
        """Answer what phones ask, at the address that is theirs; None = it is something else."""
        head, _slash, uid = path.strip("/").partition("/")
        if head == "formList":
            shown = "".join(
                f"<xform><formID>{one.uid}</formID><manifestUrl>{base}/xformsManifest/{one.uid}</manifestUrl></xform>"
                for one in self.assets.values()
                if one.deployed
            )
            return _xml(f'<xforms xmlns="http://openrosa.org/xforms/xformsList">{shown}</xforms>')
        if head != "xformsManifest" or uid not in self.assets:
            return None
        asset = self.assets[uid]
        self.slow = max(self.slow - 1, 0)
        if not self.slow:
            asset.on_phones = asset.coming
        files = "".join(
            f"<mediaFile><filename>{name}</filename><hash>md5:{md5}</hash></mediaFile>"
            for name, md5 in asset.on_phones.items()
        )
        return _xml(f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{files}</manifest>')

    def _rights(self, method: str, asset: Asset, rest: list[str], request: httpx.Request) -> httpx.Response:
        base = f"{request.url.scheme}://{request.url.netloc.decode()}/api/v2"
        if method == "DELETE":
            return httpx.Response(204 if asset.rights.pop(rest[0], None) else 404)
        if method == "POST":
            said = json.loads(request.content)
            user, right = (said[name].rstrip("/").rpartition("/")[2] for name in ("user", "permission"))
            if user not in self.users and user != "AnonymousUser":
                return httpx.Response(400, json={"user": ["Invalid hyperlink"]})
            if (user, right) not in asset.rights.values():
                asset.rights[f"p{next(self._numbers):05d}"] = (user, right)
            made = next(uid for uid, held in asset.rights.items() if held == (user, right))
            where = f"{base}/assets/{asset.uid}/permission-assignments/{made}/"
            given = {"url": where, "user": said["user"], "permission": said["permission"]}
            return httpx.Response(201, json=given, headers={"location": where})
        shown = [
            {
                "url": f"{base}/assets/{asset.uid}/permission-assignments/{uid}/",
                "user": f"{base}/users/{user}/",
                "permission": f"{base}/permissions/{right}/",
            }
            for uid, (user, right) in asset.rights.items()
        ]
        return _json(shown)

    def _files(self, method: str, asset: Asset, rest: list[str], request: httpx.Request) -> httpx.Response:
        if method == "DELETE":
            return httpx.Response(204 if asset.media.pop(rest[0], None) else 404)
        if method == "POST":
            body = json.loads(request.content)
            told = body["metadata"]  # taken as an object, and as the text of one
            name = (json.loads(told) if isinstance(told, str) else told)["filename"]
            if name in {held for held, _data in asset.media.values()}:
                return httpx.Response(400, json={"base64Encoded": ["File already exists"]})
            uid = f"f{next(self._numbers):05d}"
            asset.media[uid] = (name, base64.b64decode(body["base64Encoded"].partition(",")[2]))
            return httpx.Response(201, json={"uid": uid})
        shown = [
            {"uid": uid, "metadata": {"filename": name, "hash": f"md5:{_md5(data)}"}}
            for uid, (name, data) in asset.media.items()
        ]
        start, limit = (
            int(request.url.params.get(name, ask)) for name, ask in (("start", 0), ("limit", 100))
        )
        return _json({"count": len(shown), "results": shown[start : start + min(limit, self.page)]})


@lru_cache(maxsize=32)
def _read(raw: bytes) -> Form:
    return workbook.read(raw, file="x.xlsx").form


def _parts(request: httpx.Request) -> dict[str, bytes]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.content)
    found: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found[name] = content
    return found


def _sheet(uid: str, content: bytes) -> httpx.Response:
    headers = {
        "content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet; charset=utf-8",
        "content-disposition": f"attachment; filename={uid}.xlsx",
    }
    return httpx.Response(200, content=content, headers=headers)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _xml(text: str) -> httpx.Response:
    headers = {"content-type": "text/xml; charset=utf-8"}
    return httpx.Response(200, content=f'<?xml version="1.0"?>{text}'.encode(), headers=headers)


def _json(body: object) -> httpx.Response:
    return httpx.Response(200, json=body)
