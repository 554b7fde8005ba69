"""Requests to close a case, as phones and workers made them: a part of the page of the case. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from gettext import gettext as _
from typing import Any

from sync_scripts.cli.frame.listing import local
from sync_scripts.cli.frame.questions import labelled
from sync_scripts.register.rules.kinds import label

__all__ = ["requests_part"]

Line = Mapping[str, Any]


def requests_part(closures: Iterable[Line]) -> tuple[str, list[str], list[Sequence[object]]]:
    """Return heading, column headings and rows of the requests to close a case."""
    rows: list[Sequence[object]] = [
        (
            local(one["received_at"]),
            label("closure_reason", one["reason"]),
            _typed(one["closer_code"]),
            _typed(one["supervisor_code"]),
            label("survivor_agrees", one["survivor_agrees"]),
            label("risk_level", one["risk_now"]),
            label("yes_no", one["pending_legal"]),
            label("yes_no", one["feedback_given"]),
            _("; ").join(_goal(goal) for goal in one["goals"]),
            label("closure_decision", one["decision"]),
        )
        for one in closures
    ]
    headings = [_("received"), _("reason"), _("asked by"), _("to decide"), _("agrees"), _("risk")]
    headings += [_("procedure"), _("was told"), _("goals"), _("decision")]
    return _("Requests to close, undecided until a supervisor decides"), headings, rows


def _typed(code: str | None) -> str:
    """Return a code as a form gave it: nobody proved it."""
    return _("{code} (not proved)").format(code=code) if code else ""


def _goal(goal: Line) -> str:
    return labelled(label("service", goal["service"]), label("goal_status", goal["status"]))
