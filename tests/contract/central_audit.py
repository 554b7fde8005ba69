"""The audit log of a stand-in Central: what was done, by whom, to what, newest first; filtered as Central filters it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.contract.central_answers import as_json, extended, forbidden

if TYPE_CHECKING:
    from tests.contract.central_world import World

_OF_SUBMISSIONS: Final = (
    "submission.create",
    "submission.update",
    "submission.backlog",
    "submission.delete",
    "submission.restore",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done.

    Attributes:
        actor: number of the account, ``None`` = the server itself.
        about: what it was done to: a form's id, ``list:`` and a list's name, nothing.
        root: the submission or entity that it was done to, for the history of that one.
    """

    action: str
    actor: int | None
    about: str
    details: dict[str, Any] | None
    at: str
    notes: str | None = None
    root: str = ""


@dataclass(slots=True)
class Log:
    """All events, oldest first."""

    events: list[Event] = field(default_factory=list)

    def since(self, request: httpx.Request) -> list[Event]:
        """Return what is asked for, newest first; an unknown action is no error and finds nothing."""
        params = request.url.params
        found = list(reversed(self.events))
        if action := params.get("action"):
            found = [one for one in found if one.action == action]
        if start := params.get("start"):
            found = [one for one in found if datetime.fromisoformat(one.at) >= datetime.fromisoformat(start)]
        if end := params.get("end"):
            found = [one for one in found if datetime.fromisoformat(one.at) <= datetime.fromisoformat(end)]
        begin = int(params.get("offset", 0))
        return found[begin : begin + int(params.get("limit", len(found)))]


def answer(world: World, request: httpx.Request) -> httpx.Response:
    """Answer for the whole site; nobody but an administrator may ask."""
    if not world.people.rules(world.asker, views=world.views):
        raise forbidden()
    whole = extended(request)
    return as_json([told(world, one, whole=whole) for one in world.audit.since(request)])


def of_submission(world: World, request: httpx.Request, root: str) -> httpx.Response:
    """Answer for one submission; asked for everything, each event says whether an entity came of it."""
    whole, found = extended(request), []
    for one in reversed(world.audit.events):
        if one.root == root and one.action.startswith(_OF_SUBMISSIONS):
            said = told(world, one, whole=whole)
            said.pop("actee", None)
            if whole:
                said["details"] = {**said["details"], "entity": {"entityAvailable": False}}
            found.append(said)
    return as_json(found)


def of_entity(world: World, key: str) -> list[Event]:
    """Return what happened to an entity, newest first."""
    return [
        one for one in reversed(world.audit.events) if one.root == key and one.action.startswith("entity.")
    ]


def told(world: World, one: Event, *, whole: bool = False) -> dict[str, Any]:
    """Return an event as it is shown, with the people and things behind the numbers when ``whole``."""
    said: dict[str, Any] = {
        "actorId": one.actor,
        "action": one.action,
        "acteeId": actee(one.about),
        "details": one.details,
        "loggedAt": one.at,
        "notes": one.notes,
    }
    if whole and one.actor is not None:
        said["actor"] = world.actor(one.actor)
    if whole and one.about in world.published.published:
        said["actee"] = world.published.described(one.about)
    return said


def actee(about: str) -> str | None:
    """Return the number that Central gives a thing."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, about)) if about else None
