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

__all__ = ["SaidNo", "said_no"]


class SaidNo(msgspec.Struct, frozen=True):
    """That an interview newly says no.

    Attributes:
        at: when a server had it, or when it was laid over the interview, as text.
        order: in which order this register read it; 0 of what was laid over it here.
        purposes: to what nobody in the interview had said no before.
        hers: the same of each person, by uid.
        first: the interview came with it.
    """

    at: str
    order: int
    purposes: frozenset[str]
    hers: Mapping[str, frozenset[str]]
    first: bool = False


def said_no(filed: Filed, said: Sequence[Event], rules: Ruleset) -> Iterator[SaidNo]:
    """Yield when an interview came to say no, in order.

    Args:
        filed: the interview, with all its versions.
        said: what was decided about it, in order.
        rules: how long a consent holds.
    """
    orders = {instant(at): filed.arrival(at) for at, _ in filed.history}
    orders = dict.fromkeys((one.at for one in said if one.op in {CORRECT, RESTORE}), 0) | orders
    before: Mapping[str, frozenset[str]] = {}
    for number, at in enumerate(sorted(orders)):
        now = _refused(filed, said, at, rules)
        hers = {uid: new for uid, noes in now.items() if (new := noes - before.get(uid, frozenset()))}
        if hers:
            yield SaidNo(at, orders[at], _every(now) - _every(before), hers, first=number == 0)
        before = now


def _every(noes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*noes.values())


def _refused(filed: Filed, said: Sequence[Event], at: str, rules: Ruleset) -> dict[str, frozenset[str]]:
    """Return to what each person of an interview said no at an instant; a no at its beginning is that of everybody it told of."""
    then = as_of(filed, said, at)
    if then is None:
        return {}
    if refused(then):
        return dict.fromkeys(told_of(filed), OVERRIDABLE)
    return {
        uid: frozenset(one.purpose for one in consents if one.state == "refused")
        for uid, consents in agreed(then, rules).people.items()
    }
