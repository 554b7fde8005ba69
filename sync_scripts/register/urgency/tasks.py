"""What news of the urgency of an alert or a case asks of people, and what forms state of limits where nobody works on a case any more. Pure.

Each news is one task with the clock of its level. Limits of law and medicine, and services within hours, are news of a case that
was left: they ask for somebody before the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import msgspec

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.form_versions import course, stood_with
from sync_scripts.register.case.people import no_since
from sync_scripts.register.case.tasks import Matter, Occasion, limit_of
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed, case_named
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.corrections import CORRECT, RESTORE, subject_of
from sync_scripts.register.lifecycle.replay import CaseNow
from sync_scripts.register.obligations.legal_limits import form_limits, limit_ahead
from sync_scripts.register.obligations.upkeep import looked_at
from sync_scripts.register.policy.measure import Rating, Reason, Statement
from sync_scripts.register.policy.standing import News, Standing
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import LIMITS, REFERRALS
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.register.urgency.alerts import urgency
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables


class Left(NamedTuple):
    """What news is held against: the urgency that stands, what ended all of it, and limits that came since nobody works there.

    What waits when its case is merged, at ``merged_at``, is asked of whoever works on the kept case, with the time that it had.
    """

    standing: Standing
    rules: Ruleset
    done_at: str | None = None
    limit: Callable[[datetime], datetime | None] = lambda _since: None
    merged_at: str | None = None

    def works(self, news: News) -> bool:
        """Tell whether news is decided on where it came: somebody works there, and the case was not merged over it."""
        merged = self.merged_at is not None and (news.ended_at is None or news.ended_at > self.merged_at)
        return news.works and not merged


def left_of_case(standing: Standing, given: CaseInput, now: CaseNow, case: Case) -> Left:
    """Return what news of a case is held against; of one that was left, with the limits that came since somebody looked last."""
    looks = looked_at(now, given.goes_on)
    return Left(
        standing,
        case.rules,
        limit=lambda at: next_ahead(given, looks[-1], case, at) if looks else None,
        merged_at=now.merged_at,
    )


def dangers(left: Left, *, works: bool) -> Iterator[Occasion]:
    """Yield each news: due with a first contact of its level, from when it was heard or the decision had not read it.

    What was heard at one instant is one news. Where nobody works any more, it is due before the first limit that it brings.

    Args:
        left: the urgency that stands, and what limits came.
        works: whether somebody worked there when it came.
    """
    measure = left.standing.measure
    for since, some in groupby(sorted(left.standing.news, key=_since), key=_since):
        news = list(some)
        first = news[0]
        if left.works(first) != works:
            continue
        level = max((one.level for one in news), key=measure.rank)
        due_at = clocks.due(level, since, left.rules).contact
        if not works:
            due_at = min(due_at, left.limit(since) or due_at)
        ends = [at for at in (first.ended_at, left.done_at) if at is not None]
        of = Matter(about=first.said.form, level=level, was=first.against, since=instant(since))
        yield Occasion(since, due_at, of, min(ends, default=None), level)


def _since(news: News) -> datetime:
    return news.since


def falls(given: CaseInput, standing: Standing) -> Iterator[Occasion]:
    """Yield that an edit took away what a level rested on: a person decides on the level.

    A decision on the level that came after the edit ends it; one that stood already is not asked for again.

    Args:
        given: what the case is made of.
        standing: how urgent it is.
    """
    fell = list(standing.falls())
    if not fell or any(no_since(one) is not None for one in given.of("interview")):
        return  # a refusal is looked at as such
    kept = standing.measure.worst([rating for _at, rating in fell]).level
    decided = [event for event in given.events if event.op == "case.urgency"]
    since = _first_undecided([at for at, rating in fell if rating.level == kept], decided)
    if any(one.since <= since for one in standing.waiting):
        return  # whoever decides on the news decides on that, too, and sooner
    at = instant(since)
    before = [event for event in decided if event.at <= at][-1:]
    if before and before[0].payload["urgency"] is not None:
        return
    done_at = next((event.at for event in decided if event.at > at), None)
    of = Matter(level=standing.now.level, was=kept, since=at)
    yield Occasion(since, of=of, level=kept, done_at=done_at)


def _first_undecided(falls: Sequence[datetime], decided: Sequence[Event]) -> datetime:
    """Return the first fall of a level that nobody has decided about since, for a further one gives nobody more time."""
    last = decided[-1].at if decided else ""
    return min((at for at in falls if instant(at) > last), default=max(falls))


Limit = tuple[str, str, datetime]
"""Kind of a reminder, what it is about, and its limit."""
Wish = tuple[str, str | None, str | None]
"""Id of an intervention, within how long it was asked for, and on which day."""


def limit_statements(given: CaseInput, left: Known, case: Case) -> Iterator[Statement]:
    """Yield what each version of each form, and each correction, states of what is still ahead.

    After the tasks of the case were raised, which say what that is. A visit can ask within hours for a service that an earlier
    one told of.

    Args:
        given: what the case is made of.
        left: what whoever left it, or looked at it last, can have known of.
        case: its rows; its tasks as the rules raise them.
    """
    rows, about = case.out.rows[tables.task], _about(case)
    limits = [row for row in rows if row["kind"] in LIMITS and row["done_at"] is None]
    urgent = {_intervention(row) for row in rows if _within_hours(row)}
    brings = {row["filing_no"] for row in limits} | {no for no, one in about.items() if one in urgent}
    for one in (one for one in given.filed if one.number in brings):
        mine = frozenset(_limit(row) for row in limits if row["filing_no"] == one.number)
        yield from _stated(_steps(one, given, left, case, about.get(one.number)), mine, urgent, left)


def next_ahead(given: CaseInput, left: Known, case: Case, since: datetime) -> datetime | None:
    """Return when the first of what forms brought since a case was left asks for somebody: a limit, or a service due within hours."""
    numbers = {one.number for one in given.filed if _changed(one, given, left)}
    rows, about = case.out.rows[tables.task], _about(case)
    mine = {about[number] for number in numbers if number in about}
    services = [moment(row["due_at"]) for row in rows if _within_hours(row) and _intervention(row) in mine]
    limit = limit_ahead(rows, numbers, since)
    return min([*(max(since, one) for one in services), *([limit] if limit else [])], default=None)


def _changed(one: Filed, given: CaseInput, left: Known) -> bool:
    """Tell whether a form came, was edited or corrected since."""
    changes = (event for event in given.said.get(subject_of(one), ()) if event.op in {CORRECT, RESTORE})
    came = any(left.missed(instant(at), one.arrival(at)) for at, _reading in one.history)
    return came or any(left.decided_since(event.at) for event in changes)


def _within_hours(row: RowOf) -> bool:
    """Tell whether a row is of a service that has no more time than a first contact of what is critical."""
    return row["kind"] in REFERRALS and row["done_at"] is None and row["escalated_at"] is not None


def _intervention(row: RowOf) -> str:
    """Return the id of the intervention that a task is about."""
    found: str = row["subject"].rpartition(":")[2].rpartition("/")[2]
    return found


def _about(case: Case) -> dict[int, str]:
    """Return of which intervention each visit tells, one that an earlier visit opened among them; by number of the visit."""
    visits = case.out.rows[tables.followup]
    return {row["filing_no"]: row["intervention_id"] for row in visits if row["intervention_id"] is not None}


def _limit(row: RowOf) -> Limit:
    return row["kind"], row["subject"], limit_of(row["due_at"], row["before_h"])


# --- one form, from version to version --------------------------------------------------------------------------------


class _Step(NamedTuple):
    """A version or a correction of a form, what limits it told in the case as it stood then, and what it wished for."""

    made: Statement
    since: datetime
    limits: frozenset[Limit]
    wishes: frozenset[Wish]


def _stated(
    steps: Iterator[_Step], mine: frozenset[Limit], urgent: Collection[str], left: Known
) -> Iterator[Statement]:
    """Yield the statements of a form: what the register gives that no version tells by itself says the first that came since."""
    every = list(steps)
    rest = mine.difference(*(one.limits for one in every))
    levels, least = urgency().levels, urgency().least_grave
    for one in every:
        told = one.limits & mine
        if one.made.new_in(left):
            told, rest = told | rest, frozenset()
        ids = (
            f"{one.made.form}:{kind}:{subject}:{instant(at)}" for kind, subject, at in told if at > one.since
        )
        wished = (f"{name}:{within}:{day}" for name, within, day in one.wishes if name in urgent)
        reasons = [
            *(Reason(name, 0, least) for name in sorted(ids)),
            *(Reason(name, 0, levels[-1]) for name in sorted(wished)),
        ]
        if reasons:
            said = Rating(reasons[-1].floor or least, tuple(reasons))
            yield msgspec.structs.replace(one.made, said=said)


def _steps(one: Filed, given: CaseInput, left: Known, case: Case, about: str | None) -> Iterator[_Step]:
    """Yield the versions and corrections of a form as far as it told of this case; nothing of what it told somewhere else, or nowhere."""
    events = given.said.get(subject_of(one), ())
    for step in course(one, events, "", form=f"limit:{one.key}"):
        # behind the place of a first version: what another form had asked for is nothing new, even where nobody works
        made = msgspec.structs.replace(step.made, place=step.made.place + 1, left_only=True)
        since = left.from_then(made.at) if made.new_in(left) else made.at
        at = instant(since)
        if any(event.payload.get("field") == "case_code" and event.at > at for event in events):
            continue  # a person has moved it since
        until = [event for event in events if event.at <= at]
        then = _stood(one, until, Known(instant(made.at), made.arrival))
        if then is not None:
            limits = frozenset(map(_limit, form_limits(then, until, case, {})))
            yield _Step(made, since, limits, frozenset(_wishes(then, about)))


def _stood(one: Filed, events: Sequence[Event], by: Known) -> Filed | None:
    """Return a form with those versions alone that were read by then, and that name the case in which it is by now."""
    here = case_named(one, one.reading)
    some = {
        when
        for when, reading in one.history
        if not by.missed(instant(when), one.arrival(when)) and case_named(one, reading) == here
    }
    return stood_with(one, events, lambda when, _reading: when in some)


def _wishes(then: Filed, about: str | None) -> Iterator[Wish]:
    record = then.one("intervention")
    if record is None or about is None:
        return
    said: Mapping[str, str | None] = shape(tables.intervention).row(record.fields, [])
    opened = about == then.root[1]
    if opened or said["timeframe"] is not None:  # who reports on a service may leave its time as it is
        yield about, said["timeframe"], said["requested_on"]
