"""The code that a phone scans to join this classroom: ODK Collect's settings for it. Holds no secret. Pure.

Everything not listed goes to Collect's default; how a code is made and drawn is `phones.code`'s business.
"""

from __future__ import annotations

from typing import Any, Final

from sync_scripts.phones.code import decode, draw_png, encode
from sync_scripts.phones.code import draw_svg as drawn
from sync_scripts.phones.code import draw_terminal as printed

__all__ = ["PROJECT", "code", "decode", "draw_png", "draw_svg", "draw_terminal", "settings"]

PROJECT: Final = "FORMATION"


def settings(address: str) -> dict[str, Any]:
    """Return Collect's settings: where the classroom is, and that the phone follows its list of forms."""
    return {
        "admin": {},
        "general": {"form_update_mode": "match_exactly", "server_url": address},
        "project": {"color": "#F2C14E", "icon": "F", "name": PROJECT},
    }


def code(chosen: dict[str, Any]) -> str:
    """Return the text of the code; the same settings give the same text."""
    return encode(chosen)


def draw_svg(address: str) -> str:
    """Return the code as a drawing to put into a page."""
    return drawn(encode(settings(address)))


def draw_terminal(address: str) -> str:
    """Return the code in half blocks for a terminal."""
    return printed(encode(settings(address)))
