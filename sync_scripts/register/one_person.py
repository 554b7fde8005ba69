"""One person in several forms of one case: her last no holds in all of them. Pure.

Somebody may tell her story twice, and be kept under V1 and V2. Where it was decided that both are one person, what she refused
or took back last is refused in every record of her in the case. A yes stays with the record in which it was given: that two
are one may be said by anybody, and must let nothing leave. What a form recorded is never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from operator import attrgetter
from typing import Final

import msgspec

from sync_scripts.register.agreeing import RECORD, Ended, over
from sync_scripts.register.arrivals import ARRIVAL, Known
from sync_scripts.register.clocks import local_day
from sync_scripts.register.consent import GIVEN, Consent, not_overridden
from sync_scripts.register.ops import SAME
from sync_scripts.register.people import Talk, agreed, no_since, refused
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.said_no import SaidNo, noes_left
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
        noes = _every_no(talks, group, said, nobody_left)
        talks = {name: _without(talk, name, group, noes, said) for name, talk in talks.items()}
    return talks


def _since_no(interview: Filed, events: Sequence[Event]) -> Sequence[Event]:
    """Return the decisions that lie over a talk: what was recorded before a no was laid over all of it does not lift it."""
    since = no_since(interview)
    if since is None:
        return events
    return [one for one in events if one.op != RECORD or one.at > instant(since)]


class _No(msgspec.Struct, frozen=True):
    """A no of somebody.

    Attributes:
        at: when it was said, at the latest, as text.
        order: in which order the register read the form that says so; 0 of what a person decided, or laid over it.
        how: how it stands.
    """

    at: str
    order: int
    how: Consent


_Noes = Mapping[str, Sequence[_No]]
"""Purpose -> what a person refuses or took back in any record of her."""


class _Said:
    """When each answer was given: as early as a yes can have been, as late as a no."""

    def __init__(
        self, came: Mapping[str, str], events: Iterable[Event], rules: Ruleset, ended: Ended
    ) -> None:
        self.came = came
        self.left = {interview: list(noes_left(noes)) for interview, noes in ended.noes.items()}
        self.rules = rules
        self.recorded = {
            (one.payload["interview"], one.payload["person_uid"], answer["purpose"]): (
                Known(one.at, one.payload.get(ARRIVAL)),
                answer["state"],
            )
            for one in events
            if one.op == RECORD
            for answer in one.payload["consents"]
        }

    def noes(self, one: Consent, interview: str, uid: str) -> Iterator[_No]:
        """Yield when a no was said, at the latest: by the form, which may have come to say it with an edit, or written down."""
        known, state = self.recorded.get((interview, uid, one.purpose), (Known(""), ""))
        if one.withdrawn_at is not None:
            yield _No(max(one.withdrawn_at, known.at), 0, one)
            return
        found = [_No(no.at, no.order, one) for no in self.of_form(interview, uid, one.purpose)]
        if state in _NO:
            found.append(_No(known.at, 0, one))
        yield from found or [_No(self.came[interview], 0, one)]

    def of_form(self, interview: str, uid: str, purpose: str) -> Iterator[SaidNo]:
        """Yield since when a form says no for a person."""
        left = self.left.get(interview, ())
        return (no for who, what, no in left if (who, what) == (uid, purpose))

    def yes(self, one: Consent, interview: str, uid: str) -> str:
        """Return when a yes was given, at the earliest: a phone that was not connected says it later, never sooner."""
        known, _state = self.recorded.get((interview, uid, one.purpose), (None, ""))
        heard = known.at if known is not None else self.came[interview]
        day = date.fromisoformat(one.given_at) if one.given_at else None
        if day is None or day >= local_day(moment(heard), self.rules):
            return heard
        return instant(datetime.combine(day, time.min, self.rules.zone))

    def later(self, no: _No, one: Consent, interview: str, uid: str) -> bool:
        """Tell whether a no is no older than a yes; a form that was read when that was written down is, whatever its server says."""
        yes = self.yes(one, interview, uid)
        known, _state = self.recorded.get((interview, uid, one.purpose), (None, ""))
        asked_over = known is not None and yes == known.at and known.held(no.order)
        return no.at >= yes and not asked_over


def _every_no(
    talks: Mapping[str, Talk], group: frozenset[str], said: _Said, nobody_left: Iterable[str]
) -> _Noes:
    """Return the noes of one person; of interviews in which nobody is left, by what they told before."""
    found: dict[str, list[_No]] = {}
    for interview, uid, one in _answers(talks, group):
        if one.state in _NO or one.withdrawn_at is not None:
            found.setdefault(one.purpose, []).extend(said.noes(one, interview, uid))
    for interview in nobody_left:
        for uid, purpose, no in said.left.get(interview, ()):
            if uid in group:
                made = _No(no.at, no.order, Consent(purpose, "refused"))
                found.setdefault(purpose, []).append(made)
    return found


def _answers(talks: Mapping[str, Talk], group: frozenset[str]) -> Iterator[tuple[str, str, Consent]]:
    for interview, talk in talks.items():
        for uid in sorted(group & talk.people.keys()):
            for one in talk.people[uid]:
                yield interview, uid, one


def _without(talk: Talk, interview: str, group: frozenset[str], noes: _Noes, said: _Said) -> Talk:
    """Return a talk in which every yes of a person, and what was done without her, gives way to her later no."""

    def stands(uid: str, one: Consent) -> Consent:
        mine = noes.get(one.purpose, ())
        # of what forms say, that is in `ended_overrides`: which of them the two had not seen
        if one.override_from is not None and any(no.order == 0 and no.at > one.override_from for no in mine):
            one = not_overridden(one)
        if one.state not in _YES or one.withdrawn_at is not None:
            return one
        after = [no for no in mine if said.later(no, one, interview, uid)]
        if not after:
            return one
        no = max(after, key=attrgetter("at")).how
        if no.withdrawn_at is not None:
            return replace(one, state="withdrawn", withdrawn_at=no.withdrawn_at)
        return replace(one, state="refused", scope=None, detail=None, given_at=None, expires_at=None)

    people = {
        uid: tuple(stands(uid, one) for one in answers) if uid in group else answers
        for uid, answers in talk.people.items()
    }
    return msgspec.structs.replace(talk, people=people)
