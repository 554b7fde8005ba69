"""What people decided about consents, laid over what the talks recorded: asked again, withdrawn, overridden. Pure.

What a form recorded is never touched. A withdrawal stays until the person is asked again; it raises the tasks that follow
from it: tell everybody who got something, erase within thirty days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import msgspec

from sync_scripts.register.consent import GIVEN, Consent
from sync_scripts.register.leaving import Agreed
from sync_scripts.register.people import Talk
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.tasks import task
from sync_scripts.store.canonical import moment
from sync_scripts.store.events import Event

__all__ = [
    "OVERRIDE",
    "RECORD",
    "WITHDRAW",
    "agreed_of",
    "last_said",
    "over",
    "withdrawn_tasks",
]

RECORD: Final = "consent.record"
WITHDRAW: Final = "consent.withdraw"
OVERRIDE: Final = "consent.override"

_ERASE: Final = timedelta(days=30)
"""Within this time what identifies somebody who withdrew is gone."""
_TELL: Final = timedelta(hours=24)
"""Within this time whoever got something is told that it was withdrawn."""
_WORK: Final = ("document", "services")
"""Purposes on which the work on a case rests."""
_SENT: Final = frozenset({"referred", "accepted", "ongoing", "done"})


def over(talk: Talk, interview: str, events: Iterable[Event], rules: Ruleset) -> Talk:
    """Return a talk with all that was decided since laid over it.

    Args:
        talk: what the interview recorded.
        interview: its id.
        events: decisions about the case, in order.
        rules: how long an override may last.
    """
    people = {uid: {one.purpose: one for one in found} for uid, found in talk.people.items()}
    for event in events:
        if event.op in _STEPS:
            _STEPS[event.op](people, interview, event, rules)
    return msgspec.structs.replace(talk, people={uid: tuple(found.values()) for uid, found in people.items()})


_People = dict[str, dict[str, Consent]]


def _record(people: _People, interview: str, event: Event, _rules: Ruleset) -> None:
    said = event.payload
    if said["interview"] != interview:
        return
    theirs = people.setdefault(said["person_uid"], {})
    for one in said["consents"]:
        theirs[one["purpose"]] = Consent(**one)


def _withdraw(people: _People, _interview: str, event: Event, _rules: Ruleset) -> None:
    theirs = people.get(event.payload["person_uid"], {})
    for purpose in event.payload["purposes"]:
        if purpose in theirs and theirs[purpose].withdrawn_at is None:
            theirs[purpose] = replace(theirs[purpose], state="withdrawn", withdrawn_at=event.at)


def _override(people: _People, interview: str, event: Event, rules: Ruleset) -> None:
    said = event.payload
    longest = moment(event.at) + timedelta(hours=rules.case.override_max_h)
    if said["interview"] != interview or moment(said["until"]) > longest:
        return
    theirs = people.setdefault(said["person_uid"], {})
    for purpose in said["purposes"]:
        theirs[purpose] = replace(
            theirs.get(purpose) or Consent(purpose, "not_asked"),
            override_reason=said["reason"],
            override_by_1=said["first"],
            override_by_2=said["second"],
            override_until=said["until"],
            override_from=event.at,
        )


_STEPS: Final = {RECORD: _record, WITHDRAW: _withdraw, OVERRIDE: _override}


def agreed_of(talk: Talk, uid: str, child: bool | None) -> Agreed:
    """Return what one person agreed to in a talk; whose age is not known counts as a child."""
    return Agreed(talk.people.get(uid, ()), talk.withheld, child=child is not False, minor=child is True)


def last_said(events: Iterable[Event]) -> str | None:
    """Return when something was last decided about consents; None if never."""
    return max((event.at for event in events if event.op in _STEPS), default=None)


# --- what follows -------------------------------------------------------------------------------------------------


def withdrawn_tasks(
    number: int,
    code: str,
    events: Sequence[Event],
    sent: Iterable[tuple[str, Mapping[str, Any]]],
    owner: str | None,
) -> Iterator[dict[str, Any]]:
    """Yield what has to be done after each withdrawal.

    Args:
        number: of the first submission of the case.
        code: of the case.
        events: decisions about it, in order.
        sent: subject and row of each of its interventions.
        owner: who is in charge.
    """
    given = list(sent)
    for event in (one for one in events if one.op == WITHDRAW):
        origin = f"withdrawn:{event.workspace}:{event.seq}"
        at = moment(event.at)
        yield task(number, f"case:{code}", "consent_purge", at + _ERASE, origin=origin, assigned_to=owner)
        if not {"services", "refer_identity"} & set(event.payload["purposes"]):
            continue
        for subject, row in given:
            theirs = row["person_uid"] == event.payload["person_uid"]
            if theirs and row["provider_code"] is not None and row["status"] in _SENT:
                yield task(
                    row["filing_no"], subject, "tell_receiver", at + _TELL, origin=origin, assigned_to=owner
                )


def renew_tasks(
    number: int, code: str, people: Iterable[Agreed], owner: str | None
) -> Iterator[dict[str, Any]]:
    """Yield the task to ask again before the consent on which a case is worked runs out; it moves when it is renewed."""
    ends = [
        one.expires_at
        for agreed in people
        for one in agreed.consents
        if one.purpose in _WORK and one.state in GIVEN and one.withdrawn_at is None and one.expires_at
    ]
    if ends:
        due_at = f"{min(ends)}T00:00:00.000000Z"
        yield task(number, f"case:{code}", "consent_renew", due_at, origin="consent", assigned_to=owner)
