"""Tasks before a limit that medicine or law sets and that does not come back: care after sexual violence, an appeal. Pure.

A limit that had passed before the register first heard of it raises nothing. The clock of care ends; the need does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sync_scripts.register import clocks
from sync_scripts.register.clock_sides import act_times, earliest, violated
from sync_scripts.register.critical import first_heard
from sync_scripts.register.ruleset import Clinical, Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import task
from sync_scripts.store.canonical import instant

__all__ = ["appeal_tasks", "care_tasks"]

RowOf = Mapping[str, Any]
Tasks = Iterator[dict[str, Any]]

_HIDES: Final = ("unknown_day", "unknown_month")
_AFTER_APPEAL: Final = frozenset({"appeal", "cassation", "enforcement", "withdrawn"})


def care_tasks(
    filed: Sequence[Filed],
    incidents: Iterable[RowOf],
    acts: Iterable[RowOf],
    ended: Mapping[str, str],
    rules: Ruleset,
) -> Tasks:
    """Yield the reminders before each clinical limit of each act whose day is known.

    They end when the service that the limit is about is done, or was declined. What lies over the day or the violation as a
    correction moves none of them later and takes none away.

    Args:
        filed: the interviews of the case.
        incidents: its incidents.
        acts: its acts.
        ended: service -> when it was first done or declined.
        rules: the limits.
    """
    by_number = {one.number: one for one in filed}
    on = {row["incident_id"]: row for row in incidents}
    for act in (one for one in acts if one["incident_id"] in on):
        one, incident = by_number[act["filing_no"]], on[act["incident_id"]]
        times = act_times(incident, by_number[incident["filing_no"]].corrections, rules, hidden=_HIDES)
        done = violated(act, one.corrections)
        yield from earliest(
            made
            for at in times
            for name, limited in rules.clinical.items()
            if not done.isdisjoint(limited.applies_to)
            for made in _care(
                one,
                act,
                at + timedelta(hours=limited.limit_h),
                (name, limited),
                ended.get(limited.service),
            )
        )


def _care(
    filed: Filed, act: RowOf, limit: datetime, clock: tuple[str, Clinical], done_at: str | None
) -> Tasks:
    name, limited = clock
    if limit <= first_heard(filed, "act", act["uid"], ("violation",)):
        return
    for hours in sorted(limited.remind_before_h, reverse=True):
        yield task(
            filed.number,
            f"act:{act['uid']}",
            "clinical_limit",
            limit - timedelta(hours=hours),
            origin=f"clinical:{filed.key}:{name}:{hours}h",
            done_at=done_at,
        )


def appeal_tasks(
    filed: Sequence[Filed], events: Iterable[RowOf], case: str, owner: str | None, rules: Ruleset
) -> Tasks:
    """Yield the reminders before the last day of each appeal.

    They end with the next step that says that it was made, given up, or is too late.
    """
    by_number = {one.number: one for one in filed}
    steps = sorted(
        ((by_number[row["filing_no"]], row) for row in events), key=lambda step: (step[0].at, step[0].root)
    )
    for number, (one, row) in enumerate(steps):
        if row["appeal_until"] is None:
            continue
        last = date.fromisoformat(row["appeal_until"])
        if clocks.end_of_day(last, rules) <= first_heard(one, "legal_event", one.root[1], ("decided_on",)):
            continue
        following = (later.at for later, said in steps[number + 1 :] if said["step"] in _AFTER_APPEAL)
        done_at = next(following, None)
        for days in sorted(rules.appeal["appeal"].remind_before_d, reverse=True):
            yield task(
                one.number,
                f"case:{case}",
                "appeal_limit",
                clocks.end_of_day(last - timedelta(days=days), rules),
                origin=f"appeal:{one.key}:{days}d",
                done_at=instant(done_at) if done_at else None,
                assigned_to=owner,
            )
