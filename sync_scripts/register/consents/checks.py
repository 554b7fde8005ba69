"""Who looks after a refusal or a withdrawal of what was urgent: by an edit on a phone, by a correction, or written down.

It counts at once: nobody calls, and nothing of it leaves. But one person does not let an urgent alert or case vanish by writing a
refusal down, neither at the desk nor on the phone: the level stays until somebody decides, and somebody else looks meanwhile. Nor
does an edit that says yes after all take a refusal back: it stands until somebody who asked writes the answer down, and somebody
looks within the time of a first contact, as the person may be waiting for help.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.consent_tasks import Occasions
from sync_scripts.register.case.people import GATE, no_since
from sync_scripts.register.case.tasks import Matter, Occasion, ended_by_decision, of_event, task_id
from sync_scripts.register.case.triage import highest, level_of
from sync_scripts.register.consents.refusals import Kept, refusal, unread
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.arrivals import Known, versions
from sync_scripts.register.history.corrections import CORRECT, standing
from sync_scripts.register.history.person_decisions import RECORD, WITHDRAW
from sync_scripts.register.policy.measure import Statement
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import allowed
from sync_scripts.register.rules.ruleset import Ruleset, Urgency
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

CHECK: Final = "withdrawal_check"
"""Kind of the task that somebody else looks at a withdrawal or a refusal. One that no event raised came by an edit on a phone."""

_WORK: Final = frozenset({"document", "services"})
_REFUSES: Final = frozenset(
    {
        ("alert", "consent_state", "refused"),
        ("interview", "consent_case", "no"),
        ("interview", "is_private", "no"),
    }
)
"""Entity, field and corrected answer by which everything is refused."""


def highest_said(levels: Iterable[str | None], events: Iterable[Event]) -> Urgency | None:
    """Return the highest of some levels that stand, and of those that decisions name."""
    named = (event.payload.get(name) for event in events for name in ("level", "rule", "urgency"))
    return highest([one for one in (*levels, *named) if isinstance(one, str)])


def _by_two(level: Urgency | None, rules: Ruleset) -> bool:
    """Tell whether one person does not set a level aside."""
    return level is not None and level in rules.override.dismiss.second_person_levels


def _urgent(levels: Iterable[str | None], events: Iterable[Event], rules: Ruleset) -> Urgency | None:
    """Return `highest_said`, where one person does not set that aside."""
    level = highest_said(levels, events)
    return level if _by_two(level, rules) else None


# --- written down -------------------------------------------------------------------------------------------------


def second_looks(
    subject: str,
    levels: Iterable[str | None],
    events: Sequence[Event],
    rules: Ruleset,
    *,
    done_at: str | None = None,
) -> Occasions:
    """Yield each withdrawal or refusal that a person wrote down of what was ever urgent: somebody else looks at it.

    Whose task it is, nobody says: whoever is in charge may be the one who wrote it.

    Args:
        subject: the alert or case.
        levels: that stand.
        events: what was decided about it, and of a case about its alerts, in order; also levels that stood once.
        rules: for which levels two people are needed.
        done_at: when it was dismissed, which takes two people.
    """
    found = list(written_refusals([event for event in events if event.subject == subject]))
    level = _urgent(levels, events, rules) if found else None
    if level is not None:
        for event in found:
            yield Occasion(moment(event.at), of=of_event(event), level=level, done_at=done_at)


def written_refusals(said: Sequence[Event]) -> Iterator[Event]:
    """Yield the decisions by which the work on an alert or a case lost its consent, as far as they stand."""
    for place, one in standing(said).items():
        if (place[0], place[2], one.payload["value"]) in _REFUSES:
            yield one
    yield from (event for event in said if _ends_work(event))


def not_looked_at(subject: str, said: Sequence[Event]) -> Iterator[tuple[Event, str]]:
    """Yield `written_refusals` of which nobody said that they looked, each with the id of the task that asks for it, or would.

    Args:
        subject: the alert or case.
        said: what was decided about it, in order.
    """
    ended = ended_by_decision(said)
    for event in written_refusals(said):
        name = task_id(subject, CHECK, of_event(event))
        if name not in ended:
            yield event, name


def _ends_work(event: Event) -> bool:
    """Tell whether an event takes back, or refuses, what the work on an alert or a case rests on."""
    if event.op == WITHDRAW:
        return not {"alert", *_WORK}.isdisjoint(event.payload["purposes"])
    refused = (
        [one for one in event.payload["consents"] if one["state"] == "refused"] if event.op == RECORD else []
    )
    return any(one["purpose"] in _WORK for one in refused)


def written_refusals_of_interviews(rows: Rows, code: str) -> list[Event]:
    """Return the corrections that stand in a case and refuse an interview of it, in order."""
    over, filing = tables.correction, tables.filing
    query = select(over.c.corrected_at, filing.c.stamp, filing.c.root_id)
    query = query.join(filing, filing.c.filing_no == over.c.filing_no).where(
        filing.c.case_code == code,
        over.c.entity == "interview",
        over.c.field.in_(sorted(GATE)),
        over.c.value == "no",
    )
    found = rows.execute(query).all()
    if not found:
        return []
    subjects = [f"interview:{row.stamp}/{row.root_id}" for row in found]
    at = {row.corrected_at for row in found}
    return [one for one in store_events.read(rows, subjects=subjects, ops=[CORRECT]) if one.at in at]


def unlooked(rows: Rows, unit: str) -> Iterator[tuple[Event, str]]:
    """Yield what was written down of an alert or a case as withdrawn or refused, and of which nobody said that they looked.

    Each with the id of the task that asks for it, or would.
    """
    said = list(store_events.read(rows, subjects=[unit]))
    if unit.startswith("case:"):
        said += written_refusals_of_interviews(rows, unit.removeprefix("case:"))
    yield from not_looked_at(unit, said)


# --- an interview -------------------------------------------------------------------------------------------------


def interview_looks(
    given: CaseInput,
    levels: Iterable[str | None],
    events: Sequence[Event],
    kept: Iterable[Kept],
    rules: Ruleset,
) -> Occasions:
    """Yield each refusal that an edit or a correction laid over an interview, or took back: somebody proved looks at it.

    Only in a case that ever was urgent; not who wrote it down at the desk.

    Args:
        given: what the case is made of.
        levels: that stand in it, what its interviews had said among them.
        events: what was decided about it and its alerts, in order; also levels that stood once.
        kept: the refusals that stand although an edit says yes by now.
        rules: for which levels two people are needed, and how long a first contact may take.
    """
    laid = dict.fromkeys(_laid(given.of("interview"), given.said))
    taken_back = sorted({one.since for one in kept if one.purpose in _WORK})
    level = _urgent(levels, events, rules) if laid or taken_back else None
    if level is not None:
        for of in laid:
            yield Occasion(moment(of.since or ""), of=of, level=level)
        for since in map(moment, taken_back):
            yield Occasion(since, clocks.due(level, since, rules).contact, Matter(since=instant(since)))


def _laid(interviews: Iterable[Filed], said: Mapping[str, Sequence[Event]]) -> Iterator[Matter]:
    """Yield the matter of each refusal laid over an interview: the event that wrote it down, or when it came by an edit.

    Args:
        interviews: as they are corrected.
        said: what was decided about them, by subject.
    """
    for one in interviews:
        since = no_since(one)
        if since is not None:
            event = _written(said.get(f"interview:{one.key}", ()), since)
            yield Matter(since=instant(since)) if event is None else of_event(event)


def _written(said: Iterable[Event], since: datetime) -> Event | None:
    """Return the correction by which a refusal was laid over an interview at an instant; None where it came by an edit."""
    at = instant(since)
    noes = (one for one in said if one.op == CORRECT and one.payload["value"] == "no")
    return next((one for one in noes if one.at == at and one.payload["field"] in GATE), None)


# --- an alert -----------------------------------------------------------------------------------------------------


class AlertRefusal(msgspec.Struct, frozen=True):
    """That an edit refuses an alert which one person does not dismiss, and that nobody has decided on it since.

    Attributes:
        since: when that edit came.
        level: how urgent the alert was.
        taken_back: a later edit says something else, which changes nothing.
    """

    since: datetime
    level: Urgency
    taken_back: bool


def alert_consent(filed: Filed, events: Sequence[Event]) -> str | None:
    """Return what an alert says of consent: refused as long as an edit refuses on which nobody has decided.

    Args:
        filed: its submission, as it is corrected.
        events: what was decided about it, in order.
    """
    record = filed.one("alert")
    state = record.fields.get("consent_state") if record is not None else None
    if filed.versions > 1 and _undecided(filed, events):
        return "refused"
    return state if isinstance(state, str) else None


def alert_refusal(filed: Filed, events: Sequence[Event], rules: Ruleset) -> AlertRefusal | None:
    """Return the refusal that an edit laid over an urgent alert, as `alert_consent` reads it; None where there is none.

    Urgent is what one person does not dismiss. An alert that was refused from the beginning was never one.
    """
    said = _undecided(filed, events) if filed.versions > 1 else []
    every = list(_versions(filed)) if said else []
    level = highest([level_of(records[0]) for _at, records, refuses in every if records and not refuses])
    if level is None or not _by_two(level, rules):
        return None
    return AlertRefusal(said[0].at, level, taken_back=not every[-1][2])


def _undecided(filed: Filed, events: Sequence[Event]) -> list[Statement]:
    """Return the edits that newly refuse an alert, and that a decision to go on had not read."""
    said: list[Statement] = []
    before = True
    for at, _records, now in _versions(filed):
        if now and not before:
            said.append(refusal(filed.root[1], instant(at), filed.arrival(at)))
        before = now
    decided = standing(events).get(("alert", filed.root[1], "consent_state"))
    if decided is None or decided.payload["value"] == "refused":
        return said
    return unread(said, Known.of(decided))


def _versions(filed: Filed) -> Iterator[tuple[datetime, list[Record], bool]]:
    """Yield the versions of an alert, and whether each refuses: as it was collected, or as it is corrected."""
    collected = {one["was"] for one in filed.corrections if one["field"] == "consent_state"}
    for at, records in versions(filed, "alert"):
        refuses = any(one.fields.get("consent_state") == "refused" for one in records)
        yield at, records, refuses or (at == filed.received[1] and "refused" in collected)


def alert_looks(
    filed: Filed, events: Sequence[Event], received: datetime, rules: Ruleset, *, done_at: str | None = None
) -> Occasions:
    """Yield such an edit, at which somebody proved looks; a dismissal by two ends that.

    In the time of a supervision; in that of its first contact where a later edit says that it is not refused.

    Args:
        filed: the submission of the alert, as it is corrected.
        events: what was decided about it, in order.
        received: when a server first had it.
        rules: these times.
        done_at: when it was dismissed.
    """
    found = alert_refusal(filed, events, rules)
    if found is not None:
        due_at = found.since + allowed(CHECK, found.level, rules)
        if found.taken_back:
            due_at = min(due_at, clocks.due(found.level, received, rules).contact)
        yield Occasion(found.since, due_at, Matter(since=instant(found.since)), done_at)
