"""What waits for a second person, read from the events. Proposes and decides nothing: that is `decisions.proposals`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.history import events as store_events
from sync_scripts.store.history.events import Event

__all__ = ["ALLOW", "MAKE", "SIGN", "WITHDRAW", "Proposal", "proposal_of", "proposals", "waiting_for"]

MAKE: Final = "proposal.make"
SIGN: Final = "proposal.sign"
WITHDRAW: Final = "proposal.withdraw"
ALLOW: Final = "opening.allow"
"""The second person agrees that what is sealed of a C4 case be opened."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What waits for a second person.

    Attributes:
        id: short name, said on the telephone.
        decision: op of the event that the second person's signature writes.
        subject: the unit that it changes.
        what: code of the alert or case.
        said: what was typed, as the decision needs it.
        seen: what the first person saw: if that has changed, nothing is signed.
        first: who proposed it.
        at: when.
        account: through which account of a database server; None where that is not known.
    """

    id: str
    decision: str
    subject: str
    what: str
    said: Mapping[str, Any]
    seen: Mapping[str, Any]
    first: Actor
    at: str
    account: str | None = None


def proposal_of(event: Event) -> Proposal:
    """Return what one person proposed in an event."""
    said = event.payload
    return Proposal(
        id=event.hash[:6].upper(),
        decision=said["decision"],
        subject=event.subject,
        what=said["what"],
        said=said["said"],
        seen=said["seen"],
        first=event.actor,
        at=event.at,
        account=event.account,
    )


def proposals(rows: Rows) -> list[Proposal]:
    """Return what waits for a second person, the oldest first."""
    waiting: dict[str, Proposal] = {}
    for event in store_events.read(rows, ops=[MAKE, SIGN, WITHDRAW]):
        if event.op == MAKE:
            one = proposal_of(event)
            waiting[one.id] = one
        else:
            waiting.pop(event.payload["proposal"], None)
    return list(waiting.values())


def waiting_for(rows: Rows, code: str) -> list[str]:
    """Return the ids of what waits for a second person about an alert or case, the oldest first."""
    return [one.id for one in proposals(rows) if one.what == code]
