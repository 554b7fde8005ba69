"""Rules on and and or in one condition: phones join by and first, a person reads together what speaks of one question."""

from __future__ import annotations

from collections.abc import Iterator

from xlsform.expressions.formulas import Formula
from xlsform.expressions.xpath import Path, Ref, Self, Word, parse, tokens, walk, written
from xlsform.findings.problems import Finding
from xlsform.reasoning.atoms import here_of
from xlsform.reasoning.facts import Facts
from xlsform.reasoning.reading import Reading

Sides = tuple[tuple[str, ...], ...]
"""The sides of an ``or``, each as what ``and`` joins in it, as they are written."""


def check_brackets(facts: Facts) -> Iterator[Finding]:
    """Yield conditions in which and and or stand side by side, and brackets would change what they ask."""
    for one in facts.formulas:
        has_both = one.parsed.node is not None and " or " in one.text and " and " in one.text
        for sides in mixed(one.text) if has_both else ():
            shown, near = " or ".join(" and ".join(side) for side in sides), _meant(sides)
            if near is not None and _differ(facts, one, shown, near):
                yield one.finding("AND-OR", value=shown, near=near)
                break


def mixed(expression: str) -> Iterator[Sides]:
    """Yield each place where ``and`` and ``or`` stand in the same brackets.

    >>> list(mixed("not(a and b or c) or d"))
    [(('a', 'b'), ('c',))]
    """
    opened = [_Level(expression, 0)]
    for piece in tokens(expression):
        end = piece.start + len(piece.text)
        if piece.kind == "operator" and piece.text in {"and", "or"}:
            opened[-1].cut(piece.start, end, is_or=piece.text == "or")
        elif piece.kind == "sign" and piece.text in {"(", "["}:
            opened.append(_Level(expression, end))
        elif piece.kind == "sign" and piece.text in {")", "]", ","}:
            yield from opened[-1].closed(piece.start)
            if piece.text == ",":
                opened[-1] = _Level(expression, end)
            elif len(opened) > 1:
                opened.pop()
    yield from opened[-1].closed(len(expression))


class _Level:
    """What stands in one pair of brackets, or between two commas."""

    def __init__(self, text: str, start: int) -> None:
        self.text, self.start = text, start
        self.sides: list[list[str]] = [[]]

    def cut(self, at: int, end: int, *, is_or: bool) -> None:
        self.sides[-1].append(" ".join(self.text[self.start : at].split()))
        self.start = end
        if is_or:
            self.sides.append([])

    def closed(self, at: int) -> Iterator[Sides]:
        self.cut(at, at, is_or=False)
        if len(self.sides) > 1 and any(len(side) > 1 for side in self.sides):
            yield tuple(map(tuple, self.sides))


def _meant(sides: Sides) -> str | None:
    """Return it with the brackets that a person reads; None when they are those of the phone."""
    subjects = [[_subjects(part) for part in side] for side in sides]
    of_sides = [frozenset[str]().union(*side) for side in subjects]
    if all(len(side) > 1 for side in sides) and len({*of_sides}) == 1:
        return None  # the rows of a table: each says the same things
    same = {
        number
        for number in range(len(sides) - 1)
        if subjects[number][-1] == subjects[number + 1][0] != frozenset()
    }
    read = {
        number
        for number in same
        if any(not one & of_sides[number + 1] for one in subjects[number][:-1])
        or any(not one & of_sides[number] for one in subjects[number + 1][1:])
    }
    for number in (*sorted(same), *sorted(same, reverse=True)):  # what lies between speaks of it too
        if (number - 1 in read and len(sides[number]) == 1) or (
            number + 1 in read and len(sides[number + 1]) == 1
        ):
            read.add(number)
    return _bracketed(sides, read or _from_the_left(subjects))


def _from_the_left(subjects: list[list[frozenset[str]]]) -> set[int]:
    """Return the first ``or`` of all, and those that follow, if an ``and`` of something else comes after them."""
    first = next(number for number, side in enumerate(subjects) if len(side) > 1)
    ahead, *others = subjects[first]
    is_apart = ahead and any(one and not one & ahead for one in others)
    return {*range(first)} if is_apart else set()


def _bracketed(sides: Sides, read: set[int]) -> str | None:
    """Return the condition with brackets around the parts on both sides of each ``or`` that is read as one."""
    runs: list[list[str]] = [[sides[0][0]]]
    signs = list[str]()
    for number, side in enumerate(sides):
        for place, part in enumerate(side):
            if not place and number - 1 in read:
                runs[-1].append(part)
            elif number or place:
                signs.append("and" if place else "or")
                runs.append([part])
    said = [f"({' or '.join(run)})" if len(run) > 1 else run[0] for run in runs]
    return (
        " ".join((said[0], *(f"{sign} {run}" for sign, run in zip(signs, said[1:], strict=True))))
        if read
        else None
    )


def _subjects(text: str) -> frozenset[str]:
    """Return the questions and columns that a part of a condition speaks of."""
    found = set[str]()
    for part, above in walk(parse(text).node):
        if isinstance(part, Ref | Self | Word | Path) and not any(isinstance(one, Path) for one in above):
            found.add(written(part))
    return frozenset(found)


def _differ(facts: Facts, one: Formula, shown: str, near: str) -> bool:
    """Say whether the two can come out differently for the same answers."""
    nodes = [parse(text).node for text in (shown, near)]
    reading = Reading(facts, ())
    for first, second in (nodes, nodes[::-1]):
        if first is None or second is None:
            return False
        world = reading.again().assume({}, first, here_of(one))
        if world is not None and reading.assume(world, second, here_of(one), holds=False) is not None:
            return True
    return False
