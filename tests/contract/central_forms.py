"""The forms of a stand-in Central: published ones, drafts, files, phones. Computes from state; never reads a recording."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import httpx

from tests.contract import central_forms_room as room
from tests.contract.central_answers import done, missing, sent_as, sent_json, unexpected
from tests.contract.central_copies import Copy
from tests.contract.central_lists import Lists
from tests.contract.central_rows import EARLY
from tests.contract.central_state import ADMIN, PROJECT

__all__ = ["Copy", "Forms", "sent_as"]

_NEVER: Final = "9999-12-31T23:59:59.000Z"


@dataclass(slots=True)
class Forms:
    """All forms of a project.

    Attributes:
        published: the version that phones get, by form id.
        drafts: by form id.
        ever: every version that was ever published.
        phones: app users by number: name, token, forms.
        broken: names of files that the server loses on the way.
        encrypts: by a key of its own, all but forms that have one: to their versions it adds, and it gives no workbook
            of them back, nor of a draft.
        at: since when phones have what is published.
        public: forms to which anybody may send.
        states: of forms that do not take everything: ``closing`` or ``closed``.
        trash: deleted forms by a number, with the form's id and the stamp.
        made: when each form was made, and when it was changed last.
        counts: submissions of a form, in the words of the extended answer.
        tick: lets the server's clock go on and reads it.
        person: what is shown of an account.
        digests: tells whether the server says those of the files.
    """

    published: dict[str, Copy] = field(default_factory=dict)
    drafts: dict[str, Copy] = field(default_factory=dict)
    ever: set[tuple[str, str]] = field(default_factory=set)
    books: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """The workbooks of all of them."""
    phones: dict[int, dict[str, Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    encrypts: bool = False
    at: str | None = "2026-11-20T08:00:00.000Z"
    public: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    trash: dict[int, tuple[str, Copy, str]] = field(default_factory=dict)
    made: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    publish_notes: dict[str, str | None] = field(default_factory=dict)
    """What was said when a form was published last."""
    counts: Callable[[str], dict[str, Any]] = lambda _form: {}
    tick: Callable[[], str] = lambda: EARLY
    person: Callable[[int], dict[str, Any]] = lambda number: {"id": number}
    digests: Callable[[], bool] = lambda: True
    lists: Lists = field(default_factory=lambda: Lists({}))
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(11))

    def __post_init__(self) -> None:
        """Let the lists know the phones, and the forms that carry them."""
        self.lists.phones = self.phones
        self.lists.titles = lambda: {form: one.title or form for form, one in self.published.items()}
        self.lists.carriers = self._carriers

    def _carriers(self, name: str, draft: bool) -> list[str]:
        held = self.drafts if draft else self.published
        return [form for form, one in held.items() if f"{name}.csv" in one.linked]

    def answer(self, request: httpx.Request, rest: list[str]) -> httpx.Response | None:
        """Answer what is about forms and phones; None = it is about something else."""
        for door in (self.lists.answer, partial(room.answer, self), self._others):
            if (said := door(request, rest)) is not None:
                return said
        return None

    def _others(  # noqa: PLR0911 - a table of addresses
        self, request: httpx.Request, rest: list[str]
    ) -> httpx.Response | None:
        match request.method, rest:
            case "GET", ["assignments", "forms", "app-user"]:
                shown = [
                    {"actorId": number, "roleId": 2, "xmlFormId": form}
                    for number, one in self.phones.items()
                    for form in one["forms"]
                ]
                return httpx.Response(200, json=shown)
            case "GET", ["forms", form, "public-links"]:
                return httpx.Response(200, json=[_link(opened=form in self.public)])
            case "POST", ["forms", form, "public-links"]:
                self.public.add(form)
                return httpx.Response(200, json=_link(opened=True) | {"csrf": "c", "expiresAt": _NEVER})
            case "GET", ["app-users"]:
                whole = request.headers.get("x-extended-metadata") == "true"
                return httpx.Response(200, json=[self._phone(one, whole=whole) for one in self.phones])
            case "POST", ["app-users"]:
                number = next(self.numbers)
                name, token = sent_json(request)["displayName"], f"telephone{number}" + "x" * 53
                self.phones[number] = {"name": name, "token": token, "forms": [], "made": self.tick()}
                return httpx.Response(200, json=self._phone(number) | {"csrf": "c", "expiresAt": _NEVER})
            case _, ["app-users", *_below]:
                raise missing()
            case "POST", ["forms", form, "assignments", "app-user", number]:
                self.phones[int(number)]["forms"].append(form)
                return done()
        return None

    def _phone(self, number: int, *, whole: bool = False) -> dict[str, Any]:
        one = self.phones[number]
        said = {"projectId": PROJECT, **self.shown_phone(number), "token": one["token"]}
        more = {"createdBy": self.person(ADMIN), "lastUsed": None, "properties": one.get("properties")}
        return said | (more if whole else {})

    def shown_phone(self, number: int) -> dict[str, Any]:
        """Return what is shown of a phone wherever it is named."""
        one = self.phones[number]
        times = {"createdAt": one.get("made", EARLY), "updatedAt": None, "deletedAt": None}
        return {"id": number, "type": "field_key", "displayName": one["name"], **times}

    def encrypt(self) -> None:
        """Turn the encryption of the project on: every form gets a version of its own, and a draft the key, too."""
        self.encrypts = True
        for form, copy in self.published.items():
            self.seal(copy)
            self.ever.add((form, copy.version))
        for copy in self.drafts.values():
            self.seal(copy)

    def seals(self, copy: Copy) -> bool:
        """Tell whether the server writes its own key into a form."""
        return self.encrypts and not copy.sealed

    def seal(self, copy: Copy) -> Copy:
        """Add to the version, where it does."""
        copy.version += f"[encrypted:AaI{len(self.ever):05}]" if self.seals(copy) else ""
        return copy

    def carried(self, phone: int, name: str) -> dict[str, set[str]]:
        """Return the labels of a list that a phone downloads with each of the forms that it may fill."""
        found = {}
        for form in self.phones[phone]["forms"] if self.phones[phone]["token"] else ():
            data = self.served(self.published[form], name, phone) if form in self.published else None
            found[form] = {row["label"] for row in csv.DictReader(io.StringIO((data or b"").decode()))}
        return found

    def served(self, copy: Copy, name: str, phone: int | None) -> bytes | None:
        """Return a file as it is downloaded; one that a list fills holds what the asker may see of it."""
        if name not in copy.linked:
            return copy.files.get(name)
        filled = name.removesuffix(".csv")
        held = self.lists.lists.get(filled)
        columns = held.properties if held else []
        out = io.StringIO()
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(["name", "label", "__version", *columns])
        for key, row in self.lists.carried(phone, filled).items():
            lines.writerow([key, row.label, row.version, *(row.data.get(one, "") for one in columns)])
        return out.getvalue().encode()

    def xml(self, form: str, *, draft: bool = False) -> bytes:
        """Return the XForm of what is published, or of a draft."""
        held = (self.drafts if draft else self.published).get(form)
        if held is None:
            raise missing()
        return held.xml(managed=self.seals(held))

    def described(self, form: str) -> dict[str, Any]:
        """Return what a Central says of a form."""
        held = self.published.get(form)
        return self.said(form, held or self.drafts[form], since=self.at if held else None, draft=not held)

    def said(self, form: str, shown: Copy, *, since: str | None, draft: bool = True) -> dict[str, Any]:
        """Return what a Central says of a version of a form."""
        made, changed = self.made.get(form, (EARLY, None))
        return {
            "projectId": PROJECT,
            "xmlFormId": form,
            "state": self.states.get(form, "open"),
            "enketoId": None,
            "enketoOnceId": None,
            "createdAt": made,
            "updatedAt": changed,
            "webformsEnabled": True,
            "keyId": 1 if self.seals(shown) or shown.sealed else None,
            "version": shown.version,
            **shown.digests(),
            "draftToken": "brouillon" if draft else None,
            "publishedAt": since,
            "name": shown.title,
        }

    def whole(self, form: str) -> dict[str, Any]:
        """Return everything that is said of a form, how many submissions it has among it."""
        held = self.published.get(form)
        known = held.known() if held else None
        return {
            **self.described(form),
            **self.counts(form),
            "entityRelated": bool(known and known.dataset),
            "excelContentType": room.XLSX if (held or self.drafts[form]).workbook else None,
            "publicLinks": int(form in self.public),
            "createdBy": self.person(ADMIN),
        }

    def touch(self, form: str) -> None:
        """Let a form be made or changed now."""
        now = self.tick()
        self.made[form] = (self.made[form][0], now) if form in self.made else (now, None)

    def publish(self, form: str, version: str | None = None) -> None:
        """Publish a draft; a form that fills an entity list makes it, with the properties it fills.

        Raises:
            Failed: there is no draft, or its version was published before.
        """
        draft = self.drafts.get(form)
        if draft is None:
            raise missing()
        draft.version = version or draft.version  # with nothing behind it, also where the server encrypts
        if (form, draft.version) in self.ever:
            raise room.published_before(form, draft.version)
        self.published[form] = self.drafts.pop(form)
        self.ever.add((form, draft.version))
        self.touch(form)
        if draft.workbook and not self.seals(draft):
            self.books[form, draft.version] = draft.workbook
        known = draft.known()
        if known and known.dataset:
            self.lists.declare(known.dataset, [one.saves for one in known.walk() if one.saves], form)

    def state(self, form: str, state: str) -> None:
        """Let a form take submissions, or no more."""
        if state not in {"open", "closing", "closed"}:
            raise unexpected("state", state, "not a recognized state name")
        self.states[form] = state
        self.touch(form)

    def revoke(self, token: str) -> bool:
        """End a phone's account or the public links; tell whether there was one of this token."""
        if token == _link(opened=True)["token"] and self.public:
            self.public.clear()
            return True
        found = [one for one in self.phones.values() if one["token"] == token]
        for one in found:
            one["token"] = None
        return bool(found)


def _link(*, opened: bool) -> dict[str, Any]:
    """Return an address with which anybody may send; one that was closed has no token any more."""
    said = {"once": False, "id": 9 if opened else 8, "type": "public_link", "displayName": "Lien public"}
    times = {"createdAt": EARLY, "updatedAt": None, "deletedAt": None}
    return {**said, **times, "token": "x" * 64 if opened else None}
