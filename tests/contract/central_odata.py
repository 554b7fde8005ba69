"""The OData of the forms of a stand-in Central: tables of submissions and repeats, single rows, pages, what there is.

Newest first; a page token names a row, and one that names none ends the list silently; an ETag that no late file moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

from tests.contract import central_xform as xform
from tests.contract.central_answers import Failed, as_json, missing, unless_known
from tests.contract.central_filter import Known, rule
from tests.contract.central_pages import paged
from tests.contract.central_schema import schema
from tests.contract.central_state import Submission, announced, form_version, ids

if TYPE_CHECKING:
    from tests.contract.central_world import World

KNOWN: Final[Known] = {
    "__id": lambda one: str(one.root),
    "__system/submissionDate": lambda one: str(one.created),
    "__system/updatedAt": lambda one: one.updated and str(one.updated),
    "__system/deletedAt": lambda one: one.deleted and str(one.deleted),
    "__system/submitterId": lambda one: str(one.first.by),
    "__system/reviewState": lambda one: one.review and str(one.review),
}
"""What can be asked of a submission."""
ELSEWHERE: Final = "http://ailleurs.example/v1/projects/1/forms/x.svc"
"""A next page is named at an address of the server's own configuration, which is not the one that was asked."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a form: that of the submissions, or that of a repeat. ``path`` = the repeats down to it."""

    path: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the table's name."""
        return ".".join(("Submissions", *self.path))


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table with its place: ``up`` = the id of the row that it belongs to."""

    row: xform.Row
    one: Submission
    up: str | None = None


def answer(world: World, request: httpx.Request, form: str, rest: list[str]) -> httpx.Response:
    """Answer an address below a form's OData."""
    known = world.form(form)
    tables = [Table(path) for path in _repeats(known)]
    match rest:
        case [] | [""]:
            sets = [{"name": one.name, "kind": "EntitySet", "url": one.name} for one in tables]
            said = as_json({"@odata.context": _context(form), "value": sets})
            said.headers["content-type"] = "application/json; charset=utf-8; odata.metadata=minimal"
            return said
        case ["$metadata"] if known:
            return httpx.Response(
                200, content=schema(known), headers={"content-type": "application/xml; charset=utf-8"}
            )
        case [first, *below] if found := re.fullmatch(r"Submissions\('([^']*)'\)", first):
            return _single(world, request, form, found[1], below)
        case [name]:
            table = next((one for one in tables if one.name == name), None)
            return unless_known(request, _feed(world, request.url.params, form, table))
    raise missing()


def _repeats(known: xform.XForm | None) -> list[tuple[str, ...]]:
    """Return the paths of all repeats of a form, its own table first."""
    found = [one for one in known.walk() if one.type == "repeat"] if known else []
    return [(), *(one.path for one in found)]


def _context(form: str, table: str = "") -> str:
    place = f"http://central.example/v1/projects/1/forms/{form}.svc/$metadata"
    return f"{place}#{table}" if table else place


def _feed(world: World, params: httpx.QueryParams, form: str, table: Table | None) -> httpx.Response:
    if table is None:
        raise missing()
    if "$select" in params and "$expand" in params:
        raise Failed(501.11, "This server doesn't support $select query parameter with $expand.")
    if "$orderby" in params and "$skiptoken" in params:
        feature = "using $orderby and $skiptoken together"
        raise Failed(
            501.1, f"The requested feature {feature} is not supported by this server.", feature=feature
        )
    wanted = params.get("$filter", "")
    let = rule(wanted, {name: known for name, known in KNOWN.items() if name not in world.lacks})
    trash = "deletedAt" in wanted
    every = [one for one in world.shown(form) if (trash or not one.deleted) and let(one)]
    if params.get("$orderby"):
        every = _ordered(every, params["$orderby"])
    shape = _Shape(world, form, params)
    if not table.path:
        said = paged(every, params, lambda one: one.root, "instanceId", world.cap)
        value = [shape.submission(one) for one in said.rows]
        every = list(said.rows)
    else:
        lines = [line for one in every for line in shape.lines(one, table.path)]
        said = paged(lines, params, lambda one: one.row.id, "repeatId", world.cap)
        value = [shape.line(one, table) for one in said.rows]
    body: dict[str, Any] = {"value": value, "@odata.context": _context(form, table.name)}
    if said.next:
        more = "".join(
            f"&{quote(name)}={quote(text)}" for name, text in params.items() if name != "$skiptoken"
        )
        way = f"%24skip={len(value)}" if "$skiptoken" in world.lacks else f"%24skiptoken={quote(said.next)}"
        body["@odata.nextLink"] = f"{ELSEWHERE}/{table.name}?{way}{more}"
    if params.get("$count") == "true":
        body["@odata.count"] = said.count
    answer = as_json(body)
    answer.headers["etag"] = world.eventhash(every)
    return answer


def _ordered(every: list[Submission], wanted: str) -> list[Submission]:
    for part in reversed(wanted.split(",")):
        name, _space, way = part.strip().partition(" ")
        if name not in KNOWN:
            raise Failed(501.5, "The given OData expression references fields not supported", at=0, text=name)
        every = sorted(every, key=lambda one: KNOWN[name](one) or "", reverse=way == "desc")
    return every


