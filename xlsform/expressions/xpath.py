"""Reading the expressions of a form: XPath 1.0 as phones know it, with ``${name}``. Nothing is ever run.

`parse` takes an expression apart into a tree of values, calls and comparisons, and says where it stopped to
understand; `tokens` gives the pieces, also of what is no expression at all, so that a rule can name the French word
or the spreadsheet sign in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

_NAME = r"[^\W\d](?:[\w.\-]|[^\W\d])*"
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    |(?P<ref>\$\{{\s*(?:last-saved\#)?\s*[^{{}}\s]+\s*\}})
    |(?P<string>'[^']*'|"[^"]*")
    |(?P<number>\d+(?:\.\d*)?|\.\d+)
    |(?P<name>{_NAME}(?::{_NAME})?)
    |(?P<sign>::|//|\.\.|!=|<=|>=|==|<>|&&|\|\||[()\[\],/.@=<>+\-*|])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_WORD_OPERATORS = frozenset(("and", "or", "div", "mod"))
_BEFORE_OPERAND = frozenset(
    ("(", "[", ",", "/", "//", "@", "::", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "|")
)
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of an expression and where it begins; ``kind`` is ref, string, number, name, operator, sign, other."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A text in quotes or a number."""

    value: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Ref:
    """``${name}``; ``last`` for the one of the last saved submission."""

    name: str
    last: bool = False


@dataclass(frozen=True, slots=True)
class Self:
    """``.``: the answer itself."""


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: a column in a filter, anywhere else an answer that was never put into quotes."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the form: ``../a``, ``instance('x')/root/item``; ``head`` is what it starts from."""

    head: Node | None
    steps: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """Something and its conditions in square brackets."""

    of: Node
    conditions: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two sides and what stands between them."""

    operator: str
    left: Node
    right: Node


Node = Literal | Ref | Self | Word | Call | Path | Filtered | Binary


@dataclass(frozen=True, slots=True)
class Fault:
    """Where an expression stops to be one: the piece that does not fit, "" at its end."""

    at: str
    start: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression: its tree, or where reading it stopped."""

    node: Node | None
    fault: Fault | None


@lru_cache(maxsize=4096)
def tokens(expression: str) -> tuple[Token, ...]:
    """Return the pieces of an expression; ``and`` and ``*`` are operators only where one can stand."""
    found: list[Token] = []
    for match in _TOKEN.finditer(expression):
        kind, text = str(match.lastgroup), match[0]
        if kind == "space":
            continue
        can_operate = bool(found) and not _wants_operand(found[-1])
        if can_operate and (text in _WORD_OPERATORS or (kind == "sign" and text == "*")):
            kind = "operator"
        found.append(Token(kind, text, match.start()))
    return tuple(found)


def _wants_operand(before: Token) -> bool:
    return before.kind == "operator" or (before.kind == "sign" and before.text in _BEFORE_OPERAND)


@lru_cache(maxsize=4096)
def parse(expression: str) -> Parsed:
    """Return the tree of an expression, or where it cannot be understood. The empty text is no expression."""
    reader = _Reader(tokens(expression), len(expression))
    try:
        node = reader.level(0)
    except _StoppedError as stopped:
        return Parsed(None, stopped.fault)
    rest = reader.here
    return Parsed(node, None) if rest is None else Parsed(None, Fault(rest.text, rest.start))


def walk(node: Node | None) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Yield every part of a tree with what encloses it, outermost first; no tree is too deep."""
    left: list[tuple[Node, tuple[Node, ...]]] = [(node, ())] if node is not None else []
    while left:
        one, above = left.pop()
        yield one, above
        inside = (*above, one)
        left += [(child, inside) for child in reversed(_children(one))]


def addends(node: Node) -> Iterator[Node]:
    """Yield what is added up."""
    if isinstance(node, Binary) and node.operator == "+":
        yield from addends(node.left)
        yield from addends(node.right)
    else:
        yield node


def written(node: Node) -> str:
    """Return a part of an expression as people write it, for a message."""
    text = ".."
    match node:
        case Literal():
            quote = '"' if "'" in node.value else "'"
            text = node.value if node.number else f"{quote}{node.value}{quote}"
        case Ref():
            text = f"${{{'last-saved#' if node.last else ''}{node.name}}}"
        case Self():
            text = "."
        case Word():
            text = node.name
        case Call():
            text = f"{node.name}({', '.join(written(one) for one in node.arguments)})"
        case Binary():
            text = f"{_side(node.left, node.operator)} {node.operator} {_side(node.right, node.operator, right=True)}"
        case Filtered():
            text = written(node.of) + "".join(f"[{written(one)}]" for one in node.conditions)
        case Path() if node.steps:
            text = "/".join(map(written, (*([node.head] if node.head else []), *node.steps)))
        case _:
            pass
    return text


def _side(node: Node, operator: str, *, right: bool = False) -> str:
    """Return one side of an operator, in brackets where it binds less, or on the right no more."""
    loose = isinstance(node, Binary) and _TIGHT.get(node.operator, 9) < _TIGHT.get(operator, 9) + right
    return f"({written(node)})" if loose else written(node)


_TIGHT = {sign: number for number, level in enumerate(_LEVELS) for sign in level}
"""How tight an operator binds."""


def _children(node: Node) -> tuple[Node, ...]:
    match node:
        case Call():
            return node.arguments
        case Binary():
            return (node.left, node.right)
        case Filtered():
            return (node.of, *node.conditions)
        case Path():
            return node.steps if node.head is None else (node.head, *node.steps)
        case _:
            return ()


def _reference(text: str) -> Node:
    name = text[2:-1].strip()
    return Ref(name.removeprefix("last-saved#").strip(), name.startswith("last-saved#"))


_STARTS: Mapping[str, Callable[[str], Node]] = MappingProxyType(
    {
        "ref": _reference,
        "string": lambda text: Literal(text[1:-1]),
        "number": lambda text: Literal(text, number=True),
        "name": Word,
    }
)
_SIGNS_THAT_START = frozenset(("sign", text) for text in ("(", "@", ".", "..", "*"))


class _StoppedError(Exception):
    """The expression cannot be understood from here on."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


