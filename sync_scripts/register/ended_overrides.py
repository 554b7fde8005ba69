"""Which overrides ended because a form, or what was laid over it, says no later than they were signed. Pure.

Two people act without her because she cannot be reached. Once she is, her word counts, by whatever road it comes: a no that is
later ends the override, in the interview over which it lies and in every other one of the same person. Later is what a server
had later, or what this register read later, as `arrivals` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from sync_scripts.register.agreeing import Ended
from sync_scripts.register.arrivals import ARRIVAL, Known
from sync_scripts.register.as_it_stood import told_of
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.one_person import one_since
from sync_scripts.register.ops import OVERRIDE, RECORD, SAME
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.said_no import SaidNo, said_no
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["ended_before", "ended_by", "ended_overrides"]


_MATTERS: Final = frozenset({OVERRIDE, RECORD, SAME})
"""Ops of the decisions beside which it matters when a form came to say no; most cases hold none and are not looked at."""


def ended_overrides(given: CaseInput, rules: Ruleset) -> Ended:
    """Return when the interviews of a case came to say no, and which overrides do not stand any more since then.

    Args:
        given: what the case is made of.
        rules: how long a consent holds.
    """
    events = [one for one in given.about_people if one.op in _MATTERS]
    if not events:
        return Ended()
    interviews = given.of("interview")
    noes = {
        one.root[1]: tuple(said_no(one, given.said.get(f"interview:{one.key}", ()), rules))
        for one in interviews
    }
    here = {uid for one in interviews for uid in told_of(one)}
    same = [one for one in events if one.op == SAME]
    return Ended(
        {
            (one.workspace, one.seq): dict(
                _ends(one, noes, one_since(same, given.code or "", one.payload["person_uid"], here))
            )
            for one in events
            if one.op == OVERRIDE
        },
        noes,
    )


def ended_by(ended: Ended, at: str) -> Ended:
    """Return of `ended_overrides` what had ended, and been said, by an instant."""
    noes = {interview: tuple(one for one in said if one.at <= at) for interview, said in ended.noes.items()}
    return Ended(_overrides(ended, lambda since: since <= at), noes)


def ended_before(ended: Ended, at: str) -> Ended:
    """Return the same, but of overrides only what had ended before that instant."""
    return Ended(_overrides(ended, lambda since: since < at), ended_by(ended, at).noes)


def _overrides(ended: Ended, had: Callable[[str], bool]) -> dict[tuple[str, int], Mapping[str, str]]:
    return {
        override: {purpose: since for purpose, since in purposes.items() if had(since)}
        for override, purposes in ended.overrides.items()
    }


def _ends(
    override: Event, noes: Mapping[str, Sequence[SaidNo]], she: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the purposes of an override to which a later no was said, and since when: the first one counts.

    Args:
        override: the event.
        noes: of every interview of the case.
        she: the uids of the person's other records, each with since when it is decided that it is her.
    """
    known, found = Known(override.at, override.payload.get(ARRIVAL)), dict[str, str]()
    for interview, said in noes.items():
        own = interview == override.payload["interview"]
        for one in said:
            if (own and one.first) or not known.missed(one.at, one.order):
                continue
            no = instant(known.from_then(moment(one.at)))
            ends = dict.fromkeys(one.purposes, no) if own else _hers(one, no, she)
            for purpose in ends.keys() & set(override.payload["purposes"]):
                found[purpose] = min(ends[purpose], found.get(purpose, ends[purpose]))
    yield from sorted(found.items())


def _hers(said: SaidNo, no: str, she: Mapping[str, str]) -> dict[str, str]:
    """Return to what a person said no in another interview, and since when that is known to be her."""
    found: dict[str, str] = {}
    for uid in said.hers.keys() & she.keys():
        for purpose in said.hers[uid]:
            since = max(no, she[uid])
            found[purpose] = min(since, found.get(purpose, since))
    return found
