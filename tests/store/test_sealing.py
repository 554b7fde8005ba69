"""Sealing: a fresh key per item, bound to its place, all keys in one page and nowhere else."""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import json
import os
import pickle
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pyrage
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_scripts.store.errors import (
    DiskFull,
    PageForgotten,
    RecipientUnsuitable,
    SealingFailed,
    TooFewRecipients,
)
from sync_scripts.store.seal.sealed_files import path_of
from sync_scripts.store.seal.sealed_items import (
    BLOCK,
    Holder,
    Identity,
    KeyPage,
    SealedItem,
    commitment,
    label,
    padded,
)
from sync_scripts.store.seal.sealing import KEY, LARGE, NONCE, Recipients, Sealer, make_identity
from tests.store.databases import NOW, WORKSPACE

Keys = dict[Holder, Identity]


@pytest.fixture
def recipients(holders: Keys) -> Recipients:
    """Give the three holders."""
    return Recipients.of({holder: identity.public for holder, identity in holders.items()})


@pytest.fixture
def sealer(recipients: Recipients, tmp_path: Path) -> Sealer:
    """Give a sealer that nobody has to end."""
    return Sealer(WORKSPACE, recipients, tmp_path)


def keys_of(page: KeyPage, identity: Identity) -> dict[int, tuple[str, str]]:
    """Open a page with one holder alone, by age only."""
    plain = pyrage.decrypt(page.blob, [pyrage.x25519.Identity.from_str(identity.secret)])
    decoded = json.loads(plain)
    assert (decoded["v"], decoded["page"], decoded["workspace"]) == (1, page.id, WORKSPACE)
    return {number: (kind, key) for number, kind, key in decoded["items"]}


def opened(item: SealedItem, key: str, *, place: bytes | None = None) -> bytes:
    """Open an item with cryptography only."""
    assert item.blob is not None
    where = place or label(WORKSPACE, item.scope, item.kind, item.row, item.version)
    return AESGCM(base64.b64decode(key)).decrypt(item.blob[1:13], item.blob[13:], where)


@pytest.mark.parametrize("holder", ["V", "R", "O"])
def test_each_holder_alone_opens_every_item(sealer: Sealer, holders: Keys, holder: Holder) -> None:
    """Whoever is left can still open."""
    items = [sealer.seal(f"text {n}".encode(), "s", "row", f"person:{n}", "v") for n in range(5)]
    keys = keys_of(sealer.page(NOW), holders[holder])

    assert [opened(item, keys[item.item][1]) for item in items] == [f"text {n}".encode() for n in range(5)]
    assert [keys[item.item][0] for item in items] == ["row"] * 5


def test_an_item_opens_in_no_other_place(sealer: Sealer, holders: Keys) -> None:
    """A blob moved to another scope, kind, row, version or workspace is refused."""
    item = sealer.seal(b"text", "s1", "row", "r1", "v1")
    key = keys_of(sealer.page(NOW), holders["V"])[0][1]

    assert opened(item, key) == b"text"
    for place in product((WORKSPACE, "w2"), ("s1", "s2"), ("row", "raw"), ("r1", "r2"), ("v1", "v2")):
        if place != (WORKSPACE, "s1", "row", "r1", "v1"):
            with pytest.raises(InvalidTag):
                opened(item, key, place=label(*place))


def test_the_parts_of_a_place_do_not_run_together() -> None:
    """Row "a" of version "bc" is not row "ab" of version "c"."""
    assert label("w", "s", "row", "a", "bc") != label("w", "s", "row", "ab", "c")


def test_equal_texts_give_unrelated_bytes(sealer: Sealer, holders: Keys) -> None:
    """Nobody sees that two people said the same, and no key is used twice."""
    items = [sealer.seal(b"the same text", "s", "row", "r", "v") for _ in range(200)]
    keys = keys_of(sealer.page(NOW), holders["V"])

    blobs = [item.blob for item in items]
    assert len(set(blobs)) == len({key for _, key in keys.values()}) == len(items)
    assert len({(blob or b"")[1:13] for blob in blobs}) == len(items)