_DEEPEST = 40
"""Brackets inside brackets: more is no condition of a form, and would end in the interpreter's own limit."""


class _Reader:
    """Goes through the pieces once, from left to right."""

    def __init__(self, pieces: tuple[Token, ...], end: int) -> None:
        self._pieces, self._end, self._place, self._depth = pieces, end, 0, 0

    @property
    def here(self) -> Token | None:
        return self._pieces[self._place] if self._place < len(self._pieces) else None

    def level(self, number: int) -> Node:
        """Read an operand of this level of operators, or of a tighter one."""
        if number == len(_LEVELS):
            return self._signed()
        left = self.level(number + 1)
        while (operator := self._take(_LEVELS[number])) is not None:
            left = Binary(operator, left, self.level(number + 1))
        return left

    def _signed(self) -> Node:
        minus = False
        while self._take(("-",)) is not None:
            minus = not minus
        left = self._path()
        while self._take(("|",)) is not None:
            left = Binary("|", left, self._path())
        if minus and isinstance(left, Literal) and left.number:
            return Literal(f"-{left.value}", number=True)
        return Binary("-", Literal("0", number=True), left) if minus else left

    def _path(self) -> Node:
        head = self._step() if not self._is_sign("/", "//") else None
        steps: list[Node] = []
        while (slash := self._take(("/", "//"))) is not None:
            if slash == "/" and head is None and not steps and self._at_end_of_operand():
                break  # "/" alone is the root
            steps.append(self._step())
        if head is not None and not steps:
            return head
        return Path(head, tuple(steps))

    def _at_end_of_operand(self) -> bool:
        return self.here is None or self.here.kind == "operator" or self._is_sign(")", "]", ",", "=", "!=")

    def _step(self) -> Node:
        node = self._plain_step()
        conditions: list[Node] = []
        while self._take(("[",)) is not None:
            conditions.append(self._inside("]"))
        return Filtered(node, tuple(conditions)) if conditions else node

    def _plain_step(self) -> Node:
        piece = self.here
        if piece is None or ((piece.kind, piece.text) not in _SIGNS_THAT_START and piece.kind not in _STARTS):
            raise self._stopped()
        self._place += 1
        if piece.kind in _STARTS:
            return self._named(piece.text) if piece.kind == "name" else _STARTS[piece.kind](piece.text)
        if piece.text == "(":
            return self._inside(")")
        if piece.text == "@":
            return self._plain_step()
        return Self() if piece.text == "." else Path(None, ())

    def _named(self, name: str) -> Node:
        if self._take(("::",)) is not None:
            return self._plain_step()
        if not self._is_sign("("):
            return Word(name)
        self._place += 1
        if self._take((")",)) is not None:
            return Call(name, ())
        arguments = [self._deeper()]
        while self._take((",",)) is not None:
            arguments.append(self._deeper())
        self._close(")")
        return Call(name, tuple(arguments))

    def _inside(self, closing: str) -> Node:
        node = self._deeper()
        self._close(closing)
        return node

    def _deeper(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._stopped()
        node = self.level(0)
        self._depth -= 1
        return node

    def _close(self, closing: str) -> None:
        if self._take((closing,)) is None:
            raise self._stopped()

    def _is_sign(self, *texts: str) -> bool:
        return self.here is not None and self.here.kind in {"sign", "operator"} and self.here.text in texts

    def _take(self, texts: tuple[str, ...]) -> str | None:
        if not self._is_sign(*texts):
            return None
        piece = self._pieces[self._place]
        self._place += 1
        return piece.text

    def _stopped(self) -> _StoppedError:
        piece = self.here
        return _StoppedError(Fault("", self._end) if piece is None else Fault(piece.text, piece.start))


_REFERENCE = re.compile(r"\$\{\s*(?:last-saved#)?\s*[^}\s]+\s*\}")


def referred(text: str) -> list[Ref]:
    """Return the references in an expression, or in a text for people, inside of quotes too."""
    return [one for found in _REFERENCE.findall(text) if isinstance(one := _reference(found), Ref)]


def sides_of(node: Node, operator: str) -> list[Node]:
    """Return the sides of an operator, those of its sides too, from left to right; the whole where it is another."""
    left, found = [node], list[Node]()
    while left:
        one = left.pop()
        if isinstance(one, Binary) and one.operator == operator:
            left += [one.right, one.left]
        else:
            found.append(one)
    return found
