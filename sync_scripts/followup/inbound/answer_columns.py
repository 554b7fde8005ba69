"""How an answer in a workbook of open questions is read: as the workbook that its question comes from would. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from sync_scripts.followup.columns import Reader, readers
from sync_scripts.followup.inbound.conflicts import ROW, Choice, Conflict
from sync_scripts.followup.inbound.import_result import Asked
from sync_scripts.followup.inbound.offers import lists_of
from sync_scripts.followup.outbound import snapshot
from sync_scripts.followup.outbound.content import DOUALA
from sync_scripts.followup.sheets import sheets
from sync_scripts.store.database import Rows
from sync_scripts.store.detectors import Kind, hits

__all__ = ["AnswerColumns"]


class AnswerColumns:
    """How the values of each question are read: as the workbook that it comes from would."""

    def __init__(self, rows: Rows, asked: Asked) -> None:
        self._rows = rows
        self._asked = asked
        self._known: dict[str, Mapping[str, Mapping[str, Reader]]] = {}
        self._by: dict[str, str] = {}

    def reader(self, one: Conflict) -> Reader:
        """Return the reader of the field that a question is about."""
        return self._of(one.export_id)[one.sheet][one.field]

    def identifies(self, one: Conflict, value: str, choice: Choice) -> Iterator[Kind]:
        """Yield by what a value identifies somebody: known names, too, while the vault is open for them.

        What the file said was looked at when it came in, perhaps without the names. A code of a list is no text that
        somebody wrote, but one that was typed as another value may be anything.
        """
        written = _texts(self._of(one.export_id)[one.sheet], one, value)
        if choice == "other" and value not in written:
            yield from hits(value)
        for text in written:
            yield from hits(text, self._asked.names)

    def both(self, one: Conflict) -> str:
        """Return two notes one after another, the file's with who handed it in and when."""
        self._of(one.export_id)
        day = self._asked.now.astimezone(DOUALA).strftime("%d/%m/%Y")
        return f"{one.register}\n{one.mine} ({self._by[one.export_id]}, {day})"

    def _of(self, export_id: str) -> Mapping[str, Mapping[str, Reader]]:
        if export_id not in self._known:
            kept = snapshot.find(self._rows, export_id)
            assert kept is not None  # noqa: S101 - a question comes from an export that is kept
            lists = lists_of(self._rows, kept, self._asked)
            specs = sheets("T3" if kept.tier == "T3" else "T2")
            self._known[export_id] = {spec.marker: readers(spec, lists) for spec in specs}
            self._by[export_id] = kept.reader
        return self._known[export_id]


def _texts(columns: Mapping[str, Reader], one: Conflict, value: str) -> list[str]:
    """Return what of a value was written freely: it itself, or of a whole row its texts."""
    said = msgspec.json.decode(value, type=dict[str, str | None]) if one.field == ROW else {one.field: value}
    return [
        text for key, text in said.items() if text and key in columns and columns[key].field.kind == "text"
    ]
