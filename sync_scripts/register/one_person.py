"""One person in several forms of one case: her last no holds in all of them. Pure.

Somebody may tell her story twice, and be kept under V1 and V2. Where it was decided that both are one person, what she refused
or took back last is refused in every record of her in the case. A yes stays with the record in which it was given: that two
are one may be said by anybody, and must let nothing leave. What a form recorded is never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Final

import msgspec

from sync_scripts.register.agreeing import RECORD, Ended, over
from sync_scripts.register.clocks import local_day
from sync_scripts.register.consent import GIVEN, Consent, not_overridden
from sync_scripts.register.ops import SAME
from sync_scripts.register.people import Talk, agreed, no_since, refused
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["SAME", "joined_talks", "one_since", "records_of_one"]

_NO: Final = frozenset({"refused", "withdrawn"})
_YES: Final = GIVEN | {"unable"}


def records_of_one(events: Iterable[Event], code: str, here: Collection[str] = ()) -> list[frozenset[str]]:
    """Return the records of a case that were decided to be one person, by uid, also through a third one.

    Of two that were in two cases when it was decided, both may be in this one by now: ``here`` are the uids in it.

    That two are not one is believed of a proved person only, once they were said to be one: it lets something leave.
    """
    pairs: set[frozenset[str]] = set()
    known = frozenset(here)
    for event in events:
        if event.op != SAME:
            continue
        pair = frozenset({event.payload["uid"], event.payload["other_uid"]})
        if event.payload["other_case"] != code and not pair <= known:
            continue
        if event.payload["decision"] == "same":
            pairs.add(pair)
        elif event.actor.proof == "key":
            pairs.discard(pair)
    groups: list[frozenset[str]] = []
    for pair in sorted(pairs, key=sorted):
        apart = [one for one in groups if pair.isdisjoint(one)]
        groups = [*apart, pair.union(*(one for one in groups if one not in apart))]
    return groups


def one_since(same: Sequence[Event], code: str, uid: str, here: Collection[str]) -> dict[str, str]:
    """Return the other records of a person in a case, each with the instant since which it is decided that it is her.

    Args:
        same: the decisions on two records, in order.
        code: of the case.
        uid: of one of her records.
        here: uids in the case.
    """
    since: dict[str, str] = {}
    for number, event in enumerate(same, 1):
        group = next(
            (one for one in records_of_one(same[:number], code, here) if uid in one), frozenset[str]()
        )
        since = {one: since.get(one, event.at) for one in group if one != uid}
    return since


def joined_talks(
    interviews: Sequence[Filed], events: Sequence[Event], code: str, rules: Ruleset, ended: Ended
) -> dict[str, Talk]:
    """Return what each interview of a case recorded of consent, with all that was decided since, and every last no, over it.

    Args:
        interviews: by arrival.
        events: decisions about the case, and those about people that their forms brought along, in order.
        code: of the case.
        rules: how long a consent holds and an override may last.
        ended: what forms said no to, also later.

    Returns:
        The talk by the id of its interview.
    """
    talks = {
        one.root[1]: over(agreed(one, rules), one.root[1], _since_no(one, events), rules, ended)
        for one in interviews
    }
    here = {uid for talk in talks.values() for uid in talk.people}
    told = {uid for noes in ended.noes.values() for one in noes for uid in one.hers}
    groups = records_of_one(events, code, here | told)
    if not groups:
        return talks
    said = _Said({one.root[1]: instant(one.received[0]) for one in interviews}, events, rules, ended)
    nobody_left = [one.root[1] for one in interviews if refused(one)]
    for group in groups:
        noes = _last_noes(talks, group, said, nobody_left)
        talks = {name: _without(talk, name, group, noes, said) for name, talk in talks.items()}
    return talks


def _since_no(interview: Filed, events: Sequence[Event]) -> Sequence[Event]:
    """Return the decisions that lie over a talk: what was recorded before a no was laid over all of it does not lift it."""
    since = no_since(interview)
    if since is None:
        return events
    return [one for one in events if one.op != RECORD or one.at > instant(since)]


class _Said:
    """When each answer was given: as early as a yes can have been, as late as a no."""

    def __init__(
        self, came: Mapping[str, str], events: Iterable[Event], rules: Ruleset, ended: Ended
    ) -> None:
        self.came = came
        self.ended = ended
        self.rules = rules
        self.recorded = {
            (one.payload["interview"], one.payload["person_uid"], answer["purpose"]): one.at
            for one in events
            if one.op == RECORD
            for answer in one.payload["consents"]
        }

    def heard(self, interview: str, uid: str, purpose: str) -> str:
        """Return when the register heard of an answer."""
        return self.recorded.get((interview, uid, purpose)) or self.came[interview]

    def no(self, one: Consent, interview: str, uid: str) -> str:
        """Return when a no was said, at the latest: a form may have come to say it with an edit."""
        recorded = self.recorded.get((interview, uid, one.purpose), "")
        if one.withdrawn_at is not None:
            return max(one.withdrawn_at, recorded)
        return max(recorded, self.ended.since(interview, uid, one.purpose)) or self.came[interview]

    def yes(self, one: Consent, interview: str, uid: str) -> str:
        """Return when a yes was given, at the earliest: a phone that was not connected says it later, never sooner."""
        heard = self.heard(interview, uid, one.purpose)
        day = date.fromisoformat(one.given_at) if one.given_at else None
        if day is None or day >= local_day(moment(heard), self.rules):
            return heard
        return instant(datetime.combine(day, time.min, self.rules.zone))


_Noes = dict[str, tuple[str, Consent]]
"""Purpose -> when it was refused or taken back last, and how."""


def _last_noes(
    talks: Mapping[str, Talk], group: frozenset[str], said: _Said, nobody_left: Iterable[str]
) -> _Noes:
    """Return the last noes of one person; of interviews in which nobody is left, by what they told before."""
    found: _Noes = {}
    noes = [
        (said.no(one, interview, uid), one)
        for interview, uid, one in _answers(talks, group)
        if one.state in _NO or one.withdrawn_at is not None
    ]
    noes += [
        (one.at, Consent(purpose, "refused"))
        for interview in nobody_left
        for one in said.ended.noes.get(interview, ())
        for uid in sorted(group & one.hers.keys())
        for purpose in sorted(one.hers[uid])
    ]
    for at, one in noes:
        if one.purpose not in found or at > found[one.purpose][0]:
            found[one.purpose] = (at, one)
    return found


def _answers(talks: Mapping[str, Talk], group: frozenset[str]) -> Iterator[tuple[str, str, Consent]]:
    for interview, talk in talks.items():
        for uid in sorted(group & talk.people.keys()):
            for one in talk.people[uid]:
                yield interview, uid, one


def _without(talk: Talk, interview: str, group: frozenset[str], noes: _Noes, said: _Said) -> Talk:
    """Return a talk in which every yes of a person, and what was done without her, gives way to her later no."""

    def stands(uid: str, one: Consent) -> Consent:
        at, no = noes.get(one.purpose, ("", one))
        if one.override_from is not None and at > one.override_from:
            one = not_overridden(one)
        if one.state not in _YES or one.withdrawn_at is not None or said.yes(one, interview, uid) > at:
            return one
        if no.withdrawn_at is not None:
            return replace(one, state="withdrawn", withdrawn_at=no.withdrawn_at)
        return replace(one, state="refused", scope=None, detail=None, given_at=None, expires_at=None)

    people = {
        uid: tuple(stands(uid, one) for one in answers) if uid in group else answers
        for uid, answers in talk.people.items()
    }
    return msgspec.structs.replace(talk, people=people)
