"""The agent: a key in memory for a while, for this user alone, and gone however it ends."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sync_scripts.cli.setup.passphrases import DurationUnclear, duration
from sync_scripts.secrets import agent, kept_key
from sync_scripts.secrets.agent import asking
from sync_scripts.secrets.agent.place import AgentFolderUnsafe, Road, folder, place
from sync_scripts.secrets.agent.process import Life, same_user
from sync_scripts.secrets.agent.process import __file__ as program
from sync_scripts.secrets.os_keyring import OsKeyring
from sync_scripts.secrets.slots import Pinned
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.own_keys import make
from sync_scripts.store.workspace import unlock
from tests.passphrases import SECOND
from tests.store.commands import DAY, Run

KEY = bytes(range(32))
HELD = agent.Held(KEY, "a" * 32, "coord-1", "mark", Pinned(holders="0" * 32, number=1))
POSIX = pytest.mark.skipif(os.name == "nt", reason="not of Windows")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a runtime folder of its own, with a short name, and end whatever agent is left in it."""
    with TemporaryDirectory(prefix="dk") as own:
        here = Path(own).resolve()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(here))
        monkeypatch.setenv("LOCALAPPDATA", str(here))
        yield here
        for workspace in ("a" * 32, "d" * 32, "e" * 32):
            agent.lock(workspace)


def test_a_runtime_folder_with_a_long_name_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No socket can be named there; the user's own temporary folder serves."""
    long = tmp_path / ("x" * 80)
    long.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    assert os.name == "nt" or long not in place("a" * 32).parents


def process_of(workspace: str) -> int:
    """Return the process id of an agent: who listens on its socket."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(str(place(workspace)))
        about = asked.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(about[:4], sys.byteorder)


def gone(workspace: str, *, within_s: float = 30) -> bool:
    """Tell whether nobody holds the key of a workspace any more, after a while."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if agent.ask(workspace) is None:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("by", ["port", pytest.param("socket", marks=POSIX)])
def test_the_key_is_given_until_it_is_locked(by: Road) -> None:
    """The same key, its worker and the time left; after lock there is none, and nothing left to ask."""
    assert agent.ask("a" * 32) is None
    agent.start(HELD, 60, by=by)
    held = agent.ask("a" * 32)

    assert held is not None
    assert (held.key, held.worker, held.slot, held.pinned) == (KEY, "coord-1", "mark", HELD.pinned)
    assert 50 <= held.left_s <= 60
    assert agent.ask("b" * 32) is None
    assert agent.lock("a" * 32)
    assert gone("a" * 32)
    assert not agent.lock("a" * 32)


@pytest.mark.parametrize("by", ["port", pytest.param("socket", marks=POSIX)])
def test_the_key_is_gone_when_its_time_is_over(by: Road) -> None:
    """Without anybody doing anything."""
    since = time.monotonic()
    agent.start(HELD, 3, by=by)

    assert agent.ask("a" * 32) is not None or time.monotonic() - since > 2
    assert gone("a" * 32)


def test_the_key_goes_with_its_time_and_with_a_sleep() -> None:
    """By either clock; a clock set back lengthens nothing, and a long gap is sleep."""
    life = Life(for_s=1800, gap_s=60)

    assert not life.over((0, 0), (100, 100), (101, 101))
    assert life.over((0, 0), (1799, 1799), (1800, 1800))
    assert life.over((0, 0), (100, 100), (161, 101)), "the wall clock jumped: the computer slept"
    assert life.over((0, 0), (100, 100), (101, 161))
    assert life.over((0, 0), (-9000, 1799), (-8999, 1800)), "set back, and its time is over all the same"


@POSIX
def test_a_sleep_of_the_computer_ends_it() -> None:
    """Here it is the process that sleeps; it forgets the key before it answers anybody."""
    agent.start(HELD, 600, gap_s=4)
    process = process_of("a" * 32)
    os.kill(process, signal.SIGSTOP)
    time.sleep(4.5)
    os.kill(process, signal.SIGCONT)

    assert agent.ask("a" * 32) is None
    assert gone("a" * 32)


