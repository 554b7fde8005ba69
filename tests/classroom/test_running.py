"""A classroom as a whole: it starts, serves several phones, keeps silent, dies without harm, and stops."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from sync_scripts.classroom import running as running_module
from sync_scripts.classroom.desk import LONG
from sync_scripts.classroom.errors import InboxBusy, NetworkMissing, PortTaken
from sync_scripts.classroom.inbox import open_inbox
from sync_scripts.classroom.phone import Phone
from sync_scripts.classroom.protocol import Shelf
from sync_scripts.classroom.running import running
from tests.classroom.conftest import tree
from tests.classroom.raw import BOUNDARY, DEVICE, Wire, body, filled

SERVE = """
import sys, time
from pathlib import Path
from sync_scripts.classroom.protocol import Shelf, serve
from sync_scripts.classroom.inbox import open_inbox
from sync_scripts.classroom.running import running
with running(Shelf((serve(Path(sys.argv[1]).read_text("utf-8")),)), open_inbox(Path(sys.argv[2]))) as room:
    print(room.base_url, flush=True)
    time.sleep(600)
"""


def test_it_listens_only_on_this_computer_unless_asked(small_shelf: Shelf, tmp_path: Path) -> None:
    """Nobody else on the Wi-Fi reaches it by default."""
    with running(small_shelf, open_inbox(tmp_path / "inbox")) as room:
        assert room.base_url.startswith("http://127.0.0.1:")
        assert room.addresses == (room.base_url,)


def test_on_the_network_it_names_the_addresses_that_phones_may_use(
    small_shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Private ones first, none twice, never this computer's own loop."""
    found = ["127.0.1.1", "8.8.4.4", "192.168.43.7", "192.168.43.7"]
    monkeypatch.setattr(running_module, "_own_addresses", lambda: iter(found))
    with running(small_shelf, open_inbox(tmp_path / "inbox"), lan=True) as room:
        hosts = [address.split("/")[2].split(":")[0] for address in room.addresses]
        assert hosts == ["192.168.43.7", "8.8.4.4"]


