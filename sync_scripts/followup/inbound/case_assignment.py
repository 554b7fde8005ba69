"""Whom somebody may put in charge by handing in a workbook: line 16 of the table. Reads, and writes nothing.

Who typed into a workbook cannot be told, so the scope is that of who imports it: the coordination gives work to anybody
who works here; everybody else takes it over, or gives it back to the coordination.
"""

from __future__ import annotations

from sync_scripts.followup.outbound.gather import SEES_C3
from sync_scripts.register.history.visibility import coordinates
from sync_scripts.register.model.workers import active_workers, same_worker
from sync_scripts.store.database import Actor, Rows

__all__ = ["may_put_in_charge"]


def may_put_in_charge(rows: Rows, actor: Actor, here: frozenset[str]) -> frozenset[str]:
    """Return the codes that an importer may put in charge.

    Until somebody is named to coordinate for the first time, whoever proves to be anybody counts as it; a code that is only
    claimed never does.

    Args:
        rows: of the register.
        actor: who imports.
        here: the codes of everybody who works here.
    """
    coordination = {code for code, roles in active_workers(rows).items() if SEES_C3 & set(roles.split())}
    mine = {code for code in here if same_worker(code, actor.code)}
    open_to_all = not coordination and coordinates(rows, actor)
    if actor.proof == "key" and (open_to_all or mine & coordination):
        return here
    return frozenset(mine | coordination)
