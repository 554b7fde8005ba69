"""The process of a pull in a round: killed, left alone, or failed, it is never a quiet success."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from sync_scripts.backup.planning import prepared
from sync_scripts.config import BackupSettings, ServerSettings
from sync_scripts.daily import backing_up, child, process, pulling
from sync_scripts.daily.child import ALIVE, ANSWERS, Failure, Job, Told
from sync_scripts.daily.pulling import Pull, Pulling, Source
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.register.building.notices import escalate
from sync_scripts.store import health, logins
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.workspace import Unlocked, unlock
from tests.bench.make import DAY, lay
from tests.daily.rounds import Go, change, opened, parts

BENCH = Source("folder", ("bench",))


def pull_from(keys: Unlocked, source: Source, *, meanwhile: Callable[[], None] = lambda: None) -> Pull:
    """Pull the answers and then the files."""
    with Pulling(keys, source) as going:
        going.data(meanwhile)
        while (pull := going.files(meanwhile)) is None:
            pass
        return pull


def job_of(root: Path, keys: Unlocked) -> Job:
    """Return what the process of a pull is given."""
    return Job(
        root=str(root),
        servers=("bench",),
        worker=keys.worker,
        demo=False,
        pinned=keys.pinned,
        as_code=None,
        lang="en",
        dry_run=False,
        turn_s=120,
    )


def test_a_pull_that_is_killed_is_no_quiet_success(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and the next pull goes on from what was stored."""
    real = subprocess.Popen

    class Killed(real):  # type: ignore[misc, valid-type] # a process that dies at once
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            self.kill()

    monkeypatch.setattr(process.subprocess, "Popen", Killed)  # type: ignore[attr-defined] # a module of the library
    keys = unlock(root, secret=lambda _q: DAY)
    found = pull_from(keys, BENCH)
    assert found.failure is not None
    assert (found.failure.code, found.exit_code, found.report) == ("DK-N30", 1, None)

    monkeypatch.undo()
    report = pull_from(keys, BENCH).report
    assert report is not None
    assert report.new == 6


HANGS = """
import os
from pathlib import Path

def hanging(real):
    def asked(path="."):
        if os.fspath(path).endswith("stuck"):
            Path({flag!r}).touch()
            os.read(os.open({pipe!r}, os.O_RDWR), 1)  # a read that never returns
        return real(path)
    return asked

os.scandir, os.listdir = hanging(os.scandir), hanging(os.listdir)
"""


@pytest.fixture
def flag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let each process that is started hang when it lists a folder named "stuck"; give the file that says that one does."""
    if os.name == "nt":
        pytest.skip("has no named pipes to hang in")
    said, pipe, start = tmp_path / "hanging", tmp_path / "pipe", tmp_path / "start"
    os.mkfifo(pipe)
    start.mkdir()
    (start / "sitecustomize.py").write_text(HANGS.format(flag=str(said), pipe=str(pipe)), "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(start))
    monkeypatch.setattr(process, "EVERY_S", 0.05)
    return said


def test_a_folder_that_hangs_is_given_up(
    root: Path, tmp_path: Path, flag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick whose read never returns holds up nothing else; once it is out, the next round goes on."""
    (tmp_path / "source" / "stuck").mkdir()
    keys = unlock(root, secret=lambda _q: DAY)
    told: list[bool] = []

    def beside() -> None:
        told.append(flag.exists())
        if flag.exists():  # it hangs: it had its time
            monkeypatch.setattr(pulling, "SILENT_S", 0.0)

    found = pull_from(keys, BENCH, meanwhile=beside)
    assert told[-1], "what waits to be told goes on beside it"
    assert (found.failure and found.failure.code, found.unreachable) == ("DK-N66", True)

    monkeypatch.undo()
    report = pull_from(keys, BENCH).report
    assert report is not None
    assert report.new == 6


