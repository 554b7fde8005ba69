"""Texts that somebody else wrote, as they may be shown: what nobody sees, or what moves others, stands there as an escape.

On a terminal, in a page and in a workbook alike: a control sign could write elsewhere on the screen, a sign of direction lets a
name read backwards, and a sign of no width makes two codes look the same.
"""

from __future__ import annotations

import json
import re
from typing import Final

_UNSEEN: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control signs; the end of a line and the tabulation are what they are
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # format and direction
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters and marks without ink
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff"  # halves of a letter, and what each font draws as it likes
    "]"
)


def visible(text: str) -> str:
    r"""Return a text with every unseen sign as ``\u202e``, the way JSON writes it: of a JSON document nothing is lost."""
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)