def test_key_and_nonce_are_drawn_for_each_item(sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One draw an item, for a key and a nonce that share no byte: no counter, no derivation, no parameter."""
    drawn: list[int] = []
    real = os.urandom

    def count(size: int) -> bytes:
        drawn.append(size)
        return real(size)

    monkeypatch.setattr(os, "urandom", count)
    for _ in range(10):
        sealer.seal(b"x", "s", "row", "r", "v")

    assert drawn == [KEY + NONCE] * 10


def test_nothing_is_sealed_after_the_page(sealer: Sealer) -> None:
    """Its key would be in no page."""
    sealer.seal(b"x", "s", "row", "r", "v")
    page = sealer.page(NOW)

    with pytest.raises(PageForgotten):
        sealer.seal(b"y", "s", "row", "r", "v")
    with pytest.raises(PageForgotten):
        sealer.seal_stream(io.BytesIO(b"y"), "s", "file", "r", "v")
    assert sealer.page(NOW) is page


def test_a_sealer_that_is_left_without_its_page_raises(sealer: Sealer) -> None:
    """What was sealed could never be opened."""
    with pytest.raises(PageForgotten), sealer:
        sealer.seal(b"x", "s", "row", "r", "v")


def test_a_sealer_left_by_an_error_lets_the_error_through(sealer: Sealer) -> None:
    """The transaction was undone, so nothing is lost."""
    with pytest.raises(ZeroDivisionError), sealer:
        sealer.seal(bytes(1 // int(sealer.id == "")), "s", "row", "r", "v")


def test_a_sealer_that_sealed_nothing_needs_no_page(sealer: Sealer) -> None:
    """A page of nothing new stores nothing."""
    with sealer:
        pass


@pytest.mark.parametrize("leak", [repr, str, pickle.dumps, copy.deepcopy, vars])
def test_keys_do_not_leave_by_the_back_door(sealer: Sealer, leak: Callable[[object], object]) -> None:
    """No text, pickle or copy of a sealer carries a key."""
    sealer.seal(b"x", "s", "row", "r", "v")
    key = sealer._keys[0][2]
    try:
        told = leak(sealer)
    except TypeError:
        return
    assert key not in str(told)


def test_an_item_shows_no_bytes() -> None:
    """A traceback that shows an item shows its number only."""
    item = SealedItem(key_page="a" * 32, item=3, scope="s", kind="row", row="r", version="v", blob=b"secret")
    assert repr(item) == "SealedItem(aaaaaaaa/3, row)"


def test_what_is_large_becomes_a_file(sealer: Sealer, holders: Keys, tmp_path: Path) -> None:
    """More than 256 KiB would swell the register; the file opens with age alone."""
    data = os.urandom(LARGE + 1)
    item = sealer.seal(data, "s", "raw", "r", "v")
    small = sealer.seal(data[:LARGE], "s", "raw", "r", "v2")
    keys = keys_of(sealer.page(NOW), holders["R"])

    assert item.blob is None
    assert item.file is not None
    assert small.file is None
    identity = pyrage.x25519.Identity.from_str(keys[item.item][1])
    assert pyrage.decrypt(path_of(tmp_path, item.file).read_bytes(), [identity]) == data


def test_a_file_is_followed_by_its_part(sealer: Sealer, holders: Keys) -> None:
    """The part says which file it is of, the original name, and the salt of the commitment."""
    made = sealer.seal_stream(io.BytesIO(b"photo"), "s", "file", "r", "v", name="Été.jpg")
    keys = keys_of(sealer.page(NOW), holders["V"])
    part = json.loads(opened(made.part, keys[made.part.item][1]))

    assert (made.item.item, made.part.item, made.size) == (0, 1, 5)
    assert part["sealed"] == made.item.file
    assert part["name"] == "Été.jpg"
    assert made.commitment == commitment(part["nonce"], part["sha256"])


def test_the_same_file_twice_has_unrelated_names(sealer: Sealer) -> None:
    """A seized disk confirms no photo."""
    names = {sealer.seal_stream(io.BytesIO(b"photo"), "s", "file", "r", "v").item.file for _ in range(5)}
    assert len(names) == 5


class Broken(io.RawIOBase):
    """A source that is cut in the middle."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error
        self._left = 3

    def read(self, size: int = -1) -> bytes:
        """Give some bytes, then fail."""
        self._left -= 1
        if self._left < 0:
            raise self._error
        return b"x" * 1000


@pytest.mark.parametrize("error", [ConnectionResetError(104, "cut"), OSError(5, "I/O"), ValueError("own")])
def test_an_error_of_the_source_comes_through_as_it_is(
    sealer: Sealer, tmp_path: Path, error: Exception
) -> None:
    """Age passes on only a text; whoever pulls must know that the connection was cut. No file stays."""
    with pytest.raises(type(error)) as caught:
        sealer.seal_stream(Broken(error), "s", "file", "r", "v")

    assert caught.value is error
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not sealer.items


def test_a_full_disk_is_said_and_leaves_no_file(
    sealer: Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error number that age hides is recovered; short writes are gone on with."""
    real, calls = os.write, [0]

    def stingy(file: int, data: bytes) -> int:
        calls[0] += 1
        if calls[0] > 3:
            raise OSError(28, "No space left on device")
        return real(file, data[:100])

    monkeypatch.setattr(os, "write", stingy)
    with pytest.raises(DiskFull):
        sealer.seal_stream(io.BytesIO(os.urandom(500_000)), "s", "file", "r", "v")

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_padding_hides_the_length() -> None:
    """An empty note and a short one look alike, and the words stay the same."""
    lengths = {len(padded({"fields": {"note": "é" * n}})) for n in range(100)}
    assert lengths == {BLOCK}
    assert json.loads(padded({"fields": {"note": "é"}, "v": 1}))["fields"] == {"note": "é"}
    assert len(padded({"fields": "x" * 1000})) % BLOCK == 0


def test_a_version_is_sealed_with_the_salt_of_its_commitment(sealer: Sealer, holders: Keys) -> None:
    """Shown the salt later, an outsider computes the commitment himself."""
    made = sealer.seal_version(b"<alert/>", "s", "submission:1", "uuid:1")
    keys = keys_of(sealer.page(NOW), holders["O"])
    part = json.loads(opened(made.part, keys[made.part.item][1]))

    assert opened(made.raw, keys[made.raw.item][1]) == b"<alert/>"
    assert made.commitment == commitment(part["nonce"], hashlib.sha256(b"<alert/>").hexdigest())


def test_a_commitment_is_what_the_documentation_says() -> None:
    """An outsider computes it with printf and sha256sum."""
    assert commitment("00", "11") == "bce3fca66ebb1d8c85a1946a9da7e9721e3f1007874274fff915d109e5453877"


def test_fewer_than_two_holders_are_refused(holders: Keys) -> None:
    """One lost key must never lose the data; one key twice is one holder."""
    key = holders["V"].public
    for keys in ({}, {"V": key}, {"V": key, "R": key}):
        with pytest.raises(TooFewRecipients) as caught:
            Recipients.of(keys)  # type: ignore[arg-type] # narrower than it needs
        assert caught.value.found == len(set(keys.values()))


@pytest.mark.parametrize("key", ["", "age1", "age1" + "q" * 58, "AGE-SECRET-KEY-1ABC", "ssh-ed25519 AAAA"])
def test_what_is_no_public_key_is_refused(holders: Keys, key: str) -> None:
    """Better now than at the first pull."""
    with pytest.raises(RecipientUnsuitable) as caught:
        Recipients.of({"V": holders["V"].public, "O": key})
    assert caught.value.holder == "O"


def test_the_fingerprint_stands_for_exactly_these_keys(holders: Keys, recipients: Recipients) -> None:
    """Another key, or the same keys with exchanged holders, have another one."""
    keys = {holder: identity.public for holder, identity in holders.items()}
    exchanged = {**keys, "R": keys["O"], "O": keys["R"]}
    stranger = {**keys, "O": make_identity().public}

    prints = {Recipients.of(given).fingerprint for given in (exchanged, stranger)}
    assert recipients.fingerprint not in prints
    assert Recipients.of(keys).fingerprint == recipients.fingerprint


def test_there_is_no_clear_fallback(
    recipients: Recipients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When age refuses, nothing is stored."""

    def refuse(*_given: object) -> bytes:
        raise pyrage.EncryptError

    monkeypatch.setattr(pyrage, "encrypt", refuse)
    sealer = Sealer(WORKSPACE, recipients, tmp_path)
    sealer.seal(b"x", "s", "row", "r", "v")
    with pytest.raises(SealingFailed):
        sealer.page(NOW)
