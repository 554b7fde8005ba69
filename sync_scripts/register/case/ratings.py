"""How the rules rate what one version of an alert says. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sync_scripts.register.case.triage import Facts, Verdict, triage
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.values import shape
from sync_scripts.store.schema import register as tables

__all__ = ["facts_of", "level_of", "verdict_of"]


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
