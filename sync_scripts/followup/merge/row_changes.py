"""What is to be written about one row, however it was decided: by a workbook, or by a choice between two values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync_scripts.followup.inbound.items import Item
from sync_scripts.followup.inbound.plain_values import Value
from sync_scripts.followup.merge.cell_decisions import Settled
from sync_scripts.followup.merge.cell_rules import Decision, Outcome

__all__ = ["Place", "Work", "work_of"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in the file: visible name of the sheet, and address of the cell."""

    title: str
    cell: str


@dataclass(frozen=True, slots=True)
class Work:
    """One row with what is to be written of it.

    Attributes:
        sheet: kind of the sheet: ``dk:cases``.
        row_id: id of the row; a new intervention bears it.
        case: code of the case.
        record: the intervention; None for a case and for a new row.
        new: something new is made of the row.
        values: key of a column -> what is written; None empties.
        seals: key of a column -> a text that is sealed instead of being kept.
        now: what the register says.
        decided: the decision about each of them.
        places: where each stands.
        via: more to be kept with each event.
        noted: a note that was written before, with the values that are written now.
    """

    sheet: str
    row_id: str
    case: str
    record: str | None
    new: bool
    values: Mapping[str, Value] = field(repr=False)
    seals: Mapping[str, str] = field(repr=False)
    now: Mapping[str, Value] = field(repr=False)
    decided: Mapping[str, Decision] = field(repr=False)
    places: Mapping[str, Place]
    via: Mapping[str, str] = field(default_factory=dict)
    noted: str = field(default="", repr=False)

    @property
    def reason(self) -> str:
        """Return what the file's note gives as the reason of a decision, also while the note itself is a question."""
        note = self.decided.get("note")
        if note is None or note.outcome not in {Outcome.APPLY, Outcome.NEW, Outcome.CONFLICT}:
            return self.noted
        return note.value or self.noted

    def after(self, key: str) -> Value:
        """Return what a column says once it was written."""
        return self.values[key] if key in self.values else self.now.get(key)

    def item(self, key: str, decision: Decision) -> Item:
        """Return a line about one of its cells."""
        place = self.places[key]
        return Item(
            decision,
            self.sheet,
            place.title,
            place.cell,
            self.row_id,
            self.case,
            key,
            None,
            self.now.get(key),
            self.values.get(key),
            self.record,
        )


def work_of(settled: Settled) -> Work:
    """Return what is to be written of a row that was decided."""
    edited = settled.edited
    taken = (Outcome.APPLY, Outcome.NEW)
    return Work(
        edited.spec.marker,
        edited.row_id,
        settled.case or "",
        edited.base.record_id if edited.base is not None else None,
        edited.new,
        {key: one.value for key, one in settled.decided.items() if one.outcome in taken},
        {key: one.value or "" for key, one in settled.decided.items() if one.outcome is Outcome.SEAL},
        settled.now,
        settled.decided,
        {key: Place(edited.sheet.title, edited.sheet.at(key, edited.row)) for key in edited.mine},
    )
