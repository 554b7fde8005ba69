"""What people do to rows of a stand-in KoboToolbox through the API: answers, statuses, copies, deletions."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import httpx
from lxml import etree

from tests.contract.kobo_queries import matching
from tests.contract.kobo_rights import sees
from tests.contract.kobo_rows import Submission, row
from tests.contract.kobo_said import forbidden, gone, missing, said

if TYPE_CHECKING:
    from tests.contract.kobo_world import World

STATUSES = {f"validation_status_{word}": word for word in ("approved", "not_approved", "on_hold")}


def status(
    world: World, request: httpx.Request, who: str, uid: str, one: Submission | None
) -> httpx.Response:
    """Answer about the status of one row: read it, set it, take it away."""
    if one is None:
        return missing()
    if request.method == "GET":
        return said(one.status)
    if one not in sees(world, who, uid, "validate_submissions"):
        return forbidden()
    if request.method == "DELETE":
        world.validate(one.root, "", form=uid, by=who)
        return gone()
    wanted = json.loads(request.content).get("validation_status.uid")
    if wanted not in STATUSES:
        return said({"detail": f"Invalid validation status: `{wanted}`"}, 400)
    world.validate(one.root, wanted, form=uid, by=who)
    return said(one.status)


def statuses(world: World, request: httpx.Request, who: str, uid: str) -> httpx.Response:
    """Set the status of many rows."""
    payload = json.loads(request.content)["payload"]
    chosen = _chosen(world, who, uid, payload)
    if isinstance(chosen, httpx.Response):
        return chosen
    for one in chosen:
        world.validate(one.root, payload["validation_status.uid"], form=uid, by=who)
    return said({"detail": f"{len(chosen)} submissions have been updated"})


def delete(world: World, request: httpx.Request, who: str, uid: str) -> httpx.Response:
    """Delete many rows."""
    payload = json.loads(request.content).get("payload")
    if payload is None:
        return said({"payload": ["This field is required."]}, 400)
    chosen = _chosen(world, who, uid, payload)
    if isinstance(chosen, httpx.Response):
        return chosen
    for one in chosen:
        world.delete(one.root, form=uid, by=who)
    return said({"detail": f"{len(chosen)} submissions have been deleted"})


def edit(world: World, request: httpx.Request, who: str, uid: str) -> httpx.Response:
    """Change answers of many rows: a new version of each, with a new id. Nothing looks whether the form has the field."""
    payload = json.loads(request.content)["payload"]
    chosen = _chosen(world, who, uid, payload)
    if isinstance(chosen, httpx.Response):
        return chosen
    results = [_edited(world, who, uid, one, payload["data"]) for one in chosen]
    return said({"count": len(results), "successes": len(results), "failures": 0, "results": results})


def _edited(world: World, who: str, uid: str, one: Submission, data: dict[str, str]) -> dict[str, Any]:
    fresh, root = str(uuid.uuid4()), one.root.removeprefix("uuid:")
    ids = {"meta/deprecatedID": one.instance, "meta/rootUuid": one.root, "meta/instanceID": f"uuid:{fresh}"}
    world.send(rewritten(one.xml, data | ids), form=uid, by=who)
    return {"uuid": fresh, "root_uuid": root, "status_code": 201, "message": "Successful submission"}


def rewritten(xml: bytes, data: dict[str, str]) -> bytes:
    """Return an XML with other answers, written anew; a node that was not there is made."""
    root = etree.fromstring(xml)
    for path, value in data.items():
        node = root
        for step in path.split("/"):
            name, number = re.fullmatch(r"([^\[]+)(?:\[([0-9]+)\])?", step).groups()  # type: ignore[union-attr]
            there = [
                one for one in node.iterchildren(tag=etree.Element) if etree.QName(one).localname == name
            ]
            place = int(number or 1) - 1
            node = there[place] if place < len(there) else etree.SubElement(node, name)
        node.text = value
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def duplicate(world: World, who: str, uid: str, one: Submission, at: str) -> httpx.Response:
    """Make a second submission of one: its answers and copies of its files, another id, another hour."""
    now = world.now.isoformat(timespec="milliseconds")
    fresh = {"meta/instanceID": f"uuid:{uuid.uuid4()}", "start": now, "end": now}
    root = etree.fromstring(rewritten(one.xml, fresh))
    for meta in root.iterfind("{*}meta"):
        for old in meta.xpath("*[local-name()='deprecatedID' or local-name()='rootUuid']"):
            meta.remove(old)
    files = {name: content for name, content, deleted in one.files.values() if not deleted}
    made = world.send(etree.tostring(root, encoding="utf-8", xml_declaration=True), files, form=uid, by=who)
    made.submitter = who
    return said(row(made, None, world.layout(uid), at), 201)


def _chosen(world: World, who: str, uid: str, payload: dict[str, Any]) -> list[Submission] | httpx.Response:
    """Return the rows that are meant: by number, by a question, or all of them with a confirmation."""
    shown = sees(world, who, uid)
    if "submission_ids" in payload:
        wanted = set(payload["submission_ids"])
        if not wanted <= {one.number for one in shown}:
            return said({"detail": "One or more submission ids are invalid"}, 400)
        return [one for one in shown if one.number in wanted]
    if "query" in payload:
        return matching(shown, payload["query"], world.layout(uid))
    return shown if payload.get("confirm") else said({"payload": ["Confirmation is required"]}, 400)
