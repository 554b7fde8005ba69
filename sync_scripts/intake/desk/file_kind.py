"""What a file is by its first bytes, beside what a person says that it is. Reads no further, and trusts no name.

Why no library is asked: decision 0087.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync_scripts.errors import N_, UsageProblem, in_words

__all__ = ["HEAD", "TypeNotFitting", "kinds", "require_fitting"]

HEAD: Final = 512
"""So many bytes are enough."""
_NEEDED: Final[Mapping[str, str]] = {"photo": "image", "video": "video", "audio": "audio"}
"""Types of evidence that are one kind of file; a letter or a certificate may be anything."""
_FITTING: Final[Mapping[str, str]] = {"image": "photo", "video": "video", "audio": "audio"}
_PAPERS: Final = "letter, medical_cert, court_doc, statement_victim, other …"
_IMAGE: Final = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"II*\0",
    b"MM\0*",
    b"BM",
    b"\0\0\0\x0cjP  ",
    b"\0\0\0\x0cJXL ",
    b"FUJIFILM",
)
_SOUND: Final = (b"ID3", b"#!AMR", b"fLaC", b"caff", b"FORM")
_FILM: Final = (b"\0\0\x01\xba", b"\0\0\x01\xb3", b"FLV\x01")
_EITHER: Final = (b"OggS", b"\x1a\x45\xdf\xa3", b"\x30\x26\xb2\x75")
"""Containers of sound, film or both: Ogg, WebM and Matroska, Windows Media."""
_PAPER: Final = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")
_RIFF: Final = {b"WAVE": "audio", b"AVI ": "video", b"WEBP": "image"}
_PICTURES: Final = (b"hei", b"hev", b"mif", b"msf", b"avi", b"crx")
"""Beginnings of the brands of pictures in the container of MP4."""
_TS: Final = 188
"""Each so many bytes of a stream of MPEG begin with a G."""
_CALLED: Final[Mapping[str, str]] = {
    "image": N_("a picture"),
    "video": N_("a film"),
    "audio": N_("a sound recording"),
    "paper": N_("a document"),
    "unknown": N_("nothing that is known here"),
}
TypeNotFitting: Final = UsageProblem.declare(
    "DK-P24",
    "The file is not kept yet: it was said to be {stated}, but begins like {found}. Look at it, and give the type that fits: "
    "--type {fitting}. If you are sure that it is {stated} all the same, add --sure: it is sealed as it is.",
    shown={"stated": in_words(_CALLED), "found": in_words(_CALLED)},
)


def require_fitting(type_: str, head: bytes) -> None:
    """Let a file pass whose first bytes are those of what it is said to be.

    Raises:
        TypeNotFitting: they are not.
    """
    needed = _NEEDED.get(type_)
    found = kinds(head)
    if needed is None or needed in found:
        return
    first = found[0] if found else "unknown"
    raise TypeNotFitting(
        stated=needed, found=first, fitting=_FITTING.get(first, _PAPERS if found else "other")
    )


def kinds(head: bytes) -> tuple[str, ...]:
    """Return what a file that begins so can be: ``image``, ``video``, ``audio``, ``paper``; nothing where that is not known."""
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12])
    if head.startswith(b"RIFF"):
        return tuple(filter(None, (_RIFF.get(head[8:12]),)))
    for beginnings, found in (
        (_IMAGE, ("image",)),
        (_SOUND, ("audio",)),
        (_FILM, ("video",)),
        (_EITHER, ("video", "audio")),
        (_PAPER, ("paper",)),
    ):
        if head.startswith(beginnings):
            return found
    if head[:1] == b"G" and head[_TS : _TS + 1] == b"G":
        return ("video",)
    return _frame(head[:2]) or _text(head)


def _of_brand(brand: bytes) -> tuple[str, ...]:
    if brand.startswith(_PICTURES):
        return ("image",)
    return ("audio",) if brand.startswith((b"M4A", b"M4B")) else ("video", "audio")


def _frame(head: bytes) -> tuple[str, ...]:
    """Return whether these two bytes begin a frame of MP3 or AAC."""
    if len(head) < 2 or head[0] != 0xFF:
        return ()
    mp3 = head[1] & 0xE0 == 0xE0 and head[1] & 0x06 in {0x02, 0x04}
    return ("audio",) if mp3 or head[1] & 0xF6 == 0xF0 else ()


def _text(head: bytes) -> tuple[str, ...]:
    """Return whether this is text: of a file without one, nobody knows what it is."""
    try:
        head[: HEAD - 4].decode("utf-8-sig")
    except UnicodeDecodeError:
        return ()
    return () if b"\0" in head else ("paper",)
