"""What hangs on a form of a stand-in KoboToolbox: its files, answers of other forms, addresses that are told of rows."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from lxml import etree

from tests.contract.kobo_rows import Submission
from tests.contract.kobo_said import base, gone, kind_of, missing, parts, said

if TYPE_CHECKING:
    from tests.contract.kobo_forms import Asset, Forms
    from tests.contract.kobo_world import World


@dataclass(frozen=True, slots=True)
class Pair:
    """Answers of another form that phones of this one get: of which form, which of them; none = all."""

    uid: str
    source: str
    fields: tuple[str, ...]


def md5(data: bytes) -> str:
    """Return the hash by which files of forms are known."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def stamp(asset: Asset, uid: str) -> str:
    """Return the hash of a form's file; of one that lies elsewhere it is that of the address, and says so."""
    url = asset.links.get(uid)
    return f"md5:{md5(url.encode())}-url" if url else f"md5:{md5(asset.media[uid][1])}"


def files(request: httpx.Request, asset: Asset, rest: list[str], forms: Forms) -> httpx.Response:
    """Answer about the files of a form."""
    match request.method, rest:
        case "DELETE", [uid]:
            return gone() if asset.media.pop(uid, None) else missing("AssetFile")
        case "POST", []:
            return _file_sent(request, asset, forms)
        case "GET", [uid, "content"]:
            name, data = asset.media[uid]
            return httpx.Response(200, content=data, headers={"content-type": kind_of(name)})
    shown = [file_shown(base(request), asset, uid) for uid in asset.media]
    start, limit = (int(request.url.params.get(name, ask)) for name, ask in (("start", 0), ("limit", 100)))
    page = shown[start : start + min(limit, forms.page)]
    return said({"count": len(shown), "next": None, "previous": None, "results": page})


def _file_sent(request: httpx.Request, asset: Asset, forms: Forms) -> httpx.Response:
    """Keep a file: sent in JSON, as a part of a form, or as an address."""
    whole = "json" in request.headers.get("content-type", "")
    body: dict[str, Any] = json.loads(request.content) if whole else dict(parts(request))
    if "metadata" not in body:
        return httpx.Response(500, html="<!doctype html>\n<html></html>")
    told = body["metadata"]  # taken as an object, and as the text of one
    told = told if isinstance(told, dict) else json.loads(told)
    url = told.get("redirect_url", "")
    name = told.get("filename") or url.rpartition("/")[2]
    if name in {held for held, _data in asset.media.values()}:
        return said({"base64Encoded": ["File already exists"]}, 400)
    uid = forms.uid("f")
    data = base64.b64decode(body["base64Encoded"].partition(",")[2]) if "base64Encoded" in body else b""
    asset.media[uid] = (name, body.get("content", data))
    if url:
        asset.links[uid] = url
    shown = file_shown(base(request), asset, uid)
    return said(shown, 201, location=shown["url"])


def file_shown(where: str, asset: Asset, uid: str) -> dict[str, Any]:
    """Return a form's file as it is shown."""
    name = asset.media[uid][0]
    at = f"{where}/api/v2/assets/{asset.uid}/"
    link = {"redirect_url": asset.links[uid]} if uid in asset.links else {}
    return {
        "uid": uid,
        "url": f"{at}files/{uid}/",
        "asset": at,
        "user": f"{where}/api/v2/users/{asset.owner}/",
        "user__username": asset.owner,
        "file_type": "form_media",
        "description": name.partition(".")[0],
        "date_created": asset.date,
        "content": f"{at}files/{uid}/content/",
        "metadata": {"filename": name, "hash": stamp(asset, uid), "mimetype": kind_of(name)} | link,
    }


def hooks(request: httpx.Request, asset: Asset, rest: list[str], forms: Forms) -> httpx.Response:
    """Answer about the addresses that are told of every new row. Their passwords are shown as they are."""
    match request.method, rest:
        case "POST", []:
            uid = forms.uid("h")
            at = f"{base(request)}/api/v2/assets/{asset.uid}/hooks/{uid}/"
            told = json.loads(request.content) | {
                "asset": forms.number(asset),
                "date_modified": asset.date,
                "email_notification": True,
                "failed_count": 0,
                "logs_url": f"{at}logs/",
                "pending_count": 0,
                "success_count": 0,
                "uid": uid,
                "url": at,
            }
            asset.hooks.append(told)
            return said(told, 201, location=at)
        case "DELETE", [uid]:
            left = [one for one in asset.hooks if one.get("uid") != uid]
            found = len(left) < len(asset.hooks)
            asset.hooks[:] = left
            return gone() if found else missing()
    return said({"count": len(asset.hooks), "next": None, "previous": None, "results": asset.hooks})


def pairs(request: httpx.Request, asset: Asset, rest: list[str], world: World) -> httpx.Response:
    """Answer about the answers of other forms that phones of this one get."""
    match request.method, rest:
        case "POST", []:
            told = json.loads(request.content)
            name, uid = f"{told['filename']}.xml", world.deployed.uid("pd")
            source = told["source"].rstrip("/").rpartition("/")[2]
            asset.pairs.append(name)
            asset.paired[name] = Pair(uid, source, tuple(told["fields"]))
            shown = _pair_shown(request, asset, name, world)
            # Of the source it tells only when it is asked again.
            return said(shown | {"source": None, "source__name": None}, 201, location=shown["url"])
        case "GET", [uid, "external.xml"]:
            return external(world, next(one for one in asset.paired.values() if one.uid == uid))
    every = [_pair_shown(request, asset, name, world) for name in asset.pairs]
    return said({"count": len(every), "next": None, "previous": None, "results": every})


def _pair_shown(request: httpx.Request, asset: Asset, name: str, world: World) -> dict[str, Any]:
    pair = asset.paired.get(name)
    if pair is None:
        return {"filename": name}
    where = f"{base(request)}/api/v2/assets"
    return {
        "source": f"{where}/{pair.source}/",
        "source__name": world.title(pair.source),
        "fields": list(pair.fields),
        "filename": name,
        "url": f"{where}/{asset.uid}/paired-data/{pair.uid}/",
    }


def external(world: World, pair: Pair) -> httpx.Response:
    """Answer with the answers of another form: every row of it, only the answers that are shared."""
    shared = world.deployed.assets[pair.source].sharing.get("fields", ())
    wanted = [one for one in pair.fields or shared if not shared or one in shared]
    content = b'<?xml version="1.0" encoding="utf-8"?><root>'
    content += b"".join(_shared(one, wanted) for one in world.forms.get(pair.source, ())) + b"</root>"
    headers = {
        "content-type": "text/xml; charset=utf-8",
        "etag": f'"{md5(content)}"',
        "cache-control": "private, max-age=300",
    }
    return httpx.Response(200, content=content, headers=headers)


def _shared(one: Submission, wanted: list[str]) -> bytes:
    """Return a row of which only some answers are left, under the name that all of them have."""
    root = etree.fromstring(one.xml)
    root.tag = "data"
    _prune(root, "", wanted)
    written: bytes = etree.tostring(root, encoding="unicode").encode()
    return written


def _prune(node: etree._Element, at: str, wanted: list[str]) -> None:
    for child in list(node):
        path = f"{at}/{etree.QName(child).localname}".strip("/")
        if any(one.startswith(f"{path}/") for one in wanted):
            _prune(child, path, wanted)
        elif path not in wanted:
            node.remove(child)
