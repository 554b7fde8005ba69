"""The whole follow-up workbook as a value: what is in it, before any cell exists. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sync_scripts.followup.labels import several
from sync_scripts.followup.sheets import Column, Lang, Line, Sheet
from sync_scripts.followup.tiers import Tier

FORMAT = "dikalo-followup/1"


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet and its rows."""

    sheet: Sheet
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A counted series of the dashboard: its title, and label and count of each bar."""

    title: str
    bars: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Book:
    """One export. ``exported_at`` is aware UTC; ``mark`` says who received the copy; labels are in ``lang``.

    ``lists`` holds, in order, the codes that an editable column may take; ``labels`` the label of every code shown;
    ``withheld`` counts open cases of the scope that the reader may not have.
    """

    export_id: str
    register_id: str
    exported_at: datetime
    today: date
    expires_on: date
    tier: Tier
    scope: str
    lang: Lang
    mark: str
    demo: bool
    protect: bool
    filled: tuple[Filled, ...]
    lists: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, Mapping[str, str]]
    figures: tuple[Figure, ...]
    withheld: int = 0

    def shown(self, column: Column, value: str) -> str:
        """Return what a person reads for a stored value: the label of a code, the text itself otherwise.

        A code without a label is shown as it is, never hidden.
        """
        known = self.labels.get(column.choices, {})
        if column.kind == "set":
            return several((known.get(code, code) for code in value.split()), self.lang)
        return known.get(value, value) if column.choices else value
