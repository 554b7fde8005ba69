"""Where the time of a pull goes: ``python -m tests.bench.where FOLDER``, on what ``tests.bench.make`` has laid.

A timer looks every few milliseconds of CPU time which functions are at work; printed are the functions of the product
with their share, those that they call included. Unlike a profiler it makes nothing slower.
"""

from __future__ import annotations

import argparse
import signal
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from sync_scripts.intake.pull import pull
from sync_scripts.servers.folder import Folder
from sync_scripts.store.database import Actor
from tests.bench.floor import register

EVERY_S = 0.002
LEAST = 0.01
"""Share below which a function is not printed."""


def main() -> None:
    """Pull once and print the functions by their share of the CPU time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    seen: Counter[str] = Counter()

    def look(_signal: int, frame: FrameType | None) -> None:
        here = set()
        while frame is not None:
            if "sync_scripts" in frame.f_code.co_filename:
                here.add(f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}")
            frame = frame.f_back
        seen.update(here)
        seen["looks"] += 1

    with register(folder / "workspace") as held:
        signal.signal(signal.SIGPROF, look)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        pull(held, [Folder(folder / "source")], Actor("bench-1", "key"))
        signal.setitimer(signal.ITIMER_PROF, 0)
    print(f"{time.process_time():.2f} CPU s")  # noqa: T201 - a program that prints its figures
    for name, count in seen.most_common():
        if count >= LEAST * seen["looks"]:
            print(f"{count / seen['looks']:6.1%} {name}")  # noqa: T201 - as above


if __name__ == "__main__":
    main()
