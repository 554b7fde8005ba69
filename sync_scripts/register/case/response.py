"""The response in a case: follow-ups and decisions in the order in which they came, folded into interventions. Pure.

A follow-up that names no intervention takes the open one of the same service, else opens one. An intervention that
ended stays as it ended; another try is another intervention. Whether the recorded consent covers it is worked out
here and never taken from the phone. A decision names an intervention by its id, which stays, never by its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import Table

from sync_scripts.register.case.courts import appeal_until
from sync_scripts.register.case.flags import flag, raised, unreadable
from sync_scripts.register.disclosure.recipients import receiver_of
from sync_scripts.register.disclosure.sharing import Agreed, Asked, may_leave
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.row_output import Case, Output, RowOf
from sync_scripts.register.forms.submissions import Filed, once
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.corrections import asked_at, decided_at, told_at
from sync_scripts.register.lifecycle.moves import INTERVENTION_FINAL, can_follow
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

_TO_FOLD: Final = (
    "service",
    "provider_code",
    "timeframe",
    "requested_on",
    "appointment_at",
    "consent_confirmed",
    "cost_xaf",
    "hours_to_care",
)
"""Answers of which the last one given stands."""
_NEEDS_CONSENT: Final = frozenset({"referred", "ongoing"})
"""States that an intervention may have only with a consent that covers it."""
_TOLD: Final = frozenset({"referred", "accepted", "rejected", "revoked", "ongoing", "done", "not_done"})
"""States in which the provider of an intervention has heard of the person."""


@dataclass(slots=True)
class Intervention:
    """One intervention while it is folded.

    Attributes:
        key: what its tasks and flags are about: that of the follow-up that opened it, or its id.
        number: its number in the case.
        row: its row.
        requested_at, referred_at, answered_at: when it was asked for, referred, answered.
        waits_since: when it was first asked for; a day that is typed later gives nobody more time.
        reports: the follow-ups on it.
        decided: what people said of it, beyond its state.
        moved_at: when a decision last moved it.
        ended_at: when it came to the state in which it ended, "" while it has not.
        told: providers who heard of the person, and of whom: (code, uid; None for whoever is served without a name); when.
        replaced: providers who were told and are not its provider any more: code, and when that was.
    """

    key: str
    number: int
    row: RowOf
    requested_at: datetime
    referred_at: datetime | None = None
    answered_at: str | None = None
    reports: list[Filed] = field(default_factory=list)
    decided: RowOf = field(default_factory=dict)
    moved_at: str = ""
    ended_at: str = ""
    waits_since: datetime = field(init=False)
    told: dict[tuple[str, str | None], str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Wait since it was asked for first."""
        self.waits_since: datetime = self.requested_at

    @property
    def asked(self) -> tuple[str | None, datetime]:
        """Return on which day it was asked for, as that was told, and since when it waits."""
        return self.row["requested_on"], self.requested_at

    def wait_since(self, at: datetime) -> None:
        """Count from when it was asked for."""
        self.requested_at = at
        self.waits_since = min(self.waits_since, at)

    def note_told(self, at: str) -> None:
        """Write down who has heard of the person by now, and who was replaced at an instant."""
        provider = self.row["provider_code"]
        for code, _ in self.told:
            if code != provider:
                self.replaced.setdefault(code, at)
        self.replaced.pop(provider or "", None)
        if provider is not None and self.row["status"] in _TOLD:
            self.told.setdefault((provider, self.decided.get("person_uid")), at)

    @property
    def subject(self) -> str:
        """Return the subject of its tasks and flags."""
        return f"intervention:{self.key}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the people of a case agreed to, and the limits that medicine sets.

    Attributes:
        person_uid: who is served where nobody else is named.
        people: what each agreed to, by uid.
        said_at: when something was last decided about consents.
        acts: earliest time of each act with its violations.
    """

    person_uid: str | None
    people: Mapping[str, Agreed]
    said_at: str | None
    acts: Sequence[tuple[datetime, frozenset[str]]]


def response(
    followups: Sequence[Filed], case: Case, events: Sequence[Event] = (), first: int = 0
) -> list[Intervention]:
    """Add the rows of the follow-ups of a case, in the order of their arrival; return its interventions by number.

    Args:
        followups: its follow-ups by arrival.
        case: where they belong.
        events: what was decided about the case, in order.
        first: number of its first submission, under which the rows of what was decided stand.
    """
    made: dict[int, Intervention] = {}
    steps = [event for event in events if event.op.startswith("intervention.")]
    for filed in followups:
        while steps and steps[0].at < instant(filed.received[0]):
            _decide(steps.pop(0), made, case, first)
        told = _told(filed, case.code, case.rules)
        touched = _fold(filed, told.service, made, case) if told.service is not None else None
        row = {**told.visit, "intervention_id": touched.row["intervention_id"] if touched else None}
        case.out.add(tables.followup, row)
        if touched is not None and row["impact"] is not None:
            touched.row["impact"] = row["impact"]
        case.take(filed, told.rows)
    for event in steps:
        _decide(event, made, case, first)
    return [made[number] for number in sorted(made)]


def _flag(filed: Filed, case: Case, code: str, detail: str = "") -> None:
    case.out.add(tables.flag, flag(filed, code, detail))


class _Told(NamedTuple):
    """What a follow-up tells by itself: of the visit, of a service in the case, and of all else, by table."""

    visit: RowOf
    service: RowOf | None
    rows: Mapping[Table, Sequence[RowOf]]


@once
def _told(filed: Filed, code: str | None, rules: Ruleset) -> _Told:
    alone, unread = Case(code, rules, Output()), list[str]()
    service = filed.one("intervention") if code is not None else None
    asked = shape(tables.intervention).row(service.fields, unread) if service is not None else None
    if asked is not None and asked["number"] is not None and asked["number"] < 1:
        asked["number"] = None
    record = filed.one("followup") or Record("followup", filed.root[1], "", {})
    own = {"filing_no": filed.number, "followup_id": filed.root[1], "at": instant(filed.at)}
    visit = shape(tables.followup).row(record.fields, unread, **own)
    if (step := legal_row(filed, alone, unread)) is not None:
        alone.out.add(tables.legal_event, step)
    _others(filed, alone, unread)
    alone.out.extend(tables.flag, unreadable(filed, unread))
    return _Told(visit, asked, alone.out.made())


def legal_row(filed: Filed, case: Case, unread: list[str]) -> RowOf | None:
    """Return the step before a court of which a visit tells, None where it tells of none."""
    record = filed.one("legal_event")
    if record is None:
        return None
    row = shape(tables.legal_event).row(
        record.fields, unread, filing_no=filed.number, legal_id=filed.root[1], case_code=case.code
    )
    row["at"] = row["decided_on"] or clocks.local_day(filed.at, case.rules).isoformat()
    row["appeal_until"] = appeal_until(filed, row, case.rules)
    return row


def _others(filed: Filed, case: Case, unread: list[str]) -> None:
    for table, key in ((tables.shelter, "shelter_id"), (tables.support, "support_id")):
        record = filed.one(table.name)
        if record is not None:
            own = {"filing_no": filed.number, key: filed.root[1], "case_code": case.code}
            case.out.add(table, shape(table).row(record.fields, unread, **own))


# --- interventions ------------------------------------------------------------------------------------------------


def _fold(filed: Filed, said: RowOf, made: dict[int, Intervention], case: Case) -> Intervention:
    found = _meant(filed, said, made, case)
    if found is None:
        return _opened(filed, said, made, case)
    found.reports.append(filed)
    if said["requested_on"] is not None:
        found.wait_since(told_at(filed, said["requested_on"], found.asked, case.rules))
    for name in _TO_FOLD:
        if said[name] is not None:
            found.row[name] = said[name]
    _move(found, filed, said["status"], case)
    found.note_told(instant(filed.at))
    return found


def _meant(filed: Filed, said: RowOf, made: dict[int, Intervention], case: Case) -> Intervention | None:
    """Return the intervention that a follow-up speaks of, None when it opens one."""
    if said["number"] is not None:
        if said["number"] not in made:
            _flag(filed, case, "intervention_unknown", str(said["number"]))
        return made.get(said["number"])
    for number in sorted(made, reverse=True):
        row = made[number].row
        if row["service"] == said["service"] and row["status"] not in INTERVENTION_FINAL:
            return made[number]
    return None


def _opened(filed: Filed, said: RowOf, made: dict[int, Intervention], case: Case) -> Intervention:
    number = said["number"] or max(made, default=0) + 1
    own = {
        "filing_no": filed.number,
        "intervention_id": filed.root[1],
        "case_code": case.code,
        "number": number,
        "status": said["status"] or "planned",
        "consent_ok": False,
    }
    row = {**said, **own}
    new = Intervention(
        filed.key, number, row, asked_at(filed, said["requested_on"], case.rules), reports=[filed]
    )
    made[number] = new
    _note_times(new, filed.at, new.row["status"])
    new.note_told(instant(filed.at))
    return new


def _move(found: Intervention, filed: Filed, reported: str | None, case: Case) -> None:
    state = found.row["status"]
    if reported is None or reported == state:
        return
    if not can_follow(state, reported):
        ended = state in INTERVENTION_FINAL
        _flag(filed, case, "intervention_ended" if ended else "intervention_backwards", str(found.number))
        return
    found.row["status"] = reported
    _note_times(found, filed.at, reported)


def _note_times(found: Intervention, at: datetime, state: str) -> None:
    if state == "done":
        found.row["done_at"] = instant(at)
    if state in INTERVENTION_FINAL:
        found.ended_at = instant(at)
    if state == "referred":
        found.referred_at = at
    elif found.referred_at is not None and found.answered_at is None:
        found.answered_at = instant(at)


# --- decisions ----------------------------------------------------------------------------------------------------

_SAID: Final = ("service", "provider_code", "timeframe", "requested_on")
_SET: Final = (*_SAID, "appointment_at", "cost_xaf", "person_uid", "owner_code", "work_note", "due_at")
"""What a decision may say of an intervention."""


def _decide(event: Event, made: dict[int, Intervention], case: Case, first: int) -> None:
    """Fold one decision; one about an intervention that is no longer there changes nothing."""
    said = event.payload
    if event.op == "intervention.add":
        _added(event, made, case, first)
        return
    found = next((one for one in made.values() if one.row["intervention_id"] == said["intervention"]), None)
    if found is None:
        return
    if event.op == "intervention.move":
        found.row["status"], found.moved_at = said["to"], event.at
        _note_times(found, moment(event.at), said["to"])
        found.note_told(event.at)
        return
    if (asked_on := said["fields"].get("requested_on")) is not None:
        found.wait_since(decided_at(asked_on, moment(event.at), found.asked, case.rules))
    for name, value in said["fields"].items():
        if name in _SAID:
            found.row[name] = value
        elif name == "done_at":
            found.row["done_at"] = value
        elif name in _SET:
            found.decided[name] = value
    found.note_told(event.at)


def _added(event: Event, made: dict[int, Intervention], case: Case, first: int) -> None:
    said = event.payload
    number = said["number"] if said["number"] not in made else max(made) + 1
    row = shape(tables.intervention).blank | {
        "filing_no": first,
        "intervention_id": said["intervention"],
        "case_code": case.code,
        "number": number,
        "status": "planned",
        "consent_ok": False,
        **{name: said.get(name) for name in _SAID},
    }
    at = moment(event.at)
    since = decided_at(row["requested_on"], at, None, case.rules) if row["requested_on"] else at
    decided = {name: said[name] for name in ("person_uid", "owner_code") if said.get(name)}
    made[number] = Intervention(said["intervention"], number, row, since, decided=decided)


def intervention_rows(
    found: Iterable[Intervention], agreement: Agreement, case: Case, offices: frozenset[str]
) -> None:
    """Add the interventions of a case with their due times, and whether the consent covers them.

    ``offices`` are the providers that are offices of the state, whatever service they were asked for.
    """

    @cache
    def limits(service: str) -> list[datetime]:
        """Return until when medicine limits a service, for the acts of the case: each instant once."""
        every = (clocks.clinical_limits(acts, service, at, case.rules) for at, acts in agreement.acts)
        return sorted({limit for some in every for limit in some})

    for one in found:
        row = one.row
        row["person_uid"] = agreement.person_uid
        row |= {name: value for name, value in one.decided.items() if name != "due_at"}
        row["answered_at"] = one.answered_at
        row["consent_ok"] = _covered(one, agreement, case, offices)
        due = _due(one, limits(row["service"] or ""), case.rules)
        row["due_at"] = instant(due) if due else None
        case.out.add(tables.intervention, row)
        if row["status"] in _NEEDS_CONSENT and not row["consent_ok"]:
            case.out.add(tables.flag, _uncovered(one))


def _covered(one: Intervention, agreement: Agreement, case: Case, offices: frozenset[str]) -> bool:
    """Tell whether consent covered it when it was referred, or covers it as things stand while it is not."""
    receiver, official = receiver_of(one.row["provider_code"], offices)
    asked = Asked("referral", receiver, service=one.row["service"] or "", official=official)
    agreed = agreement.people.get(one.row["person_uid"] or "", Agreed())
    at = one.referred_at or one.requested_at
    if one.referred_at is None and agreement.said_at is not None:
        at = max(at, moment(agreement.said_at))
    return may_leave(asked, agreed, at, clocks.local_day(at, case.rules)).allowed


def _uncovered(one: Intervention) -> RowOf:
    if one.reports:
        return flag(one.reports[-1], "consent_not_covering", str(one.number), subject=one.subject)
    return raised(one.row["filing_no"], one.moved_at, one.subject, "consent_not_covering", str(one.number))


def _due(one: Intervention, limits: Sequence[datetime], rules: Ruleset) -> datetime | None:
    hours = rules.timeframe_h.get(one.row["timeframe"] or "")
    start, since = one.requested_at, one.waits_since
    if one.decided.get("due_at") is not None:
        return clocks.capped(moment(one.decided["due_at"]), limits, since)
    if hours is not None:
        return clocks.capped(start + timedelta(hours=hours), limits, since)
    return min((limit for limit in limits if limit > since), default=None)
