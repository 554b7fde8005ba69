"""The key pair of a worker, for whom the everyday key is sealed: so it can be changed without anybody else's passphrase.

X25519 with a pair made for each sealing, HKDF-SHA256, ChaCha20-Poly1305. Beside what both key pairs share, the bond goes in: bytes that
the slot holds, and that only who has opened an everyday slot of that time or later knows. Who has opened none seals no other everyday key to
anybody; nor does who has opened none since the slot was made.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTH: Final = 32
"""Bytes of each key, and of a bond."""
_FOR: Final = b"dikalo-day-1"
_ONCE: Final = bytes(12)  # the key is made for one sealing alone


class NotSealedSo(Exception):
    """What is there was not sealed to this pair, under this bond, about this slot."""


def make_pair() -> tuple[bytes, str]:
    """Return a new secret key, and its public key in base64."""
    made = X25519PrivateKey.generate()
    return made.private_bytes_raw(), _text(made.public_key().public_bytes_raw())


def seal(pieces: Sequence[bytes], public: str, bond: bytes, about: bytes) -> str:
    """Return pieces of `LENGTH` bytes that the secret key of ``public`` opens, and only as what they are ``about``."""
    to, once = base64.b64decode(public), X25519PrivateKey.generate()
    shared = once.exchange(X25519PublicKey.from_public_bytes(to))
    mine = once.public_key().public_bytes_raw()
    sealed = ChaCha20Poly1305(_key(shared, bond, mine + to)).encrypt(_ONCE, b"".join(pieces), about)
    return _text(mine + sealed)


def open_sealed(secret: bytes, bond: bytes, sealed: str, about: bytes) -> tuple[bytes, ...]:
    """Return the pieces that were sealed.

    Raises:
        NotSealedSo: it was not, or was altered.
    """
    try:
        data = base64.b64decode(sealed, validate=True)
        mine, own = data[:LENGTH], X25519PrivateKey.from_private_bytes(secret)
        shared = own.exchange(X25519PublicKey.from_public_bytes(mine))
        key = _key(shared, bond, mine + own.public_key().public_bytes_raw())
        found = ChaCha20Poly1305(key).decrypt(_ONCE, data[LENGTH:], about)
    except (InvalidTag, ValueError):
        raise NotSealedSo from None
    return tuple(found[at : at + LENGTH] for at in range(0, len(found), LENGTH))


def name_of(bond: bytes) -> str:
    """Return what tells a bond from others, and gives nothing of it away."""
    return _text(hmac.digest(bond, b"dikalo-bond-1", "sha256")[:12])


def voucher(day_key: bytes, about: bytes) -> str:
    """Return what only somebody with this everyday key can say about a slot: that its public key is that of the worker."""
    return _text(hmac.digest(_derived(day_key, b"", b"dikalo-slot-1"), about, "sha256"))


def _key(shared: bytes, bond: bytes, pairs: bytes) -> bytes:
    return _derived(shared + bond, pairs, _FOR)


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=LENGTH, salt=salt, info=info).derive(key)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
