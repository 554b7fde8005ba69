"""The rows that a derivation yields, table by table, before anything is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Table

from sync_scripts.register.forms.pseudonyms import Numbers
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.schema import register as tables

__all__ = ["Case", "Output", "RowOf"]

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
        unit: what is built again together.
        numbers: pseudonyms of everything numbered.
        rules: ratings and deadlines.
        out: where rows go.
    """

    code: str | None
    unit: str
    numbers: Numbers
    rules: Ruleset
    out: Output
