"""What an answers tree says, as values: records of entities, answers without a field, remarks. Pure; nothing here reads a tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from sync_scripts.register.forms.answers import Sealed, Tree

__all__ = [
    "SEALED",
    "TAGGED",
    "Extra",
    "Parted",
    "Reading",
    "Record",
    "Remark",
    "Tag",
    "Value",
]

Value = str | Sealed
Tag = Callable[[str, str], int | None]
"""(``contact`` or ``document``, the answer) -> its cut tag; None for what is no number."""
SEALED: Final = 3

TAGGED: Final[dict[tuple[str, str], Literal["contact", "document"]]] = {
    ("alert", "contact"): "contact",
    ("interview", "service_phone"): "contact",
    ("person", "phone"): "contact",
    ("person", "national_id"): "document",
}
"""Sealed answers that leave a cut keyed tag behind, for matching."""


class Record(msgspec.Struct, frozen=True):
    """One row to be, as the form answered it.

    Attributes:
        entity: the entity of the register.
        key: the record's own key: the uid of its repetition, else the root id; a choice or purpose after a colon.
        parent: key of the repetition that it stands in or hangs on; the root id for one at the root, "" for the
            records of the root itself.
        fields: answers by field name, as given.
        sealed: the fields of level 3, whatever ``fields`` holds of them.
        by_position: the repetition had no uid of its own, so that the key is only its position.
    """

    entity: str
    key: str
    parent: str
    fields: dict[str, Value]
    sealed: tuple[str, ...] = ()
    by_position: bool = False


class Extra(msgspec.Struct, frozen=True):
    """An answer that nobody mapped.

    Attributes:
        path: question path; a repetition is named by its key in brackets.
        fr: French label of that form version, "" when the question is unknown to it.
        en: English label.
        value: the answer, or the mark of a sealed one.
        level: sensitivity; 3 when the form version does not know the question.
    """

    path: str
    fr: str
    en: str
    value: Value
    level: int


class Remark(msgspec.Struct, frozen=True):
    """Something about a tree that a person should see; never holds an answer.

    Attributes:
        kind: ``second_answer``, ``uid_missing``, ``uid_twice`` or ``question_unknown``.
        place: question path.
    """

    kind: Literal["second_answer", "uid_missing", "uid_twice", "question_unknown"]
    place: str


class Reading(msgspec.Struct, frozen=True):
    """All that one tree says.

    Attributes:
        records: parents before their children, repetitions in the order of the form.
        extras: what nobody mapped, level 3 included.
        remarks: in the order in which they were met.
        stamps: answers mapped to ``submission`` (``device_start``, ``device_end``).
    """

    records: tuple[Record, ...]
    extras: tuple[Extra, ...]
    remarks: tuple[Remark, ...]
    stamps: dict[str, Value]


class Parted(msgspec.Struct, frozen=True):
    """One full tree taken apart: what stays open, and beside it what is to be sealed.

    Attributes:
        reading: what the open tree says; the same as reading it again later.
        tree: the open tree: every answer of level 3, or of a question unknown to the form, is only marked.
        records: records with sealed answers, each with these answers by field.
        extras: sealed answers that nobody mapped, each with its place.
    """

    reading: Reading
    tree: Tree
    records: tuple[tuple[Record, dict[str, Value]], ...]
    extras: tuple[tuple[Extra, Value], ...]

    def __repr__(self) -> str:
        """Say nothing of the answers."""
        return f"Parted({len(self.records)} records, {len(self.extras)} extras)"
