"""The rows of an entity list of a stand-in Central: made, changed, trashed; their versions; the list as a table and a feed."""

from __future__ import annotations

import csv
import io
import re
import uuid
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

from tests.contract.central_answers import (
    Failed,
    as_json,
    done,
    exists,
    extended,
    lacking,
    missing,
    sent_as,
    sent_json,
    unless_known,
    wrong_type,
)
from tests.contract.central_filter import Known, rule
from tests.contract.central_pages import after, packed
from tests.contract.central_rows import Change, Dataset, Entity
from tests.contract.central_schema import list_schema
from tests.contract.central_state import PROJECT

if TYPE_CHECKING:
    from tests.contract.central_lists import Lists

KNOWN: Final[Known] = {
    "__id": lambda one: str(one[0]),
    "__system/createdAt": lambda one: str(one[1].made),
    "__system/updatedAt": lambda one: one[1].updated and str(one[1].updated),
    "__system/deletedAt": lambda one: one[1].gone and str(one[1].gone),
    "__system/creatorId": lambda one: str(one[1].by),
    "__system/conflict": lambda one: one[1].conflict and str(one[1].conflict),
}
"""What can be asked of a row."""


def odata_name(name: str) -> str:
    """Return a property's name as OData can write it."""
    return re.sub(r"^(?=\d)", "_", re.sub(r"[^A-Za-z0-9_]+", "_", name))


def odata(lists: Lists, request: httpx.Request, name: str, table: str) -> httpx.Response:
    """Answer what is asked of a list's OData."""
    held = lists.lists[name]
    if table != "$metadata":
        return _feed(lists, request.url.params, name)
    content = list_schema(name, [odata_name(one) for one in held.properties])
    return httpx.Response(200, content=content, headers={"content-type": "application/xml; charset=utf-8"})


def _feed(lists: Lists, params: httpx.QueryParams, name: str) -> httpx.Response:
    held = lists.lists[name]
    wanted, search = params.get("$filter", ""), params.get("$search", "").lower()
    let = rule(wanted, KNOWN)
    every = [
        one
        for one in reversed(held.rows.items())
        if ("deletedAt" in wanted or not one[1].deleted)
        and let(one)
        and any(search in text.lower() for text in (one[1].label, *one[1].data.values()))
    ]
    rows = every
    if token := params.get("$skiptoken"):
        rows = after(every, token, lambda one: one[0], "uuid")
    page = rows[: int(params.get("$top", len(rows)))]
    select = [one for one in params.get("$select", "").split(",") if one]
    value = [_row(lists, held, key, row) for key, row in page]
    place = f"http://central.example/v1/projects/{PROJECT}/datasets/{name}.svc"
    body: dict[str, Any] = {
        "value": [{told: one[told] for told in one if not select or told in select} for one in value],
        "@odata.context": f"{place}/$metadata#Entities",
    }
    if page and len(rows) > len(page):
        more = "".join(f"{quote(one)}={quote(text)}&" for one, text in params.items() if one != "$skiptoken")
        token = packed({"uuid": page[-1][0]})
        body["@odata.nextLink"] = f"{place}/Entities?{more}%24skiptoken=01{quote(token)}"
    if params.get("$count") == "true":
        body["@odata.count"] = len(every)
    return as_json(body)


def _row(lists: Lists, held: Dataset, key: str, row: Entity) -> dict[str, Any]:
    system = {
        "createdAt": row.made,
        "creatorId": str(row.by),
        "creatorName": lists.person(row.by)["displayName"],
        "updates": row.version - 1,
        "updatedAt": row.updated,
        "version": row.version,
        "conflict": row.conflict,
    }
    told = {odata_name(name): row.data.get(name, "") for name in held.properties}
    return {"__id": key, "label": row.label, "__system": system, **told}


