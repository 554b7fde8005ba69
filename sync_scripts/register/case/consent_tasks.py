"""Tasks that a consent asks for: whom to tell, when to erase and who looks after a withdrawal, when to ask again. Pure.

Each follows from what is stored, and none from today: who got something is read from what was referred, handed over or
shared, also of what was replaced since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

from sync_scripts.register.case.tasks import Matter, Occasion, of_event
from sync_scripts.register.disclosure.sharing import Agreed
from sync_scripts.register.forms.answers import GIVEN
from sync_scripts.register.history.person_decisions import RECORD, WITHDRAW, Stay, gone_by
from sync_scripts.register.model.codes import CASE
from sync_scripts.register.rules.clocks import end_of_day
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import moment
from sync_scripts.store.events import Event

Occasions = Iterator[Occasion]

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


def erasures_owed(
    events: Sequence[Event], people: Mapping[str, Agreed], gone: Mapping[str, str] = MappingProxyType({})
) -> Occasions:
    """Yield each withdrawal after which nothing of a person may be kept.

    Args:
        events: decisions about the case, in order.
        people: what each person agreed to, by uid.
        gone: when the form of somebody left for another case, by her uid: there she is erased.
    """
    for event in (one for one in events if one.op == WITHDRAW):
        uid = event.payload["person_uid"]
        if _erases(event, people.get(uid, Agreed())):
            left = gone.get(uid, "") if uid not in people else ""
            done_at = gone_by(events, uid, event.at) or (left if left > event.at else None)
            yield Occasion(moment(event.at), of=of_event(event), done_at=done_at)


def receivers_owed(events: Iterable[Event], told: Sequence[Told]) -> Occasions:
    """Yield whoever got something that a withdrawal takes back; ``told`` is everybody who got something of the case."""
    for event in (one for one in events if one.op == WITHDRAW):
        for one in (one for one in told if one.ended_by(event)):
            of = of_event(event, one.name or None)
            yield Occasion(moment(event.at), of=of, number=one.number, subject=one.subject)


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


def alert_erasures_owed(events: Iterable[Event], subject: str) -> Occasions:
    """Yield each withdrawal of the consent of an alert."""
    for event in (one for one in events if one.op == WITHDRAW and one.subject == subject):
        yield Occasion(moment(event.at), of=of_event(event))


def provider_owed(
    events: Iterable[Event], subject: str, referred_to: str | None, refused_at: str | None
) -> Occasions:
    """Yield that the provider who got an alert is told of a withdrawal, or of a refusal after all, by an edit or a correction.

    Args:
        events: what was decided about the alert, in order.
        subject: the alert.
        referred_to: the provider; None where it was referred to nobody.
        refused_at: since when the person refuses.
    """
    if referred_to is not None:
        yield from alert_erasures_owed(events, subject)
        if refused_at is not None:
            yield Occasion(moment(refused_at), of=Matter(variant="refused", since=refused_at))


# --- ask again ----------------------------------------------------------------------------------------------------


def consents_to_renew(people: Iterable[Agreed], rules: Ruleset) -> Occasions:
    """Yield the end of the consent on which a case is worked; it moves when it is renewed.

    That is the end of the last day, in the zone of the rules, on which the consent still holds: from the first moment
    of the day that is written down as its end, nothing leaves any more.
    """
    ends = [
        one.expires_at
        for agreed in people
        for one in agreed.consents
        if one.purpose in _WORK and one.state in GIVEN and one.withdrawn_at is None and one.expires_at
    ]
    if ends:
        last = end_of_day(date.fromisoformat(min(ends)) - timedelta(days=1), rules)
        yield Occasion(last, due_at=last)


def grown_up(people: Mapping[str, Agreed], perhaps: Mapping[str, str | None]) -> Occasions:
    """Yield for each child for whom a guardian said yes when she is asked herself, at 18.

    That is the first day on which she may be 18; once she was asked after that day and a guardian still answered, the
    day on which she is for certain. Her own yes ends it.

    Args:
        people: what each person agreed to, by uid.
        perhaps: from which day each may be 18.
    """
    for uid, agreed in people.items():
        asked = [
            one.given_at or ""
            for one in agreed.consents
            if one.state in _OF_GUARDIAN and one.withdrawn_at is None
        ]
        first, sure = perhaps.get(uid), agreed.adult_from
        if asked and first is not None and sure is not None:
            day = first if max(asked) < first else sure
            yield Occasion(moment(f"{day}T00:00:00.000000Z"), of=Matter(about=uid))


def unable(events: Iterable[Event], people: Mapping[str, Agreed]) -> Occasions:
    """Yield since when it is written down of people that they cannot be asked, as long as that is so."""
    found: dict[str, str] = {}
    for event in events:
        if event.op == RECORD and any(one["state"] == "unable" for one in event.payload["consents"]):
            found[event.payload["person_uid"]] = event.at
    for uid, at in found.items():
        if any(one.state == "unable" for one in people.get(uid, Agreed()).consents):
            yield Occasion(moment(at), of=Matter(about=uid))
