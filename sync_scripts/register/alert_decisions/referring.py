"""What a service that is planned with a provider has to be: one that the provider gives, not under way already, to come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.errors import Declined, UsageProblem
from sync_scripts.register.decisions.authority import require_own_hand
from sync_scripts.register.decisions.base import By
from sync_scripts.register.lifecycle.moves import INTERVENTION_FINAL
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import load, local
from sync_scripts.store.canonical import moment
from sync_scripts.store.schema import register as tables

ServiceNotOffered: Final = UsageProblem.declare(
    "DK-R27",
    "In the directory {provider} does not give {service}, but: {services}. Nothing was changed. Choose another provider, put "
    "the entry right (dikalo providers add CODE), or say --unlisted and why (--reason).",
)
ServiceUnderWay: Final = Declined.declare(
    "DK-R28",
    "In the case {case} no. {number} is {service} by {provider} already, for the same person, and not over. Nothing was changed. "
    "Say how it goes on (dikalo cases refer {case} --number {number}), or end it before another one.",
    shown={"service": partial(label, "service")},
)
AppointmentPast: Final = UsageProblem.declare(
    "DK-R29",
    "The appointment {at} is over already. Nothing was changed. Give a time to come, as 2026-11-25T08:30; what became of one "
    "that is over is said with --state or --note.",
)


def require_offered(by: By, provider: str, service: str, *, unlisted: bool, reason: str) -> None:
    """Let a service pass that its provider gives by the directory; another one if that is said, with a reason.

    Raises:
        ServiceNotOffered: says what the provider gives.
    """
    column = tables.provider.c
    given = by.rows.execute(select(column.services).where(column.provider_code == provider)).scalar() or ""
    if service not in given.split() and not (unlisted and reason.strip()):
        raise ServiceNotOffered(provider=provider, service=service, services=", ".join(given.split()) or "-")


def require_not_under_way(
    case: str, rows: Iterable[Mapping[Any, Any]], service: str, provider: str, person_uid: str | None
) -> None:
    """Let a service pass that the same provider does not give the same person of a case already.

    Raises:
        ServiceUnderWay: names the one that is not over.
    """
    for row in rows:
        same = (row["service"], row["provider_code"]) == (service, provider)
        same &= person_uid is None or row["person_uid"] in {None, person_uid}
        if same and row["status"] not in INTERVENTION_FINAL:
            raise ServiceUnderWay(case=case, number=row["number"], service=service, provider=provider)


def require_ahead(appointment_at: str | None, was: str | None, now: datetime) -> None:
    """Let an appointment pass that is to come, or that was known before.

    Raises:
        AppointmentPast: it is over.
    """
    if appointment_at is not None and appointment_at != was and moment(appointment_at) < now:
        raise AppointmentPast(at=local(appointment_at))


def require_own_hand_for_later(by: By, what: str, row: Mapping[Any, Any], fields: Mapping[str, Any]) -> None:
    """Let a proved person say anything; whose code was only typed moves no day of a service later, and takes none away.

    A first day, or an earlier one, anybody writes down for a colleague: a reminder too many costs a click. What a form told of
    the same days no typed code corrects either (see `forms.values.decisive`), and this is the other road to it.

    Args:
        by: who decides.
        what: the intervention in words.
        row: as it stands.
        fields: what is said of it.

    Raises:
        OwnHandMissing: a day would be later, or gone, and the code was only typed.
    """
    hours = load().timeframe_h
    stands = [
        (row[name], fields[name]) for name in ("appointment_at", "due_at", "requested_on") if name in fields
    ]
    if "timeframe" in fields:
        stands.append((hours.get(row["timeframe"] or ""), hours.get(fields["timeframe"] or "")))
    if any(was is not None and (now is None or now > was) for was, now in stands):
        require_own_hand(by, what)
