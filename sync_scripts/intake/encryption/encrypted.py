"""Open submissions that ODK Collect encrypted, with a key that never leaves this machine. No network, no database.

The format is that of the ODK encrypted-form specification as Collect, Briefcase and Central read it: RSA-OAEP with
SHA-256 for both hashes around an AES-256 key; AES-CFB with 128-bit segments and PKCS#7 padding; one IV a file, in the
order of the manifest. The signature proves that nothing was changed, never who sent it: whoever has the blank form has
the public key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import md5
from typing import Final, Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from lxml import etree

from sync_scripts.errors import DikaloError

try:  # where newer releases of cryptography keep CFB
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:  # pragma: no cover - cryptography before 45
    from cryptography.hazmat.primitives.ciphers.modes import CFB

MOST_MANIFEST_BYTES = 1_000_000
BLOCK, CHUNK = 16, 64 * 1024
_ROOT_WITHIN = 4096


class Refusal(StrEnum):
    """Why an encrypted submission was not opened; the words never change their meaning."""

    MANIFEST_REFUSED = "MANIFEST_REFUSED"
    MANIFEST_SYNTAX = "MANIFEST_SYNTAX"
    NOT_ENCRYPTED = "NOT_ENCRYPTED"
    MANIFEST_INCOMPLETE = "MANIFEST_INCOMPLETE"
    UNSAFE_NAME = "UNSAFE_NAME"
    KEY_MISMATCH = "KEY_MISMATCH"
    KEY_LENGTH = "KEY_LENGTH"
    MISSING_FILE = "MISSING_FILE"
    LENGTH = "LENGTH"
    PADDING = "PADDING"
    SIGNATURE_MISSING = "SIGNATURE_MISSING"
    SIGNATURE_MISMATCH = "SIGNATURE_MISMATCH"


DecryptError: Final = DikaloError.declare(
    "DK-I70",
    "An encrypted submission could not be opened ({refusal}). It is kept exactly as it came. If it names another "
    "key, bring that key; if a file is missing, ask for the phone while it still has it.",
)


class Reader(Protocol):
    """Anything with ``read``."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; empty at the end."""


class Writer(Protocol):
    """Anything with ``write``."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in place of the submission's XML.

    Attributes:
        form_id: as the root says it.
        version: as it stands, never stripped; None when the manifest has none.
        instance_id: from the element, never from the root's attribute.
        wrapped_key: base64 exactly as in the manifest, since it is signed.
        media: names of the encrypted media in the order of the manifest, which is the order of the IVs.
        xml_name: name of the encrypted XML; it takes the last IV.
        signature: base64, or None.
    """

    form_id: str
    version: str | None
    instance_id: str
    wrapped_key: str
    media: tuple[str, ...]
    xml_name: str
    signature: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The plain submission: its XML, and for each medium its plain name. Bytes of media went to their writers."""

    xml: bytes
    media: tuple[str, ...]
    aes_key: bytes


# --- the manifest --------------------------------------------------------------------------------------------------


def read_manifest(raw: bytes) -> Manifest:
    """Read a manifest as servers really send it.

    Strict first; on a syntax error the repeated ``xmlns`` of the root tag, and nothing else, is mended once.

    Raises:
        DecryptError: MANIFEST_REFUSED, MANIFEST_SYNTAX, NOT_ENCRYPTED, MANIFEST_INCOMPLETE or UNSAFE_NAME.
    """
    text = raw.removeprefix(b"\xef\xbb\xbf").strip()
    if len(raw) > MOST_MANIFEST_BYTES or re.search(rb"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise DecryptError(refusal=Refusal.MANIFEST_REFUSED)
    root = _parsed(text)
    if root.get("encrypted") != "yes":
        raise DecryptError(refusal=Refusal.NOT_ENCRYPTED)
    form_id, wrapped = root.get("id"), _one(root, "base64EncryptedKey")
    instance_id, xml_name = _one(root, "instanceID"), _one(root, "encryptedXmlFile")
    if not (form_id and wrapped and instance_id and xml_name):
        raise DecryptError(refusal=Refusal.MANIFEST_INCOMPLETE)
    media = tuple((file.text or "").strip() for box in _named(root, "media") for file in _named(box, "file"))
    _check_names((*media, xml_name))
    return Manifest(
        form_id=form_id,
        version=root.get("version"),
        instance_id=instance_id,
        wrapped_key=wrapped,
        media=media,
        xml_name=xml_name,
        signature=_one(root, "base64EncryptedElementSignature"),
    )


def _parsed(text: bytes) -> etree._Element:
    for attempt in (text, _mended(text)):
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(attempt, parser)
        except (etree.XMLSyntaxError, ValueError):
            continue
        info = root.getroottree().docinfo
        if info.doctype or (info.encoding or "UTF-8").upper() not in {"UTF-8", "ASCII", "US-ASCII"}:
            raise DecryptError(refusal=Refusal.MANIFEST_REFUSED)
        return root
    raise DecryptError(refusal=Refusal.MANIFEST_SYNTAX)


_XMLNS = re.compile(rb"\s(xmlns(?::[\w.\-]+)?)\s*=\s*(\"[^\"]*\"|'[^']*')")
_ROOT_TAG = re.compile(rb"<[A-Za-z_][^<>]*>")


def _mended(text: bytes) -> bytes:
    """Keep the first of each repeated xmlns attribute of the root start tag, searched in the first 4 KiB."""
    tag = _ROOT_TAG.search(text, 0, _ROOT_WITHIN)
    if tag is None:
        return text
    seen: set[bytes] = set()

    def first_only(found: re.Match[bytes]) -> bytes:
        name = found.group(1)
        if name in seen:
            return b""
        seen.add(name)
        return found.group()

    return text[: tag.start()] + _XMLNS.sub(first_only, tag.group()) + text[tag.end() :]


def _named(root: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield descendants by local name: prefixes and namespaces differ from server to server."""
    for element in root.iter(etree.Element):
        if element is not root and etree.QName(element).localname == name:
            yield element