def test_a_place_of_backups_that_hangs_ends_no_round(
    root: Path, tmp_path: Path, flag: Path, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes due is raised beside it, and once it answers the next round makes its backup, over what was left half written."""
    stick = tmp_path / "stuck"
    change(root, backup=BackupSettings(path=str(stick)))
    workspace = opened(root)
    prepared(workspace, stick)
    workspace.close()
    raised: list[bool] = []

    def raising(rows: Rows, now: datetime) -> int:
        raised.append(flag.exists())
        if flag.exists():
            monkeypatch.setattr(backing_up, "SILENT_S", 0.0)
        return escalate(rows, now)

    monkeypatch.setattr("sync_scripts.daily.round.escalate", raising)
    code, document, err = go("sync", "--json")
    assert (code, raised[-1]) == (0, True), err
    assert parts(document)["backup"]["failure"]["code"] == "DK-V18"
    assert document["today"], "the round goes on to its end"

    monkeypatch.undo()
    _code, document, err = go("sync", "--json")
    assert parts(document)["backup"]["result"]["missing"] == 0, err


def test_what_is_read_is_a_sign_of_life(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reads slowly is not given up: each portion says that it goes on."""
    monkeypatch.setattr(child, "_SIGN_S", 0.0)
    keys, signs = unlock(root, secret=lambda _q: DAY), list[bool]()
    told = child._pulled(job_of(root, keys), keys.day_key, lambda _word: None, lambda: signs.append(True))
    assert told.failure is None
    assert len(signs) > 1


def test_a_look_at_a_folder_that_hangs_is_given_up_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is said of sources once a day, before anything is pulled, waits for no stick."""
    ends = threading.Event()
    monkeypatch.setattr(health, "LOOK_S", 0.0)
    monkeypatch.setattr(Path, "is_dir", lambda _self: ends.wait())
    stick = ServerSettings(name="stick", kind="folder", path="stick")
    (one,) = health.of_sources(tmp_path, [stick])
    ends.set()
    assert (one.level, "hangs" in one.words) == ("warn", True)


def test_something_else_is_written_each_minute_beside_a_pull(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both write to one register, and neither loses anything."""
    lay(tmp_path / "source", 600, "case")
    monkeypatch.setattr(process, "EVERY_S", 0.05)
    keys = unlock(root, secret=lambda _q: DAY)
    workspace = opened(root)
    written: list[str] = []

    def beside() -> None:
        name = f"beside{len(written)}"
        logins.keep(workspace.register, name, "notify", logins.Kept(token=name))
        written.append(name)

    report = pull_from(keys, BENCH, meanwhile=beside).report
    kept = [name for name in written if logins.find(workspace.register, name, "notify") is not None]
    damaged = verify(workspace.register, []).damaged
    workspace.close()

    assert report is not None
    assert (report.new, len(kept), damaged) == (606, len(written), 0)
    assert written


def test_a_pull_stops_when_nobody_listens_any_more(root: Path, tmp_path: Path) -> None:
    """Whoever started it is gone: it ends soon, what it stored is whole, and the next one brings the rest."""
    lay(tmp_path / "source", 1500, "case")
    keys = unlock(root, secret=lambda _q: DAY)
    job = job_of(root, keys)
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
    told = msgspec.json.decode(made.stdout.read().replace(ALIVE, b"").removeprefix(ANSWERS), type=Told)
    made.stdout.close()

    assert made.wait(60) == 0
    assert told.crash == "stopped" or (told.report is not None and told.report["new"] == 1506)
    workspace = opened(root)
    assert not verify(workspace.register, []).damaged
    workspace.close()
    report = pull_from(keys, BENCH).report
    assert report is not None
    assert report.new + report.unchanged == 1506


def test_the_answers_are_here_before_any_file_and_wait_for_no_other(root: Path, tmp_path: Path) -> None:
    """Until it is told to go on; left alone then, it stops, and the next pull brings the files."""
    for xml in (tmp_path / "source").rglob("*.xml"):
        (xml.parent / "photo.jpg").write_bytes(b"a photo")
    keys = unlock(root, secret=lambda _q: DAY)
    workspace = opened(root)

    def count() -> tuple[int, int]:
        with workspace.register.reading() as rows:
            held = rows.execute(select(raw.attachment.c.tag).where(raw.attachment.c.state == "held")).all()
            return len(rows.execute(select(raw.submission.c.instance_id)).all()), len(held)

    with Pulling(keys, BENCH) as going:
        going.data()
        time.sleep(0.5)  # as long as other answers take
        answers = count()
    left = count()
    report = pull_from(keys, BENCH).report
    whole = count()
    workspace.close()

    assert answers == left == (6, 0)
    assert report is not None
    assert (report.new, report.files_new) == (0, 6)
    assert whole == (6, 6)


def test_others_have_their_turn_between_two_pages_of_answers(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes minutes for each page does not keep the others waiting; nothing is lost, and nothing read twice."""
    lay(tmp_path / "source", 1500, "case")
    keys = unlock(root, secret=lambda _q: DAY)
    workspace = opened(root)

    def held() -> int:
        with workspace.register.reading() as rows:
            return len(rows.execute(select(raw.submission.c.instance_id)).all())

    monkeypatch.setattr(pulling, "TURN_S", 0.0)
    found: list[int] = []
    with Pulling(keys, BENCH) as going:
        while going.data():
            found.append(held())
        whole = held()
        pull = going.files()
    workspace.close()

    assert found
    assert found == sorted(set(found))  # it went on each time, and stood still meanwhile
    assert 0 < found[0] < whole == 1506
    assert pull is not None
    assert pull.report is not None
    assert (pull.report.new, pull.failure) == (1506, None)


SPEAKS = """
import sys
sys.stdin.buffer.readline(), sys.stdin.buffer.read(32)
for _ in range(2):
    sys.stdout.write("answers\\n")
    sys.stdout.flush()
    assert sys.stdin.buffer.read(1) == b"g"
sys.stdout.write('{"crash": "told"}')
"""


def test_files_come_for_a_while_and_answers_in_between(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time it says that answers are here, whoever started it has its turn."""
    real = subprocess.Popen
    monkeypatch.setattr(
        process.subprocess,  # type: ignore[attr-defined] # a module of the library
        "Popen",
        lambda _words, **more: real([sys.executable, "-c", SPEAKS], **more),
    )
    with Pulling(unlock(root, secret=lambda _q: DAY), BENCH) as going:
        going.data()
        first, over = going.files(), going.over
        last = going.files()

    assert (first, over) == (None, False)
    assert last is not None
    assert last.failure is not None
    assert "(told)" in last.failure.words


def test_the_process_tells_a_failure_in_words(root: Path) -> None:
    """Under its own code, in the language of whoever asked."""
    change(root, server=(ServerSettings(name="bench", kind="folder", path="nowhere"),))
    keys = unlock(root, secret=lambda _q: DAY)
    found = pull_from(keys, BENCH)

    assert found.failure is not None
    assert found.unreachable
    assert found.failure.words


def test_a_pull_says_what_it_means_for_the_round() -> None:
    """What a person must look at is attention, whatever else went well."""
    assert Pull("kobo", None, Failure("DK-H00", "lost", 5)).unreachable
    assert not Pull("kobo", None, Failure("DK-H00", "refused", 4)).unreachable
