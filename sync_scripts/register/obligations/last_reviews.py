"""What somebody had read of a case in which nobody works any more: when it was left, and with each decision since. Pure.

Of a merged case these are the decisions on the level of the case in which the work went on by then. What comes under the old
code afterwards is news, for whoever is in charge of the case in which the work goes on by now.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.merges import GoesOn
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.register.lifecycle.states import CaseNow, case_now

__all__ = ["CARRIED", "in_charge", "looked_at"]

CARRIED: Final = "carried"
"""In the payload of a decision on a level: it is only raised, as something more urgent was tied to the case, and nobody looked."""


def looked_at(now: CaseNow, goes_on: GoesOn) -> list[Known]:
    """Return what was read whenever somebody looked at a case that was left, in order; nothing of one that is worked on.

    Args:
        now: where its own events brought it.
        goes_on: of a merged one where the work goes on, and by way of which cases.
    """
    if now.left_at is None or now.state not in CASE_LEFT:
        return []
    return [now.known, *_in_kept(now.left_at, now.merged_into, goes_on)]


def _in_kept(left_at: str, into: str | None, goes_on: GoesOn) -> Iterator[Known]:
    """Yield the decisions on the level of the case that had taken it by then, directly or by way of another."""
    for event in sorted([*goes_on.passed, *goes_on.kept], key=lambda one: (one.at, one.workspace, one.seq)):
        if event.subject != f"case:{into}" or event.at <= left_at:
            continue
        if event.op == "case.urgency" and CARRIED not in event.payload:
            yield Known.of(event)
        elif event.op == "case.move":
            into = event.payload.get("into") or into


def in_charge(now: CaseNow, goes_on: GoesOn) -> str | None:
    """Return who is in charge of a case, of a merged one of that in which the work goes on."""
    return case_now(goes_on.kept).owner or now.owner
