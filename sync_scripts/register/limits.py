"""Tasks before a limit that medicine sets and that does not come back: care after sexual violence. Pure.

A limit that had passed before the register first heard of it raises nothing. The clock of care ends; the need does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sync_scripts.register.clock_sides import act_times, earliest, violated
from sync_scripts.register.heard import first_heard
from sync_scripts.register.ruleset import Clinical, Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import task
from sync_scripts.store.canonical import instant

__all__ = ["Ends", "care_tasks", "suffered_by"]

RowOf = Mapping[str, Any]
Tasks = Iterator[dict[str, Any]]
ActOf = tuple[int, str]
"""Number of a form and uid of an act in it."""
Ends = Mapping[tuple[str, str], Sequence[str]]
"""(uid of a person, service) -> when it was done for her, or she declined it, the earliest first."""

_HIDES: Final = ("unknown_day", "unknown_month")


def care_tasks(
    filed: Sequence[Filed],
    incidents: Iterable[RowOf],
    acts: Iterable[RowOf],
    rules: Ruleset,
    *,
    suffered: Mapping[ActOf, Collection[str]],
    ended: Ends,
) -> Tasks:
    """Yield the reminders before each clinical limit of each act whose day is known.

    They end once the service that the limit is about was given to everybody who suffered the act, or was declined by her, and
    after the act: care of before was for something else. What lies over the day or the violation as a correction moves none
    of them later and takes none away.

    Args:
        filed: the interviews of the case.
        incidents: its incidents.
        acts: its acts.
        rules: the limits.
        suffered: who suffered each act; nobody's service ends the clock of an act of which that is not known.
        ended: when services ended, by person.
    """
    by_number = {one.number: one for one in filed}
    on = {row["incident_id"]: row for row in incidents}
    for act in (one for one in acts if one["incident_id"] in on):
        one, incident = by_number[act["filing_no"]], on[act["incident_id"]]
        times = act_times(incident, by_number[incident["filing_no"]], rules, hidden=_HIDES)
        done, victims = violated(act, one.corrections), suffered.get((act["filing_no"], act["uid"]), ())
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
                _served(limited.service, victims, instant(max(times)), ended),
            )
        )


def suffered_by(
    acts: Iterable[RowOf], suffered: Iterable[RowOf], people: Iterable[RowOf]
) -> dict[ActOf, set[str]]:
    """Return who suffered each act; everybody of whom its form tells, where the form names nobody that is there."""
    named, told = defaultdict[ActOf, set[str]](set), defaultdict[int, set[str]](set)
    for row in suffered:
        named[row["filing_no"], row["act_uid"]].add(row["person_uid"])
    for row in people:
        told[row["filing_no"]].add(row["uid"])
    of_acts = ((row["filing_no"], row["uid"]) for row in acts)
    return {act: named.get(act) or told[act[0]] for act in of_acts}


def _served(service: str, victims: Collection[str], since: str, ended: Ends) -> str | None:
    """Return when the last of the victims had a service, each counted from an instant; None while one waits, or is unknown."""
    ends = [
        next((at for at in ended.get((uid, service), ()) if at >= since), None) for uid in sorted(victims)
    ]
    return max(one for one in ends if one is not None) if ends and None not in ends else None


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
