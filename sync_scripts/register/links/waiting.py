"""How many pairs of alerts wait for somebody: for the page of the day, which shows none of them."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["waiting"]


def waiting(rows: Rows) -> int:
    """Return how many pairs nobody decided yet, as `views.proposals` lists or hides them."""
    one, other, link = tables.alert.alias(), tables.alert.alias(), tables.alert_link
    asked = select(func.count()).select_from(link)
    asked = asked.join(one, one.c.filing_no == link.c.filing_no)
    asked = asked.join(other, other.c.filing_no == link.c.other_no).where(link.c.decision == "pending")
    apart = or_(one.c.case_code.is_(None), other.c.case_code.is_(None), one.c.case_code != other.c.case_code)
    return int(rows.execute(asked.where(apart)).scalar_one())
