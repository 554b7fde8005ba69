"""Whether anything may still be done with an alert, or in a case: asked before a call, an opening, a further alert."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sync_scripts.register.consents.agreements import agreed_in, of_cases
from sync_scripts.register.consents.case_agreed import NOBODY
from sync_scripts.register.disclosure.sharing import Agreed, Asked, alert_may_leave, may_leave
from sync_scripts.register.history.erasures import erased_of
from sync_scripts.register.history.merges import merged_in
from sync_scripts.register.history.person_decisions import TAKEN_OUT, taken_out
from sync_scripts.register.model.errors import (
    AlertWithdrawn,
    AlreadyErased,
    CaseStopped,
    ConsentRefused,
    ContactRefused,
)
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows

__all__ = [
    "goes_on",
    "going_on",
    "require_contact",
    "require_going_on",
    "require_handled",
    "require_not_erased",
    "require_not_taken_out",
]


def require_handled(rows: Rows, found: Mapping[str, Any], on: date) -> None:
    """Let an alert pass that is handled, from its row as `alert_of` gives it; dismissing it asks nothing here.

    Raises:
        AlreadyErased: nothing is left of it.
        ConsentRefused, AlertWithdrawn: the person said no, or took the yes back.
    """
    require_not_erased(rows, f"alert:{found['stamp']}/{found['alert_id']}", found["code"])
    state = found["consent_state"]
    if alert_may_leave(Asked("list"), state, on).allowed:
        return
    if state == "refused":
        raise ConsentRefused(alert=found["code"])
    raise AlertWithdrawn(alert=found["code"])


def require_not_erased(rows: Rows, unit: str, code: str) -> None:
    """Let an alert or a case pass that was not erased, or for which something came since.

    Raises:
        AlreadyErased: on which day.
    """
    gone = erased_of(rows, [unit]).get(unit)
    if gone is not None:
        raise AlreadyErased(what=code, where=code, day=local_day(moment(gone.at), load()).isoformat())


def require_not_taken_out(rows: Rows, subject: str, place: tuple[str, str, str], code: str) -> None:
    """Let an answer pass that was not taken out with the person whose it was.

    Args:
        rows: the register.
        subject: under which decisions about the submission stand.
        place: entity, key of the record and field.
        code: of the case.

    Raises:
        AlreadyErased: on which day.
    """
    for event in store_events.read(rows, subjects=[subject], ops=[TAKEN_OUT]):
        if taken_out(event.payload, *place):
            day = local_day(moment(event.at), load()).isoformat()
            raise AlreadyErased(what=f"{code} {event.payload['person']}", day=day, where=code)


def require_going_on(rows: Rows, case: str, at: datetime) -> None:
    """Let a case pass, by its code, in which somebody goes on, or nobody was asked yet.

    Only to such a one is an alert tied, and only into such a one a case merged, a file added, or a note written.

    Raises:
        AlreadyErased: nothing is left of it.
        CaseStopped: everybody in it withdrew or refused.
    """
    require_not_erased(rows, f"case:{case}", case)
    if not goes_on(rows, case, at):
        raise CaseStopped(case=case)


def require_contact(rows: Rows, case: str, at: datetime) -> None:
    """Let a case pass, by its code, in which somebody may be contacted: nobody was asked whether, or not everybody said no.

    A yes that ran out is no bar: the person is to be asked again.

    Raises:
        AlreadyErased, CaseStopped: as `require_going_on`.
        ContactRefused: everybody in it, and in what was merged into it, refused to be contacted again, or took the yes back.
    """
    require_going_on(rows, case, at)
    if _no_contact(rows, case, at) and not _some_contact(rows, merged_in(rows, case), at):
        raise ContactRefused(case=case)


def _no_contact(rows: Rows, case: str, at: datetime) -> bool:
    """Tell whether people of a case were asked, and every one of them wants no contact."""
    said = _contacts(agreed_in(rows, case).people.values(), at)
    return bool(said) and said <= _NO_CONTACT


def _some_contact(rows: Rows, cases: Iterable[str], at: datetime) -> bool:
    """Tell whether somebody of some cases was asked, and does not refuse to be contacted."""
    people = [one for agreed in of_cases(rows, cases).values() for one in agreed.people.values()]
    return not _contacts(people, at) <= _NO_CONTACT


def _contacts(people: Iterable[Agreed], at: datetime) -> set[str]:
    asked, on = Asked("contact"), local_day(at, load())
    return {may_leave(asked, one, at, on).why for one in people}


_NO_CONTACT: Final = frozenset({"refused", "withdrawn", "erased"})


def goes_on(rows: Rows, case: str, at: datetime) -> bool:
    """Tell whether somebody in a case goes on, or nobody was asked yet."""
    return not of_cases(rows, [case]).get(case, NOBODY).stopped(at)


def going_on(rows: Rows, cases: Collection[str], at: datetime) -> frozenset[str]:
    """Return those of some cases that `require_going_on` lets pass: asked once for many, which costs a tenth of asking for each."""
    units = {f"case:{case}": case for case in cases}
    gone = {units[unit] for unit in erased_of(rows, units)}
    agreed = of_cases(rows, cases)
    return frozenset(case for case in cases if case not in gone and not agreed.get(case, NOBODY).stopped(at))
