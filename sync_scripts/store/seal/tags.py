"""Keyed tags under the match key K: just enough to notice that two things may be the same, never what they are.

Whoever can open the register has K and can try every number, so the tag of a phone number is cut until about 1,500
numbers share each value: it gives points, never proof. No name gets a tag at all.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import Final

BITS: Final = 16
"""Length of a contact or document tag: 65,536 values for 100 million numbers."""
_SEPARATORS: Final = frozenset(" -./()\u00a0\u2009\u202f\u2010\u2011\u2012\u2013")
_WITHOUT: Final = dict.fromkeys(map(ord, _SEPARATORS))
_COUNTRY: Final = "237"
_NATIONAL: Final = 9
_LONGEST: Final = 15
_SHORTEST: Final = 8


def contact_tag(key: bytes, text: str) -> int | None:
    """Return the cut tag of a phone number, or None for what is not one (to be counted in the report)."""
    number = e164(text)
    return None if number is None else _cut(key, f"contact\0{number}")


def document_tag(key: bytes, text: str) -> int | None:
    """Return the cut tag of an identity-document number, or None for fewer than 5 letters and digits."""
    plain = _letters_and_digits(text)
    return None if plain is None else _cut(key, f"document\0{plain}")


def same_document(one: str, other: str) -> bool | None:
    """Tell whether two identity-document numbers are one; None when one of them is none."""
    a, b = _letters_and_digits(one), _letters_and_digits(other)
    return None if a is None or b is None else a == b


def _letters_and_digits(text: str) -> str | None:
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())
    return plain if len(plain) >= 5 else None


def media_tag(key: bytes, instance_id: str, name: str) -> str:
    """Return 32 hex that say whether a listed file is already held; the name is compared in NFC."""
    return _hmac(key, f"media\0{instance_id}\0{unicodedata.normalize('NFC', name)}")[:16].hex()


def bytes_mark(key: bytes, said: str) -> str:
    """Return 4 hex that tell whether a server says the same of a file's bytes; cut, since what it says is a hash."""
    return _hmac(key, f"bytes\0{said}")[: BITS // 8].hex()


def source_tag(key: bytes, server: str, place: str) -> str:
    """Return 32 hex that stand for a place at a source (a file's path) without saying it."""
    return _hmac(key, f"source\0{server}\0{place}")[:16].hex()


def instance_mark(key: bytes, instance_id: str) -> str:
    """Return 8 hex by which a log may name a submission."""
    return _hmac(key, instance_id)[:4].hex()


def e164(text: str) -> str | None:
    """Return a phone number as ``+`` and digits, or None.

    Nine digits that begin with 6 (mobile) or 2 (fixed) are of Cameroon; ``00`` and ``+`` begin a country code.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    abroad = plain.startswith("+")
    digits = _digits(plain.removeprefix("+"))
    if digits is None:
        return None
    if not abroad and digits.startswith("00"):
        abroad, digits = True, digits[2:]
    if digits.startswith(_COUNTRY) and len(digits) == len(_COUNTRY) + _NATIONAL:
        return f"+{digits}" if digits[3] in "26" else None
    if not abroad:
        return f"+{_COUNTRY}{digits}" if len(digits) == _NATIONAL and digits[0] in "26" else None
    sound = _SHORTEST <= len(digits) <= _LONGEST and digits[0] != "0" and not digits.startswith(_COUNTRY)
    return f"+{digits}" if sound else None


def _digits(text: str) -> str | None:
    if text.isascii():
        plain = text.translate(_WITHOUT)
        return plain if plain.isdigit() else None
    kept = [c for c in text if c not in _SEPARATORS]
    if not kept or not all(c.isdecimal() for c in kept):
        return None
    return "".join(str(unicodedata.decimal(c)) for c in kept)


def _cut(key: bytes, text: str) -> int:
    return int.from_bytes(_hmac(key, text)[:4], "big") >> (32 - BITS)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
