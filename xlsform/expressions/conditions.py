"""Conditions taken apart just far enough to prove that a gate holds, or that two conditions exclude each other.

Pieces and comparisons are those of `xpath`: cut at ``and``, ``or`` and brackets, and comparisons of one question with fixed answers.
Whatever else stands in an expression proves nothing; it is never run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from xlsform.expressions.xpath import Binary, Call, Literal, Ref, parse, referred, tokens


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
    return frozenset(one.name for one in referred(expression) if not one.last)


def last_saved(expression: str) -> frozenset[str]:
    """Return the names in ``${last-saved#…}``."""
    return frozenset(one.name for one in referred(expression) if one.last)


def requires(expression: str, test: Callable[[str], bool]) -> bool:
    """Say whether the expression can be true only if some part passes the test.

    Of an ``or`` every side must, of an ``and`` one side is enough. What cannot be read to its end requires nothing.
    """
    return parse(expression).fault is None and _requires(expression, test)


def _requires(expression: str, test: Callable[[str], bool]) -> bool:
    bare = _bare(expression)
    if len(sides := _split(bare, "or")) > 1:
        return all(_requires(side, test) for side in sides)
    if len(sides := _split(bare, "and")) > 1:
        return any(_requires(side, test) for side in sides)
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
    """Yield what must hold of single questions whenever the expression is true; nothing of one that cannot be read to its end."""
    if parse(expression).fault is None:
        yield from (one for part in conjuncts(expression) if (one := limit(part)) is not None)


def limit(comparison: str) -> Limit | None:
    """Read one comparison of a question with fixed answers; None when it is something else."""
    match parse(comparison).node:
        case Binary("=", Ref(name, False), Literal(value, False)) | Binary(
            "=", Literal(value, False), Ref(name, False)
        ):
            return Limit(name, frozenset({value}))
        case Binary("!=", Ref(name, False), Literal(value, False)) | Binary(
            "!=", Literal(value, False), Ref(name, False)
        ):
            return Limit(name, frozenset({value}), without=True)
        case Call("selected", (Ref(name, False), Literal(value, False))):
            return Limit(name, frozenset({value}))
        case Call("selected", (Literal(value, False), Ref(name, False))):
            return Limit(name, frozenset(value.split()))
        case _:
            return None


MOST_BRACKETS = 200
"""More brackets are no condition of a form: such a text is left as it is, and proves nothing."""
_BRACKETS = {"(": 1, "[": 1, ")": -1, "]": -1}


def _bare(expression: str) -> str:
    """Take off white space and brackets that enclose the whole."""
    text = expression.strip()
    while text.startswith("(") and text.count("(") <= MOST_BRACKETS and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closing(text: str) -> int:
    """Return the place of the bracket that closes the first one, -1 when none does."""
    depth = 0
    for piece in tokens(text):
        depth += _BRACKETS.get(piece.text, 0)
        if not depth:
            return piece.start
    return -1


def _split(text: str, word: str) -> list[str]:
    """Cut at an operator that stands in no brackets."""
    if word not in text or text.count("(") > MOST_BRACKETS:
        return [text]
    sides, start, depth = list[str](), 0, 0
    for piece in tokens(text):
        depth += _BRACKETS.get(piece.text, 0)
        if piece.kind == "operator" and piece.text == word and not depth:
            sides.append(text[start : piece.start])
            start = piece.start + len(word)
    return [*sides, text[start:]]
