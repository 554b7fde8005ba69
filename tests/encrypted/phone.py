"""A phone that encrypts as ODK Collect does: the manifest in place of the submission, every file as ``.enc``."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from xml.sax.saxutils import quoteattr

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from lxml import etree

from sync_scripts.intake.encryption.encrypted import Manifest, encrypted, ivs, signed_text

_OAEP = OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


@dataclass(frozen=True)
class Sent:
    """What a phone sends."""

    manifest: bytes
    files: dict[str, bytes]


def encrypt(public: str, xml: bytes, media: Mapping[str, bytes] | None = None, *, outside: str = "") -> Sent:
    """Return what a phone with this public key sends in place of a filled form; ``outside`` = another id in the manifest."""
    key = load_der_public_key(base64.b64decode(public))
    assert isinstance(key, RSAPublicKey)
    root = etree.fromstring(xml)
    instance_id = outside or next(
        one.text or "" for one in root.iter() if etree.QName(one).localname == "instanceID"
    )
    aes_key = os.urandom(32)
    names = list(media or {})
    manifest = Manifest(
        form_id=root.get("id") or "",
        version=root.get("version"),
        instance_id=instance_id,
        wrapped_key=base64.b64encode(key.encrypt(aes_key, _OAEP)).decode(),
        media=tuple(f"{name}.enc" for name in names),
        xml_name="submission.xml.enc",
        signature=None,
    )
    plain = [*((name, (media or {})[name]) for name in names), ("submission.xml", xml)]
    digests = [(name, md5(data, usedforsecurity=False).hexdigest()) for name, data in plain]
    signed = md5(signed_text(manifest, digests), usedforsecurity=False).digest()
    signature = base64.b64encode(key.encrypt(signed, _OAEP)).decode()
    files = {
        f"{name}.enc": encrypted(data, aes_key, iv)
        for (name, data), iv in zip(plain, ivs(instance_id, aes_key), strict=False)
    }
    return Sent(_written(manifest, signature), files)


def _written(manifest: Manifest, signature: str) -> bytes:
    """Return a manifest as Collect writes it: in one line, without a declaration."""
    version = f" version={quoteattr(manifest.version)}" if manifest.version is not None else ""
    media = "".join(f"<media><file>{name}</file></media>" for name in manifest.media)
    return (
        f'<data id={quoteattr(manifest.form_id)}{version} encrypted="yes"'
        ' xmlns="http://www.opendatakit.org/xforms/encrypted">'
        f"<base64EncryptedKey>{manifest.wrapped_key}</base64EncryptedKey>"
        f'<orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>{manifest.instance_id}</orx:instanceID>'
        f"</orx:meta>{media}<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"
        f"<base64EncryptedElementSignature>{signature}</base64EncryptedElementSignature></data>"
    ).encode()
