"""Pages of a stand-in Central: a token names the last row that was given, by what rows are known by."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.contract.central_answers import Failed


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, how many there are in all, and the token of the next page, if there is one."""

    rows: list[Any]
    count: int
    next: str


def paged(
    every: list[Any], params: httpx.QueryParams, key: Callable[[Any], str], named: str, cap: int
) -> Page:
    """Return the page that is asked for, how many rows there are, and the token of the next page, if there is one."""
    rows = every
    if token := params.get("$skiptoken"):
        rows = after(every, token, key, named)
    rows = rows[int(params.get("$skip", 0)) :]
    top = min(int(params.get("$top", cap)), cap)
    page = rows[:top]
    more = f"01{packed({named: key(page[-1])})}" if page and len(rows) > top else ""
    return Page(page, len(every), more)


def packed(what: dict[str, str]) -> str:
    """Return what a page token carries."""
    return base64.b64encode(json.dumps(what).encode()).decode()


def after(every: list[Any], token: str, key: Callable[[Any], str], named: str) -> list[Any]:
    """Return the rows after the one that a token names; nothing, and no error, when there is no such row."""
    if not token.startswith("01"):
        raise Failed(400.35, "Invalid $skiptoken")
    last = json.loads(base64.b64decode(token[2:])).get(named)
    keys = [key(one) for one in every]
    return every[keys.index(last) + 1 :] if last in keys else []
