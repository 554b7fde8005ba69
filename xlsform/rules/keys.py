"""What the cell ``public_key`` really holds. Keeps nothing of it, and shows nothing of it."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal

_ONE_LINE = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def fault(cell: str) -> Literal["KEY-PRIVATE", "KEY-INVALID", ""]:
    """Return the code of what is wrong with a public key: one line of base64 of an RSA key of 2048 bits, or ""."""
    text = cell.strip()
    if "PRIVATE KEY" in text or _is_private(text):
        return "KEY-PRIVATE"
    return "" if _ONE_LINE.fullmatch(text) and _is_rsa_2048(text) else "KEY-INVALID"


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_private(text: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        load_der_private_key(_bytes(text), password=None)
    except TypeError:  # locked with a passphrase: private all the same
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _is_rsa_2048(text: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(_bytes(text))
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPublicKey) and key.key_size == 2048
