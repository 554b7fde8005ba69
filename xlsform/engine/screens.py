"""How many screens a filled form had. Collect shows one question a screen, and a field-list group or row as one.

Only what was shown counts: notes too, the question whether another row is wanted does not. Knows no engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from xlsform.model import Resolved

__all__ = ["Spread", "field_lists", "screen_of", "screens"]

_ROW = re.compile(r"\[\d+\]$")


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the middle and the most of some counts; all 0 when there was nothing to count."""

    least: int = 0
    middle: float = 0
    most: int = 0

    @classmethod
    def of(cls, counts: Sequence[int]) -> Spread:
        """Return the spread of some counts."""
        return cls(min(counts), float(median(counts)), max(counts)) if counts else cls()

    def document(self) -> dict[str, float]:
        """Return what ``--json`` shows."""
        return {"min": self.least, "median": self.middle, "max": self.most}


def field_lists(form: Resolved) -> frozenset[tuple[str, ...]]:
    """Return the paths of the groups and repeats that are shown on one screen."""
    return frozenset(
        section.path
        for section in form.sections
        if {"field-list", "table-list"} & {*section.row.cell("appearance").split()}
    )


def screen_of(path: str, lists: frozenset[tuple[str, ...]]) -> str:
    """Return the place that stands for the screen of a question: its outermost field-list, else itself.

    >>> screen_of("victims[2]/sex", frozenset({("victims",)}))
    'victims[2]'
    """
    parts = path.split("/")
    names = tuple(_ROW.sub("", part) for part in parts)
    length = next((size for size in range(1, len(parts)) if names[:size] in lists), len(parts))
    return "/".join(parts[:length])


def screens(asked: Iterable[str], lists: frozenset[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return the questions that were shown, screen by screen, in their order."""
    made: list[list[str]] = []
    last = ""
    for path in asked:
        here = screen_of(path, lists)
        if here != last:
            made.append([])
        made[-1].append(path)
        last = here
    return tuple(tuple(one) for one in made)