@POSIX
def test_after_kill_9_the_key_is_nowhere(runtime: Path) -> None:
    """Neither in a file nor for whoever asks; the place that is left is tidied away."""
    agent.start(HELD, 600)
    process = process_of("a" * 32)
    os.kill(process, signal.SIGKILL)

    assert ended(process)
    assert place("a" * 32).exists()
    assert agent.ask("a" * 32) is None
    assert not place("a" * 32).exists()
    assert all(KEY not in one.read_bytes() for one in runtime.rglob("*") if one.is_file())


@LINUX
def test_the_process_shows_its_memory_to_nobody() -> None:
    """No core file, and no other process of this user may look into it."""
    agent.start(HELD, 600)
    process = process_of("a" * 32)
    limits = Path(f"/proc/{process}/limits").read_text(encoding="utf-8")
    (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]

    assert core.split()[4:6] == ["0", "0"]
    assert Path(f"/proc/{process}").stat().st_uid == 0, "not dumpable: its files in /proc are root's"
    told = Path(f"/proc/{process}/environ").read_bytes() + Path(f"/proc/{process}/cmdline").read_bytes()
    assert KEY not in told


@POSIX
def test_only_this_user_can_ask(runtime: Path) -> None:
    """Folder and socket are his alone; a folder that is not is refused, and so is somebody else at the socket."""
    agent.start(HELD, 600)
    assert stat.S_IMODE(place("a" * 32).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder().stat().st_mode) == 0o700

    ours = folder()
    ours.chmod(0o755)
    with pytest.raises(AgentFolderUnsafe):
        folder()
    assert agent.ask("a" * 32) is None
    ours.chmod(0o700)


@POSIX
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one who got as far as the socket: the system says who he is."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert same_user(ours)
        monkeypatch.setattr(os, "getuid", lambda: 12345)
        assert not same_user(ours)


@POSIX
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_a_process_of_another_user_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doors of its own folder opened as wide as they go, a process of another user still gets no byte."""
    with TemporaryDirectory() as own:
        monkeypatch.setenv("XDG_RUNTIME_DIR", own)
        agent.start(HELD, 600)
        where = place("a" * 32)
        for one in (where, where.parent, Path(own)):
            one.chmod(0o777)
        child = os.fork()
        if child == 0:
            os._exit(_bytes_for_nobody(where))
        _pid, status = os.waitpid(child, 0)
        where.parent.chmod(0o700)
        Path(own).chmod(0o700)
        assert os.waitstatus_to_exitcode(status) == 0
        assert agent.lock("a" * 32)


def _bytes_for_nobody(where: Path) -> int:
    """Return how many bytes another user is given; 99 when he did not even get to ask."""
    os.setuid(65534)
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(3)
        try:
            asked.connect(str(where))
        except OSError:
            return 99
        try:
            asked.sendall(b'{"op": "key", "token": ""}\n')
            return len(asked.recv(100))
        except OSError:
            return 0


def test_a_wrong_token_gets_nothing() -> None:
    """The port of Windows is open to every process of the computer; the token is not."""
    agent.start(HELD, 600, by="port")
    where = place("a" * 32)
    kept = where.read_text(encoding="utf-8")
    where.write_text(kept[:-6] + 'aaaa"}', encoding="utf-8")
    assert agent.ask("a" * 32) is None
    where.write_text(kept, encoding="utf-8")

    assert agent.ask("a" * 32) is not None


@pytest.mark.parametrize(
    "said", [b"", b"\n", b"{}\n", b"[1]\n", b'{"op": "key"}\n', b"\xff" * 5000, b"[" * 4096]
)
def test_nonsense_does_not_end_it(said: bytes) -> None:
    """Whoever talks nonsense gets no answer, and the next one does."""
    agent.start(HELD, 600, by="port")
    port = int(place("a" * 32).read_text(encoding="utf-8").split(":")[1].split(",")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
        answer = b""
        with suppress(OSError):  # it may have hung up already
            asked.sendall(said)
            asked.shutdown(socket.SHUT_WR)
            answer = asked.recv(100)
    assert answer == b""
    assert agent.ask("a" * 32) is not None


@POSIX
def test_an_agent_that_nobody_can_reach_ends() -> None:
    """Two that began at once: the one whose place the other took holds no key that nobody can lock."""
    agent.start(HELD, 600)
    first = process_of("a" * 32)
    place("a" * 32).rename(place("a" * 32).with_name("elsewhere"))
    agent.start(HELD, 600)

    assert ended(first)
    assert agent.ask("a" * 32) is not None, "and it did not take the place of the other with it"


def ended(process: int, *, within_s: float = 30) -> bool:
    """Tell whether a process is over, after a while."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if _state_of(process) in {"", "Z"}:
            return True
        time.sleep(0.1)
    return False


