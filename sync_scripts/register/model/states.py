"""States as lists and pages ask for them. How one leads to another is in `lifecycle`, which a list need not load."""

from __future__ import annotations

from typing import Final

__all__ = ["CASE_LEFT", "CASE_MOVES", "CASE_OPEN", "CLOSURE", "GONE", "UNREADABLE"]

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

TO_DO: Final = ("received", "triaged", "info_requested")
"""States of an alert in which something is to be decided."""

CASE_LEFT: Final = frozenset({"closed", "merged", "transferred"})
"""States in which a case is no longer worked on."""

CASE_MOVES: Final = (
    "assessment",
    "action_plan",
    "intervention",
    "follow_up",
    "closure_pending",
    "closed",
    "reopened",
    "suspended",
    "back",
    "transferred",
)
"""Where a person moves a case to; ``back`` ends a suspension. A merge is a decision of its own."""

CLOSURE: Final = "closure_review"
"""Kind of the task to decide on a closure: asked for by a form, which it is about, or by a decision."""

GONE: Final = "gone_at_server"
"""Code of the flag of a submission that every server which had it deleted."""

UNREADABLE: Final = "case_code_unreadable"
"""Code of the flag of a form that names a case by what is no code: unless it opens one, it waits and stands in no list."""
