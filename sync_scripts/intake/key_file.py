"""The private key of a form from a file that a person names. Says of the file what is wrong with it, never what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sync_scripts.errors import UsageProblem
from sync_scripts.intake.encrypted import DecryptError, load_private_key

__all__ = ["KeyFileMissing", "KeyFileUnusable", "key_in"]

_MOST_BYTES = 100_000


KeyFileMissing: Final = UsageProblem.declare(
    "DK-I66",
    "The file of the key, {file}, is not there or cannot be read. Nothing was opened. Plug in the stick on which it lies, "
    "or correct the path, then run the command again.",
)
KeyFileUnusable: Final = UsageProblem.declare(
    "DK-I67",
    "{file} holds no private key that can be used here: an RSA key in PEM or DER, without a passphrase. Nothing was "
    "opened. Give the private half of the form's key, not the public one. If a passphrase protects it, openssl rsa -in "
    "FILE -out OTHER writes it without one: on an encrypted disk only, and erase it afterwards.",
)


def key_in(path: Path) -> RSAPrivateKey:
    """Return the private key that a file holds.

    Raises:
        KeyFileMissing: it cannot be read.
        KeyFileUnusable: it holds none, a protected one, or one of another kind.
    """
    try:
        with path.open("rb") as file:
            said = file.read(_MOST_BYTES + 1)
    except OSError:
        raise KeyFileMissing(file=str(path)) from None
    try:
        return load_private_key(said)
    except DecryptError:
        raise KeyFileUnusable(file=str(path)) from None
