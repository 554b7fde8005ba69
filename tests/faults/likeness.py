"""Every table of a workspace, told so that two runs which should have come to the same can be compared.

Nothing is left out but what no two runs share, and each of those is checked elsewhere:

- *moments of pulling* (``MOMENTS``): the second run is later. Moments said by a source or a phone stay, and so do those
  that the register counts from one of its events (a case opens when its code is drawn): they are told as the number of
  that event and the time since. The clock of a case gives every event a part of a second of its own. The origin of a
  task that comes again holds such a moment, too, and its id follows from the origin: that it does is checked here.
- *names drawn at random*, of scopes, key pages and sealed files: in their place stands what they name.
- *sealed bytes*: in their place stands what the vault opens, without the nonces of commitments; a commitment is
  replaced by the thing that it commits to, computed from the opened bytes.
- *which page holds an item, and its number*: files that a run had not taken yet come in other batches with the next
  one. That every page is whole is an invariant.
- *hashes of the chains*, which follow from the above; that the chains hold is an invariant.
- *lines of the chain about pages and openings*, and *how many runs were begun*: faults make more of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Table, select

from sync_scripts.register.case.tasks import matter_of, task_id
from sync_scripts.store import custody
from sync_scripts.store.canonical import canonical, moment
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import metadata
from sync_scripts.store.schema.register import TABLES
from sync_scripts.store.seal.sealed_items import Identity, commitment
from sync_scripts.store.vault import Vault, by_identity, items_where
from sync_scripts.store.vault.opening import OpenedItem
from sync_scripts.store.workspace import Workspace
from tests import clock

MOMENTS: Final = {
    "attachment": {"at"},
    "event": {"at"},
    "place": {"first_at", "last_at"},
    "watermark": {"at"},
}
"""Columns that say when something was pulled, by table; every other column is compared."""
_HASHES: Final = {"event": {"hash"}}
_NAMING: Final = frozenset({"submission", "attachment", "place"})
"""Tables that name scopes, and items in key pages."""
_ABOUT_VERSIONS: Final = frozenset({"RECEIVED", "KEYS_CHANGED", "DECRYPTED", "INTEGRITY", "ERASED"})

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{6})Z")

Fields = dict[str, Any]


def told(workspace: Workspace, identity: Identity) -> dict[str, list[Any]]:
    """Return every table by name. Opens everything, and so adds a line to the chain.

    Args:
        workspace: what is told.
        identity: of a holder; opens every item.
    """
    with workspace.register.reading() as rows:
        every = items_where(rows)
    with Vault(
        workspace.register, by_identity(identity.secret), Actor("teller", "rule"), now=clock.now
    ) as vault:
        opened = [_Opened.of(one) for one in vault.open_items("compare", every)]
    with workspace.register.reading() as rows:
        teller = _Teller(rows, opened)
        return {
            table.name: teller.table(table)
            for table in metadata.sorted_tables
            if table.info.get("only", rows.dialect) == rows.dialect
        }


@dataclass(frozen=True)
class _Opened:
    """One sealed item with what was in it."""

    key_page: str
    item: int
    scope: str
    kind: str
    row: str
    version: str
    name: str
    content: bytes

    @classmethod
    def of(cls, one: OpenedItem) -> _Opened:
        item = one.item
        return cls(
            item.key_page, item.item, item.scope, item.kind, item.row, item.version, one.name, one.data
        )

    @property
    def fields(self) -> Fields:
        """Return the fields of a small sealed document."""
        found: Fields = msgspec.json.decode(self.content)
        return found

    def meaning(self) -> tuple[Any, ...]:
        """Return what it is and says, without what is drawn at random."""
        if self.kind not in {"version", "row", "filepart"}:
            return self.kind, self.row, self.version, self.name, self.content
        said = {name: value for name, value in self.fields.items() if name not in {"nonce", "sealed", "pad"}}
        return self.kind, self.row, self.version, self.name, msgspec.json.encode(said, order="sorted")


class _Teller:
    """Tells tables; knows what the random names stand for."""

    def __init__(self, rows: Rows, opened: list[_Opened]) -> None:
        self._rows = rows
        self._items = {(one.key_page, one.item): one for one in opened}
        self._events = {row["at"][-7:-1]: row for row in _all(rows, metadata.tables["event"])}
        scopes = [*_all(rows, metadata.tables["scope"])]
        plain = {row["id"]: _without(row, {"id", "submission"}) for row in scopes}
        self._scopes = {row["id"]: (*plain[row["id"]], plain.get(row["submission"], ())) for row in scopes}
        self._promises = dict(_promises(opened))
        self._own: Mapping[str, Callable[[Table], list[Any]]] = {
            "custody": self._custody,
            "key_page": self._pages,
            "run": self._runs,
            "scope": lambda _table: sorted(self._scopes.values()),
            "sealed_item": self._sealed,
            "task": self._tasks,
        }

    def table(self, table: Table) -> list[Any]:
        """Return the rows of a table."""
        return self._own.get(table.name, self._plain)(table)

    def _plain(self, table: Table) -> list[Any]:
        """Return rows as they stand, with what the random names in them stand for."""
        hidden = MOMENTS.get(table.name, set()) | _HASHES.get(table.name, set())
        named = self._named if table.name in _NAMING else self._counted if table in TABLES else dict
        return [_without(named(row), hidden) for row in _all(self._rows, table)]

    def _counted(self, row: Fields) -> Fields:
        """Tell the moments that a row of the register counts from an event."""
        return {name: self._since(value) for name, value in row.items()}

    def _since(self, value: Any) -> Any:
        found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
        event = self._events.get(found[1]) if found else None
        return (event["seq"], moment(value) - moment(event["at"])) if event else value

    def _tasks(self, table: Table) -> list[Any]:
        """Return tasks by what raised them, in place of ids that follow from it."""
        found = []
        for row in _all(self._rows, table):
            assert row["task_id"] == task_id(row["subject"], row["kind"], matter_of(row))
            found.append(_without(self._counted(row), {"task_id"}))
        return sorted(found, key=repr)

    def _named(self, row: Fields) -> Fields:
        """Replace the random names in a row."""
        named = {**row, "scope": row["scope"] and self._scopes[row["scope"]]}
        if row.get("key_page") is not None:
            item = self._items[named.pop("key_page"), row["item"]]
            named["item"] = item.meaning()
            if item.kind == "filepart":
                named["file"] = item.fields["sealed"] == row["file"]
        return named

    def _custody(self, _table: Table) -> list[Any]:
        """Return the lines about versions in their order, then those about files in any."""
        lines = [line.entry for line in custody.read(self._rows)]
        said = [self._line(line) for line in lines if line["action"] in _ABOUT_VERSIONS]
        return [one for one in said if one[0] != "file"] + sorted(one for one in said if one[0] == "file")

    def _line(self, line: Fields) -> tuple[str, ...]:
        details = {**line["details"]}
        kind = "file" if details.pop("file", None) else "version" if details.pop("sealed", None) else ""
        promised = self._promises.get(line["object"], line["object"] if line["action"] != "RECEIVED" else "?")
        return kind, line["action"], line["actor"], promised, canonical(details)

    def _pages(self, table: Table) -> list[Any]:
        return sorted({(row["workspace"], row["recipients"]) for row in _all(self._rows, table)})

    def _runs(self, table: Table) -> list[Any]:
        """Return who ran what; a run that never said how it ended would stand out."""
        found = [
            _without(row, {"id", "started_at", "ended_at", "counts", "outcome"})
            for row in _all(self._rows, table)
        ]
        running = [row for row in _all(self._rows, table) if row["outcome"] == "running"]
        return [*sorted(set(found), key=repr), len(running)]

    def _sealed(self, _table: Table) -> list[Any]:
        return sorted((self._scopes[one.scope], one.meaning()) for one in self._items.values())


def _all(rows: Rows, table: Table) -> Iterator[Fields]:
    for row in rows.execute(select(table).order_by(*table.primary_key)).mappings():
        yield dict(row)


def _without(row: Fields, names: set[str]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in row.items() if name not in names)


def _promises(opened: list[_Opened]) -> Iterator[tuple[str, str]]:
    """Yield each commitment that the opened things keep, with what it commits to."""
    raw = {(one.row, one.version): one for one in opened if one.kind == "raw"}
    for one in opened:
        if one.kind == "version":
            sha256 = hashlib.sha256(raw[one.row, one.version].content).hexdigest()
            yield commitment(one.fields["nonce"], sha256), f"version {one.version} {sha256}"
        elif one.kind == "filepart":
            sha256 = one.fields["sha256"]
            yield commitment(one.fields["nonce"], sha256), f"file {one.row} {one.version} {sha256}"
