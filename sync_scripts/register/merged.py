"""Which cases were merged into one, where the work goes on: read from its events. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from sync_scripts.register import codes
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows

__all__ = ["TAKES", "merged_in", "within"]

TAKES = "case.takes"
"""Op of what a case is told when another one is merged into it."""


def merged_in(rows: Rows, code: str) -> list[str]:
    """Return the codes of the cases merged into one, directly or by way of another, in the order of their codes."""
    found: set[str] = set()
    further: Iterable[str] = [code]
    while further:
        subjects = [f"case:{one}" for one in further]
        taken = {one.payload["case_code"] for one in store_events.read(rows, subjects=subjects, ops=[TAKES])}
        further = sorted(taken - found - {code})
        found.update(further)
    return sorted(found)


def within(rows: Rows, code: str, text: str) -> tuple[str, str]:
    """Return what is meant by a name in a case: of which case it is, and the name there.

    A name of a case that was merged into this one has its code before it: ``DK-7Q2M4X-B-V2``, ``DK-7Q2M4X-B-1``. What begins
    with no such code is a name of the case itself, whatever it is.
    """
    head, _hyphen, name = text.strip().rpartition("-")
    meant = codes.read(head, "DK") if head else None
    if meant is not None and name and (meant == code or meant in merged_in(rows, code)):
        return meant, name
    return code, text.strip()
