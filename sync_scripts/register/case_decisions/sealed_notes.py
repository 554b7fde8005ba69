"""A note that identifies somebody: sealed with its case, so that it opens, and is erased, with what is sealed there."""

from __future__ import annotations

import secrets
from typing import Final

from sync_scripts.errors import Declined
from sync_scripts.register.consents.handled import require_going_on
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on
from sync_scripts.register.history.openable_scopes import scopes_of
from sync_scripts.store.database import Register
from sync_scripts.store.seal.sealed_rows import keep

__all__ = ["NowhereToSeal", "seal_note"]


NowhereToSeal: Final = Declined.declare(
    "DK-W32",
    "No form has come for the case {case} yet, so a note cannot be sealed with it. Nothing was changed. Write the note "
    "so that it names nobody.",
)


def seal_note(by: By, register: Register, case: str, text: str) -> None:
    """Seal a note with its case. Only that there is one is kept in the open, and who wrote it.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, NowhereToSeal: as they say.
        AlreadyErased, CaseStopped: nothing further is written of a case that stopped.
    """
    found = case_of(by.rows, case)
    require_worked_on(by.rows, found)
    code = found["case_code"]
    require_going_on(by.rows, code, by.now)
    scope = next(iter(scopes_of(by.rows, code)), None)
    if scope is None:
        raise NowhereToSeal(case=code)
    name = f"note:{secrets.token_hex(8)}"
    with register.sealer() as sealer:
        part = {"entity": "case", "fields": {"work_note": text}, "v": 1}
        sealer.seal_part(part, scope, "row", name, name)
        keep(by.rows, sealer, by.now, by.actor)
    by.write(by.event("case.sealed_note", f"case:{code}", {"note": name}))
