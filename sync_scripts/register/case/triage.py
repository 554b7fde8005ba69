"""Triage: from what an alert or a case says to a level, a score and the reasons; and the risk that is said of a case. Pure.

The same facts under the same ruleset always give the same result. A floor never changes the score. What a person
decides later lies beside the result and never replaces it. Of a form that was edited the worst that any of its versions said of
the risk counts, until a person corrects it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, Final

import msgspec

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.flags import raised
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.forms.submissions import Filed, once
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.corrections import corrected, subject_of
from sync_scripts.register.lifecycle.replay import CaseNow
from sync_scripts.register.policy.measure import Rating, Reason
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import Condition, Rule, Ruleset, Urgency, load, violations
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables


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


def facts_of(row: dict[str, Any]) -> Facts:
    """Return what triage may know of an alert."""
    return Facts(
        alert_icon=_codes(row["icons"]),
        victim_kind=_codes(row["victim_kind"]),
        special=_codes(row["special"]),
        danger_now=row["danger_now"] or "",
        victim_count=row["victim_count"] or "",
        when_rel=row["when_rel"] or "",
        hours_since=row["hours_since"] or "",
        held_since=row["held_since"] or "",
        info_source=row["info_source"] or "",
    )


def _codes(text: str | None) -> frozenset[str]:
    return _few(text) if text is None or len(text) < 100 else frozenset(text.split())


@lru_cache(maxsize=1024)
def _few(text: str | None) -> frozenset[str]:
    """Return the same set for the same choices, so that what is remembered of them takes little room."""
    return frozenset(text.split()) if text else frozenset()


def level_of(record: Record | None) -> str:
    """Return the level that the rules give to what an alert says."""
    return verdict_of(record).level


def verdict_of(record: Record | None) -> Verdict:
    """Return how the rules rate what an alert says."""
    row = shape(tables.alert).row(record.fields if record is not None else {}, [])
    return triage(facts_of(row))


_STEPS: Final = ("low", "medium", "high")
Heard = tuple[str, str | None]
_ASKED: Final = {
    "interview": ("assessment", "retaliation_risk", "level"),
    "followup": ("followup", "risk_change", "change"),
}
"""Kind of a form -> the entity and field that tell of the risk, and as what."""
_WORSE: Final[Mapping[str, Sequence[str]]] = {
    "level": ("", "low", "medium", "unknown", "high"),
    "change": ("", "down", "same", "unknown", "up"),
}
"""Answers from the best to the worst; none at all says nothing."""


def risk_of(given: CaseInput, now: CaseNow) -> tuple[str | None, list[RowOf]]:
    """Return the risk that stands in a case, and a flag with both values where an edit alone would have lowered it.

    Args:
        given: what the case is made of.
        now: where its events brought the case.
    """
    stands = risk(risks(given.filed, given.said, now))
    edited = [one for one in given.filed if one.kind in _ASKED and one.versions > 1]
    said = risk(risks(given.filed, given.said, now, ever=False)) if edited else stands
    if said == stands:
        return stands, []
    at = instant(max(one.received[1] for one in edited))
    return stands, [raised(given.first, at, given.unit, "risk_kept", stands or "", now=said or "")]


Answered = tuple[str, str, str]
"""When a form arrived, as text; what its answer tells of the risk, and the answer."""
Said = Mapping[str, Sequence[Event]]
"""What was decided about submissions, by subject."""


def risks(filed: Iterable[Filed], decided: Said, now: CaseNow, *, ever: bool = True) -> Iterator[Heard]:
    """Yield what assessments and follow-ups say of the risk, and that of each case that was merged into this one.

    Of a form that was edited the worst that any of its versions said counts, until a person corrects it: no risk falls by an
    edit alone.

    Args:
        filed: the submissions of the case by arrival.
        decided: what was decided about them, by subject; a correction lies over every version.
        now: where its events brought the case.
        ever: False for what the forms say by now.
    """
    said: list[tuple[str, str, str | None]] = []
    for one in filed:
        if one.kind not in _ASKED:
            continue
        if not ever or len(one.history) == 1:  # as nearly all are
            said += _answer(one)
        else:
            every = [*_earlier(one, decided.get(subject_of(one), ())), *_answer(one)]
            said += [max(every, key=_badness)] if every else []
    said += [(at, "at_least", risk) for at, _code, _level, risk in now.took]
    yield from ((kind, value) for _at, kind, value in sorted(said, key=lambda one: one[0]))


def risk(said: Iterable[tuple[str, str | None]]) -> str | None:
    """Return the risk that stands after assessments and follow-ups, in the order in which they arrived.

    Args:
        said: (``level``, what an assessment found), (``change``, what a follow-up reports) or (``at_least``, the risk of a
            case that was merged into this one).
    """
    level: str | None = None
    for kind, value in said:
        if kind == "level":
            level = value or level
        elif kind == "at_least":
            level = max((one for one in (level, value) if one), key=_weight, default=None)
        elif value in {"up", "down"}:
            level = _stepped(level, value)
    return level


def _weight(level: str) -> int:
    """Return how bad a risk is; one of which nobody knows how high it is counts as the worst."""
    return _STEPS.index(level) if level in _STEPS else len(_STEPS)


def _stepped(level: str | None, change: str) -> str:
    if level not in _STEPS:
        return "high" if change == "up" else "unknown"
    place = _STEPS.index(level) + (1 if change == "up" else -1)
    return _STEPS[max(0, min(place, len(_STEPS) - 1))]


def _earlier(one: Filed, said: Sequence[Event]) -> Iterator[Answered]:
    """Yield what the versions of a form answered that are not read."""
    for _at, reading in one.history:
        if reading is not one.reading:
            yield from _answer(corrected(one.showing(reading), said))


def _badness(answered: Answered) -> int:
    _at, heard, said = answered
    return _WORSE[heard].index(said)


@once
def _answer(one: Filed) -> Sequence[Answered]:
    """Return the answer of a form, empty when it says nothing of it that its list knows; nothing where it has no such part."""
    entity, field, heard = _ASKED[one.kind]
    record = one.one(entity)
    if record is None:
        return ()
    said = record.fields.get(field, "")
    known = isinstance(said, str) and said in _WORSE[heard]
    return ((instant(one.received[0]), heard, str(said) if known else ""),)
