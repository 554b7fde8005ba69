"""Key slots and passphrases: what opens, what is refused before any work is done."""

from __future__ import annotations

import json
import unicodedata

import msgspec
import pytest

from sync_scripts.secrets import recovery, slots
from sync_scripts.secrets.errors import (
    CodeUnsuitable,
    KeysDamaged,
    NoSuchSlot,
    RecoveryKeyWrong,
    SlotUnreasonable,
    WrongPassphrase,
)
from sync_scripts.secrets.slots import Kdf, KeyName, Pinned, Slot
from sync_scripts.secrets.wrapped_file import CLIENT, PHONES, Altered
from sync_scripts.store.seal.sealing import make_identity

LEAST = Kdf(m_kib=19 * 1024, t=1)
DAY = bytes(range(32))
PINNED = Pinned(holders="0" * 32, number=1)


def slot(passphrase: str, *, worker: str = "coord-1", name: KeyName = "day", demo: bool = False) -> Slot:
    """Make a slot with the least work allowed."""
    return slots.wrap(
        DAY, passphrase, name=name, pinned=PINNED, workspace="w", worker=worker, demo=demo, work=LEAST
    )


def test_the_right_passphrase_opens() -> None:
    """And says whose slot it was."""
    opened = slots.unwrap([slot("été à Kumba")], "day", lambda: "été à Kumba")
    assert (opened.key, opened.worker, opened.demo, opened.workspace) == (DAY, "coord-1", False, "w")
    assert "\\x" not in repr(opened)


def test_an_accent_may_be_typed_either_way() -> None:
    """Keyboards differ in how they write é."""
    opened = slots.unwrap([slot("été")], "day", lambda: unicodedata.normalize("NFD", "été"))
    assert opened.key == DAY


def test_each_worker_opens_his_own_slot() -> None:
    """One question; the passphrase tells whose it is."""
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return "two"

    found = [slot("one", worker="a1"), slot("vault", worker="a1", name="vault"), slot("two", worker="b2")]
    assert slots.unwrap(found, "day", ask).worker == "b2"
    assert len(asked) == 1


@pytest.mark.parametrize("typed", ["", "A", "a ", "b"])
def test_a_wrong_passphrase_opens_nothing(typed: str) -> None:
    """Said in one sentence, without what was typed."""
    with pytest.raises(WrongPassphrase) as caught:
        slots.unwrap([slot("a")], "day", lambda: typed)
    assert caught.value.exit_code == 4


def test_without_a_slot_nobody_is_asked() -> None:
    """A machine without a vault slot must not ask for a vault passphrase."""
    with pytest.raises(NoSuchSlot):
        slots.unwrap([slot("a")], "vault", lambda: pytest.fail("asked"))


@pytest.mark.parametrize(
    "change",
    [
        {"worker": "coord-2"},
        {"demo": True},
        {"workspace": "x"},
        {"created": "2020-01-01T00:00:00Z"},
        {"kdf": {"t": 2}},
        {"nonce": "AAAAAAAAAAAAAAAA"},
        {"nonce": "AAAA"},
        {"wrapped": "AAAA"},
    ],
    ids=["worker", "demo", "workspace", "created", "work", "nonce", "short nonce", "wrapped"],
)
def test_nothing_in_a_slot_can_be_changed(change: dict[str, object]) -> None:
    """Neither the code nor the mark of a demonstration without the passphrase."""
    plain = json.loads(slots.render([slot("a")]))
    for name, value in change.items():
        old = plain["slots"][0][name]
        plain["slots"][0][name] = {**old, **value} if isinstance(value, dict) else value
    with pytest.raises(WrongPassphrase):
        slots.unwrap(slots.parse(json.dumps(plain).encode()), "day", lambda: "a")


@pytest.mark.parametrize(
    "work",
    [
        Kdf(m_kib=19 * 1024 - 1),
        Kdf(m_kib=1024 * 1024 + 1),
        Kdf(m_kib=2**31),
        Kdf(m_kib=-1),
        Kdf(m_kib=19 * 1024, t=0),
        Kdf(m_kib=19 * 1024, t=11),
        Kdf(m_kib=19 * 1024, p=0),
        Kdf(m_kib=19 * 1024, p=64),
    ],
    ids=str,
)
def test_hostile_work_is_refused_before_anybody_types(work: Kdf) -> None:
    """A prepared file must neither eat the memory nor make guessing cheap."""
    hostile = msgspec.structs.replace(
        slot("a"), kdf=msgspec.structs.replace(work, salt="AAAAAAAAAAAAAAAAAAAAAA==")
    )
    with pytest.raises(SlotUnreasonable):
        slots.unwrap([slot("x"), hostile], "day", lambda: pytest.fail("asked"))


