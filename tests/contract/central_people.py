"""Accounts, roles and projects of a stand-in Central: who may do what, and what is shown of whom. Computes from state."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.contract.central_answers import (
    Failed,
    as_json,
    done,
    exists,
    extended,
    forbidden,
    lacking,
    missing,
    sent_json,
    unknown_person,
)
from tests.contract.central_state import ADMIN, EMAIL, PASSWORD, PROJECT

if TYPE_CHECKING:
    from tests.contract.central_world import World

ROLES: Final = {
    1: (
        "admin",
        "Administrator",
        "audit.read user.list project.create form.update submission.update entity.update",
    ),
    2: ("app-user", "App User", "open_form.read submission.create"),
    5: (
        "manager",
        "Project Manager",
        "form.update submission.update entity.update field_key.list submission.read",
    ),
    6: ("viewer", "Project Viewer", "form.read submission.read dataset.read entity.read"),
    8: ("formfill", "Data Collector", "open_form.list open_form.read submission.create"),
    9: ("pub-link", "Public Link", "open_form.read submission.create"),
}
"""By number: Central's own name, the name for people, and what it allows, as far as the stand-in asks."""
_COMMON: Final = {"password", "password1", "1234567890", "motdepasse"}
"""Passwords that everybody tries first."""


@dataclass(slots=True)
class Person:
    """An account for the web."""

    email: str
    password: str | None
    name: str
    made: str
    seen: str | None = None


@dataclass(slots=True)
class People:
    """All accounts; ``roles`` = pairs of a role's number and an account's, in the one project that there is."""

    every: dict[int, Person] = field(default_factory=dict)
    roles: list[tuple[int, int]] = field(default_factory=list)
    projects: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Projects that were made beside the one with everything in it."""
    key: dict[str, Any] | None = None
    """The key of the project, once its encryption is on."""
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    def __post_init__(self) -> None:
        """Begin with one administrator."""
        self.every.setdefault(ADMIN, Person(EMAIL, PASSWORD, "Lecture", "2026-11-20T07:00:00.000Z"))

    def rules(self, number: int, *, views: bool) -> bool:
        """Tell whether an account is an administrator's; ``views`` takes that right away."""
        return number == ADMIN and not views

    def role(self, number: int, *, views: bool) -> str:
        """Return Central's name for what an account is in the project, nothing for a stranger."""
        if number == ADMIN:
            return "viewer" if views else "admin"
        held = [ROLES[role][0] for role, one in sorted(self.roles) if one == number]  # the strongest first
        return held[0] if held else ""


def may(role: str, request: httpx.Request, rest: list[str]) -> bool:
    """Tell whether a role allows this in its project: who views reads everything but the phones, and may comment."""
    reads = request.method in {"GET", "HEAD"} and rest[:1] != ["app-users"]
    return role in {"admin", "manager"} or (role == "viewer" and (reads or rest[4:] == ["comments"]))


def asker(world: World, request: httpx.Request) -> int:
    """Return the number of the account that asks.

    Raises:
        Failed: it brings no credential that is good; a password of its own goes over https only.
    """
    kind, _space, given = request.headers.get("authorization", "").partition(" ")
    if kind == "Basic":
        if request.headers.get("x-forwarded-proto", request.url.scheme) != "https":
            raise Failed(401.3, "This authentication method is only available over HTTPS")
        email, _colon, password = base64.b64decode(given).decode().partition(":")
        return known(world, email, password)
    if given not in world.tokens:
        raise unknown_person()
    return world.owners.get(given, ADMIN)


def known(world: World, email: str, password: str) -> int:
    """Return the account with this address and password."""
    for number, one in world.people.every.items():
        if one.password is not None and (one.email, one.password) == (email, password):
            return number
    raise unknown_person()


def accounts(world: World, request: httpx.Request, rest: list[str]) -> httpx.Response:
    """Answer what is about accounts; who is no administrator sees none of the others."""
    rules = world.people.rules(world.asker, views=world.views)
    match request.method, rest:
        case "GET", []:
            return as_json([shown(world, one) for one in world.people.every] if rules else [])
        case "GET", ["current"]:
            rights: dict[str, Any] = {"verbs": [], "preferences": {"site": {}, "projects": {}}}
            return as_json({**(rights if extended(request) else {}), **shown(world, world.asker)})
        case "POST", [] if rules:
            return as_json(shown(world, _made(world, sent_json(request))))
        case "POST", []:
            raise forbidden()
    raise missing()


def _made(world: World, said: dict[str, Any]) -> int:
    password = said.get("password")
    if "email" not in said:
        raise lacking("email")
    if password in _COMMON:
        raise Failed(
            400.44,
            "The supplied password is too weak: this is a very common password",
            warning="This is a very common password",
            suggestions=["Add another word or two. Uncommon words are better."],
        )
    if password is not None and len(password) < 10:
        raise Failed(400.21, "The password or passphrase provided does not meet the required length.")
    if any(one.email == said["email"] for one in world.people.every.values()):
        raise exists("users", email=said["email"], deleted="false")
    number = next(world.people.numbers)
    world.people.every[number] = Person(said["email"], password, said["email"], world.tick())
    return number


def shown(world: World, number: int) -> dict[str, Any]:
    """Return what is shown of an account."""
    one = world.people.every[number]
    return {"email": one.email, "lastLoginAt": one.seen, **world.actor(number)}


def roles() -> httpx.Response:
    """Answer which roles there are."""
    return as_json(
        [
            {
                "id": number,
                "name": name,
                "system": system,
                "createdAt": None,
                "updatedAt": None,
                "verbs": verbs.split(),
            }
            for number, (system, name, verbs) in ROLES.items()
        ]
    )


def assignments(world: World, request: httpx.Request, rest: list[str]) -> httpx.Response:
    """Answer who is what in the project."""
    people = world.people
    match request.method, rest:
        case "GET", []:
            return as_json([{"actorId": one, "roleId": role} for role, one in people.roles])
        case "POST" | "DELETE", [role, number]:
            found = [(each, int(number)) for each, (system, *_said) in ROLES.items() if role == system]
            if not found or int(number) not in people.every:
                raise missing()
            people.roles = [one for one in people.roles if one not in found]
            people.roles += found if request.method == "POST" else []
            return done()
    raise missing()


def make_project(world: World, request: httpx.Request) -> httpx.Response:
    """Make a project; it stays empty, since the stand-in plays one project only."""
    if not world.people.rules(world.asker, views=world.views):
        raise forbidden()
    number = PROJECT + 1 + len(world.people.projects)
    world.people.projects[number] = {
        "id": number,
        "name": sent_json(request)["name"],
        "acteeId": f"project {number}",
        "createdAt": world.tick(),
        "updatedAt": None,
        "deletedAt": None,
        "archived": None,
        "keyId": None,
        "description": None,
    }
    return as_json(world.people.projects[number])


def set_key(world: World, request: httpx.Request) -> httpx.Response:
    """Turn the encryption of the whole project on, for ever; from now on its forms carry the server's key."""
    said = sent_json(request)
    if world.people.key is not None:
        feature = "managed encryption"
        raise Failed(
            409.4, f"Could not activate feature ({feature}) as it was already activated", feature=feature
        )
    if len(said["passphrase"]) < 10:
        raise Failed(400.21, "The password or passphrase provided does not meet the required length.")
    world.people.key = {"hint": said.get("hint")}
    world.published.encrypt()
    return done()
