"""Write the statements of the first layout from the tables in the code, as long as nobody keeps data: ``nox -s layout``.

Once somebody does, the first layout is never written again: what changes is a further step in
``sync_scripts/store/migrations/versions/``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import create_mock_engine

sys.path.insert(
    0, str(Path(__file__).resolve().parent.parent)
)  # run as a script, it does not see the repository

from sync_scripts.store.migrations import versions
from sync_scripts.store.schema import metadata

STEPS = Path(versions.__file__).parent


def statements(dialect: str) -> Iterator[str]:
    """Yield what makes every table and index, in an order that no link between tables breaks; indexes of a table by name."""
    made: list[str] = []

    def note(statement: Any, *_more: Any, **_named: Any) -> None:
        made.append(str(statement.compile(dialect=engine.dialect)).strip())

    engine = create_mock_engine(f"{dialect}://", note)
    tables = [table for table in metadata.sorted_tables if table.info.get("only", dialect) == dialect]
    metadata.create_all(engine, tables=tables, checkfirst=False)
    for indexes, some in groupby(made, key=lambda one: " INDEX " in one.partition("\n")[0]):
        group = list(some)
        if indexes:
            group.sort()
        yield from (one.replace("\t", "    ").replace(" \n", "\n") for one in group)


def write() -> None:
    """Write both files."""
    for dialect in ("sqlite", "postgresql"):
        text = "".join(f"{one};\n\n" for one in statements(dialect))
        (STEPS / f"v0001_{dialect}.sql").write_text(text.rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
