"""How long nobody reached the person of a case, and how many tries in a row failed. Writes nothing.

The rules say from how many tries on a suspension is proposed, and after how many days contact counts as lost.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import msgspec
from sqlalchemy import select

from sync_scripts.register.clocks import local_day
from sync_scripts.register.corrections import CORRECT, RESTORE, TAKEN_OUT, corrected, subject_of
from sync_scripts.register.meeting import met
from sync_scripts.register.ruleset import load
from sync_scripts.register.submissions import Shelf
from sync_scripts.register.submissions import load as load_submissions
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["LOST", "Unreached", "unreached"]

LOST = "lost_contact"
"""Reason of the list ``closure_reason`` that asks for it."""


class Unreached(msgspec.Struct, frozen=True):
    """How many tries in a row failed, and for how many days nobody reached the person."""

    failed: int
    days: int

    @property
    def enough(self) -> bool:
        """Tell whether as many tries failed as a suspension is proposed after."""
        return self.failed >= load().case.suspend_after_failed_contacts

    @property
    def lost(self) -> bool:
        """Tell whether contact counts as lost: enough tries, and for long enough."""
        return self.enough and self.days >= load().case.lost_contact_d


def unreached(rows: Rows, code: str, opened_at: str, at: datetime, *, proved: bool) -> Unreached:
    """Return how it stands at an instant since the person was last reached, by a form or as somebody said.

    Who was never reached is looked for since the case was opened; days are those of the place where the work is done.

    Args:
        rows: where forms and decisions are read.
        code: of the case.
        opened_at: when the case was opened.
        at: the instant.
        proved: only tries of people who signed in with a key of their own count; that she was reached counts always.
    """
    tried = list(store_events.read(rows, subjects=[f"case:{code}"], ops=["case.contact"]))
    last = max(_by_forms(rows, code), *(one.payload["at"] for one in tried if one.payload["reached"]), "")
    failed = [one for one in tried if not one.payload["reached"] and one.payload["at"] > last]
    count = sum(1 for one in failed if one.actor.proof == "key" or not proved)
    since = local_day(moment(last or opened_at), load())
    return Unreached(count, (local_day(at, load()) - since).days)


def _by_forms(rows: Rows, code: str) -> str:
    """Return when a form of the case last says that the person was met or spoken to; empty when none does."""
    filing = tables.filing.c
    asked = rows.execute(select(filing.stamp, filing.root_id).where(filing.case_code == code))
    found = load_submissions(rows, [(row.stamp, row.root_id) for row in asked], Shelf(rows)).values()
    said: dict[str, list[Event]] = defaultdict(list)
    about = [subject_of(one) for one in found]
    for event in store_events.read(rows, subjects=about, ops=[CORRECT, RESTORE, TAKEN_OUT]):
        said[event.subject].append(event)
    visits = (corrected(one, said[subject_of(one)]) for one in found)
    return max((instant(one.at) for one in visits if met(one)), default="")
