"""Tasks of the critical matters of a case: custody, court hearings, sources in danger. Pure; never asks what day it is.

Each is raised by an answer and ended by another one. A limit that had passed before the register first heard of it
raises nothing: there is nothing left to do before it. What is due keeps the time of its clock, also when that time
was over on arrival; then it is due at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sync_scripts.register import clocks
from sync_scripts.register.clock_sides import earliest, sides
from sync_scripts.register.records import Record
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import task
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.schema import register as tables

__all__ = ["custody_tasks", "first_heard", "hearing_tasks", "source_tasks"]

RowOf = Mapping[str, Any]
Tasks = Iterator[dict[str, Any]]

_AS_CRITICAL: Final = "critical"
"""The level whose clock a source in danger has."""
_ANY_COURT: Final = (None, "unknown")


def custody_tasks(
    filed: Sequence[Filed], detentions: Iterable[RowOf], owner: str | None, rules: Ruleset
) -> Tasks:
    """Yield the reminders before each limit of each custody of which the time of arrest is known.

    They end when the person was brought before the prosecutor or set free. What lies over the time of arrest or the legal
    basis as a correction moves none of them later.
    """
    by_number = {one.number: one for one in filed}
    for row in detentions:
        one = by_number[row["filing_no"]]
        read = sides(row, tables.detention, row["act_uid"], one.corrections)
        known = [side for side in read if side["arrested_at"] is not None]
        yield from earliest(made for side in known for made in _custody(one, side, owner, rules))


def _custody(filed: Filed, row: RowOf, owner: str | None, rules: Ruleset) -> Tasks:
    arrested = moment(row["arrested_at"])
    basis = row["legal_basis"] if row["legal_basis"] in rules.custody else None
    act = row["act_uid"]
    known = first_heard(filed, "detention", act, ("arrested_at",))
    done_at = _stopped(filed, row, rules)
    for limit, due_at in clocks.custody(arrested, basis, rules).reminders():
        if limit > known:
            origin = f"custody:{filed.key}:{_hours(limit - arrested)}h-{_hours(limit - due_at)}h"
            yield task(
                filed.number,
                f"detention:{act}",
                "custody_limit",
                due_at,
                origin=origin,
                done_at=done_at,
                assigned_to=owner,
            )


def _hours(span: timedelta) -> int:
    return int(span / timedelta(hours=1))


def _stopped(filed: Filed, row: RowOf, rules: Ruleset) -> str | None:
    """Return when a custody ended: in the course of the day that the form says, as far as that was over."""
    names = [name for name in ("prosecutor_seen_on", "released_on") if row[name] is not None]
    if not names:
        return None
    told = first_heard(filed, "detention", row["act_uid"], names)
    ended = min(clocks.end_of_day(date.fromisoformat(row[name]), rules) for name in names)
    return instant(min(ended, told))


def hearing_tasks(
    filed: Sequence[Filed], events: Iterable[RowOf], case: str, owner: str | None, rules: Ruleset
) -> Tasks:
    """Yield the reminders before each hearing.

    They end with the next step that is reported before the same court: what happened there, or another date. A court
    that nobody named can be any. Of a date that was corrected to a later one, both are recalled.
    """
    by_number = {one.number: one for one in filed}
    steps = sorted(
        ((by_number[row["filing_no"]], row) for row in events), key=lambda step: (step[0].at, step[0].root)
    )
    for number, (one, row) in enumerate(steps):
        known = first_heard(one, "legal_event", one.root[1], ("hearing_at",))
        ahead = _hearings(one, row, known)
        following = (later.at for later, said in steps[number + 1 :] if _same_court(row, said))
        done_at = next(following, None) if ahead else None
        for nth, hearing in enumerate(ahead):
            for days, due_at in clocks.hearing_reminders(hearing, rules):
                yield task(
                    one.number,
                    f"case:{case}",
                    "hearing",
                    due_at,
                    origin=f"hearing:{one.key}:{days}d{':corrected' if nth else ''}",
                    done_at=instant(done_at) if done_at else None,
                    assigned_to=owner,
                )


def _hearings(filed: Filed, row: RowOf, known: datetime) -> list[datetime]:
    """Return when a hearing is, as far as it was ahead when it was told: as collected, and as corrected.

    What was collected gives way to an earlier day that was ahead, too; to nothing else.
    """
    read = sides(row, tables.legal_event, filed.root[1], filed.corrections)
    ahead = sorted({side["hearing_at"] for side in read if side["hearing_at"]})
    ahead = [one for one in ahead if moment(one) > known]
    last = row["hearing_at"] if row["hearing_at"] in ahead else max(ahead, default="")
    return [moment(one) for one in ahead if one <= last]


def _same_court(one: RowOf, other: RowOf) -> bool:
    courts = one["court"], other["court"]
    return courts[0] == courts[1] or any(court in _ANY_COURT for court in courts)


def source_tasks(filed: Sequence[Filed], visits: Sequence[Filed], owner: str | None, rules: Ruleset) -> Tasks:
    """Yield a task for each source that is in danger, with the clock of a critical alert's first action.

    It ends with the first follow-up on security, or when the form is corrected so that the source is in no danger.
    "Does not know" ends nothing.
    """
    for one in filed:
        for uid, (known, over) in _in_danger(one).items():
            due_at = clocks.due(_AS_CRITICAL, known, rules).action
            done = [over] if over else []
            done += [visit.at for visit in visits if visit.received[0] >= known and _on_security(visit)]
            yield task(
                one.number,
                f"source:{uid}",
                "source_risk",
                due_at,
                origin=f"source:{one.key}",
                escalated_at=clocks.escalation(_AS_CRITICAL, known, due_at, rules),
                done_at=instant(min(done)) if done else None,
                assigned_to=owner,
            )


def _on_security(visit: Filed) -> bool:
    record = visit.one("followup")
    return record is not None and record.fields.get("fu_type") == "security"


def _in_danger(filed: Filed) -> dict[str, tuple[datetime, datetime | None]]:
    """Return the sources of a form that were ever in danger: since when that is known, and when it was taken back."""
    found: dict[str, tuple[datetime, datetime | None]] = {}
    for at, records in _versions(filed, "source"):
        said = {record.key: record.fields.get("at_risk") for record in records}
        for uid, (known, over) in found.items():
            if over is None and said.get(uid, "no") == "no":
                found[uid] = (known, at)
        for uid, answer in said.items():
            if answer == "yes" and (uid not in found or found[uid][1] is not None):
                found[uid] = (at, None)
    return found


# --- versions -----------------------------------------------------------------------------------------------------


def _versions(filed: Filed, entity: str) -> Iterator[tuple[datetime, list[Record]]]:
    """Yield the records of an entity in each version of a form, the oldest first."""
    for at, reading in filed.history:
        yield at, [record for record in reading.records if record.entity == entity]


def first_heard(filed: Filed, entity: str, key: str, fields: Sequence[str]) -> datetime:
    """Return when the register first heard one of some answers of a record; at the latest with the version read."""
    for at, records in _versions(filed, entity):
        if any(record.key == key and not record.fields.keys().isdisjoint(fields) for record in records):
            return at
    return filed.received[1]
