"""The rows that a derivation yields, table by table, before anything is written, and the numbers inside a case: V1, A1, P1, S1, E1. Pure.

Uids decide, numbers only name. A row keeps the number that its form gave it when that is free in the case, else it gets the
next free one. Whoever appeared first, in whatever version of whatever form, has the first say; a number once given is never
given to another, also when its row is deleted in a later version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Table

from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.submissions import Filed, by_entity
from sync_scripts.register.model.codes import Root
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.schema import register as tables

RowOf = dict[str, Any]


class Output:
    """Rows by table. Every row of a table has the same keys."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        """Begin with no rows."""
        self.rows: defaultdict[Table, list[RowOf]] = defaultdict(list)

    def add(self, table: Table, row: RowOf) -> None:
        """Add one row."""
        self.rows[table].append(row)

    def extend(self, table: Table, rows: Iterable[RowOf]) -> None:
        """Add several rows."""
        self.rows[table].extend(rows)

    def made(self) -> dict[Table, list[RowOf]]:
        """Return the tables that have rows, with these."""
        return {table: rows for table, rows in self.rows.items() if rows}

    def settled(self) -> Iterator[tuple[Table, list[RowOf]]]:
        """Yield tables with their rows; of several rows with one primary key only the first."""
        for table, rows in self.rows.items():
            if not rows:
                continue
            key = itemgetter(*(column.name for column in table.primary_key))
            if len(set(map(key, rows))) == len(rows):
                yield table, rows
            else:
                yield table, [*{key(row): row for row in reversed(rows)}.values()][::-1]

    def file(
        self, filed: Filed, unit: str, case_code: str | None = None, alert_code: str | None = None
    ) -> None:
        """Add where a submission is filed, and what of it nobody mapped."""
        self.add(
            tables.filing,
            {
                "filing_no": filed.number,
                "stamp": filed.root[0],
                "root_id": filed.root[1],
                "unit": unit,
                "case_code": case_code,
                "alert_code": alert_code,
                "server": filed.server,
                "form": filed.form,
                "instance_id": filed.instance_id,
                "form_version": filed.form_version,
                "versions": filed.versions,
                "first_received_at": instant(filed.received[0]),
                "received_at": instant(filed.received[1]),
            },
        )
        if filed.reading.extras:
            self.extend(tables.extra, _extras(filed))


def _extras(filed: Filed) -> Iterator[RowOf]:
    seen: set[str] = set()
    for extra in filed.reading.extras:
        if extra.level < 3 and isinstance(extra.value, str) and extra.path not in seen:
            seen.add(extra.path)
            yield {
                "filing_no": filed.number,
                "path": extra.path,
                "label": canonical({"en": extra.en, "fr": extra.fr}),
                "value": extra.value,
            }


class Case(msgspec.Struct, frozen=True):
    """What the parts of a case's derivation share.

    Attributes:
        code: code of the case; None for forms that have no case.
        rules: ratings and deadlines.
        out: where rows go.
        unit: what is built again together; empty where a form is looked at by itself.
        numbers: pseudonyms of everything numbered.
    """

    code: str | None
    rules: Ruleset
    out: Output
    unit: str = ""
    numbers: Numbers = {}

    def take(self, filed: Filed, made: Mapping[Table, Sequence[RowOf]]) -> None:
        """Add rows that a form makes by itself and keeps, each with the pseudonym that it has in the case.

        Where decisions are laid over some of the rows of a table, the case has its own.
        """
        for table, rows in made.items():
            if table.name in LETTERS:
                given = self.numbers[table.name]
                for row in rows:
                    row["pseudonym"] = given[filed.root, row["uid"]]
            self.out.rows[table] += [{**row} for row in rows] if table in _LAID_OVER else rows


_LAID_OVER: Final = frozenset({tables.evidence, tables.flag, tables.incident, tables.incident_link})
"""Tables over whose rows decisions are laid: what is laid over one, and not over each anew, may not stay with its form."""


LETTERS: Final = {"person": "V", "act": "A", "perpetrator": "P", "source": "S", "evidence": "E"}

Key = tuple[Root, str]
"""(submission, key of the record)."""

Numbers = dict[str, dict[Key, str]]
"""Entity -> key -> pseudonym."""

_Batch = tuple[datetime, Root, Mapping[str, Sequence[Record]]]


def numbers(filed: Sequence[Filed], made: Iterable[tuple[Filed, Record]]) -> Numbers:
    """Return the pseudonyms of everything numbered in a case.

    Args:
        filed: the submissions of the case.
        made: people that the register itself makes of a submission (a case of services only).
    """
    batches: list[_Batch] = [
        (received, one.root, one.records if reading is one.reading else by_entity(reading))
        for one in filed
        for received, reading in one.history
    ]
    batches += [(one.received[0], one.root, {record.entity: [record]}) for one, record in made]
    if len(batches) > 1:
        batches.sort(key=lambda batch: batch[:2])
    named = {entity for _received, _root, by in batches for entity in by}
    return {
        entity: _of_entity(entity, letter, batches) if entity in named else {}
        for entity, letter in LETTERS.items()
    }


def pieces(records: Sequence[Record], root: Root) -> Sequence[Record]:
    """Return the pieces of evidence among records: what the form of the desk says beside them, the case, is none."""
    return [one for one in records if one.key != root[1]]


def _of_entity(entity: str, letter: str, batches: list[_Batch]) -> dict[Key, str]:
    given: dict[Key, int] = {}
    taken: set[int] = set()
    for _, root, by in batches:
        if entity not in by:
            continue
        waiting = []
        found = pieces(by[entity], root) if entity == "evidence" else by[entity]
        for record in found if not given else [one for one in found if (root, one.key) not in given]:
            own = _own(record)
            if own is None or own in taken:
                waiting.append(record)
            else:
                given[root, record.key] = own
                taken.add(own)
        for record in waiting:
            given[root, record.key] = _next(taken)
    return {key: f"{letter}{number}" for key, number in given.items()}


def _own(record: Record) -> int | None:
    """Return the number that the form gave, None for none that can be used."""
    text = record.fields.get("number")
    return (
        int(text) if isinstance(text, str) and text.isdecimal() and 0 < len(text) < 5 and int(text) else None
    )


def _next(taken: set[int]) -> int:
    number = 1
    while number in taken:
        number += 1
    taken.add(number)
    return number
