"""The decision of an organisation to shorten its deadlines; everything that is due is worked out anew with it."""

from __future__ import annotations

from collections.abc import Mapping

from sync_scripts.register import deadlines
from sync_scripts.register.decisions.base import By
from sync_scripts.register.rebuild import anew
from sync_scripts.store import events as store_events

__all__ = ["shorten"]


def shorten(by: By, changes: Mapping[str, object]) -> bool:
    """Put these deadlines in force in place of all that was decided before; tell whether that changed anything.

    Those of the rules file hold where nothing is said, so an empty mapping takes every shortening back.

    Raises:
        DeadlineLonger: one would be later than the rules say; nothing was changed.
    """
    said, was = deadlines.suitable(changes), deadlines.own(by.rows)
    if said == was:
        return False
    payload = {"was": was, "own": said}
    store_events.append(by.rows, [by.event(deadlines.OP, deadlines.SUBJECT, payload)], by.now)
    anew(by.rows, by.now, by.draw)
    return True
