"""Run one command once and say what it cost: ``python tests/bench/measure.py NAME -- command…`` prints one JSON line.

Imports nothing of the product: a child inherits the peak memory of the process it is forked from. What the command
reads on descriptor 9 comes from the environment variable ``BENCH_KEY``.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    """Fork from this small process, so that the child inherits nobody's peak memory."""
    name, _, *command = sys.argv[1:]
    key = os.environ.pop("BENCH_KEY", "")
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        _hand_over(key)
        os.dup2(os.open(os.environ.get("BENCH_OUT", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.execvp(command[0], command)  # noqa: S606 - the command is what is measured
    _, status, usage = os.wait4(child, 0)
    line = {
        "name": name,
        "exit": os.waitstatus_to_exitcode(status),
        "wall_s": round(time.perf_counter() - start, 2),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "user_s": round(usage.ru_utime, 2),
        "rss_mb": usage.ru_maxrss // 1024,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(line))  # noqa: T201 - a program that prints one line


def _hand_over(key: str) -> None:
    if not key:
        return
    read, write = os.pipe()
    os.write(write, key.encode() + b"\n")
    os.close(write)
    os.dup2(read, 9)
    os.environ["DIKALO_KEY_FD"] = "9"


if __name__ == "__main__":
    main()