def _one(root: etree._Element, name: str) -> str | None:
    return next(((found.text or "").strip() for found in _named(root, name)), "") or None


def _check_names(names: Sequence[str]) -> None:
    unsafe = any(name in {"", ".", ".."} or re.search(r"[/\\\0]", name) for name in names)
    if unsafe or len(set(names)) != len(names):
        raise DecryptError(refusal=Refusal.UNSAFE_NAME)


# --- keys ----------------------------------------------------------------------------------------------------------

_OAEP = OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


def load_private_key(der_or_pem: bytes) -> RSAPrivateKey:
    """Return an unencrypted RSA private key, PKCS#8 DER or PEM.

    Raises:
        DecryptError: KEY_MISMATCH, when it is no such key.
    """
    try:
        load = (
            serialization.load_pem_private_key
            if der_or_pem.lstrip().startswith(b"-----")
            else serialization.load_der_private_key
        )
        key = load(der_or_pem, password=None)
    except (ValueError, TypeError):
        raise DecryptError(refusal=Refusal.KEY_MISMATCH) from None
    if not isinstance(key, RSAPrivateKey):
        raise DecryptError(refusal=Refusal.KEY_MISMATCH)
    return key


def _opened(text: str, key: RSAPrivateKey) -> bytes | None:
    try:
        return key.decrypt(base64.b64decode(text, validate=True), _OAEP)
    except (ValueError, binascii.Error):
        return None


def unwrap(manifest: Manifest, keys: Sequence[RSAPrivateKey]) -> tuple[bytes, RSAPrivateKey]:
    """Return the submission's AES key and the form key that opened it; newest form key first.

    Raises:
        DecryptError: KEY_MISMATCH with every key, or KEY_LENGTH.
    """
    for key in keys:
        aes_key = _opened(manifest.wrapped_key, key)
        if aes_key is not None:
            if len(aes_key) != 32:
                raise DecryptError(refusal=Refusal.KEY_LENGTH)
            return aes_key, key
    raise DecryptError(refusal=Refusal.KEY_MISMATCH)


# --- files ---------------------------------------------------------------------------------------------------------


def ivs(instance_id: str, aes_key: bytes) -> Iterator[bytes]:
    """Yield one IV a file in the order of the manifest, the XML last. A file that never came uses up its own too."""
    seed = bytearray(md5(instance_id.encode() + aes_key, usedforsecurity=False).digest())
    for number in itertools.count():
        seed[number % BLOCK] = (seed[number % BLOCK] + 1) % 256
        yield bytes(seed)


def xml_iv(manifest: Manifest, aes_key: bytes) -> bytes:
    """Return the IV of the XML, which is the last: known before any of its media has come."""
    return next(itertools.islice(ivs(manifest.instance_id, aes_key), len(manifest.media), None))


