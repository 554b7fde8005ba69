"""Measure one event that thousands report: ``python -m tests.bench.burst [--count 5000]``.

One displacement in one department within a day, from sixteen templates, beside as many alerts that have nothing to do with each other:
both pulled from a folder into a workspace of their own. Printed as was / is / asked, where "was" is what this command gave with
1,000 alerts at 787b7d4a, the commit before proposals were worked out when somebody looks. CPU seconds of whole processes, the start included, the best
of three.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from sync_scripts.store.schema import register as tables
from sync_scripts.store.workspace import open_workspace
from tests.bench import make
from tests.bench.data import START, stamp, submissions
from tests.bench.ground import DIKALO
from tests.bench.ground import run as measured
from tests.bench.lines import machine

ROUNDS: Final = 3
TEMPLATES: Final = 16
PLACE: Final = ("CM007", "CM007002", "CM007002002")
SAID: Final = {
    "alert_icon": ("displacement", "displacement burning", "burning", "displacement threat"),
    "when_rel": ("now", "today", "yesterday"),
    "victim_kind": ("group", "woman girl", "group"),
    "victim_count": ("21_100", "6_20"),
}
"""What the sixteen say differently."""
WAS: Final = {
    "rows of proposals an alert": "399.7",
    "pull of one event / of as many unlike ones": "2.41",
    "dikalo alerts links, CPU s": "15.47",
    "dikalo alerts links of the unlike ones, CPU s": "0.34",
    "dikalo alerts links CODE, CPU s": "0.56",
    "dikalo alerts show, CPU s": "0.55",
    "dikalo (today), CPU s": "1.83",
    "register, MB": "148",
}
"""With 1,000 alerts, as all of it grew with the pairs: 5,000 would have made twelve million rows."""
ASKED: Final = {
    "rows of proposals an alert": "<= 20",
    "pull of one event / of as many unlike ones": "<= 1.3",
    "dikalo alerts links, CPU s": "<= 1",
}


def lay(folder: Path, count: int, *, burst: bool) -> None:
    """Write as many alerts the way a classroom keeps them: of one event, or as different as `submissions` makes them."""
    for number, (form, own, content) in enumerate(submissions(count, kind="alert")):
        place = folder / form / f"uuid{own}"
        place.mkdir(parents=True)
        (place / "submission.xml").write_bytes(_told(content, number, count) if burst else content)


def _told(content: bytes, number: int, count: int) -> bytes:
    """Return an alert that tells of the one event, by one of the templates."""
    template = number % TEMPLATES
    said = {name: some[template % len(some)] for name, some in SAID.items()}
    said |= dict(zip(("region", "department", "arrondissement"), PLACE, strict=True))
    begun = START + timedelta(days=1) * number / count
    said |= {"start": stamp(begun), "end": stamp(begun + timedelta(minutes=9))}
    text = content.decode()
    for name, value in said.items():
        text = re.sub(rf"<{name}>[^<]*<", f"<{name}>{value}<", text)
    return text.encode()


@dataclass(frozen=True)
class Seen:
    """What a workspace cost: CPU seconds of the pull, and how many rows of links stand for an alert."""

    root: Path
    pull_s: float
    rows: float


def seen(folder: Path, count: int, *, burst: bool) -> Seen:
    """Pull so many alerts into a new workspace, as often as a figure is measured; the last one is kept."""
    source, spent = folder / "source", []
    lay(source, count, burst=burst)
    root = folder
    for number in range(ROUNDS):
        root = folder / f"workspace-{number}"
        make.workspace(root, source)
        spent.append(_cpu(root, "pull", "--quiet"))
    opened = open_workspace(root, secret=lambda _question: make.DAY)
    with opened.register.reading() as rows:
        links = rows.execute(select(func.count()).select_from(tables.alert_link)).scalar_one()
    opened.close()
    return Seen(root, min(spent), links / count)


def _cpu(root: Path, *words: str) -> float:
    done = measured(" ".join(words[:2]) or "today", *DIKALO, "-C", str(root), *words, key=make.DAY)
    if done.line["exit"]:
        raise RuntimeError(done.talk)
    return float(done.cpu_s)


def _best(root: Path, *words: str) -> float:
    return min(_cpu(root, *words) for _ in range(ROUNDS))


def figures(count: int) -> Iterator[tuple[str, str]]:
    """Yield each figure with its name."""
    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
        unlike = seen(Path(folder) / "unlike", count, burst=False)
        event = seen(Path(folder) / "event", count, burst=True)
        yield "rows of proposals an alert", f"{event.rows:.1f}"
        ratio = event.pull_s / unlike.pull_s
        said = f"{ratio:.2f} ({event.pull_s:.1f} / {unlike.pull_s:.1f} CPU s)"
        yield "pull of one event / of as many unlike ones", said
        yield "dikalo alerts links, CPU s", f"{_best(event.root, 'alerts', 'links'):.2f}"
        yield "dikalo alerts links of the unlike ones, CPU s", f"{_best(unlike.root, 'alerts', 'links'):.2f}"
        code = _first(event.root)
        yield "dikalo alerts links CODE, CPU s", f"{_best(event.root, 'alerts', 'links', code):.2f}"
        yield "dikalo alerts show, CPU s", f"{_best(event.root, 'alerts', 'show', code):.2f}"
        yield "dikalo (today), CPU s", f"{_best(event.root):.2f}"
        yield "register, MB", f"{(event.root / 'register.db').stat().st_size / 1e6:.0f}"


def _first(root: Path) -> str:
    opened = open_workspace(root, secret=lambda _question: make.DAY)
    with opened.register.reading() as rows:
        code = rows.execute(select(tables.alert.c.code).order_by(tables.alert.c.filing_no)).scalars().first()
    opened.close()
    return str(code)


def main() -> None:
    """Measure, and print was / is / asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5_000)
    count = parser.parse_args().count
    here = machine()
    where = f"{here['system']}, Python {here['python']}, {here['cores']} cores"
    say = sys.stdout.write
    say(f"{count:,} alerts of one event; {where}, load {here['load']}, at {here['commit']}\n")
    say(f"{'':<48}{'was':>8}  {'is':<36}asked   (was: with 1,000)\n")
    for name, figure in figures(count):
        say(f"{name:<48}{WAS.get(name, ''):>8}  {figure:<36}{ASKED.get(name, '')}\n")


if __name__ == "__main__":
    main()
