"""Encrypted files on their way, the keys that a pull opens them with, and what is said of a submission that came encrypted.

Keys are those of the everyday use and no others, loaded when the first encrypted submission comes. A manifest does not say
which key it was made with, so the form's own are tried first, newest first. No plain byte is ever written.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol
from unicodedata import normalize

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy import select

from sync_scripts.errors import UsageProblem
from sync_scripts.intake.encryption import encrypted
from sync_scripts.intake.receive.answers import BYTES_LIMIT
from sync_scripts.servers.base import FileGone, Reader
from sync_scripts.store.database import Register
from sync_scripts.store.durable import full_disk_said
from sync_scripts.store.schema.raw import deployed_form
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.form_keys import FormKey

State = Literal["whole", "provisional", "beside"]
"""``whole`` = signature checked over all files; ``provisional`` = the XML alone, before its files came; ``beside`` =
whole, and unencrypted files lay beside it."""
PROVISIONAL: Final = "provisional"
CLEAR: Final = "clear"
"""It came in the clear, of a version that phones should have encrypted."""
BROKEN: Final = "broken"
"""Opened provisionally, and its signature does not fit now that its files are there."""
Reason = Literal["vault", "key", "files"]
"""Why a submission waits: a person with the vault opens it; its key is not here; its files have not all come."""


MANAGED: Final = "[encrypted:"
"""Stands in a version that ODK Central made by itself for a form that it encrypts with a key of its own."""
_MANAGED: Final = re.compile(r"\[encrypted:[A-Za-z0-9+/=]+\]$")


def managed(version: str) -> bool:
    """Tell whether only the server can open what was filled in with a version of a form: it never hands its key out.

    >>> managed("2026110101[encrypted:AaIR7U95]"), managed("2026110101")
    (True, False)
    """
    return _MANAGED.search(version) is not None


class Wrapped(msgspec.Struct, frozen=True):
    """How a submission was opened. With the plain XML this proves what was received: encrypting is deterministic.

    Attributes:
        manifest: the bytes that the server gave in place of the submission.
        aes_key: the key of this one submission.
        state: how far it may be believed.
        brief: its files are at the source and are asked for later in the same run.
    """

    manifest: bytes
    aes_key: bytes
    state: State
    brief: bool = False

    def document(self) -> dict[str, Any]:
        """Return what is sealed beside the submission."""
        return {
            "aes_key": base64.b64encode(self.aes_key).decode(),
            "manifest": base64.b64encode(self.manifest).decode(),
        }

    def __repr__(self) -> str:
        """Say how it was opened; never the key."""
        return f"Wrapped({self.state})"


class Locked(msgspec.Struct, frozen=True):
    """A submission that is not opened now.

    Attributes:
        reason: why.
        form, version, instance_id: as its manifest says.
        brief: its files are at the source and are asked for later in the same run.
    """

    reason: Reason
    form: str
    version: str
    instance_id: str
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Disbelieved:
    """An encrypted submission that cannot be opened or believed; ``manifest`` is None when not even that could be read."""

    refusal: encrypted.Refusal
    manifest: encrypted.Manifest | None = None


TEXT: Final = "submission.xml.enc"
"""The file that holds the answers, as every phone calls it."""
MOST_XML: Final = BYTES_LIMIT + 16
"""A submission's XML is held in memory whole."""


def check_plain_names(manifest: encrypted.Manifest) -> None:
    """Refuse names that are one name once they are plain: one file would pass for the other.

    Raises:
        DecryptError: UNSAFE_NAME.
    """
    names = [normalize("NFC", encrypted.plain_name(name)) for name in (*manifest.media, manifest.xml_name)]
    if len(set(names)) != len(names):
        raise encrypted.DecryptError(refusal=encrypted.Refusal.UNSAFE_NAME)


class Kept(Protocol):
    """What is written meanwhile."""

    def write(self, data: bytes, /) -> int:
        """Take some bytes."""
        ...


class CipherText:
    """A reader whose failures are those of a source; what passes is kept as it came, up to a limit.

    More than ``most`` bytes are no honest file.
    """

    def __init__(
        self, reader: Reader, kept: Kept | None = None, limit: int = 0, most: int | None = None
    ) -> None:
        self._reader = reader
        self._kept = kept
        self._left = limit
        self._most = most
        self._read = 0
        self.dropped: bool = False

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; raises `FileGone`, `DiskFull`, or `DecryptError` for too many."""
        try:
            data = self._reader.read(size)
        except OSError as error:
            raise FileGone(errno=error.errno or 0) from None
        self._read += len(data)
        if self._most is not None and self._read > self._most:
            raise encrypted.DecryptError(refusal=encrypted.Refusal.LENGTH)
        self._left -= len(data)
        if self._kept is not None and not self.dropped:
            self.dropped = self._left < 0
            with full_disk_said():
                self._kept.write(data)
        return data


class PlainText:
    """Plain bytes that are made while they are read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, all without it."""
        while size < 0 or len(self._held) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._held += piece
        given, self._held = (self._held, b"") if size < 0 else (self._held[:size], self._held[size:])
        return given


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
            self._loaded[name] = encrypted.load_private_key(self.halves[name])
        return self._loaded[name]


# --- a key in a file that a person names ---------------------------------------------------------------------------

_MOST_BYTES = 100_000


KeyFileMissing: Final = UsageProblem.declare(
    "DK-I66",
    "The file of the key, {file}, is not there or cannot be read. Nothing was opened. Plug in the USB stick on which it lies, "
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
        return encrypted.load_private_key(said)
    except encrypted.DecryptError:
        raise KeyFileUnusable(file=str(path)) from None
