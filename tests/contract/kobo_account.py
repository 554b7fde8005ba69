"""Who asks a stand-in KoboToolbox: tokens and passwords, and what an account is told of itself."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import httpx

from tests.contract.kobo_said import base, forbidden, nameless, page, said

if TYPE_CHECKING:
    from tests.contract.kobo_world import World


class Refused(Exception):
    """A login does not count.

    Attributes:
        answer: what is said of it.
    """

    def __init__(self, text: str) -> None:
        """Keep the answer."""
        super().__init__()
        headers = {"www-authenticate": "Session"}
        self.answer = httpx.Response(401, json={"detail": text}, headers=headers)


def who(world: World, request: httpx.Request) -> str | None:
    """Return the account that asks; None = nobody says who.

    Raises:
        Refused: the token or the password is wrong.
    """
    given = request.headers.get("authorization")
    if given is None:
        return None
    kind, _blank, secret = given.partition(" ")
    if kind == "Basic":
        name, _colon, password = base64.b64decode(secret).decode().partition(":")
        if not name or world.passwords.get(name) != password:
            raise Refused("Invalid username/password.")
        return name
    if kind != "Token" or secret not in world.tokens:
        raise Refused("Invalid token.")
    return world.tokens[secret]


def answer(world: World, request: httpx.Request, name: str | None, path: list[str]) -> httpx.Response | None:
    """Answer what is about the account and the server as a whole; None = it is something else."""
    match path:
        case ["api", "v1", *_rest]:
            return nameless(page(410))
        case ["me"]:
            return said(_me(world, request, name) if name else {"message": "user is not logged in"})
        case ["token"] if name is not None:
            return _token(world, request, name)
        case ["api", "v2", "environment"]:
            told = {"open_rosa_server": world.phones or base(request), "project_history_log_lifespan": 744}
            return said(told)
        case ["api", "v2", "audit-logs"]:
            return forbidden()
    return None


def _token(world: World, request: httpx.Request, name: str) -> httpx.Response:
    held = next(token for token, owner in world.tokens.items() if owner == name)
    if request.method == "DELETE":
        del world.tokens[held]
        return httpx.Response(204)
    return said({"token": held})


def _me(world: World, request: httpx.Request, name: str) -> dict[str, object]:
    return {
        "username": name,
        "email": f"{name}@example.org",
        "server_time": world.now.isoformat(),
        "projects_url": f"{world.phones or base(request)}/{name}",
        "is_superuser": False,
    }
