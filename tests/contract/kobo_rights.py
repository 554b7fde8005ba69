"""Who may do what with a form of a stand-in KoboToolbox: rights given one by one or in a list, and rights over some rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.contract.kobo_queries import matching
from tests.contract.kobo_rows import Submission
from tests.contract.kobo_said import base, forbidden, gone, missing, said

if TYPE_CHECKING:
    from tests.contract.kobo_forms import Asset
    from tests.contract.kobo_world import World

ME: Final = "coord"
"""The account of the token that our client has."""
ANYBODY: Final = "AnonymousUser"
SOME: Final = "partial_submissions"
IMPLIED: Final[dict[str, tuple[str, ...]]] = {
    "add_submissions": (),
    "change_asset": ("view_asset",),
    "change_submissions": ("add_submissions", "view_asset", "view_submissions"),
    "delete_submissions": ("view_asset", "view_submissions"),
    "discover_asset": ("view_asset",),
    "manage_asset": (
        *("delete_submissions", "change_asset", "validate_submissions", "view_asset"),
        *("add_submissions", "discover_asset", "change_submissions", "view_submissions"),
    ),
    SOME: ("view_asset",),
    "validate_submissions": ("view_asset", "view_submissions"),
    "view_asset": (),
    "view_submissions": ("view_asset",),
}
"""What a right brings with it."""
OWNERS: Final = sorted(set(IMPLIED) - {SOME, "discover_asset"})
_ROWS: Final = ("view_submissions", "change_submissions", "delete_submissions", "validate_submissions")
_AGAINST: Final[dict[str, tuple[str, ...]]] = dict.fromkeys(_ROWS, (SOME,)) | {SOME: (*_ROWS, "manage_asset")}
_LABELS: Final = {
    "add_submissions": "Add submissions",
    "change_asset": "Edit form",
    "manage_asset": "Manage project",
    "view_asset": "View form",
}


def held(asset: Asset, who: str) -> set[str]:
    """Return the rights of an account on a form."""
    return (
        set(OWNERS) if who == asset.owner else {right for user, right in asset.rights.values() if user == who}
    )


def may(world: World, who: str | None, uid: str, right: str) -> bool:
    """Tell whether an account, or anybody without one, may do something with a form."""
    if uid in world.foreign or not (uid in world.forms or uid in world.deployed.assets):
        return False
    asset = world.deployed.assets.get(uid)
    if who == ME:
        return asset is None or right not in _ROWS or SOME not in asset.own_rights
    return asset is not None and right in held(asset, who or ANYBODY)


def sees(world: World, who: str | None, uid: str, right: str = "view_submissions") -> list[Submission]:
    """Return the rows on which an account has a right: all, those that its filters meet, or none."""
    shown = sorted((one for one in world.forms.get(uid, ()) if one.visible), key=lambda one: one.number)
    if may(world, who, uid, right):
        return shown
    asset, layout = world.deployed.assets[uid], world.layout(uid)
    filters = [
        query for user, rules in asset.filters.items() if user == who for query in rules.get(right, ())
    ]
    met = [id(one) for query in filters for one in matching(shown, query, layout)]
    return [one for one in shown if id(one) in met]


def catalogue(request: httpx.Request) -> httpx.Response:
    """Answer which rights there are, what each brings and what it excludes."""
    where = f"{base(request)}/api/v2/permissions"
    shown = [
        {
            "url": f"{where}/{right}/",
            "name": _label(right),
            "codename": right,
            "implied": [f"{where}/{one}/" for one in brought],
            "contradictory": [f"{where}/{one}/" for one in _AGAINST.get(right, ())],
        }
        for right, brought in IMPLIED.items()
    ]
    return said({"count": len(shown), "next": None, "previous": None, "results": shown})


def manages(asset: Asset, who: str | None) -> bool:
    """Tell whether an account may manage a form."""
    return "manage_asset" in (asset.own_rights if who == ME else held(asset, who or ANYBODY))


def answer(
    request: httpx.Request, asset: Asset, rest: list[str], who: str | None, world: World
) -> httpx.Response:
    """Answer what is asked of the rights on a form."""
    match request.method, rest:
        case "GET", []:
            return said(listed(request, asset, who))
        case "POST", []:
            return _give(request, asset, json.loads(request.content), world)
        case "POST", ["bulk"]:  # the list is all there is afterwards
            asset.rights, asset.filters = {}, {}
            for one in json.loads(request.content):
                refused = _give(request, asset, one, world)
                if refused.status_code >= 400:
                    return refused
            return said(listed(request, asset, who))
        case "DELETE", [uid]:
            return gone() if asset.rights.pop(uid, None) else missing("ObjectPermission")
    return missing()


def _give(request: httpx.Request, asset: Asset, told: dict[str, Any], world: World) -> httpx.Response:
    user, right = (told[name].rstrip("/").rpartition("/")[2] for name in ("user", "permission"))
    if user not in world.deployed.users and user != ANYBODY:
        return said({"user": ["Invalid hyperlink"]}, 400)
    some = told.get("partial_permissions", [])
    if any(not isinstance(one["filters"], list) for one in some):
        return said({"partial_permissions": ["Invalid `filters`"]}, 400)
    if right == SOME:
        asset.filters[user] = {one["url"].rstrip("/").rpartition("/")[2]: one["filters"] for one in some}
    for one in (*IMPLIED[right], right):
        if (user, one) not in asset.rights.values():
            asset.rights[world.deployed.uid("p")] = (user, one)
    made = next(uid for uid, one in asset.rights.items() if one == (user, right))
    shown = _shown(request, asset, made, user, right)
    return said(shown, 201, location=shown["url"])


def listed(request: httpx.Request, asset: Asset, who: str | None) -> list[dict[str, Any]]:
    """Return every right on a form as it is shown, those of its owner first.

    Who may not manage it is shown those of the owner, the public and oneself.
    """
    own = [_shown(request, asset, f"p{asset.uid}{right}", asset.owner, right) for right in OWNERS]
    every = manages(asset, who)
    if who == ME != asset.owner:
        own += [_shown(request, asset, f"p{asset.uid}{ME}{right}", ME, right) for right in asset.own_rights]
    return own + [
        _shown(request, asset, uid, user, right)
        for uid, (user, right) in asset.rights.items()
        if every or user in {who, asset.owner, ANYBODY}
    ]


def _shown(request: httpx.Request, asset: Asset, uid: str, user: str, right: str) -> dict[str, Any]:
    where = f"{base(request)}/api/v2"
    told: dict[str, Any] = {
        "url": f"{where}/assets/{asset.uid}/permission-assignments/{uid}/",
        "user": f"{where}/users/{user}/",
        "permission": f"{where}/permissions/{right}/",
        "label": _label(right),
    }
    if right == SOME:
        rules = asset.filters.get(user, {})
        told["partial_permissions"] = [
            {"url": f"{where}/permissions/{name}/", "filters": filters} for name, filters in rules.items()
        ]
        told["label"] = {one: f"{_label(one)} only from specific users" for one in ("default", *_ROWS)}
    return told


def _label(right: str) -> str:
    return _LABELS.get(right, right.replace("_", " ").capitalize())


def users(request: httpx.Request, rest: list[str], known: set[str]) -> httpx.Response:
    """Answer who somebody is; the list of all is for the people of the server."""
    if not rest:
        return forbidden()
    if rest[0] not in known:
        return missing("User")
    told = {"url": f"{base(request)}/api/v2/users/{rest[0]}/", "username": rest[0]}
    counts = {"public_collection_subscribers_count": 0, "public_collections_count": 0}
    return said(told | {"date_joined": "2026-11-20T08:00:00Z"} | counts)
