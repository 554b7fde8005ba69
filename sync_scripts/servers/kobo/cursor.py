"""Where the pull of each form of a KoboToolbox stands, and how far a page of rows leads. Pure; asks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from sync_scripts.servers.kobo.shapes import Row

__all__ = ["Cursor", "Position", "Reached", "Walk", "behind"]


class Walk(msgspec.Struct, frozen=True):
    """A way through the rows of one form that has not shown all that were counted.

    Attributes:
        number: of the last row shown.
        count: rows counted when it began.
        seen: rows shown until now.
    """

    number: int
    count: int
    seen: int = 0


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the pull of one form stands: the number up to which all is surely held, and the walk under way."""

    after: int = 0
    walk: Walk | None = None


class Cursor(msgspec.Struct, frozen=True):
    """The opaque text that intake stores: where each form stands."""

    forms: dict[str, Position] = {}

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Return a stored cursor; one that cannot be read starts again."""
        try:
            return msgspec.json.decode(text, type=cls) if text else cls()
        except msgspec.MsgspecError:
            return cls()

    def at(self, form: str) -> Position:
        """Return where a form stands."""
        return self.forms.get(form, Position())

    def moved(self, form: str, position: Position) -> Cursor:
        """Return the cursor with one form elsewhere."""
        return Cursor({**self.forms, form: position})

    def write(self) -> str:
        """Return the text to store."""
        return msgspec.json.encode(self, order="deterministic").decode()


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the rows of a form were shown, lowest number first.

    Attributes:
        number: of the last row that has one which can be read.
        beside: rows right behind it whose number cannot be read, and which were shown.
    """

    number: int
    beside: int = 0


def behind(at: Reached, rows: Sequence[Row]) -> tuple[Sequence[Row], Reached]:
    """Return the rows of a page, and how far they lead from where they were asked for.

    Those without a number behind the last one that has one come again with the next page: they are left to it, so that
    each is counted once.
    """
    numbered = [place for place, row in enumerate(rows) if row.id]
    if not numbered:
        return rows, Reached(at.number, at.beside + len(rows))
    last = numbered[-1]
    return rows[: last + 1], Reached(rows[last].id)
