"""Which open tasks mean that somebody waits to be asked for a consent: for the page of the day and for the lists. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_

from sync_scripts.register.kinds import those
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import register as tables

__all__ = ["KINDS", "LATER", "RENEW", "WORD", "open_now"]

WORD: Final = "consent"
"""What a person types for all of them together."""
KINDS: Final = those(lambda kind: kind.consent)
LATER: Final = those(lambda kind: kind.consent == "near")
"""Kinds of those that are due far ahead, and shown when they come near."""
RENEW: Final = timedelta(days=30)
"""A consent that runs out within this time is one to ask for."""


def open_now(now: datetime) -> ColumnElement[Any]:
    """Return the condition on tasks that ask for a consent by now; whether they are done is another question."""
    task = tables.task.c
    return or_(
        task.kind.in_(sorted(KINDS - LATER)),
        and_(task.kind.in_(sorted(LATER)), task.due_at <= instant(now + RENEW)),
    )
