"""The codes of the people that a workspace knows, so that a code mistyped is not taken for a new colleague. Holds no name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from sqlalchemy import select

from sync_scripts.errors import UnknownCode
from sync_scripts.store.database import Register
from sync_scripts.store.schema.register import alert, case, worker

__all__ = ["NobodyOfThatCode", "require_known"]


NobodyOfThatCode: Final = UnknownCode.declare(
    "DK-J22",
    "Nobody who works here has the code {worker}, so nothing was done under it. A new colleague is named first: dikalo "
    "people add {worker} --role ROLE.",
)


def require_known(register: Register, code: str, also: Iterable[str]) -> str:
    """Return a code as it is known here, whatever the case of its letters.

    Known is who was named and works here, who once had a case or an alert, and who is in ``also`` (owners of key slots,
    teams of the settings). A register in which nobody was ever named knows nobody, and refuses nobody.

    Raises:
        NobodyOfThatCode: nobody has it; names the nearest.
    """
    with register.reading() as rows:
        named = {
            str(row.code): bool(row.active) for row in rows.execute(select(worker.c.code, worker.c.active))
        }
        if not named:
            return code
        given = {
            str(row[0])
            for column in (case.c.owner_code, alert.c.assigned_to)
            for row in rows.execute(select(column).where(column.is_not(None)).distinct())
        }
    here = {one for one in (*also, *given, *named) if named.get(one, True)}
    known = {one.casefold(): one for one in sorted(here)}
    if code in here or code.casefold() in known:
        return code if code in here else known[code.casefold()]
    near = get_close_matches(code.casefold(), sorted(known), n=1)
    raise NobodyOfThatCode(worker=code, nearest=known[near[0]] if near else "")