def _single(world: World, request: httpx.Request, form: str, root: str, below: list[str]) -> httpx.Response:
    one = next((one for one in world.shown(form) if one.root == root and not one.deleted), None)
    if one is None:
        raise missing()
    shape = _Shape(world, form, request.url.params)
    path, up = _way(below)
    if not path:
        return as_json({"value": [shape.submission(one)], "@odata.context": _context(form, "Submissions")})
    if path not in _repeats(world.form(form)):
        raise missing()
    table = Table(path)
    value = [shape.line(line, table) for line in shape.lines(one, path) if up in {None, line.up}]
    return as_json({"value": value, "@odata.context": _context(form, table.name)})


def _way(below: list[str]) -> tuple[tuple[str, ...], str | None]:
    """Return the repeats that an address goes down, and the id of the last row on the way."""
    found = [re.fullmatch(r"(\w+)(?:\('([^']*)'\))?", one) for one in below]
    if None in found:
        raise missing()
    names = tuple(one[1] for one in found if one)
    last = [one[2] for one in found if one and one[2]]
    return names, last[-1] if last else None


class _Shape:
    """How rows are shown: what was selected or expanded, and places in which form."""

    def __init__(self, world: World, form: str, params: httpx.QueryParams) -> None:
        self.world, self.known = world, world.form(form)
        self.wkt = params.get("$wkt") == "true"
        self.expand = params.get("$expand") == "*"
        self.select = [one for one in params.get("$select", "").split(",") if one]
        self.own = ("__id", "__system")
        names = {"meta"} | {one.name for one in self.known.walk()} if self.known else None
        for one in self.select:
            if names is not None and one.partition("/")[0] not in {*names, *self.own}:
                raise Failed(400.23, f"Could not find a property named '{one}'", property=one)

    def submission(self, one: Submission) -> dict[str, Any]:
        """Return a row of the feed; of an encrypted submission nothing but what the server itself says."""
        row = self._row(one)
        if announced(one.present.xml):
            answers: dict[str, Any] = {}
        elif self.known is None:
            answers = {"meta": {"instanceID": ids(one.present.xml)[0]}}
        else:
            answers = row.answers
        said = {**answers, "__id": one.root, "__system": self._system(one)}
        if self.select:
            return _selected(said, self.select)
        if not announced(one.present.xml):
            self._hang(said, row)
        return said

    def _system(self, one: Submission) -> dict[str, Any]:
        lacks = self.world.lacks
        return {name: said for name, said in system(one).items() if f"__system/{name}" not in lacks}

    def lines(self, one: Submission, path: tuple[str, ...]) -> Iterator[Line]:
        """Yield the rows of a repeat in a submission."""
        if announced(one.present.xml):
            return

        def below(row: xform.Row, left: tuple[str, ...]) -> Iterator[Line]:
            for way, rows in row.repeats.items():
                for each in rows if left[: len(way)] == way else ():
                    if left == way:
                        yield Line(each, one, row.id)
                    else:
                        yield from below(each, left[len(way) :])

        yield from below(self._row(one), path)

    def line(self, line: Line, table: Table) -> dict[str, Any]:
        """Return a row of a repeat with the id of the row that it belongs to."""
        up = "-".join(("Submissions", *table.path[:-1]))
        said = {**line.row.answers, "__id": line.row.id, f"__{up}-id": line.up}
        self._hang(said, line.row)
        return said

    def _row(self, one: Submission) -> xform.Row:
        if self.known is None:
            return xform.Row(one.root, "", {})
        return xform.apart(self.known, one.present.xml, one.root, wkt=self.wkt)

    def _hang(self, said: dict[str, Any], row: xform.Row) -> None:
        """Name the repeats of a row, and give their rows when they were asked for."""
        for path, rows in row.repeats.items():
            into = said
            for name in path[:-1]:
                into = into[name]
            into[f"{path[-1]}@odata.navigationLink"] = f"{row.link}/{path[-1]}"
            if self.expand:
                into[path[-1]] = [{**one.answers, "__id": one.id} for one in rows]
                for shown, one in zip(into[path[-1]], rows, strict=True):
                    self._hang(shown, one)


def _selected(row: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """Return what was asked of a row: whole members, and members of them."""
    shown: dict[str, Any] = {}
    for one in wanted:
        name, _slash, inner = one.partition("/")
        if name in row and inner:
            shown.setdefault(name, {})[inner] = row[name].get(inner)
        elif name in row:
            shown[name] = row[name]
    return shown


def system(one: Submission) -> dict[str, Any]:
    """Return what the server itself says of a submission; the form version is that of the first version."""
    sealed = announced(one.present.xml)
    there = bool(sealed) and one.files.get(sealed[-1]) is not None
    return {
        "submissionDate": one.created,
        "updatedAt": one.updated,
        "submitterId": str(one.first.by),
        "submitterName": one.submitter,
        "attachmentsPresent": sum(data is not None for data in one.files.values()),
        "attachmentsExpected": len(one.files),
        "status": ("notDecrypted" if there else "missingEncryptedFormData") if sealed else None,
        "reviewState": one.review,
        "deviceId": one.first.device,
        "edits": len(one.versions) - 1,
        "formVersion": form_version(one.first.xml),
        "deletedAt": one.deleted,
    }
