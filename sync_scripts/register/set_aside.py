"""An alert that was set aside (dismissed, a duplicate, referred out) and then tells of danger on an edited form. Pure.

Nothing is reopened by rule: only a person takes a dismissal back. But a danger that nobody had seen when the alert was set aside
reaches a person within a first contact of its level, as that of a new alert does; until somebody decides it stands on the page
of the day. What was known, and what one person may dismiss alone, is a remark and asks nobody to come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from sync_scripts.register import clocks
from sync_scripts.register.corrections import CORRECT, RESTORE, corrected
from sync_scripts.register.edited_no import verdict_of
from sync_scripts.register.lifecycle import AlertNow
from sync_scripts.register.risen_now import BETWEEN, SET_ASIDE
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed, by_entity
from sync_scripts.register.tasks import AlertTimes, task
from sync_scripts.register.triage import Verdict, highest
from sync_scripts.register.unseen import unseen
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["ratings", "set_aside_tasks"]


def ratings(filed: Filed, events: Sequence[Event]) -> Iterator[tuple[datetime, Verdict]]:
    """Yield how the rules rate each version of an alert, with the corrections that some events lay over it, and when it came."""
    for at, reading in filed.history:
        one = msgspec.structs.replace(filed, reading=reading, records=by_entity(reading), corrections=())
        yield at, verdict_of(corrected(one, events).one("alert"))


def set_aside_tasks(
    times: AlertTimes, filed: Filed, now: AlertNow, events: Sequence[Event], rules: Ruleset
) -> Iterator[dict[str, Any]]:
    """Yield the task to decide again on an alert that was set aside before danger came; taking that back ends it.

    Any version that came since counts, also one that a later one takes back: nobody has looked at it.

    Args:
        times: of the alert; once the person withdrew or refused nobody comes back.
        filed: its submission.
        now: where its events brought it.
        events: what was decided about it, in order.
        rules: which levels one person does not dismiss, and how long a first contact may take.
    """
    if now.ended_at is None or (filed.versions == 1 and not filed.corrections):
        return
    found = [(at, one) for at, one in ratings(filed, events) if _is_new(at, one, now, filed, rules)]
    level = highest([one.level for _at, one in found])
    if level is None:
        return
    last = moment(_corrected_at(events, now.ended_at) or now.ended_at)
    since = min(at if at > filed.received[0] else last for at, _one in found)
    due_at = clocks.due(level, since, rules).contact
    yield task(
        times.number,
        times.subject,
        SET_ASIDE,
        due_at,
        origin=BETWEEN.join((SET_ASIDE, level, now.state, now.ended_at)),
        escalated_at=clocks.escalation(level, since, due_at, rules),
        done_at=times.stopped_at,
        assigned_to=times.assigned_to,
    )


def _is_new(at: datetime, one: Verdict, now: AlertNow, filed: Filed, rules: Ruleset) -> bool:
    """Tell whether a version is more urgent than all that was known when the alert was set aside, or so for another reason."""
    by_two = rules.override.dismiss.second_person_levels
    if one.level not in by_two:
        return False
    if now.ended_seen is None:  # an earlier version did not say what was known: what had come by then
        return instant(at) > (now.ended_at or "") and rules.rank(one.level) > _known(now, filed, rules)
    alone = max((level for level in rules.levels if level.code not in by_two), key=lambda level: level.rank)
    higher = rules.rank(one.level) > rules.rank(now.ended_seen)
    return higher or unseen(alone.code, now.ended_reasons, one.reasons, rules)


def _known(now: AlertNow, filed: Filed, rules: Ruleset) -> int:
    came = (one for at, one in ratings(filed, ()) if instant(at) <= (now.ended_at or ""))
    return max((rules.rank(one.level) for one in came), default=-1)


def _corrected_at(events: Sequence[Event], since: str) -> str | None:
    """Return when the first correction was made since an instant: with it the first version can have become another one."""
    return next((one.at for one in events if one.op in {CORRECT, RESTORE} and one.at > since), None)