def test_a_short_salt_is_refused() -> None:
    """It would let one guess be tried on many files."""
    hostile = msgspec.structs.replace(slot("a"), kdf=msgspec.structs.replace(LEAST, salt="AAAA"))
    with pytest.raises(SlotUnreasonable):
        slots.unwrap([hostile], "day", lambda: "a")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"v":2,"slots":[]}',
        b'{"v":1,"slots":[{}]}',
        b'{"v":1,"slots":[],"more":1}',
        b'{"v":1,"slots":' + b"[" * 50_000,
        b" " * (slots.LARGEST + 1),
    ],
    ids=["empty", "cut", "list", "no text", "later", "empty slot", "unknown key", "deep", "long"],
)
def test_a_damaged_file_is_said_to_be_damaged(data: bytes) -> None:
    """Whatever is in it, one error of ours comes out."""
    with pytest.raises(KeysDamaged):
        slots.parse(data)


def test_every_cut_of_a_file_is_damage() -> None:
    """No truncated keys.json is taken for a whole one."""
    whole = slots.render([slot("a")]).rstrip()
    for at in range(len(whole)):
        with pytest.raises(KeysDamaged):
            slots.parse(whole[:at])


def test_no_base64_is_damage() -> None:
    """A slot with other letters is no slot."""
    damaged = msgspec.structs.replace(slot("a"), wrapped="é")
    with pytest.raises((KeysDamaged, WrongPassphrase)):
        slots.unwrap([damaged], "day", lambda: "a")


def test_salt_and_nonce_are_new_each_time() -> None:
    """Also for the same passphrase."""
    made = [slot("a") for _ in range(3)]
    assert len({one.kdf.salt for one in made}) == len({one.nonce for one in made}) == 3


def test_a_new_slot_costs_what_it_should() -> None:
    """Guessing must cost: 256 MiB, or 64 on a very small machine."""
    work = slots.usual_work()
    assert work.m_kib in {256 * 1024, 64 * 1024}
    assert (work.t, work.p) == (3, 1)


def test_a_key_in_groups_is_typed_back() -> None:
    """Blanks, lines and small letters do not matter."""
    secret = make_identity().secret
    shown = recovery.in_groups(secret)

    assert max(len(line) for line in shown.splitlines()) == 24
    assert recovery.typed(shown.lower()) == recovery.typed(secret) == secret


@pytest.mark.parametrize(
    "typed", ["", "AGE-SECRET-KEY-1", "age1qqqq", "AGE-SECRET-KEY-1" + "Q" * 59, "É" * 74]
)
def test_what_is_no_key_is_refused(typed: str) -> None:
    """At once, before anything is opened."""
    with pytest.raises(RecoveryKeyWrong):
        recovery.typed(typed)


@pytest.mark.parametrize("code", ["a", "é1", "two words", "x" * 21, "dikalo", "Dikalo", "", "a;b"])
def test_what_is_no_code_is_refused(code: str) -> None:
    """A code is never a name, and never the program's own."""
    with pytest.raises(CodeUnsuitable):
        slots.worker_code(code)


def test_a_code_is_taken_as_it_is() -> None:
    """Without the blanks around it."""
    assert slots.worker_code(" Coord_1-b ") == "Coord_1-b"


def test_client_keys_come_back() -> None:
    """With the everyday key and for that workspace only."""
    data = CLIENT.wrap(DAY, "w", bytes(32))

    assert CLIENT.unwrap(DAY, "w", data) == bytes(32)
    for key, workspace, changed in (
        (bytes(32), "w", data),
        (DAY, "x", data),
        (DAY, "w", data[:-9] + b'AAAAAAA"}'),
        (DAY, "w", b"{}"),
        (DAY, "w", PHONES.wrap(DAY, "w", bytes(32))),
    ):
        with pytest.raises(Altered):
            CLIENT.unwrap(key, workspace, changed)