def _state_of(process: int) -> str:
    """Return the letter of a process's state, "" when there is none."""
    try:
        said = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return said.rpartition(")")[2].split()[0]


@POSIX
def test_lock_ends_an_agent_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said to be locked, it is: a process that hangs forgets the key when it goes on."""
    monkeypatch.setattr(asking, "_WAIT_S", 0.3)
    agent.start(HELD, 600)
    process = process_of("a" * 32)
    os.kill(process, signal.SIGSTOP)

    assert agent.lock("a" * 32)
    os.kill(process, signal.SIGCONT)
    assert ended(process)


def test_who_speaks_slowly_does_not_keep_it_from_its_end() -> None:
    """A letter now and then, for ever: its time is over all the same, and others are heard meanwhile."""
    agent.start(HELD, 600, by="port")
    port = int(place("a" * 32).read_text(encoding="utf-8").split(":")[1].split(",")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
        until, hung_up = time.monotonic() + 30, False
        while time.monotonic() < until and not hung_up:
            try:
                asked.sendall(b" ")
            except OSError:
                hung_up = True
            time.sleep(0.5)

    assert hung_up


def test_the_program_is_the_standard_library_alone() -> None:
    """What holds a key reads no package that somebody could have changed under it."""
    lines = Path(program).read_text(encoding="utf-8").splitlines()
    imported = {line.split()[1].partition(".")[0] for line in lines if line.startswith(("import ", "from "))}

    assert imported - {"__future__"} <= sys.stdlib_module_names


# --- the commands ----------------------------------------------------------------------------------------------------


def test_commands_ask_the_agent_before_they_ask_a_person(real: Path, run: Run) -> None:
    """Unlocked once, then nobody types; locked again, everybody does."""
    assert run("alerts", "list")[0] == 4
    code, said, err = run("unlock", "--for", "30m", "--json", day=DAY)
    assert code == 0, err
    assert (said["minutes"], said["worker"]) == (30, "coord-1")
    assert run("alerts", "list")[0] == 0
    assert run("doctor", "--open", "--offline")[0] in {0, 3}
    assert run("lock", "--json")[1]["was_unlocked"]

    assert run("alerts", "list")[0] == 4
    assert not run("lock", "--json")[1]["was_unlocked"]


def test_it_is_locked_in_spite_of_a_slip_in_the_settings(real: Path, run: Run) -> None:
    """Whoever must lock at once has no time to put two servers of one name right."""
    assert run("unlock", day=DAY)[0] == 0
    place = real / "dikalo.toml"
    server = '\n[[server]]\nname = "x"\nkind = "kobo"\nurl = "https://kobo.example.org"\n'
    place.write_text(place.read_text("utf-8") + 2 * server, "utf-8")

    assert run("pull", "--json")[1]["code"] == "DK-C16"
    assert run("lock", "--json")[1]["was_unlocked"]
    assert agent.ask("e" * 32) is None


def test_a_passphrase_that_is_handed_over_wins(real: Path, run: Run) -> None:
    """Who names a descriptor means it: a wrong one is refused although the agent holds the key."""
    assert run("unlock", day=DAY)[0] == 0

    assert run("alerts", "list", day="wrong horse wrong horse")[0] == 4
    assert run("alerts", "list")[0] == 0


def test_a_changed_passphrase_ends_what_was_unlocked(real: Path, run: Run) -> None:
    """A slot that was written anew, or removed, is not the one that the agent was opened with."""
    assert run("unlock", day=DAY)[0] == 0
    make(unlock(real, secret=lambda _q: DAY), "coord-1", SECOND, demo_keys.WORK).write()

    assert run("alerts", "list")[0] == 4
    assert agent.ask("e" * 32) is None


def test_a_wrong_passphrase_unlocks_nothing(real: Path, run: Run) -> None:
    """And leaves no process behind."""
    assert run("unlock", day="wrong horse wrong horse")[0] == 4
    assert agent.ask("e" * 32) is None


def test_a_demonstration_has_nothing_to_unlock(demo: Path, run: Run) -> None:
    """Its key is published."""
    assert run("unlock", "--json")[1]["demo"]
    assert agent.ask("d" * 32) is None


def test_the_keyring_is_used_by_choice_alone(real: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept there until lock takes it out; no file holds it, and a time makes no sense."""
    ring: dict[str, str] = {}
    monkeypatch.setattr(OsKeyring, "keep", lambda _self, name, secret: ring.update({name: secret}))
    monkeypatch.setattr(OsKeyring, "find", lambda _self, name: ring[name])
    monkeypatch.setattr(OsKeyring, "forget", lambda _self, name: ring.pop(name))
    assert run("unlock", "--keyring", "--for", "1h", day=DAY)[0] == 2
    assert run("unlock", "--keyring", day=DAY)[0] == 0

    assert agent.ask("e" * 32) is None
    assert (real / kept_key.MARKER).read_bytes() == b""
    assert run("alerts", "list")[0] == 0
    assert run("lock")[0] == 0
    assert ring == {}
    assert run("alerts", "list")[0] == 4


