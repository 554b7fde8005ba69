"""As of when somebody looked at a merged case last: with the merge, or with a decision in the case where the work goes on. Pure.

What was known by then, and at which level it was left, is kept with that decision. What comes under the old code afterwards is news,
for whoever is in charge of the kept case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sync_scripts.register.arrivals import ARRIVAL
from sync_scripts.register.lifecycle import CaseNow, case_now
from sync_scripts.store.events import Event

__all__ = ["BEHIND", "looked_at"]

BEHIND: Final = "merged"
"""Under what name a decision keeps what the rules said of the cases behind it: code -> ``rule`` and ``reasons``."""


def looked_at(now: CaseNow, code: str, kept: Sequence[Event]) -> CaseNow:
    """Return where a merged case stands as of the last look at it; any other case as it is.

    Args:
        now: where its own events brought it.
        code: its code.
        kept: what was decided about the case in which the work goes on, in order. A level that is only raised, as something
            more urgent was tied to that case, says nothing of this one.
    """
    if now.state != "merged":
        return now
    goes_on = case_now(kept)
    fields: dict[str, Any] = {"owner": goes_on.owner or now.owner}
    if now.left_seen is None:  # an earlier version kept the level alone, with the case that took it
        fields["left_seen"] = next((level for _at, one, level, _risk in goes_on.took if one == code), None)
    for event in kept:
        seen = event.payload.get(BEHIND, {}).get(code)
        if seen is not None and event.at > (now.left_at or ""):
            fields |= {
                "left_at": event.at,
                "left_arrival": event.payload.get(ARRIVAL),
                "left_seen": seen["rule"],
                "left_reasons": seen["reasons"],
            }
    return msgspec.structs.replace(now, **fields)
