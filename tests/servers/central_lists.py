"""Entity lists and phones of a stand-in Central: rows with versions, a trash, filters. Computes from state."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(slots=True)
class Entity:
    """One row."""

    label: str
    data: dict[str, str]
    version: int = 1
    deleted: bool = False


@dataclass(slots=True)
class Dataset:
    """One entity list."""

    properties: list[str] = field(default_factory=list)
    rows: dict[str, Entity] = field(default_factory=dict)
    rules: list[dict[str, str]] = field(default_factory=list)
    said: dict[str, bool] = field(default_factory=lambda: {"approvalRequired": False, "ownerOnly": False})


@dataclass(slots=True)
class Lists:
    """All entity lists of a project.

    Attributes:
        lists: by name.
        phone_properties: names that phones may have, None = a server before 2026.2, which knows no filter either.
        bulk: many rows are deleted at once; a server before 2025.3 knows no such call.
        phones: the phones of the project, by number; `central_forms.Forms` makes and revokes them.
    """

    phones: dict[int, dict[str, Any]]
    lists: dict[str, Dataset] = field(default_factory=dict)
    phone_properties: list[str] | None = field(default_factory=list)
    bulk: bool = True

    def answer(  # noqa: C901, PLR0911 - a table of addresses
        self, request: httpx.Request, rest: list[str]
    ) -> httpx.Response | None:
        """Answer what is about lists and properties; None = it is about something else."""
        match request.method, rest:
            case "GET", ["actor-properties"]:
                known = self.phone_properties
                return _error(404, 404.1) if known is None else _json([{"name": name} for name in known])
            case "POST", ["actor-properties"] if self.phone_properties is not None:
                self.phone_properties.append(_body(request)["name"])
                return _done()
            case "PATCH", ["app-users", number] if self.phone_properties is not None:
                return self._describe(int(number), _body(request)["properties"])
            case "GET", ["datasets"]:
                return _json([{"name": name, **held.said} for name, held in self.lists.items()])
            case "POST", ["datasets"]:
                name = _body(request)["name"]
                if name in self.lists:
                    return _error(409, 409.3)
                self.lists[name] = Dataset()
                return self._shown(name)
            case _, ["datasets", name, *_below] if name.removesuffix(".svc") not in self.lists:
                return _error(404, 404.1)
            case "GET", ["datasets", name]:
                return self._shown(name)
            case "PATCH", ["datasets", name]:
                return self._changed(name, _body(request))
            case "POST", ["datasets", name, "properties"]:
                return _property(self.lists[name], _body(request)["name"])
            case "GET", ["datasets", name, "Entities"]:
                return self._feed(self.lists[name.removesuffix(".svc")])
            case _, ["datasets", name, "entities", *below]:
                return self._rows(request, self.lists[name], below)
        return None

    def seen_by(self, phone: int, name: str) -> set[str]:
        """Return the labels that a phone downloads; a filter lets through what any of its rules lets through."""
        held = self.lists.get(name, Dataset())
        own = self.phones[phone].get("properties", {})
        return {
            row.label
            for row in held.rows.values()
            if not row.deleted
            and (
                not held.rules
                or any(
                    row.data.get(rule["datasetProperty"]) == own.get(rule["actorProperty"], object())
                    for rule in held.rules
                )
            )
        }

    def _describe(self, number: int, properties: dict[str, str | None]) -> httpx.Response:
        held = self.phones[number].setdefault("properties", {})
        for name, value in properties.items():
            if name not in (self.phone_properties or ()):
                return _error(400, 400.8)
            held.pop(name, None) if value is None else held.update({name: value})
        return _json({"id": number, "displayName": self.phones[number]["name"], "properties": held})

    def _shown(self, name: str) -> httpx.Response:
        held = self.lists[name]
        shown: dict[str, Any] = {
            "name": name,
            **held.said,
            "properties": [{"name": one, "odataName": one, "forms": []} for one in held.properties],
        }
        if held.rules and self.phone_properties is not None:
            shown["accessFilter"] = {"type": "property", "rules": held.rules}
        return _json(shown)

    def _changed(self, name: str, body: dict[str, Any]) -> httpx.Response:
        held = self.lists[name]
        held.said |= {one: body[one] for one in held.said if one in body}
        return self._filter(name, body["accessFilter"]) if "accessFilter" in body else self._shown(name)

    def _filter(self, name: str, wanted: dict[str, Any] | None) -> httpx.Response:
        if self.phone_properties is None:  # an unknown member of the body is passed over in silence
            return self._shown(name)
        rules = wanted["rules"] if wanted else []
        for rule in rules:
            known = rule["datasetProperty"] in self.lists[name].properties
            if not known or rule["actorProperty"] not in (self.phone_properties or ()):
                return _error(400, 400.8)
        self.lists[name].rules = rules
        return self._shown(name)

    def _feed(self, held: Dataset) -> httpx.Response:
        rows = [
            {
                "__id": key,
                "label": row.label,
                "__system": {"version": row.version, "updates": row.version - 1, "conflict": None},
                **{name: row.data.get(name, "") for name in held.properties},
            }
            for key, row in reversed(held.rows.items())
            if not row.deleted
        ]
        return _json({"value": rows, "@odata.context": "x"})

    def _rows(  # noqa: PLR0911 - a table of addresses
        self, request: httpx.Request, held: Dataset, below: list[str]
    ) -> httpx.Response:
        match request.method, below:
            case "GET", []:
                trash = request.url.params.get("deleted") == "true"
                found = [key for key, row in held.rows.items() if row.deleted == trash]
                return _json([{"uuid": key, "currentVersion": {"version": 1}} for key in found])
            case "POST", []:
                taken = {key: row for one in self.lists.values() for key, row in one.rows.items()}
                sent = _body(request)
                said = _create(held, taken, sent.get("entities", [sent]))
                return (
                    said if "entities" in sent or said.is_error else _entity(held, next(reversed(held.rows)))
                )
            case "GET", [key] if key in held.rows:
                return _entity(held, key)
            case "POST", [key, "restore"] if key in held.rows and held.rows[key].deleted:
                held.rows[key].deleted = False
                return _done()
            case "DELETE", [key]:
                gone = key in held.rows and not held.rows[key].deleted
                if gone:
                    held.rows[key].deleted = True
                return _done() if gone else _error(404, 404.1)
            case "POST", ["bulk-delete" | "bulk-restore" as deed] if self.bulk:
                ids = _body(request)["ids"]
                for key in ids:
                    held.rows[key].deleted = deed == "bulk-delete"
                return _json({"count": len(ids)})
            case "PATCH", [key]:
                return _change(held, key, request.url.params, _body(request))
        return _error(404, 404.1)


def _create(held: Dataset, taken: dict[str, Entity], made: list[dict[str, Any]]) -> httpx.Response:
    """Make all or none; a uuid that is not of version 4, that exists in any list, or that was deleted refuses all."""
    named = [{"uuid": str(uuid.uuid4()), **one} for one in made]
    for one in named:
        if "label" not in one:
            return _error(400, 400.2)
        if not set(one["data"]) <= set(held.properties):
            return _error(400, 400.28)
        text = all(isinstance(value, str) for value in one["data"].values())
        if not text or uuid.UUID(one["uuid"]).version != 4:
            return _error(400, 400.11)
        if one["uuid"] in taken:
            return _error(409, 409.19 if taken[one["uuid"]].deleted else 409.3)
    held.rows.update({one["uuid"]: Entity(one["label"], dict(one["data"])) for one in named})
    return _done()


def _property(held: Dataset, name: str) -> httpx.Response:
    """Give a list one more property; dashes and accents are taken, spaces and Central's own names are not."""
    if name in held.properties:
        return _error(409, 409.3)
    if not re.fullmatch(r"[^\W\d][\w.-]*", name) or name in {"name", "label"} or name.startswith("__"):
        return _error(400, 400.8)
    held.properties.append(name)
    return _done()


def _entity(held: Dataset, key: str) -> httpx.Response:
    row = held.rows[key]
    version = {"label": row.label, "data": row.data, "version": row.version, "current": True}
    return _json({"uuid": key, "conflict": None, "currentVersion": version})


def _change(held: Dataset, key: str, params: httpx.QueryParams, body: dict[str, Any]) -> httpx.Response:
    """Change a row from the version that the sender saw; without one it is refused, unless it is forced."""
    row = held.rows.get(key)
    if row is None or row.deleted:
        return _error(404, 404.1)
    if params.get("force") != "true" and params.get("baseVersion") != str(row.version):
        return _error(409, 409.15)
    row.label = body.get("label", row.label)
    row.data |= body["data"]
    row.version += 1
    return _entity(held, key)


def _body(request: httpx.Request) -> Any:
    return json.loads(request.content)


def _done() -> httpx.Response:
    return _json({"success": True})


def _json(body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


def _error(status: int, code: float) -> httpx.Response:
    return httpx.Response(status, json={"message": "Something went wrong.", "code": code})
