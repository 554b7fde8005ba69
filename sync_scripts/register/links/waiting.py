"""How many groups of alerts wait for somebody: for the page of the day, which shows none of them."""

from __future__ import annotations

from itertools import islice
from typing import Final

from sync_scripts.register.history.link_decisions import Ties, decisions
from sync_scripts.register.links.alerts import blocks
from sync_scripts.store.database import Rows

__all__ = ["MANY", "waiting"]

MANY: Final = 100
"""Nobody needs to know how many more than these wait, and it would cost the page of the day to count them."""


def waiting(rows: Rows) -> int:
    """Return how many groups nobody decided yet, as `views.proposals` lists or hides them; `MANY` when there are so many or more."""
    ties = Ties({pair: now.decision for pair, now in decisions(rows).items()})
    groups = (group for block in blocks(rows, ties) for group in block.crowd.groups())
    return sum(1 for _group in islice(groups, MANY))
