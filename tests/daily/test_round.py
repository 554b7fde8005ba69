"""The whole round: every part whatever became of the one before, nothing twice, nothing half-done."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync_scripts import cli, config
from sync_scripts.cli import sync
from sync_scripts.cli.shell import SecretNeeded, Shell
from sync_scripts.config import NotifySettings, ServerSettings, TeamSettings
from sync_scripts.daily import Part, Round, Wish, pulling
from sync_scripts.daily.child import Failure, Job, Told
from sync_scripts.daily.pulling import Pull, Source, pull_from, sources_of
from sync_scripts.daily.round import worst
from sync_scripts.daily.staying import STAY_OPEN
from sync_scripts.daily.waiting import ASLEEP, Backoff, Waiter
from sync_scripts.errors import Unreachable
from sync_scripts.intake.remote import LoginMissing
from sync_scripts.intake.verify import verify
from sync_scripts.publish import Done
from sync_scripts.secrets import kept_key
from sync_scripts.store import events, logins, outbox
from sync_scripts.store.lock import hold
from sync_scripts.store.workspace import Unlocked, Workspace, open_workspace, unlock
from tests.bench.make import DAY, lay
from tests.bench.make import workspace as make
from tests.daily.sinks import webhook
from tests.store.commands import pipe

NOW = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
Go = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a workspace that has pulled nothing yet, and a folder with six submissions."""
    lay(tmp_path / "source", 6, "mixed")
    make(tmp_path / "w", tmp_path / "source")
    return tmp_path / "w"


@pytest.fixture
def go(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Go:
    """Give a function that runs one command there; returns exit code, document or text, and talk."""

    def run(*words: str) -> tuple[int, Any, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words])
        monkeypatch.delenv("DIKALO_KEY_FD")
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words else out, err

    return run


def opened(root: Path) -> Workspace:
    """Open the workspace."""
    return open_workspace(root, secret=lambda _q: DAY)


def change(root: Path, **more: Any) -> None:
    """Write other settings."""
    config.write(root, msgspec.structs.replace(config.load(root), **more))


def parts(document: Any) -> dict[str, Any]:
    """Return the parts of a round by name."""
    return {one["name"]: one for one in document["parts"]}


