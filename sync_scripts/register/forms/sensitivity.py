"""What a server says of a form may make answers more secret, never less: its map against what is known here. Pure.

Whoever may edit a form at a server must not decide what lies here in the clear. So each question keeps the place that
the forms of this workspace give it, at the highest level that anybody gives it: they, the register's own field, the
shipped form, the server. A question that only the server knows is sealed until its workbook lies here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from sync_scripts.register.forms.formmap import Asked, FormMap, Held, write_map
from xlsform.pack import register_fields

__all__ = ["SEPARATOR", "Strict", "merge"]

SEALED: Final = 3
SEPARATOR: Final = "~"
"""In the name of a version that is read otherwise than its workbook here says: behind it, a digest of the map."""

Levels = Mapping[str, int]
"""Level by path, joined with slashes."""


@dataclass(frozen=True, slots=True)
class Strict:
    """How the submissions of one served version are read.

    Attributes:
        map: the map to read them with; that of the workspace itself when the server raises nothing.
        lowered: paths to which the server gives a lower level than they have here.
        redirected: paths which the server sends to another place of the register.
        added: paths that nobody knows here.
    """

    map: FormMap
    lowered: tuple[str, ...] = ()
    redirected: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def loosened(self) -> bool:
        """Tell whether the server tried to make something less secret."""
        return bool(self.lowered or self.redirected)


def merge(served: FormMap, version: str, known: Mapping[str, FormMap], core: Levels) -> Strict:
    """Return how to read the submissions of a version that a server serves.

    Args:
        served: what the server's workbook says.
        version: stamp of the version that the submissions name.
        known: the maps of this workspace's own workbooks of that form, by version; at least one.
        core: levels of the shipped form.
    """
    basis = _Basis(version, known, core)
    if all(
        asked.entity is None for asked in served.questions
    ):  # it was sent without our columns and says nothing
        served = msgspec.structs.replace(served, questions=tuple(map(basis.own_of, served.questions)))
    strict = {asked.path: basis.strict(asked) for asked in served.questions}
    own = known.get(version)
    made = _raised(own, strict) if own is not None else basis.whole(served, strict)
    return Strict(
        map=made,
        lowered=tuple(
            _text(asked.path)
            for asked in served.questions
            if basis.known(asked) and asked.level < strict[asked.path].level
        ),
        redirected=tuple(_text(asked.path) for asked in served.questions if basis.moved(asked)),
        added=tuple(_text(asked.path) for asked in served.questions if not basis.known(asked)),
    )


class _Basis:
    """What is known here of the questions of a form, the version at hand first."""

    def __init__(self, version: str, known: Mapping[str, FormMap], core: Levels) -> None:
        self._fields = register_fields()
        self._core = core
        self._asked: dict[tuple[str, ...], Asked] = {}
        self._seen: dict[tuple[str, ...], int] = {}
        self._groups: dict[tuple[str, ...], Held] = {}
        for name in sorted(known, key=lambda one: (one == version, one), reverse=True):
            for asked in known[name].questions:
                self._asked.setdefault(asked.path, asked)
                self._seen[asked.path] = max(self._seen.get(asked.path, 0), asked.level)
            for held in known[name].groups:
                self._groups.setdefault(held.path, held)
        self.stamp = next(iter(known.values())).form
        self.version = version

    def known(self, asked: Asked) -> bool:
        """Tell whether a question is known here."""
        return asked.path in self._asked

    def own_of(self, asked: Asked) -> Asked:
        """Return what is known here of a question, itself when nothing is."""
        return self._asked.get(asked.path, asked)

    def moved(self, asked: Asked) -> bool:
        """Tell whether a question goes elsewhere by the server's word."""
        own = self._asked.get(asked.path)
        return own is not None and (own.entity, own.field) != (asked.entity, asked.field)

    def strict(self, asked: Asked) -> Asked:
        """Return a question as it is read: where this workspace puts it, as secret as anybody says."""
        own = self._asked.get(asked.path)
        if own is None:
            return msgspec.structs.replace(asked, entity=None, field=None, level=SEALED)
        field = self._fields.get((own.entity or "", own.field or ""))
        floors = (self._seen[own.path], self._core.get(_text(own.path), 0), field.level if field else 0)
        return msgspec.structs.replace(own, level=max(asked.level, *floors))

    def whole(self, served: FormMap, strict: Mapping[tuple[str, ...], Asked]) -> FormMap:
        """Return the map of a version whose workbook is not here: its own questions, put where we know them."""
        groups = tuple(
            self._groups.get(held.path, Held(held.path, None, repeat=held.repeat)) for held in served.groups
        )
        questions = tuple(strict[asked.path] for asked in served.questions)
        return _named(FormMap(self.stamp, self.version, groups, questions))


def _raised(own: FormMap, strict: Mapping[tuple[str, ...], Asked]) -> FormMap:
    """Return our own map, under another name when the server raises some level."""
    questions = tuple(strict.get(asked.path, asked) for asked in own.questions)
    if questions == own.questions:
        return own
    return _named(msgspec.structs.replace(own, questions=questions))


def _named(made: FormMap) -> FormMap:
    """Return a map under a version that says what it holds: the same map always gets the same name."""
    mark = hashlib.sha256(write_map(made).encode()).hexdigest()[:8]
    return msgspec.structs.replace(made, version=f"{made.version}{SEPARATOR}{mark}")


def _text(path: tuple[str, ...]) -> str:
    return "/".join(path)
