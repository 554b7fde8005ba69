"""What a case says of its risk, and of how closely it must be kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.rules.clocks import child
from sync_scripts.register.rules.ruleset import violations

__all__ = ["DEFAULT", "Facts", "confidentiality", "grave", "grave_alert", "risk"]

DEFAULT: Final = "C3"
"""How closely a case is kept while nobody has asked for anything, and at least where it must be."""

_CHILDREN: Final = frozenset({"girl", "boy"})
_STEPS: Final = ("low", "medium", "high")

Facts = tuple[Sequence[RowOf], Sequence[RowOf], Sequence[RowOf]]
"""Acts, people and authors."""


# --- risk and confidentiality -------------------------------------------------------------------------------------


def risk(said: Iterable[tuple[str, str | None]]) -> str | None:
    """Return the risk that stands after assessments and follow-ups, in the order in which they arrived.

    Args:
        said: (``level``, what an assessment found), (``change``, what a follow-up reports) or (``at_least``, the risk of a
            case that was merged into this one).
    """
    level: str | None = None
    for kind, value in said:
        if kind == "level":
            level = value or level
        elif kind == "at_least":
            level = max((one for one in (level, value) if one), key=_weight, default=None)
        elif value in {"up", "down"}:
            level = _stepped(level, value)
    return level


def _weight(level: str) -> int:
    """Return how bad a risk is; one of which nobody knows how high it is counts as the worst."""
    return _STEPS.index(level) if level in _STEPS else len(_STEPS)


def _stepped(level: str | None, change: str) -> str:
    if level not in _STEPS:
        return "high" if change == "up" else "unknown"
    place = _STEPS.index(level) + (1 if change == "up" else -1)
    return _STEPS[max(0, min(place, len(_STEPS) - 1))]


def confidentiality(asked: Iterable[str | None], facts: Facts, alerts: Iterable[Mapping[str, Any]]) -> str:
    """Return how closely a case is kept: what its interviews asked, and never less than C3 where it must be.

    C3 at least for gender-based violence, a child, or an author who serves the State, in the facts or in an alert; C3
    also while nobody has asked for anything.
    """
    wished = max((one for one in asked if one), default=DEFAULT)
    asks = grave(*facts) or any(grave_alert(alert) for alert in alerts)
    return max(wished, DEFAULT) if asks else wished


def grave(acts: Iterable[RowOf], people: Iterable[RowOf], authors: Iterable[RowOf]) -> bool:
    """Tell whether facts ask for C3: gender-based violence, a child, or an author who serves the State."""
    known = violations()
    return (
        any(row["violation"] in known and known[row["violation"]].group == "gbv" for row in acts)
        or any(row["kind"] in _CHILDREN or child(row) for row in people)
        or any((row["actor"] or "").startswith("state_") for row in authors)
    )


def grave_alert(alert: Mapping[str, Any]) -> bool:
    """Tell the same of an alert."""
    icons = set((alert["icons"] or "").split())
    kinds = set((alert["victim_kind"] or "").split())
    return bool(icons & {"sexual", "child"} or kinds & _CHILDREN) or alert["actor_kind"] == "state"
