"""What a documented case says of its urgency, its risk and how closely it must be kept. Pure.

Triage runs again over the whole case: all acts, all people, the last assessment. It is asked as of the last form that
could change the answer (an interview, or a follow-up that reports a growing risk), never as of today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sync_scripts.register import clocks
from sync_scripts.register.ages import child
from sync_scripts.register.output import RowOf
from sync_scripts.register.ruleset import Ruleset, violations
from sync_scripts.register.triage import Facts
from sync_scripts.store.canonical import moment

__all__ = ["DEFAULT", "Documented", "confidentiality", "facts_of", "grave", "grave_alert", "risk"]

DEFAULT: Final = "C3"
"""How closely a case is kept while nobody has asked for anything, and at least where it must be."""

_CHILDREN: Final = frozenset({"girl", "boy"})
_BANDS: Final = ((1, "1"), (5, "2_5"), (20, "6_20"), (100, "21_100"))
_HELD: Final = ((24, "lt24"), (48, "24_48"), (144, "2_6d"))
_SAW: Final = frozenset({"self_observed", "witness"})
_SAID: Final = {"unknown_day": len("2026-11"), "unknown_month": len("2026")}
"""How sure a day is that nobody knows -> how much of the date was said."""
_NEAR: Final = frozenset({"now", "today", "yesterday", "week"})
"""Answers to "when" that count for more than none."""
_STEPS: Final = ("low", "medium", "high")


@dataclass(slots=True)
class Documented:
    """The rows of a case that triage reads, and as of when it is asked."""

    as_of: datetime
    acts: Sequence[RowOf] = ()
    people: Sequence[RowOf] = ()
    incidents: Sequence[RowOf] = ()
    detentions: Sequence[RowOf] = ()
    information: Sequence[RowOf] = ()
    authors: Sequence[RowOf] = ()
    assessments: Sequence[RowOf] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether anything was documented that can be rated."""
        return bool(self.acts or self.incidents or self.assessments)


def facts_of(case: Documented, rules: Ruleset) -> Facts:
    """Return what triage may know of a documented case."""
    last: Mapping[str, Any] = case.assessments[-1] if case.assessments else {}
    known = [row["violation"] for row in case.acts if row["violation"]]
    return Facts(
        violation=frozenset(known),
        victim_kind=frozenset(row["kind"] for row in case.people),
        special=frozenset(_special(case.people, last)),
        danger_now=_danger(last),
        victim_count=_band(case.people),
        when_rel=_when(case, rules),
        hours_since=_hours_since(case, rules) if _clinical(known, rules) else "",
        held_since=_held(case),
        perp_near=last.get("perp_near") or "",
        retaliation_risk=last.get("retaliation_risk") or "",
        suicide_risk=last.get("suicide_risk") or "",
        info_source=_source(case.information),
    )


def _day_known(row: RowOf) -> bool:
    return row["date"] is not None and row["date_precision"] not in _SAID


def _special(people: Iterable[RowOf], assessment: Mapping[str, Any]) -> Iterable[str]:
    for row in people:
        if row["uasc"] in {"unaccompanied", "separated"}:
            yield "uasc"
        if row["pregnant"] == "yes":
            yield "pregnant"
        if set((row["disability"] or "").split()) - {"none", "prefer_not"}:
            yield "disability"
        if row["age_band"] == "60p":
            yield "older"
        if row["current_status"] == "injured":
            yield "injured"
    if assessment.get("health_now") == "yes":
        yield "injured"


def _danger(assessment: Mapping[str, Any]) -> str:
    """Danger now if the threats go on and the author is near; no if neither; else nobody knows."""
    if not assessment:
        return ""
    both = {assessment.get("threats_continue"), assessment.get("perp_near")}
    return next(iter(both)) if both in ({"yes"}, {"no"}) else "unknown"


def _band(people: Sequence[RowOf]) -> str:
    if not people:
        return ""
    count = sum(row["group_size"] or 1 for row in people)
    return next((band for most, band in _BANDS if count <= most), "100p")


