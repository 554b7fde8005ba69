"""Which danger a correction at the desk newly tells of in a case, whose level can be as high already. Pure.

The rows of a case hold no reasons, so it is rated as it stood before the decision that corrected it, and as it stands by now. New
is what nothing before had told, of which it is made: its interviews in each of their versions, and its alerts. As of an alert
(`news`), it raises no task: whoever corrected it was at work on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sync_scripts.register.as_it_stood import stood_with
from sync_scripts.register.before_edits import rated
from sync_scripts.register.case_input import Alert, CaseInput
from sync_scripts.register.corrections import CORRECT, subject_of
from sync_scripts.register.newly_told import Told, danger_in, told_in
from sync_scripts.register.output import Case, Output
from sync_scripts.register.pseudonyms import numbers
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.submissions import Filed
from sync_scripts.register.triage import highest
from sync_scripts.register.unseen import read, seen_of
from sync_scripts.store.canonical import moment
from sync_scripts.store.events import Event

__all__ = ["corrected_case"]


def corrected_case(
    given: CaseInput, rules: Ruleset, at: str, alerts: Mapping[str, Urgency]
) -> Urgency | None:
    """Return the level of the danger that corrections of one instant newly tell of in a case; None where they tell of none.

    Args:
        given: what the case is made of.
        rules: what is danger.
        at: the instant of the decision, as text.
        alerts: the level of the danger that alerts newly tell of, each beside what itself had told before, by code.
    """
    laid = {subject for subject, events in given.said.items() if any(_is_new(one, at) for one in events)}
    if given.code is None or not laid:
        return None
    case = Case(given.code, given.unit, numbers((), ()), rules, Output())
    before = _before(given, at, laid)
    told = [*told_in(before, case), *_whole(before, case)]
    known = seen_of(one.reasons for one in told)
    reached = highest([one.level for one in told]) or rules.levels[-1].code
    now = [*_whole(given, case), *_corrected_alerts(given, laid, alerts)]
    return highest([one.level for one in now if danger_in(one, known, reached, rules)])


def _is_new(event: Event, at: str) -> bool:
    return event.op == CORRECT and event.at == at


def _before(given: CaseInput, at: str, laid: set[str]) -> CaseInput:
    """Return what the case was made of before; without the alerts that are corrected, of which `news` says what they had told."""
    said = {subject: [one for one in events if one.at < at] for subject, events in given.said.items()}
    filed = [
        stood
        for one in given.filed
        if (stood := stood_with(one, said.get(subject_of(one), ()), lambda _when, _reading: True)) is not None
    ]
    others = [one for one in given.alerts if _subject(one) not in laid]
    return replace(given, filed=filed, said=said, alerts=others)


def _whole(given: CaseInput, case: Case) -> Iterator[Told]:
    """Yield how all interviews of a case are rated together."""
    interviews: Sequence[Filed] = given.of("interview")
    verdict = rated(interviews, given.of("followup"), case) if interviews else None
    if verdict is not None:
        yield Told("", interviews[0].received[0], 0, verdict.level, verdict.reasons)


def _corrected_alerts(given: CaseInput, laid: set[str], alerts: Mapping[str, Urgency]) -> Iterator[Told]:
    for one in given.alerts:
        if _subject(one) in laid and one["code"] in alerts:
            yield Told("", moment(one["received"]), 0, one["urgency"], read(one["reasons"]))


def _subject(alert: Alert) -> str:
    return f"alert:{alert['stamp']}/{alert['alert_id']}"
