"""Entity lists and phones of a stand-in Central: lists with their properties, filters by phone. Computes from state."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.contract import central_entities as entities
from tests.contract.central_answers import (
    as_json,
    done,
    exists,
    extended,
    missing,
    sent_json,
    unexpected,
)
from tests.contract.central_rows import EARLY, Dataset, Entity
from tests.contract.central_state import ADMIN, PROJECT

__all__ = ["Dataset", "Entity", "Lists"]


@dataclass(slots=True)
class Lists:
    """All entity lists of a project.

    Attributes:
        lists: by name.
        phone_properties: names that phones may have, None = a server before 2026.2, which knows no filter either.
        bulk: many rows are deleted at once; a server before 2025.3 knows no such call.
        phones: the phones of the project, by number; `central_forms.Forms` makes and revokes them.
        tick: lets the server's clock go on and reads it.
        asker: number of the account that asks.
        person: what is shown of an account.
        forms: names of the published forms by id, and of those that each list is carried with.
    """

    phones: dict[int, dict[str, Any]]
    lists: dict[str, Dataset] = field(default_factory=dict)
    phone_properties: list[str] | None = field(default_factory=list)
    bulk: bool = True
    tick: Callable[[], str] = lambda: EARLY
    asker: Callable[[], int] = lambda: ADMIN
    person: Callable[[int], dict[str, Any]] = lambda number: {"id": number, "displayName": ""}
    titles: Callable[[], dict[str, str]] = dict
    carriers: Callable[[str, bool], list[str]] = lambda _name, _draft: []

    def answer(  # noqa: C901, PLR0911, PLR0912 - a table of addresses
        self, request: httpx.Request, rest: list[str]
    ) -> httpx.Response | None:
        """Answer what is about lists and properties; None = it is about something else."""
        match request.method, rest:
            case "GET", ["actor-properties"]:
                if self.phone_properties is None:
                    raise missing()
                return as_json([{"name": name} for name in self.phone_properties])
            case "POST", ["actor-properties"] if self.phone_properties is not None:
                self.phone_properties.append(sent_json(request)["name"])
                return done()
            case "PATCH", ["app-users", number] if self.phone_properties is not None:
                return self._describe(int(number), sent_json(request)["properties"])
            case "GET", ["datasets"]:
                return as_json([self.listed(name, extended(request)) for name in self.lists])
            case "POST", ["datasets"]:
                name = sent_json(request)["name"]
                if name in self.lists:
                    raise exists("datasets", name=name, projectId=PROJECT)
                self.lists[name] = Dataset(made=self.tick())
                return self._shown(name)
            case _, ["datasets", name, *_below] if name.removesuffix(".svc") not in self.lists:
                raise missing()
            case "GET", ["datasets", name]:
                return self._shown(name)
            case "PATCH", ["datasets", name]:
                return self._changed(name, sent_json(request))
            case "POST", ["datasets", name, "properties"]:
                return _property(self.lists[name], sent_json(request)["name"])
            case "GET", ["datasets", name, ("Entities" | "$metadata") as table] if name.endswith(".svc"):
                return entities.odata(self, request, name.removesuffix(".svc"), table)
            case "GET", ["datasets", name, "entities.csv"]:
                return entities.table(self, request, name)
            case _, ["datasets", name, "entities", *below]:
                return entities.answer(self, request, name, below)
        return None

    def carried(self, phone: int | None, name: str) -> dict[str, Entity]:
        """Return the rows that a phone downloads, newest first; None = an asker without a phone, who sees all.

        A filter lets through what any of its rules lets through; a list may also give a phone only what it made itself.
        """
        held = self.lists.get(name, Dataset())
        own = self.phones[phone].get("properties", {}) if phone is not None else {}
        found = {}
        for key, row in reversed(held.rows.items()):
            fits = [
                row.data.get(rule["datasetProperty"]) == own.get(rule["actorProperty"], object())
                for rule in held.rules
            ]
            own_only = held.said["ownerOnly"] and phone not in {None, row.by}
            if not row.deleted and not own_only and (phone is None or not held.rules or any(fits)):
                found[key] = row
        return found

    def seen_by(self, phone: int, name: str) -> set[str]:
        """Return the labels that a phone downloads."""
        return {row.label for row in self.carried(phone, name).values()}

    def _describe(self, number: int, properties: dict[str, str | None]) -> httpx.Response:
        held = self.phones[number].setdefault("properties", {})
        for name, value in properties.items():
            if name not in (self.phone_properties or ()):
                raise unexpected("property", name, "there is no such property")
            held.pop(name, None) if value is None else held.update({name: value})
        more = {"createdBy": self.person(ADMIN), "lastUsed": None, "properties": held}
        token = self.phones[number]["token"]
        return as_json({"projectId": PROJECT, **self.person(number), "token": token, **more})

    def listed(self, name: str, whole: bool) -> dict[str, Any]:
        """Return what is said of a list where all are named; the counts when ``whole``."""
        held = self.lists[name]
        said = {"name": name, "createdAt": held.made, "projectId": PROJECT, **held.said, "deletedAt": None}
        rows = [row for row in held.rows.values() if not row.deleted]
        more = {
            "entities": len(rows),
            "lastEntity": max((row.made for row in rows), default=None),
            "conflicts": sum(row.conflict is not None for row in rows),
        }
        return said | (more if whole else {})

    def _shown(self, name: str) -> httpx.Response:
        held, titles = self.lists[name], self.titles()

        def named(forms: list[str]) -> list[dict[str, str]]:
            return [{"xmlFormId": one, "name": titles.get(one, one)} for one in forms]

        shown: dict[str, Any] = {
            **self.listed(name, whole=False),
            "lastUpdate": max([held.made, *(row.updated or row.made for row in held.rows.values())]),
            "linkedForms": named(self.carriers(name, False)),
            "sourceForms": named(sorted({form for forms in held.fed.values() for form in forms})),
            "draftLinkedForms": named(self.carriers(name, True)),
            "draftSourceForms": [],
            "properties": [
                {
                    "name": one,
                    "publishedAt": held.made,
                    "odataName": entities.odata_name(one),
                    "forms": named(held.fed.get(one, [])),
                }
                for one in held.properties
            ],
        }
        if held.said["ownerOnly"]:
            shown["accessFilter"] = {"type": "ownerOnly"}
        elif held.rules and self.phone_properties is not None:
            shown["accessFilter"] = {"type": "property", "rules": held.rules}
        return as_json(shown)

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
                raise unexpected("accessFilter", rule, "there is no such property")
        self.lists[name].rules = rules
        self.lists[name].said["ownerOnly"] = False
        return self._shown(name)

    def declare(self, name: str, properties: list[str], form: str) -> None:
        """Let a published form make a list and the properties that it fills."""
        held = self.lists.setdefault(name, Dataset(made=self.tick()))
        for one in properties:
            if one not in held.properties:
                held.properties.append(one)
            if form not in held.fed.setdefault(one, []):
                held.fed[one].append(form)


def _property(held: Dataset, name: str) -> httpx.Response:
    """Give a list one more property; dashes and accents are taken, spaces and Central's own names are not."""
    if name in held.properties:
        raise exists("ds_properties", name=name, datasetId=1)
    if not re.fullmatch(r"[^\W\d][\w.-]*", name) or name in {"name", "label"} or name.startswith("__"):
        raise unexpected("name", name, "This is not a valid property name.")
    held.properties.append(name)
    return done()
