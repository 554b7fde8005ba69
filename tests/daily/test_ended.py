"""A round that is ended in the middle of a pull: nothing writes any more when its lock is given back."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync_scripts import config
from sync_scripts.config import ServerSettings
from sync_scripts.store import logins
from sync_scripts.store.errors import StoreLocked
from sync_scripts.store.lock import hold
from tests.bench.make import DAY
from tests.daily.rounds import change, opened
from tests.store.commands import pipe
from tests.store.terminal import PROGRAM

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@contextmanager
def pulling(root: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Give a command whose pull asks a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kobo = ServerSettings(name="kobo", kind="kobo", url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        change(root, server=(kobo, *config.load(root).server))
        workspace = opened(root)
        logins.keep(workspace.register, "kobo", "pull", logins.Kept(token="x" * 40))
        workspace.close()
        given = pipe(DAY)
        made = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "-C", str(root), "--lang", "en", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(given,),
            env={**os.environ, "DIKALO_KEY_FD": str(given)},
        )
        os.close(given)
        silent.settimeout(60)
        asked, _address = silent.accept()
        with asked:
            yield made


@pytest.mark.parametrize(
    ("words", "name", "code"),
    [
        (("sync",), "SIGTERM", 130),
        (("sync",), "SIGHUP", 130),
        (("watch", "--every", "1m"), "SIGTERM", 0),
        (("watch", "--every", "1m"), "SIGHUP", 0),
    ],
)
def test_no_pull_goes_on_when_a_round_was_ended(
    root: Path, words: tuple[str, ...], name: str, code: int
) -> None:
    """A word of the system or a closed window, said twice as windows do, leaves no pull behind that writes without the lock."""
    with pulling(root, *words) as made:
        pulls = _children(made.pid)
        made.send_signal(getattr(signal, name))
        made.send_signal(getattr(signal, name))
        _out, err = made.communicate(timeout=60)

    assert made.returncode == code, err
    assert b"Nothing is half-written" in err
    assert pulls
    assert not [one for one in pulls if Path(f"/proc/{one}").exists()]


def test_no_round_begins_beside_the_pull_of_one_that_was_killed(root: Path) -> None:
    """Killed, or out of memory: it gives back nothing in order. Its pull holds the lock until it has noticed and ended, too."""
    with pulling(root, "sync") as made:
        pulls = _children(made.pid)
        for one in pulls:  # in the middle of a page that takes long
            os.kill(one, signal.SIGSTOP)
        made.kill()
        made.communicate(timeout=60)
        try:
            with pytest.raises(StoreLocked), hold(root, "watch"):
                pass
        finally:
            for one in pulls:
                os.kill(one, signal.SIGCONT)
        with hold(root, "watch", patience=60):
            left = [one for one in pulls if _alive(one)]

    assert pulls
    assert left == []


def _alive(process: int) -> bool:
    """Tell whether a process still does something: one whose end nobody has asked for does not."""
    try:
        return (
            Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
            not in "ZX"
        )
    except OSError:
        return False


def _children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(one) for one in found.split()]
