"""Derived rows in the place of whatever some submissions had. Writes tables that are derived alone, in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, Select, Table, exists, literal, select, union_all

from sync_scripts.register.case.case_input import Before
from sync_scripts.register.forms.row_output import Output, RowOf
from sync_scripts.register.model.codes import ALERT, Root
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import FILED, TABLES
from sync_scripts.store.statements import among, values_of

_OWN: Final = frozenset({"filing", "extra", "task", "flag", "correction", "intervention"})
"""Tables that every submission can have rows in."""
_DERIVED: Final = {"interview": frozenset({"person", "consent"})}
"""Tables that a form's entities bring with them."""
_FILED: Final = [table for table in TABLES if FILED in table.c]
_HOLDS_A_ROW: Final = union_all(
    *(select(literal(table.name)).where(exists(select(1).select_from(table).limit(1))) for table in TABLES)
)


def filled(rows: Rows) -> frozenset[str]:
    """Return the names of the tables that hold a row; one question instead of one for each of them."""
    return frozenset(rows.execute(_HOLDS_A_ROW).scalars())


@cache
def _standing(column: Column[Any]) -> Select[Any]:
    """Return the question for the rows of a table that have one of some values there."""
    return select(column.table).where(among(column))


class Replacing:
    """Puts rows where others stand, and writes only what differs; ``kinds`` are the entities of each form, by its stamp.

    ``every`` says that a submission may have rows in any table: those that its form cannot feed are no more than left over. Then
    ``changed`` holds what is not as it was, by table.
    """

    def __init__(self, rows: Rows, kinds: Mapping[str, frozenset[str]], *, every: bool = False) -> None:
        self.rows = rows
        self.kinds = kinds
        self.every = every
        self.changed: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
        self._filled: set[str] | None = None

    def replace(
        self,
        out: Output,
        before: Mapping[Root, Before],
        cases: Sequence[str] = (),
        beside: Sequence[int] = (),
    ) -> None:
        """Put the derived rows in the place of whatever some submissions had.

        Args:
            out: the derived rows.
            before: these submissions, as far as they had any.
            cases: codes of cases whose own rows are replaced.
            beside: the numbers of alerts beside which rows of these cases can stand; those of the alerts themselves stay.
        """
        stood: dict[Table, set[tuple[Any, ...]]] = defaultdict(set)
        for table, numbers in self._numbers(before).items():
            stood[table] = self._of(table, numbers)
        if cases:
            stood[tables.case] |= self.rows.tuples(_standing(tables.case.c.case_code), values_of(cases))
        if beside:
            for table in (tables.task, tables.intervention):
                stood[table] |= self._of(table, beside)
            its_own = [column.name for column in tables.flag.columns].index("subject")
            flags = self._of(tables.flag, beside)
            stood[tables.flag] |= {row for row in flags if not row[its_own].startswith(ALERT)}
        made = dict(out.settled())
        for table in TABLES:
            if table in stood or table in made:
                self._put(table, stood.get(table, set()), made.get(table, []))

    def _put(self, table: Table, stood: set[tuple[Any, ...]], made: Sequence[RowOf]) -> None:
        if made and self._filled is not None:
            self._filled.add(table.name)
        if stood or self.every:
            self.changed[table.name] ^= self.rows.replace(table, stood, made)
        else:
            self.rows.many(table, made)

    def _of(self, table: Table, numbers: Sequence[int]) -> set[tuple[Any, ...]]:
        if self._filled is None:
            self._filled = set(filled(self.rows))
        if table.name not in self._filled:
            return set()
        return self.rows.tuples(_standing(table.c[FILED]), values_of(numbers))

    def _numbers(self, before: Mapping[Root, Before]) -> Mapping[Table, list[int]]:
        """Return under which numbers rows of some submissions can stand, by table."""
        by_stamp: dict[str, list[int]] = defaultdict(list)
        for (stamp, _), one in before.items():
            by_stamp[stamp].append(one.number)
        found: dict[Table, list[int]] = defaultdict(list)
        for stamp, numbers in by_stamp.items():
            for table in _FILED if self.every else _fed_by(self.kinds.get(stamp, frozenset())):
                found[table] += numbers
        return found


@cache
def _fed_by(entities: frozenset[str]) -> Sequence[Table]:
    """Return the tables in which a form that can feed some entities can have rows."""
    fed = _OWN.union(entities, *(_DERIVED.get(entity, frozenset()) for entity in entities))
    return [table for table in _FILED if table.name in fed]
