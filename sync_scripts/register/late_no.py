"""A no that an edit on the phone, or a correction at the desk, laid over an interview that was held. Pure.

It counts at once: nothing is documented any more, and nothing of it leaves. But as with an alert one person does not let an
urgent case fall by writing a refusal down: what the interview had said holds the level until somebody decides (see
`urgency`), and somebody looks at it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Table

from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import CORRECT
from sync_scripts.register.facts import facts
from sync_scripts.register.output import Case, Output, RowOf
from sync_scripts.register.owed import CHECK, Tasks, highest_said
from sync_scripts.register.people import GATE, assessed, no_since, people, stand_in
from sync_scripts.register.pseudonyms import numbers
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import Matter, of_event, task
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["asked_at", "late_no_tasks", "told"]


def told(one: Filed, case: Case) -> Mapping[Table, Sequence[RowOf]]:
    """Return the rows that a version of before would make of an interview."""
    person = stand_in(one)
    made = numbers([one], [(one, person)] if person is not None else [])
    alone = Case(case.code, case.unit, made, case.rules, Output())
    people(one, alone)
    facts(one, alone)
    assessed(one, alone)
    return alone.out.rows


def asked_at(interviews: Iterable[Filed], followups: Iterable[Filed]) -> list[datetime]:
    """Return when forms came that could change the level of a case: interviews, and visits that report a growing risk."""
    growing = [
        one.received[1]
        for one in followups
        if (record := one.one("followup")) is not None and record.fields.get("risk_change") == "up"
    ]
    return [one.received[1] for one in interviews] + growing


def late_no_tasks(
    given: CaseInput, levels: Iterable[str | None], events: Sequence[Event], rules: Ruleset
) -> Tasks:
    """Yield the tasks that somebody proved looks at each such no in a case that ever was urgent; not who wrote it down at the desk.

    Args:
        given: what the case is made of.
        levels: that stand in it, what its interviews had said among them.
        events: what was decided about it and its alerts, in order; also levels that stood once.
        rules: for which levels two people are needed, and within which time.
    """
    level = highest_said(levels, events)
    if level is None or level not in rules.override.dismiss.second_person_levels:
        return
    within = timedelta(hours=rules.deadlines[level].supervision_h)
    for of in dict.fromkeys(_noes(given.of("interview"), given.said)):
        yield task(given.first, given.unit, CHECK, moment(of.since or "") + within, of=of)


def _noes(interviews: Iterable[Filed], said: Mapping[str, Sequence[Event]]) -> Iterator[Matter]:
    """Yield the matter of each no that was laid over an interview: the event that wrote it down, or when it came by an edit.

    Args:
        interviews: as they are corrected.
        said: what was decided about them, by subject.
    """
    for one in interviews:
        since = no_since(one)
        if since is not None:
            event = _written(said.get(f"interview:{one.key}", ()), since)
            yield Matter(since=instant(since)) if event is None else of_event(event)


def _written(said: Iterable[Event], since: datetime) -> Event | None:
    """Return the correction by which a no was laid over an interview at an instant; None where it came by an edit."""
    at = instant(since)
    noes = (one for one in said if one.op == CORRECT and one.payload["value"] == "no")
    return next((one for one in noes if one.at == at and one.payload["field"] in GATE), None)
