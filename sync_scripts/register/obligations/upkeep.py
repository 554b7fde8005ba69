"""Tasks by which cases are looked after: a person in charge, supervision, contacts that fail, sources in danger, how long all is kept. Pure.

A first contact, a row of failed contacts and the days without contact end with a form that says that the person was met or
spoken to. In doubt a form says nothing: a reminder too many costs a click, one too few costs a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sync_scripts.register.case.flags import flag
from sync_scripts.register.case.tasks import Matter, Occasion
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.arrivals import Known, versions
from sync_scripts.register.history.merges import GoesOn
from sync_scripts.register.lifecycle.moves import CASE_LEFT, CASE_OPEN
from sync_scripts.register.lifecycle.replay import AlertNow, CaseNow, case_now
from sync_scripts.register.rules import clocks, retention
from sync_scripts.register.rules.retention import Unit, next_of
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.servers.desk import LEGACY
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

Occasions = Iterator[Occasion]


def unassigned(now: CaseNow, opened_at: datetime) -> Occasions:
    """Yield that nobody is in charge of a case that no person opened: it came by a form, or from an old list.

    Merged, it is in the hands of whoever has the other one.
    """
    if not now.by_person:
        yield Occasion(opened_at, done_at=now.owned_at or (now.left_at if now.state == "merged" else None))


def supervisions(now: CaseNow, opened_at: datetime) -> Occasions:
    """Yield from when somebody looks at how a case goes: its opening, or when it was taken up again. No visit ends that."""
    if now.state in CASE_OPEN:
        yield Occasion(moment(now.resumed_at) if now.resumed_at else opened_at)


def lost_contacts(now: CaseNow, met_at: Iterable[datetime], rules: Ruleset) -> Occasions:
    """Yield each row of so many contacts that failed one after the other that somebody proposes a suspension.

    It ends when the person is reached, by whatever road, or when the case is suspended.
    """
    said = [(moment(at), success) for at, success, _key in now.contacts]
    suspended = [moment(now.since)] if now.state == "suspended" and now.since else []
    failed, lost = 0, None
    for at, success in sorted([*((at, True) for at in met_at), *said]):
        if success:
            if lost is not None:
                yield _lost(lost, [at, *suspended])
            failed, lost = 0, None
        else:
            failed += 1
            lost = at if failed == rules.case.suspend_after_failed_contacts else lost
    if lost is not None:
        yield _lost(lost, suspended)


def _lost(last: datetime, over: Iterable[datetime]) -> Occasion:
    """Return contacts that failed, from the last that counts until the first end after it."""
    ends = [instant(at) for at in over if at > last]
    return Occasion(last, of=Matter(since=instant(last)), done_at=min(ends, default=None))


def kept_until(now: CaseNow, rules: Ruleset) -> Occasions:
    """Yield until when a case is kept that was closed or handed over; not while a legal hold is on it.

    A merged case is kept with the one into which it was merged.
    """
    if now.state not in CASE_LEFT - {"merged"} or now.left_at is None or now.hold:
        return
    years = retention.load().years(now.retention)
    day = clocks.after_months(clocks.local_day(moment(now.left_at), rules), 12 * years)
    yield Occasion(clocks.end_of_day(day, rules), of=Matter(since=now.left_at))


def alert_kept_until(
    filed: Filed, row: Mapping[str, Any], now: AlertNow, gone: Event | None, rules: Ruleset
) -> Occasions:
    """Yield until when an alert is kept: by one rule at a time, the one that comes first, as the plan will say.

    None of one that has a case, for that is kept with its case.

    Args:
        filed: its submission.
        row: as it stands.
        now: where its events brought it.
        gone: the event by which it was erased, None while it was not.
        rules: the zone in which days are counted.
    """
    if now.case_code is not None:
        return
    received = instant(filed.received[0])
    unit = Unit(
        unit=f"alert:{filed.key}",
        code=row["code"],
        received_at=received,
        ended_at=(now.ended_at or received) if now.state == "dismissed" else None,
        alone=True,
        not_asked=row["consent_state"] == "not_asked",
        purged=gone.payload["depth"] if gone is not None else None,
    )
    line = next_of(unit, retention.load(), rules)
    if line is not None:
        yield Occasion(moment(line.due_at), of=Matter(variant=line.rule, since=line.since), in_hand=True)


def sources_in_danger(filed: Sequence[Filed], visits: Sequence[Filed]) -> Occasions:
    """Yield each source that is in danger, with the clock of what is critical.

    It ends with the first follow-up on security that was made once the danger was known, or when the form is corrected so
    that the source is in no danger. A visit of before was made for something else, however late its form came. "Does not
    know" ends nothing, nor does an edit that takes the source out of the form: a person ends that.
    """
    for one in filed:
        for uid, (known, over) in _in_danger(one).items():
            made = (min(visit.at, visit.received[0]) for visit in visits if _on_security(visit))
            done = [at for at in made if at >= known] + ([over] if over else [])
            yield Occasion(
                known,
                of=Matter(about=one.key),
                done_at=instant(min(done)) if done else None,
                level="critical",
                number=one.number,
                subject=f"source:{uid}",
            )


def sources_left_out(filed: Sequence[Filed], found: Iterable[Occasion]) -> Iterator[RowOf]:
    """Yield a flag for each source in danger that an edit took out of its interview, while somebody has to see to it."""
    told = {(one.number, f"source:{record.key}") for one in filed for record in one.all("source")}
    by_number = {one.number: one for one in filed}
    for one in found:
        if one.done_at is None and one.number and one.subject and (one.number, one.subject) not in told:
            yield flag(by_number[one.number], "source_left_out", subject=one.subject)


def _on_security(visit: Filed) -> bool:
    record = visit.one("followup")
    return record is not None and record.fields.get("fu_type") == "security"


def _in_danger(filed: Filed) -> dict[str, tuple[datetime, datetime | None]]:
    """Return the sources of a form that were ever in danger: since when that is known, and when it was taken back."""
    found: dict[str, tuple[datetime, datetime | None]] = {}
    for at, records in versions(filed, "source"):
        said = {record.key: record.fields.get("at_risk") for record in records}
        for uid, (known, over) in found.items():
            if over is None and said.get(uid) == "no":
                found[uid] = (known, at)
        for uid, answer in said.items():
            if answer == "yes" and (uid not in found or found[uid][1] is not None):
                found[uid] = (at, None)
    return found


CARRIED: Final = "carried"
"""In the payload of a decision on a level: it is only raised, as something more urgent was tied to the case, and nobody looked."""


def looked_at(now: CaseNow, goes_on: GoesOn) -> list[Known]:
    """Return what was read whenever somebody looked at a case that was left, in order; nothing of one that is worked on.

    Args:
        now: where its own events brought it.
        goes_on: of a merged one where the work goes on, and by way of which cases.
    """
    if now.left_at is None or now.state not in CASE_LEFT:
        return []
    return [now.known, *_in_kept(now.left_at, now.merged_into, goes_on)]


def _in_kept(left_at: str, into: str | None, goes_on: GoesOn) -> Iterator[Known]:
    """Yield the decisions on the level of the case that had taken it by then, directly or by way of another."""
    for event in sorted([*goes_on.passed, *goes_on.kept], key=lambda one: (one.at, one.workspace, one.seq)):
        if event.subject != f"case:{into}" or event.at <= left_at:
            continue
        if event.op == "case.urgency" and CARRIED not in event.payload:
            yield Known.of(event)
        elif event.op == "case.move":
            into = event.payload.get("into") or into


def in_charge(now: CaseNow, goes_on: GoesOn) -> str | None:
    """Return who is in charge of a case, of a merged one of that in which the work goes on."""
    return case_now(goes_on.kept).owner or now.owner


_TALKS: Final = frozenset({"contact", "security"})
"""Types of follow-up (list ``fu_type``) that are a visit or a talk. A step in court, a referral, a shelter or money are arranged with
others too; they say nothing of her."""
_CARE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "medical": (("intervention", "med_acts"), ("intervention", "hours_to_care")),
    "psychosocial": (("followup", "pss_meetings"), ("followup", "wellbeing")),
}
"""Types in which she is met once care is given, and the answers (entity, field) that tell of the care itself."""
_NO_CARE: Final = frozenset({None, "0"})
_WITH_HER: Final = frozenset({"ongoing", "done", "declined"})
"""States of a service (list ``intervention_status``) in which she was there, or said no herself. All others are about the provider."""


def met(filed: Filed) -> bool:
    """Tell whether a form says that somebody met or spoke to the person: an interview, or a visit in which she was heard.

    A row of an old list is no interview: nobody was met when it was imported.
    """
    if filed.kind == "interview":
        return filed.server != LEGACY
    return filed.kind == "followup" and _visited(filed) and not _unheard(filed)


def _visited(visit: Filed) -> bool:
    """Tell whether it is of a type in which she is met; of care only once there is some."""
    kind = _said(visit, "followup", "fu_type")
    if kind in _TALKS:
        return True
    if not isinstance(kind, str) or kind not in _CARE:
        return False
    status = _said(visit, "intervention", "status")
    return (
        status is None
        or status in _WITH_HER
        or any(_said(visit, *place) not in _NO_CARE for place in _CARE[kind])
    )


def _unheard(visit: Filed) -> bool:
    """Tell whether nothing was heard of her: how it helped, as she says, is unknown, and so is whether her risk changed.

    The form has no other words for a visit at which nobody was there.
    """
    return {_said(visit, "followup", name) for name in ("impact", "risk_change")} == {"unknown"}


def _said(visit: Filed, entity: str, field: str) -> object:
    record = visit.one(entity)
    return record.fields.get(field) if record is not None else None
