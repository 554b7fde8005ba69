"""Receive and build apart, a rebuild, and a decision during a pull: ``python -m tests.bench.between [--count N]``.

A KoboToolbox stand-in with whole cases. Prints one document: CPU seconds of the pull in all, of building alone and of the rest; CPU
seconds of a rebuild, how many transactions it was and how long the longest took by the wall; and how long decisions waited for
their turn while another process pulled the same again. Wall times say little on a machine that others use.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.intake.pull import Way, pull
from sync_scripts.register.building import build
from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store import durable
from sync_scripts.store.lock import hold
from sync_scripts.store.schema import register as tables
from tests.bench import ours
from tests.bench.ground import far, workspace
from tests.intake.scene import draw

PATIENCE_S: Final = 60.0
EVERY_S: Final = 0.5


@contextmanager
def _built() -> Iterator[list[float]]:
    """Give what gathers the CPU seconds of building."""
    spent, real = [0.0], build.Building.roots

    def roots(self: build.Building, *given: Any) -> build.Built:
        since = time.process_time()
        try:
            return real(self, *given)
        finally:
            spent[0] += time.process_time() - since

    build.Building.roots = roots  # type: ignore[method-assign, assignment]
    try:
        yield spent
    finally:
        build.Building.roots = real  # type: ignore[method-assign]


def pulled(root: Path) -> dict[str, Any]:
    """Pull, and return what it cost in all, and building alone."""
    with ours.there(root) as (found, server), _built() as spent:
        since = time.process_time()
        done = pull(found.register, [server], found.actor(), Way(draw=draw, clock=lambda: ours.NOW))
        took = time.process_time() - since
    return {
        "new": done.report.new,
        "all_cpu_s": round(took, 2),
        "build_cpu_s": round(spent[0], 2),
        "receive_cpu_s": round(took - spent[0], 2),
    }


def rebuilt(root: Path) -> dict[str, Any]:
    """Rebuild, and return what it cost and how long its transactions were."""
    begun, took = [0.0], list[float]()

    def hear(name: str) -> None:
        if name == "begin":
            begun[0] = time.monotonic()
        elif name == "committed":
            took.append(time.monotonic() - begun[0])

    with ours.there(root) as (found, _server):
        durable.watch(hear)
        since = time.process_time()
        done = rebuild.rebuild(found.register, ours.NOW)
        cpu = time.process_time() - since
        durable.watch(None)
    return {
        "rebuild_cpu_s": round(cpu, 2),
        "transactions": len(took),
        "longest_s": round(max(took), 2),
        "differing": list(done.differing),
    }


def waited(root: Path) -> dict[str, Any]:
    """Decide again and again while another process pulls; return how long each waited for its turn."""
    words = [sys.executable, "-m", "tests.bench.between", "--root", str(root)]
    waits = list[float]()
    with subprocess.Popen(words) as other, ours.there(root) as (found, _server):
        while other.poll() is None:
            time.sleep(EVERY_S)
            with found.register.reading() as rows:
                if rows.execute(select(tables.case.c.case_code).limit(1)).first() is None:
                    continue
            since = time.monotonic()
            with hold(root, "cases assign", how="decides", patience=PATIENCE_S):
                waits.append(time.monotonic() - since)
                with deciding(found.register, found.actor(), ours.NOW):
                    pass
    longest = round(max(waits, default=0.0), 2)
    return {"decisions": len(waits), "longest_wait_s": longest, "pull": other.returncode}


def main() -> None:
    """Measure, and print one document; of a workspace that is there, one part alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--root", type=Path)
    for name in PARTS:
        parser.add_argument(f"--{name}", type=Path, metavar="WORKSPACE")
    asked = parser.parse_args()
    if asked.root is not None:  # the other process
        with hold(asked.root, "pull", how="long"):
            pulled(asked.root)
        return
    for name, measure in PARTS.items():
        if (root := getattr(asked, name)) is not None:
            sys.stdout.write(json.dumps(measure(root)) + "\n")
            return
    with far("kobo", asked.count) as there:
        with workspace("kobo", there.address) as root:
            said = {"cases": asked.count, **pulled(root), **rebuilt(root)}
        with workspace("kobo", there.address) as root:
            said |= waited(root)
    sys.stdout.write(json.dumps(said) + "\n")


PARTS: Final = {"pull": pulled, "rebuild": rebuilt, "wait": waited}
"""What is measured of a workspace that is there, by the option that names it."""


if __name__ == "__main__":
    main()
