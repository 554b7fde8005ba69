"""How deep JSON is nested, found out before anything decodes it. Builds nothing, so it cannot run out of stack.

A decoder calls itself at every level. Python 3.13 lets it go so deep that a small stack (a thread, Windows) overflows
and the whole process ends without an error: no ``except`` is early enough.
"""

from __future__ import annotations

import re
from typing import Final

DEEPEST: Final = 200
"""Levels; neither server answers with more than a dozen."""

_TEXT: Final = re.compile(rb'"[^"]*"?')
_OTHERS: Final = bytes(sign for sign in range(256) if sign not in b'[]{}"')


def too_deep(data: bytes, deepest: int = DEEPEST) -> bool:
    """Tell whether JSON opens more levels than anything honest; brackets inside texts do not count.

    >>> too_deep(b"[" * 300 + b"]" * 300), too_deep(b'["[[[["]', 2)
    (True, False)
    """
    if data.count(b"[") + data.count(b"{") <= deepest:
        return False
    left = brackets = _brackets(data)
    for _pair in range(deepest // 2):  # each time the innermost level or two go, until nothing is left
        fewer = left.replace(b"{}", b"").replace(b"[]", b"")
        if not fewer:
            return False
        if len(fewer) == len(left):
            break
        left = fewer
    depth = 0
    for sign in brackets:
        depth += 1 if sign in b"[{" else -1
        if depth > deepest:
            return True
    return False


def _brackets(data: bytes) -> bytes:
    """Return the brackets outside of texts: every row of a list comes by here, so nothing is done text by text."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    left = data.translate(None, _OTHERS).replace(b'""', b"")
    return _TEXT.sub(b"", left) if b'"' in left else left
