"""A whole Central before a project is chosen; the entity lists of a project and the properties of its phones: call by call.

Decides nothing, keeps nothing. Every method raises what `Client.json` raises; a write that found another state than expected is a
refusal 409.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sync_scripts.errors import DikaloError
from sync_scripts.servers.central.project import EXTENDED, Project
from sync_scripts.servers.central.shapes import Anything, FormSaid, ProjectSaid, Shape
from sync_scripts.servers.http import Call, Client, Sent, path

BULK = 1000
"""Rows sent in one request."""


class Rule(Shape, frozen=True, kw_only=True):
    """A phone gets the rows in which this property has the value of that property of the phone."""

    dataset_property: str = ""
    actor_property: str = ""


class Filter(Shape, frozen=True, kw_only=True):
    """Which rows a phone gets; any rule is enough."""

    type: str = ""
    rules: tuple[Rule, ...] = ()


class Named(Shape, frozen=True, kw_only=True):
    """Something with a name."""

    name: str


class Dataset(Shape, frozen=True, kw_only=True):
    """An entity list; older servers know no filter."""

    name: str
    properties: tuple[Named, ...] = ()
    access_filter: Filter | None = None
    approval_required: bool = False


class Phone(Shape, frozen=True, kw_only=True):
    """A phone's account with its properties; ``token`` is null once it is revoked, a secret until then."""

    id: int
    display_name: str = ""
    token: str | None = None
    created_at: str = ""
    last_used: str | None = None
    properties: dict[str, str] | None = None

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"Phone({self.id})"


class PublicLink(Shape, frozen=True, kw_only=True):
    """An address with which anybody can send; ``token`` is null once it is closed, a secret until then."""

    id: int = 0
    token: str | None = None

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"PublicLink({self.id})"


