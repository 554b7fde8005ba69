"""The addresses of a stand-in Central: who asks, and which room answers. Holds nothing."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import httpx

from tests.contract import central_arrivals as arrivals
from tests.contract import central_audit as audit
from tests.contract import central_odata as odata
from tests.contract import central_people as people
from tests.contract import central_phones as phones
from tests.contract import central_submissions as submissions
from tests.contract.central_answers import Failed, as_json, done, extended, forbidden, missing, sent_json
from tests.contract.central_state import PROJECT, STORE

if TYPE_CHECKING:
    from tests.contract.central_world import World

_RIGHTS: Final = ["form.read", "submission.read"]


def answer(world: World, request: httpx.Request) -> httpx.Response:
    """Answer an address of the server, for whoever may ask.

    Raises:
        Failed: what is asked is refused, or is not there.
    """
    if request.url.host == STORE:
        return _stored(world, request)
    parts = [unquote(one) for one in request.url.raw_path.decode().partition("?")[0].split("/")[1:]]
    if parts[:1] != ["v1"]:
        raise _no_version(parts[0])
    if parts[1:] == ["sessions"] and request.method == "POST":
        return _login(world, request)
    if parts[1:2] == ["sessions"] and request.method == "DELETE":
        known = parts[2] in world.tokens or world.published.revoke(parts[2])
        world.tokens.discard(parts[2])
        if not known:
            raise forbidden()
        return done()
    if parts[1:2] == ["key"]:
        return phones.by_key(world, request, parts[2], parts[3:])
    world.asker = people.asker(world, request)
    world.notes = unquote(request.headers["x-action-notes"]) if "x-action-notes" in request.headers else None
    return _site(world, request, parts[1:])


def _site(  # noqa: PLR0911 - a table of addresses
    world: World, request: httpx.Request, parts: list[str]
) -> httpx.Response:
    match request.method, parts:
        case _, ["users", *rest]:
            return people.accounts(world, request, rest)
        case "GET", ["roles"]:
            return people.roles()
        case "GET", ["audits"]:
            return audit.answer(world, request)
        case "POST", ["projects"]:
            return people.make_project(world, request)
        case "GET", ["projects"]:  # the rights come with the list also unasked
            return as_json([_project_said(world) | {"verbs": _RIGHTS} | _many(world, request)])
        case "GET", ["projects", number] if number.isdigit() and int(number) in world.people.projects:
            return as_json(world.people.projects[int(number)])
        case _, ["projects", number, *rest] if number == str(PROJECT):
            return _project(world, request, rest)
    raise missing()


def _login(world: World, request: httpx.Request) -> httpx.Response:
    said = sent_json(request)
    expected = ["email", "password"]
    if not set(expected) <= said.keys():
        got = {name: said[name] for name in expected if name in said}
        raise Failed(400.3, "Required parameters missing.", expected=expected, got=got)
    number = people.known(world, said["email"], said["password"])
    world.logins += 1
    token = f"jeton{world.logins}"
    world.tokens.add(token)
    world.owners[token] = number
    world.people.every[number].seen = world.stamp()
    day = (world.now + timedelta(days=1)).isoformat()
    return as_json({"token": token, "csrf": "c", "expiresAt": day, "createdAt": world.stamp()})


def _project_said(world: World) -> dict[str, Any]:
    times = {"createdAt": "2026-11-20T07:00:00.000Z", "updatedAt": None, "deletedAt": None}
    key = 1 if world.people.key else None
    return {"id": PROJECT, "name": "Essai", "description": None, "archived": False, "keyId": key, **times}


def _many(world: World, request: httpx.Request) -> dict[str, Any]:
    """Return what the list of projects tells beside: counts when they were asked for, forms and lists too."""
    forms, lists = world.published, world.published.lists.lists
    rows = [row.made for held in lists.values() for row in held.rows.values()]
    sent = [one.created for some in world.forms.values() for one in some]
    counts: dict[str, Any] = {
        "forms": len(forms.published),
        "appUsers": len(forms.phones),
        "datasets": len(lists),
        "lastSubmission": max(sent, default=None),
        "lastEntity": max(rows, default=None),
    }
    said = counts if extended(request) else {}
    if request.url.params.get("forms") == "true":
        told = {name: counts[name] for name in ("forms", "lastSubmission")}
        said |= told | {"formList": [forms.whole(one) for one in forms.published]}
    if request.url.params.get("datasets") == "true":
        told = {name: counts[name] for name in ("datasets", "lastEntity")}
        said |= told | {"datasetList": [forms.lists.listed(one, whole=True) for one in lists]}
    return said


def _project(  # noqa: C901, PLR0911 - a table of addresses
    world: World, request: httpx.Request, rest: list[str]
) -> httpx.Response:
    role = world.people.role(world.asker, views=world.views)
    if not people.may(role, request, rest):
        raise forbidden() if role else missing()
    if phones.is_door(rest):
        return phones.answer(world, request, rest, None)
    made: httpx.Response | None = None
    match request.method, rest:
        case "POST", ["key"]:
            return people.set_key(world, request)
        case _, ["assignments", *below] if below[:1] != ["forms"]:
            return people.assignments(world, request, below)
        case _, ["datasets", name, "entities", key, *below] if below:
            made = arrivals.answer(world, request, name, key, below)
    if made is None:
        made = world.published.answer(request, rest)
    if made is not None:
        return made
    match request.method, rest:
        case "GET", []:
            return as_json(_project_said(world) | ({"verbs": _RIGHTS} if extended(request) else {}))
        case "GET", ["forms"]:
            return as_json([_bare(name) for name in world.forms])
        case _, ["forms", name, *below] if name.removesuffix(".svc") in {
            *world.forms,
            *world.published.published,
        }:
            return _below(world, request, name, below)
    raise missing()


def _bare(name: str) -> dict[str, Any]:
    """Return what is said of a form that a test named and did not publish."""
    said = {"projectId": PROJECT, "xmlFormId": name, "version": "2026110101", "state": "open"}
    return said | {"publishedAt": "2026-11-01T08:00:00.000Z"}


def _below(world: World, request: httpx.Request, name: str, rest: list[str]) -> httpx.Response:
    form = name.removesuffix(".svc")
    match rest:
        case _ if name != form:
            return odata.answer(world, request, form, rest)
        case ["submissions", *below]:
            return submissions.answer(world, request, form, below)
        case [whole] if whole.startswith("submissions."):
            return submissions.export(world, request, form, whole)
        case []:
            return as_json(_bare(form))
    raise missing()


def _stored(world: World, request: httpx.Request) -> httpx.Response:
    """Answer in the store's place: by name, to whoever brings no credential of ours, and only the whole file."""
    asked = request.url.path.rpartition("-")[2]
    versions = [each for some in world.forms.values() for one in some for each in one.versions]
    every = [data for each in versions for data in each.files.values() if data]
    found = [data for data in every if hashlib.sha1(data, usedforsecurity=False).hexdigest() == asked]
    if "authorization" in request.headers or request.method != "GET" or not found:
        return httpx.Response(403)
    return httpx.Response(200, content=found[0], headers={"etag": '"of the store"'})


def _no_version(begin: str) -> Failed:
    """Return: an address begins with the version of the API."""
    if found := re.fullmatch("v([0-9]+)", begin):
        return Failed(404.3, f"Unexpected an API version (accepts: 1) (got: {found[1]}).", got=found[1])
    return Failed(404.2, "Expected an API version (eg /v1) at the start of the request URL.")
