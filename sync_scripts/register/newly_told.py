"""Danger that an interview or an edit newly tells while work goes on, whatever the level was already. Pure.

A case can be critical for weeks, or rise without anybody having decided on its level; an alert can have been triaged, and the
person reached, before an edit says more. What is told anew then asks somebody to decide within a first contact of its level.
New is what nothing before it told, in the order in which this register read it: the same danger told again asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Final

import msgspec
from sqlalchemy import Table

from sync_scripts.register.alert_versions import tied
from sync_scripts.register.arrivals import ARRIVAL, Known
from sync_scripts.register.before_edits import documented_by
from sync_scripts.register.case_input import Alert, CaseInput
from sync_scripts.register.corrections import corrected, subject_of
from sync_scripts.register.late_no import told
from sync_scripts.register.lifecycle import AlertNow
from sync_scripts.register.output import Case, RowOf
from sync_scripts.register.rating import facts_of
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.set_aside import ratings
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import AlertTimes
from sync_scripts.register.told_late import Late, danger_task
from sync_scripts.register.triage import Reason, highest, triage
from sync_scripts.register.unseen import read, seen_of, unseen
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema.register import FILED

__all__ = ["Told", "alert_dangers", "danger_in", "dangers_of", "newly_told", "told_in"]

_TRIAGED: Final = "alert.triage"


class Told(msgspec.Struct, frozen=True):
    """What a version of a form tells: which form, when it came, its place in the order, and how the rules rate it."""

    form: str
    at: datetime
    arrival: int
    level: Urgency
    reasons: tuple[Reason, ...]
    looked_at: bool = False
    """Somebody had read it who brought it into the case: it is known, and nothing new."""


def newly_told(given: CaseInput, case: Case) -> list[Late]:
    """Return what danger the interviews of a case, and the edits of its alerts in it, told anew; each danger once.

    What came first is rated with the case and is nothing new; neither is what whoever tied an alert to the case had read.
    """
    found = told_in(given, case)
    return (
        list(dangers_of(sorted(found, key=attrgetter("arrival", "at", "form")), case.rules))
        if found[1:]
        else []
    )


def told_in(given: CaseInput, case: Case) -> list[Told]:
    """Return how each version of the alerts of a case is rated, and the case with each version of an interview.

    Nothing of an only interview: it is rated with the case.
    """
    return [*_of_alerts(given), *_of_interviews(given, case)]


def alert_dangers(
    times: AlertTimes, filed: Filed, now: AlertNow, events: Sequence[Event], rules: Ruleset, *, asked: bool
) -> Iterator[RowOf]:
    """Yield the task to decide on each danger that an edit of an alert newly tells after somebody triaged it.

    The first decision on the level that had read it ends it; giving the alert to somebody else is none.

    Args:
        times: of the alert.
        filed: its submission.
        now: where its events brought it.
        events: what was decided about it, in order.
        rules: what is danger, and how long a first contact may take.
        asked: a task asks already to look at the decided level again, which had not seen it.
    """
    if now.triaged_at is None or now.ended_at is not None or filed.versions == 1:
        return
    triages = [one for one in events if one.op == _TRIAGED]
    triaged = [Known(one.at, one.payload.get(ARRIVAL)) for one in triages]
    decided = [known for one, known in zip(triages, triaged, strict=True) if _decides(one)]
    told_by = [
        Told(filed.key, at, filed.arrival(at), one.level, one.reasons) for at, one in ratings(filed, events)
    ]
    for late in dangers_of(told_by, rules):
        if not triaged or not late.missed_by(triaged[0]):
            continue
        done_at = next((one.at for one in decided if not late.missed_by(one)), times.stopped_at)
        if done_at is None and asked:
            continue
        yield danger_task(
            (times.number, times.subject),
            msgspec.structs.replace(late, at=triaged[0].from_then(late.at)),
            rules,
            done_at=done_at,
            assigned_to=times.assigned_to,
        )


def _decides(triage_: Event) -> bool:
    """Tell whether a triage said a level, or is of an alert that was not triaged."""
    return "reasons" in triage_.payload or triage_.payload.get("was") != "triaged"


def dangers_of(found: Iterable[Told], rules: Ruleset) -> Iterator[Late]:
    """Yield what tells of a danger that nothing before it told; of what came first nothing."""
    known: dict[str, int] = {}
    reached: Urgency | None = None
    for one in found:
        if reached is not None and not one.looked_at and danger_in(one, known, reached, rules):
            yield Late(one.form, one.at, one.arrival, one.level, one.reasons)
        more = seen_of([one.reasons])
        known |= {name: max(points, known.get(name, points)) for name, points in more.items()}
        reached = highest([*([reached] if reached else []), one.level])


def danger_in(one: Told, known: Mapping[str, int], reached: Urgency, rules: Ruleset) -> bool:
    """Tell whether a rating is of a level that one person does not set aside, for something that was not told.

    That level was not reached before, or by itself what is told asks for such a level: more points alone are no other danger.
    """
    by_two = rules.override.dismiss.second_person_levels
    if one.level not in by_two:
        return False
    alone = max((level for level in rules.levels if level.code not in by_two), key=lambda level: level.rank)
    rises = rules.rank(one.level) > rules.rank(reached)
    grave = one.reasons if rises else tuple(reason for reason in one.reasons if reason.floor)
    return unseen(alone.code, known, grave, rules)


# --- what is told, in the order in which this register read it --------------------------------------------------------


def _of_alerts(given: CaseInput) -> Iterator[Told]:
    for alert in given.alerts:
        events = given.said.get(f"alert:{alert['stamp']}/{alert['alert_id']}", ())
        if not alert["urgency"]:
            continue
        known = tied(events)
        for at, order, level, reasons in _versions(alert, given, events):
            looked_at = known is None or not known.missed(instant(at), order)
            place = max(order, known.arrival or 0) if looked_at and known is not None else order
            since = at if looked_at or known is None else known.from_then(at)
            yield Told(f"{alert['stamp']}/{alert['alert_id']}", since, place, level, reasons, looked_at)


def _versions(
    alert: Alert, given: CaseInput, events: Sequence[Event]
) -> Iterator[tuple[datetime, int, Urgency, tuple[Reason, ...]]]:
    filed = given.edited.get(alert["filing_no"])
    if filed is None:
        yield moment(alert["received"]), alert["filing_no"], alert["urgency"], read(alert["reasons"])
        return
    for at, one in ratings(filed, events):
        yield at, filed.arrival(at), one.level, one.reasons


def _of_interviews(given: CaseInput, case: Case) -> Iterator[Told]:
    """Yield how the case is rated with each version of an interview, as by then and with what that one found last."""
    interviews = given.of("interview")
    if not given.alerts and sum(len(one.history) for one in interviews) == 1:
        return
    stand: dict[int, tuple[Filed, Mapping[Table, Sequence[RowOf]]]] = {}
    versions = [(one.arrival(at), at, one, reading) for one in interviews for at, reading in one.history]
    for order, at, one, reading in sorted(versions, key=lambda version: (*version[:2], version[2].number)):
        version = corrected(one.as_of(at, reading), given.said.get(subject_of(one), ()))
        stand[one.number] = (version, told(version, case))
        visits = [visit for visit in given.of("followup") if visit.received[1] <= at]
        documented = documented_by([stand[number] for number in sorted(stand)], visits)
        if not documented:
            continue
        mine = [row for row in documented.assessments if row[FILED] == one.number]
        verdict = triage(
            facts_of(replace(documented, assessments=mine or documented.assessments), case.rules)
        )
        yield Told(one.key, at, order, verdict.level, verdict.reasons)
