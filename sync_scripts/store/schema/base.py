"""The ground that every table stands on: one MetaData, the column types, and who owns a column.

Instants are text (``2026-11-25T08:00:00.000000Z``), dates are ISO text, JSON is canonical text: the same bytes on
SQLCipher and on PostgreSQL, sorted the same way. No table and no column is ever made from a form.
"""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    event,
)

Owner = Literal["collected", "derived", "decided", "system"]

metadata: MetaData = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

WORDS = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by its bytes on both databases."""
NUMBER = Integer()
LONG = BigInteger().with_variant(Integer(), "sqlite")
YES_NO = Boolean()
BYTES = LargeBinary()


def column(
    name: str, kind: Any, *rules: Any, owner: Owner = "system", level: Literal[0, 1, 2] = 0, **more: Any
) -> Column[Any]:
    """Return a column that says who owns it and how sensitive it is (0 public, 1 internal, 2 restricted).

    A column is required unless ``nullable=True`` is given. Level 3 has no column anywhere: it is sealed.
    """
    more.setdefault("nullable", False)
    return Column(name, kind, *rules, info={"owner": owner, "level": level}, **more)


def partial(name: str, *columns: Any, where: Any, postgresql: Any = None, unique: bool = False) -> Index:
    """Return an index of the rows that fulfil a condition; ``postgresql`` says it there, where it is said otherwise.

    What PostgreSQL is told waits until tables are made there: an index that names a database loads all of its dialect, which
    a list on a laptop has no use for.
    """
    made = Index(name, *columns, unique=unique, sqlite_where=where)
    made.info["postgresql_where"] = where if postgresql is None else postgresql
    return made


@event.listens_for(metadata, "before_create")
def _tell_postgresql(_metadata: MetaData, connection: Connection, **_more: Any) -> None:
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.tables.values():
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.info.get("postgresql_where")
