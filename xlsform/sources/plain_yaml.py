"""YAML in which every scalar is text: ``no``, ``012`` and ``2026112501`` stay what was written. Read, looked through, written as text.

Keys given twice, anchors, aliases, merge keys and tags are refused, each with its line, so that what a reviewer sees is what the form
holds. No Python object is ever made from a document. Opens no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from gettext import gettext
from typing import Any, Final

import yaml

from xlsform.errors import N_, FormError

LARGEST = 2_000_000
"""Bytes of the largest source that is read; the longest form has about 200,000."""
DEEPEST = 12


SourceUnreadable: Final = FormError.declare(
    "DK-F07",
    "The form source {file} cannot be read: {why}. Save it as UTF-8 text and try again.",
    shown={"why": gettext},
)
YamlWrong: Final = FormError.declare(
    "DK-F08",
    "{where}: the form source is not valid YAML here ({what}). Look at the indentation and the quotes of this line "
    "and the one above it.",
)
KeyTwice: Final = FormError.declare(
    "DK-F09",
    "{where}: {key} is given twice here. Only one of the two would count: delete the other.",
)
YamlForbidden: Final = FormError.declare(
    "DK-F10",
    "{where}: anchors (&), aliases (*), merge keys (<<) and tags (!) are not allowed in a form source. Write the "
    "text out; if it begins with one of these signs, put it between quotes.",
)
ShapeWrong: Final = FormError.declare(
    "DK-F11", "{where}: {key} must be {expected}.", shown={"expected": gettext}
)
ControlCharacter: Final = FormError.declare(
    "DK-F13",
    "{where}: this text holds an invisible control character. Type the text again.",
)


A_TEXT, A_LIST, A_MAPPING = N_("a text"), N_("a list"), N_("a mapping of keys to values")


@dataclass(frozen=True, slots=True)
class Mark:
    """File and line (1-based)."""

    file: str
    line: int

    def __str__(self) -> str:
        """Return ``file:line``."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A text, without blanks around it."""

    value: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list."""

    items: tuple[Node, ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and values in the order written."""

    entries: Mapping[str, Node]
    mark: Mark
    keys: Mapping[str, Mark]


Node = ScalarNode | SequenceNode | MappingNode


def decode(raw: bytes, file: str) -> str:
    """Return the text of a source, line ends as LF, without a byte-order mark.

    Raises:
        SourceUnreadable: it is too large or not UTF-8.
    """
    if len(raw) > LARGEST:
        raise SourceUnreadable(file=file, why=N_("it is far too large for a form"))
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise SourceUnreadable(file=file, why=N_("it is not UTF-8 text")) from error


def parse(text: str, file: str) -> Node:
    """Return the one document of a text.

    Raises:
        YamlWrong, YamlForbidden, KeyTwice, ControlCharacter: what the text must not hold, with its line.
    """
    try:
        reader = _Reader(file, yaml.parse(text, Loader=_LOADER))
        return reader.document()
    except yaml.MarkedYAMLError as error:
        unclosed = "flow" in (
            error.context or ""
        )  # a bracket: where it opens says more than where it is missed
        mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise YamlWrong(where=f"{file}:{line}", what=error.problem or error.context or "") from error
    except yaml.reader.ReaderError as error:  # no line in it: only an offset
        line = text.count("\n", 0, error.position) + 1
        raise ControlCharacter(where=f"{file}:{line}") from error


_LOADER: Any = getattr(
    yaml, "CBaseLoader", yaml.BaseLoader
)  # the C parser is six times faster where it was built


