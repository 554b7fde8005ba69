"""Measure what the bytes of submissions cost to ask for: ``python -m tests.bench.requests [--count N] [--latency S ...]``.

CPU seconds (``getrusage``) of this process for the fetching alone, 200 submissions of a page at a time, as a pull asks; the server of
the bench runs in a process of its own. Nothing is read, kept or built. Never a test: nothing passes or fails.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Sequence
from typing import Final

from sync_scripts.servers.base import Server, Sighting
from tests.bench.ground import far, workspace
from tests.bench.ours import there
from tests.bench.stock import Kind

KINDS: Final[tuple[Kind, ...]] = ("central", "kobo")
PORTION: Final = 200


def spent(server: Server, sightings: Sequence[Sighting]) -> tuple[float, float, float]:
    """Return the CPU µs, the µs by the wall and the voluntary switches that each submission took."""
    before, began, came = resource.getrusage(resource.RUSAGE_SELF), time.monotonic(), 0
    for start in range(0, len(sightings), PORTION):
        came += sum(1 for _found in server.fetch(sightings[start : start + PORTION]))
    after, wall = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu / came * 1e6, wall / came * 1e6, (after.ru_nvcsw - before.ru_nvcsw) / came


def main() -> None:
    """Print a line for each kind of server and each line to it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--latency", type=float, nargs="*", default=[0.0, 0.01])
    asked = parser.parse_args()
    say = sys.stdout.write
    say(
        "| server | answers after | CPU µs each | wall µs each | switches each | load |\n|---|---|---|---|---|---|\n"
    )
    for kind in KINDS:
        with (
            far(kind, asked.count) as away,
            workspace(kind, away.address) as root,
            there(root) as (_, server),
        ):
            sightings = [one for page in server.pages(None) for one in page.sightings]
            for latency in asked.latency:
                away.tell(knobs={"latency_s": latency})
                cpu, wall, switches = min(spent(server, sightings) for _time in range(3))
                load = os.getloadavg()[0]
                say(
                    f"| {kind} | {latency * 1000:g} ms | {cpu:.0f} | {wall:.0f} | {switches:.1f} | {load:.1f} |\n"
                )


if __name__ == "__main__":
    main()
