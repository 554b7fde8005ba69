"""Which alerts tell of one event, by what people decided. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import select

from sync_scripts.register.history.link_decisions import SAME, Decided, Pair, Ties, decisions
from sync_scripts.register.links.alerts import known, known_as
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["codes_of", "one_event", "same_event_with"]

_TAKEN_UP: Final = ("linked", "opened")


def one_event(decided: Mapping[Pair, Decided], key: str, *, proved: bool = False) -> list[str]:
    """Return what decisions make one event with an alert, the alert too; never what was decided not to be one with itself.

    ``proved``: only by decisions of somebody who signed in with a key of their own.
    """
    counts = {pair: now.decision for pair, now in decided.items() if now.proof == "key" or not proved}
    ties = Ties(counts)
    against = {pair for pair, now in decided.items() if now.decision != SAME and key in pair}
    apart = {each for pair in against for each in pair} - {key}
    keys = {each for pair in counts for each in pair} | {key}
    return sorted(each for each in keys - apart if ties.of(each) == ties.of(key))


def codes_of(rows: Rows, keys: Iterable[str]) -> set[str]:
    """Return the codes of some alerts."""
    return {one.code for one in known_as(rows, keys).values()}


def same_event_with(rows: Rows, number: int) -> list[str]:
    """Return the codes of the alerts that were taken up and that decisions of somebody proved make the same event as one alert.

    What the move to ``duplicate`` needs: one of them at least.
    """
    (one,) = known(rows, tables.alert.c.filing_no == number)
    codes = codes_of(rows, one_event(decisions(rows), one.key, proved=True)) - {one.code}
    alert = tables.alert.c
    taken = select(alert.code).where(alert.state.in_(_TAKEN_UP), alert.code.in_(sorted(codes)))
    return sorted(rows.execute(taken).scalars())
