"""The code that a phone scans: ODK Collect's settings for this classroom, and its drawing. Holds no secret. Pure.

The text is JSON -> zlib -> base64, which is what Collect reads. Everything not listed goes to Collect's default.
"""

from __future__ import annotations

import base64
import json
import zlib
from io import BytesIO, StringIO
from typing import Any, Final

import segno

__all__ = ["PROJECT", "code", "decode", "draw_svg", "draw_terminal", "settings"]

PROJECT: Final = "FORMATION"
_MAX_TEXT: Final = 100_000


def settings(address: str) -> dict[str, Any]:
    """Return Collect's settings: where the classroom is, and that the phone follows its list of forms."""
    return {
        "admin": {},
        "general": {"form_update_mode": "match_exactly", "server_url": address},
        "project": {"color": "#F2C14E", "icon": "F", "name": PROJECT},
    }


def code(chosen: dict[str, Any]) -> str:
    """Return the text of the code; the same settings give the same text."""
    text = json.dumps(chosen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def decode(text: str) -> dict[str, Any]:
    """Return the settings in a code, as Collect would read them.

    Raises:
        ValueError: it is no such code, or it unpacks to more than 100 kB.
    """
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(base64.b64decode(text, validate=True), _MAX_TEXT)
    except zlib.error:
        raise ValueError from None
    if not unpacker.eof:  # cut, or more than we take
        raise ValueError
    chosen = json.loads(unpacked)
    if not isinstance(chosen, dict):
        raise ValueError  # noqa: TRY004 - for the caller it is a wrong value, whatever its type
    return chosen


def draw_svg(address: str) -> str:
    """Return the code as a drawing to put into a page; four modules of quiet ground around it."""
    out = BytesIO()
    _qr(address).save(
        out, kind="svg", border=4, dark="#0b3c5d", light="#ffffff", xmldecl=False, svgns=True, nl=False,
        omitsize=True, svgclass=None, lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode()


def draw_terminal(address: str) -> str:
    """Return the code in half blocks for a terminal."""
    out = StringIO()
    _qr(address).terminal(out, compact=True, border=2)
    return out.getvalue()


def _qr(address: str) -> segno.QRCode:
    return segno.make_qr(code(settings(address)), error="l", boost_error=False)
