"""A round that is ended in the middle of a pull: nothing writes any more when its lock is given back."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sync_scripts import config
from sync_scripts.config import ServerSettings
from sync_scripts.store import logins
from tests.bench.make import DAY
from tests.daily.rounds import change, opened
from tests.store.commands import pipe
from tests.store.terminal import PROGRAM

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


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
        asked, _address = silent.accept()  # a pull asks the server, which says nothing
        with asked:
            pulls = _children(made.pid)
            made.send_signal(getattr(signal, name))
            made.send_signal(getattr(signal, name))
            _out, err = made.communicate(timeout=60)

    assert made.returncode == code, err
    assert b"Nothing is half-written" in err
    assert pulls
    assert not [one for one in pulls if Path(f"/proc/{one}").exists()]


def _children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(one) for one in found.split()]
