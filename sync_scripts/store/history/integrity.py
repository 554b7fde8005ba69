"""Whether the database is still what was written: asked of the database itself, page by page. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import text

from sync_scripts.store.database import Rows
from sync_scripts.store.errors import RegisterDamaged

_CHECKS: Final = (
    ("PRAGMA cipher_integrity_check", ()),
    ("PRAGMA integrity_check(20)", ("ok",)),
    ("PRAGMA foreign_key_check", ()),
)


def faults(rows: Rows) -> Iterator[str]:
    """Yield the name of each check that fails, with how many faults it found; never a value.

    PostgreSQL checks its pages and keys itself, so there only the answer to a question is asked for.
    """
    if rows.dialect != "sqlite":
        rows.execute(text("SELECT 1"))
        return
    for check, sound in _CHECKS:
        name = check.removeprefix("PRAGMA ").partition("(")[0]
        try:
            found = [row for row in rows.execute(text(check)) if tuple(row) != sound]
        except RegisterDamaged:
            yield name
            return
        if found:
            yield f"{name}: {len(found)}"