def likeness(root: Path) -> dict[str, str]:
    """Return what lies in a folder, apart from who held the lock last and the log of a reader."""
    return {
        str(one.relative_to(root)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted(root.rglob("*"))
        if one.is_file() and not one.name.startswith((".lock", "register.db-"))
    }


def test_a_round_pulls_checks_and_says_what_needs_somebody(root: Path, go: Go) -> None:
    """One document; a second round brings nothing new."""
    code, document, err = go("sync", "--json")
    found = parts(document)

    assert (code, document["exit"]) == (0, 0), err
    assert document["schema"] == "dikalo.sync/1"
    assert found["pull"]["result"][0]["report"]["new"] == 6
    assert document["today"]["counts"]["alerts"] == 3
    assert found["publish"]["skipped"], "no team is in the settings: it says so and goes on"
    assert {one["wrong"] == [] for one in found["verify"]["result"]["checks"]} == {True}
    assert parts(go("sync", "--json")[1])["pull"]["result"][0]["report"]["new"] == 0


def test_a_round_speaks_to_people(root: Path, go: Go) -> None:
    """One line a part; progress is talk and the result is output."""
    code, text, talk = go("sync")

    assert code == 0
    assert "Pull: folders: New: 6." in text
    assert "Check: the register is sound." in text
    assert "Needs you" in text
    assert "Pull ..." in talk


def test_a_dry_run_changes_nothing(root: Path, go: Go) -> None:
    """It says what would come, and every file is what it was."""
    before = likeness(root)
    code, document, _ = go("sync", "--dry-run", "--json")

    assert code == 0
    assert document["dry_run"]
    assert parts(document)["pull"]["result"][0]["report"]["new"] == 6
    assert likeness(root) == before


@pytest.mark.slow
def test_a_server_that_is_down_stops_nothing_else(root: Path, go: Go) -> None:
    """The folder is pulled, the rest is done, and the exit code is that of the network."""
    kobo = ServerSettings(name="kobo", kind="kobo", url="https://127.0.0.1:9")
    change(root, server=(kobo, *config.load(root).server))
    workspace = opened(root)
    logins.keep(workspace.register, "kobo", "pull", logins.Kept(token="x" * 40))
    workspace.close()
    code, document, _ = go("sync", "--json")
    pulls = {one["source"]: one for one in parts(document)["pull"]["result"]}

    assert code == document["exit"] == 5
    assert pulls["folder"]["report"]["new"] == 6
    assert pulls["kobo"]["failure"]["exit"] == 5
    assert document["today"]["counts"]["alerts"] == 3
    assert {one["server"]: one["at"] is None for one in document["today"]["pulled"]} == {
        "folder": False,
        "kobo": True,
    }


def test_without_a_login_it_says_so_and_goes_on(root: Path, go: Go) -> None:
    """To pull without one is a fault that somebody must mend; to publish without one is how most laptops are."""
    kobo = ServerSettings(name="kobo", kind="kobo", url="https://127.0.0.1:9")
    change(
        root,
        server=(*config.load(root).server, kobo),
        team=(TeamSettings(name="north", departments=("CM007002",), people=("EN-NW-02",)),),
    )
    code, document, _ = go("sync", "--json")
    found = parts(document)

    assert code == 4
    assert found["publish"]["exit"] == 0
    assert {one["server"]: one["failure"] for one in found["publish"]["result"]}["kobo"] == "DK-I59"
    assert found["pull"]["exit"] == 4


def test_a_round_asks_the_agent_before_a_person(
    root: Path, go: Go, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Once unlocked, nobody need type."""
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "run"))
    assert go("unlock", "--for", "5m")[0] == 0
    try:
        assert cli.main(["-C", str(root), "sync", "--dry-run"]) == 0
    finally:
        assert cli.main(["-C", str(root), "lock"]) == 0
    assert cli.main(["-C", str(root), "sync", "--dry-run"]) == 4


def test_one_lock_holds_the_whole_round(root: Path, go: Go) -> None:
    """Another command that writes is named, and nothing is begun."""
    with hold(root, "followup import"):
        code, _, err = go("sync")

    assert code == 1
    assert "DK-S01" in err
    assert "followup import" in err


def test_what_is_urgent_is_told_in_the_same_round(root: Path, go: Go) -> None:
    """Written by the pull in its own process, sent by the round."""
    change(root, notify=(NotifySettings(name="night", level="low"),))
    with webhook() as hook:
        workspace = opened(root)
        logins.keep(workspace.register, "night", "notify", logins.Kept(token=hook.url))
        workspace.close()
        code, document, err = go("sync", "--json")

    assert code == 0, err
    workspace = opened(root)
    with workspace.register.reading() as rows:
        told = outbox.listed(rows)
    workspace.close()
    sent = [one for one in told if one.state == "sent"]
    assert len(told) >= 3
    assert (
        parts(document)["notify"]["result"]["sent"] == len(hook.got) == len({one.reference for one in sent})
    )


def test_the_worst_part_is_the_exit_code() -> None:
    """Damage before our own faults, those before the network, that before what is not allowed, that before attention."""
    assert [worst(codes) for codes in ([], [0, 3], [3, 4], [4, 5], [5, 1], [1, 6])] == [0, 3, 4, 5, 1, 6]
    missing = Done("kobo", "kobo", failure=LoginMissing(server="kobo", role="publish"))
    assert Part("publish", [missing, Done("", "folder")]).exit_code == 0
    assert Part("publish", [Done("kobo", "kobo", failure=Unreachable())]).exit_code == 5


def test_folders_go_together_and_each_server_by_itself() -> None:
    """All folders of a workspace are one source, as pulls record it."""
    servers = [
        ServerSettings(name="stick", kind="folder", path="a"),
        ServerSettings(name="central", kind="central", url="https://c", project=1),
        ServerSettings(name="phone", kind="folder", path="b"),
    ]

    assert sources_of(servers) == [Source("folder", ("stick", "phone")), Source("central", ("central",))]


UNOPENED = """
import sys
import pyrage
from pathlib import Path

def refused(*_anything, **_more):
    raise AssertionError

pyrage.decrypt = pyrage.decrypt_io = pyrage.decrypt_file = refused
from sync_scripts import cli
from sync_scripts.daily import child, pulling

pulling._run = lambda job, key: (child._told(job, key), 0)  # the pull here, to see what it loads
assert cli.main(["-C", sys.argv[1], "sync", "--json"]) == 0
assert cli.main(["-C", sys.argv[1], "notify", "list"]) == 0
found = [name for name in sys.modules if name.startswith("sync_scripts.store.vault")]
assert not found, found
"""


@pytest.mark.skipif(os.name == "nt", reason="descriptors are not handed over on Windows")
def test_no_part_of_the_round_loads_what_opens_sealed_things(root: Path) -> None:
    """Neither the round nor its pull: the module of the vault is not even there, and age opens nothing."""
    keys = [pipe(DAY), pipe(DAY)]
    code = UNOPENED.replace(
        'assert cli.main(["-C", sys.argv[1], "notify"',
        f'os.environ["DIKALO_KEY_FD"] = "{keys[1]}"\nassert cli.main(["-C", sys.argv[1], "notify"',
    )
    done = subprocess.run(
        [sys.executable, "-c", "import os\n" + code, str(root)],
        pass_fds=keys,
        env={**os.environ, "DIKALO_KEY_FD": str(keys[0])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]


# --- the process of a pull --------------------------------------------------------------------------------------------


def test_a_pull_that_is_killed_is_no_quiet_success(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and the next pull goes on from what was stored."""
    real = subprocess.Popen

    class Killed(real):  # type: ignore[misc, valid-type] # a process that dies at once
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            self.kill()

    monkeypatch.setattr(pulling.subprocess, "Popen", Killed)  # type: ignore[attr-defined] # a module of the library
    keys = unlock(root, secret=lambda _q: DAY)
    found = pull_from(keys, Source("folder", ("bench",)))
    assert found.failure is not None
    assert (found.failure.code, found.exit_code, found.report) == ("DK-N30", 1, None)

    monkeypatch.undo()
    report = pull_from(keys, Source("folder", ("bench",))).report
    assert report is not None
    assert report.new == 6


def test_a_pull_stops_when_nobody_listens_any_more(root: Path, tmp_path: Path) -> None:
    """Whoever started it is gone: it ends soon, what it stored is whole, and the next one brings the rest."""
    lay(tmp_path / "source", 1500, "case")
    keys = unlock(root, secret=lambda _q: DAY)
    job = Job(
        root=str(root),
        servers=("bench",),
        worker=keys.worker,
        demo=False,
        as_code=None,
        lang="en",
        dry_run=False,
    )
    made = subprocess.Popen(
        [sys.executable, "-m", "sync_scripts.daily.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert made.stdin is not None
    assert made.stdout is not None
    made.stdin.write(msgspec.json.encode(job) + b"\n" + keys.day_key)
    made.stdin.flush()
    log, until = root / "register.db-wal", time.monotonic() + 60
    while (
        made.poll() is None and time.monotonic() < until
    ):  # until it has stored something, however busy the machine
        if log.exists() and log.stat().st_size > 1_000_000:
            break
        time.sleep(0.05)
    made.stdin.close()
    told = msgspec.json.decode(made.stdout.read(), type=Told)
    made.stdout.close()

    assert made.wait(60) == 0
    assert told.crash == "stopped" or (told.report is not None and told.report["new"] == 1506)
    workspace = opened(root)
    assert not verify(workspace.register, []).damaged
    workspace.close()
    report = pull_from(keys, Source("folder", ("bench",))).report
    assert report is not None
    assert report.new + report.unchanged == 1506


def test_the_process_tells_a_failure_in_words(root: Path) -> None:
    """Under its own code, in the language of whoever asked."""
    change(root, server=(ServerSettings(name="bench", kind="folder", path="nowhere"),))
    keys = unlock(root, secret=lambda _q: DAY)
    found = pull_from(keys, Source("folder", ("bench",)))

    assert found.failure is not None
    assert found.unreachable
    assert found.failure.words


# --- again and again --------------------------------------------------------------------------------------------------


def test_a_source_that_does_not_answer_is_asked_less_often_but_never_seldom() -> None:
    """The next round still asks; then twice as long, and half an hour at most; once it answers all is as before."""
    backoff, now, asked = Backoff(timedelta(minutes=15)), NOW, []
    for _round in range(9):
        if "kobo" not in backoff.without(now):
            asked.append(int((now - NOW) / timedelta(minutes=15)))
            backoff.heard({"kobo": True, "folder": False}, now)
        now += timedelta(minutes=15)

    assert asked == [0, 1, 3, 5, 7]
    backoff.heard({"kobo": False}, now)
    assert backoff.without(now) == frozenset()


def test_a_clock_set_back_does_not_silence_a_source() -> None:
    """What is to be asked again in a year is asked now."""
    backoff = Backoff(timedelta(minutes=15))
    backoff.heard({"kobo": True}, NOW + timedelta(days=365))

    assert backoff.without(NOW) == frozenset()


class Clock:
    """Two clocks, moved by whoever sleeps; ``naps`` are the lengths of real sleeps in between."""

    def __init__(self, *naps: float) -> None:
        self.wall, self.boot, self.naps = 1000.0, 500.0, list(naps)

    def now(self) -> tuple[float, float]:
        """Return both."""
        return self.wall, self.boot

    def sleep(self, seconds: float) -> None:
        """Sleep, and perhaps longer than asked."""
        nap = self.naps.pop(0) if self.naps else 0.0
        self.wall += seconds + nap
        self.boot += seconds + nap


@pytest.mark.parametrize(("nap", "slept"), [(0.0, False), (890.0, False), (905.0, True), (30000.0, True)])
def test_a_sleep_of_more_than_a_quarter_of_an_hour_is_noticed(nap: float, slept: bool) -> None:
    """A shorter one is not."""
    clock = Clock(0, nap)
    waiter = Waiter(clock.now, clock.sleep)

    assert waiter.wait(3600, ()) is slept
    assert timedelta(minutes=15) == ASLEEP


def test_something_can_be_done_meanwhile() -> None:
    """Every minute, without the waiting becoming longer."""
    clock, done = Clock(), []
    Waiter(clock.now, clock.sleep).wait(300, [(60.0, lambda: done.append(clock.boot - 500))])

    assert [round(one, -1) for one in done] == [60, 120, 180, 240]
    assert clock.boot - 500 == 300


class Turns:
    """Stands for waiting: says each time whether the computer slept, and ends the watching after the last.

    A turn may be a deed instead, done while the watch waits.
    """

    def __init__(self, *turns: bool | Callable[[], object]) -> None:
        self.turns = list(turns)
        self.slept_s = 7200.0

    def wait(self, _seconds: float, meanwhile: Sequence[tuple[float, Callable[[], None]]] = ()) -> bool:
        """Wait for nothing."""
        if not self.turns:
            raise sync.Terminated
        turn = self.turns.pop(0)
        if isinstance(turn, bool):
            return turn
        turn()
        for _every, do in meanwhile:
            do()
        return False


@pytest.fixture
def shell(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """Give a shell whose person types the passphrase; ``shell.typed`` counts how often."""
    made = Shell(root=root, quiet=True)
    typed: list[str] = []

    def ask(_shell: Shell, prompt: str, *, descriptor: str = "") -> str:
        typed.append(prompt)
        return DAY

    monkeypatch.setattr(Shell, "ask_secret", ask)
    made.typed = typed  # type: ignore[attr-defined] # for the test alone
    return iter([made]).__next__()  # type: ignore[return-value] # a fixture's value


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[Wish]:
    """Let rounds do nothing; give how each was asked for."""
    asked: list[Wish] = []

    def nothing(_shell: Shell, _keys: Unlocked, how: Wish) -> Round:
        asked.append(how)
        return Round(began=NOW, ended=NOW)

    monkeypatch.setattr(sync, "one_round", nothing)
    return asked


def watch(shell: Shell, *turns: bool | Callable[[], object], stay_open: str | None = None) -> int:
    """Watch until the turns are over; return how often somebody typed a passphrase."""
    sync.keep_going(
        shell,
        timedelta(minutes=15),
        stay_open=stay_open,
        as_code=None,
        waiter=Turns(*turns),  # type: ignore[arg-type] # it waits, too
    )
    return len(shell.typed)  # type: ignore[attr-defined] # as above


def test_after_a_sleep_the_passphrase_is_asked_again(
    shell: Shell, rounds: list[Wish], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever woke the computer must know it; without a sleep nobody is asked twice."""
    assert watch(shell, False, False) == 1
    assert watch(shell, False, True, False) == 3  # one more to begin, one more after the sleep
    assert "The computer slept for 120 minutes" in capsys.readouterr().err
    assert [one.check for one in rounds] == [True, False, False, True, False, False, False]


def test_lock_locks_also_what_keeps_going(
    shell: Shell, rounds: list[Wish], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever says lock means the register, whoever holds the key; with --stay-open, too."""

    def lock() -> None:
        kept_key.forget(shell.root, "b" * 32)

    assert watch(shell, False, lock, False, stay_open="night duty behind a locked door") == 2
    assert "dikalo lock" in capsys.readouterr().err


def test_a_lock_during_a_round_is_heard(
    shell: Shell, rounds: list[Wish], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round may take many minutes; whoever says lock meanwhile need not wait and say it again."""
    nothing = sync.one_round

    def locked(shell_: Shell, keys: Unlocked, how: Wish) -> Round:
        if len(rounds) == 1:
            kept_key.forget(shell.root, "b" * 32)
        return nothing(shell_, keys, how)

    monkeypatch.setattr(sync, "one_round", locked)
    assert watch(shell, False, False) == 2
    assert len(rounds) == 4


def test_where_nobody_can_type_it_ends_after_a_sleep(
    shell: Shell, rounds: list[Wish], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is forgotten, and the exit code is that of a missing passphrase."""
    monkeypatch.setattr(sync, "opened", lambda _shell: unlock(shell.root, secret=lambda _q: DAY))

    def nobody(_shell: Shell, prompt: str, *, descriptor: str = "") -> str:
        raise SecretNeeded(descriptor="DIKALO_KEY_FD")

    monkeypatch.setattr(Shell, "ask_secret", nobody)
    with pytest.raises(SecretNeeded):
        watch(shell, True)


def test_to_stay_open_is_a_decision_with_a_reason(shell: Shell, rounds: list[Wish]) -> None:
    """It stands in the chain of decisions, with who and why; then nobody is asked again."""
    assert watch(shell, True, True, stay_open="night duty behind a locked door") == 1
    workspace = opened(shell.root)
    with workspace.register.reading() as rows:
        (one,) = events.read(rows, ops=[STAY_OPEN])
        assert events.check(rows) > 0
    workspace.close()

    assert (one.payload, one.actor.code, one.actor.proof) == (
        {"reason": "night duty behind a locked door"},
        "bench-1",
        "key",
    )


def test_to_stay_open_without_a_reason_is_refused(go: Go) -> None:
    """Before anything begins."""
    code, _, err = go("watch", "--stay-open", "because")
    assert code == 2
    assert "DK-N31" in err


def test_a_busy_register_is_waited_for(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Another command holds the lock: the round is put off and said, and the watching goes on."""
    with hold(shell.root, "followup import"):
        watch(shell, False)

    assert "followup import" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="signals are not of Windows")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_watching_stops_in_order(root: Path, number: int, code: int) -> None:
    """Whoever stops it, and however: the round at hand is whole, and its document stands on a line of its own."""
    given = pipe(DAY)
    made = subprocess.Popen(
        [sys.executable, "-m", "sync_scripts", "-C", str(root), "--json", "watch", "--every", "1m"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(given,),
        bufsize=0,
        env={**os.environ, "DIKALO_KEY_FD": str(given)},
    )
    os.close(given)
    assert made.stdout is not None
    head = made.stdout.read(1)  # the first round is over
    made.send_signal(number)
    out, err = made.communicate(timeout=30)

    assert made.returncode == code, err
    assert json.JSONDecoder().raw_decode((head + out).decode())[0]["schema"] == "dikalo.sync/1"
    workspace = opened(root)
    assert not verify(workspace.register, []).damaged
    workspace.close()


def test_a_pull_says_what_it_means_for_the_round() -> None:
    """What a person must look at is attention, whatever else went well."""
    assert Pull("kobo", None, Failure("DK-H00", "lost", 5)).unreachable
    assert not Pull("kobo", None, Failure("DK-H00", "refused", 4)).unreachable
