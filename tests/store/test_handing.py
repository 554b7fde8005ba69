"""Files for somebody outside: ordinary age files, opened here by another implementation of age than the one that wrote them."""

from __future__ import annotations

import os
import re

import pyrage
import pytest

from sync_scripts.secrets.errors import PassphraseWeak
from sync_scripts.store.seal import handover_sealing
from sync_scripts.store.seal.handover_sealing import (
    LOG_WORK,
    ReceiverKeyUnsuitable,
    recipient_of,
    seal_for,
    seal_under,
)
from tests.passphrases import SECOND as PHRASE


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no guess cost its half second: its work stands in the head, and one test looks at it."""
    monkeypatch.setattr(handover_sealing, "LOG_WORK", 4)


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 200_000])
def test_a_passphrase_opens_whatever_its_length(size: int) -> None:
    """Around the ends of age's chunks of 64 KiB, too, where a mark says which one is the last."""
    data = os.urandom(size)
    assert pyrage.passphrase.decrypt(seal_under(data, PHRASE), PHRASE) == data


def test_the_work_is_fixed_and_the_header_is_age_s_own() -> None:
    """One scrypt stanza of 2^17: a weak laptop opens it; no name, no size, no date in the head."""
    sealed = seal_under(b"x", PHRASE)
    head = sealed.split(b"\n---")[0].decode()
    assert pyrage.passphrase.decrypt(sealed, PHRASE) == b"x"
    assert re.fullmatch(
        rf"age-encryption\.org/v1\n-> scrypt [A-Za-z0-9+/]{{22}} {LOG_WORK}\n[A-Za-z0-9+/]{{43}}", head
    )


@pytest.mark.usefixtures("cheap")
def test_two_files_of_one_thing_have_nothing_in_common() -> None:
    """Salt, file key and nonce are drawn each time."""
    one, other = (seal_under(b"the same", PHRASE) for _ in range(2))
    assert one[-40:] != other[-40:]
    assert one.split(b"\n")[1] != other.split(b"\n")[1]


@pytest.mark.usefixtures("cheap")
def test_another_passphrase_and_any_changed_byte_open_nothing() -> None:
    """Head, wrapped key, MAC, nonce and each chunk are authenticated."""
    data = seal_under(b"secret", PHRASE)
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(data, PHRASE + "x")
    for place in (30, 60, 90, 130, 175, len(data) - 1):
        damaged = bytearray(data)
        damaged[place] ^= 1
        with pytest.raises((pyrage.DecryptError, ValueError)):
            pyrage.passphrase.decrypt(bytes(damaged), PHRASE)


def test_what_is_easy_to_guess_is_refused() -> None:
    """As for every other passphrase."""
    with pytest.raises(PassphraseWeak):
        seal_under(b"x", "abc")


@pytest.mark.parametrize("text", ["", "age1", "AGE-SECRET-KEY-1ABC", "ssh-ed25519 AAAA"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    """Before anything is opened for it."""
    with pytest.raises(ReceiverKeyUnsuitable):
        recipient_of(text)


def test_blanks_around_a_key_do_not_matter() -> None:
    """It is copied from a message."""
    mine = pyrage.x25519.Identity.generate()
    assert pyrage.decrypt(seal_for(b"x", f" {mine.to_public()}\n"), [mine]) == b"x"
