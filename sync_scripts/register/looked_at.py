"""As of when somebody looked at a merged case last: with the merge, or with a decision in a case where the work went on. Pure.

What was known by then, and at which level it was left, is kept with that decision. What comes under the old code afterwards is news,
for whoever is in charge of the case in which the work goes on by now.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sync_scripts.register.arrivals import Known
from sync_scripts.register.lifecycle import CaseNow, case_now
from sync_scripts.register.merged import GoesOn

__all__ = ["BEHIND", "looked_at"]

BEHIND: Final = "merged"
"""Under what name a decision keeps what the rules said of the cases behind it: code -> ``rule``."""


def looked_at(now: CaseNow, code: str, goes_on: GoesOn) -> CaseNow:
    """Return where a merged case stands as of the last look at it; any other case as it is.

    Args:
        now: where its own events brought it.
        code: its code.
        goes_on: where the work goes on, and by way of which cases: what was answered there stays answered. A level that is
            only raised, as something more urgent was tied to one of these, says nothing of this one.
    """
    if now.state != "merged":
        return now
    every = sorted([*goes_on.passed, *goes_on.kept], key=lambda one: (one.at, one.workspace, one.seq))
    fields: dict[str, Any] = {"owner": case_now(goes_on.kept).owner or now.owner}
    for event in every:
        seen = event.payload.get(BEHIND, {}).get(code)
        if seen is not None and event.at > (now.left_at or ""):
            fields |= {"left_at": event.at, "left_known": Known.of(event)}
    return msgspec.structs.replace(now, **fields)
