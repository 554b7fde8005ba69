"""Triage: from what an alert or a case says to a level, a score and the reasons. Pure; decides nothing for a person.

The same facts under the same ruleset always give the same result. A floor never changes the score. What a person
decides later lies beside the result and never replaces it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import msgspec

from sync_scripts.register.policy.measure import Rating, Reason
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import Condition, Rule, Ruleset, Urgency, load, violations
from sync_scripts.store.canonical import canonical

__all__ = ["Facts", "Verdict", "highest", "reasons_in_words", "triage"]


class Facts(msgspec.Struct, frozen=True):
    """What triage may know, in the codes of the lists; empty means not asked or not answered."""

    alert_icon: frozenset[str] = frozenset()
    violation: frozenset[str] = frozenset()
    victim_kind: frozenset[str] = frozenset()
    special: frozenset[str] = frozenset()
    danger_now: str = ""
    victim_count: str = ""
    when_rel: str = ""
    hours_since: str = ""
    held_since: str = ""
    perp_near: str = ""
    retaliation_risk: str = ""
    suicide_risk: str = ""
    info_source: str = ""


class Verdict(Rating, frozen=True):
    """A rating with its score (0 to 100) and severity (0 to 5); its reasons are the rules that applied, in the order of the file."""

    score: int
    severity: int

    def stored(self) -> str:
        """Return the reasons as the register keeps them: ids, points and floors, no texts."""
        rules = [{"id": one.id, "points": one.points, "floor": one.floor} for one in self.reasons]
        return canonical({"rules": rules, "severity": self.severity})


@lru_cache(maxsize=2048)
def triage(facts: Facts) -> Verdict:
    """Rate facts by the rules in force."""
    return _in_force().rate(facts)


def rate(facts: Facts, rules: Ruleset) -> Verdict:
    """Rate facts by given rules."""
    return _Scale(rules).rate(facts)


@cache
def _in_force() -> _Scale:
    return _Scale(load())


class _Scale:
    """A ruleset made ready: levels in order, and each rule with what it said of the values that it has seen."""

    def __init__(self, rules: Ruleset) -> None:
        self.rules = rules
        self.downwards = sorted(rules.levels, key=lambda level: -level.rank)
        self.ranks: dict[str, int] = {level.code: level.rank for level in rules.levels}
        self.steps = [_Step(rule) for rule in rules.rules]

    def rate(self, facts: Facts) -> Verdict:
        rules, severity = self.rules, self._severity(facts)
        said = {**msgspec.structs.asdict(facts), "severity": severity}
        applied = [step.reason(step.pick(said)) for step in self.steps]
        reasons = tuple(reason for reason in applied if reason is not None)
        total = sum(reason.points for reason in reasons)
        score = max(rules.score.min, min(rules.score.max, total))
        by_score = next(one.code for one in self.downwards if score >= one.min_score or one.rank == 0)
        floors = [reason.floor for reason in reasons if reason.floor is not None]
        return Verdict(max([by_score, *floors], key=self.ranks.__getitem__), reasons, score, severity)

    def _severity(self, facts: Facts) -> int:
        unknown = self.rules.severity.unknown_code
        icons = [self.rules.severity.alert_icon.get(icon, unknown) for icon in facts.alert_icon]
        known = violations()
        acts = [known[code].severity if code in known else unknown for code in facts.violation]
        return max([*icons, *acts], default=0)


class _Step:
    """One rule. What it says depends on the few values that it reads, so it is asked once for each."""

    def __init__(self, rule: Rule) -> None:
        read = [condition.field for condition in (*rule.all, *rule.any)]
        read += [rule.points_by.field] if rule.points_by else []
        self.rule = rule
        self.fields = tuple(dict.fromkeys([*read, "severity"]))
        self.pick = itemgetter(*self.fields, "severity")  # twice, so that it is always a tuple
        self.reason = lru_cache(maxsize=1024)(self._reason)

    def _reason(self, values: tuple[Any, ...]) -> Reason | None:
        rule, said = self.rule, dict(zip(self.fields, values, strict=False))
        if not all(_holds(one, said[one.field]) for one in rule.all):
            return None
        if rule.any and not any(_holds(one, said[one.field]) for one in rule.any):
            return None
        points = rule.points + rule.points_per_severity * said["severity"]
        if rule.points_by is not None:
            points += rule.points_by.table.get(said[rule.points_by.field], rule.points_by.default)
        return Reason(rule.id, points, rule.floor) if points or rule.floor else None


def _holds(condition: Condition, value: Any) -> bool:
    if condition.min is not None:
        return int(value) >= condition.min
    if condition.empty:
        return not value
    if not value:
        return condition.missing
    codes = {value} if isinstance(value, str) else value
    return not codes.isdisjoint(condition.among or ())


def highest(levels: Sequence[str]) -> Urgency | None:
    """Return the most urgent of several levels, None of none."""
    return next((one.code for one in _in_force().downwards if one.code in levels), None)


_AT_LEAST = {"fr": "au moins", "en": "at least"}


def reasons_in_words(stored: str, language: str) -> list[tuple[str, str]]:
    """Return (rule id, sentence) of stored reasons, in French (``fr``) or English (``en``).

    Behind the sentence stand the points that the rule added, and the level under which it lets nothing fall. A rule
    that the file in force does not know is shown by its id alone.
    """
    kept = msgspec.json.decode(stored)
    sentences = []
    for reason in kept["rules"]:
        rule = load().rule(reason["id"])
        text = getattr(rule, language).format(severity=kept["severity"]) if rule is not None else reason["id"]
        added = [f"{reason['points']:+d}"] if reason["points"] else []
        if reason["floor"]:
            added.append(f"{_AT_LEAST[language]} {label('urgency', reason['floor'], language)}")
        sentences.append((reason["id"], f"{text} ({', '.join(added)})"))
    return sentences
