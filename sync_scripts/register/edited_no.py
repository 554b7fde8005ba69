"""A no that an edit on the phone laid over the yes of an urgent alert. Pure.

It counts at once: nobody calls her. But one person does not let an urgent alert vanish by writing a refusal down, neither at
the desk nor on the phone: it stays until two people dismiss it, and somebody looks at it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sync_scripts.register.heard import versions
from sync_scripts.register.owed import CHECK
from sync_scripts.register.records import Record
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import AlertTimes, Matter, task
from sync_scripts.register.triage import Facts, Verdict, highest, triage
from sync_scripts.register.values import shape
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import register as tables

__all__ = [
    "edited_no",
    "edited_no_tasks",
    "facts_of",
    "level_of",
    "verdict_of",
]


def facts_of(row: dict[str, Any]) -> Facts:
    """Return what triage may know of an alert."""
    return Facts(
        alert_icon=_codes(row["icons"]),
        victim_kind=_codes(row["victim_kind"]),
        special=_codes(row["special"]),
        danger_now=row["danger_now"] or "",
        victim_count=row["victim_count"] or "",
        when_rel=row["when_rel"] or "",
        hours_since=row["hours_since"] or "",
        held_since=row["held_since"] or "",
        info_source=row["info_source"] or "",
    )


def _codes(text: str | None) -> frozenset[str]:
    return _few(text) if text is None or len(text) < 100 else frozenset(text.split())


@lru_cache(maxsize=1024)
def _few(text: str | None) -> frozenset[str]:
    """Return the same set for the same choices, so that what is remembered of them takes little room."""
    return frozenset(text.split()) if text else frozenset()


def level_of(record: Record | None) -> str:
    """Return the level that the rules give to what an alert says."""
    return verdict_of(record).level


def verdict_of(record: Record | None) -> Verdict:
    """Return how the rules rate what an alert says."""
    row = shape(tables.alert).row(record.fields if record is not None else {}, [])
    return triage(facts_of(row))


def edited_no(filed: Filed, rules: Ruleset) -> tuple[datetime, Urgency] | None:
    """Return when an edit turned an urgent alert into a refusal, and how urgent it was; None where none did.

    Urgent is what one person does not dismiss. An alert that was refused from the beginning was never one.
    """
    said = list(versions(filed, "alert")) if filed.versions > 1 else []
    since = None
    while said and _refused(said[-1][1]):
        since = said.pop()[0]
    levels = [level_of(records[0]) for _at, records in said if records and not _refused(records)]
    level = highest(levels)
    if since is None or level is None or level not in rules.override.dismiss.second_person_levels:
        return None
    return since, level


def _refused(records: list[Record]) -> bool:
    return any(one.fields.get("consent_state") == "refused" for one in records)


def edited_no_tasks(
    times: AlertTimes, filed: Filed, rules: Ruleset, *, done_at: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the task that somebody proved looks at such an edit, in the time of a supervision; a dismissal by two ends it."""
    found = edited_no(filed, rules)
    if found is not None:
        since, level = found
        due_at = since + timedelta(hours=rules.deadlines[level].supervision_h)
        of = Matter(since=instant(since))
        yield task(times.number, times.subject, CHECK, due_at, of=of, done_at=done_at)
