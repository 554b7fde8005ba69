"""Somebody who can write into a workspace's folder, or read what a process leaves behind."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from sync_scripts.cli.frame import outcome
from sync_scripts.secrets import slots
from sync_scripts.secrets.errors import SlotUnreasonable, TooManySlots
from sync_scripts.secrets.kept_key import LAST_WORKER
from sync_scripts.secrets.slots import Kdf, Pinned, Slot
from sync_scripts.store.seal import demo_keys, own_keys
from sync_scripts.store.vault import by_identity, by_passphrase
from sync_scripts.store.workspace import open_unlocked, unlock
from tests.passphrases import SECOND
from tests.store.commands import DAY, VAULT, found
from tests.store.databases import NOW

POSIX = pytest.mark.skipif(os.name == "nt", reason="not of Windows")


def slot() -> Slot:
    """Return an everyday slot."""
    pinned = Pinned(holders="0" * 32, number=1)
    return slots.wrap(
        bytes(32), "x", name="day", pinned=pinned, workspace="w", worker="a", demo=False, work=demo_keys.WORK
    )


@pytest.mark.parametrize(
    ("number", "work"),
    [(33, demo_keys.WORK), (3, Kdf(m_kib=1024 * 1024, t=10)), (11, Kdf(m_kib=1024 * 1024, t=3))],
)
def test_a_prepared_file_keeps_nobody_waiting_for_hours(number: int, work: Kdf) -> None:
    """Each slot within its bounds, and together more than an old laptop derives in an afternoon: refused before anybody types."""
    one = slot()
    costly = msgspec.structs.replace(one, kdf=msgspec.structs.replace(work, salt=one.kdf.salt))
    with pytest.raises(SlotUnreasonable):
        slots.unwrap([costly] * number, "day", lambda: pytest.fail("asked"))


def test_as_many_as_there_may_be_are_opened() -> None:
    """Thirty-two of the usual cost are within the bounds; the last one is found."""
    usual = Kdf(m_kib=256 * 1024, t=3)
    assert sum(usual.m_kib * usual.t for _slot in range(slots.MOST_SLOTS)) <= slots.MOST_WORK


def test_there_is_no_thirty_third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said when it would be made, and not when nobody can open any more."""
    root = found(tmp_path / "w")
    keys = unlock(root, secret=lambda _prompt: DAY)
    monkeypatch.setattr(slots, "MOST_SLOTS", 2)
    with pytest.raises(TooManySlots):
        own_keys.make(keys, "CO-02", SECOND, demo_keys.WORK)


def test_the_worker_of_last_time_waits_for_no_other_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty derivations before one's own would be half a minute, each time."""
    root = found(tmp_path / "w")
    keys = unlock(root, secret=lambda _prompt: DAY)
    own_keys.make(keys, "CO-02", SECOND, demo_keys.WORK).write()
    unlock(root, secret=lambda _prompt: SECOND)
    derived, real = list[Kdf](), slots._derive

    def derive(passphrase: str, kdf: Kdf) -> bytes:
        derived.append(kdf)
        return real(passphrase, kdf)

    monkeypatch.setattr(slots, "_derive", derive)

    assert unlock(root, secret=lambda _prompt: SECOND).worker == "CO-02"
    assert len(derived) == 1
    (root / LAST_WORKER).write_bytes(b"\xff" * 5000)  # whatever stands there, it only says who is tried first
    assert unlock(root, secret=lambda _prompt: SECOND).worker == "CO-02"


@POSIX
def test_a_crash_report_is_for_its_owner_only(tmp_path: Path) -> None:
    """It names places in the code and the time: others of a shared computer need not read it."""
    (tmp_path / "dikalo.toml").touch()
    before = os.umask(0)
    try:
        name = outcome._write_report(tmp_path, ["ValueError"], NOW)
    finally:
        os.umask(before)
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


@POSIX
@pytest.mark.parametrize("key", ["paper", "vault", "day", "handed over"])
def test_no_process_that_holds_a_key_leaves_a_core_file(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way to hold one forbids core files by itself, before the key is there."""
    import resource

    root = found(tmp_path / "w")
    keys = unlock(root, secret=lambda _prompt: DAY)
    forbidden: list[object] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *given: forbidden.append(given))
    if key == "paper":
        by_identity(demo_keys.IDENTITIES["R"].secret)
    elif key == "vault":
        by_passphrase(root, lambda: VAULT if forbidden else pytest.fail("too late"))
    elif key == "day":
        unlock(root, secret=lambda _prompt: DAY if forbidden else pytest.fail("too late"))
    else:
        open_unlocked(keys).close()

    assert set(forbidden) == {(resource.RLIMIT_CORE, (0, 0))}
