"""One custody: from when its clock counts, which of its ends can be, what of it a person should look at, its reminders. Pure.

A day on which somebody is said to be free, or before the prosecutor, ends a custody only if it can be: not before the
arrest, and not after the day on which it was told. What is to come has not happened yet. An arrest that lies after the
form which tells of it counts from that form. What is not believed is a flag, and the clock runs on. Where nobody gave the hour
of the arrest it is taken as the earliest that the form can mean, and what is counted from it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sync_scripts.register.case.medical_limits import HIDES, last_meant
from sync_scripts.register.case.tasks import Matter, Occasion, earliest
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.arrivals import first_told, said_at
from sync_scripts.register.history.corrections import act_times, every_side
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.schema import register as tables

END_NOT_BELIEVED: Final = "custody_end_impossible"
AHEAD: Final = "date_ahead"
ENDS: Final = ("prosecutor_seen_on", "released_on")
ASSUMED: Final = "assumed "
"""Stands in the variant of reminders of a custody that are counted from an hour that nobody gave."""


def started(filed: Filed, row: Mapping[str, Any]) -> datetime:
    """Return from when the clock of a custody counts: the arrest, at the latest when somebody first told of it.

    Also where that one gave no hour yet: whoever is said to be held was arrested by then, whatever a later edit says.
    """
    told = min(first_told(filed, "detention", row["act_uid"]), _told(filed, row, "arrested_at"))
    return min(moment(row["arrested_at"]), told)


class Began(NamedTuple):
    """From when a custody counts, by each reading of it; since when the register knows; whether nobody gave the hour."""

    at: list[tuple[datetime, Mapping[str, Any]]]
    heard: datetime
    assumed: bool


def began(
    filed: Filed, row: Mapping[str, Any], incidents: Iterable[Mapping[str, Any]], rules: Ruleset
) -> Began:
    """Return from when a custody counts: as it is corrected, and as every version of its form told it.

    Args:
        filed: the form that tells of it.
        row: of the custody.
        incidents: facts, those of other forms among them.
        rules: the zone and the limits.
    """
    read = every_side(row, tables.detention, row["act_uid"], filed)
    known = [side for side in read if side["arrested_at"] is not None]
    heard = first_told(filed, "detention", row["act_uid"])
    if known:
        return Began([(started(filed, side), side) for side in known], heard, assumed=False)
    mine = [fact for fact in incidents if fact["filing_no"] == row["filing_no"]]
    at = assumed_start(filed, mine, heard, rules)
    return Began([(at, side) for side in read if at is not None], heard, assumed=True)


def assumed_start(
    filed: Filed, incidents: Iterable[Mapping[str, Any]], told: datetime, rules: Ruleset
) -> datetime | None:
    """Return from when a custody counts of which nobody gave the hour of the arrest: a clock is never later than the law.

    The beginning of the day of the facts, the earliest of those told; without one, when somebody first told of the custody.
    None where the facts were over, on any reading, before the last limit of any basis.

    Args:
        filed: the form that tells of it.
        incidents: its facts.
        told: when it first told of the custody.
        rules: the zone and the limits.
    """
    at: list[datetime] = []
    longest = timedelta(hours=max(hours for one in rules.custody.values() for hours in one.limits_h))
    for row in incidents:
        times = act_times(row, filed, rules, hidden=HIDES)
        at += [clocks.act_time(clocks.local_day(one, rules), None, rules) for one in times]
        last = None if times else last_meant(row, filed, rules)
        if last is not None and last + longest <= told:
            return None
    return min(at, default=told)


def ended(filed: Filed, row: Mapping[str, Any], rules: Ruleset) -> str | None:
    """Return when a custody ended: in the course of the first day that can be its end, as far as that was over when told."""
    ends = [
        min(clocks.end_of_day(date.fromisoformat(row[name]), rules), _told(filed, row, name))
        for name in ENDS
        if row[name] is not None and _can_be(filed, row, name, rules)
    ]
    return instant(min(ends)) if ends else None


def doubts(filed: Filed, row: Mapping[str, Any], rules: Ruleset) -> Iterator[tuple[str, str, datetime]]:
    """Yield what of a custody is not believed: code of the flag, the answer, and when it was told."""
    for name in ENDS:
        if row[name] is not None and not _can_be(filed, row, name, rules):
            yield END_NOT_BELIEVED, name, _told(filed, row, name)
    if row["arrested_at"] is not None and started(filed, row) < moment(row["arrested_at"]):
        yield AHEAD, "arrested_at", started(filed, row)


def believed(detentions: Iterable[RowOf], flags: Iterable[RowOf]) -> list[RowOf]:
    """Return detentions as the clock sees them, by the flags that stand beside them: for whoever has no forms at hand."""
    said = {(one["subject"], one["code"], one["detail"]): one["raised_at"] for one in flags}
    found = []
    for row in detentions:
        subject = f"detention:{row['act_uid']}"
        ends = {name: None for name in ENDS if (subject, END_NOT_BELIEVED, name) in said}
        told = said.get((subject, AHEAD, "arrested_at"))
        began = {"arrested_at": min(told, row["arrested_at"])} if told and row["arrested_at"] else {}
        found.append({**row, **ends, **began})
    return found


def _can_be(filed: Filed, row: Mapping[str, Any], name: str, rules: Ruleset) -> bool:
    on = date.fromisoformat(row[name])
    known = row["arrested_at"] is None or clocks.local_day(moment(row["arrested_at"]), rules) <= on
    return known and on <= clocks.local_day(_filled(filed, _told(filed, row, name)), rules)


def _filled(filed: Filed, told: datetime) -> datetime:
    """Return when a form said something: of a first version when its phone ended it, if that clock can be right."""
    ended_ = filed.ended
    if told != filed.received[0] or ended_ is None:
        return told
    return ended_ if timedelta() <= told - ended_ <= clocks.CLOCK_WRONG else told


def _told(filed: Filed, row: Mapping[str, Any], name: str) -> datetime:
    return said_at(filed, tables.detention, row["act_uid"], name, row[name])


def custody_limits(
    filed: Sequence[Filed], detentions: Iterable[RowOf], incidents: Sequence[RowOf], rules: Ruleset
) -> Iterator[Occasion]:
    """Yield the reminders before each limit of each custody.

    They end when the person was brought before the prosecutor or set free, on a day that can be that day. What lies over
    the time of arrest or the legal basis as a correction, or a version that is sent again, moves none of them later. Where
    none tells the time of arrest, it is taken as the earliest that the form can mean, and the reminders say so.
    """
    by_number = {one.number: one for one in filed}
    for row in detentions:
        one = by_number[row["filing_no"]]
        since, done_at = began(one, row, incidents, rules), ended(one, row, rules)
        yield from earliest(
            made for at, side in since.at for made in _reminders(one, since, at, side, done_at, rules)
        )


def _reminders(  # noqa: PLR0917 - one reading of one custody
    filed: Filed,
    since: Began,
    arrested: datetime,
    row: Mapping[str, Any],
    done_at: str | None,
    rules: Ruleset,
) -> Iterator[Occasion]:
    basis = row["legal_basis"] if row["legal_basis"] in rules.custody else None
    mark = ASSUMED if since.assumed else ""
    for limit, due_at in clocks.custody(arrested, basis, rules).reminders():
        if limit > since.heard:
            name = f"{mark}{_hours(limit - arrested)}h"
            yield Occasion(
                due_at,
                of=Matter(about=filed.key, variant=name, before_h=_hours(limit - due_at)),
                done_at=done_at,
                number=filed.number,
                subject=f"detention:{row['act_uid']}",
            )


def _hours(span: timedelta) -> int:
    return int(span / timedelta(hours=1))
