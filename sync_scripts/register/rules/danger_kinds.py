"""Kinds of task about how urgent something is."""

from __future__ import annotations

from typing import Final

__all__ = ["AWAY", "DANGER", "FALLEN", "NEWS"]

DANGER: Final = "danger_check"
"""Decide on a danger that nobody had read who decided on the level."""
AWAY: Final = "set_aside_check"
"""Decide again where nobody works any more: an alert that was set aside, a case that was closed, merged or handed over."""
NEWS: Final = frozenset({DANGER, AWAY})
"""Those about news on which somebody has to decide."""
FALLEN: Final = "urgency_check"
"""Decide on a level of which an edit took away what it rested on."""
