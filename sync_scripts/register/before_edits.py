"""What the rules had made of a case before its interviews were edited on a phone: no level falls by an edit alone. Pure.

An edit can take away what a level rests on: an act, a victim, an answer about danger. What the case was called until that
edit stands beside what its forms say by now, and the higher of both counts; somebody looks, and a person lowers it. A new
interview or visit tells how things are today and is rated as such; a correction is a person's word, and lies over every version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

import msgspec
from sqlalchemy import Table

from sync_scripts.register import rating
from sync_scripts.register.alert_versions import replaced_in_case
from sync_scripts.register.case_input import Alert, CaseInput
from sync_scripts.register.clock_sides import held_since
from sync_scripts.register.corrections import corrected
from sync_scripts.register.custody import believed
from sync_scripts.register.late_no import asked_at, told
from sync_scripts.register.lifecycle import alert_now
from sync_scripts.register.ops import KEEP
from sync_scripts.register.output import Case, RowOf
from sync_scripts.register.people import no_since
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.submissions import Filed, by_entity
from sync_scripts.register.tasks import Matter, task
from sync_scripts.register.triage import Reason, Verdict, highest, triage
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import FILED

__all__ = [
    "LESS_URGENT",
    "Dropped",
    "Stood",
    "alert_stood",
    "before_edits",
    "documented_by",
    "dropped_in",
    "dropped_tasks",
    "highest_ever",
    "rated",
    "stood_at",
]

LESS_URGENT: Final = "urgency_check"
"""Kind of the task to decide on a level of which an edit took away what it rested on."""
_DECIDED: Final = "case.urgency"


class Stood(msgspec.Struct, frozen=True):
    """How a case, or an alert in it, was rated until an edit came, and when that was; ``reasons`` where these are known."""

    at: datetime
    level: Urgency
    reasons: tuple[Reason, ...] = ()


class Dropped(msgspec.Struct, frozen=True):
    """What an edit would have lowered: how the rules rate it by now, what stands, and when the edit came, as text."""

    now: str
    stands: str
    at: str


def before_edits(given: CaseInput, case: Case) -> list[Stood]:
    """Return how the rules rated a case just before each edit of its interviews and alerts; empty where none was edited.

    Also what it was rated when a form left it for another case by an edit.
    """
    left = (one for one in given.events if one.op == KEEP and one.payload.get("urgency"))
    found = [Stood(moment(one.at), one.payload["urgency"]) for one in left]
    return [
        *found,
        *(one for alert in given.alerts for one in alert_stood(given, alert)),
        *_of_interviews(given, case),
    ]


def alert_stood(given: CaseInput, alert: Alert) -> Iterator[Stood]:
    """Yield how each version of an alert was rated until the next one came, once it was in the case.

    Of one that a person rated only what that one had not seen.
    """
    filed = given.edited.get(alert["filing_no"])
    if filed is None:
        return
    events = given.said.get(f"alert:{filed.key}", ())
    for at, verdict in replaced_in_case(filed, alert_now(events), events):
        yield Stood(at, verdict.level, verdict.reasons)


def _of_interviews(given: CaseInput, case: Case) -> list[Stood]:
    interviews = given.of("interview")
    edits = {at for one in interviews if len(one.history) > 1 for at, _ in one.history[1:]}
    return stood_at(given, case, edits)


def stood_at(given: CaseInput, case: Case, instants: Iterable[datetime]) -> list[Stood]:
    """Return how the interviews of a case were rated just before some instants, in their order; not where nothing was documented."""
    interviews = given.of("interview")
    found = []
    for at in sorted(instants):
        stand = [
            corrected(then, given.said.get(f"interview:{one.key}", ()))
            for one in interviews
            if (then := _until(one, at)) is not None
        ]
        visits = [one for one in given.of("followup") if one.received[1] < at]
        verdict = rated(stand, visits, case)
        if verdict is not None:
            found.append(Stood(at, verdict.level, verdict.reasons))
    return found


def _until(filed: Filed, at: datetime) -> Filed | None:
    """Return an interview as it stood just before an instant, as it was collected; None when it had not come."""
    history = tuple(one for one in filed.history if one[0] < at)
    if not history:
        return None
    came, reading = next(
        (one for one in history if one[1] is filed.reading and filed.received[1] < at), history[-1]
    )
    return msgspec.structs.replace(
        filed,
        reading=reading,
        records=by_entity(reading),
        received=(filed.received[0], came),
        history=history,
        corrections=(),
    )


def rated(stand: Sequence[Filed], visits: Iterable[Filed], case: Case) -> Verdict | None:
    """Return how the rules rate what some interviews tell, as of the last form; None where nothing is documented.

    Args:
        stand: the interviews, each in one version.
        visits: the follow-ups that had come.
        case: where they belong; its rows are not touched.
    """
    documented = documented_by([(one, told(one, case)) for one in stand], visits)
    return triage(rating.facts_of(documented, case.rules)) if documented else None


def documented_by(
    stand: Sequence[tuple[Filed, Mapping[Table, Sequence[RowOf]]]], visits: Iterable[Filed]
) -> rating.Documented | None:
    """Return what some interviews document, as of the last form; None without any.

    Args:
        stand: the interviews, each in one version, and what it told.
        visits: the follow-ups that had come.
    """

    def rows(table: Table) -> list[RowOf]:
        return sorted((row for _one, some in stand for row in some.get(table, ())), key=itemgetter(FILED))

    asked = asked_at([one for one, _some in stand], visits)
    if not asked:
        return None
    return rating.Documented(
        as_of=max(asked),
        acts=rows(tables.act),
        people=rows(tables.person),
        incidents=rows(tables.incident),
        detentions=held_since(
            believed(rows(tables.detention), rows(tables.flag)),
            [row for one, _some in stand for row in one.corrections],
        ),
        information=rows(tables.information),
        authors=rows(tables.perpetrator),
        assessments=rows(tables.assessment),
    )


def dropped_tasks(
    given: CaseInput, now: Urgency | None, stood: Sequence[Stood], rules: Ruleset, owner: str | None
) -> Iterator[RowOf]:
    """Yield the task that a person decides on a level of which an edit took away what it rested on.

    A decision on the level that came after the edit ends it; one that stood already is not asked for again.

    Args:
        given: what the case is made of.
        now: how the rules rate it by what its forms and alerts say today.
        stood: how they rated it before each edit, in order.
        rules: within which time somebody looks.
        owner: who is in charge.
    """
    if any(no_since(one) is not None for one in given.of("interview")):
        return  # that is looked at as a refusal
    kept = highest([one.level for one in stood])
    if kept is None or highest([kept, *([now] if now else [])]) == now:
        return
    decided = [event for event in given.events if event.op == _DECIDED]
    since = _first_undecided([one.at for one in stood if one.level == kept], decided)
    at = instant(since)
    before = [event for event in decided if event.at <= at][-1:]
    if before and before[0].payload["urgency"] is not None:
        return
    of = Matter(level=now, was=kept, since=at)
    due_at = since + timedelta(hours=rules.deadlines[kept].supervision_h)
    row = task(given.first, given.unit, LESS_URGENT, due_at, of=of, assigned_to=owner)
    yield row | {"done_at": next((event.at for event in decided if event.at > at), None)}


def _first_undecided(dropped: Sequence[datetime], decided: Sequence[Event]) -> datetime:
    """Return the first fall of a level that nobody has decided about since, for a further one gives nobody more time."""
    last = decided[-1].at if decided else ""
    return min((at for at in dropped if instant(at) > last), default=max(dropped))


def dropped_in(row: RowOf) -> Dropped:
    """Return what such a task asks about, from its row."""
    return Dropped(row["level"] or "", row["was"], row["since"])


def highest_ever(one: Filed, events: Sequence[Event], case: Case) -> Iterator[Urgency]:
    """Yield how the rules rate each version of an interview by itself, as it came and after each decision on its answers."""
    said: Mapping[int, Sequence[Event]] = {count: events[:count] for count in range(len(events) + 1)}
    for at, reading in one.history:
        version = one.as_of(at, reading)
        verdicts = (rated([corrected(version, some)], (), case) for some in said.values())
        yield from (one.level for one in verdicts if one is not None)
