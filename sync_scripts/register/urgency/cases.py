"""How urgent a case is: its alerts, its interviews and visits in all their versions, and what was decided about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Final

import msgspec

from sync_scripts.register.case.case_input import Alert, CaseInput
from sync_scripts.register.case.form_versions import course, rows_of
from sync_scripts.register.case.triage import Verdict, highest, triage, verdict_of
from sync_scripts.register.forms.row_output import Case
from sync_scripts.register.forms.submissions import Filed, case_named, once
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.corrections import CHANGES, corrected, subject_of
from sync_scripts.register.history.person_decisions import INTO_CASE, KEEP, stood
from sync_scripts.register.lifecycle.replay import CaseNow
from sync_scripts.register.obligations.upkeep import CARRIED, looked_at
from sync_scripts.register.policy.measure import Decision, Rating, Reason, Statement, reading_key
from sync_scripts.register.policy.standing import Standing
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.register.urgency.alerts import (
    NOTHING_SAID,
    alert_statements,
    level_decided,
    mildest,
    read,
    told_away,
    urgency,
)
from sync_scripts.register.urgency.claims import NOTHING, Claims, claims_of, facts_of, merged
from sync_scripts.register.urgency.tasks import limit_statements
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

_DECIDED: Final = "case.urgency"


def standing_of_case(given: CaseInput, now: CaseNow, case: Case) -> Standing:
    """Return how urgent a case is, by its forms and by decision, and what nobody has decided on.

    Args:
        given: what the case is made of.
        now: where its events brought it.
        case: its rows.
    """
    documented = _Documented(given, case)
    alerts = [_Told(alert, given) for alert in given.alerts if alert["urgency"]]
    levels, left_level = [*stood(given.events), *now.taken_levels()], _left_levels(given.events)
    looks = looked_at(now, given.goes_on)

    def rate(places: Mapping[str, int]) -> Rating:
        verdict = documented.with_(places)
        found = [*levels, *(alert.level(places) for alert in alerts)]
        found += [verdict.level] if verdict is not None else []
        found += [left_level[form] for form, place in places.items() if form in left_level and place == 1]
        level = highest(found) or triage(facts_of(NOTHING, {}, case.rules)).level
        return Rating(level, verdict.reasons if verdict is not None else ())

    if given.untouched and len(documented.last) < 2:  # what it was opened for: no news, and nothing beside it
        return Standing((), (), urgency(), rate)
    decisions = list(_decisions(given.events, looks, merged=now.merged_at is not None))
    statements = [one for alert in alerts for one in alert.statements()]
    statements += documented.statements(_corrected_since(given, decisions))
    statements += _left(given.events, max((one.arrival for one in statements), default=0))
    if looks:
        statements += _growing(given, documented, case.rules)
    return Standing(statements, decisions, urgency(), rate)


def _corrected_since(given: CaseInput, decisions: Sequence[Decision]) -> list[str]:
    """Return the first correction of an interview that each decision had not seen, by its instant, in order."""
    subjects = [subject_of(one) for one in given.of("interview")]
    at = [one.at for name in subjects for one in given.said.get(name, ()) if one.op in CHANGES]
    since = ([one for one in at if by.known.decided_since(one)] for by in decisions if not by.raised)
    return sorted({min(some) for some in since if some})


def _decisions(events: Sequence[Event], looks: Sequence[Known], *, merged: bool) -> Iterator[Decision]:
    """Yield what was decided on the level, and from when nobody works on the case.

    Whoever leaves a case decides on no level: what was told to them lowers nothing. Whoever merges it has not even looked: what waits
    in it waits until somebody decides on the level of the kept one.
    """
    level: str | None = None
    for event in events:
        if event.op == _DECIDED:
            level = event.payload["urgency"]
            yield Decision(Known.of(event), level, raised=CARRIED in event.payload)
    if looks:
        left, *kept = looks
        since = [
            Decision(left, level, works=False, raised=merged, told=not merged),
            *(Decision(known, level, works=False) for known in kept),
        ]
        since += [
            Decision(Known.of(one), level, works=False, told=True) for one in told_away(events, looks[0].at)
        ]
        yield from sorted(since, key=lambda one: one.known.at)


def _left_levels(events: Iterable[Event]) -> dict[str, str]:
    """Return how urgent the case was when a form left it for another one, by a name for that form."""
    kept = (one for one in events if one.op == KEEP and one.payload.get("urgency"))
    return {f"left:{one.workspace}:{one.seq}": one.payload["urgency"] for one in kept}


def _left(events: Iterable[Event], arrival: int) -> Iterator[Statement]:
    """Yield what a form that left the case had said in it: that stays with the case until somebody decides, as of an edit.

    It is read behind all that is there by now, of which ``arrival`` is the last.
    """
    levels, lowest = _left_levels(events), Rating(urgency().levels[0], ())
    for event in events:
        form = f"left:{event.workspace}:{event.seq}"
        if form in levels:
            said = partial(
                Statement, form=form, day=event.at[:10], at=moment(event.at), arrival=arrival, seen=True
            )
            yield said(place=1, said=Rating(levels[form], (Reason(form, 0, levels[form]),)))
            yield said(place=2, said=lowest)


# --- alerts -----------------------------------------------------------------------------------------------------------


class _Told:
    """What the versions of an alert say in its case."""

    def __init__(self, alert: Alert, given: CaseInput) -> None:
        self.alert = alert
        self.key = f"{alert['stamp']}/{alert['alert_id']}"
        events = given.said.get(f"alert:{self.key}", ())
        tie = next((one for one in reversed(events) if one.op in INTO_CASE), None)
        self.tied = Known.of(tie) if tie is not None else None
        self.decided = level_decided(events)
        filed = given.edited.get(alert["filing_no"])
        self.versions = list(alert_statements(filed, events)) if filed is not None else [self._only()]
        self.now: str = verdict_of(filed.one("alert")).level if filed is not None else alert["urgency"]

    def _only(self) -> Statement:
        at = moment(self.alert["received"])
        said = Rating(self.alert["urgency"], read(self.alert["reasons"]))
        return Statement(self.key, 1, instant(at)[:10], at, self.alert["filing_no"], said)

    def level(self, places: Mapping[str, int]) -> str:
        """Return how urgent the alert is by what it says now, or by another version; as it was decided, unless there is news."""
        one = next((one for one in self.versions if one.place == places.get(self.key)), None)
        if self.decided is not None and (one is None or not one.new_in(self.decided.known)):
            level: str = self.alert["level"]
            return level
        return one.said.level if one is not None else self.now

    def statements(self) -> Iterator[Statement]:
        """Yield what the versions say; what whoever tied the alert to the case had read is known, and no news."""
        known = self.tied
        for one in self.versions:
            at = known.from_then(one.at) if known is not None else one.at
            if known is None or not one.new_in(known):
                order = max(one.arrival, (known.arrival if known is not None else None) or 0)
                yield msgspec.structs.replace(one, at=at, arrival=order, seen=True)
            else:
                yield msgspec.structs.replace(one, at=at)


# --- interviews -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of an interview, or what it became by a correction: what it says by now, and said until each correction since."""

    form: str
    made: Statement
    claims: Claims
    until: Sequence[tuple[str, Claims]]

    def before(self, at: str) -> _Version:
        """Return it as it stood just before an instant."""
        return replace(self, claims=next((said for when, said in self.until if when >= at), self.claims))


