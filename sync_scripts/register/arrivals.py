"""What the register held when somebody decided: told by its own order of arrival, and not by a server's clock alone.

A server's time of receipt says when the server had a form. A laptop without network reads it later, perhaps after a decision
that nobody would have taken over it. The order in which the register stored its versions says which of the two came first: it
is given once, in the transaction that stores them, to all laptops of a shared register; it outlives a rebuild and a restored copy.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Select, func, select

from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission

__all__ = ["ARRIVAL", "KEPT_WITH", "Known", "newest", "versions_read_since"]

ARRIVAL: Final = "arrival"
"""Name in the payload of a decision: the highest order of arrival that the register had given by then."""
KEPT_WITH: Final = frozenset(
    {
        "alert.dismiss",
        "alert.duplicate",
        "alert.link",
        "alert.move",
        "alert.open",
        "alert.refer",
        "alert.triage",
        "case.move",
        "case.takes",
        "case.urgency",
        "consent.override",
        "consent.record",
        "flag.resolve",
        "task.done",
        "value.correct",
        "value.restore",
    }
)
"""Ops of the decisions that keep it: what comes to an alert or a case after one of them, nobody had seen who took it."""


class Known(msgspec.Struct, frozen=True):
    """What a decision can have known of.

    Attributes:
        at: when it was taken, as text.
        arrival: the highest order of arrival by then; None of an earlier version, of which only the time tells.
    """

    at: str
    arrival: int | None = None

    def missed(self, received: str, arrival: int) -> bool:
        """Tell whether a version of a form is new to it: this register read it later.

        Whether a server had it later says so only where an order is not known, which is 0 of what was laid over a form here.
        """
        if self.arrival is None or arrival <= 0:
            return received > self.at
        return arrival > self.arrival

    def held(self, arrival: int) -> bool:
        """Tell whether the register had read a version of a form by then, whatever the clock of its server says."""
        return self.arrival is not None and 0 < arrival <= self.arrival

    def from_then(self, received: datetime) -> datetime:
        """Return from when a time is counted for what came: its receipt, but not before the decision that had not seen it."""
        return max(received, moment(self.at))


def newest(rows: Rows) -> int:
    """Return the highest order of arrival that the register has given; 0 while it holds nothing."""
    return int(rows.execute(select(func.max(submission.c.arrival))).scalar() or 0)


def versions_read_since(arrival: int, case_codes: Collection[str], states: Collection[str]) -> Select[Any]:
    """Return the query for the numbers of the forms of some cases of which a version was read since.

    One that had come before and comes again by another road is not read again.

    Args:
        arrival: the highest order of arrival by then.
        case_codes: of the cases.
        states: of the raw versions that the register reads.
    """
    filing, sent = tables.filing.c, submission.c
    of_form = (sent.stamp == filing.stamp) & (sent.root_id == filing.root_id)
    asked = select(filing.filing_no).join_from(tables.filing, submission, of_form)
    asked = asked.where(
        filing.case_code.in_(case_codes), sent.status.in_(states), sent.open_part.is_not(None)
    )
    return asked.group_by(filing.filing_no, sent.instance_id).having(func.min(sent.arrival) > arrival)
