"""Which node of the old version is which of the new one, and whether two texts say the same. A guess is a hint for a person, never a decision.

The same path first, then the same name elsewhere, then the same place in the register, then the likeness of labels and names.
A number that differs, or a "not" on one side only, is another meaning, however alike the rest is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from xlsform.compare.shape import Node, Path, Shape
from xlsform.model import Question, Resolved

SAME = 0.7
"""Share of words in common from which two texts are taken to say the same."""
_ALIKE = 0.8
"""Likeness from which two words are one word, spelt or inflected otherwise."""
_SHORT = 3
"""Words up to this length carry little: articles, prepositions."""

_NOT = frozenset(
    {"ne", "n", "pas", "non", "jamais", "sans", "aucun", "aucune", "no", "not", "never", "without"}
)
_WORD = re.compile(r"\d+|[^\W\d_]+")


def likeness(old: str, new: str) -> float:
    """Return 0 (nothing in common) to 1 (the same words).

    >>> likeness("Homme", "Femme")
    0.0
    >>> likeness("Où est la victime ?", "Où est la victime")
    1.0
    """
    words = [_words(text) for text in (old, new)]
    if _marks(words[0]) != _marks(words[1]):
        return 0.0
    heavy = [[word for word in some if len(word) > _SHORT or word.isdigit()] for some in words]
    mine, its = heavy if all(heavy) else words
    shared = sum(any(_one_word(word, other) for other in its) for word in mine)
    back = sum(any(_one_word(word, other) for other in mine) for word in its)
    return (shared + back) / (len(mine) + len(its)) if mine or its else float(old == new)


def differing(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Yield the languages in which two texts seem to say something else."""
    for language in old:
        if (
            language in new
            and old[language] != new[language]
            and likeness(old[language], new[language]) < SAME
        ):
            yield language


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _marks(words: list[str]) -> tuple[frozenset[str], bool]:
    """Return the numbers of a text, and whether it denies something."""
    return frozenset(word for word in words if word.isdigit()), any(word in _NOT for word in words)


def _one_word(word: str, other: str) -> bool:
    return word == other or (len(word) > _SHORT and SequenceMatcher(None, word, other).ratio() >= _ALIKE)


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
