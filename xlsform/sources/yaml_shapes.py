"""What must stand where in a document of texts: a mapping, a list, a text, known keys only. Says so with the line."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from xlsform.errors import FormError
from xlsform.sources.plain_yaml import (
    A_LIST,
    A_MAPPING,
    A_TEXT,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    ShapeWrong,
)

__all__ = ["KeyUnknown", "mapping", "only", "scalar", "sequence", "texts_of", "texts_under"]


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
