"""The address of a stand-in KoboToolbox that phones use (OpenRosa): forms, their files, and what is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from tests.contract import kobo_media as media
from tests.contract.kobo_rights import may
from tests.contract.kobo_rows import Submission, ids, named, root_of
from tests.contract.kobo_said import base, file, message, missing, parts, rosa, stranger

if TYPE_CHECKING:
    from tests.contract.kobo_forms import Asset
    from tests.contract.kobo_world import World

LIST = "http://openrosa.org/xforms/xformsList"
NEEDED = "Authentication credentials were not provided."
CLEAR = (
    "Using basic authentication without HTTPS transmits credentials in clear text! "
    "You MUST connect via HTTPS to use basic authentication."
)
AUDIT = "audit.csv"


def door(  # noqa: PLR0911 - a table of addresses
    world: World, request: httpx.Request, who: str | None, path: list[str]
) -> httpx.Response | None:
    """Answer what phones ask; None = it is something else. Before a name of an account, anybody may ask."""
    given = request.headers.get("authorization", "")
    match request.method, path:
        case "GET", ["formList"] if who is None or (
            given.startswith("Basic") and request.url.scheme == "http"
        ):
            return stranger(CLEAR if given else NEEDED, f'xforms xmlns="{LIST}"')
        case "GET", ["formList"]:
            return _forms(world, request, who, "add_submissions")
        case "GET", [_owner, "formList"]:
            return _forms(world, request, None, "add_submissions")
        case "HEAD", ["submission"]:
            return rosa("", world.now, 204, location=str(request.url.copy_with(query=None)))
        case "POST", ["submission"] | [_, "submission"]:
            return _sent(world, request, who)
        case "GET", ["view", "submissionList"] if who is not None:
            return _briefcase(world, request.url.params)
        case "GET", ["xformsManifest" | "xformsMedia" | "forms" as kind, name, *rest] if who is not None:
            asset = world.deployed.by_number(name)
            return None if asset is None else _of_form(world, request, asset, kind, rest)
    return None


def _of_form(
    world: World, request: httpx.Request, asset: Asset, kind: str, rest: list[str]
) -> httpx.Response:
    if kind == "forms":
        return rosa(world.deployed.xform(asset, base(request)), world.now)
    if kind == "xformsMedia":
        return _download(world, asset, rest[0])
    world.deployed.slow = max(world.deployed.slow - 1, 0)
    if not world.deployed.slow:
        asset.on_phones = asset.coming
    number = world.deployed.number(asset)
    shown = "".join(
        f"<mediaFile><filename>{escape(name)}</filename><hash>md5:{stamp}</hash>"
        f"<downloadUrl>{base(request)}/xformsMedia/{number}/{place}.{name.rpartition('.')[2]}</downloadUrl></mediaFile>"
        for place, (name, stamp) in enumerate(asset.on_phones.items(), world.deployed.first_file(asset))
    )
    return rosa(f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{shown}</manifest>', world.now)


def _download(world: World, asset: Asset, name: str) -> httpx.Response:
    """Answer with a form's file by its place; one that lies elsewhere is not sent, only its address."""
    found = dict(enumerate(asset.on_phones, world.deployed.first_file(asset))).get(
        int(name.partition(".")[0]), ""
    )
    if found in asset.paired:
        return media.external(world, asset.paired[found])
    uid = next((uid for uid, (held, _data) in asset.media.items() if held == found), None)
    if uid is None:
        return missing()
    if uid in asset.links:
        headers = {"content-type": "text/html; charset=utf-8", "location": asset.links[uid]}
        return httpx.Response(302, headers=headers)
    return file(found, asset.media[uid][1], "text/csv" if found.endswith(".csv") else None)


def _forms(world: World, request: httpx.Request, who: str | None, right: str) -> httpx.Response:
    shown = "".join(
        _form(world, asset, base(request))
        for asset in world.deployed.assets.values()
        if asset.deployed and asset.active and may(world, who, asset.uid, right)
    )
    return rosa(f'<xforms xmlns="{LIST}">{shown}</xforms>', world.now)


