"""One case with more and more forms, pulled form by form: ``python -m tests.bench.one_case``.

Interviews, visits and a request of closure of one case arrive one behind the other, each in a transaction of its own that builds what
it touches. Prints one document: CPU milliseconds of building the 10th, the 50th and the 200th, each the least of the ten up to it,
and how many times the first of them the last one costs. ``--profile`` writes where the time of the last twenty went.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from sync_scripts.register.building import build
from sync_scripts.store.schema import register as tables
from tests.bench import make
from tests.bench.floor import register
from tests.intake.scene import draw
from tests.register.field import CASE, Field, act, changed, service, victim

LOOKED_AT: Final = (10, 50, 200)
LAST: Final = 20
"""How many are profiled."""


def forms(code: str, number: int) -> tuple[str, dict[str, Any]]:
    """Return the form of a number: every fourth is an interview of further people, the others are visits."""
    if number % 4 == 0:
        people = [victim(1, victim_uid=f"v{number}")]
        said = {"victims": people, "acts": [act(1, act_uid=f"a{number}")], "header": {"case_code": code}}
        return "case", changed(CASE, {"header": {"case_known": "yes"}}, said)
    return "followup", service(code, "referred" if number % 2 else "done")


def costs(field: Field, most: int, profile: cProfile.Profile | None = None) -> list[float]:
    """Let forms of one case arrive one by one; return the CPU seconds of building each."""
    field.send("case", "c1", CASE)
    code = str(field.rows(tables.case)[0]["case_code"])
    took: list[float] = []
    for number in range(2, most + 1):
        form, said = forms(code, number)
        root = f"r{number:03}"
        field.send(form, root, said, build_it=False)
        with field.register.writing() as rows:
            if profile is not None and number > most - LAST:
                profile.enable()
            since = time.process_time()
            build.apply(rows, [(form, root)], draw, field.now)
            took.append(time.process_time() - since)
            if profile is not None:
                profile.disable()
    assert len(field.rows(tables.case)) == 1
    assert len(field.rows(tables.filing)) == most
    return took


def measured(profile: cProfile.Profile | None = None) -> dict[str, float]:
    """Return CPU milliseconds of the forms that are looked at, and how many times the first the last one costs."""
    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
        make.workspace(Path(folder) / "workspace", Path(folder))
        with register(Path(folder) / "workspace") as found:
            took = costs(Field(found), max(LOOKED_AT), profile)
    least = {number: min(took[max(number - 11, 0) : number - 1]) * 1000 for number in LOOKED_AT}
    told = {f"form_{number}_cpu_ms": round(ms, 1) for number, ms in least.items()}
    first, *_between, last = least.values()
    return {**told, "last_over_first": round(last / first, 2)}


def main() -> None:
    """Measure, and print one document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", type=Path)
    asked = parser.parse_args()
    profile = cProfile.Profile(time.process_time) if asked.profile else None
    json.dump(measured(profile), sys.stdout)
    sys.stdout.write("\n")
    if profile is not None:
        with asked.profile.open("w") as out:
            pstats.Stats(profile, stream=out).sort_stats("cumtime").print_stats(120)


if __name__ == "__main__":
    main()