class Assignment(Shape, frozen=True, kw_only=True):
    """A phone may fill a form."""

    actor_id: int
    xml_form_id: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One row of an entity list."""

    uuid: str
    version: int
    values: Mapping[str, str]


class _Trashed(Shape, frozen=True, kw_only=True):
    uuid: str


class _Page(msgspec.Struct, frozen=True):
    value: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Lists:
    """The entity lists of one project.

    Attributes:
        project: with the login of the role publish.
    """

    project: Project

    def dataset(self, name: str) -> Dataset | None:
        """Return a list, None when there is none."""
        answer = self._client.answer(Call(self._at("datasets", name), accept=(404,)))
        return None if answer.status == 404 else answer.json(Dataset)

    def make(self, name: str) -> None:
        """Make a list."""
        self._send("POST", self._at("datasets"), {"name": name})

    def add_property(self, name: str, column: str) -> None:
        """Give a list one more property."""
        self._send("POST", self._at("datasets", name, "properties"), {"name": column})

    def filter(self, name: str, rules: Sequence[Rule]) -> None:
        """Say which phone gets which rows; no rules = all phones get all."""
        built = msgspec.to_builtins(Filter(type="property", rules=tuple(rules))) if rules else None
        self._send("PATCH", self._at("datasets", name), {"accessFilter": built})

    def entities(self, name: str) -> tuple[Entity, ...]:
        """Return the rows of a list that are not deleted."""
        where = f"{self._at('datasets', name)}.svc/Entities"
        return tuple(map(_entity, self._client.json(Call(where), _Page).value))

    def trashed(self, name: str) -> frozenset[str]:
        """Return the uuids of deleted rows; they cannot be made anew, only restored."""
        call = Call(self._at("datasets", name, "entities"), params={"deleted": "true"})
        return frozenset(one.uuid for one in self._client.json(call, tuple[_Trashed, ...]))

    def departed(self, name: str) -> dict[str, Entity]:
        """Return the deleted rows as they were, by uuid; a server that does not part them from the others shows none."""
        call = Call(
            f"{self._at('datasets', name)}.svc/Entities",
            params={"$filter": "not __system/deletedAt eq null"},
            accept=(400, 501),
        )
        answer = self._client.answer(call)
        if answer.status in {400, 501}:
            return {}
        return {one.uuid: one for one in map(_entity, answer.json(_Page).value)}

    def create(self, name: str, rows: Sequence[tuple[str, str, Mapping[str, str]]]) -> None:
        """Make rows: uuid, label and properties of each. All of them or none."""
        made = [{"uuid": uuid, "label": label, "data": dict(data)} for uuid, label, data in rows]
        body = {"entities": made, "source": {"name": f"{name}.csv", "size": len(made)}}
        self._send("POST", self._at("datasets", name, "entities"), body)

    def change(self, name: str, uuid: str, base: int, values: Mapping[str, str]) -> None:
        """Change a row that is still at this version; a ``label`` among the values is its label."""
        body: dict[str, object] = {
            "data": {column: value for column, value in values.items() if column != "label"}
        }
        if "label" in values:
            body["label"] = values["label"]
        where = self._at("datasets", name, "entities", uuid)
        self._send("PATCH", where, body, {"baseVersion": base})

    def delete(self, name: str, uuids: Sequence[str]) -> None:
        """Delete rows, one by one at a server before 2025.3; they lie in the trash for 30 days."""
        sent = Sent.json({"ids": list(uuids)})
        where = self._at("datasets", name, "entities")
        call = Call(f"{where}/bulk-delete", "POST", sent=sent, accept=(404,), repeatable=True)
        if self._client.answer(call).status == 404:
            for uuid in uuids:
                self._drop(f"{where}{path(uuid)}")

    def _drop(self, where: str) -> None:
        self._client.answer(Call(where, "DELETE", accept=(404,), repeatable=True))

    def restore(self, name: str, uuids: Sequence[str]) -> None:
        """Bring deleted rows back as they were, one by one at a server before 2025.3."""
        sent = Sent.json({"ids": list(uuids)})
        where = self._at("datasets", name, "entities")
        if self._client.answer(Call(f"{where}/bulk-restore", "POST", sent=sent, accept=(404,))).status == 404:
            for uuid in uuids:
                self._send("POST", f"{where}{path(uuid, 'restore')}", {})

    # --- phones ---

    def phones(self) -> tuple[Phone, ...]:
        """Return the accounts of phones, revoked ones too, with their properties."""
        return self._client.json(Call(self._at("app-users"), headers=EXTENDED), tuple[Phone, ...])

    def assignments(self) -> tuple[Assignment, ...]:
        """Return which phone may fill which form."""
        return self._client.json(Call(self._at("assignments", "forms", "app-user")), tuple[Assignment, ...])

    def public_links(self, form: str) -> tuple[PublicLink, ...]:
        """Return the addresses with which anybody can send to a form, closed ones too."""
        return self._client.json(Call(self._at("forms", form, "public-links")), tuple[PublicLink, ...])

    def phone_properties(self) -> frozenset[str] | None:
        """Return the properties that phones may have, None on a server that knows none."""
        answer = self._client.answer(Call(self._at("actor-properties"), accept=(404,)))
        if answer.status == 404:
            return None
        return frozenset(one.name for one in answer.json(tuple[Named, ...]))

    def add_phone_property(self, name: str) -> None:
        """Let phones have one more property."""
        self._send("POST", self._at("actor-properties"), {"name": name})

    def describe(self, phone: int, properties: Mapping[str, str | None]) -> None:
        """Give a phone its properties; None takes one away."""
        self._send("PATCH", self._at("app-users", phone), {"properties": dict(properties)})

    def draft(self, form: str) -> FormSaid | None:
        """Return the draft that somebody has of a form, None without one; the published form does not say so."""
        answer = self._client.answer(Call(self._at("forms", form, "draft"), accept=(404,)))
        return None if answer.status == 404 else answer.json(FormSaid)

    def drafted(self, form: str) -> bool:
        """Tell whether somebody has a draft of a form."""
        return self.project.drafted(form)

    def link(self, form: str, file: str) -> None:
        """Let a file of a draft be filled from the list of the same name."""
        self._send("PATCH", self._at("forms", form, "draft", "attachments", file), {"dataset": True})

    @property
    def _client(self) -> Client:
        return self.project.client

    def _at(self, *rest: str | int) -> str:
        return path("v1", "projects", self.project.id, *rest)

    def _send(
        self, method: str, where: str, body: Mapping[str, object], params: Mapping[str, int] | None = None
    ) -> None:
        """Write. Asking twice does no more than once: the second is refused with 409, which is looked at again."""
        call = Call(where, method, params=dict(params or {}), sent=Sent.json(body), repeatable=True)
        self._client.json(call, Anything)


def chunks(uuids: Iterable[str]) -> Iterable[list[str]]:
    """Part a list into what one request may hold."""
    every = list(uuids)
    return (every[start : start + BULK] for start in range(0, len(every), BULK))


def _entity(row: Mapping[str, Any]) -> Entity:
    values = {
        name: value or ""
        for name, value in row.items()
        if not name.startswith("__") and (value is None or isinstance(value, str))
    }
    version = row.get("__system", {}).get("version", 1)
    return Entity(str(row.get("__id", "")), int(version), values)


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
