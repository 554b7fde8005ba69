"""Ops of the decisions about people, and of what a form leaves behind, apart from what is made of them: lists ask for them, too."""

from __future__ import annotations

from typing import Final

from sync_scripts.register.history.redactions import REDACT

__all__ = ["CONSENT_OPS", "INTO_CASE", "KEEP", "LEFT", "OVERRIDE", "RECORD", "REMINDERS", "SAME", "WITHDRAW"]

RECORD: Final = "consent.record"
WITHDRAW: Final = "consent.withdraw"
OVERRIDE: Final = "consent.override"
CONSENT_OPS: Final = frozenset({RECORD, WITHDRAW, OVERRIDE, REDACT})
"""Ops of the decisions about consents of a case."""
SAME: Final = "person.same"
"""Op of a decision on two records."""
INTO_CASE: Final = frozenset({"alert.open", "alert.link", "alert.move"})
"""Decisions that bring an alert into a case."""
KEEP: Final = "case.keep"
"""A form left a case: the case is kept as closely as before, and so is the one that gets the form. By rule."""
LEFT: Final = "case.left"
"""A form that takes no class along left a case for none; which one it was. By rule."""
REMINDERS: Final = "case.reminders"
"""A visit left a case for none by an edit: the reminders of its hearings and appeals, which stay. By rule."""
