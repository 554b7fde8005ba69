"""One question for every move: is it listed, and do all its guards hold? Decides nothing itself."""

from __future__ import annotations

from sync_scripts.register.lifecycle.errors import GuardFails, MoveNotListed
from sync_scripts.register.lifecycle.guards import Facts, lacking
from sync_scripts.register.lifecycle.moves import Matter, listed

__all__ = ["check"]


def check(matter: Matter, what: str, was: str, to: str, facts: Facts) -> None:
    """Let a person's move pass if it is listed and its guards hold.

    Args:
        matter: what kind of thing moves.
        what: the thing in words, at the beginning of a sentence: its code.
        was: its state.
        to: where it is to go.
        facts: what the guards may know.

    Raises:
        MoveNotListed: says where it can go.
        GuardFails: says everything that would be needed.
    """
    moves = [one for one in listed(matter, was, to) if not one.by_rule]
    if not moves:
        raise MoveNotListed(matter=matter, what=what, state=was, wanted=to)
    missing = tuple(lacking(moves[0], facts))
    if missing:
        raise GuardFails(matter=matter, what=what, wanted=to, lacking=missing)
