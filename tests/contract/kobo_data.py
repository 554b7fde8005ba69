"""The rows of a form of a stand-in KoboToolbox, as they are asked for: one, a page, in XML, on a map, and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from tests.contract import kobo_changes as changes
from tests.contract import kobo_queries as queries
from tests.contract.kobo_rights import ME, sees
from tests.contract.kobo_rows import SIZES, Layout, Submission, answers, named, row
from tests.contract.kobo_said import base, file, gone, missing, page, said, xml

if TYPE_CHECKING:
    from tests.contract.kobo_world import World


def answer(  # noqa: C901, PLR0911, PLR0912 - a table of addresses
    world: World, request: httpx.Request, who: str, uid: str, rest: list[str]
) -> httpx.Response:
    """Answer what is asked of the rows of a form, for an account that may see some."""
    at = f"{base(request)}/api/v2/assets/{uid}/data/"
    match request.method, rest:
        case "GET", []:
            world.note(uid, "view-data", who)
            return _many(world, request, who, uid, at)
        case _method, []:
            return said({"detail": f'Method "{request.method}" not allowed.'}, 405)
        case "PATCH", ["bulk"]:
            return changes.edit(world, request, who, uid)
        case "DELETE", ["bulk"]:
            return changes.delete(world, request, who, uid)
        case "PATCH", ["validation_statuses"]:
            return changes.statuses(world, request, who, uid)
    one = _found(sees(world, who, uid), rest[0])
    if rest[1:] == ["validation_status"]:  # without the right on the row, to be told of it is no secret
        return changes.status(world, request, who, uid, one or _found(sees(world, ME, uid), rest[0]))
    if one is None:
        return missing()
    layout = world.layout(uid)
    match request.method, rest[1:]:
        case "GET", [] if request.url.params.get("format") == "xml":
            as_posted = one.xml if one.xml.startswith(b"<?xml") else b"<?xml version='1.0' ?>" + one.xml
            return missing() if one.phantom else xml(as_posted)
        case "GET", []:
            return said(row(one, None, layout, at))
        case "DELETE", []:
            world.delete(one.root, form=uid, by=who)
            return gone()
        case "POST", ["duplicate"]:
            return changes.duplicate(world, who, uid, one, at)
        case "GET", ["attachments"]:
            return _by_place(one, request.url.params.get("xpath", ""), layout)
        case "GET", ["attachments", name, *size] if not size or size[0] in SIZES:
            return _file(one, name, request.url.params)
    return missing()


def _found(shown: list[Submission], name: str) -> Submission | None:
    """Return a row by its number, its root or its present id; a former id finds nothing."""
    return next(
        (
            one
            for one in shown
            if name in (str(one.number), one.root.removeprefix("uuid:"), one.instance.removeprefix("uuid:"))
        ),
        None,
    )


def _file(one: Submission, uid: str, params: httpx.QueryParams) -> httpx.Response:
    held = one.files.get(uid)
    if held is None or held[2]:
        return missing()
    if "format" in params:  # the server has no converter
        return page(500)
    return file(held[0], held[1])


def _by_place(one: Submission, place: str, layout: Layout) -> httpx.Response:
    where = named(one.xml, layout)
    found = [uid for uid, (name, _bytes, _gone) in one.files.items() if where.get(name) == place]
    return _file(one, found[0], httpx.QueryParams()) if found else missing()


def _many(world: World, request: httpx.Request, who: str, uid: str, at: str) -> httpx.Response:
    shown, layout, params = sees(world, who, uid), world.layout(uid), request.url.params
    sizes = {"default": world.default, "cap": world.cap}
    try:
        if params.get("format") == "xml":
            return _xml_list(params, shown, layout, sizes)
        if params.get("format") == "geojson":
            return _map(world.title(uid), shown, layout)
        return queries.page(request, shown, layout, at, **sizes)
    except queries.Refused as refused:
        return refused.answer


def _xml_list(
    params: httpx.QueryParams, shown: list[Submission], layout: Layout, sizes: dict[str, int]
) -> httpx.Response:
    wrong = next((name for name in ("fields", "sort") if name in params), None)
    if wrong:
        what = "This" if wrong == "fields" else "This param"
        text = f"<root><{wrong}>{what} is not supported in `XML` format</{wrong}></root>"
        return xml(f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode(), 400)
    found, start, limit = queries.chosen(params, shown, layout, **sizes)
    inner = b"".join(one.posted for one in found[start : start + limit] if not one.phantom)
    head = f'<?xml version="1.0" encoding="utf-8"?><root><count>{len(found)}</count>'.encode()
    return xml(head + b"<next>None</next><previous>None</previous><results>" + inner + b"</results></root>")


def _map(name: str, shown: list[Submission], layout: Layout) -> httpx.Response:
    features = [_feature(one, number, layout) for number, one in enumerate(shown, 1)]
    return said({"type": "FeatureCollection", "name": name, "features": features})


def _feature(one: Submission, number: int, layout: Layout) -> dict[str, Any]:
    """Return a submission as a point: repeats left out, the place in four parts, a number instead of an id."""
    told = answers(one.xml, layout)
    words = str(told.get(layout.place, "")).split()
    latitude, longitude, height = (float(word) for word in words[:3])
    shown: dict[str, Any] = {}
    for name, value in told.items():
        head, slash, last = name.rpartition("/")
        if name in layout.points:
            parts = zip(("latitude", "longitude", "altitude", "precision"), value.split(), strict=True)
            shown |= {f"{head}{slash}_{last}_{part}": word for part, word in parts}
        elif isinstance(value, str) and not name.startswith(("meta/", "formhub/", "__")):
            shown[name] = value
    point = {"type": "Point", "coordinates": [longitude, latitude, height]}
    return {"type": "Feature", "geometry": point, "properties": shown | {"_index": number}}
