"""The rows of entity lists of a stand-in Central, with all their versions. Nothing here answers a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.contract.central_state import ADMIN

EARLY: Final = "2026-11-20T07:00:00.000Z"
"""When everything was made that a test lays into the world itself."""


@dataclass(slots=True)
class Change:
    """One version of a row, as it came.

    Attributes:
        received: what the sender gave, the label among it.
        base: the version that the sender saw.
        conflicting: properties that two senders changed otherwise, ``None`` = no conflict.
        branch: of a phone that was offline: its branch, and the versions at its root and before this one.
        source: the submission that it came of, by form and first id.
    """

    version: int
    label: str
    data: dict[str, str]
    received: dict[str, str]
    at: str = EARLY
    by: int = ADMIN
    agent: str | None = None
    base: int | None = None
    conflict: str | None = None
    conflicting: list[str] | None = None
    changed_here: list[str] = field(default_factory=list)
    changed_there: list[str] = field(default_factory=list)
    branch: tuple[str | None, int | None, int | None] = (None, None, None)
    source: tuple[str, str] | None = None


@dataclass(slots=True)
class Entity:
    """One row; ``history`` holds what came by an address or a form, not what a test laid here itself."""

    label: str
    data: dict[str, str]
    version: int = 1
    deleted: bool = False
    made: str = EARLY
    updated: str | None = None
    gone: str | None = None
    by: int = ADMIN
    conflict: str | None = None
    history: list[Change] = field(default_factory=list)

    def versions(self) -> list[Change]:
        """Return its versions, oldest first; one at least."""
        if self.history and self.history[-1].version == self.version:
            return self.history
        return [
            *self.history,
            Change(self.version, self.label, self.data, {**self.data, "label": self.label}),
        ]


@dataclass(slots=True)
class Dataset:
    """One entity list; ``fed`` = by property, the forms whose submissions fill it."""

    properties: list[str] = field(default_factory=list)
    rows: dict[str, Entity] = field(default_factory=dict)
    rules: list[dict[str, str]] = field(default_factory=list)
    said: dict[str, bool] = field(default_factory=lambda: {"approvalRequired": False, "ownerOnly": False})
    made: str = EARLY
    fed: dict[str, list[str]] = field(default_factory=dict)
