"""``keys.json``: what the passphrases of a workspace open. Holds nothing else.

A slot belongs to a worker's code. An everyday slot wraps the secret key of a pair of its worker, and the everyday key is sealed to the
public one: so that key can be changed without anybody's passphrase, and what an old slot opens is the old one. With each change comes a new
bond, which is in every slot made from then on: who was taken away seals no old key to a passphrase that was set since. A slot of the vault
wraps the vault's identity itself. Each wraps for whom the workspace seals, too, which the everyday key alone must not be able to change.
All else in it but what is sealed is authenticated, so neither the code nor the mark of a demonstration can be changed without the
passphrase. The cost of the derivation is bounded before anything is derived.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from sync_scripts.clock import machine
from sync_scripts.secrets import worker_keys
from sync_scripts.secrets.errors import (
    CodeUnsuitable,
    KeysDamaged,
    NoSuchSlot,
    SlotUnreasonable,
    WrongPassphrase,
)

FILE: Final = "keys.json"
LARGEST: Final = 128 * 1024
"""Bytes of ``keys.json`` at most."""
MOST_SLOTS: Final = 32
MOST_WORK: Final = MOST_SLOTS * 3 * 256 * 1024
"""What all slots of a key may cost together, in KiB times passes: each may be tried before a passphrase is said to be wrong."""
MEMORY_KIB: Final = (19 * 1024, 1024 * 1024)
PASSES: Final = (1, 10)
LANES: Final = (1, 4)
_SMALL_MACHINE: Final = 2 * 1024**3
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{2,20}")

KeyName: TypeAlias = Literal["day", "vault"]


class Kdf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much work Argon2id does: memory in KiB, passes, lanes; and the salt of this slot."""

    name: Literal["argon2id"] = "argon2id"
    m_kib: int
    t: int = 3
    p: int = 1
    salt: str = ""


class Pinned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For whom a workspace seals, as the worker of a slot knows it.

    Attributes:
        holders: fingerprint of their public keys.
        number: how many times the holders were named until then; an older naming is never taken for a newer one.
        signer: Ed25519 public key (base64) that signs the next naming; empty where there is no vault key.
    """

    holders: str
    number: int
    signer: str = ""


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a slot wraps: the secret of the worker's pair with the bond of the time when it was made, or the vault's identity."""

    v: Literal[1] = 1
    key: str
    bond: str = ""
    pinned: Pinned


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one passphrase opens, as it stands in the file.

    Attributes:
        public: of an everyday slot: the worker's public key.
        bond: which bond the slot holds, by its name.
        sealed: the everyday key, sealed to it; two of them while one takes the place of the other.
        bonds: the bonds that slots of this workspace hold, the newest last, sealed to it with that very ``sealed``.
        vouched: that the public key is the worker's, said by whoever had the everyday key.
    """

    v: Literal[1] = 1
    workspace: str
    worker: str
    demo: bool
    key: KeyName
    kind: Literal["passphrase"] = "passphrase"
    created: str
    kdf: Kdf
    nonce: str
    wrapped: str
    public: str = ""
    bond: str = ""
    sealed: str = ""
    bonds: str = ""
    vouched: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    v: Literal[1] = 1
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Unwrapped:
    """A key that a passphrase opened.

    Attributes:
        key: the bytes.
        newer: the everyday key that is about to take its place; empty unless a change was begun and is not at its end.
        worker: whose slot it was.
        demo: the authenticated mark.
        workspace: whose keys these are.
        pinned: for whom the workspace seals; None where no slot says it: a key that was typed.
        slot: the slot, and what wraps its content; None where the passphrase was not typed.
    """

    key: bytes = field(repr=False)
    worker: str
    demo: bool
    workspace: str
    pinned: Pinned | None = None
    slot: OpenSlot | None = field(repr=False, default=None)
    newer: bytes = field(repr=False, default=b"")


@dataclass(frozen=True)
class OpenSlot:
    """A slot whose passphrase was typed: what it holds can be said anew without it.

    Attributes:
        slot: as it stands in the file.
        kek: what wraps its content.
        key: the secret in it.
        bond: of an everyday slot: with what an everyday key is sealed to this one.
        bonds: that of every slot, the newest last: what is needed to seal an everyday key to the workers.
    """

    slot: Slot
    kek: bytes = field(repr=False)
    key: bytes = field(repr=False)
    bond: bytes = field(repr=False, default=b"")
    bonds: tuple[bytes, ...] = field(repr=False, default=())

    def saying(self, pinned: Pinned) -> Slot:
        """Return the slot of the same passphrase and key that knows other holders."""
        bare = msgspec.structs.replace(self.slot, nonce=_text(os.urandom(12)), wrapped="")
        return _wrapped(bare, self.kek, _Content(key=_text(self.key), bond=_text(self.bond), pinned=pinned))


def usual_work() -> Kdf:
    """Return the work for a new slot here: 256 MiB, or 64 MiB on a machine with less than 2 GB."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        memory = _SMALL_MACHINE
    return Kdf(m_kib=(256 if memory >= _SMALL_MACHINE else 64) * 1024)


