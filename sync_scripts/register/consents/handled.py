"""Whether anything may still be done with an alert, or in a case: asked before a call, an opening, a further alert."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sync_scripts.register.consents.recorded import NOBODY, of_cases
from sync_scripts.register.leaving import Asked, alert_may_leave
from sync_scripts.register.refusals import AlertWithdrawn, CaseStopped, ConsentRefused
from sync_scripts.store.database import Rows

__all__ = ["goes_on", "require_going_on", "require_handled"]


def require_handled(found: Mapping[str, Any], on: date) -> None:
    """Let an alert pass that is handled, from its row as `alert_of` gives it; dismissing it asks nothing here.

    Raises:
        ConsentRefused, AlertWithdrawn: the person said no, or took the yes back.
    """
    state = found["consent_state"]
    if alert_may_leave(Asked("list"), state, on).allowed:
        return
    if state == "refused":
        raise ConsentRefused(alert=found["code"])
    raise AlertWithdrawn(alert=found["code"])


def require_going_on(rows: Rows, case: str, at: datetime) -> None:
    """Let a case pass, by its code, in which somebody goes on, or nobody was asked yet.

    Only to such a one is an alert tied, and only into such a one a case merged.

    Raises:
        CaseStopped: everybody in it withdrew or refused.
    """
    if not goes_on(rows, case, at):
        raise CaseStopped(case=case)


def goes_on(rows: Rows, case: str, at: datetime) -> bool:
    """Tell whether somebody in a case goes on, or nobody was asked yet."""
    return not of_cases(rows, [case]).get(case, NOBODY).stopped(at)
