"""The code that was perhaps meant where there is none of what was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from sqlalchemy import select

from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["nearest", "nearest_alert", "nearest_case", "nearest_worker"]


def nearest_case(rows: Rows, text: str) -> str:
    """Return the case code that differs least from what was typed; empty when none is like it."""
    return nearest(text, (row.case_code for row in rows.execute(select(tables.case.c.case_code))))


def nearest_alert(rows: Rows, text: str) -> str:
    """Return the alert code that differs least from what was typed; empty when none is like it."""
    return nearest(text, (row.code for row in rows.execute(select(tables.alert.c.code))))


def nearest_worker(text: str, known: Mapping[str, bool]) -> str:
    """Return the code of somebody who works here that differs least from what was typed; empty when none is like it.

    Args:
        text: as typed; capitals do not count.
        known: workers as `known_workers` gives them.
    """
    here = {code.upper(): code for code in sorted(known) if known[code]}
    near = get_close_matches(text.strip().upper(), sorted(here), n=1)
    return here[near[0]] if near else ""


def nearest(text: str, known: Iterable[str]) -> str:
    """Return the one of some codes that differs least from what was typed; empty when none is like it."""
    return next(iter(get_close_matches(text.strip().upper(), sorted(known), n=1, cutoff=0.8)), "")
