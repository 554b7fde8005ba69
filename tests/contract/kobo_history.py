"""The history of a stand-in KoboToolbox: who did what and when, and the questions to it. Kept apart from the rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx

from tests.contract.kobo_said import base, said


def told(request: httpx.Request, history: list[dict[str, Any]], uid: str) -> httpx.Response:
    """Answer what happened to a form, the newest first."""
    wanted = asked(request.url.params.get("q", ""))
    found = [one for one in reversed(history) if one["asset"] == uid and wanted(one)]
    limit = int(request.url.params.get("limit", 100))
    shown = [_line(one, base(request)) for one in found[:limit]]
    return said({"count": len(found), "next": None, "previous": None, "results": shown})


def actions(history: list[dict[str, Any]], uid: str) -> httpx.Response:
    """Answer which kinds of line there are."""
    return said({"actions": sorted({one["action"] for one in history if one["asset"] == uid})})


def _line(one: dict[str, Any], where: str) -> dict[str, Any]:
    more = {
        "source": "phone",
        "asset_uid": one["asset"],
        "log_subtype": "project",
        "project_owner": "coord",
    }
    line = {name: value for name, value in one.items() if name != "asset"}
    user = {"user": f"{where}/api/v2/users/{one['username']}/", "user_uid": f"u{one['username']}"}
    return line | user | {"metadata": one["metadata"] | more}


def asked(text: str) -> Callable[[dict[str, Any]], bool]:
    """Return the rule of a question to the history; a field that it does not know is met by nothing, without an error."""
    parts = re.findall(r'\(|\)|AND|OR|[a-z_]+:"[^"]*"|[a-z_]+:[a-z0-9-]+', text)

    def either() -> Callable[[dict[str, Any]], bool]:
        rules = [both()]
        while parts and parts[0] == "OR":
            parts.pop(0)
            rules.append(both())
        return lambda one: any(rule(one) for rule in rules)

    def both() -> Callable[[dict[str, Any]], bool]:
        rules = [single()]
        while parts and parts[0] == "AND":
            parts.pop(0)
            rules.append(single())
        return lambda one: all(rule(one) for rule in rules)

    def single() -> Callable[[dict[str, Any]], bool]:
        part = parts.pop(0)
        if part == "(":
            inner = either()
            parts.pop(0)
            return inner
        name, _colon, value = part.partition(":")
        if name.endswith("__gte"):
            return lambda one: str(_member(one, name.removesuffix("__gte")) or "") >= value.strip('"')
        if name.endswith("__lt"):
            return lambda one: str(_member(one, name.removesuffix("__lt")) or "~") < value.strip('"')
        return lambda one: _member(one, name) == value.strip('"')

    return either() if parts else lambda _one: True


def _member(one: dict[str, Any], name: str) -> Any:
    found: Any = one
    for part in name.split("__"):
        found = found.get(part) if isinstance(found, dict) else None
    return found
