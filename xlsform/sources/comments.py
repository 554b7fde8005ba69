"""The comments of a form source: which row they belong to, and which would be lost when the source is written anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlsform import columns
from xlsform.sources.plain_yaml import MappingNode, Node, ScalarNode, SequenceNode, parse

__all__ = ["Comments", "comments_of"]


@dataclass(frozen=True, slots=True)
class Comments:
    """The head comment, the comments directly above something that has a key, and all the others.

    Keys: ``settings`` and the other top ones, ``settings/version``, ``lists/sex``, ``survey/story/photo``,
    ``survey/end:story``, ``survey/use:place``, ``choices/sex``, ``choices/sex/male``.
    """

    head: tuple[str, ...] = ()
    above: Mapping[str, tuple[str, ...]] | None = None
    loose: tuple[tuple[int, str], ...] = ()
    """Line and text of comments that belong to no key: after a text, or with an empty line below."""

    def lost(self, kept: set[str]) -> tuple[tuple[int | None, str], ...]:
        """Return what would be lost if only these keys were written."""
        gone = [
            (None, line) for key, lines in (self.above or {}).items() if key not in kept for line in lines
        ]
        return (*self.loose, *gone)


def comments_of(text: str, file: str) -> Comments:
    """Find the comments of a source.

    Raises:
        FormError: the text is not a source.
    """
    lines = text.split("\n")
    keys = {line: key for key, line in _keys(parse(text, file))}
    head_end = next((number for number, line in enumerate(lines, 1) if _is_content(line)), len(lines) + 1)
    above: dict[str, tuple[str, ...]] = {}
    head = _head(lines, head_end, keys)
    used = set(range(1, len(head) + 1))
    for number, key in keys.items():
        start = number
        while start - 1 > len(head) and lines[start - 2].lstrip().startswith("#"):
            start -= 1
        if start < number:
            above[key] = tuple(line.strip() for line in lines[start - 1 : number - 1])
            used.update(range(start, number))
    return Comments(tuple(head), above, tuple(_loose(lines, used)))


def _head(lines: list[str], end: int, keys: Mapping[int, str]) -> list[str]:
    """Return the first comment; without an empty line below it belongs to the file all the same."""
    block = lines[: end - 1]
    while block and not block[-1].strip():
        block.pop()
    return block if all(not line.strip() or line.startswith("#") for line in block) and keys else []


def _is_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


_AFTER_TEXT = re.compile(r"""^(?:[^'"#]|'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|(?<!\s)#|(?<=\w)')*(\s#.*)$""")


def _loose(lines: list[str], used: set[int]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        if number in used:
            continue
        if line.lstrip().startswith("#"):
            yield number, line.strip()
        elif match := _AFTER_TEXT.match(line):
            yield number, match[1].strip()


# --- keys ---------------------------------------------------------------------------------------------------------


def _keys(top: Node) -> Iterator[tuple[str, int]]:
    """Yield each key with the line it stands on."""
    if not isinstance(top, MappingNode):
        return
    for key, node in top.entries.items():
        yield key, top.keys[key].line
        if key == "survey" and isinstance(node, SequenceNode):
            yield from _survey_keys(node)
        elif key == "choices" and isinstance(node, MappingNode):
            yield from _choice_keys(node)
        elif isinstance(node, MappingNode):
            yield from ((f"{key}/{name}", mark.line) for name, mark in node.keys.items())
        elif isinstance(node, SequenceNode):
            yield from ((f"{key}/{_name(item)}", item.mark.line) for item in node.items)


def _survey_keys(node: SequenceNode) -> Iterator[tuple[str, int]]:
    stack: list[str] = []
    for item in node.items:
        kind, name, used = _text(item, "type"), _text(item, "name"), _text(item, "use")
        path = "/".join([*stack, name])
        if used:
            yield f"survey/use:{used}", item.mark.line
        elif kind in columns.ENDS:
            yield f"survey/end:{'/'.join(stack)}", item.mark.line
            stack = stack[:-1]
        else:
            yield f"survey/{path}", item.mark.line
            if kind in columns.BEGIN:
                stack.append(name)


def _choice_keys(node: MappingNode) -> Iterator[tuple[str, int]]:
    for name, choices in node.entries.items():
        yield f"choices/{name}", node.keys[name].line
        if isinstance(choices, SequenceNode):
            yield from ((f"choices/{name}/{_text(item, 'name')}", item.mark.line) for item in choices.items)


def _text(item: Node, key: str) -> str:
    node = item.entries.get(key) if isinstance(item, MappingNode) else None
    return node.value if isinstance(node, ScalarNode) else ""


def _name(item: Node) -> str:
    if isinstance(item, ScalarNode):
        return item.value
    return next(iter(item.entries), "") if isinstance(item, MappingNode) else ""
