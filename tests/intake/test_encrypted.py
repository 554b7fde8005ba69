"""Encrypted submissions: every frozen vector opens to its exact bytes or is refused for its exact reason.

The vectors are made-up answers under throw-away keys that are public and used nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.intake.encryption.encrypted import (
    DecryptError,
    Refusal,
    decrypted,
    encrypted,
    ivs,
    load_private_key,
    open_submission,
    read_manifest,
    signed_text,
    unwrap,
    xml_iv,
)

FOLDER = Path(__file__).parent.parent / "data" / "odk_encryption"
INDEX: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text("utf-8"))
VALID = [vector for vector in INDEX["vectors"] if vector["expect"] == "ok"]
REFUSED = [vector for vector in INDEX["vectors"] if vector["expect"] == "refuse"]


@cache
def private(name: str) -> RSAPrivateKey:
    """Return a private key of the vectors; that it is sound is looked at once."""
    (key,) = (one for one in INDEX["keys"] if one["name"] == name)
    return load_private_key(base64.b64decode(key["test_only_private_key_der_b64"]))


class Box:
    """The files of one vector as a server would hand them over, and what came out of them."""

    def __init__(self, vector: dict[str, Any]) -> None:
        self.folder = FOLDER / vector["name"]
        self.stored = {file["enc_name"]: file["stored_as"] for file in vector["files"]}
        self.out: dict[str, io.BytesIO] = {}

    def source(self, name: str) -> io.BytesIO | None:
        """Give the encrypted file of a listed name, if it came."""
        path = self.folder / self.stored.get(name, "-")
        return io.BytesIO(path.read_bytes()) if path.is_file() else None

    def sink(self, name: str) -> io.BytesIO:
        """Take the plain bytes of a medium."""
        self.out[name] = io.BytesIO()
        return self.out[name]


def test_there_are_thirteen_to_open_and_eighteen_to_refuse() -> None:
    """No vector was lost on the way here."""
    assert (len(VALID), len(REFUSED)) == (13, 18)


@pytest.mark.parametrize("vector", VALID, ids=lambda vector: vector["name"])
def test_a_valid_submission_opens_to_its_exact_bytes(vector: dict[str, Any]) -> None:
    """XML and media come out byte for byte, and encrypting them again gives the received files."""
    box = Box(vector)
    manifest = read_manifest((box.folder / "submission.xml").read_bytes())
    opened = open_submission(manifest, [private(vector["key"])], box.source, box.sink)
    assert (manifest.form_id, manifest.version, manifest.instance_id) == (
        vector["form_id"],
        vector["version"],
        vector["instance_id"],
    )
    assert opened.xml.decode() == vector["xml_text"]
    assert opened.aes_key.hex() == vector["aes_key_hex"]
    plain = {name: file.getvalue() for name, file in box.out.items()} | {"submission.xml": opened.xml}
    for file, iv in zip(vector["files"], ivs(manifest.instance_id, opened.aes_key), strict=False):
        content = plain[file["name"]]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert iv.hex() == file["iv_hex"]
        again = encrypted(content, opened.aes_key, iv)
        assert hashlib.sha256(again).hexdigest() == file["enc_sha256"]
    marks = [(file["name"], file["md5"]) for file in vector["files"]]
    assert signed_text(manifest, marks).decode() == vector["signature_text"]


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector["name"])
def test_a_bad_submission_is_refused_for_its_own_reason(vector: dict[str, Any]) -> None:
    """Each damage has its name; none passes as another."""
    box = Box(vector)
    key = private(vector["key"])
    with pytest.raises(DecryptError) as refused:
        open_submission(
            read_manifest((box.folder / "submission.xml").read_bytes()), [key], box.source, box.sink
        )
    assert refused.value.refusal == Refusal(vector["code"])
    assert str(refused.value) == "DK-I70"


def test_the_xml_opens_before_its_media_come() -> None:
    """An alert does not wait for a photo: the IV of the XML is known from the manifest alone."""
    vector = next(vector for vector in VALID if len(vector["files"]) > 2)
    box = Box(vector)
    manifest = read_manifest((box.folder / "submission.xml").read_bytes())
    sealed = box.source(manifest.xml_name)
    assert sealed is not None
    aes_key, _key = unwrap(manifest, [private("rsa4096"), private("rsa2048")])
    opened = b"".join(decrypted(sealed, aes_key, xml_iv(manifest, aes_key)))
    assert opened.decode() == vector["xml_text"]


def test_what_came_beside_a_missing_file_still_opens() -> None:
    """A file that never came uses up its own IV, so those after it are not shifted."""
    vector = next(vector for vector in REFUSED if vector["code"] == "MISSING_FILE")
    box = Box(vector)
    with pytest.raises(DecryptError):
        open_submission(
            read_manifest((box.folder / "submission.xml").read_bytes()),
            [private(vector["key"])],
            box.source,
            box.sink,
        )
    for file in vector["files"][:-1]:
        if file["name"] in box.out:
            assert hashlib.md5(box.out[file["name"]].getvalue()).hexdigest() == file["md5"]  # noqa: S324 - the format's
    assert box.out


MANIFESTS = [(FOLDER / vector["name"] / "submission.xml").read_bytes() for vector in INDEX["vectors"]]


@given(st.sampled_from(MANIFESTS), st.data())
def test_a_mutated_manifest_is_read_or_refused_never_worse(manifest: bytes, data: st.DataObject) -> None:
    """Whatever bytes come, the only exception is ours, and no name leads out of the folder."""
    damaged = bytearray(manifest)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        damaged = damaged or bytearray(b" ")
    try:
        read = read_manifest(bytes(damaged))
    except DecryptError:
        return
    assert not any(set("/\\\0") & set(name) for name in (*read.media, read.xml_name))