def decrypted(source: Reader, aes_key: bytes, iv: bytes) -> Iterator[bytes]:
    """Yield the plain bytes of one file, at most 64 KiB at a time; only the end shows whether it was whole.

    Raises:
        DecryptError: LENGTH or PADDING.
    """
    opener = Cipher(AES(aes_key), CFB(iv)).decryptor()
    kept, total = b"", 0
    while sealed := source.read(CHUNK):
        total += len(sealed)
        plain = kept + opener.update(sealed)
        kept = plain[-BLOCK:]
        if len(plain) > BLOCK:
            yield plain[:-BLOCK]
    if total == 0 or total % BLOCK:
        raise DecryptError(refusal=Refusal.LENGTH)
    kept += opener.finalize()
    count = kept[-1]
    if not 1 <= count <= BLOCK or kept[-count:] != bytes([count]) * count:
        raise DecryptError(refusal=Refusal.PADDING)
    if count < BLOCK:
        yield kept[:-count]


def encrypted(plain: bytes, aes_key: bytes, iv: bytes) -> bytes:
    """Return the ``.enc`` bytes of a file; the format is deterministic, so this proves what was received."""
    padding = BLOCK - len(plain) % BLOCK
    sealer = Cipher(AES(aes_key), CFB(iv)).encryptor()
    return sealer.update(plain + bytes([padding]) * padding) + sealer.finalize()


def plain_name(name: str) -> str:
    """Return a listed name without its ``.enc``."""
    return name.removesuffix(".enc")


# --- the whole -----------------------------------------------------------------------------------------------------


def signed_text(manifest: Manifest, digests: Sequence[tuple[str, str]]) -> bytes:
    """Return the text whose MD5 is signed: header lines, then ``name::md5`` of every file in order."""
    head = [manifest.form_id, *([manifest.version] if manifest.version is not None else [])]
    lines = [
        *head,
        manifest.wrapped_key,
        manifest.instance_id,
        *(f"{name}::{mark}" for name, mark in digests),
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def check_signature(manifest: Manifest, key: RSAPrivateKey, digests: Sequence[tuple[str, str]]) -> None:
    """Compare the signature with what was decrypted. Integrity, not origin.

    Raises:
        DecryptError: SIGNATURE_MISSING or SIGNATURE_MISMATCH.
    """
    if manifest.signature is None:
        raise DecryptError(refusal=Refusal.SIGNATURE_MISSING)
    stated = _opened(manifest.signature, key)
    found = md5(signed_text(manifest, digests), usedforsecurity=False).digest()
    if stated is None or not hmac.compare_digest(stated, found):
        raise DecryptError(refusal=Refusal.SIGNATURE_MISMATCH)


Source = Callable[[str], Reader | None]
Sink = Callable[[str], Writer]


def open_submission(manifest: Manifest, keys: Sequence[RSAPrivateKey], source: Source, sink: Sink) -> Opened:
    """Decrypt every file and check the signature over all of them.

    Args:
        manifest: what to open.
        keys: private keys of the form, newest first.
        source: gives the encrypted file of a listed name, or None when it is not there.
        sink: gives a writer for the plain bytes of a medium; believe them only after this returns.

    Raises:
        DecryptError: any refusal; nothing that was written may then be used.
    """
    aes_key, form_key = unwrap(manifest, keys)
    vectors = ivs(manifest.instance_id, aes_key)
    digests: list[tuple[str, str]] = []
    missing = False
    for name, iv in zip(manifest.media, vectors, strict=False):
        sealed = source(name)
        if sealed is None:
            missing = True  # its IV is used up all the same
            continue
        digests.append((plain_name(name), _copy(decrypted(sealed, aes_key, iv), sink(plain_name(name)))))
    sealed_xml = source(manifest.xml_name)
    if sealed_xml is None or missing:
        raise DecryptError(refusal=Refusal.MISSING_FILE)
    plain = io.BytesIO()
    last = decrypted(sealed_xml, aes_key, xml_iv(manifest, aes_key))
    digests.append(("submission.xml", _copy(last, plain)))
    check_signature(manifest, form_key, digests)
    return Opened(plain.getvalue(), tuple(plain_name(name) for name in manifest.media), aes_key)


def _copy(plain: Iterator[bytes], to: Writer) -> str:
    mark = md5(usedforsecurity=False)
    for piece in plain:
        mark.update(piece)
        to.write(piece)
    return mark.hexdigest()
