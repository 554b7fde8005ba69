"""Measure link proposals: ``python -m tests.bench.links [--count N ...] [--a-day N] [--postgresql]``.

Alerts are written straight into the register's tables, a fixed number a day, over the departments of two regions in
unrest and, thinly, the rest of the country. What is printed is CPU seconds of looking: at the groups of all, at what is beside
one alert, and at how many wait. Nothing is unlocked, and no alert is built. Never a test: nothing passes or fails. What one
event costs that thousands report, `tests.bench.burst` measures, from the pull on.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import random
import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sync_scripts.register.history.visibility import Sight
from sync_scripts.register.links.alerts import waiting
from sync_scripts.register.links.views import proposals
from sync_scripts.register.model import codes
from sync_scripts.register.rules import clocks
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.workspace import open_workspace
from tests.bench import make
from tests.bench.ground import postgresql
from xlsform.pack import shared_choices

START = datetime(2025, 1, 1, 8, 0, tzinfo=UTC)
PAGE = 500
WHEN = ("now",) * 2 + ("today",) * 5 + ("yesterday",) * 4 + ("week",) * 5 + ("month",) * 2 + ("older",)
ICONS = (
    "killing",
    "beating",
    "arrest",
    "arrest",
    "missing",
    "burning",
    "displacement",
    "displacement",
    "threat",
    "extortion",
    "sexual",
)
VICTIMS = ("man", "man", "woman", "girl", "boy", "group", "unknown")
COUNTS = ("1", "1", "2_5", "6_20", "21_100", "unknown")


def places() -> list[tuple[str, str]]:
    """Return (department, arrondissement), those of the two regions of unrest ten times as often."""
    rows = shared_choices("cm_admin:arrondissement", ["fr"])
    found = []
    for row in rows:
        department = row.name[:8]
        found += [(department, row.name)] * (10 if department[:5] in {"CM007", "CM010"} else 1)
    return found


def _row(table: Any, **said: Any) -> dict[str, Any]:
    return {**dict.fromkeys(column.name for column in table.columns), **said}


def lay(rows: Rows, numbers: range, a_day: int, draw: random.Random) -> None:
    """Write alerts with their filing and raw version, as a pull would leave them."""
    where = places()
    made: dict[Any, list[dict[str, Any]]] = {
        raw.scope: [],
        raw.submission: [],
        tables.filing: [],
        tables.alert: [],
    }
    for number in numbers:
        at = START + timedelta(days=number / a_day)
        _alert(made, number, at, draw.choice(where), draw)
    for table, lines in made.items():
        rows.many(table, lines)


def _alert(
    made: dict[Any, list[dict[str, Any]]],
    number: int,
    at: datetime,
    where: tuple[str, str],
    draw: random.Random,
) -> None:
    root, when = f"uuid:{number:032x}", draw.choice(WHEN)
    dates = clocks.dates_of(when, date.fromordinal(at.toordinal()))
    first, last = dates or (None, None)
    name = {"server": "bench", "form": "alert", "root_id": root, "instance_id": root, "form_version": "1"}
    made[raw.scope].append(
        _row(raw.scope, id=root, kind="submission", server="bench", form="alert", root_id=root, row="")
    )
    made[raw.submission].append(
        _row(
            raw.submission,
            **name,
            stamp="alert",
            submitter=f"PF-{draw.randrange(60):02d}",
            received_at=instant(at),
            device_end=instant(at),
            status="ok",
            scope=root,
            size=1,
            open_part="[]",
            open_hash="0",
            current=True,
            arrival=number,
        )
    )
    made[tables.filing].append(
        _row(
            tables.filing,
            **name,
            filing_no=number,
            stamp="alert",
            unit=f"alert:alert/{root}",
            versions=1,
            first_received_at=instant(at),
            received_at=instant(at),
        )
    )
    made[tables.alert].append(
        _row(
            tables.alert,
            filing_no=number,
            alert_id=root,
            code=codes.draw("AL"),
            channel="collect",
            state="received",
            when_rel=when,
            icons=" ".join(sorted({draw.choice(ICONS), draw.choice(ICONS)})),
            department=where[0],
            arrondissement=where[1],
            victim_kind=draw.choice(VICTIMS),
            victim_count=draw.choice(COUNTS),
            contact_tag=draw.randrange(65536),
            date_min=first.isoformat() if first else None,
            date_max=last.isoformat() if last else None,
        )
    )


def measure(count: int, a_day: int, *, shared: bool = False) -> dict[str, Any]:
    """Look at the links of so many alerts; return what it cost. ``shared``: on PostgreSQL, the server's work apart."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dikalo-bench-")))
        root = folder / "workspace"
        make.workspace(root, folder / "source", stack.enter_context(postgresql(folder)) if shared else None)
        opened = open_workspace(root, secret=lambda _question: make.DAY)
        draw = random.Random(count)
        for start in range(1, count + 1, PAGE):
            with opened.register.writing() as rows:
                lay(rows, range(start, min(start + PAGE, count + 1)), a_day, draw)
        sight = Sight("CO-01", coordinates=True, owned=frozenset(), protected=frozenset())
        with opened.register.reading() as rows:
            waiting(rows)  # once, so that codes are loaded and statements compiled
            before = time.process_time()
            found = proposals(rows, sight)
            every = time.process_time()
            beside = proposals(rows, sight, code=found.groups[0]["code"])
            one = time.process_time()
            waiting(rows)
            wait = time.process_time()
        opened.close()
    return {
        "alerts": count,
        "a_day": a_day,
        "groups": len(found.groups),
        "links": sum(len(group["links"]) + group["more"] for group in found.groups),
        "beside_one": sum(len(group["links"]) + group["more"] for group in beside.groups),
        "cpu_s": round(every - before, 2),
        "one_cpu_s": round(one - every, 2),
        "waiting_cpu_s": round(wait - one, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Measure each size asked for; say how the time grows while the alerts of a day stay as many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, nargs="+", default=[5_000, 10_000, 20_000])
    parser.add_argument("--a-day", type=int, default=10)
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL, the client's share alone")
    asked = parser.parse_args()
    say = partial(print, flush=True, file=sys.stdout)
    lines = []
    for count in asked.count:
        lines.append(measure(count, asked.a_day, shared=asked.postgresql))
        say(json.dumps(lines[-1]))
    for small, large in itertools.pairwise(lines):
        grown = math.log(large["cpu_s"] / small["cpu_s"]) / math.log(large["alerts"] / small["alerts"])
        say(f"exponent {small['alerts']} -> {large['alerts']}: {grown:.2f}")


if __name__ == "__main__":
    main()
