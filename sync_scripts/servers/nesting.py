"""How deep JSON is nested, found out before anything decodes it. Builds nothing, so it cannot run out of stack.

A decoder calls itself at every level. Python 3.13 lets it go so deep that a small stack (a thread, Windows) overflows
and the whole process ends without an error: no ``except`` is early enough.
"""

from __future__ import annotations

import re
from typing import Final

DEEPEST: Final = 200
"""Levels; neither server answers with more than a dozen."""

_TEXT: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKET: Final = re.compile(rb"[\[{\]}]")


def too_deep(data: bytes, deepest: int = DEEPEST) -> bool:
    """Tell whether JSON opens more levels than anything honest; brackets inside texts do not count.

    >>> too_deep(b"[" * 300 + b"]" * 300), too_deep(b'["[[[["]', 2)
    (True, False)
    """
    if data.count(b"[") + data.count(b"{") <= deepest:
        return False
    depth = 0
    for found in _BRACKET.finditer(_TEXT.sub(b"", data)):
        depth += 1 if found.group() in b"[{" else -1
        if depth > deepest:
            return True
    return False
