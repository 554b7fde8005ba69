"""How long nobody reached the person of a case, how many tries in a row failed, and what takes a contact back. Writes nothing.

The rules say from how many tries on a suspension is proposed, and after how many days contact counts as lost.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from sync_scripts.register.forms.meetings import met
from sync_scripts.register.forms.submissions import Shelf
from sync_scripts.register.forms.submissions import load as load_submissions
from sync_scripts.register.history.corrections import CORRECT, RESTORE, TAKEN_OUT, corrected, subject_of
from sync_scripts.register.lifecycle import CONTACTS, ReasonMissing, key_of, standing_contacts, when
from sync_scripts.register.model.decision_errors import ContactUnknown
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events as store_events
from sync_scripts.store.history.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["LOST", "Unreached", "undoing", "unreached"]

LOST = "lost_contact"
"""Reason of the list ``closure_reason`` that asks for it."""


_MINUTE = len("2026-11-25T08:30")


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
    A contact that was taken back counts no more.

    Args:
        rows: where forms and decisions are read.
        code: of the case.
        opened_at: when the case was opened.
        at: the instant.
        proved: only tries of people who signed in with a key of their own count, and only they take back that she was reached;
            that she was counts always.
    """
    undo = CONTACTS["case.contact"]
    said = store_events.read(rows, subjects=[f"case:{code}"], ops=["case.contact", undo])
    tried = standing_contacts(
        one
        for one in said
        if one.op != undo or not proved or not one.payload["reached"] or one.actor.proof == "key"
    )
    last = max(_by_forms(rows, code), *(when(one) for one in tried if one.payload["reached"]), "")
    failed = [one for one in tried if not one.payload["reached"] and when(one) > last]
    count = sum(1 for one in failed if one.actor.proof == "key" or not proved)
    since = local_day(moment(last or opened_at), load())
    return Unreached(count, (local_day(at, load()) - since).days)


def undoing(
    rows: Rows, subject: str, op: str, *, code: str, reason: str, at: datetime | None
) -> dict[str, Any]:
    """Return what an event says that takes back a contact: the one written down last, or of several of a time the last of them.

    Args:
        rows: where decisions are read.
        subject: of the alert or the case.
        op: of the contact.
        code: of the alert or the case, for whoever reads a refusal.
        reason: why; no names.
        at: when the contact was, to the minute, as the log shows it.

    Raises:
        ReasonMissing: there is no reason.
        ContactUnknown: no contact stands there, or none of that time.
    """
    if not reason.strip():
        raise ReasonMissing(alert=code)
    said = store_events.read(rows, subjects=[subject], ops=[op, CONTACTS[op]])
    minute = instant(at)[:_MINUTE] if at is not None else ""
    standing = [one for one in standing_contacts(said) if one.payload["at"].startswith(minute)]
    if not standing:
        raise ContactUnknown(what=code)
    last = standing[-1]
    reached = last.payload.get("reached", True)
    return {"of": key_of(last), "at": last.payload["at"], "reached": reached, "reason": reason.strip()}


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
