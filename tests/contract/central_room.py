"""A world in which recorded questions are asked, and how a recorded question is put to it. Knows no single recording."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from tests.contract.central_same import HERE, recorded
from tests.contract.central_world import BASE, EMAIL, PASSWORD, PROJECT, World

NOW: Final = datetime(2026, 11, 25, 9, 11, tzinfo=UTC)
Deed = Callable[["Room"], None]


@dataclass(slots=True)
class Room:
    """A world in which questions are asked, with the keys of those who ask.

    Attributes:
        keys: logins by who has them, and the key of the phone.
        etag: of the last answer that had one.
    """

    world: World = field(default_factory=lambda: World(now=NOW))
    keys: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    etag: str = ""

    def __post_init__(self) -> None:
        """Log in as the administrator, and make the phone."""
        self.log_in("admin", EMAIL, PASSWORD)
        phone = self.ask("POST", "app-users", json={"displayName": "Enquêteur 1"}).json()
        self.keys["phone"], self.numbers["phone"] = phone["token"], phone["id"]

    def log_in(self, who: str, email: str, password: str) -> None:
        """Keep a login."""
        said = httpx.Request("POST", f"{BASE}/v1/sessions", json={"email": email, "password": password})
        self.keys[who] = self.world.answer(said).json()["token"]

    def ask(self, method: str, where: str, **more: Any) -> httpx.Response:
        """Ask something as the administrator that no recording asks, to get to a state."""
        headers = {"authorization": f"Bearer {self.keys['admin']}", **more.pop("headers", {})}
        url = f"{BASE}/v1/projects/{PROJECT}/{where}"
        said = self.world.answer(httpx.Request(method, url, headers=headers, **more))
        assert not said.is_error, said.text
        return said

    def upload(self, form: str, book: str, where: str = "forms", **files: bytes) -> None:
        """Send a workbook and publish it with its files."""
        headers = {"x-xlsform-formid-fallback": form}
        self.ask("POST", where, content=workbook(book), headers=headers)
        for name, content in files.items():
            self.ask("POST", f"forms/{form}/draft/attachments/{name}.csv", content=content)
        self.ask("POST", f"forms/{form}/draft/publish")

    def give(self, *forms: str) -> None:
        """Let the phone fill forms."""
        for form in forms:
            self.ask("POST", f"forms/{form}/assignments/app-user/{self.numbers['phone']}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Attributes:
        by: who asks.
        body: the bytes that the recorder left out, or the parts of a form by name.
        said: JSON in the place of what the recorder replaced.
        after: what happens in the world before.
    """

    name: str
    by: str = "admin"
    body: bytes | dict[str, bytes] | Callable[[Room], dict[str, bytes]] | None = None
    said: dict[str, Any] | None = None
    after: Deed | None = None


def workbook(name: str) -> bytes:
    """Return an uploaded workbook."""
    return (HERE / "forms" / f"{name}.xlsx").read_bytes()


def answers(room: Room, asks: Iterable[Ask]) -> dict[str, httpx.Response]:
    """Ask everything in a room, in order."""
    found = {}
    for one in asks:
        if one.after:
            one.after(room)
        found[one.name] = room.world.answer(_request(room, one))
        room.etag = found[one.name].headers.get("etag", room.etag)
    return found


def _request(room: Room, one: Ask) -> httpx.Request:
    """Return a recorded question with the tokens, numbers and bytes of this room."""
    asked = recorded(one.name).request
    where = re.sub(r"^(/v1/(?:key/TOKEN/)?projects)/[23](?=[/?]|$)", rf"\1/{PROJECT}", asked["path"])
    where = where.replace("/key/TOKEN/", f"/key/{room.keys['phone']}/")
    where = re.sub(r"/assignments/(\w+)/21", rf"/assignments/\1/{room.numbers.get('coordinator', 0)}", where)
    where = re.sub(r"/forms/[0-9]+/restore", "/forms/1/restore", where)
    headers = dict(asked["headers"])
    if "Authorization" in headers:
        good = base64.b64encode(f"{EMAIL}:{PASSWORD}".encode()).decode()
        headers["Authorization"] = f"Basic {good}" if one.by == "basic" else f"Bearer {room.keys[one.by]}"
    if "If-None-Match" in headers:
        headers["If-None-Match"] = room.etag
    base = BASE.replace("https", "http") if one.by == "basic" else BASE  # as it was recorded
    return httpx.Request(asked["method"], base + where, headers=headers, **_brought(room, one, asked))


def _brought(room: Room, one: Ask, asked: dict[str, Any]) -> dict[str, Any]:
    body = one.body(room) if callable(one.body) else one.body
    if isinstance(body, dict):
        return {"files": {name: (name, content) for name, content in body.items()}}
    if body is not None:
        return {"content": body}
    if one.said is not None or "json" in asked:
        return {"json": one.said or asked["json"]}
    return {"content": asked["body"].encode()} if asked.get("body") else {}
