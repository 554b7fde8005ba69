"""The code that a phone scans: its text, from settings and back, its drawing, and the printable card that hands it over.

The text is JSON -> zlib -> base64, which is what ODK Collect reads. Pure. A card holds the secrets of its code, and never the
administration password in words, because it stays with the person who holds the phone.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any, Final, Literal

import segno
from segno.encoder import DataOverflowError

from sync_scripts.errors import DikaloError, UsageProblem
from sync_scripts.servers.nesting import too_deep
from xlsform import pages

CodeUnreadable: Final = DikaloError.declare(
    "DK-L71",
    "This is not the text of a code for ODK Collect: it is cut, altered, too large or something else. Scan the code "
    "again with any scanner, save the whole text in a file, and name that file.",
)


CodeTooLong: Final = DikaloError.declare(
    "DK-L75",
    "These settings make a text of {length} characters, more than a code can hold. No code was made. Shorten the "
    "name of the project or the address.",
)


FormatUnknown: Final = UsageProblem.declare(
    "DK-L77",
    "A file of this kind cannot be written. Let its name end in {allowed}.",
)


_MOST: Final = 100_000
"""Bytes of JSON that a code may unpack to; Collect's whole table is a twentieth of it."""

_DARK: Final = "#0b3c5d"


def encode(settings: Mapping[str, Any]) -> str:
    """Return the text of the code."""
    text = json.dumps(settings, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def decode(text: str) -> dict[str, Any]:
    """Return the settings in the text of a code, as Collect would read them.

    Raises:
        CodeUnreadable: it is no such text, or it unpacks to more than 100 kB.
    """
    try:
        unpacker = zlib.decompressobj()
        unpacked = unpacker.decompress(base64.b64decode("".join(text.split()), validate=True), _MOST)
        if not unpacker.eof or too_deep(unpacked):  # cut, more than we take, or made to exhaust us
            raise CodeUnreadable
        chosen = json.loads(unpacked)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        raise CodeUnreadable from None
    if not isinstance(chosen, dict):
        raise CodeUnreadable
    return chosen


def draw_svg(text: str) -> str:
    """Return the code as a drawing to put into a page; four modules of quiet ground around it."""
    out = BytesIO()
    _drawn(text).save(
        out, kind="svg", border=4, dark=_DARK, light="#ffffff", xmldecl=False, svgns=True, nl=False,
        omitsize=True, svgclass=None, lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode()


def draw_png(text: str, scale: int = 10) -> bytes:
    """Return the code as a picture, black on white; ``scale`` pixels a module."""
    out = BytesIO()
    _drawn(text).save(out, kind="png", border=4, scale=scale)
    return out.getvalue()


def draw_terminal(text: str) -> str:
    """Return the code in half blocks for a terminal."""
    out = StringIO()
    _drawn(text).terminal(out, compact=True, border=2)
    return out.getvalue()


def _drawn(text: str) -> segno.QRCode:
    try:
        return segno.make_qr(text, error="l", boost_error=False)
    except DataOverflowError:
        raise CodeTooLong(length=len(text)) from None


App = Literal["collect", "kobocollect"]
_APPS: Final = {"collect": "ODK Collect", "kobocollect": "KoboCollect"}


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows.

    Attributes:
        text: the text of the code.
        project: how the project is called on the phone.
        code: the person's code; "" for a classroom's card, which holds no secret and is for everybody.
        address: what to type without a camera; only for a classroom, "" otherwise.
    """

    text: str
    project: str
    code: str = ""
    address: str = ""
    app: App = "collect"
    language: str = "fr"


def page(card: Card) -> str:
    """Return the card as one page that needs nothing else."""
    return pages.page(
        "sync_scripts", "card.html", card=card, app=_APPS[card.app], picture=draw_png(card.text)
    )
