"""The people of the organisation: a code, its roles, whether it works here, and who may say so.

Whoever coordinates says it, by a passphrase of their own, once somebody was named for it; before that whoever is there names the
first. Somebody always coordinates afterwards: a register in which nobody does would let everybody name themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sync_scripts.errors import Declined, NotAllowed
from sync_scripts.register.decisions.authority import key_of
from sync_scripts.register.decisions.base import By
from sync_scripts.register.history.visibility import COORDINATES, coordinates, coordinators
from sync_scripts.register.lifecycle.guards import GUARDED_ROLES
from sync_scripts.register.model.codes import same_worker, worker_rows, write_workers
from sync_scripts.register.model.errors import OwnHandMissing
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store import events as store_events
from sync_scripts.store import logins

OPENING: Final = GUARDED_ROLES | {"deputy_coordinator"}
"""Roles that open something: those which guards let pass, and the one that sees closely kept cases in a workbook."""


CoordinatorNeeded: Final = NotAllowed.declare(
    "DK-B06",
    "Who coordinates here, deputises or supervises, and who no longer works here, is said by whoever coordinates "
    "({coordinators}), signed in with a passphrase of their own: you are not, or the code was only typed. Nothing was changed "
    "for {worker}. Ask one of them to run this, without --as.",
)
LastCoordinator: Final = Declined.declare(
    "DK-B07",
    "{worker} is the only one who coordinates here. Nothing was changed. Name another one first: dikalo people add CODE --role "
    "coordinator.",
)
KeyOfAnother: Final = NotAllowed.declare(
    "DK-B08",
    "{giver} set the passphrase of {signer}, so it proves only {giver}. Nothing was changed for "
    "{worker}. {signer} changes it in a run of their own, alone at the keyboard (dikalo keys passphrase), and then does this again.",
)
AccountOfOthers: Final = NotAllowed.declare(
    "DK-B09",
    "{others} wrote through the account of the database that you use now ({account}): for the database you are that person. "
    "Nothing was changed for {worker}. The administrator gives each person an account of their own (dikalo guide keys has the "
    "SQL); put yours into url under [register] in your dikalo.toml, and do this again.",
)


def require_coordinator(
    by: By, worker: str, had: Iterable[str], gets: Iterable[str], *, comes_or_goes: bool
) -> None:
    """Let a person say who a worker is, when that opens or closes something, ends their work or takes them back.

    Args:
        by: who says it.
        worker: code of the worker.
        had: the roles until now; none of one who did not work here.
        gets: the roles from now on; none of one who no longer works here.
        comes_or_goes: no longer works here, or works here again.

    Raises:
        CoordinatorNeeded, KeyOfAnother, AccountOfOthers, LastCoordinator: as they say.
        OwnHandMissing: nobody coordinates yet, and the code of whoever says it is only typed.
    """
    before, after = frozenset(had), frozenset(gets)
    if not comes_or_goes and not (before ^ after) & OPENING:
        return
    here = coordinators(by.rows)
    if not here:
        if by.actor.proof != "key":
            raise OwnHandMissing(what=worker)
        return
    if not coordinates(by.rows, by.actor):
        raise CoordinatorNeeded(worker=worker, coordinators=", ".join(here))
    _require_hand_alone(by, worker)
    if COORDINATES in before - after and all(same_worker(one, worker) for one in here):
        raise LastCoordinator(worker=worker)


def _require_hand_alone(by: By, worker: str) -> None:
    """Refuse where somebody else knows the passphrase of who signs, or has the account of the database."""
    given = key_of(by.rows, by.actor.code)
    if given.by is not None and not given.own:
        raise KeyOfAnother(worker=worker, signer=by.actor.code, giver=given.by)
    mine = by.rows.account
    if mine is None:
        return
    others = [one for one in logins.writers(by.rows).get(mine, ()) if not same_worker(one, by.actor.code)]
    if others:
        raise AccountOfOthers(worker=worker, others=", ".join(sorted(others)), account=mine)


def name_worker(by: By, code: str, roles: str, *, active: bool = True) -> None:
    """Name a worker by code, with roles of the list ``worker_role`` set apart by blanks; again to change them.

    ``active`` false says that the worker no longer works here.

    Raises:
        CodeUnsuitable: it cannot be a worker's code.
        CoordinatorNeeded, KeyOfAnother, AccountOfOthers, LastCoordinator, OwnHandMissing: as `require_coordinator` says.
    """
    subject = f"worker:{worker_code(code)}"
    was = _was(by, subject)
    here = was is not None and was["active"]
    require_coordinator(
        by,
        worker_code(code),
        was["roles"].split() if was is not None and here else (),
        roles.split() if active else (),
        comes_or_goes=not active or (was is not None and not here),
    )
    by.write(by.event("worker.add", subject, {"was": was, "roles": roles, "active": active}))
    write_workers(by.rows)


def _was(by: By, subject: str) -> dict[str, Any] | None:
    """Return the roles that a worker had, and whether they worked here; None of one whom nobody named."""
    last = [*store_events.read(by.rows, subjects=[subject], ops=["worker.add"])][-1:]
    known = worker_rows(last)
    return {"roles": known[0]["roles"], "active": known[0]["active"]} if known else None
