"""A whole ODK Central, before anybody has chosen a project: is it one, and which projects does an account see?"""

from __future__ import annotations

from sync_scripts.errors import DikaloError
from sync_scripts.servers.central.project import EXTENDED
from sync_scripts.servers.central.shapes import ProjectSaid, Shape
from sync_scripts.servers.http import Call, Client, path

__all__ = ["is_central", "projects"]


class _Refusal(Shape, frozen=True, kw_only=True):
    """What Central says to a stranger: 401 with a number of its own."""

    code: float


def is_central(client: Client) -> bool:
    """Tell whether an ODK Central answers there; no credential is sent.

    Raises:
        Unreachable: nothing answers, or not so that anything could be told.
    """
    call = Call(path("v1", "users", "current"), accept=(400, 401, 403, 404), anonymous=True)
    answer = client.answer(call)
    if answer.status != 401:
        return False
    try:
        return int(answer.json(_Refusal).code) == 401
    except DikaloError:
        return False


def projects(client: Client) -> tuple[ProjectSaid, ...]:
    """Return the projects that the account sees and that are not put away. Raises what `Client.json` raises."""
    found = client.json(Call(path("v1", "projects"), headers=EXTENDED), tuple[ProjectSaid, ...])
    return tuple(one for one in found if not one.archived)