def table(lists: Lists, request: httpx.Request, name: str) -> httpx.Response:
    """Answer the list as a table, or that the asker holds it already."""
    held = lists.lists[name]
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    own = ("__createdAt", "__creatorId", "__creatorName", "__updates", "__updatedAt", "__version")
    lines.writerow(["__id", "label", *held.properties, *own])
    for key, row in reversed(held.rows.items()):
        if row.deleted:
            continue
        system = (
            row.made,
            row.by,
            lists.person(row.by)["displayName"],
            row.version - 1,
            row.updated,
            row.version,
        )
        lines.writerow([key, row.label, *(row.data.get(one, "") for one in held.properties), *system])
    return unless_known(request, sent_as(f"{name}.csv", out.getvalue().encode()))


def answer(  # noqa: C901, PLR0911 - a table of addresses
    lists: Lists, request: httpx.Request, name: str, below: list[str]
) -> httpx.Response:
    """Answer an address below the rows of a list."""
    held = lists.lists[name]
    match request.method, below:
        case "GET", []:
            trash = request.url.params.get("deleted") == "true"
            found = [(key, row) for key, row in reversed(held.rows.items()) if row.deleted == trash]
            return as_json([described(key, row, whole=False) for key, row in found])
        case "POST", []:
            return _made(lists, held, sent_json(request), request.headers.get("user-agent"))
        case "GET", [key] if key in held.rows:
            return as_json(
                _whole(lists, key, held.rows[key]) if extended(request) else described(key, held.rows[key])
            )
        case "GET", [key, "diffs"] if key in held.rows:
            return as_json(_diffs(held.rows[key]))
        case "POST", [key, "restore"] if key in held.rows and held.rows[key].deleted:
            _bring_back(lists, held.rows[key])
            return done()
        case "DELETE", [key]:
            if key not in held.rows or held.rows[key].deleted:
                raise missing()
            _trash(lists, held.rows[key])
            return done()
        case "POST", ["bulk-delete" | "bulk-restore" as deed] if lists.bulk:
            keys = sent_json(request)["ids"]
            for key in keys:
                (_trash if deed == "bulk-delete" else _bring_back)(lists, held.rows[key])
            return as_json({"count": len(keys)})
        case "PATCH", [key]:
            return _change(lists, held, key, request)
    raise missing()


def _trash(lists: Lists, row: Entity) -> None:
    row.deleted, row.gone = True, lists.tick()


def _bring_back(lists: Lists, row: Entity) -> None:
    """Take a row out of the trash; unlike that of a submission, its stamp moves."""
    row.deleted, row.gone, row.updated = False, None, lists.tick()


def _made(lists: Lists, held: Dataset, sent: dict[str, Any], agent: str | None) -> httpx.Response:
    """Make all or none; a uuid that is not of version 4, that exists in any list, or that was deleted refuses all."""
    taken = {key: row for one in lists.lists.values() for key, row in one.rows.items()}
    named = [{"uuid": str(uuid.uuid4()), **one} for one in sent.get("entities", [sent])]
    for one in named:
        _check(held, taken, one)
    for one in named:
        begin(lists, held, one["uuid"], one["label"], dict(one["data"]), agent=agent)
    if "entities" in sent:
        return done()
    key = next(reversed(held.rows))
    return as_json(described(key, held.rows[key]))


def _check(held: Dataset, taken: dict[str, Entity], one: dict[str, Any]) -> None:
    if "label" not in one:
        raise lacking("label")
    for name, value in one["data"].items():
        if name not in held.properties:
            reason = f"You specified the dataset property [{name}] which does not exist."
            raise Failed(400.28, f"The entity is invalid. {reason}", reason=reason)
        if not isinstance(value, str):
            raise wrong_type(name, "string")
    if uuid.UUID(one["uuid"]).version != 4:
        raise wrong_type("uuid", "valid version 4 UUID")
    if one["uuid"] in taken and taken[one["uuid"]].deleted:
        text = "The following UUID(s) cannot be used because they are associated with deleted Entities"
        raise Failed(409.19, f"{text}: ({one['uuid']}).", entityUuids=[one["uuid"]])
    if one["uuid"] in taken:
        raise exists("entities", uuid=one["uuid"])


