"""The forms of a stand-in KoboToolbox: assets, imports, deployments. Computes from state."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from sync_scripts.deploy.package import plain
from tests.contract import kobo_content as content
from tests.contract import kobo_media as media
from tests.contract import kobo_rights as rights
from tests.contract.kobo_exports import SUFFIX, workbook
from tests.contract.kobo_history import asked
from tests.contract.kobo_media import Pair
from tests.contract.kobo_rights import ME
from tests.contract.kobo_said import base, gone, link, page, parts, said
from xlsform.errors import FormError

if TYPE_CHECKING:
    from tests.contract.kobo_world import World


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
    owner: str = ME
    own_rights: tuple[str, ...] = ("view_asset", "view_submissions", "change_asset", "manage_asset")
    title: str = "Alerte"
    links: dict[str, str] = field(default_factory=dict)
    """By uid of a file: the address where it lies, when the server only points there."""
    paired: dict[str, Pair] = field(default_factory=dict)
    """By name of a file: whose answers it shows."""
    filters: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    """By account and right: the questions that a row must meet one of."""
    released: list[str] = field(default_factory=list)
    """Versions that were deployed, the newest last."""
    hashes: dict[str, str] = field(default_factory=dict)
    """MD5 of what was deployed, by version."""

    @property
    def versions(self) -> list[str]:
        """Return the versions that were deployed, the newest first."""
        return self.released[::-1] or ([self.deployed] if self.deployed else [])

    @property
    def shown_version(self) -> str:
        """Return the version that phones see; the one that the form wrote is replaced."""
        return f"{max(len(self.released), 1)} ({(self.date or '')[:19].replace('T', ' ')})"

    @property
    def deployment(self) -> str:
        """Return the id of the deployment."""
        return hashlib.blake2b(self.uid.encode(), digest_size=16).hexdigest()

    @property
    def status(self) -> str:
        """Return how far the form has come."""
        return ("deployed" if self.active else "archived") if self.deployed else "draft"


@dataclass(slots=True)
class Forms:
    """All forms of an account."""

    assets: dict[str, Asset] = field(default_factory=dict)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    """Accounts that exist."""
    page: int = 100
    """Files of a form that one answer lists at most."""
    slow: int = 0
    """How often phones ask for the files of a form before those of its last deployment are there."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def uid(self, kind: str) -> str:
        """Return a new id; its first letter says of what."""
        return f"{kind}{next(self._numbers):05d}"

    def number(self, asset: Asset) -> int:
        """Return the number by which phones know a form."""
        return list(self.assets).index(asset.uid) + 1

    def by_number(self, name: str) -> Asset | None:
        """Return a form by its number among phones, or its id."""
        at = int(name) - 1 if name.isdecimal() else -1
        return self.assets.get(list(self.assets)[at] if 0 <= at < len(self.assets) else name)

    def first_file(self, asset: Asset) -> int:
        """Return the number of a form's first file among phones: they go on from form to form."""
        before = list(self.assets.values())[: self.number(asset) - 1]
        return 1 + sum(len(one.on_phones) for one in before)

    def xform(self, asset: Asset, where: str) -> str:
        """Return the form as phones get it."""
        return content.xform(asset.workbook, asset.uid, asset.shown_version, where)

    def public(self, request: httpx.Request, path: list[str], world: World) -> httpx.Response | None:
        """Answer somebody without an account: a form that is shared with everybody shows itself, and its files too."""
        match request.method, path:
            case "GET", ["assets", uid, *rest] if uid in self.assets and rest[:1] in ([], ["files"]):
                return self.answer(request, path, rights.ANYBODY, world)
        return None

    def answer(  # noqa: C901, PLR0911 - a table of addresses
        self, request: httpx.Request, path: list[str], who: str, world: World
    ) -> httpx.Response | None:
        """Answer what is about forms; None = it is about something else."""
        match request.method, path:
            case "POST", ["imports"]:
                return self._import(request)
            case "GET", ["imports", task]:
                return said(self.imports[task])
            case "GET", ["users", *rest]:
                return rights.users(request, rest, self.users)
            case "GET", ["permissions"]:
                return rights.catalogue(request)
            case "POST", ["assets"]:
                return self._create(request, who, world)
            case "GET", ["assets", "minimal-list"]:
                names = ("uid", "name", "deployment_status")
                shown = [{name: one[name] for name in names} for one in self._all(request, who, world)]
                return said({"next": None, "previous": None, "results": shown})
            case "GET", ["assets", "hash"]:
                versions = "".join(one.version for one in self.assets.values())
                return said({"hash": media.md5(versions.encode())})
            case "GET", ["assets"] if self.assets or "_deployment_status" not in request.url.params.get(
                "q", ""
            ):
                return self._listed(request, who, world)
            case _, ["assets", name, *rest] if name.removesuffix(".xls") in self.assets:
                asset = self.assets[name.removesuffix(".xls")]
                if not rights.may(world, who, asset.uid, "view_asset"):
                    return None
                return self._of(request, asset, rest, who, world)
        return None

    def _of(  # noqa: C901, PLR0911 - a table of addresses
        self, request: httpx.Request, asset: Asset, rest: list[str], who: str, world: World
    ) -> httpx.Response | None:
        match request.method, rest:
            case "GET", [] if request.url.path.endswith(".xls"):
                raw = content.kept(asset.workbook)
                return workbook(asset.uid, raw if asset.shows_key else plain(raw))
            case "GET", []:
                return said(self.shown(request, asset, who, world))
            case "PATCH", []:
                asset.sharing = json.loads(request.content).get("data_sharing", asset.sharing)
                return said(self.shown(request, asset, who, world))
            case "DELETE", []:
                del self.assets[asset.uid]
                world.forms.pop(asset.uid, None)
                return gone()
            case "GET", ["content"]:
                told = {"kind": "asset.content", "uid_asset": asset.uid}
                return said(told | {"data": content.sheets(content.arranged(content.read(asset.workbook)))})
            case "GET", ["versions"]:
                return said(_versions(request, asset))
            case "GET", ["xform"]:  # what draws a form for people is another part of the server
                return page(404, "404 Not Found")
            case _, ["permission-assignments", *inner]:
                return rights.answer(request, asset, inner, who, world)
            case _, ["hooks", *inner]:
                return media.hooks(request, asset, inner, self)
            case _, ["paired-data", *inner]:
                return media.pairs(request, asset, inner, world)
            case _, ["deployment"]:
                return self._deploy(request, asset, who, world)
            case _, ["files", *inner]:
                return media.files(request, asset, inner, self)
        return None

    def _all(self, request: httpx.Request, who: str, world: World) -> list[dict[str, Any]]:
        """Return the forms that a question meets, as a list shows them; a name that is not known meets none."""
        wanted = asked(request.url.params.get("q", ""))
        shown = [self._listing(request, self.assets[uid], who, world) for uid in sorted(self.assets)]
        return [
            one
            for one in shown
            if wanted({"asset_type": "survey", "_deployment_status": one["deployment_status"]})
        ]

    def _listed(self, request: httpx.Request, who: str, world: World) -> httpx.Response:
        found, params = self._all(request, who, world), request.url.params
        start, limit = int(params.get("start", 0)), min(int(params.get("limit", 100)), 1000)
        more = link(request, start + limit) if start + limit < len(found) else None
        shown = found[start : start + limit]
        return said({"count": len(found), "next": more, "previous": None, "results": shown})

    def _listing(self, request: httpx.Request, asset: Asset, who: str, world: World) -> dict[str, Any]:
        """Return what a list says of a form, and the form itself too."""
        where = base(request)
        rows = world.forms.get(asset.uid, [])
        return {
            "url": f"{where}/api/v2/assets/{asset.uid}/",
            "uid": asset.uid,
            "name": asset.title,
            "kind": "asset",
            "asset_type": "survey",
            "owner": f"{where}/api/v2/users/{asset.owner}/",
            "owner__username": asset.owner,
            "owner_label": asset.owner,
            "parent": None,
            "tag_string": "",
            "date_created": asset.date,
            "date_modified": asset.date,
            "date_deployed": asset.date if asset.deployed else None,
            "version_id": asset.version,
            "has_deployment": asset.deployed is not None,
            "deployed_version_id": asset.deployed,
            "deployment__active": asset.deployed is not None and asset.active,
            "deployment__encrypted": "public_key" in content.read(asset.workbook).settings,
            "deployment__uuid": asset.deployment if asset.deployed else None,
            "deployment__submission_count": len(rows),
            "deployment__last_submission_time": f"{rows[-1].received}Z" if rows else None,
            "deployment_status": asset.status,
            "data": f"{where}/api/v2/assets/{asset.uid}/data/",
            "status": "shared" if asset.rights else "private",
            "access_types": None,
            "children": {"count": 0},
            "subscribers_count": 0,
            "data_sharing": asset.sharing,
            "permissions": rights.listed(request, asset, who),
            "created_by": None,
            "last_modified_by": None,
        }

    def shown(self, request: httpx.Request, asset: Asset, who: str, world: World) -> dict[str, Any]:
        """Return a form as its own address shows it."""
        own = asset.own_rights if who == ME else sorted(rights.held(asset, who))
        return self._listing(request, asset, who, world) | {
            "files": [media.file_shown(base(request), asset, uid) for uid in asset.media],
            "version_count": max(len(asset.versions), 1),
            "version__content_hash": media.md5(asset.workbook),
            "deployed_versions": _versions(request, asset),
            "deployment__links": {},
            "deployment__data_download_links": _downloads(request, asset) if asset.deployed else {},
            "effective_permissions": [{"codename": one} for one in own],
            "paired_data": f"{base(request)}/api/v2/assets/{asset.uid}/paired-data/",
            "project_ownership": None,
            "content": content.shown(content.arranged(content.read(asset.workbook))),
        }

    def _create(self, request: httpx.Request, who: str, world: World) -> httpx.Response:
        """Make a form of a content that is sent as it is."""
        told = json.loads(request.content)
        uid, version = self.uid("a"), self.uid("v")
        raw = content.written(told["content"], told["name"])
        asset = self.assets[uid] = Asset(uid, raw, told["name"], version, title=told["name"])
        shown = self.shown(request, asset, who, world)
        return said(shown, 201, location=shown["url"])

    def _import(self, request: httpx.Request) -> httpx.Response:
        fields = parts(request)
        task = self.uid("i")
        told = {"uid": task, "url": f"{base(request)}/api/v2/imports/{task}/", "status": "processing"}
        begun = {"uid": task, "date_created": "2026-11-20T08:00:00.000000Z"}
        destination = fields.get("destination", b"").decode().rstrip("/").rpartition("/")[2]
        try:
            form = content.read(fields["file"])
        except FormError:
            refused = {"error": "Unsupported format, or corrupt file", "error_type": "XlsFormatException"}
            self.imports[task] = begun | {"status": "error", "messages": refused}
            return said(told, 201)
        version = self.uid("v")
        asset = self.assets.get(destination)
        kind = "updated" if asset else "created"
        if asset is None:
            uid = self.uid("a")
            asset = self.assets[uid] = Asset(uid, fields["file"], form.form_id, version)
        asset.workbook, asset.form, asset.version = fields["file"], form.form_id, version
        made = {"uid": asset.uid, "kind": "asset", "owner__username": asset.owner}
        self.imports[task] = begun | {"status": "complete", "messages": {kind: [made]}}
        return said(told, 201)

    def _deploy(self, request: httpx.Request, asset: Asset, who: str, world: World) -> httpx.Response:
        body: dict[str, Any] = json.loads(request.content)
        if (request.method == "POST") != (asset.deployed is None):
            return said({"detail": "Use PATCH to update an existing deployment"}, 405)
        if body.get("version_id", asset.version) != asset.version:
            return page(500)
        name = content.unknown_name(content.read(asset.workbook))
        if name is not None:
            text = f"There has been a problem trying to replace ${{{name}}} with the XPath to the survey element named"
            return said({"error": f"{text} '{name}'. There is no survey element with this name."}, 400)
        asset.active = body.get("active", asset.active)
        # To switch it on or off leaves deployed what was deployed.
        if request.method == "PATCH" and "active" in body and "version_id" not in body:
            return self._deployed(request, asset, who, world)
        if asset.deployed and not asset.released:
            asset.released.append(asset.deployed)
        if asset.version not in asset.released:
            asset.released.append(asset.version)
        asset.deployed = asset.version
        asset.hashes[asset.version] = media.md5(asset.workbook)
        told = {f"latest_{name}_uid": asset.version for name in ("version", "deployed_version")}
        world.note(asset.uid, "deploy" if request.method == "POST" else "redeploy", who, None, **told)
        asset.coming = {name: media.stamp(asset, uid)[4:] for uid, (name, _data) in asset.media.items()}
        asset.coming |= {name: f"{media.md5(name.encode())}-time" for name in asset.paired}
        if not self.slow:
            asset.on_phones = asset.coming
        return self._deployed(request, asset, who, world)

    def _deployed(self, request: httpx.Request, asset: Asset, who: str, world: World) -> httpx.Response:
        told = {"backend": "openrosa", "active": asset.active, "version_id": asset.deployed}
        return said(told | {"asset": self.shown(request, asset, who, world)})


def _downloads(request: httpx.Request, asset: Asset) -> dict[str, str]:
    where = f"{base(request)}/{asset.owner}"
    old = {f"{kind}_legacy": f"{where}/exports/{asset.uid}/{kind}/" for kind in ("xls", "csv", "zip")}
    return old | {name: f"{where}/reports/{asset.uid}/export.{kind}" for name, kind in SUFFIX.items()}


def _versions(request: httpx.Request, asset: Asset) -> dict[str, Any]:
    where = f"{base(request)}/api/v2/assets/{asset.uid}/versions"
    found = asset.versions
    shown = [
        {
            "uid": one,
            "url": f"{where}/{one}/",
            "content_hash": asset.hashes.get(one, media.md5(one.encode())),
            "date_deployed": asset.date,
            "date_modified": asset.date,
            "version_number": str(len(found) - place),
        }
        for place, one in enumerate(found)
    ]
    return {"count": len(found), "next": None, "previous": None, "results": shown}
