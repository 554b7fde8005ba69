"""How a table of the register is written: as one line of names an owner and level.

``name``, ``name:kind``, ``name!`` when it is never empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from sync_scripts.store.schema.base import LONG, NUMBER, WORDS, YES_NO, Owner, column, metadata, partial

Level = Literal[0, 1, 2]
Names = Mapping[Level, str]

_KINDS: Final = {
    "text": WORDS,
    "date": WORDS,
    "instant": WORDS,
    "json": WORDS,
    "number": LONG,
    "yes_no": YES_NO,
}
"""How a value is kept: dates as ISO days, instants in UTC with six decimals, JSON as canonical text."""


def _columns(owner: Owner, names: Names, key: tuple[str, ...]) -> Iterator[Column[Any]]:
    for level, line in names.items():
        for word in line.split():
            name, _, kind = word.rstrip("!").partition(":")
            empty = not word.endswith("!") and name not in key
            made = column(name, _KINDS[kind or "text"], owner=owner, level=level, nullable=empty)
            made.info["kind"] = kind or "text"
            yield made


_NONE: Names = {}


FILED: Final = "filing_no"
"""Number of the submission that a row comes from."""


def register_table(
    name: str,
    key: str = FILED,
    *,
    collected: Names = _NONE,
    derived: Names = _NONE,
    decided: Names = _NONE,
    system: Names = _NONE,
    unique: str = "",
    index: str = "",
) -> Table:
    """Return a table; ``key`` names the primary key, ``unique`` further unique columns, ``index`` those looked up by.

    An index leaves out what is empty.
    """
    words = tuple(key.split())
    owners: dict[Owner, Names] = {
        "system": system,
        "collected": collected,
        "derived": derived,
        "decided": decided,
    }
    filed = [column(FILED, NUMBER, autoincrement=False)] if FILED in words else []
    columns = [*filed, *(one for owner, names in owners.items() for one in _columns(owner, names, words))]
    for one in filed:
        one.info["kind"] = "number"
    return Table(
        name,
        metadata,
        *columns,
        PrimaryKeyConstraint(*words),
        *([UniqueConstraint(*unique.split())] if unique else []),
        *(_index(name, one) for one in columns if one.name in index.split()),
        info={"register": True},
        sqlite_with_rowid=len(words) == 1,
    )


def _index(name: str, one: Column[Any]) -> Index:
    return partial(f"ix_{name}_{one.name}", one, where=one.is_not(None))
