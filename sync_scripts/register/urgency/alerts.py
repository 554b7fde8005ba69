"""Urgency as a measure of the one policy, and how urgent an alert is: its versions, their corrections, and what was decided about it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import msgspec

from sync_scripts.register.case.form_versions import Step, collected, course
from sync_scripts.register.case.tasks import ended_by_decision
from sync_scripts.register.case.triage import Verdict, verdict_of
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.corrections import CHANGES, corrected
from sync_scripts.register.lifecycle.replay import AlertNow
from sync_scripts.register.policy.measure import Decision, Measure, Reason, Statement
from sync_scripts.register.policy.standing import Standing
from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.register.rules.ruleset import Rule, Ruleset, load
from sync_scripts.store.events import Event

Seen = Mapping[str, int]
"""What the rules said when a level was decided: the points that each rule added, by its id."""


_TODAY: Final = frozenset({"danger_now", "perp_near", "retaliation_risk", "suicide_risk"})
"""What an assessment says of the day on which it was made: a later one replaces it."""


@cache
def urgency() -> Measure:
    """Return how urgency is read by the rules in force."""
    rules = load()
    levels = sorted(rules.levels, key=lambda one: one.rank)
    by_two = rules.override.dismiss.second_person_levels

    def above(level: str, known: Seen, said: Sequence[Reason]) -> bool:
        return unseen(level, known, said, rules)

    return Measure(
        levels=tuple(one.code for one in levels),
        alone=[one.code for one in levels if one.code not in by_two][-1],
        replaced=frozenset(rule.id for rule in rules.rules if _fields(rule) and _fields(rule) <= _TODAY),
        above=above,
    )


class _Stored(msgspec.Struct, frozen=True):
    rules: tuple[Reason, ...]


def read(stored: str | None) -> tuple[Reason, ...]:
    """Return reasons from how the register keeps them; none of what was never rated, or is erased."""
    return msgspec.json.decode(stored, type=_Stored).rules if stored else ()


def seen_of(found: Iterable[Iterable[Reason]]) -> dict[str, int]:
    """Return what is kept with a decision of the reasons of an alert, or of a case and its alerts: the most points of each rule."""
    seen: dict[str, int] = {}
    for reason in (one for reasons in found for one in reasons):
        seen[reason.id] = max(reason.points, seen.get(reason.id, reason.points))
    return seen


def unseen(decided: str, seen: Seen, reasons: Iterable[Reason], rules: Ruleset) -> bool:
    """Tell whether some reasons say something new that is above a decided level.

    Args:
        decided: the level.
        seen: what the rules said then.
        reasons: of one rating, as it is by now.
        rules: where floors and points lead.
    """
    now = tuple(reasons)
    ground = rules.rank(decided)
    score = max(rules.score.min, min(rules.score.max, sum(one.points for one in now)))
    by_score = max(level.rank for level in rules.levels if score >= level.min_score or level.rank == 0)
    grown = (one for one in now if one.points > max(0, seen.get(one.id, 0)) and not _counts(one, rules))
    found = [one for one in now if one.id not in seen and one.floor and rules.rank(one.floor) > ground]
    found += grown if by_score > ground else ()
    return any(not milder(one, seen, rules) for one in found)


def _counts(reason: Reason, rules: Ruleset) -> bool:
    """Tell whether a rule adds points by a table: how many people, how long ago."""
    rule = rules.rule(reason.id)
    return rule is not None and rule.points_by is not None


def milder(reason: Reason, seen: Collection[str], rules: Ruleset) -> bool:
    """Tell whether a rule that had applied says the same of the same answers, and more strongly."""
    mine = rules.rule(reason.id)
    others = (one for name in seen if name != reason.id and (one := rules.rule(name)) is not None)
    return mine is not None and any(_stronger(one, mine, rules) for one in others)


def _stronger(one: Rule, other: Rule, rules: Ruleset) -> bool:
    """Tell whether of two rules only one can apply, by a single choice that both read, and the one weighs more."""
    asked = _fields(one)
    if asked != _fields(other) or asked.isdisjoint(rules.inputs.scalars):
        return False
    return _weight(one, rules) > _weight(other, rules)


def _fields(rule: Rule) -> frozenset[str]:
    return frozenset(condition.field for condition in (*rule.all, *rule.any))


def _weight(rule: Rule, rules: Ruleset) -> tuple[int, int]:
    return (rules.rank(rule.floor) if rule.floor is not None else -1, rule.points)


_TRIAGED: Final = "alert.triage"
_LEAVES: Final = frozenset({"alert.dismiss", "alert.duplicate", "alert.refer"})


def standing_of_alert(filed: Filed, events: Sequence[Event], now: AlertNow) -> Standing:
    """Return how urgent an alert is, by its forms and by decision, and what nobody has decided on.

    Args:
        filed: its submission, as it is corrected.
        events: what was decided about it, in order.
        now: where that brought it.
    """
    last = verdict_of(filed.one("alert"))
    if len(filed.history) == 1 and not any(one.op in CHANGES for one in events):  # as nearly all are
        at = filed.received[0]
        only = Statement(filed.key, 1, at.date().isoformat(), at, filed.number, last)
        return Standing([only], list(_decisions(events, now)), urgency(), lambda _places: last)
    steps = list(_course(filed, events))
    placed = {step.made.place: step.by_now for step in steps}

    def rate(places: Mapping[str, int]) -> Verdict:
        return _rated(placed[places[filed.key]]) if places else last

    return Standing(list(map(_stated, steps)), list(_decisions(events, now)), urgency(), rate)


def levels_ever(filed: Filed, events: Sequence[Event]) -> Iterator[Verdict]:
    """Yield how the rules rate each version of an alert, as it came and as it was corrected."""
    for step in course(corrected(filed, events), events, ""):
        yield from (verdict_of(one.one("alert")) for one in (step.came, step.by_now))


def alert_statements(filed: Filed, events: Sequence[Event]) -> Iterator[Statement]:
    """Yield what each version of an alert says, and each correction."""
    yield from map(_stated, _course(filed, events))


def _course(filed: Filed, events: Sequence[Event]) -> Iterator[Step]:
    return course(filed, events, filed.received[0].date().isoformat())


def _stated(step: Step) -> Statement:
    until = [(at, _rated(one)) for at, one in step.until]
    said = mildest(_rated(step.by_now), until[0][1] if until else None)
    before = tuple((at, mildest(said, one)) for at, one in until)
    return msgspec.structs.replace(step.made, said=said, until=before)


def _rated(version: Filed) -> Verdict:
    """Return how the rules rate a version of an alert; one that refused asked nothing. A refusal typed since takes back no danger."""
    records = collected(version).records
    refused = any(one.fields.get("consent_state") == "refused" for one in records if one.entity == "alert")
    return NOTHING_SAID if refused else verdict_of(version.one("alert"))


NOTHING_SAID: Final = Verdict(level="low", reasons=(), score=0, severity=0)
"""Of what nothing can be rated."""


def mildest(by_now: Verdict, then: Verdict | None) -> Verdict:
    """Return what holds of both ratings of one form, as it is corrected by now and as it stood: of two forms of a reason the milder."""
    if then is None or then == by_now:
        return by_now
    points = {one.id: one.points for one in then.reasons}
    both = [
        msgspec.structs.replace(one, points=min(one.points, points.get(one.id, one.points)))
        for one in by_now.reasons
        if one.id in points or milder(one, points, load())
    ]
    now = {one.id for one in by_now.reasons}
    both += [one for one in then.reasons if one.id not in now and milder(one, now, load())]
    level = min((by_now.level, then.level), key=urgency().rank)
    return msgspec.structs.replace(by_now, level=level, reasons=tuple(both))


def told_away(events: Sequence[Event], left_at: str) -> list[Event]:
    """Return the decisions since an instant by which a receiver was told of danger: what they knew is no news any more."""
    stand = ended_by_decision(events)
    mine = (one for one in events if one.op == "task.done" and one.payload.get("kind") == AWAY)
    return [one for one in mine if one.at > left_at and stand.get(one.payload["task"]) == one.at]


def level_decided(events: Iterable[Event]) -> Decision | None:
    """Return the last decision on the level of an alert that stands, with what it had read; None where the rules count."""
    last = None
    for event in events:
        if event.op == _TRIAGED:
            last = _of_triage(event, last)
    return last if last is not None and last.level is not None else None


def _of_triage(event: Event, before: Decision | None) -> Decision | None:
    """Return what stands after a triage; one that gives the alert to somebody, or carries along a level, has read nothing anew."""
    level = event.payload.get("urgency")
    if level is not None and event.payload.get("carried"):
        return Decision(before.known if before is not None else Known("", 0), level)
    if level is None and event.payload.get("was") == "triaged":
        return before
    return Decision(Known.of(event), level)


def _decisions(events: Sequence[Event], now: AlertNow) -> Iterator[Decision]:
    """Yield what was decided on the level of an alert and where it went, with what each decision had read.

    Whoever sets it aside decides on no level: the one that counted then stays.
    """
    last: Decision | None = None
    for event in events:
        if event.op == _TRIAGED:
            before, last = last, _of_triage(event, last)
            if last is not None and last is not before:
                yield last
        elif event.op in _LEAVES and now.ended_at == event.at:
            left = event.payload["urgency"] if last is not None and last.level is not None else None
            yield Decision(Known.of(event), left, works=False)
            for told in told_away(events, event.at):
                yield Decision(Known.of(told), left, works=False, told=True)
