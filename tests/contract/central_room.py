"""A world in which recorded questions are asked, and how a recorded question is put to it. Knows no single recording."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import httpx

from tests.contract.central_same import HERE, recorded
from tests.contract.central_world import BASE, EMAIL, PASSWORD, PROJECT, World

NOW: Final = datetime(2026, 11, 25, 9, 11, tzinfo=UTC)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Deed = Callable[["Room"], None]


@dataclass(frozen=True)
class Site:
    """Where questions are asked: the address, the account of the administrator, and projects by their number in the recordings."""

    base: str = BASE
    email: str = EMAIL
    password: str = PASSWORD
    projects: dict[int, int] = field(default_factory=lambda: {2: PROJECT, 3: PROJECT})

    def put(self, path: str) -> str:
        """Return a recorded path with the project of this site."""
        return re.sub(
            r"^(/v1/(?:key/[^/]+/)?projects)/([23])(?=[/?]|$)",
            lambda found: f"{found[1]}/{self.projects.get(int(found[2]), 0)}",
            path,
        )


class Ground(Protocol):
    """What rooms ask of the stand-in, or of a real server."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""

    def send(self, form: str, xml: bytes) -> object:
        """Let a phone send a submission."""

    def delete(self, form: str, root: str) -> None:
        """Let somebody put a submission into the trash."""

    def restore(self, form: str, root: str) -> None:
        """Let somebody take it out again."""

    def purge(self, form: str, root: str) -> None:
        """Let the nightly purge take it."""

    def review(self, form: str, root: str, state: str | None) -> None:
        """Let somebody review it."""

    def work(self) -> None:
        """Let the worker make entities of what came."""

    def refused(self, method: str, where: str, said: httpx.Response) -> None:
        """Take it that what leads to a state was refused."""

    def newest_person(self) -> int:
        """Return the number of the account that was made last."""

    def version_of(self, form: str) -> str:
        """Return the version of a form that phones have."""

    def trashed_form(self) -> int:
        """Return the number of the form in the trash."""


@dataclass(slots=True)
class Room:
    """A world in which questions are asked, with the keys of those who ask.

    Attributes:
        keys: logins by who has them, and the key of the phone.
        etag: of the last answer that had one.
        here: the project in which phones are and forms go up, by its number in the recordings.
    """

    world: Ground = field(default_factory=lambda: World(now=NOW))
    site: Site = field(default_factory=Site)
    keys: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    etag: str = ""
    here: int = 2

    def __post_init__(self) -> None:
        """Log in as the administrator, and make the phone."""
        self.log_in("admin", self.site.email, self.site.password)
        self.settle(2)

    def settle(self, project: int) -> None:
        """Go on in a project, with a phone of its own."""
        self.here = project
        phone = self.ask("POST", "app-users", json={"displayName": "Enquêteur 1"}).json()
        self.keys["phone"], self.numbers["phone"] = phone["token"], phone["id"]

    def log_in(self, who: str, email: str, password: str) -> None:
        """Keep a login."""
        where = f"{self.site.base}/v1/sessions"
        said = httpx.Request("POST", where, json={"email": email, "password": password})
        self.keys[who] = self.world.answer(said).json()["token"]

    def ask(self, method: str, where: str, **more: Any) -> httpx.Response:
        """Ask something as the administrator that no recording asks, to get to a state."""
        headers = {"authorization": f"Bearer {self.keys['admin']}", **more.pop("headers", {})}
        url = f"{self.site.base}/v1/projects/{self.site.projects[self.here]}/{where}"
        said = self.world.answer(httpx.Request(method, url, headers=headers, **more))
        if said.is_error:
            self.world.refused(method, where, said)
        return said

    def upload(self, form: str, book: str, where: str = "forms", **files: bytes) -> None:
        """Send a workbook and publish it with its files."""
        headers = {"x-xlsform-formid-fallback": form, "content-type": XLSX}
        self.ask("POST", f"{where}?ignoreWarnings=true", content=workbook(book), headers=headers)
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
        then: what is learned of the answer.
    """

    name: str
    by: str = "admin"
    body: bytes | dict[str, bytes] | Callable[[Room], dict[str, bytes]] | None = None
    said: dict[str, Any] | None = None
    after: Deed | None = None
    then: Callable[[Room, httpx.Response], None] | None = None


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
        if one.then:
            one.then(room, found[one.name])
        room.etag = found[one.name].headers.get("etag", room.etag)
    return found


def _request(room: Room, one: Ask) -> httpx.Request:
    """Return a recorded question with the tokens, numbers and bytes of this room."""
    asked = recorded(one.name).request
    where = room.site.put(asked["path"])
    where = where.replace("/key/TOKEN/", f"/key/{room.keys['phone']}/")
    where = re.sub(r"/assignments/(\w+)/21", rf"/assignments/\1/{room.numbers.get('coordinator', 0)}", where)
    if re.search(r"/forms/[0-9]+/restore", where):
        where = re.sub(r"/forms/[0-9]+/restore", f"/forms/{room.world.trashed_form()}/restore", where)
    headers = dict(asked["headers"])
    if "Authorization" in headers:
        good = base64.b64encode(f"{room.site.email}:{room.site.password}".encode()).decode()
        headers["Authorization"] = f"Basic {good}" if one.by == "basic" else f"Bearer {room.keys[one.by]}"
    if "If-None-Match" in headers:
        headers["If-None-Match"] = room.etag
    base = (
        room.site.base.replace("https", "http") if one.by == "basic" else room.site.base
    )  # as it was recorded
    return httpx.Request(asked["method"], base + where, headers=headers, **_brought(room, one, asked))


def _brought(room: Room, one: Ask, asked: dict[str, Any]) -> dict[str, Any]:
    body = one.body(room) if callable(one.body) else one.body
    if isinstance(body, dict):
        return {"files": {name: (name, content, _kind(name)) for name, content in body.items()}}
    if body is not None:
        return {"content": body}
    if one.said is not None or "json" in asked:
        return {"json": one.said or asked["json"]}
    return {"content": asked["body"].encode()} if asked.get("body") else {}


def _kind(name: str) -> str:
    return "text/xml" if name == "xml_submission_file" else "image/png"
