"""A line that carries only so many requests a pull: every pull brings about as many things, and the register is the same."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from sync_scripts.intake.encryption.spool import WAITING_ROOM, drop_old
from sync_scripts.intake.encryption.unlocking import AT_ONCE
from sync_scripts.intake.pull import Pulled
from sync_scripts.servers.base import Server
from sync_scripts.store.schema import raw
from tests.contract import kobo_world, test_central, test_kobo
from tests.encrypted.far import Far, far
from tests.encrypted.test_pulling import PHOTO, WITH_PHOTO
from tests.intake.scene import Scene, scene, uid
from tests.store.databases import World, every_byte

ALERTS = 9
SERVERS = ("central", "kobo")


@dataclass
class Poor:
    """A line that breaks after so many requests for texts, lists of files and files.

    Attributes:
        left: requests that it still carries; None = all.
        texts, files: how often each came whole.
    """

    left: int | None = None
    texts: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    down: bool = False

    def knob(self, request: httpx.Request) -> None:
        """Break, or count."""
        path, query = request.url.path.rstrip("/"), str(request.url.query)
        text = path.endswith(".xml") or "format=xml" in query
        file = "/attachments/" in path and request.method == "GET"
        counted = text or "/attachments" in path or "/data/" in path
        if self.down or (counted and self.left == 0):
            self.down = True
            raise httpx.ConnectError("gone")
        if counted and self.left is not None:
            self.left -= 1
        self.texts[str(request.url)] += text
        self.files[path] += file


@pytest.fixture(params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    """Name the kind of server."""
    return str(request.param)


def filled(kind: str, one: Scene, *, wrapped: bool) -> Far:
    """Return a server with alerts that have a photo each, and a register beside it."""
    place = far(kind, one)
    place.make_key()  # keys at hand, whether phones use them or not
    if kind == "kobo":
        place.world.cap = 1000
    for number in range(1, ALERTS + 1):
        (place.send if wrapped else place.clear)(number, WITH_PHOTO, {"p.jpg": PHOTO})
    return place


def whole_page(place: Far) -> Server:
    """Return our client with pages that hold everything."""
    if place.kind == "central":
        return test_central.source(place.world, page=1000, wanted=("alert",))
    return test_kobo.source(place.world, wanted=(kobo_world.FORM,))


def pulls(place: Far, monkeypatch: pytest.MonkeyPatch, line: Poor, carried: int | None) -> list[Pulled]:
    """Pull until everything came; return what each pull said."""
    monkeypatch.setattr(Far, "server", property(whole_page))
    place.world.knob = line.knob
    done: list[Pulled] = []
    while not done or done[-1].failure is not None:
        assert len(done) < 60, "no end"
        line.left, line.down = carried, False
        done.append(place.pull())
    return done


@pytest.fixture(params=[False, True], ids=["clear", "encrypted"])
def wrapped(request: pytest.FixtureRequest) -> bool:
    """Tell whether phones encrypt."""
    return bool(request.param)


@pytest.fixture
def calm(kind: str, wrapped: bool, world_again: Callable[[], World], tmp_path: Path) -> Far:
    """Give the same server with a register of its own, that nothing disturbs."""
    return filled(kind, scene(world_again(), tmp_path / "clear"), wrapped=wrapped)


@pytest.mark.spread(4)
@pytest.mark.parametrize("carried", [4, 8])
def test_every_pull_brings_about_what_its_line_carries(
    calm: Far, one: Scene, wrapped: bool, carried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the end all is there, as in an undisturbed pull; no photo that came whole is asked for again."""
    poor, undisturbed, line = filled(calm.kind, one, wrapped=wrapped), Poor(), Poor()
    pulls(calm, monkeypatch, undisturbed, None)
    done = pulls(poor, monkeypatch, line, carried)
    cuts = len(done) - 1

    assert cuts > 1
    assert poor.register("at") == calm.register("at")
    assert max(line.files.values()) == 1
    again = line.texts.total() - undisturbed.texts.total()
    assert again <= AT_ONCE * cuts  # those on the way behind the one that was cut


@pytest.mark.parametrize("carried", [4, 8])
def test_what_was_read_when_the_line_broke_is_here(
    kind: str, one: Scene, wrapped: bool, carried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one pull, too: nobody waits for the last submission of a page, nor for the photo of each."""
    poor, line = filled(kind, one, wrapped=wrapped), Poor()
    monkeypatch.setattr(Far, "server", property(whole_page))
    line.left, poor.world.knob = carried, line.knob
    done = poor.pull()

    assert done.failure is not None
    assert len(poor.rows(raw.submission, "instance_id")) == done.report.new > 0
    assert not [form for (form,) in poor.rows(raw.watermark, "form") if form == ""] or kind == "kobo"


def cut_with_photos_kept(kind: str, one: Scene, monkeypatch: pytest.MonkeyPatch) -> tuple[Far, list[Path]]:
    """Let a pull of encrypted alerts be cut, so that files of one wait for the next; return them."""
    place, line = filled(kind, one, wrapped=True), Poor(left=3)
    monkeypatch.setattr(Far, "server", property(whole_page))
    place.world.knob = line.knob
    assert place.pull().failure is not None
    line.left, line.down = None, False
    return place, [*(place.scene.register.folder / WAITING_ROOM).glob("*")]


def test_a_file_that_the_disk_spoilt_meanwhile_is_asked_for_again(
    kind: str, one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes nothing disbelieved: the server still has it."""
    place, kept = cut_with_photos_kept(kind, one, monkeypatch)
    for path in kept:
        path.write_bytes(b"\0" * path.stat().st_size)
    report = place.report()

    assert kept
    assert report.quarantined_new == 0
    assert place.rows(raw.submission, "encryption") == [("whole",)] * ALERTS


def test_what_waits_for_the_next_pull_is_encrypted_and_goes_with_it(
    kind: str, one: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name of a file and no submission is told by what lies there; a pull that comes to its end leaves nothing."""
    place, kept = cut_with_photos_kept(kind, one, monkeypatch)
    names = " ".join(path.name for path in kept)
    told = every_byte(tmp_path)
    place.report()

    assert kept
    assert b"CANARI" not in told
    assert not any(word in names for word in ("jpg", "submission", "uuid", uid(1)))
    assert not [*(place.scene.register.folder / WAITING_ROOM).glob("*")]


def test_what_no_pull_comes_back_for_is_dropped_after_a_week(
    kind: str, one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may be taken out of the settings."""
    place, kept = cut_with_photos_kept(kind, one, monkeypatch)
    for path in kept:
        os.utime(path, (place.scene.now.timestamp(),) * 2)
    drop_old(place.scene.register.folder, place.scene.now + timedelta(days=6))
    early = [path.is_file() for path in kept]
    drop_old(place.scene.register.folder, place.scene.now + timedelta(days=8))

    assert all(early)
    assert kept
    assert not any(path.is_file() for path in kept)
