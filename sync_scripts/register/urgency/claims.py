"""What one version of an interview says of the urgency of its case, in a form that adds up. Pure.

What many interviews say is what each says, merged: a step that costs the same however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any, Final

import msgspec
from sqlalchemy import Select, Table, select

from sync_scripts.register.case.custody import believed
from sync_scripts.register.case.triage import Facts, Verdict, reasons_in_words, triage
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.history.corrections import held_since
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset, load
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

_BANDS: Final = ((1, "1"), (5, "2_5"), (20, "6_20"), (100, "21_100"))
_HELD: Final = ((24, "lt24"), (48, "24_48"), (144, "2_6d"))
_SAW: Final = frozenset({"self_observed", "witness"})
_SAID: Final = {"unknown_day": len("2026-11"), "unknown_month": len("2026")}
"""How sure a day is that nobody knows -> how much of the date was said."""
_NEAR: Final = frozenset({"now", "today", "yesterday", "week"})
"""Answers to "when" that count for more than none."""


READ: Final = (
    tables.act,
    tables.person,
    tables.incident,
    tables.detention,
    tables.information,
    tables.assessment,
    tables.flag,
)
"""Tables whose rows say how urgent a case is."""


class Hidden(msgspec.Struct, frozen=True):
    """Facts whose day nobody knows: the latest month and year that were said, and whether of some not even that is known."""

    month: str = ""
    year: str = ""
    nothing: bool = False

    def perhaps_after(self, day: str) -> bool:
        """Tell whether one of them can be later than a day: in the month, or the year, that was said."""
        return (
            self.nothing
            or (self.month >= day[:7] and self.month != "")
            or (self.year >= day[:4] and self.year != "")
        )

    def with_(self, other: Hidden) -> Hidden:
        """Return both."""
        return Hidden(max(self.month, other.month), max(self.year, other.year), self.nothing or other.nothing)


_NONE: Final = Hidden()


class Claims(msgspec.Struct, frozen=True):
    """What some interviews say.

    Attributes:
        asked_at: when the last form came that can change the urgency of the case; None without any.
        documented: whether anything is told that can be rated.
        violations, kinds, special, relations: codes, of acts, people and sources.
        people: how many persons; ``counted`` whether any was told of.
        latest: the latest day that is known, as ISO text; ``latest_at`` the latest instant that facts of a known day mean.
        hidden: the facts of no known day; ``hidden_limited`` those of them to which medicine sets a limit.
        held: the earliest arrest of a custody that goes on; ``held_unknown`` whether nobody knows since when one does.
        assessed: the assessments of the last day on which there was one, and that day.
    """

    asked_at: datetime | None = None
    documented: bool = False
    violations: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    special: frozenset[str] = frozenset()
    relations: frozenset[str] = frozenset()
    people: int = 0
    counted: bool = False
    latest: str = ""
    latest_at: datetime | None = None
    hidden: Hidden = _NONE
    hidden_limited: Hidden = _NONE
    held: str = ""
    held_unknown: bool = False
    assessed: tuple[RowOf, ...] = ()
    day: str = ""


def claims_of(
    rows: Mapping[Table, Sequence[RowOf]],
    asked_at: datetime,
    day: str,
    corrections: Sequence[Mapping[str, Any]],
    rules: Ruleset,
) -> Claims:
    """Return what the rows of one form say.

    Args:
        rows: that it makes, by table.
        asked_at: when the version came.
        day: of the form, as ISO text.
        corrections: rows of what lies over its answers.
        rules: to which acts medicine sets a limit, and the zone.
    """
    acts, people, incidents = (rows.get(table, ()) for table in (tables.act, tables.person, tables.incident))
    assessed = tuple(rows.get(tables.assessment, ()))
    known = [one for one in incidents if _day_known(one)]
    going_on = list(_going_on(rows, corrections))
    hidden = [one for one in incidents if not _day_known(one)]
    limited = _limited(rules) if hidden else ()
    of_limited = {row["incident_id"] for row in acts if row["violation"] in limited}
    return Claims(
        asked_at=asked_at,
        documented=bool(acts or incidents or assessed),
        violations=frozenset(row["violation"] for row in acts if row["violation"]),
        kinds=frozenset(row["kind"] for row in people),
        special=frozenset(_special(people)),
        relations=frozenset(row["relation"] for row in rows.get(tables.information, ()) if row["relation"]),
        people=sum(row["group_size"] or 1 for row in people),
        counted=bool(people),
        latest=max((one["date"] for one in known), default=""),
        latest_at=max((_at(one, rules) for one in known), default=None),
        hidden=_hidden(hidden) if hidden else _NONE,
        hidden_limited=_hidden(one for one in hidden if one["incident_id"] in of_limited)
        if hidden
        else _NONE,
        held=min((at for at in going_on if at is not None), default=""),
        held_unknown=None in going_on,
        assessed=assessed[-1:],
        day=day if assessed else "",
    )


NOTHING: Final = Claims()
"""What no interview at all says."""


def merged(claims: Iterable[Claims]) -> Claims:
    """Return what some interviews say together; of one alone what that says itself."""
    return reduce(_both, claims, NOTHING)


def _both(one: Claims, other: Claims) -> Claims:
    if one is NOTHING:
        return other
    assessed = {
        True: one.assessed + other.assessed,
        one.day > other.day: one.assessed,
        other.day > one.day: other.assessed,
    }[True]
    return Claims(
        asked_at=max((at for at in (one.asked_at, other.asked_at) if at is not None), default=None),
        documented=one.documented or other.documented,
        violations=one.violations | other.violations,
        kinds=one.kinds | other.kinds,
        special=one.special | other.special,
        relations=one.relations | other.relations,
        people=one.people + other.people,
        counted=one.counted or other.counted,
        latest=max(one.latest, other.latest),
        latest_at=max((at for at in (one.latest_at, other.latest_at) if at is not None), default=None),
        hidden=one.hidden.with_(other.hidden),
        hidden_limited=one.hidden_limited.with_(other.hidden_limited),
        held=min((at for at in (one.held, other.held) if at), default=""),
        held_unknown=one.held_unknown or other.held_unknown,
        assessed=assessed,
        day=max(one.day, other.day),
    )


def facts_of(said: Claims, assessment: Mapping[str, Any], rules: Ruleset) -> Facts:
    """Return what triage may know, with one assessment of how things are.

    Args:
        said: what the interviews say; with a time at which it is asked.
        assessment: empty where nobody made one.
        rules: limits of medicine, the zone.
    """
    return Facts(
        violation=said.violations,
        victim_kind=said.kinds,
        special=said.special | ({"injured"} if assessment.get("health_now") == "yes" else set()),
        danger_now=_danger(assessment),
        victim_count=_band(said),
        when_rel=_when(said, rules),
        hours_since=_hours_since(said) if not _limited(rules).isdisjoint(said.violations) else "",
        held_since=_held(said),
        perp_near=assessment.get("perp_near") or "",
        retaliation_risk=assessment.get("retaliation_risk") or "",
        suicide_risk=assessment.get("suicide_risk") or "",
        info_source=_source(said.relations),
    )


# --- from rows --------------------------------------------------------------------------------------------------------


def _day_known(row: RowOf) -> bool:
    return row["date"] is not None and row["date_precision"] not in _SAID


def _at(row: RowOf, rules: Ruleset) -> datetime:
    return clocks.act_time(date.fromisoformat(row["date"]), row["time_of_day"], rules)


def _hidden(incidents: Iterable[RowOf]) -> Hidden:
    found = _NONE
    for row in incidents:
        said = row["date"]
        if said is None:
            one = Hidden(nothing=True)
        elif row["date_precision"] == "unknown_day":
            one = Hidden(month=said[: _SAID["unknown_day"]])
        else:
            one = Hidden(year=said[: _SAID["unknown_month"]])
        found = found.with_(one)
    return found


def _going_on(
    rows: Mapping[Table, Sequence[RowOf]], corrections: Sequence[Mapping[str, Any]]
) -> Iterable[str | None]:
    """Yield since when each custody goes on; None where nobody knows."""
    detentions = believed(rows.get(tables.detention, ()), rows.get(tables.flag, ()))
    for row in held_since(detentions, corrections):
        if not row["released_on"] and not row["prosecutor_seen_on"]:
            yield row["arrested_at"]


def _special(people: Iterable[RowOf]) -> Iterable[str]:
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


# --- to what triage reads ---------------------------------------------------------------------------------------------


def _danger(assessment: Mapping[str, Any]) -> str:
    """Return danger now if the threats go on and the author is near; no if neither; else nobody knows."""
    if not assessment:
        return ""
    both = {assessment.get("threats_continue"), assessment.get("perp_near")}
    return next(iter(both)) if both in ({"yes"}, {"no"}) else "unknown"


def _band(said: Claims) -> str:
    if not said.counted:
        return ""
    return next((band for most, band in _BANDS if said.people <= most), "100p")


def _when(said: Claims, rules: Ruleset) -> str:
    """Return when the latest facts were; nothing where others, whose day nobody knows, may be nearer than a week ago."""
    if not said.latest or said.asked_at is None:
        return ""
    relative = clocks.relative(date.fromisoformat(said.latest), clocks.local_day(said.asked_at, rules))
    return relative if relative in _NEAR or not said.hidden.perhaps_after(said.latest) else ""


def _limited(rules: Ruleset) -> set[str]:
    return {code for one in rules.clinical.values() for code in one.applies_to}


def _hours_since(said: Claims) -> str:
    """Return the band of hours since the latest act whose day is known; the shortest reading.

    Nothing where one of which nobody knows the day, and that medicine sets a limit to, may be later.
    """
    if said.latest_at is None or said.asked_at is None or said.hidden_limited.perhaps_after(said.latest):
        return ""
    passed = said.asked_at - said.latest_at
    if passed < timedelta(
        hours=72
    ):  # the answers name their hours; a limit of medicine more moves none of them
        return "lt72"
    return "72_120" if passed <= timedelta(hours=120) else "gt120"


def _held(said: Claims) -> str:
    """Return how long the longest custody that still goes on has lasted; unknown where nobody knows since when one does."""
    if said.held_unknown:
        return "unknown"
    if not said.held or said.asked_at is None:
        return ""
    hours = (said.asked_at - moment(said.held)) / timedelta(hours=1)
    return next((band for most, band in _HELD if hours <= most), "gt6d")


def _source(relations: frozenset[str]) -> str:
    if relations & _SAW:
        return "saw"
    if "victim" in relations:
        return "victim"
    return "third" if relations else ""


def of_case(rows: Rows, code: str, language: str) -> list[str]:
    """Return the sentences of the rules that hold for what is documented in a case; none when nothing can be rated.

    The rules in force are asked again as of the last form that could change the answer, as the register does. What an
    alert of the case brings is said on the alert's own page.
    """
    found = _rated(rows, code)
    return [text for _rule, text in reasons_in_words(found.stored(), language)] if found else []


def _rated(rows: Rows, code: str) -> Verdict | None:
    asked = [moment(at) for at in _asked(rows, code)]
    if not asked:
        return None
    found = {table: _rows(rows, table, code) for table in READ}
    corrections, rules = _rows(rows, tables.correction, code), load()
    said = claims_of(found, max(asked), "", corrections, rules)
    verdicts = [triage(facts_of(said, one, rules)) for one in said.assessed or ({},)]
    return verdicts[-1] if said.documented else None


def _rows(rows: Rows, table: Table, code: str) -> list[RowOf]:
    query = _of_case(select(table), table, code).order_by(table.c.filing_no, *table.primary_key)
    return [dict(row) for row in rows.execute(query).mappings()]


def _asked(rows: Rows, code: str) -> Iterator[str]:
    """Yield when the forms came that could change the level: interviews, and visits that report a growing risk."""
    came = tables.filing.c.received_at
    yield from rows.execute(_of_case(select(came), tables.interview, code)).scalars()
    growing = _of_case(select(came), tables.followup, code).where(tables.followup.c.risk_change == "up")
    yield from rows.execute(growing).scalars()


def _of_case(query: Select[Any], table: Any, code: str) -> Select[Any]:
    filing = tables.filing
    return query.join_from(table, filing, filing.c.filing_no == table.c.filing_no).where(
        filing.c.case_code == code
    )
