"""A pull and an opening of encrypted submissions, killed before each of their deeds: the next clean run comes to the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sync_scripts.cli.opening.vault_reading import take
from sync_scripts.intake.completeness import soundness
from sync_scripts.intake.encryption.unparking import parked
from sync_scripts.register.care import rebuild
from sync_scripts.store import durable
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.vault import Vault, by_identity
from tests.encrypted.far import Far, far
from tests.encrypted.phone import Sent, encrypt
from tests.encrypted.registers import register_in
from tests.intake.scene import COORDINATOR, NOW, draw, scene
from tests.store.databases import every_byte

PHOTO = b"\xff\xd8 CANARI-PHOTO " + bytes(range(256)) * 300
WITH_PHOTO = (
    "<story><short_text>CANARI</short_text><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"
)


class Killed(BaseException):
    """The process is gone in the middle of a deed."""


@pytest.fixture
def fresh(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Iterator[Callable[[], Far]]:
    """Return what makes a new register with the same two keys, and a folder with the same encrypted submissions."""
    first = tmp_path / "first"
    here = register_in(first, template_file, holders)
    day = form_keys.make(here.register, "alert", "day", COORDINATOR, NOW)
    vault = form_keys.make(here.register, "case", "vault", COORDINATOR, NOW)
    here.register.settle()
    here.register.close()
    numbers = itertools.count()
    sent: dict[tuple[str, int], Sent] = {}
    made: list[Far] = []

    def go() -> Far:
        folder = tmp_path / f"{next(numbers)}"
        place = far("folder", scene(register_in(folder, first / "register.db", holders), folder))
        for number in (1, 2):
            for key in (day, vault):
                name = (key.use, number)
                xml = place.xml(number + (10 if key is vault else 0), WITH_PHOTO)
                sent.setdefault(name, encrypt(key.public, xml, {"p.jpg": PHOTO}))
                place.lay(number + (10 if key is vault else 0), sent[name])
        made.append(place)
        return place

    yield go
    for place in made:
        place.scene.register.close()


def open_all(place: Far) -> None:
    """Let a person with the vault take in what waits."""
    register = place.scene.register
    with register.reading() as rows:
        waits = parked(rows)
    key = by_identity(place.scene.world.holders["V"].secret)
    with Vault(register, key, COORDINATOR, now=lambda: place.scene.now) as vault:
        take(register, vault, waits, "lecture")


def everything(place: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pull, then open what waits."""
    way = replace(place.scene.way, draw=draw, clock=lambda: place.scene.now)
    monkeypatch.setattr(
        "sync_scripts.cli.opening.vault_reading.Way",
        lambda **handed: replace(way, keys=handed["keys"], only=handed["only"]),
    )
    place.pull()
    open_all(place)


def killed_at(moment: int, deed: Callable[[], None]) -> bool:
    """Do something and be killed before its deed of this number; tell whether it came so far."""
    left = itertools.count()
    struck = []

    def strike(_name: str) -> None:
        if next(left) == moment:
            struck.append(moment)
            raise Killed

    durable.watch(strike)
    try:
        with suppress(Killed):
            deed()
    finally:
        durable.watch(None)
    return bool(struck)


def looked_at(place: Far) -> dict[str, object]:
    """Return what must be the same, however often it was cut."""
    waits = place.waits("instance_id", "state", "waits")
    files = len(place.rows(raw.waiting_file, "tag"))
    return {
        **place.register(),
        "waiting": waits,
        "files": files,
        "how": place.rows(raw.submission, "instance_id", "encryption"),
    }


def run(fresh: Callable[[], Far], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, every: int) -> None:
    """Kill at every so many deeds; then once clean; compare."""
    undisturbed = fresh()
    everything(undisturbed, monkeypatch)
    wanted = looked_at(undisturbed)
    count = 0
    for moment in itertools.count(0, every):
        place = fresh()
        if not killed_at(moment, lambda place=place: everything(place, monkeypatch)):  # type: ignore[misc] # bound now
            break
        everything(place, monkeypatch)
        found = looked_at(place)
        assert {name for name in wanted if found[name] != wanted[name]} == set(), moment
        assert not rebuild.check(place.scene.register, place.scene.now).differing
        assert not [*(place.scene.register.folder / ".incoming").glob("enc-*")]
        count += 1
    assert count > 4
    assert b"CANARI" not in every_byte(tmp_path)


def test_killed_anywhere_the_next_run_comes_to_the_same(
    fresh: Callable[[], Far], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing stands twice, nothing is lost, nothing plain is left behind."""
    run(fresh, monkeypatch, tmp_path, 43)


@pytest.mark.slow
def test_killed_at_every_other_deed_the_next_run_comes_to_the_same(
    fresh: Callable[[], Far], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same, before every second deed."""
    run(fresh, monkeypatch, tmp_path, 2)


def test_read_again_from_sealed_bytes_it_is_the_same(
    fresh: Callable[[], Far], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sealed of an encrypted submission is what its phone wrote: a deep look finds no difference."""
    place = fresh()
    everything(place, monkeypatch)
    key = by_identity(place.scene.world.holders["V"].secret)
    with Vault(place.scene.register, key, COORDINATOR, now=lambda: place.scene.now) as vault:
        opened = ((one.item, one.data) for one in vault.open_kinds("test", *soundness.KINDS))
        found = soundness.compare(place.scene.register, opened)

    assert (found.versions, found.different, found.lost) == (4, (), ())
