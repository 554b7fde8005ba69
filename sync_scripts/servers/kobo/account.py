"""One account of a KoboToolbox, call by call: what is asked, and the typed answer. Decides nothing, keeps nothing.

Every path ends with a slash; ``?format=json`` is never sent, because addresses in the answer inherit it and break.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.servers.http import Body, Call, Client, Sent, path
from sync_scripts.servers.http.call import XML_LIMIT
from sync_scripts.servers.http.errors import ShapeUnknown
from sync_scripts.servers.kobo import shapes
from sync_scripts.servers.kobo.rows import ident, lenient_row, lenient_rows

LIMIT = 1000
"""Rows asked for at once; the server may give fewer without a word."""
FIELDS: tuple[str, ...] = (
    "_id",
    "_uuid",
    "_validation_status",
    "meta/instanceID",
    "_submission_time",
    "_submitted_by",
    "_attachments",
)
"""What is asked of a submission. ``_validation_status`` must be named, else Kobo puts an empty one in."""
MARKS: tuple[str, ...] = ("_id", "_uuid", "_validation_status")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XML_LIST_LIMIT = 64_000_000


NotLoggedIn: Final = NotAllowed.declare(
    "DK-I53",
    "The server {server} treats dikalo as a visitor without an account, and shows visitors an empty list. Nothing "
    "was taken. Enter the account's API token again.",
)
FormsMissing: Final = Unreachable.declare(
    "DK-N32",
    "The server {server} counts {count} forms and showed {seen} of them. Which are missing cannot be told, so nothing was "
    "concluded from the list. Run the command again; if this happens twice, name the forms in dikalo.toml (forms) and "
    "tell the administrator of the server.",
)


@dataclass(frozen=True, slots=True)
class Account:
    """One account. Every method raises what `Client.json` raises.

    Attributes:
        client: bound to the server of the API, with the account's token.
    """

    client: Client

    def me(self) -> shapes.Me:
        """Return whose token it is."""
        return self.client.json(Call("/me/"), shapes.Me)

    def end_token(self) -> None:
        """Let the token of this account open nothing any more, wherever it is used; one that is gone already is ended."""
        self.client.answer(Call("/token/", "DELETE", accept=(401, 404)))

    def known(self) -> shapes.Me:
        """Return whose token it is, and refuse to go on as nobody.

        Raises:
            NotLoggedIn: the server does not know who is asking, so what it shows proves nothing.
        """
        me = self.me()
        if not me.username:
            raise NotLoggedIn(server=self.client.server)
        return me

    def environment(self) -> shapes.Environment:
        """Return where phones send to, and how long the history is kept."""
        return self.client.json(Call(_at("api", "v2", "environment")), shapes.Environment)

    def deployed(self) -> Iterator[shapes.Asset]:
        """Yield every deployed form that the account sees. Raises what `surveys` raises."""
        return self._every("asset_type:survey AND _deployment_status:deployed")

    def surveys(self) -> Iterator[shapes.Asset]:
        """Yield every form that the account sees, deployed or not.

        Raises:
            ShapeUnknown: the list does not go on; forms behind its first page would be missed.
            FormsMissing: it ends before all that were counted were shown.
            NotLoggedIn: it is empty because the server does not know who is asking.
        """
        return self._every("asset_type:survey")

    def _every(self, asked: str) -> Iterator[shapes.Asset]:
        seen: set[str] = set()
        count = 0
        while True:
            params: dict[str, str | int] = {"q": asked, "limit": 100, "start": len(seen)}
            page = self.client.json(Call(_at("api", "v2", "assets"), params=params), shapes.Assets)
            fresh = [one for one in page.results if one.uid not in seen]
            if page.results and not fresh:
                raise ShapeUnknown(server=self.client.server)
            yield from fresh
            seen |= {one.uid for one in fresh}
            count = max(count, page.count)
            if not page.results or (page.count and len(seen) >= count):
                break
        if len(seen) < count:
            raise FormsMissing(server=self.client.server, count=count, seen=len(seen))
        if not seen:
            self.known()

    def asset(self, uid: str) -> shapes.Asset:
        """Return one form."""
        return self.client.json(Call(_asset(uid)), shapes.Asset)

    def count(self, uid: str) -> int:
        """Return how many submissions a form has now."""
        params: dict[str, str | int] = {"limit": 1, "fields": '["_id"]'}
        return self.client.json(Call(_data(uid), params=params), shapes.Unparted).count

    def rows(
        self, uid: str, after: int, fields: Sequence[str], limit: int = LIMIT, *, start: int = 0
    ) -> shapes.Rows:
        """Return the submissions with a greater number, the lowest first; ``count`` is how many of them there are.

        One that is not written as the others comes `Blurred`. ``start`` leaves out the first of them.

        504 comes back at once as an error, so that less can be asked for.
        """
        params: dict[str, str | int] = {
            "query": json.dumps({"_id": {"$gt": after}}, separators=(",", ":")),
            "sort": '{"_id":1}',
            "fields": json.dumps(list(fields), separators=(",", ":")),
            "limit": limit,
        }
        params |= {"start": start} if start else {}
        return self.client.read(Call(_data(uid), params=params, at_once=(504,)), lenient_rows)

    def numbered(self, uid: str, numbers: Sequence[int], fields: Sequence[str]) -> shapes.Rows:
        """Return the present rows of these numbers."""
        return self._among(uid, "_id", numbers, fields)

    def of_roots(self, uid: str, roots: Sequence[str]) -> shapes.Rows:
        """Return the present rows of some submissions; a row that names no root is known by its present id alone."""
        found = self._among(uid, "meta/rootUuid", roots).results
        there = {ident(one.root) for one in found}
        lacking = [one.removeprefix("uuid:") for one in roots if ident(one) not in there]
        if lacking:
            seen = {one.id for one in found}
            more = self._among(uid, "_uuid", lacking).results
            found += tuple(one for one in more if one.id not in seen)
        return shapes.Rows(count=len(found), results=found)

    def _among(
        self, uid: str, name: str, values: Sequence[str] | Sequence[int], fields: Sequence[str] = FIELDS
    ) -> shapes.Rows:
        """Return the rows in which a member is one of these values, the lowest number first.

        A server may show fewer at once than are named. Each further page is asked for by number: counted from the start, a row
        that somebody deletes meanwhile would let another one slip between two pages, and pass for gone.
        """
        found: tuple[shapes.Row, ...] = ()
        query: dict[str, dict[str, object]] = {name: {"$in": list(values)}}
        after = 0
        while True:
            params: dict[str, str | int] = {
                "query": json.dumps(query, separators=(",", ":")),
                "sort": '{"_id":1}',
                "fields": json.dumps(list(fields), separators=(",", ":")),
                "limit": LIMIT,
            }
            page = self.client.read(Call(_data(uid), params=params, at_once=(504,)), lenient_rows)
            found += page.results
            if len(page.results) >= page.count:
                return shapes.Rows(count=len(found), results=found)
            last = max((one.id for one in page.results), default=0)
            if (
                last <= after
            ):  # it counts them and shows none, or the same again: who is missing would pass for gone
                raise ShapeUnknown(server=self.client.server)
            after = last
            query["_id"] = query.get("_id", {}) | {"$gt": after}

    def row(self, uid: str, number: int) -> shapes.Row:
        """Return one submission with its files. What cannot be read of it is an error here."""
        return self.client.read(Call(_data(uid, number)), lenient_row)

    def xml_list(self, uid: str, numbers: Sequence[int]) -> bytes:
        """Return the XML list of these submissions, as many as the server gives at once."""
        query = {"_id": {"$in": list(numbers)}}
        params: dict[str, str | int] = {
            "format": "xml",
            "query": json.dumps(query, separators=(",", ":")),
            "limit": LIMIT,
        }
        call = Call(_data(uid), params=params, headers=_XML, limit=XML_LIST_LIMIT, at_once=(504,))
        return self.client.answer(call).xml()

    def xml(self, uid: str, number: int) -> bytes:
        """Return the XML of one submission as it was posted, prolog included."""
        call = Call(_data(uid, number), params={"format": "xml"}, headers=_XML, limit=XML_LIMIT)
        return self.client.answer(call).xml()

    def file(self, uid: str, number: int, attachment: str) -> Body:
        """Return one file, to read piece by piece; close it."""
        return self.client.download(_data(uid, number, "attachments", attachment))

    def validate(self, uid: str, number: int, status: str) -> None:
        """Set the validation status of one submission by the status's own id; twice is once."""
        sent = Sent.json({"validation_status.uid": status})
        call = Call(_data(uid, number, "validation_status"), "PATCH", sent=sent, repeatable=True)
        self.client.json(call, shapes.Anything)

    def history(self, uid: str, asked: str, *, limit: int = 100) -> shapes.History | None:
        """Return part of a form's history, None where the account may not see it or the server has none."""
        where = _asset(uid, "history")
        answer = self.client.answer(Call(where, params={"q": asked, "limit": limit}, accept=(403, 404)))
        return None if answer.status in {403, 404} else answer.json(shapes.History)

    # --- forms ---

    def detail(self, uid: str) -> shapes.AssetDetail | None:
        """Return one form in full, None when it is not there or may not be seen."""
        answer = self.client.answer(Call(_asset(uid), accept=(404,)))
        return None if answer.status == 404 else answer.json(shapes.AssetDetail)

    def workbook(self, uid: str) -> bytes:
        """Return a form as the server writes it; named ``.xls``, an xlsx in truth."""
        where = path("api", "v2", "assets", f"{uid}.xls")
        return self.client.answer(Call(where, headers={"Accept": "*/*"})).content

    def begin_import(self, workbook: bytes, name: str, replaces: str | None) -> str:
        """Hand over a workbook, for a new form or in place of one; return the import's uid."""
        fields = {"library": "false", "name": name.removesuffix(".xlsx")}
        if replaces:
            fields["destination"] = self.client.url_of(_asset(replaces))
        sent = Sent.parts(fields, {"file": (name, workbook, WORKBOOK)})
        call = Call(_at("api", "v2", "imports"), "POST", sent=sent, repeatable=replaces is not None)
        return self.client.json(call, shapes.Import).uid_

    def imported(self, task: str) -> shapes.Import:
        """Return how an import stands."""
        return self.client.json(Call(_at("api", "v2", "imports", task)), shapes.Import)

    def deploy(self, uid: str, version: str, *, again: bool) -> None:
        """Give this very version to phones; a version that is no longer the newest is refused by the server."""
        body: dict[str, object] = {"active": True, "version_id": version} if again else {"active": True}
        call = Call(
            _asset(uid, "deployment"), "PATCH" if again else "POST", sent=Sent.json(body), repeatable=again
        )
        self.client.json(call, shapes.Anything)

    def media(self, uid: str) -> tuple[shapes.FormMedia, ...]:
        """Return the media files of a form, which are shown a hundred at a time.

        Raises:
            ShapeUnknown: the list does not go on; files behind its first page would be missed.
        """
        found: dict[str, shapes.FormMedia] = {}
        while True:
            params: dict[str, str | int] = {"file_type": "form_media", "limit": 100, "start": len(found)}
            page = self.client.json(Call(_asset(uid, "files"), params=params), shapes.FormMediaList)
            before = len(found)
            found |= {one.uid: one for one in page.results}
            if len(found) >= page.count:
                return tuple(found.values())
            if len(found) == before:
                raise ShapeUnknown(server=self.client.server)

    def put_media(self, uid: str, name: str, content: str) -> None:
        """Add a media file; ``content`` in base64. One of the same name must be dropped before."""
        body = {
            "description": name,
            "file_type": "form_media",
            "base64Encoded": f"data:application/octet-stream;base64,{content}",
            "metadata": {"filename": name},
        }
        self.client.json(Call(_asset(uid, "files"), "POST", sent=Sent.json(body)), shapes.Anything)

    def drop_media(self, uid: str, file: str) -> None:
        """Remove a media file that is about to be replaced."""
        call = Call(_asset(uid, "files", file), "DELETE", accept=(404,), repeatable=True)
        self.client.answer(call)


_XML: Mapping[str, str] = {"Accept": "application/xml"}


def _at(*segments: Any) -> str:
    return path(*segments) + "/"


def _asset(uid: str, *rest: Any) -> str:
    return _at("api", "v2", "assets", uid, *rest)


def _data(uid: str, *rest: Any) -> str:
    return _asset(uid, "data", *rest)
