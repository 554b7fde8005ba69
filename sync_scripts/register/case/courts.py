"""Tasks before courts: the hearings that are ahead, the last day of an appeal. Pure; never asks what day it is.

One case can stand before several courts. A step says something of a hearing or a judgment only if it can be about it:
before that court, and by what it is or by its day. Where that is not known the reminder stays, and a person ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from sync_scripts.register.case.tasks import Matter, Occasion
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.arrivals import first_heard, said_at
from sync_scripts.register.history.corrections import every_side, sides
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.schema import register as tables

RowOf = Mapping[str, Any]
Occasions = Iterator[Occasion]
Step = tuple[Filed, RowOf]

APPEALED: Final = frozenset({"conviction", "acquittal", "discharge", "no_case", "reparation"})
"""Decisions of a court against which an appeal can be made."""
_UNNAMED: Final = frozenset({None, "unknown"})
_OVER: Final = frozenset({"judgment", "withdrawn"})
"""Steps before a court after which no hearing of before is to come, whatever its day."""
_PUT_OFF: Final = frozenset({"hearing", "adjourned"})
"""Steps that name the next hearing: its day takes the place of the one of before."""
_AFTER_APPEAL: Final = frozenset({"appeal", "cassation", "enforcement"})
"""Steps that only a judgment can have before it: they may name the court above, or none."""
_ABOVE: Final = {"appeal": "ca", "cassation": "cs"}
"""Step -> the court to which it goes, and which may be written down for it."""


def hearings(
    filed: Sequence[Filed], events: Iterable[RowOf], rules: Ruleset, *, removed: Sequence[Step] = ()
) -> Occasions:
    """Yield the reminders before each hearing; where one was told without a day that can be read, the question for it.

    They end with a judgment or a withdrawal before the same court, with another date there, or with any step that is dated
    on the day of the hearing or after it; then also before a court that nobody named. Of a date that was corrected to a
    later one, both are recalled; of the days that versions of a form told, all: nothing proves who sends it again.

    Args:
        filed: the visits of the case.
        events: its steps before courts.
        rules: how long before.
        removed: steps that an edit took out of their visit; they end nothing any more.
    """
    steps = _steps(filed, events)
    alone = len({row["court"] for _one, row in (*steps, *removed)} - _UNNAMED) <= 1
    for (one, row), after in _each(steps, removed):
        for due_at, up in _day_asked(one, row, rules):
            tells = (step for step in after if _tells_day(step, row, alone=alone))
            yield Occasion(due_at, of=_at_once(one), up=up, done_at=_first(tells), number=one.number)
        for nth, hearing in enumerate(map(moment, _hearing_days(one, row))):
            for days, due_at in clocks.hearing_reminders(hearing, rules):
                ends = (step for step in after if _ends_hearing(step, row, hearing, rules))
                of = Matter(about=one.key, variant=str(nth) if nth else None, before_h=24 * days)
                yield Occasion(due_at, of=of, done_at=_first(ends), number=one.number)


def appeals(
    filed: Sequence[Filed], events: Iterable[RowOf], rules: Ruleset, *, removed: Sequence[Step] = ()
) -> Occasions:
    """Yield the reminders before the last day of each appeal; at once where a judgment was told without its day.

    They end with the next step before that court that says that it was made, given up, or is too late. Where only one court
    has judged in the case, an appeal may also name the court above, or none. The arguments are those of `hearings`.
    """
    steps = _steps(filed, events)
    due = {one.number: list(_appeal_reminders(one, row, rules)) for one, row in (*steps, *removed)}
    judged = {row["court"] for one, row in (*steps, *removed) if row["appeal_until"] or due[one.number]}
    for (one, row), after in _each(steps, removed):
        alone = len(judged) == 1
        for made in due[one.number]:
            ends = (step for step in after if _ends_appeal(step[1], row, alone=alone))
            yield msgspec.structs.replace(made, done_at=_first(ends))


def _first(ends: Iterator[Step]) -> str | None:
    """Return when the first of the steps was told that end a reminder, in the order in which they were told."""
    return next((instant(_made(later)) for later, _said in ends), None)


def appeal_until(filed: Filed, row: RowOf, rules: Ruleset) -> str | None:
    """Return the last day to appeal: no correction and no edit makes it later, unless it was over when a day was first told."""
    read = every_side(row, tables.legal_event, filed.root[1], filed)
    judged = [side["decided_on"] for side in read if side["decided_on"] and side["decision"] in APPEALED]
    last = sorted(clocks.appeal_until(date.fromisoformat(one), rules).isoformat() for one in judged)
    heard = first_heard(filed, "legal_event", filed.root[1], ("decided_on",))
    told = clocks.local_day(heard, rules).isoformat()
    return next((one for one in last if one >= told), last[-1] if last else None)


def _appeal_reminders(filed: Filed, row: RowOf, rules: Ruleset) -> Occasions:
    """Yield the reminders of an appeal, as long as nothing ended them.

    Of a judgment of which no version tells the day the last day can be any of the next ones: somebody asks for it.
    """
    if row["appeal_until"] is not None:
        last = date.fromisoformat(row["appeal_until"])
        if clocks.end_of_day(last, rules) > first_heard(filed, "legal_event", filed.root[1], ("decided_on",)):
            for days in sorted(rules.appeal["appeal"].remind_before_d, reverse=True):
                of = Matter(about=filed.key, before_h=24 * days)
                due_at = clocks.end_of_day(last - timedelta(days=days), rules)
                yield Occasion(due_at, of=of, number=filed.number)
        return
    sides_ = every_side(row, tables.legal_event, filed.root[1], filed)
    if any(side["decision"] in APPEALED for side in sides_):
        due_at, up = _asked(filed, "decision", rules)
        yield Occasion(due_at, of=_at_once(filed), up=up, number=filed.number)


def _day_asked(filed: Filed, row: RowOf, rules: Ruleset) -> Iterator[tuple[datetime, datetime]]:
    """Yield due time and step up of the question for the day of a hearing; none where one can be read, or is ahead."""
    read = every_side(row, tables.legal_event, filed.root[1], filed)
    told = any(side["step"] in _PUT_OFF for side in read)
    if told and row["hearing_at"] is None and not _hearing_days(filed, row):
        yield _asked(filed, "step", rules)


def _asked(filed: Filed, answer: str, rules: Ruleset) -> tuple[datetime, datetime]:
    """Return until when somebody asks for a day, and the step up: from when an answer was told.

    The time is that of a first contact of the lowest level that one person does not set aside.
    """
    told = first_heard(filed, "legal_event", filed.root[1], (answer,))
    by_two = rules.override.dismiss.second_person_levels
    level = min((one for one in rules.levels if one.code in by_two), key=lambda one: one.rank).code
    due_at = clocks.due(level, told, rules).contact
    return due_at, clocks.escalation(level, told, due_at, rules)


# --- what a step says of another one ------------------------------------------------------------------------------


def _steps(filed: Sequence[Filed], events: Iterable[RowOf]) -> list[Step]:
    by_number = {one.number: one for one in filed}
    return [(by_number[row["filing_no"]], row) for row in events]


def _each(steps: Iterable[Step], removed: Iterable[Step]) -> Iterator[tuple[Step, list[Step]]]:
    """Yield every step in the order in which they were told, with those after it that are told still and can end it."""
    marked = [*((step, True) for step in steps), *((step, False) for step in removed)]
    marked.sort(key=lambda one: (_made(one[0][0]), one[0][0].root))
    for number, (step, _told) in enumerate(marked):
        yield step, [later for later, told in marked[number + 1 :] if told]


def _made(filed: Filed) -> datetime:
    """Return when a step was told of; a phone's clock cannot be ahead of the arrival."""
    return min(filed.at, filed.received[0])


