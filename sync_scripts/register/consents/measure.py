"""Refusal of consent as a measure of the one policy: refusals add up, and a consent covers those alone that it had read. Pure.

One declaration for all that refuses: a form, an edit of it, a correction, a withdrawal. What was not read when a consent was
given, or when two people signed an override, is news to it: it refuses again, whatever came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.policy.measure import Decision, Measure, Rating, Reason, Statement
from sync_scripts.register.policy.standing import news
from sync_scripts.store.canonical import instant, moment

__all__ = ["GIVEN", "REFUSED", "consent_of_form", "refusal", "unread"]

GIVEN: Final = "given"
REFUSED: Final = "refused"


def _above(level: str, known: Mapping[str, int], said: Sequence[Reason]) -> bool:
    return level == GIVEN and any(one.id not in known for one in said)


REFUSAL: Final = Measure(levels=(GIVEN, REFUSED), alone=GIVEN, replaced=(), above=_above)


def refusal(form: str, at: str, order: int) -> Statement:
    """Return the statement that somebody refuses, which nothing before it said.

    Args:
        form: id of the interview, or of the decision, that says so.
        at: when, as text.
        order: in which order this register read it; 0 of what a person decided or laid over a form.
    """
    why = Reason(f"{form} {at}", 0, REFUSED)
    return Statement(form, 1, "", moment(at), order, Rating(REFUSED, (why,)), correction=order == 0)


def unread(refusals: Iterable[Statement], known: Known) -> list[Statement]:
    """Return the refusals that are news to a consent, or to an override, which knew so much."""
    found = news(refusals, [Decision(known, GIVEN)], REFUSAL)
    return [one.said for one in found if one.ended_at is None]


def consent_of_form(at: str) -> Known:
    """Return what a consent on a form covers that was given at an instant: of what came at once with it, nothing."""
    return Known(instant(moment(at) - timedelta(microseconds=1)))
