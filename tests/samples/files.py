"""Tiny pictures and voices that nobody took: a mosaic of greys, and silence. Same name, same bytes."""

from __future__ import annotations

import hashlib

_SIDE = 8  # blocks of 8 x 8 points in a row

# Bits that say "difference of n bits" for the average of a block: the table for brightness of the JPEG standard (K.3).
_SIZES = (
    "00",
    "010",
    "011",
    "100",
    "101",
    "110",
    "1110",
    "11110",
    "111110",
    "1111110",
    "11111110",
    "111111110",
)
_COUNTS = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))


def made(name: str, kind: str) -> bytes:
    """Return the bytes of an invented file: ``jpg`` or ``amr``."""
    return {"jpg": picture, "amr": voice}[kind](hashlib.sha256(name.encode()).digest() * 2)


def voice(seed: bytes) -> bytes:
    """Return a second of AMR that holds only comfort noise; each file differs."""
    frames = b"".join(b"\x04" + seed[number % 32 : number % 32 + 12] for number in range(50))
    return b"#!AMR\n" + frames


def picture(seed: bytes) -> bytes:
    """Return a grey JPEG of 64 x 64 points: one plain grey for each block of 8 x 8."""
    side = (_SIDE * 8).to_bytes(2, "big")
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            _segment(0xDB, b"\x00" + bytes([8] * 64)),
            _segment(0xC0, b"\x08" + side + side + b"\x01\x01\x11\x00"),
            _segment(0xC4, b"\x00" + _COUNTS + bytes(range(12))),
            _segment(0xC4, b"\x10" + b"\x01" + bytes(15) + b"\x00"),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            _scan(seed),
            b"\xff\xd9",
        )
    )


def _segment(mark: int, body: bytes) -> bytes:
    return bytes((0xFF, mark)) + (len(body) + 2).to_bytes(2, "big") + body


def _scan(seed: bytes) -> bytes:
    bits, before = "", 0
    for block in range(_SIDE * _SIDE):
        grey = seed[block] - 128
        bits += _difference(grey - before) + "0"  # "0": nothing but the average
        before = grey
    bits += "1" * (-len(bits) % 8)
    raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return raw.replace(b"\xff", b"\xff\x00")


def _difference(value: int) -> str:
    size = abs(value).bit_length()
    if size == 0:
        return _SIZES[0]
    return _SIZES[size] + f"{value if value > 0 else value + (1 << size) - 1:0{size}b}"