def worker_code(text: str) -> str:
    """Return a worker's code as typed, without the blanks around it.

    Raises:
        CodeUnsuitable: it cannot be a code.
    """
    code = text.strip()
    if not _CODE.fullmatch(code) or code.lower() == "dikalo":
        raise CodeUnsuitable
    return code


def wrap(
    key: bytes,
    passphrase: str,
    *,
    name: KeyName,
    pinned: Pinned,
    workspace: str,
    worker: str,
    demo: bool,
    work: Kdf,
    bonds: Sequence[bytes] = (),
) -> Slot:
    """Return a new slot; salt, nonce and the worker's pair are new each time.

    Args:
        key: what it opens.
        passphrase: taken in its NFKC form.
        name: ``day`` = everyday key, ``vault`` = the vault's identity.
        pinned: for whom the workspace seals.
        workspace: id of the workspace.
        worker: the code to which the slot belongs.
        demo: the mark of a demonstration.
        work: how costly guessing is made; only its numbers count.
        bonds: of the everyday slots of the workspace: this one holds the newest; made for the first slot.
    """
    secret, public = worker_keys.make_pair() if name == "day" else (key, "")
    bonds = (bonds or renewed((), ())) if name == "day" else ()
    bond = bonds[-1] if bonds else b""
    bare = Slot(
        workspace=workspace,
        worker=worker,
        demo=demo,
        key=name,
        created=machine().isoformat(timespec="seconds").replace("+00:00", "Z"),
        kdf=msgspec.structs.replace(work, salt=_text(os.urandom(16))),
        nonce=_text(os.urandom(12)),
        wrapped="",
        public=public,
        bond=worker_keys.name_of(bond) if bond else "",
    )
    content = _Content(key=_text(secret), bond=_text(bond), pinned=pinned)
    made = _wrapped(bare, _derive(passphrase, bare.kdf), content)
    return opening(made, (key,), bonds) if name == "day" else made


def _wrapped(bare: Slot, kek: bytes, content: _Content) -> Slot:
    """Return a slot with its content."""
    plain = msgspec.json.encode(content)
    sealed = ChaCha20Poly1305(kek).encrypt(base64.b64decode(bare.nonce), plain, _bound(bare))
    return msgspec.structs.replace(bare, wrapped=_text(sealed))


