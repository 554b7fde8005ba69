"""Which overrides ended because a form, or what was laid over it, says no later than they were signed. Pure.

Two people act without her because she cannot be reached. Once she is, her word counts, by whatever road it comes: a no that is
later ends the override. Later is what a server had later, or what this register read later, as `arrivals` says. An answer that
a form repeats is no new word: somebody put another answer right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from sync_scripts.register.agreeing import OVERRIDE, Ended
from sync_scripts.register.arrivals import ARRIVAL, Known
from sync_scripts.register.as_it_stood import as_of
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import CORRECT, RESTORE
from sync_scripts.register.leaving import OVERRIDABLE
from sync_scripts.register.people import agreed, refused
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["ended_by", "ended_overrides"]


def ended_overrides(given: CaseInput, rules: Ruleset) -> Ended:
    """Return since when purposes of overrides do not stand any more, by workspace and number of the override.

    Args:
        given: what the case is made of; most cases hold no override and are not looked at.
        rules: how long a consent holds.
    """
    overrides = [one for one in given.about_people if one.op == OVERRIDE]
    if not overrides:
        return {}
    noes = {one.root[1]: list(_noes(one, given, rules)) for one in given.of("interview")}
    return {
        (one.workspace, one.seq): dict(_ends(one, noes.get(one.payload["interview"], ())))
        for one in overrides
    }


def ended_by(ended: Ended, at: str) -> Ended:
    """Return of `ended_overrides` what had ended by an instant."""
    return {
        override: {purpose: since for purpose, since in purposes.items() if since <= at}
        for override, purposes in ended.items()
    }


_No = tuple[str, int, frozenset[str]]
"""When a server had it, in which order it was read, and to what it newly says no."""


def _noes(filed: Filed, given: CaseInput, rules: Ruleset) -> Iterator[_No]:
    """Yield when an interview came to say no, version by version and correction by correction, in their order."""
    said = given.said.get(f"interview:{filed.key}", ())
    orders = {instant(at): filed.arrival(at) for at, _ in filed.history}
    orders = dict.fromkeys((one.at for one in said if one.op in {CORRECT, RESTORE}), 0) | orders
    stood = [(at, _refused(filed, said, at, rules)) for at in sorted(orders)]
    for (_, before), (at, after) in pairwise(stood):
        if after - before:
            yield at, orders[at], after - before


def _refused(filed: Filed, said: Sequence[Event], at: str, rules: Ruleset) -> frozenset[str]:
    """Return to what an interview said no at an instant, of what an override can stand for."""
    then = as_of(filed, said, at)
    if then is None:
        return frozenset()
    if refused(then):
        return OVERRIDABLE
    return frozenset(
        one.purpose
        for consents in agreed(then, rules).people.values()
        for one in consents
        if one.purpose in OVERRIDABLE and one.state == "refused"
    )


def _ends(override: Event, noes: Iterable[_No]) -> Iterator[tuple[str, str]]:
    """Yield the purposes of an override to which a later no was said, and since when: the first one counts."""
    known, found = Known(override.at, override.payload.get(ARRIVAL)), set[str]()
    for at, order, purposes in noes:
        if known.missed(at, order):
            since = instant(known.from_then(moment(at)))
            yield from (
                (one, since) for one in sorted(purposes - found) if one in override.payload["purposes"]
            )
            found |= purposes
