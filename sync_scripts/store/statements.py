"""Statements compiled once for the dialect in use, rows laid out for them, and rules by which many ask. Runs none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, Final, TypeAlias, cast
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import (
    ColumnElement,
    Engine,
    Executable,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    not_,
    select,
)
from sqlalchemy import (
    cast as as_type,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.functions import FunctionElement

from sync_scripts.store.schema.raw import place, submission

Row: TypeAlias = Mapping[str, Any]
"""Column names to values."""

MANY: Final = 100
"""From so many rows on it pays to look which columns of them are empty altogether."""


def filled(names: tuple[str, ...], rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns of an insert in which anything stands: to bind nothing costs more than to bind a text."""
    empty = [name for name in names if rows[0][name] is None]
    if len(empty) < 2:
        return names
    told = zip(*set(map(itemgetter(*empty), rows)), strict=True)
    left = {name for name, said in zip(empty, told, strict=True) if said.count(None) == len(said)}
    return tuple(name for name in names if name not in left) or names


def whole_rows(table: Table, rows: Sequence[Row]) -> Sequence[tuple[Any, ...]]:
    """Return rows as tuples of every column of their table; what they do not name is empty."""
    names = [column.name for column in table.columns]
    if rows and len(rows[0]) == len(names) > 1:
        return list(map(itemgetter(*names), rows))
    return [tuple(map(row.get, names)) for row in rows]


def removal(table: Table, rows: Collection[tuple[Any, ...]]) -> tuple[Executable, Sequence[Row]]:
    """Return what deletes rows, given with every column, by their primary key."""
    places = [(place, column.name) for place, column in enumerate(table.columns) if column.primary_key]
    return _by_key(table), [{name: row[place] for place, name in places} for row in rows]


@cache
def _by_key(table: Table) -> Executable:
    return delete(table).where(*(column == bindparam(column.name) for column in table.primary_key))


_Arrange: TypeAlias = Callable[[Sequence[Row]], Sequence[Any]]


class Compiled:
    """Statements compiled for one dialect, by statement and column names."""

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect
        self._known: WeakKeyDictionary[Any, dict[tuple[str, ...], tuple[str, _Arrange]]] = WeakKeyDictionary()
        self._upserts: dict[tuple[str, tuple[str, ...]], Executable] = {}

    def get(self, statement: Table | Executable, names: tuple[str, ...]) -> tuple[str, _Arrange]:
        """Return the text of a statement for rows of some columns, and what lays rows out for it."""
        texts = self._known.setdefault(statement, {})
        if names not in texts:
            texts[names] = self._compile(statement, names)
        return texts[names]

    def _compile(self, statement: Table | Executable, names: tuple[str, ...]) -> tuple[str, _Arrange]:
        whole = insert(statement) if isinstance(statement, Table) else statement
        made: Any = cast("ClauseElement", whole).compile(dialect=self._dialect, column_keys=list(names))
        fixed = {name: value for name, value in made.params.items() if name not in names}
        order = made.positiontup
        if order is None:
            return made.string, lambda rows: [{**fixed, **row} for row in rows] if fixed else list(rows)
        if fixed or len(order) == 1:
            return made.string, lambda rows: [tuple({**fixed, **row}[name] for name in order) for row in rows]
        pick = itemgetter(*order)
        return made.string, lambda rows: list(map(pick, rows))

    def _insert(self) -> Callable[[Table], Any]:
        """Return the insert of the database in use: the other one is not even loaded, which a list would wait for."""
        if self._dialect.name == "sqlite":
            from sqlalchemy.dialects.sqlite import insert as of_sqlite

            return of_sqlite
        from sqlalchemy.dialects.postgresql import insert as of_postgresql

        return of_postgresql

    def upsert(self, table: Table, names: tuple[str, ...]) -> Executable:
        """Return the insert that takes the place of a row with the same key."""
        key = (table.name, names)
        if key not in self._upserts:
            made: Any = self._insert()(table)
            keys = [column.name for column in table.primary_key]
            rest = {name: made.excluded[name] for name in names if name not in keys}
            self._upserts[key] = (
                made.on_conflict_do_update(index_elements=keys, set_=rest)
                if rest
                else made.on_conflict_do_nothing()
            )
        return self._upserts[key]


# --- rules ------------------------------------------------------------------------------------------------------------


class _Listed(FunctionElement[Any]):
    """The values of a JSON list as rows."""

    name = "listed"
    inherit_cache = True


@compiles(_Listed, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **given: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **given)})"


@compiles(_Listed, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **given: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **given)} AS json))"


_LISTED: Final = "listed"


@lru_cache(maxsize=256)
def among(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the rule that a column has one of the values that are handed over as `values_of`, once in a statement.

    However many there are, it is one text, which SQLAlchemy and the database take apart once: a list of its own for each
    question costs ten times as much.
    """
    value = _Listed(bindparam(_LISTED)).table_valued("value").c.value
    return column.in_(select(as_type(value, column.type) if isinstance(column.type, Integer) else value))


@lru_cache(maxsize=256)
def asked_among(query: Select[Any], column: ColumnElement[Any]) -> Select[Any]:
    """Return a query with that rule; the same one for the same query, so that it is put together once."""
    return query.where(among(column))


def values_of(values: Iterable[Any]) -> Row:
    """Return the values of `among` as parameters."""
    return {_LISTED: msgspec.json.encode(list(values)).decode()}


PUT_ASIDE: Final = place.c.problem.is_not(None) & (place.c.state == "quarantined")
"""What a place showed could not be read: it is put aside, and stays so until it can be."""
NEVER_READ: Final = PUT_ASIDE | (place.c.names.is_not(None) & (place.c.state == "erased"))
"""It was put aside and is there still; or nobody read it, put aside or encrypted, before it was erased. What was read names nothing any more."""
LOCKED: Final = place.c.waits.is_not(None) & (place.c.state == "waiting")
"""What a place showed came encrypted, and nobody opened it by now."""
UNANSWERED: Final = "unanswered"
"""Reason of a place of which nothing can come any more, and a person has not said yet what became of it."""
_CAME: Final = exists().where(submission.c.server == place.c.server, submission.c.root_id == place.c.root_id)
OPEN: Final = and_(
    place.c.reason == UNANSWERED, place.c.form.is_not(None), not_(and_(place.c.state == "gone", _CAME))
)
"""Nobody read what a place showed, and nothing of it can come any more: deleted before it was pulled, or said anew of what was erased here.

It may tell of danger until a person says what became of it; what was restored and came answers for itself.
"""
OWES: Final = place.c.reason.in_(("refused", "not_asked")) & place.c.form.is_not(None)
"""A source showed it and did not hand it over, or was not asked for it yet."""
LATER: Final = "later:"
"""Before the instance id of the version with which alone a server shows a file that had not come with this one before."""


def came_with(file: Any, held: Any) -> ColumnElement[bool]:
    """Return the rule that a row of files is of a row of submissions.

    Args:
        file: columns of the table of files, or of an alias of it.
        held: columns of the table of submissions, or of an alias of it.
    """
    return and_(
        held.server == file.server,
        held.form == file.form,
        held.root_id == file.root_id,
        held.instance_id == file.instance_id,
    )
