"""How long the page of the day and the lists take: ``python -m tests.bench.everyday FOLDER``.

FOLDER is what ``python -m tests.bench.make FOLDER --count 5000 --kind case`` has made; what is not yet pulled is pulled
first. Each command runs in a process of its own, as a person starts it; the passphrase of this workspace costs next
to nothing to derive, so that unlocking is shown apart.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from sync_scripts.secrets import slots
from sync_scripts.store.workspace import unlock
from tests.bench.make import DAY

COMMANDS: tuple[tuple[str, ...], ...] = (
    (),
    ("--json",),
    ("cases", "list"),
    ("cases", "list", "--due", "week", "--text", "bui"),
    ("alerts", "list"),
)
ROUNDS = 5


def run(workspace: Path, words: tuple[str, ...]) -> tuple[float, float]:
    """Run one command; return its seconds by the clock on the wall and of the processor."""
    read, write = os.pipe()
    os.write(write, DAY.encode() + b"\n")
    os.close(write)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "sync_scripts", "-C", str(workspace), *words],
        check=True,
        stdout=subprocess.DEVNULL,
        pass_fds=(read,),
        env={**os.environ, "DIKALO_KEY_FD": str(read)},
    )
    spent = time.perf_counter() - began
    os.close(read)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    workspace = parser.parse_args().folder / "workspace"
    run(workspace, ("pull", "--quiet"))
    began = time.perf_counter()
    unlock(workspace, secret=lambda _question: DAY)
    print(f"unlocking here                  {time.perf_counter() - began:6.2f} s")  # noqa: T201 - a table
    usual = slots.usual_work()
    print(f"unlocking usually: {usual.m_kib // 1024} MiB, {usual.t} passes")  # noqa: T201 - a table
    for words in COMMANDS:
        times = [run(workspace, words) for _round in range(ROUNDS)]
        wall, busy = min(one for one, _ in times), min(one for _, one in times)
        name = "dikalo " + " ".join(words)
        print(f"{name:<50}{wall:6.2f} s   processor {busy:5.2f} s")  # noqa: T201 - a table
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"most memory of one process: {most:.0f} MB")  # noqa: T201 - a table


if __name__ == "__main__":
    main()
