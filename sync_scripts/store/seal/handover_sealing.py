"""Sealing for somebody outside: an ordinary age file, for a public key or under a passphrase. Closes only.

The receiver opens it with the program ``age`` (or rage), without dikalo. For a passphrase the work of guessing is fixed
here and not measured on this machine, so that a weak laptop can open the file: pyrage measures and takes no parameter.
"""

from __future__ import annotations

import os
import unicodedata
from base64 import b64encode
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sync_scripts.errors import UsageProblem
from sync_scripts.secrets import passphrases
from sync_scripts.store.errors import SealingFailed
from sync_scripts.store.seal.sealing import seal_to

LOG_WORK: Final = 17
"""scrypt with N = 2^17, r = 8: 128 MiB of memory, well under a second; six drawn words are 64 bits more."""
_CHUNK: Final = 64 * 1024
_VERSION: Final = b"age-encryption.org/v1"


ReceiverKeyUnsuitable: Final = UsageProblem.declare(
    "DK-Q04",
    "This is no public key of age: it begins with age1 and has 62 characters. Nothing was opened. Ask the receiver for it "
    "again, over the telephone if need be: it is no secret.",
)


def recipient_of(text: str) -> str:
    """Return the public key of a receiver as it was typed.

    Raises:
        ReceiverKeyUnsuitable: it is none.
    """
    key = text.strip()
    try:
        seal_to(b"", [key])
    except SealingFailed:
        raise ReceiverKeyUnsuitable from None
    return key


def seal_for(data: bytes, key: str) -> bytes:
    """Return an age file that only the holder of a key opens.

    Raises:
        ReceiverKeyUnsuitable: it is no public key.
    """
    return seal_to(data, [recipient_of(key)])


def seal_under(data: bytes, passphrase: str) -> bytes:
    """Return an age file that a passphrase opens (age's ``scrypt`` recipient).

    Raises:
        PassphraseWeak: it is too easy to guess.
    """
    passphrases.accept(passphrase, "file")
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    secret = unicodedata.normalize("NFC", passphrase).encode()
    kek = Scrypt(salt=_VERSION + b"/scrypt" + salt, length=32, n=1 << LOG_WORK, r=8, p=1).derive(secret)
    wrapped = ChaCha20Poly1305(kek).encrypt(bytes(12), file_key, None)
    head = b"%s\n-> scrypt %s %d\n%s\n---" % (_VERSION, _base64(salt), LOG_WORK, _base64(wrapped))
    mac = HMAC(_derived(file_key, b"", b"header"), SHA256())
    mac.update(head)
    return b"%s %s\n%s%s" % (
        head,
        _base64(mac.finalize()),
        nonce,
        _payload(data, _derived(file_key, nonce, b"payload")),
    )


def _payload(data: bytes, key: bytes) -> bytes:
    """Return the chunks of an age payload: a counter of 11 bytes and a mark of the last one make the nonce."""
    cipher = ChaCha20Poly1305(key)
    starts = range(0, max(len(data), 1), _CHUNK)
    return b"".join(
        cipher.encrypt(
            number.to_bytes(11, "big") + bytes([start + _CHUNK >= len(data)]),
            data[start : start + _CHUNK],
            None,
        )
        for number, start in enumerate(starts)
    )


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def _base64(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")
