"""A change: one difference between two versions of a form, with its words in the language chosen at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from gettext import gettext
from typing import Any

from xlsform.compare.words import CHANGES
from xlsform.findings.catalogue import Level

__all__ = ["Change", "change"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        kind: of the table of words; a code, or a code with its variant.
        path: of the question in the old version (of a new one, in the new), ``list/choice`` for a choice; empty for
            the form itself.
        data: what differs from change to change; fills the sentences, and is there for programs.
    """

    kind: str
    path: str = ""
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """Stable name of the kind of change, ``FIELD-GONE``."""
        return CHANGES[self.kind].code

    @property
    def level(self) -> Level:
        """How grave it is for what was collected."""
        return CHANGES[self.kind].level

    @property
    def what(self) -> str:
        """What differs, in the language chosen at start."""
        return self._say(CHANGES[self.kind].what)

    @property
    def why(self) -> str:
        """Why it matters."""
        return self._say(CHANGES[self.kind].why)

    @property
    def fix(self) -> str:
        """What to do."""
        return self._say(CHANGES[self.kind].fix)

    def document(self) -> dict[str, Any]:
        """Return the change for ``--json``."""
        words = {"what": self.what, "why": self.why, "fix": self.fix}
        return {
            "code": self.code,
            "level": str(self.level),
            "path": self.path,
            **words,
            "data": dict(self.data),
        }

    def _say(self, sentence: str) -> str:
        return gettext(sentence).format(path=self.path, **self.data)


def change(kind: str, path: tuple[str, ...] = (), /, **data: str) -> Change:
    """Return a change at a path."""
    return Change(kind, "/".join(path), data)
