"""A form that somebody began at a Central and never published, as a Project Manager is shown it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.servers.central_state import PROJECT
from tests.servers.central_world import World

__all__ = ["drafted"]


def drafted(world: World, name: str) -> Callable[[httpx.Request], httpx.Response | None]:
    """Return a knob that lists a draft before all other forms; whatever is asked of it is not there."""
    forms = f"/v1/projects/{PROJECT}/forms"
    draft = {"projectId": PROJECT, "xmlFormId": name, "version": "1", "state": "open", "publishedAt": None}

    def knob(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.startswith((f"{forms}/{name}.", f"{forms}/{name}/")):
            return httpx.Response(404, json={"code": 404.1, "message": "Could not find the resource."})
        if request.url.path != forms or "deleted" in request.url.params:
            return None
        listed: list[Any] = json.loads(world._route(request).content)
        return httpx.Response(200, json=[draft, *listed])

    return knob
