"""The private keys with which a pull opens what phones encrypted: those of the everyday use, and no others.

They are loaded when the first encrypted submission comes. A manifest does not say which key it was made with, so the
form's own keys are tried first, newest first, then the others: a wrong one costs as little as a right one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy import select

from sync_scripts.errors import UsageProblem
from sync_scripts.intake.encryption.encrypted import DecryptError, load_private_key
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import deployed_form
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.form_keys import FormKey

__all__ = ["KeyFileMissing", "KeyFileUnusable", "Keyring", "key_in"]


@dataclass(slots=True)
class Keyring:
    """Keys of forms.

    Attributes:
        known: every key of the register, newest first, without private halves.
        halves: private halves that are at hand (PKCS#8 DER), by fingerprint.
        stamps: what the servers call forms -> their stamps.
    """

    known: Sequence[FormKey] = ()
    halves: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    stamps: Mapping[str, str] = field(default_factory=dict)
    _loaded: dict[str, RSAPrivateKey] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, register: Register) -> Keyring:
        """Return the keys that lie in a register: the everyday ones.

        Raises:
            FormKeysDamaged: they are altered.
        """
        with register.reading() as rows:
            known = form_keys.keys(rows)
            asked = select(deployed_form.c.form, deployed_form.c.stamp)
            stamps = {row.form: row.stamp for row in rows.execute(asked)}
        return cls(known, form_keys.private(register, known), stamps)

    @property
    def newest(self) -> str:
        """Return when the newest key at hand was made, "" without one."""
        return max((one.made_at for one in self.known if one.fingerprint in self.halves), default="")

    def stamp(self, form: str) -> str:
        """Return the stamp of a form by what its server calls it; the name itself when nobody told."""
        return self.stamps.get(form, form)

    def vault_may_open(self, form: str) -> bool:
        """Tell whether a key of a form lies sealed and not here; of a form that nobody knows, any form's."""
        stamp = self.stamp(form)
        own = [one for one in self.known if one.form == stamp] or self.known
        return any(one.use == "vault" and one.fingerprint not in self.halves for one in own)

    def for_form(self, form: str) -> list[RSAPrivateKey]:
        """Return the private keys to try for a form, the likeliest first."""
        stamp = self.stamp(form)
        own = [one for one in self.known if one.form == stamp]
        others = [one for one in self.known if one.form != stamp]
        return [self._load(one.fingerprint) for one in (*own, *others) if one.fingerprint in self.halves]

    def _load(self, name: str) -> RSAPrivateKey:
        if name not in self._loaded:
            self._loaded[name] = load_private_key(self.halves[name])
        return self._loaded[name]


# --- a key in a file that a person names ---------------------------------------------------------------------------

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
