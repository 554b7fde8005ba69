"""One project of an ODK Central, call by call: what is asked, and the typed answer. Decides nothing, keeps nothing.

Ids of submissions are opaque text and go into paths whole and quoted; URLs are case-sensitive at Central.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from sync_scripts.errors import DikaloError
from sync_scripts.servers.central import shapes
from sync_scripts.servers.http import Answer, Body, Call, Client, Credential, Login, Sent, path
from sync_scripts.servers.http.call import FILE_LIMIT, XML_LIMIT
from sync_scripts.servers.http.errors import ShapeUnknown

EXTENDED: Mapping[str, str] = {"X-Extended-Metadata": "true"}
LIGHT = "__id,__system,meta/instanceID"
"""What is asked of a submission in the feed: everything but its answers, which come as XML."""
_ELSEWHERE = (301, 302, 303, 307, 308)
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Visit:
    """A login session of an account: made when it is first needed, again when the server has forgotten it, then ended.

    The token stays in memory and is ended with the work, also after an error, so that it opens nothing later.
    """

    __slots__ = ("__password", "__token", "_client", "_email")

    def __init__(self, email: str, password: str) -> None:
        """Remember who logs in; `bind` says where."""
        self._email = email
        self.__password = password
        self.__token = ""
        self._client: Client | None = None

    def __repr__(self) -> str:
        """Return the bare name of the class."""
        return "Visit()"

    def bind(self, client: Client) -> None:
        """Say which client speaks to the server; it is the one that this visit is the login of."""
        self._client = client

    def __call__(self) -> Credential:
        """Log in and return the credential. Raises what `Client.json` raises."""
        sent = Sent.json({"email": self._email, "password": self.__password})
        call = Call(path("v1", "sessions"), "POST", sent=sent, anonymous=True, repeatable=True)
        if self._client is None:
            raise NotImplementedError
        self.__token = self._client.json(call, shapes.Session).token
        return Credential.token(self.__token)

    def end(self) -> None:
        """End the session at the server, as far as it can be reached; the token is forgotten in any case."""
        token, self.__token = self.__token, ""
        if token and self._client is not None:
            call = Call(path("v1", "sessions", token), "DELETE", accept=(401, 403, 404), repeatable=False)
            with suppress(DikaloError):  # it ends by itself within a day
                self._client.answer(call)


def visiting(make: Callable[[Login], Client], email: str, password: str) -> tuple[Client, Visit]:
    """Return a client that logs in with this account, and the visit to end with it."""
    visit = Visit(email, password)
    client = make(visit)
    visit.bind(client)
    return client, visit


@dataclass(frozen=True, slots=True)
class Project:
    """One project of a Central.

    Every method raises what `Client.json` raises.

    Attributes:
        client: bound to the server, with the credential of one role.
        id: number of the project.
        lacks: what the server was found not to know by now (`older`).
        knows: what of that it was found to know.
    """

    client: Client
    id: int
    lacks: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    knows: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    # --- who and what ---

    def account(self) -> shapes.Account:
        """Return who is asking."""
        return self.client.json(Call(path("v1", "users", "current"), headers=EXTENDED), shapes.Account)

    def said(self) -> tuple[shapes.ProjectSaid, datetime | None]:
        """Return the project with the rights of the one who asks, and what the server's clock says."""
        answer = self.client.answer(Call(self._path(), headers=EXTENDED))
        return answer.json(shapes.ProjectSaid), _date(answer.headers.get("date"))

    def forms(self) -> tuple[shapes.FormSaid, ...]:
        """Return the forms that the login sees: the published ones, and to whoever may edit them, also mere drafts."""
        return self.client.json(Call(self._path("forms")), tuple[shapes.FormSaid, ...])

    def published(self) -> tuple[shapes.FormSaid, ...]:
        """Return the forms without those that are only a draft: nothing can be sent with one, or read of it.

        A form of which the server does not say whether it is published stays: better an error of it than nothing.
        """
        return tuple(one for one in self.forms() if not one.only_draft)

    def trashed_forms(self) -> frozenset[str]:
        """Return the ids of forms in the trash; one is not restored once another bears its id.

        Where this login may not see the trash, it looks empty.
        """
        answer = self.client.answer(Call(self._path("forms"), params={"deleted": "true"}, accept=(403,)))
        if answer.status == 403:
            return frozenset()
        return frozenset(one.xml_form_id for one in answer.json(tuple[shapes.FormSaid, ...]))

    # --- submissions ---

    def rows(self, form: str, asked: Mapping[str, str | int]) -> shapes.Rows:
        """Return one page of submissions without their answers; a form without ``meta`` comes whole.

        504 comes back at once as an error, so that less can be asked for. A first page that was to be counted and says no
        count is an error (`ShapeUnknown`): nothing would tell an empty answer from an empty form.
        """
        return self._counted(self._light(self._odata(form), asked), asked)

    def _counted(self, found: shapes.Rows, asked: Mapping[str, str | int]) -> shapes.Rows:
        if found.count is None and "$count" in asked and "$skiptoken" not in asked:
            raise ShapeUnknown(server=self.client.server)
        return found

    def row(self, form: str, root: str) -> shapes.Row | None:
        """Return one submission as `rows` does, None when it is not there; of an id made of letters, digits and hyphens alone."""
        found = self._light(f"{self._odata(form)}('{quote(root, safe='')}')", {}, gone=(404,))
        return next(iter(found.value), None)

    def _light(
        self, where: str, asked: Mapping[str, str | int], *, gone: tuple[int, ...] = ()
    ) -> shapes.Rows:
        def read(answer: Answer) -> shapes.Rows:
            return shapes.Rows(value=()) if answer.status in gone else answer.json(shapes.Rows)

        call = Call(where, params={**asked, "$select": LIGHT}, accept=(400, *gone), at_once=(504,))
        answer = self.client.answer(call)
        if answer.status == 400:  # one that knows no such field, as forms with an own key do
            return self.client.read(Call(where, params=asked, accept=gone, at_once=(504,)), read)
        return read(answer)

    def count(self, form: str) -> int:
        """Return how many submissions of a form are not deleted."""
        asked: dict[str, str | int] = {"$top": 0, "$count": "true"}
        found = self._counted(self.client.json(Call(self._odata(form), params=asked), shapes.Rows), asked)
        return found.count or 0

    def listed(self, form: str, *, deleted: bool = False) -> tuple[shapes.Listed, ...]:
        """Return the light list of a form: all that are there, or all in the trash."""
        params: dict[str, str | int] = {"deleted": "true"} if deleted else {}
        return self.client.json(
            Call(self._path("forms", form, "submissions"), params=params), tuple[shapes.Listed, ...]
        )

    def versions(self, form: str, root: str) -> tuple[shapes.Version, ...]:
        """Return the versions of one submission, newest first, each with the form version it was made with."""
        call = Call(self._submission(form, root, "versions"), headers=EXTENDED)
        return self.client.json(call, tuple[shapes.Version, ...])

    def xml(self, form: str, root: str, version: str | None) -> bytes:
        """Return the exact bytes of one version; of the present one when ``version`` is None."""
        where = self._path("forms", form, "submissions", root)
        where += f"{path('versions', version)}.xml" if version else ".xml"
        call = Call(where, headers={"Accept": "application/xml"}, limit=XML_LIMIT)
        return self.client.answer(call).xml()

    def files(self, form: str, root: str, version: str | None = None) -> tuple[shapes.FileSaid, ...]:
        """Return the files that a version announces, and whether each is there; ``version`` as for `xml`."""
        return self.client.json(Call(self._files(form, root, version)), tuple[shapes.FileSaid, ...])

    def file(self, form: str, root: str, name: str, version: str | None = None) -> Body:
        """Return one file of a version, to read piece by piece; close it."""
        return self.client.download(self._files(form, root, version, name))

    def file_headers(
        self, form: str, root: str, name: str, version: str | None = None
    ) -> Mapping[str, str] | None:
        """Return what the server says of one file without sending it, None when it is not there.

        ``location`` among it = the bytes lie elsewhere.
        """
        where = self._files(form, root, version, name)
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        call = Call(where, "HEAD", headers=headers, accept=(404, *_ELSEWHERE), limit=FILE_LIMIT)
        answer = self.client.answer(call)
        return None if answer.status == 404 else answer.headers

    def keys(self, form: str) -> tuple[shapes.PublicKey, ...]:
        """Return the keys that submissions of a form were encrypted to."""
        call = Call(self._path("forms", form, "submissions", "keys"))
        return self.client.json(call, tuple[shapes.PublicKey, ...])

    def review(self, form: str, root: str, state: str | None) -> None:
        """Set the review state; compare first, since even the same value moves the stamp of the row."""
        sent = Sent.json({"reviewState": state})
        call = Call(self._submission(form, root), "PATCH", sent=sent, repeatable=True)
        self.client.json(call, shapes.Anything)

    # --- forms ---

    def form(self, form: str) -> shapes.FormSaid | None:
        """Return the published form, None when there is none of this id."""
        answer = self.client.answer(Call(self._path("forms", form), accept=(404,)))
        return None if answer.status == 404 else answer.json(shapes.FormSaid)

    def form_versions(self, form: str) -> tuple[shapes.FormSaid, ...]:
        """Return every version of a form that was ever published; none of them can be published again."""
        return self.client.json(Call(self._path("forms", form, "versions")), tuple[shapes.FormSaid, ...])

    def workbook(self, form: str) -> bytes | None:
        """Return the published workbook exactly as it was uploaded, None when there is none."""
        call = Call(self._path("forms", form) + ".xlsx", headers={"Accept": "*/*"}, accept=(404,))
        answer = self.client.answer(call)
        return None if answer.status == 404 else answer.content

    def workbook_of(self, form: str, version: str) -> bytes | None:
        """Return the workbook of one published version exactly as it was uploaded, None when there is none."""
        where = (
            self._path("forms", form, "versions", version or "___") + ".xlsx"
        )  # Central's word for no version
        answer = self.client.answer(Call(where, headers={"Accept": "*/*"}, accept=(404,)))
        return None if answer.status == 404 else answer.content

    def drafted_workbook(self, form: str) -> bytes | None:
        """Return the workbook of a draft exactly as it was uploaded, None when there is no draft, or none of a workbook."""
        call = Call(self._path("forms", form, "draft") + ".xlsx", headers={"Accept": "*/*"}, accept=(404,))
        answer = self.client.answer(call)
        return None if answer.status == 404 else answer.content

    def xform(self, form: str, *, draft: bool = False) -> str:
        """Return the XForm of the published form, or of its draft, as phones get it."""
        where = f"{self._path('forms', form, *(('draft',) if draft else ()))}.xml"
        return self.client.answer(Call(where, headers={"Accept": "*/*"})).content.decode("utf-8", "replace")

    def drafted(self, form: str) -> bool:
        """Tell whether somebody has a draft of a form."""
        return self.client.answer(Call(self._path("forms", form, "draft"), accept=(404,))).status != 404

    def form_files(self, form: str, *, draft: bool = False) -> tuple[shapes.FormFile, ...]:
        """Return the files that the published form, or its draft, asks for."""
        where = ("draft", "attachments") if draft else ("attachments",)
        return self.client.json(Call(self._path("forms", form, *where)), tuple[shapes.FormFile, ...])

    def form_file(self, form: str, name: str, *, draft: bool = False) -> bytes:
        """Return one file of the published form as phones get it, or of its draft."""
        where = ("draft", "attachments") if draft else ("attachments",)
        with self.client.download(self._path("forms", form, *where, name)) as body:
            return body.read()

    def form_file_sum(self, form: str, one: shapes.FormFile, *, draft: bool = False) -> str:
        """Return the MD5 of a form's file, "" of one that is not there or that an entity list fills.

        A Central before 2024.3 says none: the file is downloaded.
        """
        if not one.exists or one.dataset_exists:
            return ""
        if one.hash:
            return one.hash
        content = self.form_file(form, one.name, draft=draft)
        return hashlib.md5(content, usedforsecurity=False).hexdigest()

    def create(self, form: str, workbook: bytes, notes: str = "") -> None:
        """Upload a form that the server does not have, as a draft."""
        call = self._upload(self._path("forms"), form, workbook, {"publish": "false"}, notes)
        self.client.json(call, shapes.Anything)

    def draft(self, form: str, workbook: bytes | None, notes: str = "") -> None:
        """Make a draft from a workbook, or a copy of the published form without one."""
        call = self._upload(self._path("forms", form, "draft"), form, workbook, {}, notes)
        self.client.json(call, shapes.Anything)

    def put_file(self, form: str, name: str, content: bytes) -> None:
        """Give a draft one of its files."""
        sent = Sent(content, "application/octet-stream")
        where = self._path("forms", form, "draft", "attachments", name)
        self.client.json(Call(where, "POST", sent=sent, repeatable=True), shapes.Anything)

    def publish(self, form: str, version: str = "", notes: str = "") -> None:
        """Publish the draft; ``version`` writes another one into it."""
        params: dict[str, str | int] = {"version": version} if version else {}
        where = self._path("forms", form, "draft", "publish")
        self.client.json(Call(where, "POST", params=params, headers=_notes(notes)), shapes.Anything)

    def drop_draft(self, form: str) -> None:
        """Remove the draft, when there is one and it is not all there is of the form (409)."""
        where = self._path("forms", form, "draft")
        self.client.answer(Call(where, "DELETE", accept=(404, 409), repeatable=True))

    # --- phones ---

    def app_users(self) -> tuple[shapes.AppUser, ...]:
        """Return the accounts of phones, revoked ones too."""
        return self.client.json(Call(self._path("app-users")), tuple[shapes.AppUser, ...])

    def add_app_user(self, name: str) -> shapes.AppUser:
        """Make the account of a phone; asking twice makes two, so it is never tried again by itself."""
        sent = Sent.json({"displayName": name})
        return self.client.json(Call(self._path("app-users"), "POST", sent=sent), shapes.AppUser)

    def assign(self, form: str, user: int) -> None:
        """Let a phone fetch and send one form."""
        where = self._path("forms", form, "assignments", "app-user", user)
        self.client.json(Call(where, "POST", repeatable=True), shapes.Anything)

    def revoke(self, token: str) -> None:
        """End the account of a phone, or a login; one that is already ended is no error."""
        where = path("v1", "sessions", token)
        self.client.answer(Call(where, "DELETE", accept=(401, 403, 404), repeatable=True))

    # --- paths ---

    def _path(self, *rest: str | int) -> str:
        return path("v1", "projects", self.id, *rest)

    def _files(self, form: str, root: str, version: str | None, *name: str) -> str:
        of = ("versions", version) if version else ()
        return self._submission(form, root, *of, "attachments", *name)

    def _submission(self, form: str, root: str, *rest: str | int) -> str:
        return self._path("forms", form, "submissions", root, *rest)

    def _odata(self, form: str) -> str:
        return f"{self._path('forms', form)}.svc/Submissions"

    def _upload(
        self, where: str, form: str, workbook: bytes | None, params: dict[str, str | int], notes: str
    ) -> Call:
        headers = {"X-XlsForm-FormId-Fallback": form, **_notes(notes)}
        sent = Sent(workbook, WORKBOOK) if workbook is not None else None
        return Call(
            where,
            "POST",
            params={"ignoreWarnings": "true", **params},
            headers=headers,
            sent=sent,
            repeatable=workbook is None or "draft" in where,
        )


def _notes(text: str) -> dict[str, str]:
    """Return the header that puts a sentence into the server's log; it must be percent-encoded."""
    return {"X-Action-Notes": quote(text)} if text else {}


def _date(header: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found else None
