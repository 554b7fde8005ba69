"""Measure a first pull of made-up submissions: ``python -m tests.bench [--count N ...] [--kind mixed|alert|case]``.

``python -m tests.bench --forms`` measures the form check instead, ``python -m tests.bench peers`` pulls from servers
beside other tools (see ``beside``).

Each line is one process of its own: CPU seconds, peak memory, wall time, load of the machine. Unlocking is cheap here
(the least Argon2id allowed), so it is no part of the figures. Never a test: nothing passes or fails.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import beside, forms, make

MEASURE = Path(__file__).with_name("measure.py")


def measured(name: str, *command: str, key: str = "") -> dict[str, Any]:
    """Run one command in a process of its own and return what it cost."""
    done = subprocess.run(
        [sys.executable, str(MEASURE), name, "--", *command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "BENCH_KEY": key},
    )
    line: dict[str, Any] = json.loads(done.stdout)
    print(json.dumps(line), flush=True)  # noqa: T201 - a program that prints its figures
    return line


def main() -> None:
    """Measure the help page, then a pull of each size asked for; say how the time grows."""
    if sys.argv[1:2] == ["peers"]:
        beside.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--kind", choices=["mixed", "alert", "case"], default="mixed")
    parser.add_argument("--forms", action="store_true", help="measure the form check instead")
    asked = parser.parse_args()
    if asked.forms:
        forms.measure()
        return
    dikalo = (sys.executable, "-m", "sync_scripts")
    measured("help", *dikalo, "--help")
    times = []
    for count in asked.count:
        with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
            source, root = Path(folder) / "source", Path(folder) / "workspace"
            make.lay(source, count, asked.kind)
            make.workspace(root, source)
            line = measured(
                f"pull {count} {asked.kind}", *dikalo, "-C", str(root), "pull", "--quiet", key=make.DAY
            )
            times.append((count, float(line["cpu_s"])))
    for (small, before), (large, after) in itertools.pairwise(times):
        grown = math.log(after / before) / math.log(large / small)
        print(f"exponent {small} -> {large}: {grown:.2f}")  # noqa: T201 - a program that prints its figures


if __name__ == "__main__":
    main()