def _when(case: Documented, rules: Ruleset) -> str:
    """Return when the latest facts were; nothing where others, whose day nobody knows, may be nearer than a week ago."""
    day = _latest(case.incidents)
    if day is None:
        return ""
    said = clocks.relative(date.fromisoformat(day), clocks.local_day(case.as_of, rules))
    return said if said in _NEAR or not _perhaps_later(case.incidents, day) else ""


def _latest(incidents: Iterable[RowOf]) -> str | None:
    return max((row["date"] for row in incidents if _day_known(row)), default=None)


def _perhaps_later(incidents: Iterable[RowOf], day: str) -> bool:
    """Tell whether facts whose day nobody knows can be later than a day: in the month, or the year, that was said."""
    hidden = (row for row in incidents if not _day_known(row))
    return any(
        row["date"] is None
        or row["date"][: _SAID[row["date_precision"]]] >= day[: _SAID[row["date_precision"]]]
        for row in hidden
    )


def _clinical(known: Iterable[str], rules: Ruleset) -> bool:
    return not _limited(rules).isdisjoint(known)


def _limited(rules: Ruleset) -> set[str]:
    return {code for one in rules.clinical.values() for code in one.applies_to}


def _hours_since(case: Documented, rules: Ruleset) -> str:
    """Return the band of hours since the latest act whose day is known; the shortest reading.

    Nothing where one of which nobody knows the day, and that medicine sets a limit to, may be later.
    """
    of = {row["incident_id"] for row in case.acts if row["violation"] in _limited(rules)}
    latest = _latest(case.incidents)
    if latest is not None and _perhaps_later(
        (row for row in case.incidents if row["incident_id"] in of), latest
    ):
        return ""
    known = [
        clocks.act_time(date.fromisoformat(row["date"]), row["time_of_day"], rules)
        for row in case.incidents
        if _day_known(row)
    ]
    if not known:
        return ""
    limits = sorted(one.limit_h for one in rules.clinical.values())
    passed = case.as_of - max(known)
    if passed < timedelta(hours=limits[0]):
        return "lt72"
    return "72_120" if passed <= timedelta(hours=limits[-1]) else "gt120"


def _held(case: Documented) -> str:
    """Return how long the longest custody that still goes on has lasted; unknown where nobody knows since when one does."""
    going_on = [
        row["arrested_at"]
        for row in case.detentions
        if not row["released_on"] and not row["prosecutor_seen_on"]
    ]
    if not going_on:
        return ""
    if None in going_on:
        return "unknown"
    hours = (case.as_of - min(map(moment, going_on))) / timedelta(hours=1)
    return next((band for most, band in _HELD if hours <= most), "gt6d")


def _source(information: Iterable[RowOf]) -> str:
    relations = {row["relation"] for row in information if row["relation"]}
    if relations & _SAW:
        return "saw"
    if "victim" in relations:
        return "victim"
    return "third" if relations else ""


# --- risk and confidentiality -------------------------------------------------------------------------------------


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


def confidentiality(
    asked: Iterable[str | None], case: Documented, alerts: Iterable[Mapping[str, Any]]
) -> str:
    """Return how closely a case is kept: what its interviews asked, and never less than C3 where it must be.

    C3 at least for gender-based violence, a child, or an author who serves the State, in the facts or in an alert; C3
    also while nobody has asked for anything.
    """
    wished = max((one for one in asked if one), default=DEFAULT)
    asks = grave(case.acts, case.people, case.authors) or any(grave_alert(alert) for alert in alerts)
    return max(wished, DEFAULT) if asks else wished


def grave(acts: Iterable[RowOf], people: Iterable[RowOf], authors: Iterable[RowOf]) -> bool:
    """Tell whether facts ask for C3: gender-based violence, a child, or an author who serves the State."""
    known = violations()
    return (
        any(row["violation"] in known and known[row["violation"]].group == "gbv" for row in acts)
        or any(row["kind"] in _CHILDREN or child(row) for row in people)
        or any((row["actor"] or "").startswith("state_") for row in authors)
    )


def grave_alert(alert: Mapping[str, Any]) -> bool:
    """Tell the same of an alert."""
    icons = set((alert["icons"] or "").split())
    kinds = set((alert["victim_kind"] or "").split())
    return bool(icons & {"sexual", "child"} or kinds & _CHILDREN) or alert["actor_kind"] == "state"