def begin(
    lists: Lists,
    held: Dataset,
    key: str,
    label: str,
    data: dict[str, str],
    *,
    agent: str | None = None,
    by: int | None = None,
    source: tuple[str, str] | None = None,
) -> Entity:
    """Make a row with its first version."""
    at, by = lists.tick(), lists.asker() if by is None else by
    first = Change(1, label, data, {**data, "label": label}, at, by, agent, source=source)
    held.rows[key] = Entity(label, dict(data), made=at, by=by, history=[first])
    return held.rows[key]


def described(key: str, row: Entity, *, whole: bool = True) -> dict[str, Any]:
    """Return what is said of a row; in the list of all rows without what is in it."""
    told = version(row, row.versions()[-1])
    if not whole:
        told = {name: one for name, one in told.items() if name not in {"data", "dataReceived"}}
    return {
        "uuid": key,
        "creatorId": row.by,
        "conflict": row.conflict,
        "createdAt": row.made,
        "updatedAt": row.updated,
        "deletedAt": row.gone,
        "currentVersion": told,
    }


def _whole(lists: Lists, key: str, row: Entity) -> dict[str, Any]:
    """Return what is said of a row, with the people who made it and its version."""
    said = described(key, row)
    said["creator"] = lists.person(row.by)
    said["currentVersion"]["creator"] = lists.person(row.versions()[-1].by)
    return said


def version(row: Entity, one: Change) -> dict[str, Any]:
    """Return what is said of a version."""
    branch, trunk, base_of_branch = one.branch
    return {
        "current": one is row.versions()[-1] or one.version == row.version,
        "label": one.label,
        "creatorId": one.by,
        "userAgent": one.agent,
        "data": one.data,
        "version": one.version,
        "baseVersion": one.base,
        "dataReceived": one.received,
        "conflictingProperties": one.conflicting,
        "createdAt": one.at,
        "branchId": branch,
        "trunkVersion": trunk,
        "branchBaseVersion": base_of_branch,
    }


def _change(lists: Lists, held: Dataset, key: str, request: httpx.Request) -> httpx.Response:
    """Change a row from the version that the sender saw; without one it is refused, unless it is forced."""
    row, params = held.rows.get(key), request.url.params
    if row is None or row.deleted:
        raise missing()
    given = params.get("baseVersion")
    if params.get("force") != "true" and given != str(row.version):
        text = f"Current version of the Entity is '{row.version}' and you provided '{given}'."
        details = {"current": str(row.version)} | ({"provided": given} if given else {})
        raise Failed(409.15, text, **details)
    if params.get("resolve") == "true":
        if row.conflict is None:
            raise Failed(400.32, "There is no conflict to resolve.")
        row.conflict, row.updated = None, lists.tick()
        if not request.content:
            return as_json(described(key, row))
    body = sent_json(request)
    received = dict(body.get("data", {})) | ({"label": body["label"]} if "label" in body else {})
    go_on(lists, row, received, base=int(given or row.version), agent=request.headers.get("user-agent"))
    return as_json(described(key, row))


def go_on(
    lists: Lists,
    row: Entity,
    received: dict[str, str],
    *,
    base: int,
    agent: str | None,
    by: int | None = None,
) -> Change:
    """Give a row its next version."""
    at = lists.tick()
    row.history = row.versions()
    row.label = received.get("label", row.label)
    row.data |= {name: text for name, text in received.items() if name != "label"}
    row.version += 1
    row.updated = at
    by = lists.asker() if by is None else by
    row.history.append(Change(row.version, row.label, dict(row.data), received, at, by, agent, base))
    return row.history[-1]


def _diffs(row: Entity) -> list[list[dict[str, str]]]:
    """Return what each version changed, oldest first."""
    found, versions = [], row.versions()
    for before, later in pairwise(versions):
        old, new = {"label": before.label, **before.data}, {"label": later.label, **later.data}
        found.append(
            [
                {
                    **({"old": old[name]} if name in old else {}),
                    **({"new": new[name]} if name in new else {}),
                    "propertyName": name,
                }
                for name in dict.fromkeys([*old, *new])
                if old.get(name) != new.get(name)
            ]
        )
    return found
