"""Derived rows in the place of whatever some submissions had. Writes tables that are derived alone, in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

import msgspec
from sqlalchemy import Delete, Table, delete, text

from sync_scripts.register.case.submission_state import ALERT, Before, codes_of
from sync_scripts.register.forms.row_output import Output
from sync_scripts.register.model.roots import Root, chunks
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import FILED, TABLES

__all__ = ["Replacing"]

_OWN: Final = frozenset({"filing", "extra", "task", "flag", "correction", "intervention"})
"""Tables that every submission can have rows in."""
_DERIVED: Final = {"interview": frozenset({"person", "consent"})}
"""Tables that a form's entities bring with them."""


@cache
def _deletion(table: Table, dialect: str) -> Delete:
    """Return the deletion of what some submissions have in a table, however many: compiled once, as each case asks for dozens."""
    if dialect == "sqlite":
        return delete(table).where(table.c[FILED].in_(text("SELECT value FROM json_each(:numbers)")))
    return delete(table).where(
        table.c[FILED].in_(text("SELECT CAST(json_array_elements_text(CAST(:numbers AS json)) AS bigint)"))
    )


class Replacing:
    """Takes rows away and puts others there; ``kinds`` are the entities of each form, by its stamp.

    ``every`` says that a submission may have rows in any table: those that its form cannot feed are no more than left over.
    """

    def __init__(self, rows: Rows, kinds: Mapping[str, frozenset[str]], *, every: bool = False) -> None:
        self.rows = rows
        self.kinds = kinds
        self.every = every

    def replace(self, out: Output, before: Mapping[Root, Before]) -> None:
        """Put the derived rows in the place of whatever some submissions had."""
        numbers: dict[str, list[int]] = defaultdict(list)
        for (stamp, _), one in before.items():
            numbers[stamp].append(one.number)
        for stamp, theirs in numbers.items():
            self.clear(self._tables_of(stamp), theirs)
        for table, made in out.settled():
            self.rows.many(table, made)

    def clear(self, some_tables: Iterable[Table], numbers: Sequence[int]) -> None:
        """Delete the rows of some submissions, by their numbers."""
        if not numbers:
            return
        every = {"numbers": msgspec.json.encode(numbers).decode()}
        for table in some_tables:
            self.rows.execute(_deletion(table, self.rows.dialect), every)

    def clear_case_flags(self, numbers: Sequence[int]) -> None:
        """Delete the flags of a case that stand beside its alerts; those of the alerts themselves stay."""
        flag = tables.flag
        for some in chunks(numbers):
            theirs = flag.c.filing_no.in_(some) & flag.c.subject.not_like(f"{ALERT}%")
            self.rows.execute(delete(flag).where(theirs))

    def clear_cases(self, units: Iterable[str]) -> None:
        """Delete the rows of some cases, by their units."""
        for some in chunks(codes_of(units)):
            self.rows.execute(delete(tables.case).where(tables.case.c.case_code.in_(some)))

    def _tables_of(self, stamp: str) -> list[Table]:
        if self.every:
            return [table for table in TABLES if FILED in table.c]
        entities = self.kinds.get(stamp, frozenset())
        fed = _OWN.union(entities, *(_DERIVED.get(entity, frozenset()) for entity in entities))
        return [table for table in TABLES if table.name in fed and FILED in table.c]
