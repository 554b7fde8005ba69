"""Tasks that a consent asks for: whom to tell, when to erase and who looks after a withdrawal, when to ask again. Pure.

Each follows from what is stored, and none from today: who got something is read from what was referred, handed over or
shared, also of what was replaced since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

import msgspec

from sync_scripts.register.case.tasks import (
    AlertTimes,
    Matter,
    of_event,
    recurring,
    task,
)
from sync_scripts.register.disclosure.sharing import Agreed
from sync_scripts.register.forms.answers import GIVEN
from sync_scripts.register.history.person_decisions import RECORD, WITHDRAW, Stay, gone_by
from sync_scripts.register.model.codes import CASE
from sync_scripts.register.rules import retention
from sync_scripts.register.rules.clocks import end_of_day
from sync_scripts.register.rules.kinds import within
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = [
    "ERASE",
    "TELL",
    "Tasks",
    "Told",
    "adult_tasks",
    "alert_withdrawn_tasks",
    "handed_over",
    "renew_tasks",
    "review_tasks",
    "told_by_decision",
    "told_elsewhere",
    "unable_since",
    "unable_tasks",
    "withdrawn_tasks",
]

Tasks = Iterator[dict[str, Any]]

ERASE: Final = timedelta(days=retention.load().withdrawn.days)
"""Within this time what identifies somebody who withdrew is gone."""
TELL: Final = within("tell_receiver")
"""Within this time whoever got something is told that it was withdrawn, or that somebody else does it."""
_WORK: Final = ("document", "services")
"""Purposes on which the work on a case rests."""
SERVED: Final = frozenset({"services", "refer_identity"})
"""Purposes on which a referral rests."""
_HANDED_OVER: Final = SERVED | {"document"}
"""Purposes on which the hand-over of a whole case rests."""
_OF_GUARDIAN: Final = frozenset({"guardian", "assent"})


class Told(msgspec.Struct, frozen=True):
    """Somebody outside who got something of a case.

    Attributes:
        number: of the submission beside which the task stands.
        subject: what the task is about.
        people: uids of those it tells of; None for everybody in the case.
        purposes: on which it rests: once one of them is withdrawn, whoever got it is told.
        name: tells apart what one thing gave to several; empty for the last.
        at: when it was given, None when a withdrawal of before is told, too.
        since: when whoever got it had heard of the person first.
        service: with which they serve her, empty where it is not for one.
    """

    number: int
    subject: str
    people: frozenset[str] | None
    purposes: frozenset[str]
    name: str = ""
    at: str | None = None
    since: str | None = None
    service: str = ""

    def ended_by(self, event: Event) -> bool:
        """Tell whether a withdrawal takes back what this rests on."""
        said = event.payload
        theirs = self.people is None or said["person_uid"] in self.people
        before = self.at is None or self.at <= event.at
        return theirs and before and not self.purposes.isdisjoint(said["purposes"])


def told_by_decision(
    number: int, code: str, events: Iterable[Event], involved: Mapping[str, Iterable[str]]
) -> Iterator[Told]:
    """Yield what was handed over of a case by decision: a dossier, a piece of evidence, the whole of it.

    Args:
        number: of the first submission of the case.
        code: of the case.
        events: decisions about it, in order.
        involved: whom each piece of evidence involves, by its uid.
    """
    events, subject = list(events), f"case:{code}"
    yield from handed_over(number, code, events)
    for event in events:
        said = event.payload
        if event.op == "share.give":
            people = frozenset(one["uid"] for one in said["people"]) or None
            purposes = SERVED if said["purpose"] == "services" else frozenset({said["purpose"]})
            yield Told(number, subject, people, purposes, f"share:{said['share']}", event.at, event.at)
        elif event.op == "evidence.move" and said["to"] == "shared":
            people = frozenset(involved.get(said["uid"], ())) or None
            purposes = frozenset({said.get("purpose") or "", "photo_audio"})
            yield Told(number, subject, people, purposes, f"evidence:{said['uid']}", event.at, event.at)


def handed_over(number: int, code: str, events: Iterable[Event]) -> Iterator[Told]:
    """Yield whoever took over a case: it, or the one in which a merged case goes on, with all that was merged into it.

    Args:
        number: of the first submission of the case.
        code: of the case.
        events: decisions about it, or about the one in which it goes on, in order.
    """
    for event in events:
        if event.op == "case.move" and event.payload["to"] == "transferred":
            yield Told(number, f"case:{code}", None, _HANDED_OVER, "transfer", event.at, event.at)


def told_elsewhere(
    number: int,
    code: str,
    left: Iterable[Stay],
    happened: Mapping[str, Sequence[Event]],
    involved: Mapping[str, Iterable[str]],
) -> Iterator[Told]:
    """Yield who outside got something of a person in the case that her form has left: they hear of what she takes back since.

    What she took back before is owed where it was said.

    Args:
        number: of the first submission of the case in which she is now.
        code: of that case.
        left: where its interviews were before.
        happened: what was decided about those cases, by unit.
        involved: whom each piece of evidence involves, by its uid.
    """
    made: dict[str, Told] = {}
    for stay in left:
        from_there = [one for one in happened.get(stay.unit, ()) if one.at <= stay.until]
        for one in told_by_decision(number, code, from_there, involved):
            people = one.people if one.people is not None else frozenset(stay.people) or None
            name = f"{one.name}@{stay.unit}"
            made.setdefault(name, msgspec.structs.replace(one, name=name, people=people, at=stay.until))
        for said in stay.receivers:
            name = f"{said['provider_code']}:{said['person_uid']}:{said['service']}@{stay.unit}"
            people = frozenset({said["person_uid"]})
            service, at = said["service"] or "", stay.until
            told = Told(number, f"{CASE}{code}", people, SERVED, name, at, at, service)
            made.setdefault(name, told)
    yield from made.values()


def withdrawn_tasks(
    number: int,
    code: str,
    events: Sequence[Event],
    told: Iterable[Told],
    people: Mapping[str, Agreed],
    *,
    owner: str | None,
    gone: Mapping[str, str] = MappingProxyType({}),
) -> Tasks:
    """Yield what has to be done after each withdrawal: tell whoever got something, and erase what nothing may be kept for.

    Args:
        number: of the first submission of the case.
        code: of the case.
        events: decisions about it, in order.
        told: everybody who got something of it.
        people: what each person agreed to, by uid.
        owner: who is in charge.
        gone: when the form of somebody left for another case, by her uid: there she is erased.
    """
    given = list(told)
    for event in (one for one in events if one.op == WITHDRAW):
        at, uid = moment(event.at), event.payload["person_uid"]
        if _erases(event, people.get(uid, Agreed())):
            left = gone.get(uid, "") if uid not in people else ""
            done_at = gone_by(events, uid, event.at) or (left if left > event.at else None)
            of, subject = of_event(event), f"case:{code}"
            purge = task(number, subject, "consent_purge", at + ERASE, of=of, assigned_to=owner)
            yield purge | {"done_at": done_at}
        for one in given:
            if one.ended_by(event):
                of, due_at = of_event(event, one.name or None), at + TELL
                yield task(one.number, one.subject, "tell_receiver", due_at, of=of, assigned_to=owner)


def _erases(withdrawal: Event, agreed: Agreed) -> bool:
    """Tell whether what is kept of a person has to go: it may not be documented any more, or she agrees to nothing.

    Who takes one purpose back and goes on with others stays in her case; statistics, for one, leave her out of the next report.
    """
    stood_on = (
        one.withdrawn_at > withdrawal.at
        if one.state == "withdrawn" and one.withdrawn_at
        else one.state in GIVEN
        for one in agreed.consents
    )
    return "document" in withdrawal.payload["purposes"] or not any(stood_on)


def alert_withdrawn_tasks(
    times: AlertTimes, events: Iterable[Event], referred_to: str | None = None
) -> Tasks:
    """Yield what has to be done once the consent of an alert was withdrawn: erase, and tell the provider who got it.

    A provider is told, too, when the person refused after all, by an edit or as a correction.
    """
    number, subject, who = times.number, times.subject, times.assigned_to
    for event in (one for one in events if one.op == WITHDRAW and one.subject == subject):
        of, at = of_event(event), moment(event.at)
        yield task(number, subject, "consent_purge", at + ERASE, of=of, assigned_to=who)
        if referred_to is not None:
            yield task(number, subject, "tell_receiver", at + TELL, of=of, assigned_to=who)
    if referred_to is not None and times.consent == "refused" and times.stopped_at is not None:
        of, due_at = Matter(variant="refused", since=times.stopped_at), moment(times.stopped_at) + TELL
        yield task(number, subject, "tell_receiver", due_at, of=of, assigned_to=who)


# --- ask again ----------------------------------------------------------------------------------------------------


def renew_tasks(number: int, code: str, people: Iterable[Agreed], owner: str | None, rules: Ruleset) -> Tasks:
    """Yield the task to ask again before the consent on which a case is worked runs out; it moves when it is renewed.

    It is due at the end of the last day, in the zone of the rules, on which the consent still holds: from the first moment
    of the day that is written down as its end, nothing leaves any more.
    """
    ends = [
        one.expires_at
        for agreed in people
        for one in agreed.consents
        if one.purpose in _WORK and one.state in GIVEN and one.withdrawn_at is None and one.expires_at
    ]
    if ends:
        due_at = end_of_day(date.fromisoformat(min(ends)) - timedelta(days=1), rules)
        yield task(number, f"case:{code}", "consent_renew", due_at, assigned_to=owner)


def adult_tasks(
    number: int, code: str, people: Mapping[str, Agreed], perhaps: Mapping[str, str | None], owner: str | None
) -> Tasks:
    """Yield for each child for whom a guardian said yes the task to ask her herself at 18.

    It is due on the first day on which she may be 18; once she was asked after that day and a guardian still answered, on
    the day on which she is for certain. Her own yes ends it.

    Args:
        number: of the first submission of the case.
        code: of the case.
        people: what each person agreed to, by uid.
        perhaps: from which day each may be 18.
        owner: who is in charge.
    """
    for uid, agreed in people.items():
        asked = [
            one.given_at or ""
            for one in agreed.consents
            if one.state in _OF_GUARDIAN and one.withdrawn_at is None
        ]
        first, sure = perhaps.get(uid), agreed.adult_from
        if asked and first is not None and sure is not None:
            due_at = f"{first if max(asked) < first else sure}T00:00:00.000000Z"
            of = Matter(about=uid)
            yield task(number, f"case:{code}", "consent_adult", due_at, of=of, assigned_to=owner)


def unable_since(events: Iterable[Event], people: Mapping[str, Agreed]) -> dict[str, str]:
    """Return since when it is written down of people that they cannot be asked, as long as that is so, by uid."""
    found: dict[str, str] = {}
    for event in events:
        if event.op == RECORD and any(one["state"] == "unable" for one in event.payload["consents"]):
            found[event.payload["person_uid"]] = event.at
    return {
        uid: at
        for uid, at in found.items()
        if any(one.state == "unable" for one in people.get(uid, Agreed()).consents)
    }


def review_tasks(
    number: int,
    subject: str,
    since: str,
    every: timedelta,
    events: Sequence[Event],
    *,
    about: str | None = None,
    done_at: str | None = None,
    assigned_to: str | None = None,
) -> Tasks:
    """Yield the tasks to look again whether somebody who could not be asked can be asked now: one after the other.

    Args:
        number: of the submission beside which they stand.
        subject: what they are about.
        since: instant since when it is so.
        every: how much later each is due: after that, and after the one before was ended.
        events: decisions among which those about tasks are looked for, in order.
        about: uid of the person, where one subject has several.
        done_at: when a fact ended the last.
        assigned_to: who has them.
    """
    return recurring(
        number,
        subject,
        "consent_review",
        moment(since),
        every,
        events=events,
        about=about,
        done_at=done_at,
        assigned_to=assigned_to,
    )


def unable_tasks(times: AlertTimes, every: timedelta, events: Sequence[Event], done_at: str | None) -> Tasks:
    """Yield the reviews of an alert whose person cannot be asked, from its arrival on; as `review_tasks`."""
    return review_tasks(
        times.number,
        times.subject,
        instant(times.received),
        every,
        events,
        done_at=done_at,
        assigned_to=times.assigned_to,
    )
