"""A stand-in for one account of KoboToolbox: a small state of submissions, and the answers computed from it.

Behaves as a real KoboToolbox was seen to behave, traps included: pages cut silently, an empty world for strangers,
404 without a right, an edit that keeps number, root and status, an XML list without row numbers, a status that is
shown empty when it was not asked for. Never reads a recorded answer. One room a module: phones, data, changes, exports,
rights, media, forms, history, account; here is what they share and what happens without a request.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx

from tests.contract import kobo_account as account
from tests.contract import kobo_content as content
from tests.contract import kobo_data as data
from tests.contract import kobo_exports as exports
from tests.contract import kobo_history as past
from tests.contract import kobo_phones as phones
from tests.contract.kobo_exports import Exports
from tests.contract.kobo_forms import Forms
from tests.contract.kobo_rights import ANYBODY, ME, may, sees
from tests.contract.kobo_rows import BARE, Layout, Submission, ids
from tests.contract.kobo_said import forbidden, missing, nameless, page, said

TOKEN = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - invented
BASE = "https://kobo.example"
FORM = "aFormulaireInvente00001"
LABELS = {"": "None", "approved": "Approved", "not_approved": "Not Approved", "on_hold": "On Hold"}

Knob = Callable[[httpx.Request], httpx.Response | None]


@dataclass(slots=True)
class World:
    """One account with its forms and faults.

    Attributes:
        forms: submissions of each form, by uid.
        cap: rows of a page at most, whatever was asked; ``default`` when nothing was asked.
        knob: looks at a request first and may answer it in Kobo's place.
        log: method, path and status of every request.
        foreign: forms that the account may not see.
        phones: the address that phones use; "" = this one.
        manages: the account may manage its forms, and so read their history.
        history: lines of all forms, the oldest first.
        tokens: the account of each token.
        passwords: by account; what a token can be asked for with.
    """

    forms: dict[str, list[Submission]] = field(default_factory=lambda: {FORM: []})
    cap: int = 1000
    default: int = 100
    knob: Knob = lambda _request: None
    log: list[tuple[str, str, int]] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)
    deployed: Forms = field(default_factory=Forms)
    phones: str = ""
    manages: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=lambda: {TOKEN: ME})
    passwords: dict[str, str] = field(default_factory=dict)
    exports: Exports = field(default_factory=Exports)
    now: datetime = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    _present: dict[tuple[str, str], Submission] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(7, 3))
    _files: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    # --- what happens in the world ---

    def tick(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def send(
        self,
        xml: bytes,
        files: dict[str, bytes] | None = None,
        *,
        form: str = FORM,
        visible: bool = True,
        by: str | None = "enum1",
    ) -> Submission:
        """Let a phone send a submission: a new one, an edit of one, or more files for one."""
        self.tick()
        instance, deprecated = ids(xml)
        here = self.forms.setdefault(form, [])
        found = self.held(form, instance) or self.held(form, deprecated)
        if found is None:
            stamp = re.search(rb'submissionDate="([^"]*)"', xml)
            at = stamp[1].decode()[:19] if stamp else self.now.strftime("%Y-%m-%dT%H:%M:%S")
            number = next(self._numbers)
            found = Submission(number, instance or "", xml, at, visible=visible, submitter=by)
            here.append(found)
            self.note(form, "add-submission", by, found)
        elif deprecated and found.instance == deprecated:
            found.xml, found.replaced = xml, deprecated
            found.past.append(deprecated)
            self.note(form, "modify-submission", by, found)
        self._present[form, instance or ""] = found
        for name, sent in (files or {}).items():
            found.files[f"att{next(self._files):05d}"] = (name, sent, False)
        return found

    def held(self, form: str, instance: str | None) -> Submission | None:
        """Return the submission whose present version has an id; remembered, since ten thousand are many to look through."""
        one = self._present.get((form, instance or ""))
        return (
            one
            if one is not None
            and one.instance == instance
            and any(each is one for each in self.forms.get(form, ()))
            else None
        )

    def twin(self, root: str, *, form: str = FORM) -> Submission:
        """Let a resend after a 500 make a second row with the same root."""
        one = self.find(root, form=form)
        made = Submission(next(self._numbers), one.root, one.xml, one.received)
        self.forms[form].append(made)
        return made

    def delete(self, root: str, *, form: str = FORM, by: str = "coord") -> None:
        """Let somebody delete a submission: nothing says so afterwards but the history."""
        found = self.find(root, form=form)
        self.forms[form].remove(found)
        self.note(form, "delete-submission", by, found)

    def note(
        self, form: str, action: str, by: str | None, about: Submission | None = None, **more: str
    ) -> None:
        """Write a line of the history; roots stand there without their prefix."""
        told = {}
        if about:
            told = {"root_uuid": about.root.removeprefix("uuid:"), "submitted_by": about.submitter or ANYBODY}
        self.history.append(
            {
                "asset": form,
                "username": by or ANYBODY,
                "action": action,
                "metadata": {"ip_address": "192.0.2.10"} | ({"submission": told | more} if about else more),
                "date_created": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )

    def validate(self, root: str, uid: str, *, form: str = FORM, by: str = "coord") -> None:
        """Let somebody give a status; "" takes it away."""
        word, one = LABELS[uid.removeprefix("validation_status_")], self.find(root, form=form)
        self.note(form, "modify-submission", by, one, status=word)
        now = int(self.now.timestamp())
        one.status = {"timestamp": now, "uid": uid, "by_whom": by, "label": word} if uid else {}

    def find(self, root: str, *, form: str = FORM) -> Submission:
        """Return one submission."""
        return next(one for one in self.forms[form] if one.root == root)

    def layout(self, uid: str) -> Layout:
        """Return how the answers of a form lie; of one without a workbook nothing is known."""
        asset = self.deployed.assets.get(uid)
        return content.layout(asset.workbook, asset.deployment) if asset else BARE

    def title(self, uid: str) -> str:
        """Return the name of a form."""
        asset = self.deployed.assets.get(uid)
        return asset.title if asset else "Alerte"

    # --- what a client sees ---

    def transport(self) -> httpx.MockTransport:
        """Return what our client speaks to; bodies come as a stream, as they do from a socket."""

        def streamed(request: httpx.Request) -> httpx.Response:
            told = self.answer(request)
            return httpx.Response(
                told.status_code, headers=told.headers, stream=httpx.ByteStream(told.content)
            )

        return httpx.MockTransport(streamed)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        told = self.knob(request) or self._route(request)
        self.log.append((request.method, request.url.path, told.status_code))
        return told

    def _route(self, request: httpx.Request) -> httpx.Response:
        """Find the room that answers; an answer to somebody who is known says to whom."""
        path = [unquote(one) for one in request.url.raw_path.decode().partition("?")[0].strip("/").split("/")]
        try:
            who = account.who(self, request)
        except account.Refused as refused:
            return refused.answer
        if request.headers.get("accept") == "text/csv" and path[:2] == ["api", "v2"]:
            return nameless(said({"detail": "Could not satisfy the request Accept header."}, 406))
        told = phones.door(self, request, who, path) or account.answer(self, request, who, path)
        told = told or self._api(request, who, path)
        if who is not None and told.status_code != 401 and "nameless" not in told.extensions:
            told.headers["x-kobonaut"] = who
        return told

    def _api(  # noqa: PLR0911 - a table of addresses
        self, request: httpx.Request, who: str | None, path: list[str]
    ) -> httpx.Response:
        if path[0] == "private-media" and who is not None:
            return exports.download(self, unquote(request.url.path))
        if path[:2] != ["api", "v2"]:
            return page(404)
        if who is None:
            told = self.deployed.public(request, path[2:], self)
        else:
            told = self.deployed.answer(request, path[2:], who, self)
        if told is not None:
            return told
        match path[2:]:
            case ["service_usage"] if who is not None:
                return exports.usage(self)
            case ["assets"]:
                return self._assets(request.url.params, known=who is not None)
            case ["assets", uid, *rest]:
                known = uid in self.forms or uid in self.deployed.assets
                if rest and who is not None and not known:  # what lies below an unknown form is no JSON
                    return nameless(page(404, "No Asset matches the given query."))
                return self._asset(request, who, uid, rest) if known and who is not None else missing()
        return page(404)

    def _assets(self, params: httpx.QueryParams, *, known: bool) -> httpx.Response:
        found = [uid for uid in sorted(self.forms) if uid not in self.foreign] if known else []
        start = int(params.get("start", 0))
        told = {"name": "Alerte", "deployment_status": "deployed", "owner__username": ME}
        shown = [{"uid": uid} | told for uid in found[start:]]
        return said({"count": len(found), "next": None, "previous": None, "results": shown})

    def _asset(  # noqa: PLR0911 - a table of addresses
        self, request: httpx.Request, who: str, uid: str, rest: list[str]
    ) -> httpx.Response:
        rows = may(self, who, uid, "view_submissions")
        match rest:
            case [] if rows:
                return said({"uid": uid, "name": "Alerte", "deployment_status": "deployed"})
            case ["history", *inner] if uid not in self.foreign or who != ME:
                if not (self.manages if who == ME else may(self, who, uid, "manage_asset")):
                    return forbidden()
                return past.actions(self.history, uid) if inner else past.told(request, self.history, uid)
            case ["counts"] if rows:
                return exports.counts(self, uid)
            case ["exports" | "export-settings", *_inner] if rows:
                return exports.answer(self, request, uid, rest)
            case ["attachments", name] if rows and request.method == "DELETE":
                return self._file_deleted(uid, name)
            case ["data", *inner] if rows or self._sees_some(who, uid):
                return data.answer(self, request, who, uid, inner)
        return missing()

    def _sees_some(self, who: str, uid: str) -> bool:
        """Tell whether an account has a right over some rows, though it may be that none of them is here."""
        asset = self.deployed.assets.get(uid)
        return uid not in self.foreign and asset is not None and who in asset.filters

    def _file_deleted(self, uid: str, name: str) -> httpx.Response:
        """Delete a file: the row keeps its name, and nothing else says so."""
        for one in sees(self, ME, uid):
            if name in one.files:
                one.files[name] = (*one.files[name][:2], True)
                return httpx.Response(204, headers={"content-type": "application/json"})
        return missing()
