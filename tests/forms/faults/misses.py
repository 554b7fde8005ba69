"""The planted faults that are not found yet, each by its words and with what it would take. Nothing else may be missed."""

from __future__ import annotations

from collections.abc import Mapping

MISSES: Mapping[str, str] = {}
"""Words of a fault -> why it is missed or misled."""
