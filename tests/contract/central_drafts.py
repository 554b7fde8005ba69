"""A form that somebody began at a Central and never published, as a Project Manager is shown it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import httpx

from tests.contract.central_state import PROJECT
from tests.contract.central_world import World


def drafted(
    world: World, name: str, *, said: Mapping[str, None] = MappingProxyType({"publishedAt": None})
) -> Callable[[httpx.Request], httpx.Response | None]:
    """Return a knob that lists a draft before all other forms; whatever is asked of it is not there.

    ``said`` is what the list says of its publishing; nothing = a server that leaves the member out.
    """
    forms = f"/v1/projects/{PROJECT}/forms"
    draft = {"projectId": PROJECT, "xmlFormId": name, "version": "1", "state": "open", **said}

    def knob(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.startswith((f"{forms}/{name}.", f"{forms}/{name}/")):
            return httpx.Response(404, json={"code": 404.1, "message": "Could not find the resource."})
        if request.url.path != forms or "deleted" in request.url.params:
            return None
        listed: list[Any] = json.loads(world._route(request).content)
        others = [one for one in listed if one["xmlFormId"] != name]
        return httpx.Response(200, json=[draft, *others])

    return knob