def renewed(slots: Iterable[Slot], bonds: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the bonds that some slots hold, and a new one: nobody knows it who opened a slot before."""
    held = {slot.bond for slot in slots}
    return (*(one for one in bonds if worker_keys.name_of(one) in held), os.urandom(worker_keys.LENGTH))


def opening(slot: Slot, day_keys: Sequence[bytes], bonds: Sequence[bytes]) -> Slot:
    """Return an everyday slot that opens other everyday keys, one or while it is changed both; KeysDamaged where it holds no bond of these."""
    about = _about(slot)
    bond = next((one for one in bonds if worker_keys.name_of(one) == slot.bond), None)
    if bond is None:
        raise KeysDamaged
    sealed = worker_keys.seal(day_keys, slot.public, bond, about)
    together = worker_keys.seal(bonds, slot.public, bond, about + sealed.encode())
    vouched = worker_keys.voucher(day_keys[-1], about + slot.public.encode())
    return msgspec.structs.replace(slot, sealed=sealed, bonds=together, vouched=vouched)


def is_changing(slots: Iterable[Slot]) -> bool:
    """Tell whether the slots open two everyday keys, of which one is about to take the place of the other."""
    return any(slot.key == "day" and len(_base64(slot.sealed)) > 3 * worker_keys.LENGTH for slot in slots)


def require_vouched(slots: Iterable[Slot], day_key: bytes) -> None:
    """Refuse everyday slots whose public keys nobody put there who had the everyday key: what is sealed to them is given away.

    Raises:
        KeysDamaged: there is one.
    """
    for slot in slots:
        said = worker_keys.voucher(day_key, _about(slot) + slot.public.encode())
        if slot.key == "day" and not hmac.compare_digest(said, slot.vouched):
            raise KeysDamaged


def unwrap(slots: Iterable[Slot], name: KeyName, ask: Callable[[], str], *, first: str = "") -> Unwrapped:
    """Open the first slot of that key that the passphrase fits; asks once, and only when there is a slot.

    Args:
        slots: those of the file.
        name: of which key.
        ask: asks for the passphrase.
        first: code of the worker whose slot is tried first.

    Raises:
        NoSuchSlot: no slot of that key is there.
        SlotUnreasonable: a slot's work is out of bounds, or that of all together; nothing was derived.
        WrongPassphrase: it fits none.
        KeysDamaged: a slot holds no base64.
    """
    candidates = sorted((slot for slot in slots if slot.key == name), key=lambda slot: slot.worker != first)
    if not candidates:
        raise NoSuchSlot(key=name)
    for slot in candidates:
        _refuse_unreasonable(slot.kdf)
    if len(candidates) > MOST_SLOTS or sum(slot.kdf.m_kib * slot.kdf.t for slot in candidates) > MOST_WORK:
        raise SlotUnreasonable
    passphrase = ask()
    for slot in candidates:
        found = _open(slot, passphrase)
        if found is not None:
            return found
    raise WrongPassphrase


def fits(slot: Slot, passphrase: str) -> bool:
    """Tell whether a passphrase opens a slot; as costly as opening it.

    Raises:
        SlotUnreasonable: its work is out of bounds; nothing was derived.
    """
    return _open(slot, passphrase) is not None


def parse(data: bytes) -> tuple[Slot, ...]:
    """Return the slots of a ``keys.json``.

    Raises:
        KeysDamaged: it is too long, no JSON, or holds something unknown.
    """
    if len(data) > LARGEST:
        raise KeysDamaged
    try:
        return msgspec.json.decode(data, type=_File).slots
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeDecodeError):
        raise KeysDamaged from None


def render(slots: Sequence[Slot]) -> bytes:
    """Return the bytes of a ``keys.json``."""
    return msgspec.json.format(msgspec.json.encode(_File(slots=tuple(slots))), indent=1) + b"\n"


def _refuse_unreasonable(kdf: Kdf) -> None:
    bounds = ((kdf.m_kib, MEMORY_KIB), (kdf.t, PASSES), (kdf.p, LANES))
    if not all(low <= value <= high for value, (low, high) in bounds):
        raise SlotUnreasonable


def _open(slot: Slot, passphrase: str) -> Unwrapped | None:
    kek = _derive(passphrase, slot.kdf)
    try:
        plain = ChaCha20Poly1305(kek).decrypt(_base64(slot.nonce), _base64(slot.wrapped), _bound(slot))
    except (InvalidTag, ValueError):
        return None
    try:
        content = msgspec.json.decode(plain, type=_Content)
    except msgspec.DecodeError:
        raise KeysDamaged from None
    held = OpenSlot(slot, kek, _base64(content.key), _base64(content.bond))
    opened = Unwrapped(held.key, slot.worker, slot.demo, slot.workspace, content.pinned, held)
    return opened if slot.key == "vault" else _with_day_keys(opened, held)


def _with_day_keys(opened: Unwrapped, held: OpenSlot) -> Unwrapped:
    """Return what an everyday slot opens: the key sealed to its worker, the one that is about to take its place, and the bonds.

    Raises:
        KeysDamaged: what is sealed there was put there by somebody else, or altered.
    """
    slot, about = held.slot, _about(held.slot)
    try:
        keys = worker_keys.open_sealed(held.key, held.bond, slot.sealed, about)
        bonds = worker_keys.open_sealed(held.key, held.bond, slot.bonds, about + slot.sealed.encode())
    except worker_keys.NotSealedSo:
        raise KeysDamaged from None
    if len(keys) not in {1, 2} or not bonds:
        raise KeysDamaged
    return replace(opened, key=keys[0], newer=b"".join(keys[1:]), slot=replace(held, bonds=bonds))


def _derive(passphrase: str, kdf: Kdf) -> bytes:
    _refuse_unreasonable(kdf)
    text = unicodedata.normalize("NFKC", passphrase).encode()
    salt = _base64(kdf.salt)
    if len(salt) < 16:
        raise SlotUnreasonable
    return Argon2id(salt=salt, length=32, iterations=kdf.t, lanes=kdf.p, memory_cost=kdf.m_kib).derive(text)


def _bound(slot: Slot) -> bytes:
    """Return the associated data: the slot in canonical JSON, without its content and without what is sealed to its worker."""
    whole: dict[str, object] = msgspec.to_builtins(slot)
    for name in ("wrapped", "sealed", "bonds", "vouched"):
        del whole[name]
    return msgspec.json.encode(whole, order="sorted")


def _about(slot: Slot) -> bytes:
    """Return whose everyday key is sealed beside a slot."""
    return msgspec.json.encode([slot.workspace, slot.worker, slot.demo])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise KeysDamaged from None
