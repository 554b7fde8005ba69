"""What an import says of one cell or row: the lines of its preview, and how they are counted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sync_scripts.followup.inbound.plain_values import Value
from sync_scripts.followup.merge.cell_rules import Decision, Outcome

__all__ = ["BLOCKING", "HELD", "SETTLED_IN_BOOK", "Item", "counted", "waits"]

BLOCKING: Final = frozenset({Outcome.ERROR})
"""One of these and nothing of the file is written."""

HELD: Final = frozenset({Outcome.CONFLICT, Outcome.ERASE, Outcome.WARNING})
"""These wait for a person; the rest of the file does not wait for them."""

LOST: Final = frozenset({Outcome.REFUSED, Outcome.UNKNOWN_ROW, Outcome.GONE})
"""What a person wrote here cannot be taken; she must know."""

SETTLED_IN_BOOK: Final = frozenset({"4", "5", "7", "15"})
"""Lines of the table whose open questions go into the workbook of conflicts."""

COUNTED: Final = tuple(one for one in Outcome if one is not Outcome.NOTHING)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a preview.

    Attributes:
        decision: what becomes of it.
        sheet: kind of the sheet: ``dk:cases``.
        title: its visible name in the file.
        cell: address, such as ``I6``; of a whole row the address of its first cell.
        row_id: id of the row.
        case: code of the case; None when the row names none.
        key: of the column; empty for a whole row.
        base, register, file: the three values, as codes and ISO days; of a whole row its cells by key, as JSON.
        record: the intervention that the row shows.
        words: why the register refused, in its own words.
        was: of a choice that came too late, what the register said when the question was handed out.
    """

    decision: Decision
    sheet: str
    title: str
    cell: str
    row_id: str
    case: str | None = None
    key: str = ""
    base: Value = None
    register: Value = None
    file: Value = None
    record: str | None = None
    words: str = ""
    was: Value = None

    @property
    def place(self) -> str:
        """Return sheet and cell as a person names them: ``Dossiers!I6``."""
        return f"{self.title}!{self.cell}"


def counted(items: Iterable[Item], missing: int = 0) -> dict[str, int]:
    """Return how often each outcome came up, those that did not included."""
    found = Counter(item.decision.outcome for item in items)
    found[Outcome.MISSING_ROW] += missing
    return {str(one): found[one] for one in COUNTED}


def waits(items: Iterable[Item]) -> bool:
    """Tell whether a person has to look: something is held, or was written where it cannot be taken."""
    return any(item.decision.outcome in HELD | LOST for item in items)
