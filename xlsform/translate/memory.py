"""What a translation was made from: ``translations/<form>.<from>-<to>.csv`` beside the forms.

It tells a translation whose source was reworded since, and a text that only stands in for a translation. Without it,
nothing is known to have changed. Parses and writes text; the caller opens and keeps the file.
From it follows how far a translation is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from xlsform.translate.texts import Text

_FORMULA: Final = frozenset("=+-@\t\r")
_QUOTE: Final = "'"


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `unguarded` gives the text back.

    >>> guarded("=1+1"), guarded("- Oui"), guarded("Oui"), unguarded(guarded("'=x"))
    ("'=1+1", "'- Oui", 'Oui', "'=x")
    """
    return f"{_QUOTE}{text}" if text[:1] in {*_FORMULA, _QUOTE} and text else text


def unguarded(text: str) -> str:
    """Return the text of a cell, whether it was guarded or not."""
    return text[1:] if text[:1] == _QUOTE and text[1:2] in {*_FORMULA, _QUOTE} else text


_HEADER = ("key", "source", "translation")
_LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A translation and the wording that it was made from."""

    source: str
    translation: str


Memory = Mapping[str, Kept]


def path_of(root: Path, form_id: str, source: str, target: str) -> Path:
    """Return where a forms folder keeps the memory of a form in two languages, given by their codes."""
    return root / "translations" / f"{form_id}.{source}-{target}.csv"


def read(path: Path) -> dict[str, Kept]:
    """Return a memory; nothing when the file is not there or is not one: then nothing counts as changed."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig") if len(raw) <= _LARGEST else ""
    except (OSError, UnicodeDecodeError):
        return {}
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(rows.fieldnames or ()) != _HEADER:
        return {}
    return {
        row["key"]: Kept(unguarded(row["source"] or ""), unguarded(row["translation"] or "")) for row in rows
    }


def written(memory: Memory) -> bytes:
    """Return the file of a memory: sorted, the same bytes for the same content."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(_HEADER)
    rows.writerows(
        (key, guarded(one.source), guarded(one.translation)) for key, one in sorted(memory.items())
    )
    return out.getvalue().encode()


class State(StrEnum):
    """What a translator has to do with a text."""

    MISSING = "missing"
    CHANGED = "changed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many texts a language must have, how many it lacks, how many were made from other words."""

    texts: int
    missing: int
    changed: int

    @property
    def percent(self) -> int:
        """Share of texts that are there and up to date, in per cent, rounded down."""
        return 100 if not self.texts else 100 * (self.texts - self.missing - self.changed) // self.texts

    def document(self) -> dict[str, int]:
        """Return what ``--json`` shows."""
        return {
            "texts": self.texts,
            "missing": self.missing,
            "changed": self.changed,
            "percent": self.percent,
        }


def state_of(
    text: Text, source: str, target: str, memory: Memory, earlier: Mapping[str, Text] | None = None
) -> tuple[State, str]:
    """Return the state of a text, and the wording that its translation was made from when that has changed.

    Args:
        text: the text now.
        source: code of the language that is translated from.
        target: code of the language that is translated into.
        memory: what translations were made from.
        earlier: the texts of an earlier version of the form, by key.
    """
    now, words = text.by_language.get(source, ""), text.by_language.get(target, "")
    kept = memory.get(text.key)
    if not words or (memory and kept is None and words == now):
        return State.MISSING, ""
    if kept is not None and kept.translation == words and kept.source != now:
        return State.CHANGED, kept.source
    before = (earlier or {}).get(text.key)
    if before is not None and before.by_language.get(target) == words:
        was = before.by_language.get(source, "")
        if was and was != now:
            return State.CHANGED, was
    return State.DONE, ""


def progress(found: Iterable[Text], source: str, target: str, memory: Memory) -> Progress:
    """Count the texts of a form by what is to do with them; texts that the source lacks do not count."""
    states = [
        state_of(text, source, target, memory)[0]
        for text in found
        if text.by_language.get(source) or source == target
    ]
    return Progress(len(states), states.count(State.MISSING), states.count(State.CHANGED))