def _hearing_days(filed: Filed, row: RowOf) -> list[str]:
    """Return when a hearing is, as far as it was ahead when it was told: in the order in which its days were said first.

    What was collected gives way to an earlier day that was ahead, too, by which a person corrected it; to nothing else. What
    another version told gives way to nothing.
    """
    table, key = tables.legal_event, filed.root[1]
    kept, gone = _corrected(filed, row)
    told = {side["hearing_at"] for side in every_side(row, table, key, filed)}
    days = {*kept, *_ahead(filed, told - gone)}
    return sorted(days, key=lambda one: (said_at(filed, table, key, "hearing_at", one), one))


def _corrected(filed: Filed, row: RowOf) -> tuple[list[str], set[str]]:
    """Return when a hearing is by the version that is read and what lies over it, and which day of it gave way."""
    read = sides(row, tables.legal_event, filed.root[1], filed.corrections)
    ahead = _ahead(filed, {side["hearing_at"] for side in read})
    last = row["hearing_at"] if row["hearing_at"] in ahead else max(ahead, default="")
    return [one for one in ahead if one <= last], {one for one in ahead if one > last}


def _ahead(filed: Filed, days: Iterable[str | None]) -> list[str]:
    known = first_heard(filed, "legal_event", filed.root[1], ("hearing_at",))
    return sorted(one for one in days if one and moment(one) > known)


def _at_once(filed: Filed) -> Matter:
    """Return the matter of the question for a day that nobody told."""
    return Matter(about=filed.key, variant="at_once")


def _ends_hearing(step: Step, row: RowOf, hearing: datetime, rules: Ruleset) -> bool:
    filed, said = step
    if _same_court(said, row):
        over = said["step"] in _OVER or (said["step"] in _PUT_OFF and bool(_corrected(filed, said)[0]))
        return over or _dated(step, rules) >= clocks.local_day(hearing, rules)
    unnamed = said["court"] in _UNNAMED or row["court"] in _UNNAMED
    return unnamed and _dated(step, rules) >= clocks.local_day(hearing, rules)


def _tells_day(step: Step, row: RowOf, *, alone: bool) -> bool:
    """Tell whether a step answers the question for the day of a hearing; before an unnamed court only where no two are named."""
    filed, said = step
    unnamed = said["court"] in _UNNAMED or row["court"] in _UNNAMED
    over = said["step"] in _OVER or (said["step"] in _PUT_OFF and bool(_corrected(filed, said)[0]))
    return over and (_same_court(said, row) or (unnamed and alone))


def _dated(step: Step, rules: Ruleset) -> date:
    """Return the day of a step, at the latest that on which it arrived."""
    filed, said = step
    return min(date.fromisoformat(said["at"]), clocks.local_day(filed.received[0], rules))


def _ends_appeal(said: RowOf, row: RowOf, *, alone: bool) -> bool:
    step = said["step"]
    if step not in _AFTER_APPEAL | {"withdrawn"}:
        return False
    if _same_court(said, row):
        return True
    reached = said["court"] in _UNNAMED or row["court"] in _UNNAMED or said["court"] == _ABOVE.get(step)
    return alone and step in _AFTER_APPEAL and reached


def _same_court(one: RowOf, other: RowOf) -> bool:
    """Tell whether two steps name one court; a court that nobody named is none."""
    return one["court"] == other["court"] and one["court"] not in _UNNAMED
