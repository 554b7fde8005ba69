"""How deep a check of a form goes, where the engine is asked for. Only values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FILLS = 300
"""Simulated fillings of a deep check."""


@dataclass(frozen=True, slots=True)
class Deep:
    """How deep a check goes: so many simulated fillings, drawn from a seed; ``tick`` is called after each."""

    fills: int = FILLS
    seed: int = 1
    tick: Callable[[], None] = lambda: None
