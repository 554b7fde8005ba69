"""Codes of cases and alerts: drawn at random, checked by their last symbol, read as people write them.

``DK-XXXXXX-C`` is a case, ``AL-XXXXXX-C`` an alert: six symbols of Crockford's base 32 and one check symbol. A code
says nothing: no date, no place, no sequence. Drawing is handed in from outside, so that tests and the demonstration
can deal known codes; a code once drawn is an event, and a rebuild gives it back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal

__all__ = ["ALPHABET", "DrawCode", "Kind", "check_symbol", "code", "draw", "misread", "read"]

Kind = Literal["DK", "AL"]
"""``DK`` for a case, ``AL`` for an alert."""

DrawCode = Callable[[Kind, str], str]
"""Gives a new code of a kind for the submission with a root id; must not give one code twice."""

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS: Final = ALPHABET + "*~$=U"
_BODY: Final = 6
_VALUES: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


def check_symbol(body: str) -> str:
    """Return the check symbol of six symbols: their base-32 value modulo 37.

    One of ``* ~ $ = U`` means that the body makes no code.
    """
    value = 0
    for symbol in body:
        value = value * 32 + _VALUES[symbol]
    return _CHECKS[value % 37]


def code(kind: Kind, body: str) -> str:
    """Return the code of a body, for example ``DK-7Q2M4X-B``.

    Raises:
        ValueError: the body's check symbol is no letter or digit, or the body is not six symbols.
    """
    check = check_symbol(body)
    if len(body) != _BODY or check not in _VALUES:
        message = "this body makes no code"
        raise ValueError(message)
    return f"{kind}-{body}-{check}"


def draw(kind: Kind, _root_id: str = "") -> str:
    """Draw a code from the system's randomness; a body without a usable check symbol is drawn again.

    The code has nothing to do with the submission that it is for.
    """
    while True:
        number = secrets.randbits(5 * _BODY)
        body = "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (_BODY - 1), -1, -5))
        if check_symbol(body) in _VALUES:
            return code(kind, body)


def misread(text: str, kind: Kind) -> bool:
    """Tell whether something typed is a code of a kind but for its check symbol: one sign misread, or two swapped."""
    if read(text, kind) is not None:
        return False
    bare = "".join(text.split()).replace("-", "").upper()
    if len(bare) == _BODY + 3 and bare[:2].translate(_ALIKE) == kind.translate(_ALIKE):
        bare = bare[2:]
    return len(bare) == _BODY + 1 and all(symbol in _VALUES for symbol in bare.translate(_ALIKE))


@lru_cache(maxsize=1024)
def read(text: str, kind: Kind) -> str | None:
    """Return the code that a person meant, None when it is none.

    Case does not count, ``O`` is 0, ``I`` and ``L`` are 1, blanks and hyphens are free; the prefix may be left out.
    """
    bare = "".join(text.split()).replace("-", "").upper()
    if len(bare) == _BODY + 3:
        if bare[:2].translate(_ALIKE) != kind.translate(_ALIKE):
            return None
        bare = bare[2:]
    bare = bare.translate(_ALIKE)
    if len(bare) != _BODY + 1 or not all(symbol in _VALUES for symbol in bare):
        return None
    return f"{kind}-{bare[:_BODY]}-{bare[_BODY]}" if check_symbol(bare[:_BODY]) == bare[_BODY] else None