def _form(world: World, asset: Asset, where: str) -> str:
    number, version = world.deployed.number(asset), escape(asset.shown_version)
    told = {
        "formID": asset.uid,
        "name": escape(asset.title),
        "majorMinorVersion": version,
        "version": version,
        "hash": f"md5:{media.md5(asset.workbook)}",
        "descriptionText": escape(asset.title),
        "downloadUrl": f"{where}/forms/{number}/form.xml",
        "manifestUrl": f"{where}/xformsManifest/{number}",
    }
    return f"<xform>{''.join(f'<{name}>{text}</{name}>' for name, text in told.items())}</xform>"


def _briefcase(world: World, params: httpx.QueryParams) -> httpx.Response:
    number = int(params.get("numEntries", "100"))
    after = int(params.get("cursor") or 0)
    found = [one for one in world.forms[params["formId"]] if one.number > after][:number]
    inner = "".join(f"<id>{one.instance}</id>" for one in found)
    cursor = found[-1].number if found else after
    return rosa(
        f'<idChunk xmlns="http://opendatakit.org/submissions"><idList>{inner}</idList>'
        f"<resumptionCursor>{cursor}</resumptionCursor></idChunk>",
        world.now,
    )


def _sent(world: World, request: httpx.Request, who: str | None) -> httpx.Response:  # noqa: C901, PLR0911 - one refusal a line
    """Take what a phone sends: new, an edit, more files, or what was there already."""
    found = parts(request)
    xml = found.pop("xml_submission_file", b"")
    now, where = world.now, {"location": str(request.url.copy_with(query=None))}
    try:
        form, (instance, replaced) = root_of(xml)[0], ids(xml)
    except etree.XMLSyntaxError:
        return message("Improperly formatted XML.", now, 400)
    asset = world.deployed.assets.get(form)
    if asset is None and form not in world.forms:
        said = '<?xml version="1.0" encoding="utf-8"?>\n<root><detail>Not found.</detail></root>'
        return httpx.Response(404, content=said, headers={"content-type": "text/xml; charset=utf-8"})
    if not may(world, who, form, "add_submissions"):
        return stranger(NEEDED) if who is None else message("Access denied", now, 403)
    if not instance:
        return message("Instance ID is required", now, 400)
    if asset is not None and not asset.active:
        return message("Form is not active", now, 405)
    held = world.held(form, instance)
    if held is not None and held.xml != xml:
        return message("Submission with this instance ID already exists", now, 409, **where)
    if replaced and held is None:
        refused = _edit_refused(world, form, replaced, found, where)
        if refused is not None:
            return refused
    kept = {name: data for name, data in found.items() if name in named(xml, world.layout(form))}
    if held is not None:
        known = {name for name, _data, _gone in held.files.values()}
        kept = {name: data for name, data in kept.items() if name not in known}
        if not kept:
            return message("Duplicate Instance", now, 202, **where)
    one = world.send(xml, kept, form=form, by=who)
    if replaced:
        _drop(one, world)
    return _thanks(one, form, world, where)


def _edit_refused(
    world: World, form: str, replaced: str, files: dict[str, bytes], where: dict[str, str]
) -> httpx.Response | None:
    """Return why an edit is not taken; None = it is."""
    before = world.held(form, replaced)
    if before is None:
        if any(replaced in one.past for one in world.forms[form]):
            text = "Invalid submission - deprecatedID refers to an old version"
            return message(text, world.now, 410)
        return message("Invalid submission - deprecatedID not found", world.now, 404)
    if any(files.get(name, data) != data for name, data, gone in before.files.values() if not gone):
        return message("Attachment with same name already exists", world.now, 409, **where)
    return None


def _drop(one: Submission, world: World) -> None:
    """Take away the files that the new version names no more; the trail of a phone stays whatever it says."""
    told = named(one.xml, world.layout(root_of(one.xml)[0]))
    one.files = {uid: held for uid, held in one.files.items() if held[0] in told or held[0] == AUDIT}


def _thanks(one: Submission, form: str, world: World, where: dict[str, str]) -> httpx.Response:
    text = (
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response"><message>Successful submission.</message>'
        f'<submissionMetadata xmlns="http://www.opendatakit.org/xforms" id="{form}" instanceID="{one.instance}" '
        f'submissionDate="{one.received}+00:00" isComplete="true" markedAsCompleteDate="{world.now.isoformat()}"/>'
        "</OpenRosaResponse>"
    )
    return rosa(text, world.now, 201, **where)
