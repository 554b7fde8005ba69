"""Decisions of an organisation on its rules: shorter deadlines, dates of holidays. All that follows is worked out again, once that stands."""

from __future__ import annotations

from collections.abc import Mapping

from sync_scripts.register.building.marks import mark_all
from sync_scripts.register.decisions.base import By
from sync_scripts.register.rules import own_deadlines
from sync_scripts.store import events as store_events


def shorten(by: By, changes: Mapping[str, object]) -> bool:
    """Put these deadlines in force in place of all that was decided before; tell whether that changed anything.

    Those of the rules file hold where nothing is said, so an empty mapping takes every shortening back.

    Raises:
        DeadlineLonger: one would be later than the rules say; nothing was changed.
    """
    said, was = own_deadlines.suitable_deadlines(changes), own_deadlines.own_deadlines(by.rows)
    if said == was:
        return False
    payload = {"was": was, "own": said}
    store_events.append(
        by.rows, [by.event(own_deadlines.DEADLINES_OP, own_deadlines.DEADLINES_SUBJECT, payload)], by.now
    )
    mark_all(by.rows)
    return True


def keep_holidays(by: By, said: Mapping[str, str]) -> bool:
    """Put the organisation's own dates of holidays in force; tell whether that changed anything.

    Raises:
        HolidayWrong: a line names no day or no feast; nothing was changed.
    """
    days, was = own_deadlines.suitable_holidays(said), dict(own_deadlines.own_holidays(by.rows))
    if days == was:
        return False
    store_events.append(
        by.rows,
        [by.event(own_deadlines.HOLIDAYS_OP, own_deadlines.HOLIDAYS_SUBJECT, {"was": was, "own": days})],
        by.now,
    )
    mark_all(by.rows)
    return True