class _Documented:
    """What the interviews of a case say in all their versions."""

    def __init__(self, given: CaseInput, case: Case) -> None:
        self.given, self.case, self.rules = given, case, case.rules
        self.visits = [at for one in given.of("followup") for at in _growing_at(one)]
        self._rated: dict[tuple[int, datetime | None], tuple[Claims, Verdict | None]] = {}
        self.last: dict[str, Claims] = (
            {one.key: _claims(one, case.code, case.rules) for one in given.of("interview")}
            if given.untouched
            else {one.form: one.claims for one in self.versions if not one.made.correction}
        )

    @cached_property
    def versions(self) -> list[_Version]:
        """Return all versions and corrections of the interviews, those of one of them in order."""
        return [version for one in self.given.of("interview") for version in self._of(one)]

    @cached_property
    def _placed(self) -> dict[tuple[str, int], Claims]:
        return {(one.form, one.made.place): one.claims for one in self.versions}

    def with_(self, places: Mapping[str, int]) -> Verdict | None:
        """Return how the interviews are rated, with some versions in the place of the last; None where nothing is documented."""
        shown = [
            self._placed[form, places[form]] if form in places else last for form, last in self.last.items()
        ]
        return self._verdict(merged(shown), visits=max(self.visits, default=None))

    def statements(self, corrected_since: Sequence[str] = ()) -> Iterator[Statement]:
        """Yield what each version says beside what had come before it, in the order in which it was read.

        And what it said until some instants at which an interview was corrected: for whoever had seen no correction since.
        """
        every = sorted(self.versions, key=lambda one: reading_key(one.made))
        before = [self._in_order([one.before(at) for one in every]) for at in corrected_since]
        for one, said, *were in zip(every, self._in_order(every), *before, strict=True):
            until = tuple((at, mildest(said, was)) for at, was in zip(corrected_since, were, strict=True))
            yield msgspec.structs.replace(one.made, said=said, until=until, today=bool(one.claims.assessed))

    def _in_order(self, versions: Iterable[_Version]) -> Iterator[Verdict]:
        """Yield how the case is rated with each of some versions, beside those before it: as it came, and no worse than as they say."""
        shown: dict[str, Claims] = {}
        total = NOTHING
        for one in versions:
            known, at = one.form in shown, one.made.at
            shown[one.form] = one.claims
            total = merged(shown.values()) if known else merged((total, one.claims))
            said = self._beside(total, one.claims, at)
            if one.until and said is not None:
                then = one.until[0][1]
                others = (claims for form, claims in shown.items() if form != one.form)
                said = mildest(said, self._beside(merged((*others, then)), then, at))
            yield said if said is not None else NOTHING_SAID

    def _beside(self, total: Claims, mine: Claims, at: datetime) -> Verdict | None:
        """Return how the case is rated with what one version found last, whatever a later one found."""
        said = total
        if mine.assessed and mine.assessed is not total.assessed:
            said = msgspec.structs.replace(total, assessed=mine.assessed)
        return self._verdict(said, visits=max((came for came in self.visits if came <= at), default=None))

    def _verdict(self, said: Claims, *, visits: datetime | None) -> Verdict | None:
        """Return how the rules rate what some interviews say; what of one interview alone was rated once is not rated again."""
        key = id(said), visits
        if key not in self._rated:
            self._rated[key] = said, self._rate(said, visits=visits)
        return self._rated[key][1]

    def _rate(self, said: Claims, *, visits: datetime | None) -> Verdict | None:
        if not said.documented:
            return None
        if visits is not None and said.asked_at is not None:
            said = msgspec.structs.replace(said, asked_at=max(said.asked_at, visits))
        found = [triage(facts_of(said, one, self.rules)) for one in said.assessed or ({},)]
        return max(found, key=lambda one: (urgency().rank(one.level), one.score))

    def _of(self, filed: Filed) -> Iterator[_Version]:
        events, day = self.given.said.get(subject_of(filed), ()), _day(filed, self.rules)
        for step in course(filed, events, day, entered=self.given.entered(filed)):
            by_now = _claims(step.by_now, self.case.code, self.rules)
            until = [(at, _claims(one, self.case.code, self.rules)) for at, one in step.until]
            yield _Version(filed.key, step.made, by_now, until)


