"""An alert that was set aside, or a case that was closed or handed over, and of which a form then tells of danger. Pure.

Set aside is an alert that was dismissed, found a duplicate, or referred out. Nothing is reopened by rule: only a person takes a
dismissal or a closure back. But a danger that nobody had seen then reaches a person within a first contact of its level, as that
of a new alert does; until somebody decides it stands on the page of the day. What was known, and what one person may dismiss
alone, is a remark and asks nobody to come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import pairwise

import msgspec

from sync_scripts.register import clocks, rating
from sync_scripts.register.arrivals import ARRIVAL, Known
from sync_scripts.register.before_edits import stood_at
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import CORRECT, RESTORE, corrected, subject_of
from sync_scripts.register.edited_no import verdict_of
from sync_scripts.register.lifecycle import CASE_LEFT, AlertNow, CaseNow
from sync_scripts.register.limits_since import limits_since, next_ahead
from sync_scripts.register.output import Case, RowOf
from sync_scripts.register.risen_now import SET_ASIDE
from sync_scripts.register.rising import only
from sync_scripts.register.risk_grown import grown_since
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.submissions import Filed, by_entity
from sync_scripts.register.tasks import AlertTimes, Matter, ended_by_decision, task
from sync_scripts.register.told_late import Late
from sync_scripts.register.triage import Reason, Verdict, highest, triage
from sync_scripts.register.unseen import Seen, read, unseen
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["left_tasks", "ratings", "set_aside_tasks"]


_Came = tuple[datetime, Urgency]
"""When danger came, and its level."""


def ratings(filed: Filed, events: Sequence[Event]) -> Iterator[tuple[datetime, Verdict]]:
    """Yield how the rules rate each version of an alert, with the corrections that some events lay over it, and when it came."""
    for at, reading in filed.history:
        one = msgspec.structs.replace(filed, reading=reading, records=by_entity(reading), corrections=())
        yield at, verdict_of(corrected(one, events).one("alert"))


def set_aside_tasks(
    times: AlertTimes, filed: Filed, now: AlertNow, events: Sequence[Event], rules: Ruleset
) -> Iterator[RowOf]:
    """Yield the task to decide again on an alert that was set aside before danger came; taking that back ends it.

    Any version that came since counts, also one that a later one takes back: nobody has looked at it.

    Args:
        times: of the alert; once the person withdrew or refused nobody comes back.
        filed: its submission.
        now: where its events brought it.
        events: what was decided about it, in order.
        rules: which levels one person does not dismiss, and how long a first contact may take.
    """
    if now.ended_at is None or (filed.versions == 1 and not filed.corrections):
        return
    ground = now
    for told in told_since(events, now.ended_at):
        yield from _ended(_of_alert(times, filed, ground, events, rules), told)
        ground = msgspec.structs.replace(
            now,
            ended_at=told.at,
            ended_seen=told.payload.get("rule"),
            ended_reasons=told.payload.get("reasons"),
        )
    yield from _of_alert(times, filed, ground, events, rules)


def told_since(events: Iterable[Event], left_at: str) -> list[Event]:
    """Return the decisions since an instant that ended such a task, as its receiver was told.

    What they knew is no news any more.
    """
    found = list(events)
    standing = ended_by_decision(found)
    mine = (one for one in found if one.op == "task.done" and one.payload.get("kind") == SET_ASIDE)
    return [one for one in mine if one.at > left_at and standing.get(one.payload["task"]) == one.at]


def _ended(made: Iterable[RowOf], told: Event) -> Iterator[RowOf]:
    """Yield of such tasks the one that a decision ended; what came after it belongs to the next one."""
    yield from (row for row in made if row["task_id"] == told.payload["task"])


def _of_alert(
    times: AlertTimes, filed: Filed, now: AlertNow, events: Sequence[Event], rules: Ruleset
) -> Iterator[RowOf]:
    ended_at = now.ended_at or ""
    found = [(at, one) for at, one in ratings(filed, events) if _is_new(at, one, now, filed, rules)]
    ended = moment(ended_at)  # a server may have had it before
    last = moment(_corrected_at(events, ended_at) or ended_at)
    came = [(max(at, ended) if at > filed.received[0] else last, one.level) for at, one in found]
    yield from _task(
        (times.number, times.subject),
        came,
        (now.state, ended_at),
        rules,
        assigned_to=times.assigned_to,
        done_at=times.stopped_at,
    )


def _task(
    about: tuple[int, str],
    came: Sequence[_Came],
    ground: tuple[str, str],
    rules: Ruleset,
    *,
    assigned_to: str | None,
    done_at: str | None = None,
    limit: Callable[[datetime], datetime | None] = lambda _since: None,
    further: Sequence[datetime] = (),
) -> Iterator[RowOf]:
    """Yield the task to decide again, where danger came: due with a first contact of the highest level, from the first that came.

    Args:
        about: number of the submission beside which it stands, and its subject.
        came: the danger.
        ground: in which state it was left, and since when what comes is news, as text.
        rules: how long a first contact may take.
        assigned_to: who has it.
        done_at: when that lost its purpose.
        limit: gives, from an instant on, when the first limit of law or medicine that what came brings asks for somebody.
        further: when what of it came that nothing before had told: a name of its own has a message of its own.
    """
    level = highest([one for _at, one in came])
    if level is None:
        return
    since = min(at for at, _one in came)
    due_at = clocks.due(level, since, rules).contact
    due_at = min(due_at, limit(since) or due_at)
    state, left_at = ground
    yield task(
        *about,
        SET_ASIDE,
        due_at,
        of=Matter(variant=state, level=level, since=left_at, further_at=_further(further, since)),
        escalated_at=clocks.escalation(level, since, due_at, rules),
        done_at=done_at,
        assigned_to=assigned_to,
    )


def _further(came: Sequence[datetime], since: datetime) -> str | None:
    """Return when the last of what is other news came, where that is after the first that asked for somebody."""
    return instant(max(came)) if came and max(came) > since else None


def left_tasks(
    given: CaseInput,
    now: CaseNow,
    documented: rating.Documented,
    case: Case,
    late: Sequence[Late] = (),
    *,
    new: Sequence[Late] = (),
) -> Iterator[RowOf]:
    """Yield the same of a case that was closed, merged or handed over.

    An interview, a growing risk or a limit of law or medicine came since, or a form was changed. A new interview tells how things
    are today, so its danger counts whatever was known; an edit as it does of an alert. The reminders of law and medicine end with
    the case, so their first one that is ahead, of what came since, is when this is due at the latest. A further visit that brings
    a limit, or a service within hours, while the task stands is other news: nobody who was told can know of it. A growing risk
    that a second visit reports, too, is none: whoever was told decides about the case as it is then, and finds both; of a higher
    level it is told.

    Args:
        given: what the case is made of.
        now: where its events brought it; a merged one as of when somebody looked at it last, see `looked_at`.
        documented: the rows that triage reads.
        case: where they belong, with the rules: which levels one person does not decide on alone, and how long a first contact
            may take.
        late: what edits of earlier interviews told after a later one.
        new: what danger was told anew: a further one while the task stands makes it another one, of the same time.
    """
    if now.left_at is None or now.state not in CASE_LEFT:
        return
    ground = now
    for told in told_since(given.events, now.left_at):
        known = Known(told.at, told.payload.get(ARRIVAL))
        before = [one for one in new if not one.missed_by(known)]
        made = _of_case(given, ground, documented, case, late, new=before, until=known)
        yield from _ended(made, told)
        ground = msgspec.structs.replace(
            now,
            left_at=told.at,
            left_seen=told.payload.get("rule"),
            left_reasons=told.payload.get("reasons"),
            left_arrival=told.payload.get(ARRIVAL),
        )
    yield from _of_case(given, ground, documented, case, late, new=new)


def _of_case(
    given: CaseInput,
    now: CaseNow,
    documented: rating.Documented,
    case: Case,
    late: Sequence[Late],
    *,
    new: Sequence[Late],
    until: Known | None = None,
) -> Iterator[RowOf]:
    limits = list(limits_since(given, now.known, case, until))
    came = [
        *_new_since(given, documented, now.known, case.rules),
        *_alerts_since(given, now, case.rules),
        *_said_since(given, now, documented, case),
        *grown_since(given, now.known, documented, case.rules),
        *limits,
        *((now.known.from_then(one.at), one.level) for one in late if one.missed_by(now.known)),
    ]
    yield from _task(
        (given.first, given.unit),
        came,
        (now.state, now.left_at or ""),
        case.rules,
        assigned_to=now.owner,
        limit=partial(next_ahead, case, _changed_since(given, now.known)),
        further=[*(one.at for one in new if one.missed_by(now.known)), *(at for at, _level in limits)],
    )


def _changed_since(given: CaseInput, left: Known) -> set[int]:
    """Return the numbers of the forms that came, were edited or corrected since."""
    came = (
        one.number
        for one in given.filed
        if any(left.missed(instant(at), one.arrival(at)) for at, _reading in one.history)
    )
    said = ((one.number, given.said.get(subject_of(one), ())) for one in given.filed)
    return {*came, *(number for number, events in said if _corrected_at(events, left.at))}


def _new_since(
    given: CaseInput, documented: rating.Documented, left: Known, rules: Ruleset
) -> Iterator[_Came]:
    """Yield what the interviews that came since tell by themselves."""
    new = [one for one in given.of("interview") if left.missed(instant(one.received[0]), one.number)]
    known = only(documented, {one.number for one in new})
    if known:
        level = triage(rating.facts_of(known, rules)).level
        if level in rules.override.dismiss.second_person_levels:
            yield left.from_then(min(one.received[0] for one in new)), level


def _alerts_since(given: CaseInput, now: CaseNow, rules: Ruleset) -> Iterator[_Came]:
    """Yield which alerts were edited or corrected since and tell what nobody had seen.

    Also where a later version says so no more.
    """
    for one in given.alerts:
        said = given.said.get(f"alert:{one['stamp']}/{one['alert_id']}", ())
        if not one["urgency"]:
            continue
        corrected_at = _corrected_at(said, now.known.at)
        if corrected_at and _unseen_at_end(now, one["urgency"], read(one["reasons"]), rules):
            yield moment(corrected_at), one["urgency"]
        if (filed := given.edited.get(one["filing_no"])) is None:
            continue
        for at, verdict in ratings(filed, said):
            came = now.known.missed(instant(at), filed.arrival(at))
            if came and _unseen_at_end(now, verdict.level, verdict.reasons, rules):
                yield now.known.from_then(at), verdict.level


def _said_since(given: CaseInput, now: CaseNow, documented: rating.Documented, case: Case) -> Iterator[_Came]:
    """Yield when the interviews came or were corrected to tell what nobody had seen.

    Also where a later version or interview says so no more.
    """
    versions = [(at, one.arrival(at)) for one in given.of("interview") for at, _reading in one.history]
    arrivals = sorted({at for at, order in versions if now.known.missed(instant(at), order)})
    came = [now.known.from_then(at) for at in arrivals[-1:]]
    said = [given.said.get(f"interview:{one.key}", ()) for one in given.of("interview")]
    came += [moment(corrected_at) for some in said if (corrected_at := _corrected_at(some, now.known.at))]
    if not came or now.left_seen is None:
        return
    every = sorted({at for at, _order in versions}) if arrivals else []
    before = {one.at: one for one in stood_at(given, case, every[1:])}
    for at, following in pairwise(every):
        stood = before.get(following) if at in arrivals else None
        if stood and _unseen_at_end(now, stood.level, stood.reasons, case.rules):
            yield now.known.from_then(at), stood.level
    if documented:
        last = triage(rating.facts_of(documented, case.rules))
        if _unseen_at_end(now, last.level, last.reasons, case.rules):
            yield min(came), last.level


def _unseen_at_end(now: CaseNow, level: Urgency, reasons: tuple[Reason, ...], rules: Ruleset) -> bool:
    """Tell whether a rating says what nobody had seen when the case was left; never of a decision of an earlier version."""
    return now.left_seen is not None and _above(level, reasons, now.left_seen, now.left_reasons, rules)


def _above(
    level: Urgency, reasons: tuple[Reason, ...], seen: str, known: Seen | None, rules: Ruleset
) -> bool:
    """Tell whether a rating that one person does not set aside is above all that was known, or so for another reason."""
    by_two = rules.override.dismiss.second_person_levels
    if level not in by_two:
        return False
    alone = max((one for one in rules.levels if one.code not in by_two), key=lambda one: one.rank)
    return rules.rank(level) > rules.rank(seen) or unseen(alone.code, known, reasons, rules)


def _is_new(at: datetime, one: Verdict, now: AlertNow, filed: Filed, rules: Ruleset) -> bool:
    """Tell whether a version is more urgent than all that was known when the alert was set aside, or so for another reason."""
    if now.ended_seen is None:  # an earlier version did not say what was known: what had come by then
        late = instant(at) > (now.ended_at or "")
        return late and _above(one.level, (), _known(now, filed, rules), None, rules)
    return _above(one.level, one.reasons, now.ended_seen, now.ended_reasons, rules)


def _known(now: AlertNow, filed: Filed, rules: Ruleset) -> str:
    came = [one.level for at, one in ratings(filed, ()) if instant(at) <= (now.ended_at or "")]
    return highest(came) or rules.levels[-1].code


def _corrected_at(events: Sequence[Event], since: str) -> str | None:
    """Return when the first correction was made since an instant: with it the first version can have become another one."""
    return next((one.at for one in events if one.op in {CORRECT, RESTORE} and one.at > since), None)
