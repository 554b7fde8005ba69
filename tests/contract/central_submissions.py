"""Submissions of a stand-in Central over its own API: sending, editing, comments, versions, files, exports."""

from __future__ import annotations

import hashlib
import mimetypes
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from tests.contract import central_audit as audit
from tests.contract import central_exports as exports
from tests.contract import central_xform as xform
from tests.contract.central_answers import (
    Failed,
    as_json,
    as_xml,
    done,
    exists,
    extended,
    lacking,
    missing,
    sent_as,
    sent_json,
    unexpected,
    unless_known,
)
from tests.contract.central_phones import sender
from tests.contract.central_sending import accept, addressed, edits
from tests.contract.central_state import (
    PROJECT,
    STORE,
    Submission,
    Version,
    announced,
    form_version,
    ids,
    listed,
)

if TYPE_CHECKING:
    from tests.contract.central_world import World


def answer(  # noqa: PLR0911 - a table of addresses
    world: World, request: httpx.Request, form: str, rest: list[str]
) -> httpx.Response:
    """Answer an address below the submissions of a form."""
    match request.method, rest:
        case "GET", []:
            trash = request.url.params.get("deleted") == "true"
            shown = [one for one in world.shown(form) if (one.deleted is not None) == trash]
            limit = int(request.url.params.get("limit", len(shown)))
            return as_json([world.listed(one, whole=extended(request)) for one in shown[:limit]])
        case "POST", []:
            return _sent(world, request, form)
        case "GET", ["keys"]:
            return _keys(world, form)
        case "GET", ["submitters"]:
            numbers = dict.fromkeys(one.first.by for one in reversed(world.shown(form)))
            return as_json([world.actor(one) for one in numbers])
        case "DELETE", [root]:
            world.delete(form, root)
            return done()
        case "POST", [root, "restore"]:
            world.restore(form, root)
            return done()
        case "PATCH", [root]:
            return _reviewed(world, form, root, sent_json(request).get("reviewState"))
        case _, [root, *below]:
            return _one(world, request, form, root, below)
    raise missing()


def export(world: World, request: httpx.Request, form: str, name: str) -> httpx.Response:
    """Answer an export of all submissions, which is written into the log."""
    shown = [one for one in world.shown(form) if not one.deleted]
    if name == "submissions.geojson":
        return as_json(exports.geojson(world.form(form), reversed(shown)))
    if name != "submissions.csv":
        raise missing()
    world.note("form.submission.export", form)
    splits = request.url.params.get("splitSelectMultiples") == "true"
    groups = request.url.params.get("groupPaths") != "false"
    content = exports.table(world.form(form), shown, splits=splits, groups=groups)
    said = sent_as(f"{form}.csv", content)
    said.headers["etag"] = world.eventhash(shown)
    return unless_known(request, said)


def _keys(world: World, form: str) -> httpx.Response:
    sealed = [one.present.xml for one in world.shown(form) if announced(one.present.xml)]
    by_server = {"[encrypted:" in form_version(xml) for xml in sealed}
    common = {"public": "x", "hint": None, "createdAt": world.stamp()}
    return as_json([{"id": 2 + one, "managed": one or None, **common} for one in sorted(by_server)])


def _sent(world: World, request: httpx.Request, form: str) -> httpx.Response:
    """Take a new submission; unlike the door of phones, this one takes the same id only once."""
    xml = request.content
    if addressed(world, xml) != form:
        raise unexpected("form ID", xform.attribute(xml, "id"), "did not match the form ID in the URL")
    instance, _deprecated = ids(xml)
    if any(each.instance_id == instance for one in world.forms.get(form, []) for each in one.versions):
        raise exists("submissions", formId=form, instanceId=instance, draft="f")
    said = listed(accept(world, form, xml, {}, sender(world, request)))
    return as_json({name: told for name, told in said.items() if name not in {"reviewState", "deletedAt"}})


def _reviewed(world: World, form: str, root: str, state: str | None) -> httpx.Response:
    if state not in {None, "hasIssues", "approved", "rejected"}:
        raise unexpected("state", state, "not a recognized state name")
    world.review(form, root, state)
    said = listed(world.find(form, root))
    return as_json({name: told for name, told in said.items() if name not in {"currentVersion", "userAgent"}})


