"""Whether anything may still be done with an alert: asked before somebody is called for it, or a case opened from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sync_scripts.register.leaving import Asked, alert_may_leave
from sync_scripts.register.refusals import AlertWithdrawn, ConsentRefused

__all__ = ["require_handled"]


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
