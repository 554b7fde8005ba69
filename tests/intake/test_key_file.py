"""The key that is named to ``dikalo decrypt``: what is wrong with the file is said of the file, and nothing is opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from sync_scripts import cli
from tests.intake.test_decrypt import KEYS, send

DER = next(iter(KEYS.values()))
RSA = load_der_private_key(DER, None)
PKCS8 = PrivateFormat.PKCS8
HELD = {
    "a text": b"hello",
    "nothing": b"",
    "the public half": RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "a protected key": RSA.private_bytes(Encoding.PEM, PKCS8, BestAvailableEncryption(b"mot-de-passe")),
    "a key of another kind": ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PKCS8, NoEncryption()
    ),
    "a film": DER + bytes(200_000),
}


def run(tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run the command; return its exit code and the code of what it said."""
    words = ["decrypt", str(tmp_path / "in"), "--key", str(key), "--into", str(tmp_path / "out"), "--json"]
    code = cli.main(words)
    return code, json.loads(capsys.readouterr().out).get("code", "")


@pytest.mark.parametrize("name", HELD)
def test_a_file_that_holds_no_key_is_named(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No submission is blamed for it."""
    send(tmp_path / "in", 1, {})
    key = tmp_path / "key.pem"
    key.write_bytes(HELD[name])

    assert run(tmp_path, key, capsys) == (2, "DK-I67")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is looked for among the keys, not among the folders."""
    send(tmp_path / "in", 1, {})

    assert run(tmp_path, tmp_path / "key.pem", capsys) == (2, "DK-I66")


@pytest.mark.parametrize("data", [DER, RSA.private_bytes(Encoding.PEM, PKCS8, NoEncryption())])
def test_both_kinds_of_file_open(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """PEM and DER."""
    send(tmp_path / "in", 1, {})
    (tmp_path / "key").write_bytes(data)

    assert run(tmp_path, tmp_path / "key", capsys) == (0, "")
