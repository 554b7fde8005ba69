"""``python -m tests.bench peers [--scenario S1 …] [--table]``: measure, write the lines of today, make the table anew."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from tests.bench import table
from tests.bench.lines import write

SCENARIOS: Final = tuple(f"S{number}" for number in range(1, 15))


def main(words: Sequence[str]) -> None:
    """Run the scenarios that are asked for, all of them by default; each as in a process that has just started."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench peers", description=__doc__)
    parser.add_argument("--scenario", nargs="+", choices=SCENARIOS, default=SCENARIOS)
    parser.add_argument("--count", type=int, nargs="+", help="other numbers than the scenario's own")
    parser.add_argument("--into", type=Path, help="another file than that of today")
    parser.add_argument("--table", action="store_true", help="only make the table anew")
    asked = parser.parse_args(words)
    if not asked.table:
        for name in asked.scenario:
            measure(name, asked.count, asked.into)
    if asked.into is None:
        table.put()


def measure(name: str, counts: list[int] | None, into: Path | None) -> None:
    """Run one scenario and write its figures."""
    scenario: Any = import_module(f"tests.bench.scenarios.s{int(name[1:]):02}")
    command = " ".join(
        ["python -m tests.bench peers --scenario", name, *(["--count", *map(str, counts)] if counts else [])]
    )
    for line in scenario.run(*(counts or ())):
        write(line, command, into=into)
        print(json.dumps(asdict(line), ensure_ascii=False), flush=True)  # noqa: T201 - a program that prints its figures


if __name__ == "__main__":
    main(sys.argv[1:])
