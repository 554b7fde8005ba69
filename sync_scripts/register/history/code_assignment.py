"""New codes for new alerts and cases: drawn, compared with those that are given, and drawn again where one is taken.

Codes are short enough to be said on the phone, so among tens of thousands two alike are to be expected.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.model.codes import DrawCode, Kind, Root, chunks
from sync_scripts.store.database import PROGRAM, Rows
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema import register as tables

__all__ = ["new_codes", "opening"]

_DRAWS: Final = 20
"""How often a code is drawn again when it is taken."""


def new_codes(rows: Rows, draw: DrawCode, kind: Kind, roots: Iterable[Root]) -> dict[Root, str]:
    """Return a code for each of some submissions: none twice, and none that an alert or a case has already.

    Raises:
        ValueError: what draws gave only codes that are taken.
    """
    found: dict[str, Root] = {}
    waiting = list(roots)
    for _ in range(_DRAWS):
        drawn = [(draw(kind, root[1]), root) for root in waiting]
        taken = _taken(rows, kind, [code for code, _ in drawn])
        waiting = []
        for code, root in drawn:
            if code in taken or code in found:
                waiting.append(root)
            else:
                found[code] = root
        if not waiting:
            return {root: code for code, root in found.items()}
    message = "every code that was drawn is taken"
    raise ValueError(message)


def _taken(rows: Rows, kind: Kind, drawn: Iterable[str]) -> set[str]:
    column = tables.alert.c.code if kind == "AL" else tables.case.c.case_code
    return {
        code
        for some in chunks(drawn)
        for code in rows.execute(select(column).where(column.in_(some))).scalars()
    }


def opening(filed: Filed, case_code: str) -> list[NewEvent]:
    """Return the events, by rule, by which an interview without a case opens one."""
    opened = {"interview": filed.key, "owner_code": None}
    return [
        NewEvent("case.code", f"interview:{filed.key}", PROGRAM, {"case_code": case_code}),
        NewEvent("case.open", f"case:{case_code}", PROGRAM, opened),
    ]