def test_without_a_network_it_says_so(
    small_shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code that no phone can use would cost the morning of a training."""
    monkeypatch.setattr(running_module, "_own_addresses", lambda: iter(["127.0.0.1"]))
    with pytest.raises(NetworkMissing), running(small_shelf, open_inbox(tmp_path / "inbox"), lan=True):
        pass


def test_a_port_that_is_taken_is_named(small_shelf: Shelf, tmp_path: Path) -> None:
    """Nothing is started half: the inbox is free again."""
    inbox = open_inbox(tmp_path / "inbox")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as refused, running(small_shelf, inbox, port=port):
            pass
    assert refused.value.port == port
    with running(small_shelf, inbox):
        pass


def test_an_inbox_in_use_is_refused(small_shelf: Shelf, tmp_path: Path) -> None:
    """Two classrooms would throw away each other's arrivals."""
    first, second = open_inbox(tmp_path / "inbox"), open_inbox(tmp_path / "inbox")
    with running(small_shelf, first), pytest.raises(InboxBusy), running(small_shelf, second):
        pass


def test_the_address_of_an_inbox_stays_and_differs_from_another(small_shelf: Shelf, tmp_path: Path) -> None:
    """Phones that were set up on Monday work on Tuesday; two rooms do not meet by chance."""
    paths = []
    for name in ("one", "one", "two"):
        with running(small_shelf, open_inbox(tmp_path / name)) as room:
            paths.append(room.base_url.split("/", 3)[3])

    assert paths[0] == paths[1] != paths[2]
    assert all(len(path) == len("t/") + LONG and path[2:].isalnum() for path in paths)


def test_it_stops_although_a_phone_stays_connected(small_shelf: Shelf, tmp_path: Path) -> None:
    """A phone keeps its connection open for minutes; Ctrl-C does not wait for it, and the port is free again."""
    before = set(threading.enumerate())
    with running(small_shelf, open_inbox(tmp_path / "inbox")) as room:
        idle = Wire(room.base_url)
        idle.ask("GET", "/formList")
        started = time.monotonic()
    idle.close()

    assert time.monotonic() - started < 20
    ending = set(threading.enumerate()) - before
    for thread in ending:
        thread.join(30)  # a worker that was told to stop needs a moment on a busy machine
    assert [thread for thread in ending if thread.is_alive()] == []
    with socket.create_server(("127.0.0.1", int(idle.host.split(":")[1]))):
        pass


def test_phones_at_the_same_time_lose_and_mix_nothing(small_shelf: Shelf, tmp_path: Path) -> None:
    """Six phones send twelve forms each, and two of them the very same ones."""
    filled = {(one, turn): sample(tmp_path, one, turn) for one in range(5) for turn in range(12)}
    with running(small_shelf, open_inbox(tmp_path / "inbox")) as room:

        def work(number: int) -> list[int]:
            with Phone(room.base_url, tmp_path / f"phone{number}", device_id=f"collect:{number}") as phone:
                phone.update_forms()
                return [phone.send(filled[number % 5, turn], split_after=1).status for turn in range(12)]

        with ThreadPoolExecutor(6) as pool:
            statuses = [status for done in pool.map(work, range(6)) for status in done]

        assert statuses == [201] * 72
        assert room.tally().count == 60
    whole = {place: content for place, content in tree(room.inbox.root).items() if "/" in place}
    assert len(whole) == 60 * 3
    assert all(
        content == place.rsplit("/", 1)[0].encode() for place, content in whole.items() if ".jpg" in place
    )


def sample(folder: Path, phone: int, turn: int) -> tuple[bytes, list[Path]]:
    """Return a filled form whose files say which it is."""
    instance = f"{phone:08d}-{turn:04d}"
    place = folder / "photos" / instance
    place.mkdir(parents=True, exist_ok=True)
    for name in ("a.jpg", "b.jpg"):
        (place / name).write_bytes(f"mini/uuid{instance}".encode())
    return filled(instance=f"uuid:{instance}"), sorted(place.iterdir())


def test_nothing_is_logged(
    small_shelf: Shelf, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """No access log: it would print the device of everybody in the room; not for refusals and faults either."""
    caplog.set_level(logging.DEBUG)
    with running(small_shelf, open_inbox(tmp_path / "inbox")) as room:
        with Wire(room.base_url) as wire:
            wire.ask("GET", f"/formList?{DEVICE}")
            wire.post(body(filled(inner="<place>CANARY</place>"), ("CANARY.jpg", b"CANARY")))
            wire.post(body(b"<CANARY", ("CANARY.jpg", b"CANARY")))
            wire.post(b"CANARY" * 100)
            wire.ask("GET", f"/CANARY?{DEVICE}")
        with Wire(room.base_url) as wire:
            wire.socket.sendall(b"CANARY nonsense\r\n\r\n")
            wire.socket.recv(100)

    said = [record.getMessage() for record in caplog.records if record.name != "asyncio"]
    assert said == []
    assert capfd.readouterr() == ("", "")


def test_a_fault_is_told_to_the_phone_and_logged_without_a_value(
    small_shelf: Shelf, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The class of the fault is enough to look for it."""
    inbox = open_inbox(tmp_path / "inbox")

    def fail(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError("CANARY")

    monkeypatch.setattr(inbox, "keep", fail)
    with running(small_shelf, inbox) as room, Wire(room.base_url) as wire:
        answer = wire.post(body(filled(inner="<place>CANARY</place>")))
        assert wire.ask("GET", "/formList").status == 200

    assert answer.status == 500
    assert "DK-L32" in answer.text
    assert [record.getMessage() for record in caplog.records] == ["DK-L32 ZeroDivisionError"]
    assert "CANARY" not in answer.text + caplog.text


def test_a_phone_that_hangs_up_leaves_nothing(small_shelf: Shelf, tmp_path: Path) -> None:
    """A post that breaks off is removed at once."""
    with running(small_shelf, open_inbox(tmp_path / "inbox")) as room:
        incoming = room.inbox.root / ".incoming"
        with Wire(room.base_url) as wire:
            content = body(filled(), ("1.jpg", bytes(100_000)))
            kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
            head = wire.head("POST", "/submission", [kind, f"Content-Length: {len(content)}"])
            wire.socket.sendall(head + content[:50_000])
            wait_for(lambda: len(list(incoming.glob("post-*/1.jpg"))) == 1)
        wait_for(lambda: not list(incoming.glob("post-*")))
        assert room.tally().count == 0


def wait_for(condition: object) -> None:
    """Wait until something is so, or fail."""
    assert callable(condition)
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def process(tmp_path: Path, xform: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a classroom in a process of its own; give it and its address."""
    command = [sys.executable, "-c", SERVE, str(xform), str(tmp_path / "inbox")]
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": "/nowhere"}
    )
    out = started.stdout
    assert out is not None
    try:
        yield started, out.readline().strip()
    finally:
        started.kill()
        started.wait()
        out.close()


@pytest.mark.parametrize("kills", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_killed_while_phones_post_it_loses_nothing_it_thanked_for(
    tmp_path: Path, small_shelf: Shelf, kills: int
) -> None:
    """After each kill: every submission in sight is whole, every one that was answered 201 is there."""
    xform = tmp_path / "mini.xml"
    xform.write_bytes(small_shelf.forms[0].xform)
    thanked: set[str] = set()
    for turn in range(kills):
        with process(tmp_path, xform) as (started, address):
            sender = threading.Thread(target=_post_until_dead, args=(address, turn, thanked))
            sender.start()
            wait_for(partial(_are, thanked, len(thanked) + 1 + turn * 7 % 5))
            started.kill()
            sender.join()
        here = tree(tmp_path / "inbox")
        folders = {place.rpartition("/")[0] for place in here if place.startswith("mini/")}
        assert thanked <= folders
        for folder in folders:
            assert {f"{folder}/{name}" for name in ("submission.xml", "1.jpg", "2.jpg")} <= here.keys()
            assert here[f"{folder}/1.jpg"] == here[f"{folder}/2.jpg"] == folder.encode() * 2000

    with open_inbox(tmp_path / "inbox").in_use():
        assert not list((tmp_path / "inbox/.incoming").glob("post-*"))


def _are(thanked: set[str], goal: int) -> bool:
    return len(thanked) >= goal


def _post_until_dead(address: str, turn: int, thanked: set[str]) -> None:
    """Send forms in two posts each, remember what was thanked for, end when nobody answers."""
    try:
        with Wire(address) as wire:
            for number in range(10_000):
                instance = f"{turn:08d}-{number:04d}"
                xml, content = filled(instance=f"uuid:{instance}"), f"mini/uuid{instance}".encode() * 2000
                first = wire.post(body(xml, ("1.jpg", content), incomplete=True))
                second = wire.post(body(xml, ("2.jpg", content)))
                if (first.status, second.status) == (201, 201):
                    thanked.add(f"mini/uuid{instance}")
    except (OSError, IndexError):
        return
