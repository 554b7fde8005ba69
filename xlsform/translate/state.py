"""How far a translation is: which texts are missing, which were made from other words than those of today. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from xlsform.translate.memory import Memory
from xlsform.translate.texts import Text

__all__ = ["Progress", "State", "progress", "state_of"]


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
