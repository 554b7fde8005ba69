"""Rules on classes of numbers: conditions that part ages or amounts into classes, and forget the number between two, or count it twice.

A class is what a condition leaves of one number; classes belong together when they say the same of everything else. Only one number
between two classes is a slip (``< 5`` beside ``> 5``): a wide gap is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from xlsform.expressions.formulas import Formula
from xlsform.expressions.xpath import Binary, Call, Literal, Node, Ref, sides_of, written
from xlsform.findings.problems import Finding
from xlsform.reasoning.atoms import Atom, here_of
from xlsform.reasoning.domains import ANY_NUMBER, Domain, Edge, Numbers
from xlsform.reasoning.facts import Facts
from xlsform.reasoning.reading import Reading
from xlsform.reasoning.worlds import Term, numbers

Key = Atom | Term
FAR: Final = 2**31
"""Beyond it no phone takes a whole number."""

_ORDERS: Final = re.compile(r"[<>]|=\s*\d")
"""What a condition that parts numbers holds."""


@dataclass(frozen=True, slots=True)
class Class:
    """One stretch of numbers, what is numbered and what else holds there, and the condition that says so."""

    of: Key
    least: Edge
    most: Edge
    whole: bool
    besides: frozenset[tuple[Key, Domain]]
    formula: Formula
    text: str

    def holds(self, number: float) -> bool:
        """Say whether a number is in it."""
        return self.least <= (number, 0) <= self.most


def check_classes(facts: Facts) -> Iterator[Finding]:
    """Yield a number that no class takes although those on both sides do, and a number that two classes take."""
    beside: list[Class] = []
    for one in facts.formulas:
        node = one.parsed.node
        if (
            node is None
            or one.column not in {"relevant", "calculation", "constraint"}
            or not _ORDERS.search(one.text)
        ):
            continue
        conditions, left = _chain(node)
        chain = [found for part in conditions for found in _classes(facts, one, part)]
        if one.column == "relevant":
            beside += chain
        else:
            yield from _slips(facts, chain, left=left)
    yield from _slips(facts, beside, twice=True)


def _chain(node: Node) -> tuple[list[Node], Node | None]:
    """Return the conditions of an ``if`` in an ``if`` in an ``if``, and what is left for all others; or the sides of an ``or``."""
    conditions = list[Node]()
    if not (isinstance(node, Call) and node.name == "if"):
        return sides_of(node, "or"), None
    left: Node = node
    while isinstance(left, Call) and left.name == "if" and len(left.arguments) == 3:
        conditions.append(left.arguments[0])
        left = left.arguments[2]
    return conditions, left


def _classes(facts: Facts, formula: Formula, node: Node) -> Iterator[Class]:
    """Yield the stretches that a condition leaves of one number, with whatever else it says."""
    reading = Reading(facts, ())
    world = reading.assume({}, node, here_of(formula)) or {}
    said = {
        key: domain for key, domain in world.items() if not (isinstance(key, Atom) and key.kind == "asked")
    }
    cut = [
        (key, domain)
        for key, domain in said.items()
        if isinstance(domain, Numbers) and domain.pieces != numbers({}, key, _initial(reading, key)).pieces
    ]
    if len(cut) == 1:
        key, found = cut[0]
        besides = frozenset(pair for pair in said.items() if pair[0] != key)
        for least, most in found.pieces:
            yield Class(key, least, most, found.whole, besides, formula, written(node))


def _initial(reading: Reading, key: Key) -> Domain:
    return reading.atoms.initial(key) if isinstance(key, Atom) else ANY_NUMBER


def _slips(
    facts: Facts, classes: Sequence[Class], *, left: Node | None = None, twice: bool = False
) -> Iterator[Finding]:
    """Yield the number between two classes that follow each other; ``twice``: the number that is in both, too.

    ``left`` is what an ``if`` gives where no condition holds: of a single number that is meant, unless it is nothing.
    """
    groups: dict[object, dict[object, Class]] = {}
    for one in classes:
        groups.setdefault((one.of, one.besides), {}).setdefault((one.least, one.most), one)
    for group in groups.values():
        stretches = [one for one in group.values() if one.least != one.most]
        for lower, upper in _neighbours(stretches):
            number, code = _between(lower, upper), "CLASS-GAP"
            if number is not None and any(one.holds(number) for one in group.values()):
                continue
            if number is None and twice:
                number, code = _in_both(lower, upper), "CLASS-TWICE"
            if number is None or (left not in {None, Literal("")} and _is_all_else(group.values())):
                continue
            if _can_be(facts, upper, number):
                yield _finding(facts, code, (lower, upper), number)


def _neighbours(stretches: Sequence[Class]) -> Iterator[tuple[Class, Class]]:
    """Yield each two of which one begins where the other ends, or two numbers further on."""
    beginning: dict[float, list[Class]] = {}
    for one in stretches:
        beginning.setdefault(one.least[0], []).append(one)
    for lower in stretches:
        end = lower.most[0]
        for upper in (*beginning.get(end, ()), *beginning.get(end + 2, ())):
            if lower.text != upper.text:
                yield lower, upper


def _between(lower: Class, upper: Class) -> float | None:
    """Return the one number that lies above one class and below another."""
    low, high = lower.most, upper.least
    if low[0] == high[0] and (low[1], high[1]) == (-1, 1):
        return low[0]
    is_step = lower.whole and (low[1], high[1]) == (0, 0) and high[0] - low[0] == 2
    return low[0] + 1 if is_step else None


def _in_both(lower: Class, upper: Class) -> float | None:
    """Return the number that is the last of one class and the first of another."""
    return lower.most[0] if lower.most == upper.least and lower.most[1] == 0 else None


def _is_all_else(classes: Iterable[Class]) -> bool:
    """Say whether the classes reach from the smallest number to the largest: what is left is one number between two."""
    least, most = min(one.least for one in classes), max(one.most for one in classes)
    return least[0] <= -FAR and most[0] >= FAR


def _can_be(facts: Facts, one: Class, number: float) -> bool:
    """Say whether the question can have that number for an answer."""
    if not (isinstance(one.of, Atom) and isinstance(one.of.of, str)):
        return True
    value = Literal(f"{number:g}", number=True)
    believed = () if one.formula.column == "constraint" else None  # it leaves the number out itself
    said = Binary("=", Ref(one.of.of), value)
    return Reading(facts, believed).assume({}, said, here_of(one.formula)) is not None


def _finding(facts: Facts, code: str, pair: tuple[Class, Class], number: float) -> Finding:
    other, one = sorted(pair, key=lambda each: facts.formulas.index(each.formula))
    asked = facts.anywhere(one.of.of) if isinstance(one.of, Atom) and isinstance(one.of.of, str) else None
    is_day = asked is not None and asked.type in {"date", "dateTime", "today"}
    shown = (date(1970, 1, 1) + timedelta(number)).isoformat() if is_day else f"{number:g}"
    return one.formula.finding(
        code,
        value=one.text,
        number=shown,
        other=other.text,
        cells=other.formula.cell,
        near=_near(pair, shown),
    )


def _near(pair: tuple[Class, Class], number: str) -> str:
    """Return one of the two conditions with the sign = put in, or taken out; "" where the number is written otherwise."""
    for one, sign in zip(pair, "<>", strict=True):
        said = re.search(rf"{sign}(=?) (?:date\(')?{re.escape(number)}(?!\d)", one.text)
        if said is not None:
            return f"{one.text[: said.start(1)]}{'' if said[1] else '='}{one.text[said.end(1) :]}"
    return ""
