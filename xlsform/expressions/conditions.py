"""Reading conditions just far enough to prove that a gate holds, or that two conditions exclude each other.

It takes expressions apart at ``and``, ``or`` and brackets and knows comparisons of one question with fixed choices.
Whatever else stands in an expression proves nothing; it is never run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_REFERENCE = re.compile(r"\$\{\s*(last-saved#)?\s*([^}\s]+)\s*\}")
_EQUALS = re.compile(r"""^\$\{\s*([^}\s]+)\s*\}\s*=\s*(?:'([^']*)'|"([^"]*)")$""")
_EQUALS_BACK = re.compile(r"""^(?:'([^']*)'|"([^"]*)")\s*=\s*\$\{\s*([^}\s]+)\s*\}$""")
_AMONG = re.compile(r"""^selected\(\s*(?:'([^']*)'|"([^"]*)")\s*,\s*\$\{\s*([^}\s]+)\s*\}\s*\)$""")
_HOLDS = re.compile(r"""^selected\(\s*\$\{\s*([^}\s]+)\s*\}\s*,\s*(?:'([^']*)'|"([^"]*)")\s*\)$""")
_UNEQUAL = re.compile(r"""^\$\{\s*([^}\s]+)\s*\}\s*!=\s*(?:'([^']*)'|"([^"]*)")$""")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a condition says of one question: the answers it lets through, or (``without``) those it keeps out."""

    question: str
    values: frozenset[str]
    without: bool = False

    def excludes(self, other: Limit) -> bool:
        """Say whether no answer to the question satisfies both."""
        if self.question != other.question or (self.without and other.without):
            return False
        if self.without or other.without:
            only, out = (other, self) if self.without else (self, other)
            return only.values <= out.values
        return not self.values & other.values


def references(expression: str) -> frozenset[str]:
    """Return the names in ``${…}``, those of the last saved submission left out."""
    return frozenset(name for last, name in _REFERENCE.findall(expression) if not last)


def last_saved(expression: str) -> frozenset[str]:
    """Return the names in ``${last-saved#…}``."""
    return frozenset(name for last, name in _REFERENCE.findall(expression) if last)


def requires(expression: str, test: Callable[[str], bool]) -> bool:
    """Say whether the expression can be true only if some part passes the test.

    Of an ``or`` every side must, of an ``and`` one side is enough.
    """
    bare = _bare(expression)
    if len(sides := _split(bare, "or")) > 1:
        return all(requires(side, test) for side in sides)
    if len(sides := _split(bare, "and")) > 1:
        return any(requires(side, test) for side in sides)
    return test(bare)


def alternatives(expression: str) -> list[str]:
    """Return the sides of an ``or``; the whole expression when there is none."""
    return [_bare(side) for side in _split(_bare(expression), "or")]


def conjuncts(expression: str) -> list[str]:
    """Return the parts that must all hold: the sides of an ``and``, else the whole expression."""
    bare = _bare(expression)
    if len(_split(bare, "or")) > 1:
        return [bare]
    sides = _split(bare, "and")
    return [part for side in sides for part in conjuncts(side)] if len(sides) > 1 else [bare]


def limits(expression: str) -> Iterator[Limit]:
    """Yield what must hold of single questions whenever the expression is true."""
    bare = _bare(expression)
    if len(_split(bare, "or")) > 1:
        return
    if len(sides := _split(bare, "and")) > 1:
        for side in sides:
            yield from limits(side)
    elif (one := limit(bare)) is not None:
        yield one


def limit(comparison: str) -> Limit | None:
    """Read one comparison of a question with fixed answers; None when it is something else."""
    text = comparison.strip()
    if found := _EQUALS.match(text) or _HOLDS.match(text):
        return Limit(found[1], frozenset({found[2] if found[2] is not None else found[3]}))
    if found := _EQUALS_BACK.match(text):
        return Limit(found[3], frozenset({found[1] if found[1] is not None else found[2]}))
    if found := _AMONG.match(text):
        return Limit(found[3], frozenset((found[1] if found[1] is not None else found[2]).split()))
    if found := _UNEQUAL.match(text):
        return Limit(found[1], frozenset({found[2] if found[2] is not None else found[3]}), without=True)
    return None


MOST_BRACKETS = 200
"""More brackets are no condition of a form: such a text is left as it is, and proves nothing."""


def _bare(expression: str) -> str:
    """Take off white space and brackets that enclose the whole."""
    text = expression.strip()
    if text.count("(") > MOST_BRACKETS:
        return text
    while text.startswith("(") and text.endswith(")") and _closes_at_end(text):
        text = text[1:-1].strip()
    return text


def _closes_at_end(text: str) -> bool:
    depths = [depth for _, depth in _outside_quotes(text)]
    return bool(depths) and 0 not in depths[:-1]


def _outside_quotes(text: str) -> Iterator[tuple[int, int]]:
    """Yield place and depth of brackets after each character that stands in no quotes."""
    depth, quote = 0, ""
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
            continue
        if letter in "'\"":
            quote = letter
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(letter, 0)
        yield place, depth


def _split(text: str, word: str) -> list[str]:
    """Cut at a word that stands outside quotes and brackets."""
    found = list(re.finditer(rf"(?<![\w-]){word}(?![\w-])", text))
    if not found or text.count("(") > MOST_BRACKETS:
        return [text]
    free = {place for place, depth in _outside_quotes(text) if depth == 0}
    sides, start = [], 0
    for match in found:
        if match.start() in free:
            sides.append(text[start : match.start()])
            start = match.end()
    return [*sides, text[start:]]
