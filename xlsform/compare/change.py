"""A change: one difference between two versions of a form, with its words; and its acceptance where it breaks, by name, with reason.

What nobody may accept is said here. Decides and words only; whoever builds or saves a form writes the lines into
``forms/CHANGES.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from gettext import gettext
from typing import Any, Final

from xlsform.compare.words import CHANGES
from xlsform.errors import FormError
from xlsform.findings.profiles import Level


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


FILE = "CHANGES.md"
NEVER = frozenset(
    {
        *("CONSENT-LOOSER", "SENS-LOWERED", "CORE-TOUCHED", "ORG-NAME", "BAN-IDENTITY", "BAN-ARMED-GROUP"),
        "BAN-PHONE",
        "VERSION-NOT-RAISED",
    }
)
"""Codes for which there is no acceptance: they are taken back, or decided in the base itself by two people."""

_CODES = frozenset(problem.code for problem in CHANGES.values())
_HEAD = """# Changements acceptés / Accepted changes

Écrit par dikalo. Chaque ligne : date, formulaire et versions, ce qui casse, qui l'a accepté, pourquoi. /
Written by dikalo. Each line: date, form and versions, what breaks, who accepted it, why.
"""


NotAcceptable: Final = FormError.declare(
    "DK-F79",
    "{name} cannot be accepted. One change that breaks is accepted with --accept CODE:PATH together with --author and "
    "--why; what loosens consent, secrecy or the protected core, nobody can accept. Nothing was changed.",
)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Changes that somebody takes upon themselves: ``(code, path)``, who, and why."""

    changes: frozenset[tuple[str, str]] = frozenset()
    author: str = ""
    why: str = ""


def accept(words: Sequence[str], author: str, why: str) -> Acceptance:
    """Return what ``--accept CODE:PATH`` says; the form itself has an empty path.

    Raises:
        NotAcceptable: no code, a code that nobody may accept, or nobody says who accepts and why.
    """
    named = [word.partition(":")[::2] for word in words]
    said = bool(author.strip() and why.strip())
    for code, path in named:
        if code not in _CODES or code in NEVER or not said:
            raise NotAcceptable(name=f"{code}:{path}")
    return Acceptance(frozenset(named), _line(author), _line(why))


def held_back(changes: Iterable[Change], accepted: Acceptance) -> tuple[Change, ...]:
    """Return the changes that stop the form: those that break and are not accepted, those that nobody may accept."""
    grave = (change for change in changes if change.level in {Level.BREAK, Level.ERROR})
    return tuple(
        change
        for change in grave
        if change.code in NEVER or (change.code, change.path) not in accepted.changes
    )


def recorded(
    old_text: str,
    changes: Iterable[Change],
    accepted: Acceptance,
    *,
    form: str,
    versions: tuple[str, str],
    day: date,
) -> str:
    """Return the text of ``CHANGES.md`` with a line for each change that was accepted; the same text when none was."""
    lines = [
        f"- {day.isoformat()} · {form} {versions[0] or '-'} → {versions[1]} · {change.code}:{change.path} · "
        f"{accepted.author} : {accepted.why}"
        for change in changes
        if change.level is Level.BREAK and (change.code, change.path) in accepted.changes
    ]
    new = [line for line in lines if line not in old_text.splitlines()]
    if not new:
        return old_text
    return (old_text.rstrip("\n") or _HEAD.rstrip("\n") + "\n") + "\n" + "\n".join(new) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())
