"""When an interview came to say no, to what, and whose no it is: version by version and correction by correction. Pure.

An answer that a form repeats is no new word: somebody put another answer right. What comes first says all of it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from sync_scripts.register.as_it_stood import as_of, told_of
from sync_scripts.register.corrections import CORRECT, RESTORE
from sync_scripts.register.leaving import OVERRIDABLE
from sync_scripts.register.people import agreed, refused
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event

__all__ = ["SaidNo", "noes_left", "said_no"]


class SaidNo(msgspec.Struct, frozen=True):
    """That an interview newly says no, or does not any more.

    Attributes:
        at: when a server had it, or when it was laid over the interview, as text.
        order: in which order this register read it; 0 of what was laid over it here.
        purposes: to what nobody in the interview had said no before.
        hers: the same of each person, by uid.
        first: the interview came with it.
        lifted: to what each person had said no, and does not any more, by uid.
    """

    at: str
    order: int
    purposes: frozenset[str]
    hers: Mapping[str, frozenset[str]]
    first: bool = False
    lifted: Mapping[str, frozenset[str]] = {}


def said_no(filed: Filed, said: Sequence[Event], rules: Ruleset) -> Iterator[SaidNo]:
    """Yield when an interview came to say no, and when not any more, in order.

    Args:
        filed: the interview, with all its versions.
        said: what was decided about it, in order.
        rules: how long a consent holds.
    """
    orders = {instant(at): filed.arrival(at) for at, _ in filed.history}
    orders = dict.fromkeys((one.at for one in said if one.op in {CORRECT, RESTORE}), 0) | orders
    before: Mapping[str, frozenset[str]] = {}
    came = instant(filed.history[0][0])
    # what was laid over a form came after it, also where the clock of its server says that it has still to come
    for number, at in enumerate(sorted(orders, key=lambda one: (one != came, one))):
        lies = [one for one in said if one.at <= at] if number else []
        now = _refused(filed, lies, max(at, came), rules, before)
        hers, lifted = _more(now, before), _more(before, now)
        if hers or lifted:
            every = _every(now) - _every(before)
            yield SaidNo(at, orders[at], every, hers, first=number == 0, lifted=lifted)
        before = now


def noes_left(said: Sequence[SaidNo]) -> Iterator[tuple[str, str, SaidNo]]:
    """Yield to what each person says no by now, and since when: uid, purpose, the version that newly said so.

    Of an interview in which nobody is left that is what its last talk said no to, and what she takes back with all of it.
    """
    lifted: set[tuple[str, str]] = set()
    for one in reversed(said):
        yield from ((*no, one) for no in sorted(_pairs(one.hers) - lifted))
        lifted |= _pairs(one.lifted)


def _pairs(noes: Mapping[str, frozenset[str]]) -> set[tuple[str, str]]:
    return {(uid, purpose) for uid, purposes in noes.items() for purpose in purposes}


def _more(
    noes: Mapping[str, frozenset[str]], than: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    return {uid: more for uid, said in noes.items() if (more := said - than.get(uid, frozenset()))}


def _every(noes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*noes.values())


def _refused(
    filed: Filed, said: Sequence[Event], at: str, rules: Ruleset, before: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Return to what each person of an interview said no at an instant.

    A no at its beginning is that of everybody it told of, and comes on top of what the last talk said no to.
    """
    then = as_of(filed, said, at)
    if then is None:
        return {}
    if refused(then):
        return {uid: OVERRIDABLE | before.get(uid, frozenset()) for uid in told_of(filed)}
    return {
        uid: frozenset(one.purpose for one in consents if one.state == "refused")
        for uid, consents in agreed(then, rules).people.items()
    }
