"""Services for the people of a case: planned, referred to a provider or begun by us, answered, done. Never without consent.

An intervention that ended stays as it ended: another try is another intervention.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from gettext import gettext
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.register.alert_decisions.referring import (
    require_ahead,
    require_not_under_way,
    require_offered,
    require_own_hand_for_later,
)
from sync_scripts.register.consents.doors import covers_service
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on, worker_of
from sync_scripts.register.decisions.guard_facts import known_provider, of_person, today_of
from sync_scripts.register.history.merges import merged_in, within
from sync_scripts.register.history.visibility import require_sight, sealed_from
from sync_scripts.register.lifecycle.errors import GuardFails, check
from sync_scripts.register.lifecycle.guards import Facts
from sync_scripts.register.model.codes import nearest
from sync_scripts.register.model.errors import CodeNotListed, ProviderUnknown, ThingUnknown
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.schema import register as tables

SETTABLE: Final = (
    "provider_code",
    "timeframe",
    "requested_on",
    "appointment_at",
    "due_at",
    "done_at",
    "person_uid",
    "owner_code",
    "work_note",
)
"""What may be said of an intervention beside its state."""


_LEAVES: Final = frozenset({"referred", "ongoing"})
"""States to which an intervention comes with consent only, and never in a case that was closed or handed over."""
_BECAME: Final = frozenset({"done_at", "work_note"})
"""What became of an intervention: that may be said also when the case was closed or handed over meanwhile."""
_UNDER_WAY: Final = _LEAVES | {"accepted"}


@dataclass(frozen=True, slots=True)
class Served:
    """What was decided about a service: the case, the number and id of the intervention, its state before and after."""

    code: str
    number: int
    intervention: str
    service: str
    was: str | None
    now: str


def plan_service(
    by: By,
    case: str,
    service: str,
    *,
    provider: str | None = None,
    timeframe: str | None = None,
    person: str | None = None,
    owner: str | None = None,
    requested_on: date | None = None,
    unlisted: bool = False,
    once: bool = True,
    reason: str = "",
) -> Served:
    """Plan a service for somebody in a case; nobody is told anything yet.

    Args:
        by: who decides.
        case: code of the case in which the work goes on.
        service: code of the list ``service``.
        provider: code of the provider; none for a service of our own.
        timeframe: code of the rules' time frames: within how long it is due.
        person: pseudonym of the person (V2); the person interviewed without it. Of a case that was merged into this one
            with its code before (DK-…-V2): the service is of that case, where her consents are.
        owner: who does it, for a service of our own.
        requested_on: day on which it was asked for; today without it.
        unlisted: the provider gives it although the directory does not say so.
        once: False lets the same service of the same provider be written down again: a row of the workbook says what was done.
        reason: why then; no names.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, CodeNotListed, ProviderUnknown, ThingUnknown, WorkerUnknown, CaseSealed: as they
            say.
        ServiceNotOffered, ServiceUnderWay: the provider does not give it, or gives it to that person already.
    """
    found = case_of(by.rows, case)
    require_worked_on(by.rows, found, serves=True)
    code, served = _served(by, found["case_code"], person)
    _listed(service, list(labels_of("service", "en")))
    if timeframe is not None:
        _listed(timeframe, list(load().timeframe_h))
    there = _of_case(by, code)
    number = max((one["number"] for one in there), default=0) + 1
    name = f"iv-{secrets.token_hex(8)}"
    given_by = provider_of(by, provider) if provider else None
    if given_by is not None:
        require_offered(by, given_by, service, unlisted=unlisted, reason=reason)
        if once:
            require_not_under_way(code, there, service, given_by, served)
    payload = {
        "intervention": name,
        "number": number,
        "service": service,
        "provider_code": given_by,
        "timeframe": timeframe,
        "person_uid": served,
        "owner_code": worker_of(by, owner, "case_owner", new=False, takes_new=False) if owner else None,
        "requested_on": (requested_on or today_of(by)).isoformat(),
    }
    for pseudonym, uid in _people(by, code).items():
        if uid == served:  # for the log: an id says nothing to whoever reads it
            payload["person"] = pseudonym
    if unlisted and reason.strip():
        payload["reason"] = reason.strip()
    by.write(by.event("intervention.add", f"case:{code}", payload))
    return Served(code, number, name, service, None, "planned")


def _listed(value: str, possible: list[str]) -> None:
    if value not in possible:
        raise CodeNotListed(value=value, possible=", ".join(possible))


def provider_of(by: By, text: str) -> str:
    """Return the code of a provider as the directory writes it.

    Raises:
        ProviderUnknown: there is none; names the nearest code.
    """
    found = known_provider(by.rows, text)
    if found is None:
        known = by.rows.execute(select(tables.provider.c.provider_code)).scalars()
        raise ProviderUnknown(provider=text.strip(), nearest=nearest(text, known))
    return found


def _served(by: By, case: str, person: str | None) -> tuple[str, str | None]:
    """Return whom a service is for, and the case in which she is kept: this one, or one merged into it."""
    if person is None:
        return case, None
    code, name = _within(by, case, person)
    return code, _person(by, code, name, also=_merged_seen(by, case) if code == case else ())


def _within(by: By, case: str, text: str) -> tuple[str, str]:
    """Return what is meant by a name, see `within`; in a C4 case that was merged into this one only to who sees it."""
    code, name = within(by.rows, case, text)
    if code != case:
        require_sight(by.rows, by.actor, code)
    return code, name


def _merged_seen(by: By, case: str) -> list[str]:
    """Return the cases merged into one that whoever decides sees."""
    merged = merged_in(by.rows, case)
    sealed = sealed_from(by.rows, by.actor) if merged else frozenset()
    return [one for one in merged if one not in sealed]


def _person(by: By, code: str, pseudonym: str, *, also: Sequence[str] = ()) -> str:
    found = _people(by, code)
    _code, name = within(by.rows, code, pseudonym)
    if name.upper() not in found:
        theirs = [f"{one}-{name}" for one in also for name in sorted(_people(by, one))]
        raise ThingUnknown(what=code, name=pseudonym, known=", ".join([*sorted(found), *theirs]) or "-")
    return str(found[name.upper()])


def _people(by: By, code: str) -> dict[str, str]:
    """Return the people of a case: pseudonym -> uid."""
    person = tables.person
    rows = by.rows.execute(select(person.c.pseudonym, person.c.uid).where(person.c.case_code == code))
    return {row.pseudonym: row.uid for row in rows if row.pseudonym}


def _of_case(by: By, code: str) -> list[Mapping[Any, Any]]:
    made = tables.intervention
    query = select(made).where(made.c.case_code == code).order_by(made.c.number)
    return list(by.rows.execute(query).mappings())


def service_of(by: By, case: str, number: int | str) -> Mapping[Any, Any]:
    """Return the row of an intervention of a case, by its number or its id; of a merged one with its code before (DK-…-1).

    Raises:
        CaseUnknown, ThingUnknown: as they say.
    """
    kept = case_of(by.rows, case)["case_code"]
    code, name = _within(by, kept, str(number))
    rows = _of_case(by, code)
    for row in rows:
        if name in {str(row["number"]), row["intervention_id"]}:
            return row
    known = [str(row["number"]) for row in rows]
    merged = [row for one in _merged_seen(by, kept) for row in _of_case(by, one)] if code == kept else []
    for row in merged:
        if name == row["intervention_id"]:
            return row
    known += [f"{row['case_code']}-{row['number']}" for row in merged]
    raise ThingUnknown(what=code, name=str(number), known=", ".join(known) or "-")


def move_service(by: By, case: str, number: int | str, to: str, *, reason: str = "") -> Served:
    """Move an intervention: referred, accepted, rejected, begun, done, declined. What leaves needs a consent that covers it.

    Raises:
        CaseUnknown, CaseLeft, ThingUnknown, MoveNotListed, GuardFails: as they say.
    """
    row = service_of(by, case, number)
    code, was = row["case_code"], row["status"]
    if to in _LEAVES:
        require_worked_on(by.rows, case_of(by.rows, code), "intervention.move")
    others = row["provider_code"] is not None
    covered = covers_service(
        by.rows, code, row["service"], by.now, uid=row["person_uid"], provider=row["provider_code"]
    )
    facts = Facts(**of_person(by, reason), consent_ok=covered, by_others=others)
    check("intervention", _called(row), was, to, facts)
    payload = {"intervention": row["intervention_id"], "was": was, "to": to, "reason": reason.strip()}
    by.write(by.event("intervention.move", f"case:{code}", {**payload, "number": row["number"]}))
    return Served(code, row["number"], row["intervention_id"], row["service"], was, to)


def refer(by: By, case: str, service: str, provider: str, **more: Any) -> Served:
    """Plan a service of a provider and refer the person to it at once; ``more`` as `plan_service`.

    Raises:
        GuardFails: the recorded consent does not cover it; and as `plan_service`.
    """
    planned = plan_service(by, case, service, provider=provider, **more)
    return move_service(by, planned.code, planned.intervention, "referred")


def set_service(by: By, case: str, number: int | str, **fields: Any) -> Served:
    """Say something of an intervention beside its state: who does it, its provider, its days, its note.

    ``fields`` are among `SETTABLE`; None takes a value away. A due time can only be earlier than medicine and law allow.
    Once it is under way, the consent has to cover another provider or person as it had to cover the first. A code that is
    only typed moves no day later and takes none away.

    Raises:
        CaseUnknown, CaseLeft, ThingUnknown, ProviderUnknown, WorkerUnknown, GuardFails, AppointmentPast, OwnHandMissing:
            as they say.
    """
    row = service_of(by, case, number)
    for name in fields:
        _listed(name, list(SETTABLE))
    if not fields.keys() <= _BECAME:
        require_worked_on(by.rows, case_of(by.rows, row["case_code"]), "intervention.set")
    require_ahead(fields.get("appointment_at"), row["appointment_at"], by.now)
    require_own_hand_for_later(by, _called(row), row, fields)
    if fields.get("provider_code"):
        fields["provider_code"] = provider_of(by, fields["provider_code"])
    if fields.get("owner_code"):
        fields["owner_code"] = worker_of(by, fields["owner_code"], "case_owner", new=False, takes_new=False)
    if fields.get("person_uid"):
        fields["person_uid"] = _person(by, row["case_code"], fields["person_uid"])
    _still_covered(by, row, fields)
    payload = {
        "intervention": row["intervention_id"],
        "number": row["number"],
        "was": {name: row[name] for name in fields},
        "fields": fields,
    }
    if "person_uid" in fields:  # for the log: an id says nothing to whoever reads it
        both = {row["person_uid"], fields["person_uid"]}
        people = _people(by, row["case_code"]).items()
        payload["people"] = {uid: name for name, uid in people if uid in both}
    by.write(by.event("intervention.set", f"case:{row['case_code']}", payload))
    return Served(
        row["case_code"], row["number"], row["intervention_id"], row["service"], row["status"], row["status"]
    )


def _still_covered(by: By, row: Mapping[Any, Any], fields: Mapping[str, Any]) -> None:
    """Let what is said of an intervention pass, unless it would be somebody's for whom, or whose, no consent is there."""
    after = {**row, **fields}
    same = all(after[name] == row[name] for name in ("provider_code", "person_uid"))
    if same or row["status"] not in _UNDER_WAY:
        return
    code, provider = row["case_code"], after["provider_code"]
    if not covers_service(by.rows, code, row["service"], by.now, uid=after["person_uid"], provider=provider):
        raise GuardFails(
            matter="intervention", what=_called(row), wanted=row["status"], lacking=("consent_ok",)
        )


def _called(row: Mapping[Any, Any]) -> str:
    """Return what an intervention is called in a refusal."""
    return gettext("{case} no. {number}").format(case=row["case_code"], number=row["number"])