def test_a_key_that_stays_in_the_keyring_is_said(
    real: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A keyring that is locked keeps it: lock does not say that all is well, and nothing here uses it any more."""
    ring: dict[str, str] = {}
    monkeypatch.setattr(OsKeyring, "keep", lambda _self, name, secret: ring.update({name: secret}))
    monkeypatch.setattr(OsKeyring, "find", lambda _self, name: ring[name])
    monkeypatch.setattr(OsKeyring, "forget", lambda _self, _name: False)
    assert run("unlock", "--keyring", day=DAY)[0] == 0
    assert run("alerts", "list")[0] == 0

    code, _said, err = run("lock")
    assert (code, "DK-J05" in err) == (3, True)
    assert run("alerts", "list")[0] == 4
    assert run("lock")[0] == 3, "and the next lock tries again"
    assert run("unlock", "--keyring", day=DAY)[0] == 0
    assert run("alerts", "list")[0] == 0


@POSIX
def test_an_agent_that_cannot_begin_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not a silence that somebody takes for unlocked."""
    monkeypatch.setattr(sys, "executable", "/bin/true")

    with pytest.raises(asking.AgentFailed):
        agent.start(HELD, 60)


@POSIX
@pytest.mark.parametrize(
    "does", ["exec sleep 600", "exec cat /dev/zero"], ids=["says nothing", "never stops"]
)
def test_an_agent_that_does_not_say_that_it_is_ready_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, does: str
) -> None:
    """Neither silence nor endless bytes hold the command up, or fill its memory."""
    stuck, known_by = tmp_path / "python", tmp_path / "pid"
    stuck.write_text(f"#!/bin/sh\necho $$ > '{known_by}'\n{does}\n", "utf-8")
    stuck.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(stuck))
    monkeypatch.setattr(asking, "BEGIN_S", 1.0)

    with pytest.raises(asking.AgentFailed):
        agent.start(HELD, 60)
    with pytest.raises(ProcessLookupError):
        os.kill(int(known_by.read_text("utf-8")), 0)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30m", 30), ("30", 30), ("2h", 120), ("1h30", 90), ("1 H 05 min", 65), ("12h", 720)],
)
def test_lengths_of_time_are_read_as_people_write_them(text: str, minutes: int) -> None:
    """Minutes, hours, both."""
    assert duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "0", "0m", "13h", "soon", "-5", "1d", "2h2h"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    """Nothing is guessed, and no key is held for a day."""
    with pytest.raises(DurationUnclear):
        duration(text)
