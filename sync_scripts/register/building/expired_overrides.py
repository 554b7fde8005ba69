"""Cases that stop because time alone goes on: an override by two people ran out. Writes what has to be said of their duplicates.

Nothing is built at that instant, so whoever goes round asks for it. Asked twice, it is said once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from sync_scripts.register.building import build
from sync_scripts.register.building.isolation import each_alone
from sync_scripts.register.consents.withdrawals import left_alone
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import DrawCode
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["ran_out", "say_left_alone"]


def say_left_alone(rows: Rows, now: datetime, draw: DrawCode = codes.draw) -> int:
    """Say of duplicates that the work on the alert that was kept stopped since an override ran out; return of how many.

    Args:
        rows: an open transaction.
        now: aware; when it is said, from which on there is time to decide again.
        draw: gives new codes, should one be needed.
    """
    said = {one.subject: one for one in left_alone(rows, ran_out(rows, now), now)}

    def say(subjects: Sequence[str]) -> None:
        store_events.write(rows, [said[one] for one in subjects], now)
        build.apply_units(rows, subjects, draw, now)

    return len(said) - len(each_alone(rows, list(said), say))  # what cannot be built is said by a later round


def ran_out(rows: Rows, now: datetime) -> set[str]:
    """Return the codes of the cases in which an override ran out, and nobody said anything that ended it."""
    consent, filing = tables.consent, tables.filing
    asked = select(filing.c.case_code).join(consent, consent.c.filing_no == filing.c.filing_no)
    over = asked.where(consent.c.override_until <= instant(now), filing.c.case_code.is_not(None))
    return set(rows.execute(over.distinct()).scalars())
