"""Which node of the old version is which of the new one. A pair with two paths is a guess that a person judges.

The same path first, then the same name elsewhere, then the same place in the register, then the likeness of labels and
names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from xlsform.compare.meaning import likeness
from xlsform.compare.shape import Node, Path, Shape
from xlsform.model import Question, Resolved

__all__ = ["Pairs", "Version", "pairs"]

_NEAR = 0.7
"""Likeness from which a question is offered as the nearest of one that is gone."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version: what phones make of it, and our columns."""

    shape: Shape
    resolved: Resolved
    questions: Mapping[Path, Question]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Old path -> new path, for questions and sections that are in both; ``names`` are those that were renamed."""

    paths: Mapping[Path, Path]
    names: Mapping[str, str]

    def moved(self) -> list[tuple[Path, Path]]:
        """Return the pairs whose path differs."""
        return [(old, new) for old, new in self.paths.items() if old != new]


def pairs(old: Version, new: Version) -> Pairs:
    """Return which node became which."""
    found = {path: path for path in old.shape.nodes if path in new.shape.nodes}
    gone = [node for path, node in old.shape.nodes.items() if path not in found]
    come = [node for path, node in new.shape.nodes.items() if path not in old.shape.nodes]
    _by_name(found, gone, come)
    _by_likeness(found, gone, come, (old, new))
    _sections(found, gone, come)
    names = {one[-1]: other[-1] for one, other in found.items() if one[-1] != other[-1]}
    return Pairs({path: found[path] for path in old.shape.nodes if path in found}, names)


def _left(
    found: Mapping[Path, Path], gone: Iterable[Node], come: Iterable[Node]
) -> tuple[list[Node], list[Node]]:
    taken = set(found.values())
    return [node for node in gone if node.path not in found], [
        node for node in come if node.path not in taken
    ]


def _by_name(found: dict[Path, Path], gone: list[Node], come: list[Node]) -> None:
    """Pair what has the same name at another place, if only one on each side has it."""
    counts = [Counter((node.path[-1], node.is_section) for node in some) for some in (gone, come)]
    there = {(node.path[-1], node.is_section): node.path for node in come}
    for node in gone:
        name = (node.path[-1], node.is_section)
        if counts[0][name] == counts[1][name] == 1:
            found[node.path] = there[name]


def _by_likeness(
    found: dict[Path, Path], gone: list[Node], come: list[Node], versions: tuple[Version, Version]
) -> None:
    left, free = _left(found, gone, come)
    scores = [
        (score, one.path, other.path)
        for one in left
        for other in free
        if one.kind == other.kind and not one.is_section and (score := _score(one, other, versions)) >= _NEAR
    ]
    taken: set[Path] = set()
    for _, one_path, other_path in sorted(scores, reverse=True):
        if one_path not in found and other_path not in taken:
            found[one_path] = other_path
            taken.add(other_path)


def _score(one: Node, other: Node, versions: tuple[Version, Version]) -> float:
    places = [
        (question.entity, question.field) if (question := version.questions.get(node.path)) else (None, None)
        for version, node in zip(versions, (one, other), strict=True)
    ]
    if places[0] == places[1] and places[0][1] not in {None, "uid"}:
        return 1.0
    labels = [node.texts.get("label", {}) for node in (one, other)]
    said = [
        likeness(labels[0][language], labels[1][language]) for language in labels[0] if language in labels[1]
    ]
    names = SequenceMatcher(None, one.path[-1], other.path[-1]).ratio()
    return (max(said) * 2 + names) / 3 if said else names


def _sections(found: dict[Path, Path], gone: list[Node], come: list[Node]) -> None:
    """Pair a section with the one that most of what stood in it went to."""
    left, free = _left(found, gone, come)
    for node in (node for node in left if node.is_section):
        went = Counter(new[:-1] for old, new in found.items() if old[:-1] == node.path)
        homes = [other.path for other in free if went[other.path]]
        if homes:
            found[node.path] = max(homes, key=lambda path: went[path])
            free = [other for other in free if other.path != found[node.path]]
