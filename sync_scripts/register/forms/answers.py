"""The answers tree: what one submission version answered, in one shape for every server and every engine.

Intake makes the tree; the register reads it. The same tree with its sealed answers taken out is the *open part*, kept
as canonical JSON in the raw store, so that building on arrival and building again later read the same thing.
Never holds ``meta``, an unanswered question, or a sealed value in the open part.
"""

from __future__ import annotations

from typing import Final

import msgspec

__all__ = ["REDACTED", "Leaf", "Node", "Sealed", "Tree", "read_open_part", "write_open_part"]

REDACTED: Final = "dikalo_redacted"
"""Name of the element that stands in a repetition or group out of which every answer was taken: its row stays."""

Leaf = str
"""An answer as it was given, trimmed and never empty."""


class Sealed(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The mark "a sealed answer was given here".

    Attributes:
        tag: the cut keyed tag of a phone or document number, for matching; None for every other answer.
    """

    tag: int | None = None


class Node(msgspec.Struct, frozen=True, array_like=True):
    """One element of the tree: a question with its answer, or a group or repetition with its children.

    Attributes:
        name: name of the question, group or repeat, without namespace.
        value: the answer, the mark of a sealed answer, or the children in the order of the form. The repetitions of
            a repeat are siblings with the same name.
    """

    name: str
    value: str | Sealed | tuple[Node, ...]


Tree = tuple[Node, ...]
"""The children of the root element."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Tree).decode


def write_open_part(tree: Tree) -> str:
    """Return the canonical JSON of an open tree: ``[[name, "text" | {"tag": n} | {} | [children]], …]``, no spaces.

    The same tree always gives the same bytes, so the text can be compared and hashed.
    """
    return _encode(tree).decode()


def read_open_part(text: str | bytes) -> Tree:
    """Return the tree of an open part.

    Raises:
        msgspec.MsgspecError: the text is not an open part.
    """
    return _decode(text)
