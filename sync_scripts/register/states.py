"""States as lists and pages ask for them. How one leads to another is in `lifecycle`, which a list need not load."""

from __future__ import annotations

from typing import Final

__all__ = ["CASE_LEFT", "CASE_OPEN", "SUPERVISION"]

CASE_OPEN: Final = (
    "open_intake",
    "assessment",
    "action_plan",
    "intervention",
    "follow_up",
    "closure_pending",
    "reopened",
)
"""States in which a case is worked on."""

CASE_LEFT: Final = frozenset({"closed", "merged", "transferred"})
"""States in which a case is no longer worked on."""

SUPERVISION: Final = "supervision"
"""Kind of the task of whoever supervises a case: beside what is due in the case itself."""