def _one(  # noqa: C901, PLR0911, PLR0912 - a table of addresses
    world: World, request: httpx.Request, form: str, root: str, rest: list[str]
) -> httpx.Response:
    root, xml = (root.removesuffix(".xml"), True) if not rest and root.endswith(".xml") else (root, False)
    one = next((one for one in world.shown(form) if one.root == root and not one.deleted), None)
    if one is None:
        return _elsewhere(world, request, form, root, rest)
    match request.method, rest:
        case "GET", []:
            return as_xml(one.present.xml) if xml else as_json(world.listed(one, whole=extended(request)))
        case "PUT", []:
            return _edited(world, request, form, one)
        case "GET", ["versions"]:
            return as_json(world.versions(one, whole=extended(request)))
        case "GET", ["versions", name]:
            found = [each.xml for each in one.versions if each.instance_id == name.removesuffix(".xml")]
            if found and name.endswith(".xml"):
                return as_xml(found[0])
        case "GET", ["diffs"]:
            return as_json(_diffs(one))
        case "GET", ["audits"]:
            return audit.of_submission(world, request, one.root)
        case "GET", ["comments"]:
            return as_json([_comment(world, each, extended(request)) for each in reversed(one.comments)])
        case "POST", ["comments"]:
            return _commented(world, one, sent_json(request))
        case "GET", ["attachments"]:
            return _files(one.present)
        case _, ["attachments", name] if name in one.files:
            return _file(world, request, form, one, name)
        case "GET" | "HEAD", ["versions", of, "attachments", *name]:
            return _of_version(world, request, one, of, name)
    raise missing()


def _of_version(
    world: World, request: httpx.Request, one: Submission, of: str, name: list[str]
) -> httpx.Response:
    """List the files that a version had, or give one of them."""
    for each in one.versions:
        if each.instance_id == of and not name:
            return _files(each)
        if each.instance_id == of and (content := each.files.get(name[0])) is not None:
            return _given(world, request, name[0], content)
    raise missing()


def _files(each: Version) -> httpx.Response:
    """List the files that a version announces."""
    found = sorted(each.files.items())
    return as_json([{"name": name, "exists": data is not None} for name, data in found])


def _elsewhere(world: World, request: httpx.Request, form: str, root: str, rest: list[str]) -> httpx.Response:
    """Lead from the id of an edit to the submission that it belongs to."""
    for one in world.shown(form):
        if not rest and not one.deleted and root in {each.instance_id for each in one.versions}:
            begin = f"/v1/projects/{PROJECT}/forms/{form}/submissions/{quote(one.root, safe='')}"
            where = f"{begin}/versions/{root}"
            text = f"Moved Permanently. Redirecting to {where}"
            return httpx.Response(301, text=text, headers={"location": where})
    raise missing()


def _edited(world: World, request: httpx.Request, form: str, one: Submission) -> httpx.Response:
    _instance, deprecated = ids(request.content)
    if deprecated is None:
        raise Failed(400.19, "Expected a deprecatedID in the submission.")
    edits(one, deprecated)
    accept(world, form, request.content, {}, sender(world, request))
    return as_json(listed(one))


def _diffs(one: Submission) -> dict[str, Any]:
    """Return what each edit changed, by its id, newest first."""
    found = {}
    for before, later in reversed(list(pairwise(one.versions))):
        old, new = dict(xform.flat(before.xml)), dict(xform.flat(later.xml))
        found[later.instance_id] = [
            {
                **({"old": old[path]} if path in old else {}),
                **({"new": new[path]} if path in new else {}),
                "path": list(path),
            }
            for path in dict.fromkeys([*old, *new])
            if old.get(path) != new.get(path)
        ]
    return found


def _commented(world: World, one: Submission, said: dict[str, Any]) -> httpx.Response:
    """Keep a comment; it moves no stamp of the submission."""
    if not said.get("body"):
        raise lacking("body")
    one.comments.append({"body": said["body"], "actorId": world.asker, "createdAt": world.tick()})
    return as_json(one.comments[-1])


def _comment(world: World, said: dict[str, Any], whole: bool) -> dict[str, Any]:
    return said | ({"actor": world.actor(said["actorId"])} if whole else {})


def _file(world: World, request: httpx.Request, form: str, one: Submission, name: str) -> httpx.Response:
    """Give a file, take it, or let it go; none of these moves a stamp."""
    content = one.files[name]
    match request.method:
        case "POST":
            world.late_file(form, one.root, name, request.content)
            return done()
        case "DELETE" if content is not None:
            one.files[name] = None
            world.note_file(form, one, name, lost=True)
            return done()
        case "GET" | "HEAD" if content is not None:
            return _given(world, request, name, content)
    raise missing()


def _given(world: World, request: httpx.Request, name: str, content: bytes) -> httpx.Response:
    """Give the bytes of a file, or lead to where they are."""
    if world.store:
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        where = f"https://{STORE}/seau/blob-{len(content)}-{digest}?X-Amz-Signature=x"
        return httpx.Response(307, headers={"location": where})
    picture = (mimetypes.guess_type(name)[0] or "").startswith("image/")
    return unless_known(request, sent_as(name, content, shown=picture))
