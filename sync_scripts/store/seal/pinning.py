"""For whom a workspace seals, said so that the everyday key cannot say it otherwise: signed under the vault's key, kept in slots.

Each naming of holders is a statement with a number, signed by the signer that the one before it named: an Ed25519 key derived from
the vault's key for that alone. A slot of a passphrase says which statement its worker knows. From there it follows the signed
ones, and never back to an older one. Where nothing is signed (there is no vault key), a person accepts (`holders`).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync_scripts.secrets.slots import Pinned
from sync_scripts.store.canonical import encoded
from sync_scripts.store.errors import HoldersUnaccepted, RegisterDamaged
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealing import Recipients

STATEMENTS: Final = "recipients.signed"
"""Setting that holds every naming of holders, the oldest first."""
_FOR: Final = b"dikalo-holders-1"


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One naming of holders.

    Attributes:
        number: 1 for that of the beginning.
        recipients: holder and public key, in their order.
        signer: who signs the next one; empty where there is no vault key.
        signature: of the signer that the one before named, of its own for the first; empty where nobody could sign.
    """

    number: int
    recipients: tuple[tuple[Holder, str], ...]
    signer: str = ""
    signature: str = ""

    @property
    def pinned(self) -> Pinned:
        """What a slot says that knows this one."""
        return Pinned(holders=Recipients(self.recipients).fingerprint, number=self.number, signer=self.signer)

    def said(self, workspace: str) -> bytes:
        """Return what is signed."""
        return encoded([_FOR.decode(), workspace, self.number, self.recipients, self.signer])

    def signed_by(self, signer: str, workspace: str) -> bool:
        """Tell whether a signer said exactly this of this workspace."""
        try:
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signer, validate=True))
            key.verify(base64.b64decode(self.signature, validate=True), self.said(workspace))
        except (InvalidSignature, ValueError):
            return False
        return True


def named(
    workspace: str, before: Sequence[Statement], recipients: Recipients, *, by: str, vault: str
) -> tuple[Statement, ...]:
    """Return the statements with one more.

    Args:
        workspace: id of the workspace.
        before: those that there are.
        recipients: the holders from now on.
        by: secret of the vault's key of until now, which signs; empty where it is not at hand.
        vault: secret of the vault's key from now on; empty where there will be none, or it is not at hand.
    """
    signer = signer_of(vault) if vault else ""
    bare = Statement(number=len(before) + 1, recipients=recipients.keys, signer=signer)
    if not by:
        return (*before, bare)
    signature = base64.b64encode(_signer(by).sign(bare.said(workspace))).decode()
    return (*before, msgspec.structs.replace(bare, signature=signature))


def followed(
    pinned: Pinned, statements: Sequence[Statement], recipients: Recipients, workspace: str
) -> Pinned:
    """Return what a slot may say from now on: what it says, or what was signed since, where that is what the register says.

    Raises:
        HoldersUnaccepted: the register names others.
    """
    at = pinned
    for one in statements[pinned.number :]:
        if one.number != at.number + 1 or not one.signed_by(at.signer, workspace):
            raise HoldersUnaccepted
        at = one.pinned
    if at.holders != recipients.fingerprint:
        raise HoldersUnaccepted
    return at


def vaults(statements: Sequence[Statement]) -> frozenset[str]:
    """Return the public keys that the vault has or had."""
    return frozenset(key for one in statements for holder, key in one.recipients if holder == "V")


def signer_of(vault: str) -> str:
    """Return who signs for the vault's key with this secret, as a statement names them."""
    return _public(_signer(vault))


def parse(text: str | None) -> tuple[Statement, ...]:
    """Return the statements of a register.

    Raises:
        RegisterDamaged: they cannot be read.
    """
    try:
        return msgspec.json.decode(text or "[]", type=tuple[Statement, ...])
    except msgspec.DecodeError:
        raise RegisterDamaged from None


def render(statements: Sequence[Statement]) -> str:
    """Return statements as they are stored."""
    return msgspec.json.encode(statements).decode()


def _signer(vault: str) -> Ed25519PrivateKey:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_FOR).derive(vault.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def _public(signer: Ed25519PrivateKey) -> str:
    return base64.b64encode(signer.public_key().public_bytes_raw()).decode()


def earlier(said: str | None) -> tuple[Recipients, ...]:
    """Return the holders of before, as the register names them while key pages are still written again for those of now.

    Raises:
        RegisterDamaged: they cannot be read.
    """
    try:
        sets = msgspec.json.decode(said or "[]", type=tuple[tuple[tuple[Holder, str], ...], ...])
    except (ValueError, msgspec.DecodeError):
        raise RegisterDamaged from None
    return tuple(Recipients.of(dict(pairs)) for pairs in sets)
