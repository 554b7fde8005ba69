"""Where the pull of each form of a KoboToolbox stands, and how far a page of rows leads. Pure; asks nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from sync_scripts.servers.kobo.rows import instant
from sync_scripts.servers.kobo.shapes import Row

__all__ = ["Cursor", "Position", "Reached", "Recent", "Walk", "behind"]


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


@dataclass(slots=True)
class Recent:
    """The last rows of one form, and the row before them: what is behind that one is asked for again.

    A number is one of the whole server: between two rows of a form there may be thousands of other people's, and a row of ours
    that was given a number first and is seen last. So what is asked again begins behind a row that is old enough, and not
    right before one that is not.

    Attributes:
        floor: number of the last row that is older than all of them; where the reading began, while there is none.
        numbers, time: so much before the last row is asked for again, whichever is more.
        most: rows remembered.
        timed: some row said when it came.
    """

    floor: int
    numbers: int
    time: timedelta
    most: int
    timed: bool = False
    _rows: deque[tuple[int, datetime]] = field(default_factory=deque)

    def add(self, rows: Iterable[Row]) -> None:
        """Take the rows of a page; one that does not say when it came says nothing here."""
        self._rows.extend((row.id, when) for row in rows if row.id and (when := instant(row.received)))
        self.timed = self.timed or bool(self._rows)
        while self._rows and (
            len(self._rows) > self.most or self._rows[-1][1] - self._rows[0][1] > self.time
        ):
            self.floor = self._rows.popleft()[0]

    def again_from(self, number: int) -> int:
        """Return the number to go on from once all was shown up to this one."""
        before = max(number - self.numbers, 0)
        return min(before, self.floor) if self.timed else before


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
