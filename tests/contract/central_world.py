"""A stand-in for one project of ODK Central: a small state of submissions, and the answers computed from it.

Behaves as a real Central was seen to behave, traps included: newest first, deleted rows only when the filter names
``deletedAt``, an edit keeps its root, a late file and a restore move no stamp, an unknown page token ends the list
silently. Never reads a recorded answer. ``World.transport`` hands it to our client without a socket.

`central_site` knows the addresses; each room of them is a module of its own: `central_phones`, `central_submissions`, `central_odata`,
`central_forms_room`, `central_lists`, `central_entities`, `central_people`, `central_audit`.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from tests.contract import central_arrivals as arrivals
from tests.contract import central_audit as audit
from tests.contract import central_people as people
from tests.contract import central_site as site
from tests.contract import central_xform as xform
from tests.contract.central_answers import (
    Failed,
    md5,
)
from tests.contract.central_forms import Forms
from tests.contract.central_sending import accept
from tests.contract.central_state import (
    ADMIN,
    BASE,
    EMAIL,
    PASSWORD,
    PROJECT,
    STORE,
    Sender,
    Submission,
    Version,
    ids,
    listed,
    version,
)

__all__ = ["BASE", "BEFORE", "EMAIL", "PASSWORD", "PROJECT", "STORE", "World", "instance", "numbers", "uuid"]

Knob = Callable[[httpx.Request], httpx.Response | None]

BEFORE: Final = {
    "2025.3": frozenset({"__id"}),
    "2024.3": frozenset({"__id", "__system/deletedAt", "hash"}),
    "2023.4": frozenset({"__id", "__system/deletedAt", "hash", "$skiptoken"}),
}
"""What a Central before a release does not know, by the source of its backend: fields of filters, digests of the files of forms,
a way on from a page."""


@dataclass(slots=True)
class World:
    """One project with its forms, accounts and faults.

    Attributes:
        forms: submissions of each form, in the order of their arrival.
        knob: looks at a request first and may answer it in Central's place.
        log: method, path and status of every request.
        cap: the largest page the server gives, whatever was asked.
        views: the account may read, and nothing more.
        store: files of submissions lie in a store elsewhere, to which the server leads.
        tokens: logins that are good.
        owners: the account of each login that is not the first account's.
        asker: number of the account of the present request.
        arrived: submissions that the worker for entities has not looked at.
        lacks: what an older server does not know: one of `BEFORE`.
    """

    forms: dict[str, list[Submission]] = field(default_factory=dict)
    knob: Knob = lambda _request: None
    log: list[tuple[str, str, int]] = field(default_factory=list)
    cap: int = 1_000_000
    store: bool = False
    views: bool = False
    logins: int = 0
    now: datetime = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    tokens: set[str] = field(default_factory=set)
    owners: dict[str, int] = field(default_factory=dict)
    published: Forms = field(default_factory=Forms)
    people: people.People = field(default_factory=people.People)
    audit: audit.Log = field(default_factory=audit.Log)
    asker: int = ADMIN
    notes: str | None = None
    arrived: list[tuple[str, Submission]] = field(default_factory=list)
    lacks: frozenset[str] = frozenset()
    counter: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        """Give the rooms the clock and the people."""
        for room in (self.published, self.published.lists):
            room.tick, room.person = self.tick, self.actor
        self.published.counts = self._counts
        self.published.digests = lambda: "hash" not in self.lacks
        self.published.lists.asker = lambda: self.asker

    # --- what happens in the world ---

    def tick(self, seconds: float = 0.001) -> str:
        """Let time pass and return the new stamp."""
        self.now += timedelta(seconds=seconds)
        return self.stamp()

    def stamp(self) -> str:
        """Return the server's clock as it writes it."""
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def send(
        self,
        form: str,
        xml: bytes,
        files: dict[str, bytes | None] | None = None,
        *,
        visible: bool = True,
        sender: Sender = Sender(),  # noqa: B008 - frozen
        late: dict[str, bytes] | None = None,
    ) -> Submission:
        """Let a phone send a submission: a new one, an edit of one, or more files for one; ``late`` are those of now.

        A file that an edit announces again and does not bring is the one of the version before.
        """
        instance, deprecated = ids(xml)
        here = self.forms.setdefault(form, [])
        for one in here:
            if deprecated and one.present.instance_id == deprecated:
                one.updated, before = self.tick(), one.files
                one.versions.append(self._version(instance or "", xml, one.updated, sender))
                one.review = "edited"
                for name, content in (files or {}).items():
                    one.files[name] = before.get(name) if content is None else content
                self._note_version("submission.update.version", form, one)
                return one
            if instance and one.present.instance_id == instance:
                for name in late or {}:
                    self.note_file(form, one, name, by=sender.by)
                one.files.update(files or {})
                return one
        at = self.tick()
        root = instance or hashlib.md5(xml + at.encode(), usedforsecurity=False).hexdigest()
        first = self._version(instance or root, xml, at, sender)
        made = Submission(root, at, sender.name, [first], visible=visible, number=next(self.counter))
        made.files.update(files or {})
        here.append(made)
        self.arrived.append((form, made))
        self._note_version("submission.create", form, made)
        return made

    def _version(self, instance: str, xml: bytes, at: str, sender: Sender) -> Version:
        return Version(instance, xml, at, sender.by, sender.device, sender.agent, next(self.counter))

    def submit(self, form: str, xml: bytes, files: dict[str, bytes]) -> None:
        """Take what a phone sends as a Central does: only files that fields ``f0``, ``f1`` … name, no stale edit.

        Raises:
            ValueError: it is refused; the text is the status.
        """
        try:
            accept(self, form, xml, files, Sender())
        except Failed as failed:
            raise ValueError(str(failed.status)) from failed

    def late_file(self, form: str, root: str, name: str, content: bytes) -> None:
        """Let a file arrive; no stamp moves."""
        one = self.find(form, root)
        self.note_file(form, one, name)
        one.files[name] = content

    def delete(self, form: str, root: str) -> None:
        """Let somebody put a submission into the trash."""
        one = self.find(form, root)
        one.deleted = self.tick()
        told = {"instanceId": root, "submissionId": one.number}
        self.note("submission.delete", form, told, root=root, notes="")

    def restore(self, form: str, root: str) -> None:
        """Let somebody take it out again; no stamp moves."""
        one = self.find(form, root)
        one.deleted = None
        self.note("submission.restore", form, {"instanceId": root, "submissionId": one.number}, root=root)

    def purge(self, form: str, root: str) -> None:
        """Let the nightly purge take it; the log tells how many, not which."""
        self.forms[form].remove(self.find(form, root))
        self.note("submission.purge", "", {"submissions_deleted": 1}, actor=0)

    def review(self, form: str, root: str, state: str | None) -> None:
        """Let somebody review it."""
        one = self.find(form, root)
        one.review, one.updated = state, self.tick()
        told = {"reviewState": state, "submissionId": one.number, "submissionDefId": one.present.number}
        self.note("submission.update", form, told, root=root)

    def work(self) -> None:
        """Let the worker make entities of what came; until then nobody sees any."""
        arrivals.work(self)

    def find(self, form: str, root: str) -> Submission:
        """Return one submission."""
        return next(one for one in self.forms[form] if one.root == root)

    def refused(self, method: str, where: str, said: httpx.Response) -> None:
        """Fail: the stand-in refuses nothing that leads to a state."""
        raise AssertionError(f"{method} {where}: {said.text}")

    def newest_person(self) -> int:
        """Return the number of the account that was made last."""
        return max(self.people.every)

    def version_of(self, form: str) -> str:
        """Return the version of a form that phones have."""
        return self.published.published[form].version

    def trashed_form(self) -> int:
        """Return the number of the form in the trash."""
        return max(self.published.trash, default=0)

    # --- what is written down ---

    def note(
        self,
        action: str,
        about: str,
        details: dict[str, Any] | None = None,
        *,
        root: str = "",
        actor: int | None = None,
        notes: str | None = None,
    ) -> None:
        """Write an event into the log; ``actor`` 0 = the server itself, ``None`` = whoever asks now."""
        who = None if actor == 0 else self.asker if actor is None else actor
        told = self.notes if notes is None else notes
        self.audit.events.append(audit.Event(action, who, about, details, self.stamp(), told, root))

    def note_file(
        self, form: str, one: Submission, name: str, *, by: int | None = None, lost: bool = False
    ) -> None:
        """Write down that a file came or went."""
        number = next(self.counter)
        told = {"name": name, "instanceId": one.root, "submissionDefId": one.present.number}
        told |= {"oldBlobId": number} if lost else {"newBlobId": number, "oldBlobId": None}
        self.note("submission.attachment.update", form, told, root=one.root, actor=by)

    def _note_version(self, action: str, form: str, one: Submission) -> None:
        numbers = {"submissionId": one.number, "submissionDefId": one.present.number}
        told = {"instanceId": one.present.instance_id, **numbers}
        self.note(action, form, told, root=one.root, actor=one.present.by)

    # --- what rooms ask of the world ---

    def form(self, name: str) -> xform.XForm | None:
        """Return what the published version of a form says, None for one that a test did not publish."""
        held = self.published.published.get(name)
        return held.known() if held else None

    def shown(self, form: str) -> list[Submission]:
        """Return the committed submissions, newest first."""
        return sorted(
            (one for one in self.forms.get(form, []) if one.visible),
            key=lambda one: (one.created, one.root),
            reverse=True,
        )

    def eventhash(self, shown: Iterable[Submission]) -> str:
        """Return the ETag of the submissions of an answer, of a page those of that page; no late file and no restored row moves it."""
        stamps = "\n".join(f"{one.root} {one.updated} {one.deleted}" for one in shown)
        return f'W/"eventhash:{md5(stamps.encode())}"'

    def actor(self, number: int) -> dict[str, Any]:
        """Return what is shown of whoever did something: an account or a phone."""
        if number in self.published.phones:
            return self.published.shown_phone(number)
        one = self.people.every[number]
        times = {"createdAt": one.made, "updatedAt": None, "deletedAt": None}
        return {"id": number, "type": "user", "displayName": one.name, **times}

    def listed(self, one: Submission, *, whole: bool) -> dict[str, Any]:
        """Return what is said of a submission, with its senders when ``whole``."""
        said = listed(one)
        if whole:
            said["submitter"] = self.actor(one.first.by)
            said["currentVersion"] |= {"submitter": self.actor(one.present.by)}
        return said

    def versions(self, one: Submission, *, whole: bool) -> list[dict[str, Any]]:
        """Return what is said of all versions of a submission, newest first."""
        found = [version(one, each, extended=whole) for each in reversed(one.versions)]
        return [said | ({"submitter": self.actor(said["submitterId"])} if whole else {}) for said in found]

    def _counts(self, form: str) -> dict[str, Any]:
        """Return how many submissions of a form there are, by what was said of them."""
        there = [one for one in self.shown(form) if not one.deleted]
        states = {"received": None, "hasIssues": "hasIssues", "edited": "edited"}
        return {
            "submissions": len(there),
            "reviewStates": {
                name: sum(one.review == state for one in there) for name, state in states.items()
            },
            "lastSubmission": max((one.created for one in there), default=None),
        }

    # --- what a client sees ---

    def transport(self) -> httpx.MockTransport:
        """Return what our client speaks to; bodies come as a stream, as they do from a socket."""

        def streamed(request: httpx.Request) -> httpx.Response:
            said = self.answer(request)
            body = b"" if request.method == "HEAD" else said.content
            return httpx.Response(said.status_code, headers=said.headers, stream=httpx.ByteStream(body))

        return httpx.MockTransport(streamed)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        request.read()  # what comes in parts is not there before
        response = self.knob(request)
        if response is None:
            response = self._route(request)
        self.asker, self.notes = ADMIN, None
        unsaid = {"$select", "$expand"} <= request.url.params.keys()  # refused before the table is looked at
        if ".svc" in request.url.path and not unsaid:
            response.headers["odata-version"] = "4.0"
        response.headers["date"] = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        self.log.append((request.method, request.url.path, response.status_code))
        return response

    def _route(self, request: httpx.Request) -> httpx.Response:
        try:
            return site.answer(self, request)
        except Failed as failed:
            return failed.response()


def instance(number: int, *, of: str | None = None, answer: str = "") -> bytes:
    """Return the XML of an invented submission; ``of`` = the instance id that it edits."""
    deprecated = f"<deprecatedID>{of}</deprecatedID>" if of else ""
    return (
        f'<data id="alert" version="2026110101"><x>{answer or number}</x>'
        f"<meta><instanceID>{uuid(number)}</instanceID>{deprecated}</meta></data>"
    ).encode()


def uuid(number: int) -> str:
    """Return an instance id that no other number gives."""
    return f"uuid:{number:08d}-0000-4000-8000-000000000000"


def numbers() -> Iterator[int]:
    """Yield numbers from 1."""
    number = 0
    while True:
        number += 1
        yield number
