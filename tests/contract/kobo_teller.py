"""Asks the stand-in of KoboToolbox what was asked of a real one, one question after the other.

Ids that the stand-in chose are put in place of the recorded ones as they appear.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import httpx

from tests.contract.kobo_tale import AT, BEFORE, NOTED, NUMBER, PASSWORD, TOKENS, content
from tests.contract.kobo_world import World


@dataclass(slots=True)
class Teller:
    """Asks one recorded question after the other.

    Attributes:
        told: by recorded id: the one that the stand-in chose.
    """

    world: World
    told: dict[str, Any] = field(default_factory=lambda: {NUMBER: NOTED})

    def tell(self, said: dict[str, Any]) -> httpx.Response:
        """Ask a recorded question, and learn from the answer."""
        at = datetime.fromisoformat(said["at"])
        post = "xml" in said["request"]
        self.world.now = at - timedelta(seconds=1) if post else at  # what is sent takes a second
        if said["name"] in BEFORE:
            BEFORE[said["name"]](self.world)
        got = self.world.answer(self.asked(said))
        self._learn(said["response"], got)
        return got

    def asked(self, said: dict[str, Any]) -> httpx.Request:
        """Return the request with the ids of this world."""
        one = said["request"]
        where = "/".join(
            str(self.told.get(step, step)) for step in self.told.get(one["path"], one["path"]).split("/")
        )
        headers = {name: text for name, text in one["headers"].items() if name != "Authorization"}
        headers = {"Accept": "application/json"} | headers | _login(said)
        url = f"{AT}{quote(where)}?{urlencode(one.get('query', {}))}".rstrip("?")
        made = httpx.Request(one["method"], url, headers=headers, **self._body(said))
        made.read()
        return made

    def _body(self, said: dict[str, Any]) -> dict[str, Any]:
        one = said["request"]
        if "json" in one:
            return {"json": self._own(one["json"])}
        files = {
            name: (file, content("other" if "clash" in said["name"] else name))
            for name, file in one.get("files", {}).items()
        }
        if "xml" in one:
            files["xml_submission_file"] = ("s.xml", one["xml"].encode())
        return {"files": files, "data": one.get("form", {})} if files else {}

    def _own(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._own(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._own(inner) for inner in value]
        return self.told.get(str(value), value)

    def _learn(self, want: dict[str, Any], got: httpx.Response) -> None:
        if "json" in got.headers.get("content-type", "") and got.content:
            found = dict(_pairs(want["body"], got.json()))
            self.told = {
                one: own for one, own in found.items() if one not in self.world.deployed.assets
            } | self.told
        for recorded, ours in ((want["headers"].get("Location"), got.headers.get("location")),):
            if recorded and ours and "private-media" in recorded:
                self.told[unquote(recorded)] = unquote(ours)


def _login(said: dict[str, Any]) -> dict[str, str]:
    given = said["request"]["headers"].get("Authorization", "")
    if given.startswith("Basic"):
        word = PASSWORD if said["request"]["user"] else "wrong"
        return {"Authorization": f"Basic {base64.b64encode(f'coord:{word}'.encode()).decode()}"}
    user = said["request"]["user"]
    if given and not user:
        return {"Authorization": "Token 0000"}
    return {"Authorization": f"Token {TOKENS[user]}"} if user else {}


def _pairs(want: Any, got: Any) -> Iterator[tuple[str, Any]]:
    """Yield recorded ids with ours, at the same places; files of a row are known by their names."""
    if isinstance(want, dict) and isinstance(got, dict):
        for name in want.keys() & got.keys():
            if name in {"uid", "_id", "version_id"} and want[name] is not None:
                yield str(want[name]), got[name]
            if name == "url":
                yield _last(want[name]), _last(got[name])
            if name == "result" and want[name] and got[name]:
                yield unquote(urlsplit(want[name]).path), unquote(urlsplit(got[name]).path)
            yield from _pairs(want[name], got[name])
    elif isinstance(want, list) and isinstance(got, list):
        yield from (pair for one, other in _beside(want, got) for pair in _pairs(one, other))


def _beside(want: list[Any], got: list[Any]) -> Iterator[tuple[Any, Any]]:
    names = {one.get("media_file_basename"): one for one in got if isinstance(one, dict)}
    for place, one in enumerate(want):
        name = one.get("media_file_basename") if isinstance(one, dict) else None
        other = names.get(name) if name else got[place] if place < len(got) else None
        yield one, other


def _last(url: str) -> str:
    return urlsplit(url).path.rstrip("/").rpartition("/")[2]
