"""Danger that an edit of an earlier interview newly tells, once a later interview says otherwise. Pure.

Triage reads the last assessment of a case. An edit on a phone changes an earlier one, and what it says anew came after the last:
that she thinks of taking her life, that who did it is near. It counts beside what the later interview says and takes nothing
from it: the higher level stands, and a person decides. Whether it takes anything away again, no edit says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from sync_scripts.register import clocks, rating
from sync_scripts.register.arrivals import ARRIVAL, Known
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import corrected, subject_of
from sync_scripts.register.late_no import told
from sync_scripts.register.lifecycle import CaseNow
from sync_scripts.register.output import Case, RowOf
from sync_scripts.register.risen_now import TOLD_LATE
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.submissions import Filed, by_entity
from sync_scripts.register.tasks import Matter, task
from sync_scripts.register.triage import Reason, triage
from sync_scripts.register.unseen import Seen, seen_of, unseen
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import FILED

__all__ = ["Late", "danger_task", "further_at", "not_read", "told_late", "told_late_tasks"]

_DECIDED: Final = "case.urgency"


class Late(msgspec.Struct, frozen=True):
    """What an interview or an edit tells anew: which form, when it came and in which order, and how the rules rate it."""

    form: str
    at: datetime
    arrival: int
    level: Urgency
    reasons: tuple[Reason, ...]

    def missed_by(self, known: Known) -> bool:
        """Tell whether whoever decided had not read it."""
        return known.missed(instant(self.at), self.arrival)


def told_late(given: CaseInput, documented: rating.Documented, case: Case) -> list[Late]:
    """Return which edits of interviews newly tell of danger after a later interview was assessed; each danger once.

    Rated is the case as it is documented by now, with the edited assessment in the place of the last one. New is what neither an
    earlier version of that interview nor the case says by now, and what by itself asks for a level that one person does not
    set aside. A later edit that takes it back takes nothing from it; a correction does, for it lies over every version.

    Args:
        given: what the case is made of.
        documented: the rows that triage reads.
        case: where they belong, with the rules.
    """
    assessed = {row[FILED] for row in documented.assessments}
    interviews = [one for one in given.of("interview") if one.number in assessed]
    return [
        late
        for one in interviews[:-1]
        if one.versions > 1
        for late in _of(
            one, [other for other in interviews if other.number > one.number], given, documented, case
        )
    ]


def _of(
    one: Filed, later: Sequence[Filed], given: CaseInput, documented: rating.Documented, case: Case
) -> Iterator[Late]:
    rules = case.rules
    known: dict[str, int] = seen_of([triage(rating.facts_of(documented, rules)).reasons])
    for at, row in _assessments(one, given.said.get(subject_of(one), ()), case):
        verdict = triage(rating.facts_of(replace(documented, assessments=[row]), rules))
        after = any(one.arrival(at) > other.number or at > other.received[0] for other in later)
        if after and _grave(known, verdict.reasons, rules):
            yield Late(one.key, at, one.arrival(at), verdict.level, verdict.reasons)
        known = _both(known, seen_of([verdict.reasons]))


def _assessments(one: Filed, said: Sequence[Event], case: Case) -> Iterator[tuple[datetime, RowOf]]:
    """Yield what each version of an interview found, as it is corrected, and when it came."""
    for at, reading in one.history:
        version = msgspec.structs.replace(one, reading=reading, records=by_entity(reading), corrections=())
        for row in told(corrected(version, said), case).get(tables.assessment, ()):
            yield at, row


def _grave(known: Seen, reasons: Sequence[Reason], rules: Ruleset) -> bool:
    by_two = rules.override.dismiss.second_person_levels
    alone = max((one for one in rules.levels if one.code not in by_two), key=lambda one: one.rank)
    return unseen(alone.code, known, reasons, rules)


def _both(known: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {
        name: max(known.get(name, points), more.get(name, points))
        for name, points in {**known, **more}.items()
    }


def not_read(found: Sequence[Late], events: Sequence[Event]) -> list[Late]:
    """Return what the last decision on the level of a case had not read; all where nobody decided."""
    decided = [Known(one.at, one.payload.get(ARRIVAL)) for one in events if one.op == _DECIDED]
    return [late for late in found if not decided or late.missed_by(decided[-1])]


def further_at(found: Iterable[Late], since: str) -> str | None:
    """Return when the last of some dangers came, as text, where that is after the first one; else None."""
    last = max((instant(one.at) for one in found), default=since)
    return last if last > since else None


def told_late_tasks(
    given: CaseInput,
    now: CaseNow,
    late: Sequence[Late],
    new: Sequence[Late],
    rules: Ruleset,
    *,
    asked: bool,
) -> Iterator[RowOf]:
    """Yield the task that a person decides on each such danger, due with a first contact of its level from when it came.

    The first decision on the level that had read it ends it.

    Args:
        given: what the case is made of.
        now: where its events brought it.
        late: what edits of earlier interviews told beside a later one.
        new: what interviews and edits told anew when they came; some of it can be the same.
        rules: how long a first contact may take.
        asked: a task asks already to look at the decided level again, which had not seen it.
    """
    decided = [event for event in given.events if event.op == _DECIDED]
    found = {(one.form, one.at): one for one in (*late, *new)}
    for one in found.values():
        if now.state == "merged" and one.missed_by(now.known):
            continue  # that is danger in a case that was left, and asked about as such
        ends = (said.at for said in decided if not one.missed_by(Known(said.at, said.payload.get(ARRIVAL))))
        done_at = next(ends, None)
        if done_at is not None or not asked:
            yield danger_task((given.first, given.unit), one, rules, done_at=done_at, assigned_to=now.owner)


def danger_task(
    about: tuple[int, str], danger: Late, rules: Ruleset, *, done_at: str | None, assigned_to: str | None
) -> RowOf:
    """Return the task to decide on a danger.

    Args:
        about: number of the submission beside which it stands, and its subject.
        danger: what was told.
        rules: how long a first contact may take.
        done_at: when somebody had decided.
        assigned_to: who has it.
    """
    due_at = clocks.due(danger.level, danger.at, rules).contact
    return task(
        *about,
        TOLD_LATE,
        due_at,
        of=Matter(about=danger.form, level=danger.level, since=instant(danger.at)),
        escalated_at=clocks.escalation(danger.level, danger.at, due_at, rules),
        done_at=done_at,
        assigned_to=assigned_to,
    )