@once
def _claims(version: Filed, code: str | None, rules: Ruleset) -> Claims:
    """Return what a version of an interview says of the urgency of its case."""
    at, day = version.received[1], _day(version, rules)
    return claims_of(rows_of(version, code, rules), at, day, version.corrections, rules)


@once
def _day(filed: Filed, rules: Ruleset) -> str:
    """Return the local day on which a form was filled in: as its phone says, as far as that can be, and never after its receipt."""
    return clocks.local_day(
        min(filed.received[0], clocks.trusted(filed.received[0], filed.ended)), rules
    ).isoformat()


def levels_ever(filed: Filed, events: Sequence[Event], code: str, rules: Ruleset) -> Iterator[str]:
    """Yield how the rules rate each version of an interview by itself, as it came and as it was corrected."""
    for step in course(corrected(filed, events), events, _day(filed, rules)):
        for one in (step.came, step.by_now):
            said = _claims(one, code, rules)
            if said.documented:
                yield triage(facts_of(said, (said.assessed or ({},))[-1], rules)).level


# --- what asks for somebody only where nobody works any more ----------------------------------------------------------


def _growing(given: CaseInput, documented: _Documented, rules: Ruleset) -> Iterator[Statement]:
    """Yield the visits that report a growing risk: at least the lowest level that one person does not set aside, as a high risk of retaliation."""
    least = urgency().least_grave
    verdict = documented.with_({})
    level = highest([least, *([verdict.level] if verdict is not None else [])]) or least
    said = Rating(level, (Reason(_FIELD, 0, level),))
    for visit in given.of("followup"):
        events, here = given.said.get(subject_of(visit), ()), case_named(visit, visit.reading)
        for step in course(visit, events, _day(visit, rules), form=f"visit:{visit.key}"):
            told_here = case_named(visit, step.came.reading) == here
            if told_here and _grows(step.came) and _grows(step.by_now):
                yield msgspec.structs.replace(step.made, said=said, left_only=True)


_FIELD: Final = "risk_change"


def _grows(visit: Filed) -> bool:
    record = visit.one("followup")
    return record is not None and record.fields.get(_FIELD) == "up"


def _growing_at(visit: Filed) -> list[datetime]:
    """Return when a visit came that can change the level, as it reports a growing risk."""
    return [visit.received[1]] if _grows(visit) else []


def limit_news(given: CaseInput, now: CaseNow, case: Case) -> Iterator[Statement]:
    """Yield the limits of law and medicine, and the services within hours, that forms brought since a case was left.

    After its tasks were raised: these say what is ahead.
    """
    looks = looked_at(now, given.goes_on)
    if looks:
        yield from limit_statements(given, looks[-1], case)