class _Reader:
    """Turns the parser's events into nodes; knows no anchors and no tags."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self._file = file
        self._events = events

    def document(self) -> Node:
        start = yaml.StreamStartEvent | yaml.DocumentStartEvent
        event = next(event for event in self._events if not isinstance(event, start))
        if isinstance(event, yaml.StreamEndEvent):
            return MappingNode({}, Mark(self._file, 1), {})
        node = self._node(event, 0)
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise YamlWrong(where=str(self._mark(event)), what="a second document begins")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        mark = self._mark(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
            raise YamlForbidden(where=str(mark))
        if depth > DEEPEST:
            raise YamlWrong(where=str(mark), what="nested too deeply")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, mark)
        if isinstance(event, yaml.SequenceStartEvent):
            return SequenceNode(tuple(self._items(yaml.SequenceEndEvent, depth)), mark)
        return self._mapping(mark, depth)

    def _scalar(self, event: Any, mark: Mark) -> ScalarNode:
        value = str(event.value).replace("\r\n", "\n").replace("\r", "\n").strip()
        if any((letter < " " and letter not in "\n\t") or letter in "\x7f\ufffe\uffff" for letter in value):
            raise ControlCharacter(where=str(mark))
        return ScalarNode(value, mark)

    def _items(self, end: type[Any], depth: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield self._node(event, depth + 1)

    def _mapping(self, mark: Mark, depth: int) -> MappingNode:
        entries: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        nodes = self._items(yaml.MappingEndEvent, depth)
        for key in nodes:
            if not isinstance(key, ScalarNode):
                raise ShapeWrong(where=str(key.mark), key="key", expected=A_TEXT)
            if key.value == "<<":
                raise YamlForbidden(where=str(key.mark))
            if key.value in entries:
                raise KeyTwice(where=str(key.mark), key=key.value)
            entries[key.value], keys[key.value] = next(nodes), key.mark
        return MappingNode(entries, mark, keys)

    def _mark(self, event: Any) -> Mark:
        return Mark(self._file, event.start_mark.line + 1)


KeyUnknown: Final = FormError.declare(
    "DK-F14",
    "{where}: the key {key} is not known here. Nearest: {near}.",
)


def texts_of(top: MappingNode, key: str) -> dict[str, str]:
    """Return the texts under a key, {} when it is not there."""
    node = mapping(top.entries.get(key, MappingNode({}, top.mark, {})), key)
    return {name: scalar(value, name).value for name, value in node.entries.items()}


def only(node: MappingNode, known: Sequence[str]) -> None:
    """Refuse keys that are not among the known ones.

    Raises:
        KeyUnknown: with the nearest of them.
    """
    for key, mark in node.keys.items():
        if key not in known:
            near = get_close_matches(key, known, n=1) or list(known)
            raise KeyUnknown(where=str(mark), key=key, near=near[0])


def mapping(node: Node, key: str) -> MappingNode:
    """Return a mapping; an empty text counts as an empty one."""
    if isinstance(node, ScalarNode) and not node.value:
        return MappingNode({}, node.mark, {})
    if not isinstance(node, MappingNode):
        raise ShapeWrong(where=str(node.mark), key=key, expected=A_MAPPING)
    return node


def sequence(node: Node, key: str) -> SequenceNode:
    """Return a list; an empty text counts as an empty one."""
    if isinstance(node, ScalarNode) and not node.value:
        return SequenceNode((), node.mark)
    if not isinstance(node, SequenceNode):
        raise ShapeWrong(where=str(node.mark), key=key, expected=A_LIST)
    return node


def scalar(node: Node, key: str) -> ScalarNode:
    """Return a text."""
    if not isinstance(node, ScalarNode):
        raise ShapeWrong(where=str(node.mark), key=key, expected=A_TEXT)
    return node


def texts_under(node: Node, *keys: str) -> tuple[str, ...]:
    """Return the list of texts under nested keys; () when a key is not there.

    Raises:
        ShapeWrong: something else stands there.
    """
    for key in keys:
        entries = mapping(node, key).entries
        if key not in entries:
            return ()
        node = entries[key]
    return tuple(scalar(item, keys[-1]).value for item in sequence(node, keys[-1]).items)


WIDTH = 110
"""A mapping stays on one line up to this many characters."""

_FIRST = "-?:,[]{}#&*!|>'\"%@`~=<"
_FLOW = set(",?:[]{}#")
_ESCAPED = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\t\u2028\u2029\ufeff]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def scalar_text(text: str, *, in_flow: bool = False) -> str:
    r"""Return a text on one line.

    >>> scalar_text("Oui"), scalar_text("no"), scalar_text("a: b"), scalar_text("l'eau: # 1"), scalar_text("a\nb")
    ('Oui', 'no', "'a: b'", '"l\'eau: # 1"', '"a\\nb"')
    """
    if _ESCAPED.search(text) or "\n" in text:
        return '"' + "".join(_escape(letter) for letter in text) + '"'
    if _is_plain(text, in_flow=in_flow):
        return text
    if "'" in text and not {'"', "\\"} & set(text):
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _is_plain(text: str, *, in_flow: bool) -> bool:
    if not text or text != text.strip() or (text[0] in _FIRST and not _is_harmless_start(text)):
        return False
    return not (": " in text or " #" in text or text.endswith(":") or (in_flow and _FLOW & set(text)))


def _is_harmless_start(text: str) -> bool:
    """Tell that a sign which may begin something else does not: a number below zero."""
    return text[0] == "-" and text[1:2].isdigit()


def _escape(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if not _ESCAPED.match(letter):
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def flow(entries: Mapping[str, str]) -> str:
    """Return a mapping of texts on one line.

    >>> flow({"fr": "Oui, peut-être", "en": "Yes"})
    "{fr: 'Oui, peut-être', en: Yes}"
    """
    pairs = (
        f"{scalar_text(key, in_flow=True)}: {scalar_text(text, in_flow=True)}"
        for key, text in entries.items()
    )
    return "{" + ", ".join(pairs) + "}"


def entry(key: str, value: str | Mapping[str, str], indent: str) -> Iterator[str]:
    """Yield the lines of one entry: a text, or a mapping of texts, on one line if it fits and reads well."""
    name = f"{indent}{scalar_text(key, in_flow=True)}:"
    if isinstance(value, str):
        yield from _text(name, value, indent)
        return
    line = f"{name} {flow(value)}"
    if len(line) <= WIDTH and all(scalar_text(text, in_flow=True) == text for text in value.values()):
        yield line
        return
    yield name
    for inner, text in value.items():
        yield from entry(inner, text, f"{indent}  ")


def _text(name: str, text: str, indent: str) -> Iterator[str]:
    if "\n" not in text or _ESCAPED.search(text) or any(line != line.rstrip() for line in text.split("\n")):
        yield f"{name} {scalar_text(text)}"
        return
    yield f"{name} |-"
    for line in text.split("\n"):
        yield f"{indent}  {line}" if line else ""
