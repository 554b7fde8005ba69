"""The task to look whether an alert without a case is erased: one at a time, of the rule that comes first. Pure.

By the same rules as the plan (``purging.due``), so what is due there was said here before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sync_scripts.register.lifecycle import AlertNow
from sync_scripts.register.purging.due import Unit, next_of
from sync_scripts.register.retention import load
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import Matter, task
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event

__all__ = ["keeping_tasks"]


def keeping_tasks(
    filed: Filed, row: Mapping[str, Any], now: AlertNow, gone: Event | None, rules: Ruleset
) -> Iterator[dict[str, Any]]:
    """Yield the task of keeping of an alert; none of one that has a case, for that is kept with its case.

    Args:
        filed: its submission.
        row: as it stands.
        now: where its events brought it.
        gone: the event by which it was erased, None while it was not.
        rules: the zone in which days are counted.
    """
    if now.case_code is not None:
        return
    received, subject = instant(filed.received[0]), f"alert:{filed.key}"
    unit = Unit(
        unit=subject,
        code=row["code"],
        received_at=received,
        ended_at=(now.ended_at or received) if now.state == "dismissed" else None,
        alone=True,
        not_asked=row["consent_state"] == "not_asked",
        purged=gone.payload["depth"] if gone is not None else None,
    )
    line = next_of(unit, load(), rules)
    if line is not None:
        yield task(
            filed.number,
            subject,
            "retention_review",
            line.due_at,
            of=Matter(variant=line.rule, since=line.since),
            assigned_to=row["assigned_to"],
        )
