"""When the first fact came for which the rules say more than a decided level had seen: from then its time is counted. Pure.

Counted from a form that came earlier than the one that matters, a time is only ever shorter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from sync_scripts.register import rating
from sync_scripts.register.case_input import Alert, CaseInput
from sync_scripts.register.corrections import CORRECT, RESTORE
from sync_scripts.register.edited_no import verdict_of
from sync_scripts.register.heard import versions
from sync_scripts.register.lifecycle import AlertNow, CaseNow
from sync_scripts.register.ops import INTO_CASE
from sync_scripts.register.output import RowOf
from sync_scripts.register.risen import Level, look_tasks
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.register.told_late import Late, further_at, not_read
from sync_scripts.register.triage import Reason, triage
from sync_scripts.register.unseen import Seen, read, unseen
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event

__all__ = ["alert_risen_at", "case_look", "only", "said_by"]

_CORRECTS: Final = frozenset({CORRECT, RESTORE})


class _Ground(msgspec.Struct, frozen=True):
    """What a decision on a level had seen."""

    decided: str
    seen: str
    reasons: Seen | None

    def below(self, level: str, reasons: Iterable[Reason], rules: Ruleset) -> bool:
        """Tell whether a rating is above it, or says something else that is above what was decided."""
        return rules.rank(level) > rules.rank(self.seen) or unseen(self.decided, self.reasons, reasons, rules)


def _ground(now: AlertNow | CaseNow, rule: str) -> _Ground:
    decided = now.urgency or rule
    return _Ground(decided, now.urgency_seen or decided, now.urgency_reasons)


def alert_risen_at(filed: Filed, events: Iterable[Event], now: AlertNow, level: Level, rules: Ruleset) -> str:
    """Return when the first version or correction of an alert came that the decision on its level had not seen and that is above it.

    Args:
        filed: its submission.
        events: what was decided about it, in order.
        now: where that brought it.
        level: as it is by now.
        rules: the order of the levels, and what they say.
    """
    decided, ground = level.at or "", _ground(now, level.rule)
    rated = ((at, verdict_of(next(iter(records), None))) for at, records in versions(filed, "alert"))
    above = [instant(at) for at, one in rated if ground.below(one.level, one.reasons, rules)]
    later = [at for at in above if at > decided] or _later(_corrected(events), decided)
    return min(later, default=decided)


def case_look(
    given: CaseInput,
    now: CaseNow,
    level: Level,
    documented: rating.Documented,
    rules: Ruleset,
    *,
    late: Iterable[Late] = (),
    new: Iterable[Late] = (),
) -> Iterator[RowOf]:
    """Yield the task to look at the decided level of a case again.

    Once it is merged none is needed: what counted was taken over with it, and what comes later is danger in a case that was left.

    Args:
        given: what the case is made of.
        now: where its events brought it.
        level: as it is by now.
        documented: the rows that triage reads.
        rules: the order of the levels, and how long a first contact may take.
        late: what edits of earlier interviews told that the decision had not read.
        new: what danger was told anew, whether the decision had read it or not.
    """
    if level.risen and now.state != "merged":
        since = _case_risen_at(given, documented, level, _ground(now, level.rule), rules, late=late)
        further = further_at([*late, *not_read(list(new), given.events)], since)
        yield from look_tasks(
            given.first, given.unit, level, since, rules, assigned_to=now.owner, further=further
        )


def _case_risen_at(
    given: CaseInput,
    documented: rating.Documented,
    level: Level,
    ground: _Ground,
    rules: Ruleset,
    *,
    late: Iterable[Late],
) -> str:
    """Return the same of a case: an alert that came or was edited, a case that was merged into it, a form, a correction."""
    decided = level.at or ""

    def above(one: str | None, reasons: Iterable[Reason] = ()) -> bool:
        return one is not None and ground.below(one, reasons, rules)

    found = [
        _since(_of_alert(one, given), decided)
        for one in given.alerts
        if above(_level(one, given), said_by(one, given, ground.decided, rules))
    ]
    taken = (
        event for event in given.events if event.op == "case.takes" and above(event.payload.get("urgency"))
    )
    found += [max(event.at, decided) for event in taken]
    found += [max(instant(one.at), decided) for one in late if above(one.level, one.reasons)]
    verdict = triage(rating.facts_of(documented, rules))
    if above(verdict.level, verdict.reasons if documented else ()):
        found.append(_documented_at(given, documented, decided, rules, ground))
    return min(found, default=decided)


def said_by(alert: Alert, given: CaseInput, decided: str, rules: Ruleset) -> tuple[Reason, ...]:
    """Return the reasons of an alert of a case, where its level is above the one that was decided for the case."""
    level = _level(alert, given)
    return read(alert["reasons"]) if level is not None and rules.rank(level) > rules.rank(decided) else ()


def _level(alert: Alert, given: CaseInput) -> str | None:
    return given.level_of(alert).stands if alert["urgency"] else None


def _said(alert: Alert, given: CaseInput) -> Sequence[Event]:
    return given.said.get(f"alert:{alert['stamp']}/{alert['alert_id']}", ())


def _of_alert(alert: Alert, given: CaseInput) -> Iterator[str]:
    """Yield when an alert came to a case, arrived, was edited or corrected."""
    said = _said(alert, given)
    yield from (event.at for event in said if event.op in INTO_CASE)
    yield from _corrected(said)
    filed = given.edited.get(alert["filing_no"])
    yield from (instant(at) for at, _reading in filed.history) if filed is not None else (alert["received"],)


def _corrected(events: Iterable[Event]) -> Iterator[str]:
    return (event.at for event in events if event.op in _CORRECTS)


def _later(found: Iterable[str], decided: str) -> list[str]:
    return [at for at in found if at > decided]


def _since(found: Iterable[str], decided: str) -> str:
    """Return the first of some instants after a decision; the decision itself where what matters had come and was not read yet."""
    return min(_later(found, decided), default=decided)


def _documented_at(
    given: CaseInput, documented: rating.Documented, decided: str, rules: Ruleset, ground: _Ground
) -> str:
    """Return when the first interview or visit came with which the facts say more than was seen; those before it taken together."""
    times = {
        one.number: _since(
            [*_corrected(given.said.get(f"interview:{one.key}", ())), *_arrivals(one)], decided
        )
        for one in given.of("interview")
    }
    visits = (_since(_arrivals(one), decided) for one in given.of("followup"))
    for at in sorted({*times.values(), *visits}):
        known = only(documented, {number for number, came in times.items() if came <= at})
        if known and ground.below((said := triage(rating.facts_of(known, rules))).level, said.reasons, rules):
            return at
    return min(times.values(), default=decided)


def _arrivals(filed: Filed) -> list[str]:
    return [instant(at) for at, _reading in filed.history]


def only(documented: rating.Documented, numbers: set[int]) -> rating.Documented:
    """Return what some forms alone document."""

    def of(rows: Iterable[RowOf]) -> list[RowOf]:
        return [row for row in rows if row["filing_no"] in numbers]

    names = ("acts", "people", "incidents", "detentions", "information", "authors", "assessments")
    some: Mapping[str, Any] = {name: of(getattr(documented, name)) for name in names}
    return replace(documented, **some)
