"""Two people are two people: what one person proposes, a second one signs in a run of their own. Both are events.

A proposal changes nothing. Whoever signs it decides: what is proposed is checked again as things are then, and written
with both codes. Only a key of one's own counts, for the first person and for the second. A closure that waits stands beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.register.decisions.authority import require_apart
from sync_scripts.register.decisions.base import By
from sync_scripts.register.history.visibility import (
    MAKE,
    SIGN,
    WITHDRAW,
    Proposal,
    proposal_of,
    proposals,
)
from sync_scripts.register.lifecycle.errors import ReasonMissing, SecondPersonSame
from sync_scripts.register.lifecycle.replay import case_now
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import known_workers, same_worker
from sync_scripts.register.model.errors import (
    OwnKeyMissing,
    ProposalStale,
    ProposalUnknown,
    ProposalWaits,
    WorkerRetired,
    WorkerUnknown,
)
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = [
    "SIGNERS",
    "Proposal",
    "Signed",
    "Signer",
    "check_still",
    "closure_waits",
    "closures",
    "proposals",
    "propose",
    "require_second",
    "sign",
    "withdraw",
]


@dataclass(frozen=True, slots=True)
class Signed:
    """What two people decided: op, the alert or case, and both codes."""

    decision: str
    what: str
    first: str
    second: str


Signer = Callable[[By, Proposal], None]
"""Checks a proposal as things are now and writes the decision; raises a refusal otherwise."""

SIGNERS: Final[dict[str, Signer]] = {}
"""Op of a decision that two people take -> who writes it. Each matter adds its own when its module is loaded."""

_MATTERS: Final = (
    "sync_scripts.register.alert_decisions.alerts",
    "sync_scripts.register.alert_decisions.alert_moves",
    "sync_scripts.register.consent_decisions.overriding",
    "sync_scripts.register.case_decisions.cases",
    "sync_scripts.register.case_decisions.openings",
    "sync_scripts.register.case_decisions.work",
)
"""Modules that add to `SIGNERS`."""


def propose(
    by: By,
    decision: str,
    about: tuple[str, str],
    *,
    said: Mapping[str, Any],
    seen: Mapping[str, Any],
) -> Proposal:
    """Write down what the first person wants; it changes nothing.

    Args:
        by: the first person.
        decision: op of the event that a signature writes.
        about: the unit that it changes, and the code of the alert or case.
        said: what was typed, its reason among it.
        seen: what the first person saw.

    Raises:
        OwnKeyMissing: the code was only typed.
        ReasonMissing: there is no reason.
        ProposalWaits: it was proposed already.
    """
    subject, what = about
    if by.actor.proof != "key":
        raise OwnKeyMissing(what=what)
    if not str(said.get("reason") or "").strip():
        raise ReasonMissing(alert=what)
    for one in proposals(by.rows):
        if (one.subject, one.decision) == (subject, decision):
            raise ProposalWaits(what=what, proposal=one.id, first=one.first.code)
    payload = {"decision": decision, "what": what, "said": dict(said), "seen": dict(seen)}
    (event,) = by.write(by.event(MAKE, subject, payload))
    return proposal_of(event)


def find(rows: Rows, text: str) -> Proposal:
    """Return the proposal of an id, or the oldest one about the alert or case of a code.

    Raises:
        ProposalUnknown: nothing waits under it.
    """
    wanted = "".join(text.split()).replace("-", "").upper()
    for one in proposals(rows):
        if wanted in {one.id, one.what.replace("-", "")}:
            return one
    raise ProposalUnknown(what=text.strip())


def require_second(
    by: By, what: str, first: str, since: str | None = None, *, account: str | None = None
) -> None:
    """Let a second person pass: somebody else than the first, proved by a key of their own, who works here.

    Args:
        by: the second person.
        what: code of what two people decide.
        first: code of the first person.
        since: when the first one proposed it, as text.
        account: through which account of the database; on a database server an unknown one is refused.

    Raises:
        OwnKeyMissing, SecondPersonSame, WorkerUnknown, WorkerRetired, AccountUnknown, AccountShared, KeyFromFirst,
            FirstKeyFromSecond: as they say.
    """
    if by.actor.proof != "key":
        raise OwnKeyMissing(what=what)
    if same_worker(by.actor.code, first):
        raise SecondPersonSame(what=what)
    known = known_workers(by.rows)
    if known and by.actor.code not in known:
        raise WorkerUnknown(worker=by.actor.code, nearest="")
    if not known.get(by.actor.code, True):
        raise WorkerRetired(worker=by.actor.code)
    require_apart(by, what, first, since=since, account=account)


def check_still(proposal: Proposal, now: Mapping[str, Any]) -> None:
    """Let a proposal pass if what the first person saw is still so.

    Raises:
        ProposalStale: it is not.
    """
    if any(now.get(name) != value for name, value in proposal.seen.items()):
        raise ProposalStale(what=proposal.what, proposal=proposal.id)


def sign(by: By, text: str) -> Signed:
    """Decide, as the second person, what another one proposed: with what that one had seen, and nothing that came since.

    Raises:
        ProposalUnknown, ProposalStale: as they say; and what `require_second` and the decision itself raise.
    """
    found = find(by.rows, text)
    require_second(by, found.what, found.first.code, found.at, account=found.account)
    _signer(found.decision)(replace(by, held=found.known), found)
    by.write(by.event(SIGN, found.subject, {"proposal": found.id, "first": found.first.code}))
    return Signed(found.decision, found.what, found.first.code, by.actor.code)


def _signer(decision: str) -> Signer:
    """Return who writes a decision; the matters that have one are loaded when they are first asked for."""
    if decision not in SIGNERS:
        for module in _MATTERS:
            import_module(module)
    return SIGNERS[decision]


def withdraw(by: By, text: str, reason: str = "") -> Proposal:
    """Take a proposal back, whoever made it; the reason is kept.

    Raises:
        ProposalUnknown: nothing waits under that name.
    """
    found = find(by.rows, text)
    by.write(by.event(WITHDRAW, found.subject, {"proposal": found.id, "reason": reason.strip()}))
    return found


def closure_waits(rows: Rows, text: str) -> bool:
    """Tell whether a code is that of a case whose closure waits."""
    code = codes.read(text, "DK")
    case = tables.case
    state = rows.execute(select(case.c.state).where(case.c.case_code == code)).scalar() if code else None
    return state == "closure_pending"


def closures(rows: Rows) -> list[Mapping[str, Any]]:
    """Return the closures that wait, the oldest first: code, reason, who asked and how, by which request."""
    case = tables.case
    waiting = rows.execute(select(case.c.case_code).where(case.c.state == "closure_pending")).scalars().all()
    found = []
    for code in waiting:
        now = case_now(store_events.read(rows, subjects=[f"case:{code}"]))
        found.append(
            {
                "code": code,
                "reason": now.closure_reason,
                "by": now.asked_by,
                "proof": now.asked_proof,
                "at": now.asked_at,
                "account": now.asked_account,
                "request": now.asked_request,
            }
        )
    return sorted(found, key=lambda one: (one["at"] or "", one["code"]))
