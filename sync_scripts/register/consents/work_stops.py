"""Since when nothing may be done any more with an alert, or in a case: the people withdrew, or refused. Pure.

Whether work has to stop is for `disclosure.sharing` to say. Here is only since when: what is due ends at that instant, and never at
one that follows from today.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sync_scripts.register.case.case_input import Alert, CaseInput
from sync_scripts.register.consents.history import WORK, History, stopped_since
from sync_scripts.register.disclosure.sharing import Agreed, gave_up, stopped
from sync_scripts.register.history.corrections import standing
from sync_scripts.register.lifecycle.states import alert_now
from sync_scripts.store.canonical import moment
from sync_scripts.store.events import Event

__all__ = ["alert_ended_at", "case_stopped_at"]


def alert_ended_at(
    alert_id: str, state: str | None, events: Sequence[Event], read_at: str | None = None
) -> str | None:
    """Return since when the person of an alert wants nothing done with it; None while it is handled.

    Args:
        alert_id: of the alert.
        state: what it says of consent by now.
        events: what was decided about it, in order.
        read_at: when the version that is read arrived: a refusal that nobody wrote down came with it.
    """
    if state == "withdrawn":
        return alert_now(events).withdrawn_at
    if state != "refused":
        return None
    said = standing(events).get(("alert", alert_id, "consent_state"))
    return said.at if said is not None and said.payload["value"] == "refused" else read_at


def case_stopped_at(people: Collection[Agreed], given: CaseInput, history: History) -> str | None:
    """Return since when everybody in a case has withdrawn or refused; None while the work on it goes on.

    Alerts say it only as long as nobody in the case was asked anything.

    Args:
        people: what each person agrees to by now; most cases are not looked at any further.
        given: what the case is made of.
        history: what people agreed to before.
    """
    if not any(one.consents for one in people):
        return _by_alerts(given.alerts, given.said)
    asked = [one for one in people if any(row.purpose in WORK for row in one.consents)]
    if not asked or not all(gave_up(one) for one in asked):
        return None
    steps = history.steps
    return stopped_since(steps) if stopped(people, moment(steps[-1].at)) else None


def _by_alerts(alerts: Iterable[Alert], said: Mapping[str, Sequence[Event]]) -> str | None:
    ends = [
        alert_ended_at(
            one["alert_id"],
            one["consent_state"],
            said.get(f"alert:{one['stamp']}/{one['alert_id']}", ()),
            one["read_at"],
        )
        for one in alerts
    ]
    known = [at for at in ends if at is not None]
    return max(known) if known and len(known) == len(ends) else None
