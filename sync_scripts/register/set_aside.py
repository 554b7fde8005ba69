"""An alert that was set aside, or a case that was closed or handed over, and of which a form then tells of danger. Pure.

Set aside is an alert that was dismissed, found a duplicate, or referred out. Nothing is reopened by rule: only a person takes a
dismissal or a closure back. But a danger that nobody had seen then reaches a person within a first contact of its level, as that of a new alert does; until somebody decides it stands on the page
of the day. What was known, and what one person may dismiss alone, is a remark and asks nobody to come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec

from sync_scripts.register import clocks, rating
from sync_scripts.register.arrivals import Known
from sync_scripts.register.before_edits import stood_at
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import CORRECT, RESTORE, corrected
from sync_scripts.register.edited_no import verdict_of
from sync_scripts.register.lifecycle import AlertNow, CaseNow
from sync_scripts.register.output import Case
from sync_scripts.register.risen_now import BETWEEN, SET_ASIDE
from sync_scripts.register.rising import only
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.submissions import Filed, by_entity
from sync_scripts.register.tasks import AlertTimes, task
from sync_scripts.register.triage import Reason, Verdict, highest, triage
from sync_scripts.register.unseen import Seen, unseen
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["left_tasks", "ratings", "set_aside_tasks"]


def ratings(filed: Filed, events: Sequence[Event]) -> Iterator[tuple[datetime, Verdict]]:
    """Yield how the rules rate each version of an alert, with the corrections that some events lay over it, and when it came."""
    for at, reading in filed.history:
        one = msgspec.structs.replace(filed, reading=reading, records=by_entity(reading), corrections=())
        yield at, verdict_of(corrected(one, events).one("alert"))


def set_aside_tasks(
    times: AlertTimes, filed: Filed, now: AlertNow, events: Sequence[Event], rules: Ruleset
) -> Iterator[dict[str, Any]]:
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
    found = [(at, one) for at, one in ratings(filed, events) if _is_new(at, one, now, filed, rules)]
    level = highest([one.level for _at, one in found])
    if level is None:
        return
    last = moment(_corrected_at(events, now.ended_at) or now.ended_at)
    ended = moment(now.ended_at)  # a server may have had it before
    since = min(max(at, ended) if at > filed.received[0] else last for at, _one in found)
    due_at = clocks.due(level, since, rules).contact
    yield task(
        times.number,
        times.subject,
        SET_ASIDE,
        due_at,
        origin=BETWEEN.join((SET_ASIDE, level, now.state, now.ended_at)),
        escalated_at=clocks.escalation(level, since, due_at, rules),
        done_at=times.stopped_at,
        assigned_to=times.assigned_to,
    )


def left_tasks(
    given: CaseInput, now: CaseNow, documented: rating.Documented, case: Case
) -> Iterator[dict[str, Any]]:
    """Yield the same of a case that was closed or handed over: an interview came since, or one of before or an alert was edited.

    A new interview tells how things are today, so its danger counts whatever was known; an edit as it does of an alert.

    Args:
        given: what the case is made of.
        now: where its events brought it.
        documented: the rows that triage reads.
        case: where they belong, with the rules: which levels one person does not decide on alone, and how long a first contact may take.
    """
    if now.left_at is None or now.state not in {"closed", "transferred"}:
        return
    rules = case.rules
    came = [
        *_new_since(given, documented, now.known, rules),
        *_alerts_since(given, now, rules),
        *_said_since(given, now, documented, case),
    ]
    level = highest([one for _at, one in came])
    if level is None:
        return
    since = min(at for at, _one in came)
    due_at = clocks.due(level, since, rules).contact
    yield task(
        given.first,
        given.unit,
        SET_ASIDE,
        due_at,
        origin=BETWEEN.join((SET_ASIDE, level, now.state, now.left_at)),
        escalated_at=clocks.escalation(level, since, due_at, rules),
        assigned_to=now.owner,
    )


_Came = tuple[datetime, Urgency]
"""When danger came, and its level."""


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
    """Yield which alerts were edited since and tell what nobody had seen, also where a later version says so no more."""
    for one in given.alerts:
        filed = given.edited.get(one["filing_no"])
        if filed is None or not one["urgency"]:
            continue
        for at, verdict in ratings(filed, given.said.get(f"alert:{filed.key}", ())):
            came = now.known.missed(instant(at), filed.arrival(at))
            if came and _unseen_at_end(now, verdict.level, verdict.reasons, rules):
                yield now.known.from_then(at), verdict.level


def _said_since(given: CaseInput, now: CaseNow, documented: rating.Documented, case: Case) -> Iterator[_Came]:
    """Yield when the interviews came to tell what nobody had seen, also where a later version or interview says so no more."""
    versions = [(at, one.arrival(at)) for one in given.of("interview") for at, _reading in one.history]
    arrivals = sorted({at for at, order in versions if now.known.missed(instant(at), order)})
    if not arrivals or now.left_seen is None:
        return
    every = sorted({at for at, _order in versions})
    before = {one.at: one for one in stood_at(given, case, every[1:])}
    for at, following in pairwise(every):
        stood = before.get(following) if at in arrivals else None
        if stood and _unseen_at_end(now, stood.level, stood.reasons, case.rules):
            yield now.known.from_then(at), stood.level
    if documented:
        last = triage(rating.facts_of(documented, case.rules))
        if _unseen_at_end(now, last.level, last.reasons, case.rules):
            yield now.known.from_then(arrivals[-1]), last.level


def _unseen_at_end(now: CaseNow, level: Urgency, reasons: tuple[Reason, ...], rules: Ruleset) -> bool:
    """Tell whether a rating says what nobody had seen when the case was left; never of a decision of an earlier version."""
    return now.left_seen is not None and _above(level, reasons, now.left_seen, now.left_reasons, rules)


def _above(
    level: Urgency, reasons: tuple[Reason, ...], seen: str, known: Seen | None, rules: Ruleset
) -> bool:
    """Tell whether a rating that one person does not set aside is more urgent than all that was known, or so for another reason."""
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
