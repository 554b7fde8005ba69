"""Urgency as a measure of the one policy: which of two ratings is worse, and which reasons say something new. Pure.

The same level can come from another danger: whoever decided that a threat of today is not critical has not decided so of a
rape. A reason counts as new if its rule did not apply when the level was decided, or adds more points by now, and if by
itself, or with the points where these alone reach so far, it lets the level be no lower than above what was decided. A
milder form of what was seen is nothing new: that the hours for care have passed since, that danger is no longer certain.
Neither is how many people and which day alone: a second interview about the same facts counts one person more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Final

import msgspec

from sync_scripts.register.policy.measure import Measure, Reason
from sync_scripts.register.rules.ruleset import Rule, Ruleset, load

__all__ = ["Seen", "milder", "read", "seen_of", "unseen", "urgency"]

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
